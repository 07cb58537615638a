// SPDX-License-Identifier: Apache-2.0
// Directed cases that ordinary programs do not meet: bytes changed under the processor, accesses
// over two pages, faults inside gates, interrupt shadows, interrupted strings, and races between a
// device and the processor (the last ones where there is an IOMMU to tell that this is Ringwalk).
#include "../lib/rt.h"

#define LAPIC     UINT64_C(0xFEE00000)
#define IOMMU     UINT64_C(0xFED90000)
#define EDU_BAR   UINT64_C(0xC0000000)
#define EDU_DEVFN 0x10
#define FAR_BASE  UINT64_C(0x8000000000) /* PML4[1] */

static unsigned failures;
static bool here; /* Ringwalk, by its IOMMU */

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

/* What QEMU 7.2 does otherwise than the SDM says: error codes of gates (vector * 16, no EXT), types
 * in PAT, the level at which SYSRET faults. */
static void check_here(const char *what, bool ok)
{
    check(what, ok || !here);
}

/* --- faults that are expected: what came, and back to resume_rip on the same stack --- */

static volatile uint64_t faults, fault_vector, fault_error, fault_cs, fault_cr2;
static volatile uint64_t resume_rip, resume_rsp;

static void on_fault(struct frame *f)
{
    faults++;
    fault_vector = f->vector;
    fault_error = f->error;
    fault_cs = f->cs;
    fault_cr2 = read_cr2();
    f->rip = resume_rip;
    f->rsp = resume_rsp;
    f->cs = 0x08;
    f->ss = 0x10;
}

/* One instruction that faults; memory and RAX are clobbered. */
#define TRY_INSN(text, ...)                                                                        \
    do {                                                                                           \
        faults = 0;                                                                                \
        __asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, %0\n\tmovq %%rsp, %1\n\t" text      \
                         "\n1:"                                                                    \
                         : "=m"(resume_rip), "=m"(resume_rsp)                                      \
                         : __VA_ARGS__                                                             \
                         : "rax", "memory");                                                       \
    } while (0)

static bool came(uint64_t vector, uint64_t error)
{
    return faults == 1 && fault_vector == vector && fault_error == error;
}

/* --- instruction bytes that change --- */

static void own_next_instruction(void)
{
    uint32_t r;

    __asm__ volatile("movb $2, 1f+1(%%rip)\n"
                     "1:\tmovl $1, %%eax"
                     : "=a"(r)
                     :
                     : "memory");
    check("a store into the next instruction is executed", r == 2);
}

USER_TEXT static uint64_t user_jump(uint64_t arg)
{
    return ((uint64_t(*)(void))arg)();
}

/* Straight on over three ends of pages, no jump in between: the window follows, at ring 3 as well.
 */
static void straight_on(void)
{
    uint64_t va = FAR_BASE + 0x20000;

    for (unsigned i = 0; i < 4; i++) {
        uint8_t *page = page_alloc();

        for (unsigned k = 0; k < 4096; k++)
            page[k] = 0x90;
        if (i == 3)
            memcpy(page + 5, "\xB8\x2A\x00\x00\x00\xC3", 6); /* MOV EAX, 42; RET */
        map_page(va + i * UINT64_C(4096), (uint64_t)page, PTE_P | PTE_W | PTE_U);
    }
    check("four pages of code, straight on", ((uint64_t(*)(void))va)() == 42);
    check("the same at ring 3", run_user(user_jump, va) == 42);
}

/* JMP over the end of a page, back to its start: MOV EAX, 7; RET. */
static void over_two_pages(void)
{
    uint8_t *one = page_alloc(), *two = page_alloc();
    uint64_t va = FAR_BASE + 0x10000;
    uint64_t (*code)(void) = (uint64_t(*)(void))(va + 4094);

    memcpy(one, "\xB8\x07\x00\x00\x00\xC3", 6);
    one[4094] = 0xE9; /* to va: 4094 + 5 + x = 0 */
    one[4095] = 0xFD;
    memcpy(two, "\xEF\xFF\xFF", 3);
    map_page(va, (uint64_t)one, PTE_P | PTE_W);
    map_page(va + 4096, (uint64_t)two, PTE_P | PTE_W);
    check("a JMP that lies over two pages", code() == 7);
    map_page(va + 4096, 0, 0);
    TRY_INSN("call *%2", "r"(code));
    check("its second page unmapped: #PF there", came(14, 0x10) && fault_cr2 == va + 4096);
    map_page(va + 4096, (uint64_t)two, PTE_P | PTE_W);
    map_page(va, 0, 0);
    TRY_INSN("call *%2", "r"(code));
    check("its first page unmapped: #PF there", came(14, 0x10) && fault_cr2 == va + 4094);
}

/* --- data over two pages --- */

static void split_accesses(void)
{
    uint8_t *one = page_alloc(), *gap = page_alloc(), *two = page_alloc();
    uint64_t va = FAR_BASE + 0x20000, at = va + 4093;

    (void)gap; /* the two are not neighbours in memory */
    map_page(va, (uint64_t)one, PTE_P | PTE_W);
    map_page(va + 4096, (uint64_t)two, PTE_P | PTE_W);
    *(volatile uint64_t *)at = UINT64_C(0x8877665544332211);
    check("a store over two pages",
          one[4093] == 0x11 && one[4095] == 0x33 && two[0] == 0x44 && two[4] == 0x88);
    check("a load over two pages", *(volatile uint64_t *)at == UINT64_C(0x8877665544332211));
    map_page(va + 4096, (uint64_t)two, PTE_P);
    TRY_INSN("movq %%rax, (%2)", "r"(at));
    check("second page read-only: #PF there, nothing stored",
          came(14, 3) && fault_cr2 == va + 4096 && one[4093] == 0x11);
    map_page(va + 4096, 0, 0);
    TRY_INSN("movq (%2), %%rax", "r"(at));
    check("second page not present: #PF there", came(14, 0) && fault_cr2 == va + 4096);
    TRY_INSN("movb $1, (%2)", "r"(UINT64_C(0x0000900000000000)));
    check("an address that is not canonical: #GP(0)", came(13, 0));
}

/* --- faults inside gates --- */

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint64_t base;
};

