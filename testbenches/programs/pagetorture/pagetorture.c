// SPDX-License-Identifier: Apache-2.0
// Page tables under stress: remaps with INVLPG, rights lowered and raised, aliases, global pages,
// PCIDs, INVPCID, large pages split and joined, SMEP, SMAP, CR0.WP, accesses that cross pages.
// Every access is checked against a table of what each page must hold.
#include "../lib/rt.h"

#define BASE  UINT64_C(0x4000000000) /* PML4[0], PDPT[256] */
#define PAGES 64
#define TURNS 1500

static uint8_t *frames[PAGES];
static unsigned frame_of[PAGES];
static bool writable[PAGES], present[PAGES];
static volatile uint64_t faults, fault_va, fault_error;
static unsigned failures;

static void fail(const char *what, uint64_t v)
{
    put("FAIL ");
    put(what);
    put(" ");
    put_hex(v);
    put("\n");
    failures++;
}

/* Skips the two-byte access instruction that faulted (movb (%rcx),%al and movb %al,(%rcx)). */
static void on_page_fault(struct frame *f)
{
    faults++;
    fault_va = read_cr2();
    fault_error = f->error;
    f->rip += 2;
}

static uint8_t load(uint64_t va)
{
    uint8_t v = 0;

    __asm__ volatile("movb (%%rcx), %%al" : "+a"(v) : "c"(va) : "memory");
    return v;
}

static void store(uint64_t va, uint8_t v)
{
    __asm__ volatile("movb %%al, (%%rcx)" : : "a"(v), "c"(va) : "memory");
}

static uint64_t page_va(unsigned page)
{
    return BASE + page * UINT64_C(4096);
}

static void put_page(unsigned page)
{
    uint64_t flags = (present[page] ? PTE_P : 0) | (writable[page] ? PTE_W : 0);

    map_page(page_va(page), (uint64_t)frames[frame_of[page]], flags);
}

static uint32_t random_state = 2463534242u;

static uint32_t random32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static void check_access(unsigned page)
{
    uint64_t before = faults, va = page_va(page) + random32() % 4096;
    uint8_t *home = &frames[frame_of[page]][va & 4095];
    bool write = random32() & 1, allowed = present[page] && (!write || writable[page]);
    uint8_t v = (uint8_t)random32();

    if (write)
        store(va, v);
    else
        v = load(va);
    if (allowed && (faults != before || *home != v))
        fail("access", va);
    if (!allowed && (faults != before + 1 || fault_va != va ||
                     fault_error != ((write ? 2u : 0u) | (present[page] ? 1u : 0u))))
        fail("fault", va);
}

static void torture(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        frames[i] = page_alloc();
        frame_of[i] = i;
        present[i] = writable[i] = true;
        put_page(i);
    }
    for (unsigned turn = 0; turn < TURNS; turn++) {
        unsigned page = random32() % PAGES;

        switch (random32() % 8) {
        case 0:
            frame_of[page] = random32() % PAGES; /* aliases arise by themselves */
            put_page(page);
            break;
        case 1:
            writable[page] = !writable[page];
            put_page(page);
            break;
        case 2:
            present[page] = !present[page];
            put_page(page);
            break;
        default:
            check_access(page);
            break;
        }
    }
}

static void crossing(void)
{
    uint64_t va = page_va(1) - 4;
    uint64_t before = faults;

    for (unsigned i = 0; i < 2; i++) {
        present[i] = writable[i] = true;
        frame_of[i] = 5 + i;
        put_page(i);
    }
    *(volatile uint64_t *)va = 0x0123456789ABCDEF;
    if (*(volatile uint32_t *)(frames[5] + 4092) != 0x89ABCDEF ||
        *(volatile uint32_t *)frames[6] != 0x01234567)
        fail("crossing", va);
    present[1] = false;
    put_page(1);
    __asm__ volatile("movb (%%rcx), %%al" : : "c"(va) : "rax", "memory");
    if (faults != before)
        fail("first page", va);
    __asm__ volatile("movl (%%rcx), %%eax" : : "c"(va + 2) : "rax", "memory");
    if (faults != before + 1 || fault_va != page_va(1))
        fail("crossing fault", fault_va);
    present[1] = true;
    put_page(1);
}

static void large_pages(void)
{
    uint64_t va = BASE + UINT64_C(0x40000000), pa = 0x800000;

    map_large(va, pa, PTE_P | PTE_W);
    store(va + 0x1FF000, 0x5A);
    if (load(pa + 0x1FF000) != 0x5A)
        fail("2M page", va);
    map_page(va + 0x1000, (uint64_t)frames[3], PTE_P | PTE_W); /* splits it */
    invlpg(va);
    frames[3][7] = 0x77;
    if (load(va + 0x1007) != 0x77 || load(va + 0x1FF000) != 0x5A)
        fail("split", va);
}

