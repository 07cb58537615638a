// SPDX-License-Identifier: Apache-2.0
// Code that changes after it was executed, by each of those who can change it: the instruction
// before it, stores through another linear address, page walks that set A and D in an entry which
// is executed, a device's DMA. And bytes that stay while what they mean changes: executed as 64-bit
// code and as 32-bit code, with and without a limit of CS in their way. SDM Vol. 3A "Self-Modifying
// Code"; docs/cpu.md W3.
#include "../lib/rt.h"

#define ALIAS      UINT64_C(0x4000000000)
#define LAPIC      UINT64_C(0xFEE00000)
#define EDU_DEVFN  0x10
#define EDU_BAR    UINT64_C(0xC0000000)
#define DMA_VECTOR 0x42

static unsigned failures;

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

/* mov $v, %eax; ret */
static void write_code(volatile uint8_t *p, uint8_t v)
{
    const uint8_t code[] = {0xB8, v, 0, 0, 0, 0xC3};

    for (unsigned i = 0; i < sizeof(code); i++)
        p[i] = code[i];
}

static uint32_t run_at(const volatile void *p)
{
    uint32_t v;

    __asm__ volatile("call *%1" : "=a"(v) : "r"(p) : "memory", "cc");
    return v;
}

/* --- own stores --- */

/* Each adds the byte that the store before it put there. The last two stand lines further on. */
uint32_t patch_next(uint32_t v);
uint32_t patch_far(uint32_t v);
extern uint8_t far_target[];
__asm__(".text\n.balign 64\n"
        "patch_next: xorl %eax, %eax\n"
        "movb %dil, 1f+2(%rip)\n1: addl $0, %eax\n"
        "incb 2f+2(%rip)\n2: addl $0, %eax\n"
        "pushq 3f(%rip)\npopq 3f(%rip)\naddb $1, 3f+2(%rip)\n3: addl $0, %eax\n"
        "movb $0, 2b+2(%rip)\nmovb $0, 3b+2(%rip)\nret\n"
        ".balign 64\n"
        "patch_far: xorl %eax, %eax\nmovb %dil, far_target+1(%rip)\n"
        ".rept 6\nleaq 0(%rax,%rax,4), %rcx\nxchgb %cl, %cl\nnopl 0x100(%rax,%rax)\n.endr\n"
        "far_target: movb $0, %al\nret\n");

static void own_stores(void)
{
    for (uint32_t v = 1; v < 4; v++) {
        check("the next instruction, by a store, INC and ADD", patch_next(v) == v + 2);
        check("an instruction lines further on", patch_far(v + 8) == v + 8);
        far_target[1] = (uint8_t)(v + 16);
        check("the line of a run's end alone", ((uint8_t)run_at(far_target)) == v + 16);
    }
}

/* --- pages --- */

static void data_page_becomes_code(void)
{
    volatile uint8_t *page = page_alloc();
    uint64_t v = 0;

    for (unsigned turn = 1; turn < 6; turn++) {
        write_code(page + 128, (uint8_t)turn);
        check("a page of data becomes code", run_at(page + 128) == turn);
        page[0] = (uint8_t)turn; /* in the page, but not code */
        page[1] = (uint8_t)turn;
        page[129] = (uint8_t)(turn + 64);
        v += run_at(page + 128);
    }
    check("and changes behind stores beside it", v == 5 * 64 + 15);
    invlpg((uint64_t)page);
    for (unsigned turn = 1; turn < 4; turn++) {
        page[129] = (uint8_t)turn;
        check("after its translation was dropped", run_at(page + 128) == turn);
    }
}

static void two_addresses(void)
{
    volatile uint8_t *page = page_alloc();
    volatile uint8_t *alias = (volatile uint8_t *)ALIAS;

    map_page(ALIAS, (uint64_t)page, PTE_P | PTE_W);
    write_code(page, 1);
    check("code", run_at(page) == 1);
    alias[1] = 2;
    check("changed at its other address", run_at(page) == 2);
    page[1] = 3;
    check("executed at its other address", run_at(alias) == 3);
    alias[1] = 4;
    page[1] = 5;
    check("changed at both", run_at(alias) == 5);
    map_page(ALIAS, (uint64_t)page, 0);
}

/* An entry that maps 0xC3C000 and is code: ADD, AND, MOVSXD of EAX to ECX without A, with A, with A
 * and D; then RET. */
#define ENTRY UINT64_C(0xC3C803)

static uint32_t run_entry(const uint64_t *entry)
{
    uint32_t v = 0;

    for (unsigned turn = 0; turn < 3; turn++) {
        v = 5;
        __asm__ volatile("call *%1" : "+c"(v) : "r"(entry), "a"(3) : "memory", "cc");
    }
    return v;
}