static uint8_t *gate(unsigned vector)
{
    struct table_register idtr;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    return (uint8_t *)(idtr.base + vector * 16);
}

static void bad_gates(void)
{
    uint8_t *soft = gate(0x50), *hard = gate(6), type = *(soft + 5);

    soft[5] = 0x0E;
    TRY_INSN("int $0x50", "r"(0));
    check_here("INT n, gate not present: #NP(n, IDT)", came(11, 0x50 * 8 + 2));
    soft[5] = 0x85;
    TRY_INSN("int $0x50", "r"(0));
    check_here("INT n, not a gate: #GP(n, IDT)", came(13, 0x50 * 8 + 2));
    soft[5] = type;
    hard[5] = 0x0E;
    TRY_INSN("ud2", "r"(0));
    check_here("#UD, gate not present: #NP(6, IDT, EXT)", came(11, 6 * 8 + 3));
    hard[5] = type;
    hard[2] = 0x10;
    TRY_INSN("ud2", "r"(0));
    check_here("#UD, gate to data: #GP(selector, EXT)", came(13, 0x11));
    hard[2] = 0x08;
    TRY_INSN("ud2", "r"(0));
    check("#UD again", faults == 1 && fault_vector == 6);
}

/* --- ring 3 --- */

USER_TEXT static uint64_t user_popf(uint64_t arg)
{
    uint64_t flags;

    (void)arg;
    __asm__ volatile("pushfq\n\t"
                     "andq $~0x200, (%%rsp)\n\t"
                     "popfq\n\t"
                     "pushfq\n\t"
                     "popq %0"
                     : "=r"(flags)
                     :
                     : "memory", "cc");
    return flags & 0x200;
}

static void ring3(void)
{
    check("POPF at ring 3 leaves IF", run_user(user_popf, 0) == 0x200);
}

static void sysret(void)
{
    faults = 0;
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, %0\n\tmovq %%rsp, %1\n\t"
                     "movq %2, %%rcx\n\tmovl $2, %%r11d\n\tsysretq\n1:"
                     : "=m"(resume_rip), "=m"(resume_rsp)
                     : "r"(UINT64_C(0x0000900000000000))
                     : "rax", "rcx", "r11", "memory");
    check_here("SYSRET to an address that is not canonical: #GP(0) at ring 0",
               came(13, 0) && fault_cs == 0x08);
}

/* --- shadows and interrupted strings --- */

static volatile uint64_t interrupts, seen_rbx, timer_left;
static volatile uint64_t steps;

static void on_self(struct frame *f)
{
    interrupts++;
    seen_rbx = f->rbx;
    write32(LAPIC + 0x0B0, 0);
}

static void on_timer(struct frame *f)
{
    (void)f;
    interrupts++;
    if (timer_left != 0) {
        timer_left--;
        write32(LAPIC + 0x380, 350);
    }
    write32(LAPIC + 0x0B0, 0);
}

