// SPDX-License-Identifier: Apache-2.0
// Bins of what the processor, its MMU and the bus say.
#include "bins.h"

#define CR0_PG     (UINT64_C(1) << 31)
#define CR4_PAE    (UINT64_C(1) << 5)
#define CR4_LA57   (UINT64_C(1) << 12)
#define EFER_LMA   (UINT64_C(1) << 10)
#define ERROR_P    1u
#define ERROR_RSVD 8u
#define ERROR_PK   0x20u

void coverage_paging(struct coverage *c, uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    struct coverage_state *s = coverage_state(c);

    if (!(cr0 & CR0_PG))
        s->paging = -1;
    else if (efer & EFER_LMA)
        s->paging = cr4 & CR4_LA57 ? PAGING_5 : PAGING_4;
    else
        s->paging = cr4 & CR4_PAE ? PAGING_PAE : PAGING_32;
}

static unsigned outcome(const struct rec_xlate *x)
{
    if (!x->fault)
        return x->page_log2 == 12   ? OUT_4K
               : x->page_log2 == 21 ? OUT_2M
               : x->page_log2 == 22 ? OUT_4M
                                    : OUT_1G;
    if (!(x->error_code & ERROR_P))
        return OUT_NOT_PRESENT;
    return x->error_code & ERROR_RSVD ? OUT_RESERVED
           : x->error_code & ERROR_PK ? OUT_KEY
                                      : OUT_RIGHTS;
}

static void translation(struct coverage *c, const struct rec_xlate *x)
{
    const struct coverage_state *s = coverage_state(c);
    unsigned who = x->user ? WHO_USER : x->implicit ? WHO_IMPLICIT : WHO_SUPERVISOR;
    unsigned begins = x->hit == XLATE_TLB ? BEGIN_TLB
                      : x->psc != 0       ? BEGIN_PDE + x->psc - 2u
                                          : BEGIN_ROOT;

    if (s->paging < 0)
        return;
    coverage_hit(c, COVER_TRANSLATION, (unsigned)s->paging, who, x->access, outcome(x));
    coverage_hit(c, COVER_CACHE, (unsigned)s->paging, x->requester, begins, 0);
}

static void walk(struct coverage *c, const struct rec_walk *w)
{
    const struct coverage_state *s = coverage_state(c);

    if (s->paging >= 0 && w->level != 0)
        coverage_hit(c, COVER_ENTRY, (unsigned)s->paging, w->level - 1u, w->kind, 0);
}

/* --- retirements --- */

static int event_of(const struct rec_retire *r)
{
    static const int of_vector[] = {0, 1,  2,  3,  4,  5,  6,  7,  8, -1,
                                    9, 10, 11, 12, 13, -1, -1, 14, 15};

    if (r->kind == RETIRE_INTERRUPT)
        return EVENT_EXTERNAL;
    if (r->kind == RETIRE_NMI)
        return 2;
    if (r->kind != RETIRE_EXCEPTION || r->vector >= sizeof(of_vector) / sizeof(of_vector[0]))
        return -1;
    return of_vector[r->vector];
}

static void boundary(struct coverage *c, const struct rec_retire *r)
{
    static const unsigned next_of[] = {[RETIRE_INSN] = NEXT_INSTRUCTION,
                                       [RETIRE_EXCEPTION] = NEXT_EXCEPTION,
                                       [RETIRE_INTERRUPT] = NEXT_INTERRUPT,
                                       [RETIRE_SOFT_INT] = NEXT_SOFTWARE,
                                       [RETIRE_NMI] = NEXT_NMI};
    uint16_t was = coverage_state(c)->boundary;
    const bool remembers[] = {(was & BOUNDARY_NMI_BLOCKED) != 0, (was & BOUNDARY_STI_SHADOW) != 0,
                              (was & BOUNDARY_MOV_SS_SHADOW) != 0,
                              (was & BOUNDARY_STEP_PENDING) != 0,
                              (was & BOUNDARY_BREAKPOINTS) != 0};

    if (r->kind == RETIRE_SHUTDOWN)
        return;
    for (unsigned i = 0; i < sizeof(remembers) / sizeof(remembers[0]); i++)
        if (remembers[i])
            coverage_hit(c, COVER_BOUNDARY, i, next_of[r->kind], 0, 0);
}

