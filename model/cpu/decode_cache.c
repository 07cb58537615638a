// SPDX-License-Identifier: Apache-2.0
// Runs of decoded instructions, kept by physical page.
//
// Why the processor may execute a run without looking at memory again. What step() of model.c does
// before each instruction is done here once, before the first:
// - the boundary: a run begins only when nothing stands there (cpu->attention) and TF = RF = 0, and
//   it ends behind the instruction that changed that. Whatever asks for a look at the boundary -
//   an interrupt, stop(), a shadow, a data breakpoint, TF - raises cpu->attention, which an
//   instruction in progress never lowers;
// - the fetch's translation: a run lies in the page of the fetch window. What empties the window
//   (docs/cpu.md W1: a transfer of control, a fault, a serialising instruction, all that changes
//   the mode) ends the run, and the next one begins with a new window. Only a window that costs no
//   translation is opened here; a walk or a fault is step()'s;
// - the limit of CS: a run that does not lie inside it is not taken;
// - decoding is a function of the bytes, the decode mode (struct insn) and the features, which are
//   constant; bytes and mode are the run's;
// - the bytes: every write of RAM is told to decode_cache_written. A write to a line that holds
//   bytes of a run moves the page's generation on, and the run in progress ends behind the
//   instruction that wrote. Stores that tell nobody, to the pages of cpu->quick_write, cannot reach
//   code: a page that was ever decoded from is not among them (quick_fill of lsu.c), and those of
//   before are dropped as it becomes one.
// testbenches/paths holds this way against the recorded one.
#include "decode_cache.h"

#include <stdlib.h>

#include "decode.h"
#include "lsu.h"
#include "ops.h"

#define RUNS_LOG2 13
#define RUN_INSNS 24
#define POOL      40000 /* instructions of all runs together */
#define LINE_LOG2 6     /* 64 lines of 64 bytes in a page */

/* A physical page of RAM. */
struct code_page {
    uint64_t generation; /* moves on when code in it is overwritten; runs begin with 1 */
    uint64_t lines;      /* bit n: some run holds bytes of line n */
    bool holds_code;     /* now or once */
};

struct decode_cache {
    struct run run[1 << RUNS_LOG2];
    struct insn pool[POOL];
    unsigned used; /* of the pool */
    struct code_page page[];
};

struct decode_cache *decode_cache_create(const struct rw_mem *mem)
{
    size_t pages = (size_t)(mem->bytes >> 12) + 1;

    return calloc(1, sizeof(struct decode_cache) + pages * sizeof(struct code_page));
}

static struct code_page *page_of(const struct cpu *cpu, uint64_t pa)
{
    return &cpu->decoded->page[pa >> 12];
}

bool decode_cache_holds(const struct cpu *cpu, uint64_t pa)
{
    return cpu->decoded && page_of(cpu, pa)->holds_code;
}

void decode_cache_written(struct cpu *cpu, uint64_t pa, uint64_t bytes)
{
    if (!cpu->decoded)
        return;
    for (uint64_t line = pa >> LINE_LOG2; line <= (pa + bytes - 1) >> LINE_LOG2; line++) {
        struct code_page *page = page_of(cpu, line << LINE_LOG2);

        if (!(page->lines >> (line & 63) & 1))
            continue;
        page->generation++;
        page->lines = 0;
        cpu->attention = true;
    }
}

static void mark_code(struct cpu *cpu, struct code_page *page, const struct run *r)
{
    unsigned first = (unsigned)(r->pa & 0xfff) >> LINE_LOG2;
    unsigned last = (unsigned)((r->pa & 0xfff) + r->bytes - 1) >> LINE_LOG2;

    page->lines |= (UINT64_C(2) << last) - (UINT64_C(1) << first);
    if (!page->holds_code)
        cpu_quick_drop(cpu);
    page->holds_code = true;
}

/* What control does not run past: only to decode less that is never executed. */
static bool ends_run(const struct insn *in)
{
    return in->op == op_jmp_rel || in->op == op_jmp_rm || in->op == op_ret ||
           in->op == op_call_rel || in->op == op_call_rm;
}

/* As many instructions as the page holds whole. */
static void decode_run(struct cpu *cpu, struct run *r, uint64_t pa)
{
    struct decode_cache *c = cpu->decoded;
    struct code_page *page = page_of(cpu, pa);
    struct insn *in;

    if (c->used + RUN_INSNS > POOL) {
        memset(c->run, 0, sizeof c->run);
        c->used = 0;
    }
    in = &c->pool[c->used];
    *r = (struct run){
        .pa = pa, .generation = page->generation + 1, .first = in, .mode = cpu->decode_mode};
    do {
        unsigned offset = (unsigned)(pa & 0xfff) + r->bytes;

        if (!decode_ahead(cpu, cpu->window.host + offset, 4096 - offset, in))
            break;
        r->bytes = (uint16_t)(r->bytes + in->len);
        r->insns++;
    } while (r->insns < RUN_INSNS && !ends_run(in++));
    c->used += r->insns;
    if (r->insns)
        mark_code(cpu, page, r);
}

const struct run *decode_cache_find(struct cpu *cpu)
{
    uint64_t la = (cpu->rip + cpu->cs_base) & cpu->la_mask, pa;
    struct run *r;

    if (cpu->attention || (cpu->rflags & (RFLAGS_TF | RFLAGS_RF)) || !window_quick(cpu, la))
        return NULL;
    pa = cpu->window.pa | (la & 0xfff);
    r = &cpu->decoded->run[(pa ^ pa >> RUNS_LOG2) & ((1u << RUNS_LOG2) - 1)];
    if (r->pa != pa || r->mode != cpu->decode_mode ||
        r->generation != page_of(cpu, pa)->generation + 1)
        decode_run(cpu, r, pa);
    return r->insns && cpu->rip + r->bytes - 1 <= cpu->rip_limit ? r : NULL;
}
