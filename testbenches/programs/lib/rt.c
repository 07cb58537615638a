// SPDX-License-Identifier: Apache-2.0
// What the test programs share; see rt.h.
#include "rt.h"

#define UART                   0x3F8
#define EXIT_PORT              0xF4
#define USER_STACK             16384
#define GATE_PRESENT_INTERRUPT 0x8E
#define GATE_DPL3              0x60
#define HEAP_PAGES             1024

extern uint8_t user_begin[], user_end[];
extern uint8_t trap_stubs[];
extern uint64_t boot_gdt[], boot_pml4[];
extern uint64_t rt_kernel_rsp;
void rt_syscall_entry(void);
void *rt_init(void *info, uint32_t magic);
uint64_t rt_syscall(uint64_t n, uint64_t a, uint64_t b, uint64_t c);
void trap(struct frame *f);

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, zero;
};

struct __attribute__((packed)) tss {
    uint32_t zero0;
    uint64_t rsp[3], zero1, ist[7], zero2;
    uint16_t zero3, iomap;
};

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint64_t base;
};

static struct gate idt[256];
static struct tss tss;
static trap_handler *handlers[256];
static syscall_handler *extra_syscall;
static uint8_t trap_stack[16384] __attribute__((aligned(16)));
uint8_t rt_ist_stack[2][4096] __attribute__((aligned(16)));
static uint8_t heap[HEAP_PAGES][4096] __attribute__((aligned(4096)));
static unsigned heap_used;
static uint8_t user_stack[USER_STACK] __attribute__((section(".user.data"), aligned(16)));

/* --- console --- */

void put_char(char c)
{
    while ((inb(UART + 5) & 0x20) == 0)
        continue;
    outb(UART, (uint8_t)c);
}

void put(const char *s)
{
    for (; *s != 0; s++)
        put_char(*s);
}

void put_dec(uint64_t v)
{
    char digits[24];
    unsigned n = 0;

    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    while (n != 0)
        put_char(digits[--n]);
}

void put_hex(uint64_t v)
{
    put("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        if (v >> shift != 0 || shift == 0)
            put_char("0123456789abcdef"[(v >> shift) & 15]);
}

void line(const char *name, uint64_t v)
{
    put(name);
    put(": ");
    put_dec(v);
    put("\n");
}

void rt_exit(uint32_t status)
{
    outl(EXIT_PORT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- traps --- */

static void unexpected(const struct frame *f)
{
    put("unexpected trap ");
    put_dec(f->vector);
    put(" error ");
    put_hex(f->error);
    put(" rip ");
    put_hex(f->rip);
    put(" cr2 ");
    put_hex(read_cr2());
    put("\n");
    rt_exit(99);
}

void trap(struct frame *f)
{
    if (handlers[f->vector] == NULL)
        unexpected(f);
    handlers[f->vector](f);
}

void on_trap(unsigned vector, trap_handler *h)
{
    handlers[vector] = h;
}

void set_ist(unsigned vector, unsigned ist)
{
    idt[vector].ist = (uint8_t)ist;
}

static void set_gate(unsigned vector)
{
    uint64_t at = (uint64_t)trap_stubs + vector * 16;

    idt[vector] = (struct gate){.offset_low = (uint16_t)at,
                                .selector = 0x08,
                                .type = GATE_PRESENT_INTERRUPT | (vector == 3 ? GATE_DPL3 : 0),
                                .offset_mid = (uint16_t)(at >> 16),
                                .offset_high = (uint32_t)(at >> 32)};
}

static void load_tables(void)
{
    struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};
    uint64_t base = (uint64_t)&tss;

    for (unsigned v = 0; v < 256; v++)
        set_gate(v);
    tss.rsp[0] = (uint64_t)(trap_stack + sizeof(trap_stack));
    tss.ist[0] = (uint64_t)(rt_ist_stack[0] + sizeof(rt_ist_stack[0]));
    tss.ist[1] = (uint64_t)(rt_ist_stack[1] + sizeof(rt_ist_stack[1]));
    tss.iomap = sizeof(tss);
    boot_gdt[6] = (sizeof(tss) - 1) | (base & 0xFFFFFF) << 16 | UINT64_C(0x89) << 40 |
                  (base >> 24 & 0xFF) << 56;
    boot_gdt[7] = base >> 32;
    __asm__ volatile("lidt %0" : : "m"(idtr));
    __asm__ volatile("ltr %w0" : : "r"(0x30));
}

void *rt_init(void *info, uint32_t magic)
{
    outb(UART + 3, 0x03); /* 8n1 */
    outb(UART + 2, 0x01); /* FIFO */
    outb(0x21, 0xFF);     /* a PC's interrupt controllers: all masked */
    outb(0xA1, 0xFF);
    load_tables();
    if (magic != 0x2BADB002) {
        put("not started by a Multiboot loader\n");
        rt_exit(98);
    }
    return info;
}

/* --- page tables --- */

void *page_alloc(void)
{
    if (heap_used == HEAP_PAGES) {
        put("out of pages\n");
        rt_exit(97);
    }
    return heap[heap_used++];
}

static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)(entry & UINT64_C(0x000FFFFFFFFFF000));
}

