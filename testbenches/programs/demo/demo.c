// SPDX-License-Identifier: Apache-2.0
// A tour of what privilege and translation hardware does, each part checked by the program itself:
// traps with IST, 4K and 2M and XD pages, demand paging, a ring-3 process with SYSCALL, a timer
// that preempts it, every privileged instruction tried at ring 3, and a device's DMA through the
// IOMMU.
#include "../lib/rt.h"

static unsigned failures;

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

/* --- traps and IST --- */

static volatile uint64_t seen_rsp, seen_vector;

static void on_breakpoint(struct frame *f)
{
    seen_rsp = (uint64_t)f;
    seen_vector = f->vector;
}

static void traps(void)
{
    uint64_t ist2 = (uint64_t)rt_ist_stack[1];

    on_trap(3, on_breakpoint);
    set_ist(3, 2);
    __asm__ volatile("int3" : : : "memory");
    check("int3 arrives on its IST stack",
          seen_vector == 3 && seen_rsp > ist2 && seen_rsp < ist2 + sizeof(rt_ist_stack[1]));
}

/* --- page faults --- */

#define LAZY_BASE  UINT64_C(0x8000000000) /* PML4[1] */
#define LAZY_PAGES 8

static volatile uint64_t fault_va, fault_error, fault_count, resume_rip;

static void on_page_fault(struct frame *f)
{
    fault_va = read_cr2();
    fault_error = f->error;
    fault_count++;
    if (fault_va >= LAZY_BASE && fault_va < LAZY_BASE + LAZY_PAGES * 4096 && !(f->error & PTE_P)) {
        map_page(fault_va & ~UINT64_C(4095), (uint64_t)page_alloc(), PTE_P | PTE_W);
        return;
    }
    f->rip = resume_rip;
    if (f->error & 0x10) /* a fetch: the call's return address is still there */
        f->rsp += 8;
}

/* Store that may fault; resumes behind itself. */
static void try_store(uint64_t va)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %0\n\t"
                     "movb $1, (%1)\n"
                     "1:"
                     : "=m"(resume_rip)
                     : "r"(va)
                     : "rax", "memory");
}

static void try_call(uint64_t va)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %0\n\t"
                     "pushq %%rax\n\t"
                     "jmp *%1\n"
                     "1:\n\t"
                     : "=m"(resume_rip)
                     : "r"(va)
                     : "rax", "memory");
}

static void demand_paging(void)
{
    volatile uint64_t *p = (volatile uint64_t *)LAZY_BASE;
    uint64_t sum = 0;

    on_trap(14, on_page_fault);
    fault_count = 0;
    for (unsigned i = 0; i < LAZY_PAGES * 512; i++)
        p[i] = i;
    for (unsigned i = 0; i < LAZY_PAGES * 512; i++)
        sum += p[i];
    check("demand paging: one fault a page", fault_count == LAZY_PAGES);
    check("demand paging: contents",
          sum == (uint64_t)LAZY_PAGES * 512 * (LAZY_PAGES * 512 - 1) / 2);
    check("accessed and dirty are set",
          (*entry_of(LAZY_BASE) & (PTE_A | PTE_D)) == (PTE_A | PTE_D));
}

static void protections(void)
{
    uint64_t va = LAZY_BASE + UINT64_C(0x40000000), page = (uint64_t)page_alloc();
    uint64_t large = LAZY_BASE + UINT64_C(0x80000000);
    uint8_t *code = (uint8_t *)page;

    map_page(va, page, PTE_P);
    fault_count = 0;
    try_store(va + 5);
    check("store to a read-only page: #PF, P and W/R",
          fault_count == 1 && fault_va == va + 5 && fault_error == 3);
    map_page(va, page, PTE_P | PTE_W);
    try_store(va + 5);
    check("after the remap it is written", fault_count == 1 && code[5] == 1);

    code[0] = 0xC3; /* RET to the address that try_call pushed */
    map_page(va, page, PTE_P | PTE_W | PTE_XD);
    fault_count = 0;
    try_call(va);
    check("fetch from an XD page: #PF, P and I/D",
          fault_count == 1 && fault_va == va && fault_error == 0x11);

    map_large(large, 0x600000, PTE_P | PTE_W);
    *(volatile uint64_t *)(large + 0x12345) = 0x1122334455667788;
    check("a 2M page and its identity alias agree",
          *(volatile uint64_t *)(0x600000 + 0x12345) == 0x1122334455667788);
    check("the large entry is dirty", (*entry_of(large) & PTE_D) != 0);
}