static void on_step(struct frame *f)
{
    steps++;
    if (steps == 4)
        f->rflags &= ~UINT64_C(0x100);
}

static void shadows(void)
{
    uint64_t rbx = 0;

    write32(LAPIC + 0x0F0, 0x1FF);
    on_trap(0xFF, on_self);
    on_trap(0x43, on_self);
    __asm__ volatile("cli");
    write32(LAPIC + 0x300, 0x40043); /* self */
    for (volatile unsigned i = 0; i < 8; i++)
        continue;
    __asm__ volatile("sti\n\tincq %0\n\tincq %0\n\tincq %0\n\tcli" : "+b"(rbx));
    check("STI: the interrupt comes after one more instruction", interrupts == 1 && seen_rbx == 1);
    on_trap(1, on_step);
    __asm__ volatile("movl $0x10, %%ecx\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
                     "nop\n\tmovl %%ecx, %%ss\n\tnop\n\tnop\n\tnop\n\tnop"
                     :
                     :
                     : "rcx", "memory", "cc");
    check("single steps", steps == 4);
}

static void strings(void)
{
    static uint8_t from[4096], to[4096];

    for (unsigned i = 0; i < sizeof(from); i++)
        from[i] = (uint8_t)(i * 5 + 1);
    on_trap(0x44, on_timer);
    interrupts = 0;
    timer_left = 6;
    write32(LAPIC + 0x3E0, 0xB);
    write32(LAPIC + 0x320, 0x44); /* one shot */
    write32(LAPIC + 0x380, 350);
    __asm__ volatile("sti");
    memcpy(to, from, sizeof(to));
    while (interrupts < 7)
        continue;
    __asm__ volatile("cli");
    write32(LAPIC + 0x320, 0x10000);
    check("REP MOVS under interrupts", memcmp(from, to, sizeof(to)) == 0);
}

/* --- arithmetic at its edges --- */

static uint32_t rotate(uint8_t v, uint8_t count, uint8_t cf)
{
    uint32_t l = v, r = v, fl, fr;

    __asm__ volatile("btl $0, %4\n\trclb %%cl, %b0\n\tpushfq\n\tpopq %q1\n\t"
                     "btl $0, %4\n\trcrb %%cl, %b2\n\tpushfq\n\tpopq %q3"
                     : "+q"(l), "=&r"(fl), "+q"(r), "=&r"(fr)
                     : "r"((uint32_t)cf), "c"(count)
                     : "cc", "memory");
    return (l & 0xFF) | (r & 0xFF) << 8 | (fl & 1) << 16 | (fr & 1) << 17;
}

static uint16_t divide(int16_t n, int8_t d)
{
    uint16_t ax = (uint16_t)n;

    __asm__ volatile("idivb %b1" : "+a"(ax) : "q"((uint32_t)(uint8_t)d) : "cc");
    return ax;
}

static void arithmetic(void)
{
    static const int8_t divisors[] = {3, -3, 7, -7, 1, -1};
    uint32_t sum = 0;
    uint64_t cell = 5, flags;

    for (unsigned count = 0; count < 32; count++)
        sum = sum * 31 + rotate((uint8_t)(count * 73 + 0xA6), (uint8_t)count, count & 1);
    line("rotates through carry", sum);
    for (unsigned i = 0; i < sizeof(divisors); i++)
        sum = sum * 31 + divide(100, divisors[i]) + divide(-100, divisors[i]) * 3u;
    line("signed quotients", sum);
    check("the most negative quotient", divide(-128, 1) == 0x0080 && divide(127, -1) == 0x0081);
    __asm__ volatile("movl $6, %%eax\n\tlock cmpxchgq %%rax, %0\n\tpushfq\n\tpopq %1"
                     : "+m"(cell), "=r"(flags)
                     :
                     : "rax", "cc");
    check("CMPXCHG of unequal values", cell == 5 && (flags & 0x40) == 0);
    __asm__ volatile("movl $3, %%r12d\n\tmovl $5, %%eax\n\tleaq 7(%%rax,%%r12,4), %%r8\n\t"
                     "xchgq %%rax, %%r8\n\t.byte 0x49, 0x90\n\tleaq (%%rax,%%r8,8), %0\n\t"
                     "movb $20, %%al\n\tmovb $3, %%r8b\n\tmulb %%r8b\n\tpushfq\n\tpopq %1"
                     : "=&r"(cell), "=r"(flags)
                     :
                     : "rax", "r8", "r12", "cc", "memory");
    check("R12 as an index, XCHG R8, MUL", cell == 5 + 24 * 8 && (flags & 0x801) == 0);
    sum = 0;
    __asm__ volatile(
        "movl $0x7F, %%eax\n\tstc\n\tincb %%al\n\tpushfq\n\tpopq %%rax\n\tmovl %%eax, %0\n\t"
        "stc\n\tmovb $0x0F, %%al\n\tadcb $0, %%al\n\tpushfq\n\tpopq %%rax\n\t"
        "addl %%eax, %0\n\tstc\n\tmovb $0, %%cl\n\tshll %%cl, %%eax\n\t"
        "pushfq\n\tpopq %%rax\n\taddl %%eax, %0"
        : "+r"(sum)
        :
        : "rax", "rcx", "cc", "memory");
    line("flags", sum & 0xFFF);
}