/* The opcode behind prefixes of 64-bit mode or not; 0: not of the map 0F. */
static const uint8_t *behind_0f(const struct rec_retire *r, unsigned mode, uint8_t *rex)
{
    const uint8_t *b = r->bytes, *end = r->bytes + r->len;

    *rex = 0;
    while (b < end &&
           (*b == 0x66 || *b == 0x67 || *b == 0xF2 || *b == 0xF3 || *b == 0xF0 || *b == 0x2E ||
            *b == 0x36 || *b == 0x3E || *b == 0x26 || *b == 0x64 || *b == 0x65))
        b++;
    if (b < end && mode == MODE_64 && (*b & 0xF0) == 0x40)
        *rex = *b++;
    return end - b >= 3 && *b == 0x0F ? b + 1 : 0;
}

enum { BY_INVLPG, BY_INVPCID_0, BY_MOV_CR0 = 5, BY_MOV_CR3, BY_MOV_CR3_KEEP, BY_MOV_CR4, BY_NONE };

/* By its bytes: what an instruction drops. */
static unsigned drops(const struct coverage_state *s, const struct rec_retire *r)
{
    uint8_t rex;
    const uint8_t *op = behind_0f(r, s->mode, &rex);

    if (op == 0)
        return BY_NONE;
    if (op[0] == 0x01 && (op[1] >> 3 & 7) == 7 && op[1] < 0xC0)
        return BY_INVLPG;
    if (op[0] == 0x38 && op[1] == 0x82)
        return BY_INVPCID_0 + (unsigned)(s->gpr[(op[2] >> 3 & 7) | (rex & 4) << 1] & 3);
    if (op[0] != 0x22)
        return BY_NONE;
    switch (op[1] >> 3 & 7) {
    case 0:
        return BY_MOV_CR0;
    case 3:
        return s->gpr[(op[1] & 7) | (rex & 1) << 3] >> 63 ? BY_MOV_CR3_KEEP : BY_MOV_CR3;
    case 4:
        return BY_MOV_CR4;
    default:
        return BY_NONE;
    }
}

static void retirement(struct coverage *c, const struct rec_retire *r)
{
    struct coverage_state *s = coverage_state(c);
    int event = event_of(r);

    boundary(c, r);
    if (event >= 0 && s->retired)
        coverage_hit(c, COVER_EVENT, (unsigned)event, s->cpl, s->mode >= MODE_COMPAT, 0);
    if (event >= 0 && s->event >= 0)
        coverage_hit(c, COVER_SEQUEL, (unsigned)s->event, (unsigned)event, 0, 0);
    if (r->kind == RETIRE_INSN && s->paging >= 0 && drops(s, r) != BY_NONE)
        coverage_hit(c, COVER_INVALIDATION, drops(s, r), (unsigned)s->paging, 0, 0);
    s->event = event;
    s->cpl = r->cpl;
    s->mode = r->mode;
    s->boundary = r->boundary;
    s->retired = true;
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = r->gpr[i];
}

static void beat(struct coverage *c, const struct rec_bus *b)
{
    bool write = b->flags & BUS_WRITE, locked = b->flags & BUS_LOCK;

    coverage_hit(c, COVER_BUS, b->src,
                 b->flags & BUS_IO ? WAY_IN + (unsigned)write
                                   : (locked ? WAY_LOCKED_READ : WAY_READ) + (unsigned)write,
                 0, 0);
}

void coverage_of_processor(struct coverage *c, const struct record_type *t, const void *record)
{
    const struct rec_sys *sys = record;

    if (t == &type_xlate)
        translation(c, record);
    else if (t == &type_walk)
        walk(c, record);
    else if (t == &type_retire)
        retirement(c, record);
    else if (t == &type_bus)
        beat(c, record);
    else if (t == &type_sys)
        coverage_paging(c, sys->cr0, sys->cr4, sys->efer);
}