/* --- ring 3 --- */

USER_DATA static char hello[] = "hello from ring 3\n";
USER_DATA static volatile uint64_t user_ticks;

USER_TEXT static uint64_t user_hello(uint64_t arg)
{
    for (const char *s = hello; *s != 0; s++)
        user_call(SYS_PUT, (uint64_t)*s, 0, 0);
    return arg * 3;
}

USER_TEXT static uint64_t user_touch_kernel(uint64_t va)
{
    *(volatile uint8_t *)va = 1;
    return 0;
}

/* How fast the machine is does not matter: some turns, until the handler has counted far enough. */
USER_TEXT static uint64_t user_spin(uint64_t until)
{
    uint64_t turns = 0;

    do
        turns++;
    while (user_ticks < until);
    return turns != 0;
}

static void on_user_fault(struct frame *f)
{
    fault_va = read_cr2();
    fault_error = f->error;
    rt_leave_user(f->cs & 3);
}

static void ring3(void)
{
    static uint8_t kernel_byte;
    uint64_t r;

    user_open();
    r = run_user(user_hello, 14);
    check("SYSCALL, SYSRET: the process returns 42", r == 42);
    on_trap(14, on_user_fault);
    r = run_user(user_touch_kernel, (uint64_t)&kernel_byte);
    check("ring 3 writes a supervisor page: #PF at CPL 3, error 7",
          r == 3 && fault_va == (uint64_t)&kernel_byte && fault_error == 7);
    on_trap(14, on_page_fault);
}

/* --- timer --- */

#define LAPIC        UINT64_C(0xFEE00000)
#define TIMER_VECTOR 0x40

static volatile uint64_t ticks_in_ring3;

static void on_timer(struct frame *f)
{
    user_ticks++;
    ticks_in_ring3 += (f->cs & 3) == 3;
    write32(LAPIC + 0x0B0, 0); /* EOI */
}

static void timer(void)
{
    on_trap(TIMER_VECTOR, on_timer);
    on_trap(0xFF, on_timer);
    write32(LAPIC + 0x0F0, 0x1FF);                  /* enable, spurious FF */
    write32(LAPIC + 0x3E0, 0xB);                    /* divide by 1 */
    write32(LAPIC + 0x320, 0x20000 | TIMER_VECTOR); /* periodic */
    write32(LAPIC + 0x380, 20000);
    check("the timer preempts a loop in ring 3", run_user(user_spin, 3) == 1);
    write32(LAPIC + 0x320, 0x10000); /* mask */
    write32(LAPIC + 0x380, 0);
    check("every tick interrupted ring 3", ticks_in_ring3 >= 3);
}

/* --- privileged instructions at ring 3 --- */

#define PROBE(name, text)                                                                          \
    __asm__(".section .user.text, \"ax\"\n"                                                        \
            ".globl probe_" #name "\n"                                                             \
            "probe_" #name ": " text "\n"                                                          \
            "ret\n"                                                                                \
            ".previous");                                                                          \
    uint64_t probe_##name(uint64_t)

PROBE(hlt, "hlt");
PROBE(cli, "cli");
PROBE(sti, "sti");
PROBE(in, "inb $0x80, %al");
PROBE(out, "outb %al, $0x80");
PROBE(clts, "clts");
PROBE(mov_to_cr0, "movq %rax, %cr0");
PROBE(mov_from_cr0, "movq %cr0, %rax");
PROBE(mov_to_cr3, "movq %rax, %cr3");
PROBE(mov_from_cr3, "movq %cr3, %rax");
PROBE(mov_to_cr4, "movq %rax, %cr4");
PROBE(mov_from_cr8, "movq %cr8, %rax");
PROBE(mov_to_dr0, "movq %rax, %dr0");
PROBE(mov_from_dr7, "movq %dr7, %rax");
PROBE(lgdt, "lgdt (%rsp)");
PROBE(lidt, "lidt (%rsp)");
PROBE(lldt, "lldt %ax");
PROBE(ltr, "ltr %ax");
PROBE(lmsw, "lmsw %ax");
PROBE(invlpg, "invlpg (%rsp)");
PROBE(invd, "invd");
PROBE(wbinvd, "wbinvd");
PROBE(rdmsr, "rdmsr");
PROBE(wrmsr, "wrmsr");
PROBE(rdpmc, "rdpmc");
PROBE(swapgs, "swapgs");
PROBE(sysret, "sysretq");
PROBE(rdtsc, "rdtsc");
PROBE(rdtscp, "rdtscp");