/* --- control registers, segment bases --- */

/* RIP-relative under an address-size prefix: the sum has 32 bits. */
static void short_relative(void)
{
    uint32_t r;
    uint64_t at, expected;

    __asm__ volatile("jmp 2f\n1:\t.long 0x5A5A1234\n2:\tmovl 1b(%%eip), %0\n\t"
                     "leaq 1b(%%eip), %1\n\tleaq 1b(%%rip), %2"
                     : "=&r"(r), "=&r"(at), "=&r"(expected));
    check("RIP-relative with 67, backwards", r == 0x5A5A1234 && at == expected);
}

/* A bit offset in a register is signed and reaches cells before and behind its operand. */
static void bit_strings(void)
{
    static uint8_t bytes[64];
    uint8_t *middle = bytes + 32;

    __asm__ volatile("btsw %w1, (%0)" : : "r"(middle), "r"(-17) : "memory");   /* byte -3, bit 7 */
    __asm__ volatile("btsl %k1, (%0)" : : "r"(middle), "r"(-66) : "memory");   /* byte -9, bit 6 */
    __asm__ volatile("btsq %q1, (%0)" : : "r"(middle), "r"(-129L) : "memory"); /* byte -17, bit 7 */
    __asm__ volatile("btsw %w1, (%0)" : : "r"(middle), "r"(0x10019) : "memory"); /* byte 3, bit 1 */
    __asm__ volatile("btsl %k1, (%0)" : : "r"(middle), "r"(100) : "memory"); /* byte 12, bit 4 */
    check("bit strings: before the operand",
          middle[-3] == 0x80 && middle[-9] == 0x40 && middle[-17] == 0x80);
    check("bit strings: behind it", middle[3] == 0x02 && middle[12] == 0x10);
}

static void system_state(void)
{
    uint64_t *cell = page_alloc(), seen, gs = FAR_BASE + 0x30000;

    map_page(gs, (uint64_t)cell, PTE_P | PTE_W);
    cell[1] = 0x1234;
    wrmsr(0xC0000101, gs);
    __asm__ volatile("movq %%gs:8, %0" : "=r"(seen));
    wrmsr(0xC0000101, 0);
    check("GS base above 4 GiB", seen == 0x1234);
    write_cr4(read_cr4() | 1u << 20); /* SMEP */
    cell[1]++;
    write_cr4(read_cr4() & ~(UINT64_C(1) << 20));
    check("SMEP on and off", cell[1] == 0x1235);
}

static void reserved_pat(void)
{
    faults = 0;
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, %0\n\tmovq %%rsp, %1\n\t"
                     "movl $0x277, %%ecx\n\tmovl $0x00070403, %%eax\n\tmovl $0x00070406, %%edx\n\t"
                     "wrmsr\n1:"
                     : "=m"(resume_rip), "=m"(resume_rsp)
                     :
                     : "rax", "rcx", "rdx", "memory");
    check_here("WRMSR PAT with a reserved type: #GP(0)", came(13, 0));
}

/* --- a device beside the processor --- */

static void pci_write(unsigned reg, uint32_t v)
{
    outl(0xCF8, 0x80000000u | EDU_DEVFN << 8 | reg);
    outl(0xCFC, v);
}

static void dma_program(uint64_t from, uint64_t to, uint64_t bytes)
{
    write64(EDU_BAR + 0x80, from);
    write64(EDU_BAR + 0x88, to);
    write64(EDU_BAR + 0x90, bytes);
}

static bool dma_busy(void)
{
    return read32(EDU_BAR + 0x98) & 1;
}

/* The code at `stub` runs, is overwritten by the device, and runs again: all of this code and the
 * stub lie in different lines of the fetch buffer. */
