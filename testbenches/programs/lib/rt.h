// SPDX-License-Identifier: Apache-2.0
// What the test programs share: console, exit, traps, page tables, ring 3. A program defines main()
// and returns 0 when its own check passed.
#ifndef RT_H
#define RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ring-3 code; jump tables would lie outside its pages. */
#define USER_TEXT __attribute__((section(".user.text"), noinline, optimize("no-jump-tables")))
#define USER_DATA __attribute__((section(".user.data")))

#define PTE_P  UINT64_C(1)
#define PTE_W  UINT64_C(2)
#define PTE_U  UINT64_C(4)
#define PTE_A  UINT64_C(0x20)
#define PTE_D  UINT64_C(0x40)
#define PTE_PS UINT64_C(0x80)
#define PTE_G  UINT64_C(0x100)
#define PTE_XD (UINT64_C(1) << 63)

struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

typedef void trap_handler(struct frame *f);

void put_char(char c);
void put(const char *s);
void put_dec(uint64_t v);
void put_hex(uint64_t v);
void line(const char *name, uint64_t v); /* "name: v\n" */
void rt_exit(uint32_t status) __attribute__((noreturn));

/* An unexpected trap prints itself and ends the run with status 99. */
void on_trap(unsigned vector, trap_handler *h);
void set_ist(unsigned vector, unsigned ist);
extern uint8_t rt_ist_stack[2][4096]; /* IST1, IST2 */

/* Maps one 4-KByte page; flags without P unmap it. Splits a 2-MByte page in the way. INVLPG. */
void map_page(uint64_t va, uint64_t pa, uint64_t flags);
/* One 2-MByte page at va; va must not be covered by smaller pages. */
void map_large(uint64_t va, uint64_t pa, uint64_t flags);
uint64_t *entry_of(uint64_t va); /* PTE or 2-MByte PDE in force, NULL without one */
void *page_alloc(void);          /* zeroed 4-KByte page */

/* Ring 3: user_open() opens .user and the user stack; run_user runs fn until a system call of it
 * ends it by rt_leave_user. */
void user_open(void);
uint64_t run_user(uint64_t (*fn)(uint64_t), uint64_t arg);
uint64_t rt_enter_user(uint64_t rip, uint64_t rsp, uint64_t arg);
void rt_leave_user(uint64_t value) __attribute__((noreturn));
typedef uint64_t syscall_handler(uint64_t n, uint64_t a, uint64_t b, uint64_t c);
void on_syscall(syscall_handler *h); /* beyond 0 exit(value), 1 put_char(c) */

/* In ring 3. */
#define SYS_EXIT 0
#define SYS_PUT  1
USER_TEXT uint64_t user_call(uint64_t n, uint64_t a, uint64_t b, uint64_t c);

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}
static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}
static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline uint32_t inl(uint16_t port)
{
    uint32_t v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline uint32_t read32(uint64_t pa)
{
    return *(volatile uint32_t *)pa;
}
static inline uint64_t read64(uint64_t pa)
{
    return *(volatile uint64_t *)pa;
}
static inline void write32(uint64_t pa, uint32_t v)
{
    *(volatile uint32_t *)pa = v;
}
static inline void write64(uint64_t pa, uint64_t v)
{
    *(volatile uint64_t *)pa = v;
}
static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;
    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}
static inline uint64_t read_cr2(void)
{
    uint64_t v;
    __asm__ volatile("movq %%cr2, %0" : "=r"(v));
    return v;
}
static inline uint64_t read_cr3(void)
{
    uint64_t v;
    __asm__ volatile("movq %%cr3, %0" : "=r"(v));
    return v;
}
static inline void write_cr3(uint64_t v)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(v) : "memory");
}
static inline uint64_t read_cr4(void)
{
    uint64_t v;
    __asm__ volatile("movq %%cr4, %0" : "=r"(v));
    return v;
}
static inline void write_cr4(uint64_t v)
{
    __asm__ volatile("movq %0, %%cr4" : : "r"(v) : "memory");
}
static inline void invlpg(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}
static inline void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(sub));
}

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