/* INVLPG's address has the base of FS or GS; a DS override changes nothing (SDM Vol. 1
 * "Segmentation in 64-Bit Mode"). Each time the entry is changed behind the TLB's back. */
static void invlpg_of_a_segment(void)
{
    uint64_t va = page_va(2), base = 0x12345000, flags = PTE_P | PTE_W;
    uint8_t *old = frames[frame_of[2]], *other = frames[frame_of[2] == 0];

    present[2] = writable[2] = true;
    put_page(2);
    wrmsr(0xC0000100, base);
    wrmsr(0xC0000101, base + 0x1000);
    old[9] = 0x11;
    other[9] = 0x22;
    for (unsigned way = 0; way < 3; way++) {
        if (load(va + 9) != 0x11)
            fail("before INVLPG", way);
        *entry_of(va) = (uint64_t)other | flags;
        if (way == 0)
            __asm__ volatile("invlpg %%fs:(%0)" : : "r"(va - base) : "memory");
        else if (way == 1)
            __asm__ volatile("invlpg %%gs:(%0)" : : "r"(va - base - 0x1000) : "memory");
        else
            __asm__ volatile(".byte 0x3e\n\tinvlpg (%0)" : : "r"(va) : "memory");
        if (load(va + 9) != 0x22)
            fail("behind INVLPG", way);
        put_page(2);
    }
    wrmsr(0xC0000100, 0);
    wrmsr(0xC0000101, 0);
}

static void global_and_pcid(void)
{
    uint64_t global = BASE + UINT64_C(0x80000000), local = global + 4096, cr3 = read_cr3();
    uint32_t r[4];

    cpuid(1, 0, r);
    write_cr4(read_cr4() | 0x80); /* PGE */
    map_page(global, (uint64_t)frames[1], PTE_P | PTE_W | PTE_G);
    map_page(local, (uint64_t)frames[2], PTE_P | PTE_W);
    frames[1][0] = 1;
    frames[2][0] = 2;
    if (load(global) != 1 || load(local) != 2)
        fail("global", global);
    write_cr3(cr3);
    if (load(global) != 1 || load(local) != 2)
        fail("after CR3", global);
    if (r[2] & 1u << 17) {
        write_cr4(read_cr4() | 0x20000); /* PCIDE */
        for (unsigned pcid = 0; pcid < 4; pcid++) {
            write_cr3(cr3 | pcid);
            if (load(local) != 2)
                fail("pcid", pcid);
        }
        write_cr3(cr3 | 1 | UINT64_C(1) << 63);
        if (load(local) != 2 || load(global) != 1)
            fail("no-flush", local);
        cpuid(7, 0, r);
        if (r[1] & 1u << 10) {
            for (uint64_t kind = 0; kind < 4; kind++) {
                struct {
                    uint64_t pcid, va;
                } d = {kind < 2 ? 1 : 0, kind == 0 ? local : 0};

                __asm__ volatile("invpcid %0, %1" : : "m"(d), "r"(kind) : "memory");
                if (load(local) != 2 || load(global) != 1)
                    fail("invpcid", kind);
            }
        }
        write_cr3(cr3);
        write_cr4(read_cr4() & ~UINT64_C(0x20000));
    }
    *entry_of(global) = 0;
    write_cr4(read_cr4() & ~UINT64_C(0x80)); /* global entries go too */
    faults = 0;
    load(global);
    if (faults != 1)
        fail("global flushed", faults);
}

static void supervisor_rules(void)
{
    uint64_t va = BASE + UINT64_C(0xC0000000), cr0;
    uint32_t r[4];

    map_page(va, (uint64_t)frames[4], PTE_P | PTE_U);
    faults = 0;
    store(va, 1);
    if (faults != 1 || fault_error != 3)
        fail("WP", fault_error);
    __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movq %0, %%cr0" : : "r"(cr0 & ~UINT64_C(0x10000)));
    store(va, 9);
    __asm__ volatile("movq %0, %%cr0" : : "r"(cr0));
    if (faults != 1 || frames[4][0] != 9)
        fail("WP clear", faults);
    cpuid(7, 0, r);
    if (r[1] & 1u << 20) {
        write_cr4(read_cr4() | 0x200000); /* SMAP */
        faults = 0;
        load(va);
        if (faults != 1 || fault_error != 1)
            fail("SMAP", fault_error);
        __asm__ volatile("stac");
        if (load(va) != 9 || faults != 1)
            fail("SMAP with AC", faults);
        __asm__ volatile("clac");
        write_cr4(read_cr4() & ~UINT64_C(0x200000));
    }
}

int main(void)
{
    on_trap(14, on_page_fault);
    torture();
    line("faults", faults);
    crossing();
    large_pages();
    invlpg_of_a_segment();
    global_and_pcid();
    supervisor_rules();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