static void walk_updates(void)
{
    uint64_t *entry;

    map_page(ALIAS, 0xC3C000, PTE_P | PTE_W);
    entry = entry_of(ALIAS);
    *entry = ENTRY;
    invlpg(ALIAS);
    check("an entry as code: ADD", run_entry(entry) == 8);
    (void)*(volatile uint8_t *)ALIAS;
    check("a walk set A: AND", run_entry(entry) == 1 && *entry == (ENTRY | PTE_A));
    *(volatile uint8_t *)ALIAS = 0;
    check("a walk set D: MOVSXD", run_entry(entry) == 3 && *entry == (ENTRY | PTE_A | PTE_D));
    map_page(ALIAS, 0, 0);
}

/* --- DMA --- */

static volatile uint64_t dma_events;

static void on_dma_event(struct frame *f)
{
    (void)f;
    dma_events++;
    write32(EDU_BAR + 0x64, read32(EDU_BAR + 0x24));
    write32(LAPIC + 0x0B0, 0);
}

static void pci_write(unsigned reg, uint32_t v)
{
    outl(0xCF8, 0x80000000u | EDU_DEVFN << 8 | reg);
    outl(0xCFC, v);
}

static void edu_dma(uint64_t from, uint64_t to, uint64_t bytes, bool to_memory)
{
    uint64_t before = dma_events;

    write64(EDU_BAR + 0x80, from);
    write64(EDU_BAR + 0x88, to);
    write64(EDU_BAR + 0x90, bytes);
    __asm__ volatile("cli");
    write64(EDU_BAR + 0x98, 1 | (to_memory ? 2 : 0) | 4);
    while (dma_events == before)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    __asm__ volatile("sti");
}

/* False: the machine has none there. */
static bool start_edu(void)
{
    on_trap(DMA_VECTOR, on_dma_event);
    write32(LAPIC + 0x0F0, 0x1FF);
    outl(0xCF8, 0x80000000u | EDU_DEVFN << 8);
    if (inl(0xCFC) != 0x11E81234)
        return false;
    pci_write(0x10, (uint32_t)EDU_BAR);
    pci_write(0x04, 6);          /* memory, bus master */
    pci_write(0x44, 0xFEE00000); /* MSI address, data, enable */
    pci_write(0x48, 0);
    pci_write(0x4C, DMA_VECTOR);
    outl(0xCF8, 0x80000000u | EDU_DEVFN << 8 | 0x40);
    outl(0xCFC, inl(0xCFC) | 0x10000);
    return true;
}

static void by_dma(void)
{
    uint8_t *to = page_alloc(), *from = page_alloc();

    if (!start_edu())
        return;
    for (unsigned turn = 1; turn < 4; turn++) {
        write_code(to + 256, (uint8_t)(turn + 32));
        check("past the iommu: code before DMA", run_at(to + 256) == turn + 32);
        write_code(from, (uint8_t)turn);
        edu_dma((uint64_t)from, 0x40000, 64, false);
        edu_dma(0x40000, (uint64_t)to + 256, 64, true);
        check("past the iommu: code that DMA brought", run_at(to + 256) == turn);
    }
}

/* --- one code, two modes --- */

extern uint64_t boot_gdt[];
static uint64_t gdt[10];

#define CODE_64 0x08
#define CODE_32 0x40 /* flat */

struct far_pointer {
    uint32_t offset;
    uint16_t selector;
} __attribute__((packed));

/* 40 FF C0: INC EAX with a REX prefix, or twice INC EAX. */
extern uint8_t both_ways[];
__asm__(".text\nboth_ways: .byte 0x40, 0xFF, 0xC0, 0xCB\n"); /* RETF */

static uint32_t far_call(const uint8_t *code, uint16_t selector)
{
    struct far_pointer to = {(uint32_t)(uint64_t)code, selector};
    uint32_t v = 0;

    __asm__ volatile("lcall *%1" : "+a"(v) : "m"(to) : "memory", "cc");
    return v;
}

static void two_modes(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr = {sizeof(gdt) - 1, (uint64_t)gdt};

    memcpy(gdt, boot_gdt, 8 * sizeof(gdt[0]));
    gdt[CODE_32 / 8] = UINT64_C(0x00CF9B000000FFFF);
    __asm__ volatile("lgdt %0" : : "m"(gdtr));
    for (unsigned turn = 0; turn < 3; turn++) {
        check("as 64-bit code", far_call(both_ways, CODE_64) == 1);
        check("as 32-bit code", far_call(both_ways, CODE_32) == 2);
    }
}

int main(void)
{
    own_stores();
    data_page_becomes_code();
    two_addresses();
    walk_updates();
    by_dma();
    two_modes();
    line("failures", failures);
    return failures != 0;
}
