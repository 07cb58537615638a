// SPDX-License-Identifier: Apache-2.0
// The golden model's two ways side by side: lockstep proves the recorded one, runs of the model
// alone take the fast one (quick pages, no records). paths PROGRAM... runs each program on two
// machines that differ in nothing but machine_config.record, and compares state, TLBs,
// paging-structure caches and page walks every few thousand retirements, RAM, console and end
// behind the last.
// Exit status: 0 the same, 1 different, 2 usage or bad image.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "image.h"
#include "machine.h"
#include "mmu/mmu.h"

#define RAM_BYTES       (UINT64_C(256) << 20)
#define CHUNK           4096 /* retirements between two comparisons of the state */
#define MAX_RETIREMENTS UINT64_C(20000000)
#define CONSOLE_BYTES   (1u << 20)

enum { SAME, DIFFERENT, BAD_USE };

/* One of the two machines. */
struct side {
    struct rw_mem mem;
    struct machine *machine;
    enum machine_end end;
    char *console;
    size_t written;
    uint64_t walks, walk_hash; /* of every paging-structure access, in order */
};

static void on_console(void *ctx, uint8_t byte)
{
    struct side *s = ctx;

    if (s->written < CONSOLE_BYTES)
        s->console[s->written++] = (char)byte;
}

/* FNV-1a over address, value and kind. */
static void on_walk(void *ctx, const struct rec_walk *w)
{
    struct side *s = ctx;
    const uint64_t words[] = {w->addr, w->value, w->kind};

    s->walks++;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        s->walk_hash = (s->walk_hash ^ words[i]) * UINT64_C(0x100000001B3);
}

static bool side_open(struct side *s, const char *path, bool record)
{
    struct image_options image = {.path = path};
    struct machine_config config = {
        .ops = rw_golden(), .ctx = s, .console = on_console, .walk = on_walk, .record = record};
    char error[256] = "out of memory";

    memset(s, 0, sizeof(*s));
    s->mem.bytes = RAM_BYTES;
    s->mem.ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->mem.ram != MAP_FAILED)
        madvise(s->mem.ram, RAM_BYTES, MADV_HUGEPAGE); /* the comparison touches all of it */
    s->console = malloc(CONSOLE_BYTES);
    if (s->mem.ram != MAP_FAILED && s->console != NULL &&
        image_load(&image, &s->mem, &config.boot, error, sizeof(error))) {
        config.mem = s->mem;
        s->machine = machine_create(&config);
    }
    if (s->machine == NULL)
        fprintf(stderr, "paths: %s: %s\n", path, error);
    return s->machine != NULL;
}

static void side_close(struct side *s)
{
    if (s->machine != NULL)
        machine_destroy(s->machine);
    if (s->mem.ram != NULL && s->mem.ram != MAP_FAILED)
        munmap(s->mem.ram, s->mem.bytes);
    free(s->console);
}

/* --- comparison; the fast side is named first --- */

static bool differ(const char *what, unsigned n, uint64_t fast, uint64_t recorded)
{
    if (fast == recorded)
        return false;
    printf("  %s[%u]: fast %" PRIx64 ", recorded %" PRIx64 "\n", what, n, fast, recorded);
    return true;
}

static bool sys_differs(const struct rec_sys *a, const struct rec_sys *b)
{
    const uint64_t *x = (const uint64_t *)(const void *)a, *y = (const uint64_t *)(const void *)b;

    for (unsigned i = 0; i < sizeof(*a) / sizeof(*x); i++)
        if (differ("system state, byte / 8 (docs/record.md)", i, x[i], y[i]))
            return true;
    return false;
}

static bool boundary_differs(const struct rw_state *a, const struct rw_state *b)
{
    return differ("nmi_blocked", 0, a->nmi_blocked, b->nmi_blocked) ||
           differ("sti_shadow", 0, a->sti_shadow, b->sti_shadow) ||
           differ("mov_ss_shadow", 0, a->mov_ss_shadow, b->mov_ss_shadow) ||
           differ("step_pending", 0, a->step_pending, b->step_pending) ||
           differ("breakpoints_pending", 0, a->breakpoints_pending, b->breakpoints_pending) ||
           differ("halted", 0, a->halted, b->halted) ||
           differ("shutdown", 0, a->shutdown, b->shutdown);
}

static bool state_differs(const struct side *fast, const struct side *recorded)
{
    struct rw_state a, b;

    machine_state(fast->machine, &a);
    machine_state(recorded->machine, &b);
    if (differ("rip", 0, a.regs.rip, b.regs.rip) ||
        differ("rflags", 0, a.regs.rflags, b.regs.rflags) ||
        differ("cpl", 0, a.regs.cpl, b.regs.cpl) || differ("mode", 0, a.regs.mode, b.regs.mode) ||
        differ("cr2", 0, a.regs.cr2, b.regs.cr2))
        return true;
    for (unsigned i = 0; i < 16; i++)
        if (differ("gpr", i, a.regs.gpr[i], b.regs.gpr[i]))
            return true;
    return boundary_differs(&a, &b) || sys_differs(&a.sys, &b.sys);
}

static bool rights_differ(const char *name, unsigned i, struct mmu_rights a, struct mmu_rights b)
{
    return differ(name, i, a.rw, b.rw) || differ(name, i, a.us, b.us) ||
           differ(name, i, a.xd, b.xd) || differ(name, i, a.key, b.key);
}