static const struct probe {
    const char *name;
    uint64_t (*run)(uint64_t);
} probes[] = {
    {"hlt", probe_hlt},
    {"cli", probe_cli},
    {"sti", probe_sti},
    {"in", probe_in},
    {"out", probe_out},
    {"clts", probe_clts},
    {"mov to cr0", probe_mov_to_cr0},
    {"mov from cr0", probe_mov_from_cr0},
    {"mov to cr3", probe_mov_to_cr3},
    {"mov from cr3", probe_mov_from_cr3},
    {"mov to cr4", probe_mov_to_cr4},
    {"mov from cr8", probe_mov_from_cr8},
    {"mov to dr0", probe_mov_to_dr0},
    {"mov from dr7", probe_mov_from_dr7},
    {"lgdt", probe_lgdt},
    {"lidt", probe_lidt},
    {"lldt", probe_lldt},
    {"ltr", probe_ltr},
    {"lmsw", probe_lmsw},
    {"invlpg", probe_invlpg},
    {"invd", probe_invd},
    {"wbinvd", probe_wbinvd},
    {"rdmsr", probe_rdmsr},
    {"wrmsr", probe_wrmsr},
    {"rdpmc", probe_rdpmc},
    {"swapgs", probe_swapgs},
    {"sysret", probe_sysret},
    {"rdtsc with TSD", probe_rdtsc},
    {"rdtscp with TSD", probe_rdtscp},
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

static volatile uint64_t gp_count;

/* #GP(0) at ring 3: counts, and returns from the probe in its place. */
static void on_gp(struct frame *f)
{
    if ((f->cs & 3) != 3 || f->error != 0)
        rt_leave_user(1);
    gp_count++;
    f->rip = *(uint64_t *)f->rsp;
    f->rsp += 8;
}

static void privileged(void)
{
    unsigned trapped = 0;

    on_trap(13, on_gp);
    write_cr4(read_cr4() | 4); /* TSD */
    for (unsigned i = 0; i < PROBES; i++) {
        uint64_t before = gp_count;

        run_user(probes[i].run, 0);
        if (gp_count == before + 1) {
            trapped++;
        } else {
            put("FAIL no #GP(0): ");
            put(probes[i].name);
            put("\n");
        }
    }
    write_cr4(read_cr4() & ~UINT64_C(4));
    on_trap(13, NULL);
    line("privileged instructions trapped at ring 3", trapped);
    check("every one of them", trapped == PROBES);
}

/* --- the IOMMU and the teaching device --- */

#define IOMMU        UINT64_C(0xFED90000)
#define FAULT_VECTOR 0x41
#define DMA_VECTOR   0x42
#define EDU_BAR      UINT64_C(0xC0000000)
#define EDU_DEVFN    0x10
#define IOVA         UINT64_C(0x10000000)

static volatile uint64_t fault_events, dma_events;

static void on_fault_event(struct frame *f)
{
    (void)f;
    fault_events++;
    write32(LAPIC + 0x0B0, 0);
}

static void on_dma_event(struct frame *f)
{
    (void)f;
    dma_events++;
    write32(EDU_BAR + 0x64, read32(EDU_BAR + 0x24));
    write32(LAPIC + 0x0B0, 0);
}

static void pci_write(unsigned devfn, unsigned reg, uint32_t v)
{
    outl(0xCF8, 0x80000000u | devfn << 8 | reg);
    outl(0xCFC, v);
}

static uint32_t pci_read(unsigned devfn, unsigned reg)
{
    outl(0xCF8, 0x80000000u | devfn << 8 | reg);
    return inl(0xCFC);
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

static void gcmd(uint32_t bit)
{
    uint32_t on = read32(IOMMU + 0x1C) & 0x96FFFFFF;

    write32(IOMMU + 0x18, on | 1u << bit);
    while ((read32(IOMMU + 0x1C) & 1u << bit) == 0)
        continue;
}

static void invalidate_context(void)
{
    write64(IOMMU + 0x28, UINT64_C(1) << 63 | UINT64_C(1) << 61);
    while (read64(IOMMU + 0x28) >> 63)
        continue;
}

/* Page-selective when bytes of one page matter, else global. */
static void invalidate_iotlb(uint64_t iova, uint16_t did, bool page)
{
    uint64_t iro = (read64(IOMMU + 0x10) >> 8 & 0x3FF) * 16;

    write64(IOMMU + iro, iova);
    write64(IOMMU + iro + 8,
            UINT64_C(1) << 63 | (page ? UINT64_C(3) : UINT64_C(1)) << 60 | (uint64_t)did << 32);
    while (read64(IOMMU + iro + 8) >> 63)
        continue;
}

static uint64_t *ss_leaf;
static uint8_t *buffer;

static void build_tables(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc();
    uint64_t *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();

    buffer = page_alloc();
    ss_leaf = &l1[(IOVA >> 12) & 511];
    root[0] = (uint64_t)context | 1;
    context[EDU_DEVFN * 2] = (uint64_t)l4 | 1; /* P, T = 00 */
    context[EDU_DEVFN * 2 + 1] = 2 | 7 << 8;   /* 48-bit, DID 7 */
    l4[(IOVA >> 39) & 511] = (uint64_t)l3 | 3;
    l3[(IOVA >> 30) & 511] = (uint64_t)l2 | 3;
    l2[(IOVA >> 21) & 511] = (uint64_t)l1 | 3;
    *ss_leaf = (uint64_t)buffer | 3;
    write64(IOMMU + 0x20, (uint64_t)root);
}

static void start_edu(void)
{
    pci_write(EDU_DEVFN, 0x10, (uint32_t)EDU_BAR);
    pci_write(EDU_DEVFN, 0x04, 6);          /* memory, bus master */
    pci_write(EDU_DEVFN, 0x44, 0xFEE00000); /* MSI address, data, enable */
    pci_write(EDU_DEVFN, 0x48, 0);
    pci_write(EDU_DEVFN, 0x4C, DMA_VECTOR);
    pci_write(EDU_DEVFN, 0x40, pci_read(EDU_DEVFN, 0x40) | 0x10000);
}

static bool fault_is(uint8_t reason, uint64_t page, bool read)
{
    uint64_t fro = (read64(IOMMU + 0x08) >> 24 & 0x3FF) * 16;
    uint32_t fsts = read32(IOMMU + 0x34), at = fsts >> 8 & 0xFF;
    uint64_t lo = read64(IOMMU + fro + at * 16), hi = read64(IOMMU + fro + at * 16 + 8);
    bool ok = (fsts & 2) && hi >> 63 && (uint8_t)(hi >> 32) == reason &&
              (uint16_t)hi == EDU_DEVFN && lo == page && (hi >> 62 & 1) == read;

    write32(IOMMU + fro + at * 16 + 12, 0x80000000);
    write32(IOMMU + 0x34, 1);
    return ok;
}

static void iommu(void)
{
    if (read32(IOMMU) != 0x10) {
        put("iommu: none here\n");
        return;
    }
    put("iommu: version 1.0\n");
    on_trap(FAULT_VECTOR, on_fault_event);
    on_trap(DMA_VECTOR, on_dma_event);
    start_edu();
    build_tables();
    gcmd(30); /* SRTP */
    invalidate_context();
    invalidate_iotlb(0, 0, false);
    write32(IOMMU + 0x40, 0xFEE00000);
    write32(IOMMU + 0x3C, FAULT_VECTOR);
    write32(IOMMU + 0x38, 0);
    gcmd(31); /* TE */

    for (unsigned i = 0; i < 256; i++)
        buffer[i] = (uint8_t)(i * 7);
    edu_dma(IOVA, 0x40000, 256, false);
    edu_dma(0x40000, IOVA + 1024, 256, true);
    check("iommu: a DMA through it and back", memcmp(buffer, buffer + 1024, 256) == 0);
    check("iommu: no fault so far", fault_events == 0 && (read32(IOMMU + 0x34) & 2) == 0);

    edu_dma(0x40000, IOVA + 0x1000, 64, true);
    check("iommu: a DMA outside the mapping is blocked, reason 5, event taken",
          fault_is(5, IOVA + 0x1000, false) && fault_events == 1);

    *ss_leaf = 0;
    invalidate_iotlb(IOVA, 7, true);
    buffer[1024] = 0xA5;
    edu_dma(0x40000, IOVA + 1024, 64, true);
    check("iommu: after unmap and invalidation the same DMA faults, memory is untouched",
          fault_is(5, IOVA, false) && fault_events == 2 && buffer[1024] == 0xA5);
}

int main(void)
{
    put("ringwalk demo: long mode\n");
    traps();
    demand_paging();
    protections();
    ring3();
    timer();
    privileged();
    iommu();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