static void code_by_dma(void)
{
    uint8_t *page = page_alloc(), *stub = page + 0x60, *other = page_alloc();
    uint32_t before, after;

    memcpy(stub, "\xB8\x01\x00\x00\x00\xC3", 6);
    memcpy(other, "\xB8\x02\x00\x00\x00\xC3", 6);
    dma_program((uint64_t)other, 0x40000, 16);
    write64(EDU_BAR + 0x98, 1);
    while (dma_busy())
        continue;
    dma_program(0x40000, (uint64_t)stub, 16);
    __asm__ volatile("jmp 1f\n\t.balign 128\n"
                     "1:\tcall *%[stub]\n\t"
                     "movl %%eax, %[before]\n\t"
                     "movl $3, 0x98(%[edu])\n"
                     "2:\tmovl 0x98(%[edu]), %%eax\n\t"
                     "testb $1, %%al\n\t"
                     "jnz 2b\n\t"
                     "call *%[stub]"
                     : [before] "=&r"(before), "=&a"(after)
                     : [stub] "r"(stub), [edu] "r"(EDU_BAR)
                     : "memory", "cc");
    check("iommu: code that a device wrote is executed", before == 1 && after == 2);
}

/* Locked additions while the device writes the same block's other half. */
static void locked_beside_dma(void)
{
    uint64_t *page = page_alloc(), n = 0;

    dma_program(0x40000, (uint64_t)page + 16, 1024);
    write64(EDU_BAR + 0x98, 3);
    while (dma_busy())
        for (unsigned i = 0; i < 8; i++, n++)
            __asm__ volatile("lock incq %0" : "+m"(page[0]));
    check("iommu: locked additions beside a DMA", page[0] == n);
}

/* The IOTLB is invalidated again and again while the device's requests go through it. */
static void invalidations_beside_dma(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc(), *l4 = page_alloc();
    uint64_t *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();
    uint8_t *buffer = page_alloc();

    root[0] = (uint64_t)context | 1;
    context[EDU_DEVFN * 2] = (uint64_t)l4 | 1;
    context[EDU_DEVFN * 2 + 1] = 2 | 9 << 8;
    l4[0] = (uint64_t)l3 | 3;
    l3[0] = (uint64_t)l2 | 3;
    l2[1] = (uint64_t)l1 | 3;
    l1[0] = (uint64_t)buffer | 3;
    write64(IOMMU + 0x20, (uint64_t)root);
    write32(IOMMU + 0x18, 1u << 30);
    write32(IOMMU + 0x18, 1u << 31);
    buffer[1023] = 1;
    dma_program(0x40000, 0x200000, 1024);
    write64(EDU_BAR + 0x98, 3);
    for (unsigned i = 0; dma_busy(); i++) {
        write64(IOMMU + 0x108, UINT64_C(9) << 60);
        for (volatile unsigned wait = 0; wait < i % 3; wait++)
            continue;
    }
    check("iommu: invalidations beside a DMA", (read32(IOMMU + 0x34) & 2) == 0);
    write32(IOMMU + 0x18, 0);
}

/* The device's interrupt messages, here writes to RAM, wait behind its own requests. */
static void messages_beside_dma(void)
{
    uint32_t *page = page_alloc();
    uint8_t *buffer = page_alloc();

    pci_write(0x44, (uint32_t)(uint64_t)page); /* MSI address, data, enable */
    pci_write(0x48, 0);
    pci_write(0x4C, 0x1234);
    pci_write(0x40, 0x10000);
    buffer[512] = 1;
    dma_program(0x40000, (uint64_t)buffer, 1024);
    write64(EDU_BAR + 0x98, 3);
    while (dma_busy()) {
        write32(EDU_BAR + 0x60, 1);
        write32(EDU_BAR + 0x60, 2);
    }
    check("iommu: messages beside a DMA", page[0] == 0x1234 && buffer[512] == 0);
    write32(EDU_BAR + 0x64, 3);
    pci_write(0x40, 0);
}

static void device(void)
{
    if (!here) {
        put("iommu: none here\n");
        return;
    }
    pci_write(0x10, (uint32_t)EDU_BAR);
    pci_write(0x04, 6); /* memory, bus master */
    code_by_dma();
    locked_beside_dma();
    messages_beside_dma();
    invalidations_beside_dma();
}

int main(void)
{
    put("corners\n");
    here = read32(IOMMU) == 0x10;
    user_open();
    on_trap(6, on_fault);
    on_trap(11, on_fault);
    on_trap(13, on_fault);
    on_trap(14, on_fault);
    own_next_instruction();
    over_two_pages();
    straight_on();
    split_accesses();
    bad_gates();
    ring3();
    sysret();
    shadows();
    strings();
    arithmetic();
    bit_strings();
    short_relative();
    system_state();
    reserved_pat();
    device();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