static bool tlb_differs(const char *name, const struct tlb *a, const struct tlb *b)
{
    if (differ(name, 0, a->next, b->next))
        return true;
    for (unsigned i = 0; i < a->size; i++) {
        const struct tlb_entry *x = &a->entry[i], *y = &b->entry[i];

        if (differ(name, i, x->valid, y->valid) || differ(name, i, x->global, y->global) ||
            differ(name, i, x->dirty, y->dirty) || differ(name, i, x->page_log2, y->page_log2) ||
            differ(name, i, x->pat_index, y->pat_index) || differ(name, i, x->pcid, y->pcid) ||
            rights_differ(name, i, x->rights, y->rights) || differ(name, i, x->page, y->page) ||
            differ(name, i, x->frame, y->frame))
            return true;
    }
    return false;
}

static bool psc_differs(const char *name, const struct psc *a, const struct psc *b)
{
    if (differ(name, 0, a->next, b->next))
        return true;
    for (unsigned i = 0; i < a->size; i++) {
        const struct psc_entry *x = &a->entry[i], *y = &b->entry[i];

        if (differ(name, i, x->valid, y->valid) || differ(name, i, x->pcid, y->pcid) ||
            rights_differ(name, i, x->rights, y->rights) || differ(name, i, x->va, y->va) ||
            differ(name, i, x->table, y->table))
            return true;
    }
    return false;
}

/* Entries that are not valid, too: both sides were filled and emptied alike. */
static bool caches_differ(const struct side *fast, const struct side *recorded)
{
    const struct mmu *a = machine_mmu(fast->machine), *b = machine_mmu(recorded->machine);
    static const char *const psc[] = {"PDE cache", "PDPTE cache", "PML4E cache", "PML5E cache"};

    for (unsigned i = 0; i < sizeof(psc) / sizeof(psc[0]); i++)
        if (psc_differs(psc[i], &a->psc[i], &b->psc[i]))
            return true;
    return tlb_differs("code TLB", &a->code, &b->code) ||
           tlb_differs("data TLB", &a->data, &b->data);
}

static bool progress_differs(const struct side *fast, const struct side *recorded)
{
    struct machine_counts a = machine_counts(fast->machine);
    struct machine_counts b = machine_counts(recorded->machine);

    return differ("retirements", 0, a.retirements, b.retirements) ||
           differ("dma", 0, a.dma, b.dma) || differ("end", 0, fast->end, recorded->end) ||
           differ("page-walk accesses", 0, fast->walks, recorded->walks) ||
           differ("page-walk accesses, hash", 0, fast->walk_hash, recorded->walk_hash);
}

static bool memory_differs(const struct side *fast, const struct side *recorded)
{
    const uint8_t *a = fast->mem.ram, *b = recorded->mem.ram;
    uint64_t at = 0;

    if (memcmp(a, b, RAM_BYTES) == 0)
        return false;
    while (a[at] == b[at])
        at++;
    printf("  RAM at %" PRIx64 ": fast %02x, recorded %02x\n", at, a[at], b[at]);
    return true;
}

static bool output_differs(const struct side *fast, const struct side *recorded)
{
    uint32_t a = 0, b = 0;
    bool exited = machine_exit_status(fast->machine, &a);

    if (differ("exited", 0, exited, machine_exit_status(recorded->machine, &b)) ||
        differ("exit status", 0, a, b) ||
        differ("console bytes", 0, fast->written, recorded->written))
        return true;
    for (unsigned i = 0; i < fast->written; i++)
        if (differ("console", i, (uint8_t)fast->console[i], (uint8_t)recorded->console[i]))
            return true;
    return false;
}

/* True: they agree to the end. */
static bool run_both(struct side *fast, struct side *recorded)
{
    uint64_t done = 0;

    while (fast->end == MACHINE_LIMIT && done < MAX_RETIREMENTS) {
        fast->end = machine_run(fast->machine, CHUNK);
        recorded->end = machine_run(recorded->machine, CHUNK);
        if (progress_differs(fast, recorded) || state_differs(fast, recorded) ||
            caches_differ(fast, recorded)) {
            printf("  between retirement %" PRIu64 " and %" PRIu64 "\n", done,
                   machine_counts(fast->machine).retirements);
            return false;
        }
        if (fast->end == MACHINE_LIMIT && machine_counts(fast->machine).retirements == done)
            break; /* HLT only lets time pass */
        done = machine_counts(fast->machine).retirements;
    }
    return !output_differs(fast, recorded) && !memory_differs(fast, recorded);
}

static int run_program(const char *path)
{
    struct side fast, recorded;
    bool opened = side_open(&fast, path, false);
    int status = BAD_USE;

    opened &= side_open(&recorded, path, true);
    if (opened) {
        status = run_both(&fast, &recorded) ? SAME : DIFFERENT;
        printf("%s: %s, %" PRIu64 " retirements\n", path, status == SAME ? "same" : "different",
               machine_counts(fast.machine).retirements);
    }
    side_close(&fast);
    side_close(&recorded);
    return status;
}

int main(int argc, char **argv)
{
    int status = SAME;

    if (argc < 2) {
        fprintf(stderr, "usage: paths PROGRAM...\n");
        return BAD_USE;
    }
    for (int i = 1; i < argc; i++) {
        int s = run_program(argv[i]);

        status = s > status ? s : status;
    }
    return status;
}
