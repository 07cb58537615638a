// SPDX-License-Identifier: Apache-2.0
// See the header. Only pages that a walk has read are told of: no cache can hold an entry of
// another.
#include "stale.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explain_state.h"

#define PAGE       UINT64_C(4096)
#define A_AND_D    UINT64_C(0x60)
#define PAGE_FAULT 14

struct stale {
    struct rw_mem mem;
    struct rw_cpuid cpuid;
    struct legality *oracle;
    struct legality_registers registers;
    uint8_t *walked;  /* a bit a page of RAM: a walk has read it */
    bool began;       /* the translation that is being made */
    bool moved, keep; /* MOV CR3, and bit 63; what it gave the registers is still to come */
    bool ac;          /* RFLAGS.AC behind the last retirement */
    struct stale_use use[STALE_USES];
    size_t listed;
    uint64_t uses;
};

static uint64_t oracle_read(void *ctx, uint64_t addr, unsigned bytes)
{
    return explain_read(&((struct stale *)ctx)->mem, addr, bytes);
}

struct stale *stale_create(const struct rw_mem *mem, const struct rw_cpuid *cpuid)
{
    struct stale *s = calloc(1, sizeof(*s));
    struct legality_env env = {s, oracle_read, NULL};

    if (s == NULL)
        return NULL;
    s->mem = *mem;
    s->cpuid = *cpuid;
    s->walked = calloc(1, (size_t)(mem->bytes / PAGE / 8 + 1));
    s->oracle = legality_create(&env, LEGALITY_VALUES);
    if (s->walked != NULL && s->oracle != NULL)
        return s;
    stale_destroy(s);
    return NULL;
}

void stale_destroy(struct stale *s)
{
    if (s == NULL)
        return;
    if (s->oracle != NULL)
        legality_destroy(s->oracle);
    free(s->walked);
    free(s);
}

static uint16_t pcid_of(const struct legality_registers *r)
{
    return r->cr4 >> 17 & 1 ? r->cr3 & 0xFFF : 0;
}

static bool is_walked(const struct stale *s, uint64_t pa)
{
    return s->walked[pa / PAGE / 8] >> (pa / PAGE % 8) & 1;
}

static void commit(struct stale *s, uint64_t pa, const void *data, unsigned bytes,
                   struct legality_writer by)
{
    struct legality_store store = {pa, bytes, s->mem.ram + pa, data, by};

    if (rw_mem_is_ram(&s->mem, pa, bytes) && rw_mem_keeps(pa) && is_walked(s, pa))
        legality_commit(s->oracle, &store);
}

/* MOV CR3 to what it held already makes no record of the registers. */
static void settle(struct stale *s)
{
    if (s->moved)
        legality_move(s->oracle, &s->registers, true, s->keep);
    s->moved = false;
}

void stale_beat(struct stale *s, const struct rw_access *a, const struct stale_place *at)
{
    bool walk = a->src == BUS_WALK;

    settle(s);
    if ((a->flags & BUS_IO) || !rw_mem_is_ram(&s->mem, a->pa, a->bytes))
        return;
    if (walk && !s->began) {
        legality_begin(s->oracle);
        s->began = true;
    }
    if (walk)
        s->walked[a->pa / PAGE / 8] |= (uint8_t)(1u << (a->pa / PAGE % 8));
    if (a->flags & BUS_WRITE)
        commit(s, a->pa, a->data, a->bytes,
               (struct legality_writer){walk ? AUTHOR_WALKER : AUTHOR_INSTRUCTION, at->rip,
                                        at->cycle});
}

void stale_store(struct stale *s, uint64_t pa, const void *data, unsigned bytes,
                 struct legality_writer by)
{
    settle(s);
    commit(s, pa, data, bytes, by);
}

/* --- a translation --- */

static bool same_place(const struct stale_use *u, const struct stale_use *v)
{
    return u->rip == v->rip && u->kind == v->kind && u->va / PAGE == v->va / PAGE &&
           u->verdict.entry == v->verdict.entry && u->verdict.by.id == v->verdict.by.id &&
           u->fault == v->fault;
}

/* That A or D was cleared and the cache has it still is how it is meant to be. */
static bool matters(const struct legality_verdict *v)
{
    return !v->replaced || ((v->used ^ v->now) & ~A_AND_D) != 0;
}

static void list(struct stale *s, const struct stale_use *u)
{
    s->uses++;
    for (size_t i = 0; i < s->listed; i++)
        if (same_place(&s->use[i], u)) {
            s->use[i].count++;
            return;
        }
    if (s->listed < STALE_USES)
        s->use[s->listed++] = *u;
}

bool stale_translation(struct stale *s, const struct rec_xlate *x, const struct stale_place *at,
                       struct legality_verdict *v)
{
    static const enum legality_kind kinds[] = {LEGALITY_FETCH, LEGALITY_READ, LEGALITY_WRITE};
    struct legality_access access = {.va = x->va,
                                     .kind = kinds[x->access % 3],
                                     .user = x->user,
                                     .implicit = x->implicit,
                                     .ac = s->ac};
    struct legality_answer answer = {
        .fault = x->fault, .error_code = x->error_code, .pa = x->pa, .memtype = x->memtype};

