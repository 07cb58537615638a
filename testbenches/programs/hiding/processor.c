// SPDX-License-Identifier: Apache-2.0
// The guest tries to reach the hidden range by the processor: by addresses, by its page tables, by
// CR3, by a translation that the TLB still has, by the monitor's services, by privileged state.
#include "hiding.h"

struct attempt {
    const char *what;
    uint64_t (*run)(uint64_t);
    uint64_t arg; /* of `run`; 0: the order */
    struct guest_order order;
    enum stop stop;     /* NOTHING: it may */
    uint64_t error, va; /* of a PAGE_FAULT */
    void (*prepare)(void);
};

static const char *const stop_names[] = {
    [NOTHING] = "",
    [PAGE_FAULT] = "#PF",
    [FRAME_HIDDEN] = "refused, the frame is hidden",
    [FRAME_OUTSIDE] = "refused, the frame is not the guest's",
    [TABLE_WRITABLE] = "refused, a page table would be writable",
    [NOT_A_TABLE] = "refused, it is no table of that level",
    [MONITORS_ENTRY] = "refused, the entry is the monitor's",
    [NOT_UNDERSTOOD] = "refused, not a plain store of an entry",
    [PRIVILEGED] = "#GP, not the guest's",
    [BAD_POINTER] = "refused, the address is not the guest's",
};

#define RWU       (PTE_P | PTE_W | PTE_U)
#define RU        (PTE_P | PTE_U)
#define PTE_AT(i) (VA(PT) + (i)*8)
#define HOLE      VA(HIDDEN) /* where a linear map of all the memory would have it */
#define FREE_PAGE VA(GUEST_TABLES + NO_PAGE * 4096)

#define MAP(entry, to)                 .run = guest_map, .order = {entry, to, FREE_PAGE}
#define SECOND_WITH(index, to, rights) .run = guest_second, .order = {index, to, rights}
#define FAULTS(code, at)               .stop = PAGE_FAULT, .error = (code), .va = (at)

/* Privileged instructions. */
#define PROBE(name, text)                                                                          \
    __asm__(".section .user.text, \"ax\"\n"                                                        \
            "guest_" #name ": " text "\n"                                                          \
            "ret\n"                                                                                \
            ".previous");                                                                          \
    uint64_t guest_##name(uint64_t)

PROBE(paging_off, "movl $0x11, %eax; movq %rax, %cr0");
PROBE(cr4, "movq %rdi, %cr4");
PROBE(read_cr3, "movq %cr3, %rax");
PROBE(wrmsr, "movl $0xC0000080, %ecx; wrmsr");
PROBE(lidt, "lidt (%rsp)");
PROBE(out, "movl $0xCF8, %edx; outl %eax, %dx");
PROBE(hlt, "hlt");

/* The guest has the page in the TLB; the monitor takes it back. */
static void take_back(void)
{
    uint64_t *pte = (uint64_t *)(PT + (BALLOON - GUEST_TABLES) / 4096 * 8);

    *pte = BALLOON | RWU;
    guest_run(guest_load, VA(BALLOON));
    *pte = 0;
}

static void take_back_and_flush(void)
{
    take_back();
    frame_take(BALLOON);
    device_rights(BALLOON, DEVICE_NONE);
    invlpg(VA(BALLOON));
}

