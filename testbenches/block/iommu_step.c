// SPDX-License-Identifier: Apache-2.0
// One step of the IOMMU bench on both sides: what is asked goes to the RTL and, in the order of
// docs/iommu.md I6, I7, to the golden model; records, answers and times are compared.
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "iommu_step.h"

/* GCMD after the step. Returns whether QIES may be 1 at some time in it: then the unit may go on by
 * itself. */
bool iommu_follow_gcmd(struct bench *b)
{
    bool queued = (b->gcmd & GCMD_QIE) != 0;

    for (unsigned i = 0; i < b->ask.regs; i++) {
        const struct viommu_reg *g = &b->ask.reg[i];

        if (!g->write || g->offset != REG_GCMD || (g->bytes != 4 && g->bytes != 8))
            continue;
        b->gcmd = (uint32_t)g->wdata & GCMD_STAYS;
        queued = queued || (b->gcmd & GCMD_QIE) != 0;
    }
    return queued;
}

static void no_answer(struct bench *b, const char *port, size_t accesses)
{
    bool request = strncmp(port, "dma_", 4) == 0, busy = strcmp(port, "bus_req_o") == 0;
    char text[BLOCK_TEXT];

    snprintf(text, sizeof(text), "%s in %u cycles, %zu accesses of the bus in them",
             busy ? "no rest" : "no answer", VBLOCK_HANG_CYCLES, accesses);
    block_differ(b->r, request ? "dma" : "iommu", port, text, busy ? "idle" : "an answer",
                 viommu_cycle(b->rtl));
}

bool iommu_step_one(struct bench *b, struct answer *a)
{
    const struct board_record *newest;
    struct viommu_told seen, mine;
    uint64_t pins;
    size_t accesses;
    bool done, sent;

    if (iommu_own_judged(b) && !iommu_has(b, IOMMU_DT))
        b->ask.completions = 0; /* it may have no port for one */
    if (iommu_own_judged(b)) {
        while (b->own.request[++b->own.tag].up)
            ;
        b->ask.in.tag = b->own.tag;
        b->ask.room = b->o->in_flight;
    }
    b->step_cycle = viommu_cycle(b->rtl);
    b->ask.cycles = VBLOCK_HANG_CYCLES;
    b->ask.settles = iommu_follow_gcmd(b);
    b->write_limit = UINT_MAX;
    done = viommu_run(b->rtl, &b->ask, &seen);
    accesses = b->rtl_bus.count;
    b->own.rest = seen.rest;
    if (iommu_oracle_alone(b))
        iommu_follow_rtl(b, &seen, a);
    else
        iommu_model_step(b, &mine, a);
    b->r->cycles = viommu_cycle(b->rtl);
    b->r->requests += b->ask.dma;
    /* The oracle alone judges answers, not properties of this RTL; somebody else's are their own.
     */
    if ((!iommu_oracle_alone(b) || b->o->own) && block_asserted(b->r, b->r->cycles))
        return false;
    if (!iommu_own_good(b))
        return false;
    if (!done) {
        no_answer(b, seen.missing, accesses);
        return false;
    }
    if (iommu_oracle_alone(b))
        return !b->r->failed;
    newest = ring_newest(&b->rtl_inv);
    pins = newest != NULL ? newest->cycle : 0;
    sent = b->model_inv.count != 0;
    /* I103: what was sent, was sent in the cycle of its record, which is the model's. */
    return iommu_same_records(b) && iommu_same_answers(b, &seen, &mine) &&
           (!sent || (iommu_same_number(b, "iommu", "inv_valid_o", pins, b->rtl_sent) &&
                      iommu_same_number(b, "iommu", "inv_valid_o", pins, b->sent)));
}