    settle(s);
    if (!s->began)
        legality_begin(s->oracle);
    s->began = false;
    *v = legality_judge(s->oracle, &access, &answer);
    if (v->word == LEGALITY_STALE && matters(v))
        list(s, &(struct stale_use){.va = x->va,
                                    .rip = at->rip,
                                    .cycle = at->cycle,
                                    .kind = access.kind,
                                    .user = x->user,
                                    .fault = x->fault,
                                    .verdict = *v,
                                    .count = 1});
    if (x->fault)
        legality_invalidate(s->oracle, EVENT_FAULT_ANSWERED, x->va, pcid_of(&s->registers));
    return v->word != LEGALITY_ILLEGAL;
}

/* --- what the processor does --- */

void stale_retired(struct stale *s, const struct rec_retire *r)
{
    settle(s);
    s->ac = r->rflags >> 18 & 1;
    if (r->kind == RETIRE_EXCEPTION && r->vector == PAGE_FAULT)
        legality_invalidate(s->oracle, EVENT_PAGE_FAULT, r->cr2, pcid_of(&s->registers));
}

void stale_system(struct stale *s, const struct rec_sys *sys)
{
    struct rw_state state = {.sys = *sys};
    struct legality_registers now = explain_registers(&state, &s->cpuid);

    legality_move(s->oracle, &now, s->moved, s->keep);
    s->registers = now;
    s->moved = s->began =
        false; /* what a load of the PDPTE registers has read was no translation */
}

void stale_invalidated(struct stale *s, const struct rw_invalidate *i)
{
    static const enum legality_event events[] = {[RW_INVLPG] = EVENT_INVLPG,
                                                 [RW_INVPCID_0] = EVENT_INVPCID_0,
                                                 [RW_INVPCID_1] = EVENT_INVPCID_1,
                                                 [RW_INVPCID_2] = EVENT_INVPCID_2,
                                                 [RW_INVPCID_3] = EVENT_INVPCID_3};

    settle(s);
    s->moved = i->what == RW_MOV_CR3 || i->what == RW_MOV_CR3_KEEP;
    s->keep = i->what == RW_MOV_CR3_KEEP;
    if (!s->moved)
        legality_invalidate(s->oracle, events[i->what], i->va, i->pcid);
}

/* --- what is said of it --- */

const struct stale_use *stale_list(const struct stale *s, size_t *listed, uint64_t *uses)
{
    *listed = s->listed;
    *uses = s->uses;
    return s->use;
}

static void print_place(FILE *out, uint64_t address, const struct symbols *symbols)
{
    char name[80], line[200];

    symbols_text(symbols, address, name, sizeof(name));
    symbols_line(symbols, address, line, sizeof(line));
    fprintf(out, "0x%" PRIx64 "%s%s%s%s%s", address, name[0] != 0 ? " <" : "", name,
            name[0] != 0 ? ">" : "", line[0] != 0 ? " " : "", line);
}

static void print_writer(FILE *out, const struct legality_writer *by, const struct symbols *symbols)
{
    if (by->author == AUTHOR_INSTRUCTION) {
        print_place(out, by->id, symbols);
    } else if (by->author == AUTHOR_DMA) {
        fprintf(out, "a DMA of %02x:%02x.%x", (unsigned)by->id >> 8, (unsigned)by->id >> 3 & 31,
                (unsigned)by->id & 7);
    } else {
        fputs(by->author == AUTHOR_WALKER ? "the walker" : "the IOMMU", out);
    }
    fprintf(out, ", cycle %" PRIu64, by->cycle);
}

void stale_tell(FILE *out, const struct stale_use *u, const struct symbols *symbols)
{
    static const char *const kinds[] = {"fetch", "read", "write"};
    static const char *const levels[] = {"root", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    const struct legality_verdict *v = &u->verdict;

    fprintf(out, "stale: %s of 0x%" PRIx64 "%s at ", kinds[u->kind], u->va,
            u->fault ? ", a fault," : "");
    print_place(out, u->rip, symbols);
    fprintf(out, ", cycle %" PRIu64 ", %" PRIu64 " times\n", u->cycle, u->count);
    if (v->replaced) {
        fprintf(out, "  used %s 0x%" PRIx64 "; at 0x%" PRIx64 " stands 0x%" PRIx64 ", by ",
                levels[v->level % 6], v->used, v->entry, v->now);
        print_writer(out, &v->by, symbols);
        fputc('\n', out);
    } else {
        fprintf(out, "  used the root 0x%" PRIx64 " of PCID %u, which CR3 has no more\n", v->used,
                v->pcid);
    }
    fprintf(out, "  missing: %s (SDM Vol. 3A %s)%s\n", v->rule, v->section,
            v->global ? "; a global page" : "");
}