static const struct attempt attempts[] = {
    {"its own memory, a load", .run = guest_load, .arg = VA(GUEST_LOW)},
    {"its own memory, a store", .run = guest_store, .arg = VA(GUEST_LOW)},
    {"a page table of its own, a load", .run = guest_load, .arg = VA(PT)},

    {"a load at its address", .run = guest_load, .arg = HIDDEN, FAULTS(0x4, HIDDEN)},
    {"a store at its address", .run = guest_store, .arg = HIDDEN, FAULTS(0x6, HIDDEN)},
    {"a fetch at its address", .run = guest_call, .arg = HIDDEN, FAULTS(0x14, HIDDEN)},
    {"a load of its last bytes", .run = guest_load, .arg = HIDDEN_END - 8,
     FAULTS(0x4, HIDDEN_END - 8)},
    {"a load in the hole of its linear map", .run = guest_load, .arg = HOLE, FAULTS(0x4, HOLE)},
    {"a load that runs into the hole", .run = guest_load, .arg = HOLE - 4, FAULTS(0x4, HOLE)},
    {"a store that runs into the hole", .run = guest_store, .arg = HOLE - 1, FAULTS(0x6, HOLE)},
    {"a load of the monitor's memory", .run = guest_load, .arg = UINT64_C(0x200000),
     FAULTS(0x5, UINT64_C(0x200000))},
    {"a store to its own memory by the monitor's map", .run = guest_store, .arg = GUEST_LOW,
     FAULTS(0x7, GUEST_LOW)},

    {"a PTE of a page of its own", MAP(PTE_AT(NO_PAGE), PLAIN | RWU)},
    {"a PTE of a page table of its own, read-only", MAP(PTE_AT(NO_PAGE), PT | RU)},
    {"a PTE that is not present", MAP(PTE_AT(NO_PAGE), HIDDEN), FAULTS(0x4, FREE_PAGE)},
    {"a PTE of the hidden range", MAP(PTE_AT(NO_PAGE), HIDDEN | RWU), .stop = FRAME_HIDDEN},
    {"a PTE of its last page, read-only", MAP(PTE_AT(NO_PAGE), (HIDDEN_END - 4096) | RU),
     .stop = FRAME_HIDDEN},
    {"a PDE of all of it", MAP(VA(PD) + 8, HIDDEN | RWU | PTE_PS), .stop = FRAME_HIDDEN},
    {"a PDPTE of the GByte around it", MAP(VA(PDPT) + 8, RWU | PTE_PS), .stop = FRAME_OUTSIDE},
    {"a PTE of the monitor's memory", MAP(PTE_AT(NO_PAGE), UINT64_C(0x200000) | RU),
     .stop = FRAME_OUTSIDE},
    {"a PTE of the IOMMU's registers", MAP(PTE_AT(NO_PAGE), UINT64_C(0xFED90000) | RWU),
     .stop = FRAME_OUTSIDE},
    {"a PTE of a page table, writable", MAP(PTE_AT(NO_PAGE), PT | RWU), .stop = TABLE_WRITABLE},
    {"a PDE of its page tables' area, writable", MAP(VA(PD) + 8, GUEST_TABLES | RWU | PTE_PS),
     .stop = TABLE_WRITABLE},
    {"a PDE of a table that nobody has looked at", MAP(VA(PD) + 8, PLAIN | RWU),
     .stop = NOT_A_TABLE},
    {"a PML4E of the PML4 itself", MAP(VA(PML4) + 16, PML4 | RWU), .stop = NOT_A_TABLE},
    {"the monitor's PML4E", MAP(VA(PML4), PDPT | RWU), .stop = MONITORS_ENTRY},
    {"a PTE by LOCK OR", .run = guest_map_or, .order = {PTE_AT(NO_PAGE), HIDDEN | RWU, FREE_PAGE},
     .stop = NOT_UNDERSTOOD},
    {"a PTE by REP STOS", .run = guest_map_string,
     .order = {PTE_AT(NO_PAGE), HIDDEN | RWU, FREE_PAGE}, .stop = NOT_UNDERSTOOD},
    {"two halves of two PTEs", MAP(PTE_AT(NO_PAGE) + 4, HIDDEN | RWU), .stop = NOT_UNDERSTOOD},

    {"CR3: second tables with a PTE of the hidden range", SECOND_WITH(NO_PAGE, HIDDEN | RWU, RU),
     .stop = FRAME_HIDDEN},
    {"CR3: second tables that map one of themselves writable",
     SECOND_WITH(NO_PAGE, (SECOND + 0x3000) | RWU, RU), .stop = TABLE_WRITABLE},
    {"CR3: second tables that the first map writable", SECOND_WITH(NO_PAGE, 0, RWU),
     .stop = TABLE_WRITABLE},
    {"CR3: the hidden range", .run = guest_cr3, .arg = HIDDEN, .stop = FRAME_HIDDEN},
    {"CR3: the monitor's memory", .run = guest_cr3, .arg = UINT64_C(0x200000),
     .stop = FRAME_OUTSIDE},
    {"CR3: a table of level 1", .run = guest_cr3, .arg = PT, .stop = NOT_A_TABLE},
    {"CR3: second tables of its own pages", SECOND_WITH(NO_PAGE, 0, RU)},
    {"on these, a load in the hole", .run = guest_load, .arg = HOLE, FAULTS(0x4, HOLE)},
    {"on these, a PTE of the hidden range", MAP(VA(SECOND + 0x3000) + NO_PAGE * 8, HIDDEN | RWU),
     .stop = FRAME_HIDDEN},
    {"CR3: the first tables again", .run = guest_cr3, .arg = PML4},
    {"the second tables, now writable by the first", MAP(PTE_AT(8), SECOND | RWU),
     .stop = TABLE_WRITABLE},

    {"a page just taken back, by the TLB: this is why the monitor flushes", .run = guest_load,
     .arg = VA(BALLOON), .prepare = take_back},
    {"the same, flushed", .run = guest_load, .arg = VA(BALLOON), FAULTS(0x4, VA(BALLOON)),
     .prepare = take_back_and_flush},
    {"a PTE of the page taken back", MAP(PTE_AT(NO_PAGE), BALLOON | RU), .stop = FRAME_HIDDEN},

    {"a service of the monitor on its own memory", .run = guest_service, .arg = VA(GUEST_LOW)},
    {"a service of the monitor on the hidden range", .run = guest_service, .arg = HIDDEN,
     .stop = BAD_POINTER},
    {"a service that runs into the hole", .run = guest_service, .arg = HOLE - 8,
     .stop = BAD_POINTER},
    {"a service on the monitor's memory", .run = guest_service, .arg = UINT64_C(0x200000),
     .stop = BAD_POINTER},

    {"MOV to CR0: paging off", .run = guest_paging_off, .stop = PRIVILEGED},
    {"MOV to CR4", .run = guest_cr4, .stop = PRIVILEGED},
    {"MOV from CR3", .run = guest_read_cr3, .stop = PRIVILEGED},
    {"WRMSR of EFER", .run = guest_wrmsr, .stop = PRIVILEGED},
    {"LIDT", .run = guest_lidt, .stop = PRIVILEGED},
    {"OUT to the configuration port", .run = guest_out, .stop = PRIVILEGED},
    {"HLT", .run = guest_hlt, .stop = PRIVILEGED},
};

static void report(const struct attempt *a, bool ok)
{
    say(ok, a->stop == NOTHING ? "allowed " : "stopped ", a->what);
    if (last.stop != NOTHING) {
        put(": ");
        put(stop_names[last.stop]);
    }
    if (last.stop == PAGE_FAULT) {
        put(", error ");
        put_hex(last.error);
        put(", address ");
        put_hex(last.va);
    }
    if (last.emulated != 0) {
        put("; carried out for it: ");
        put_dec(last.emulated);
    }
    put("\n");
}

static void attempt(const struct attempt *a)
{
    uint64_t value;
    bool ok;

    if (a->prepare != NULL)
        a->prepare();
    guest_order = a->order;
    value = guest_run(a->run, a->arg != 0 ? a->arg : (uint64_t)&guest_order);
    ok = last.stop == a->stop && value >> 32 != SECRET_MARK;
    if (a->stop == PAGE_FAULT)
        ok &= last.error == a->error && last.va == a->va;
    ok &= secret_intact();
    report(a, ok);
}

void by_the_processor(void)
{
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        attempt(&attempts[i]);
}