/* The entry of va in the table below *slot, which is made, or split, when it is not there. */
static uint64_t *below(uint64_t *slot, uint64_t va, unsigned shift)
{
    if ((*slot & PTE_P) == 0) {
        *slot = (uint64_t)page_alloc() | PTE_P | PTE_W | PTE_U;
    } else if (*slot & PTE_PS) {
        uint64_t *table = page_alloc();

        for (unsigned i = 0; i < 512; i++)
            table[i] = ((*slot & ~PTE_PS) + (uint64_t)i * 4096);
        *slot = (uint64_t)table | PTE_P | PTE_W | PTE_U;
        write_cr3(read_cr3());
    }
    return &table_at(*slot)[(va >> shift) & 511];
}

void map_page(uint64_t va, uint64_t pa, uint64_t flags)
{
    uint64_t *pml4e = &table_at(read_cr3())[(va >> 39) & 511];
    uint64_t *pde = below(below(pml4e, va, 30), va, 21);

    *below(pde, va, 12) = pa | flags;
    invlpg(va);
}

void map_large(uint64_t va, uint64_t pa, uint64_t flags)
{
    uint64_t *pml4e = &table_at(read_cr3())[(va >> 39) & 511];

    *below(below(pml4e, va, 30), va, 21) = pa | flags | PTE_PS;
    invlpg(va);
}

uint64_t *entry_of(uint64_t va)
{
    uint64_t *e = &table_at(read_cr3())[(va >> 39) & 511];

    for (unsigned shift = 30; shift >= 12; shift -= 9) {
        if ((*e & PTE_P) == 0)
            return NULL;
        if (*e & PTE_PS)
            return e;
        e = &table_at(*e)[(va >> shift) & 511];
    }
    return e;
}

/* --- ring 3 --- */

void on_syscall(syscall_handler *h)
{
    extra_syscall = h;
}

uint64_t rt_syscall(uint64_t n, uint64_t a, uint64_t b, uint64_t c)
{
    switch (n) {
    case SYS_EXIT:
        rt_leave_user(a);
    case SYS_PUT:
        put_char((char)a);
        return 0;
    default:
        return extra_syscall == NULL ? UINT64_MAX : extra_syscall(n, a, b, c);
    }
}

uint64_t user_call(uint64_t n, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(n), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r8", "r9", "r10", "r11", "memory");
    return result;
}

void user_open(void)
{
    for (uint64_t va = (uint64_t)user_begin; va < (uint64_t)user_end; va += 4096)
        map_page(va, va, PTE_P | PTE_W | PTE_U);
    wrmsr(0xC0000081, UINT64_C(0x18) << 48 | UINT64_C(0x08) << 32); /* STAR */
    wrmsr(0xC0000082, (uint64_t)rt_syscall_entry);                  /* LSTAR */
    wrmsr(0xC0000084, 0x600);                                       /* FMASK: IF, DF */
}

USER_TEXT static void user_start(uint64_t (*fn)(uint64_t))
{
    user_call(SYS_EXIT, fn(*(uint64_t *)user_stack), 0, 0);
}

uint64_t run_user(uint64_t (*fn)(uint64_t), uint64_t arg)
{
    *(uint64_t *)user_stack = arg;
    return rt_enter_user((uint64_t)user_start, (uint64_t)(user_stack + USER_STACK - 8),
                         (uint64_t)fn);
}

/* --- what the compiler asks for --- */

void *memcpy(void *to, const void *from, size_t n)
{
    void *d = to;

    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int c, size_t n)
{
    void *d = to;

    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n != 0; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}
