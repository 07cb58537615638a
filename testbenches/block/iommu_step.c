// SPDX-License-Identifier: Apache-2.0
// One step of the IOMMU bench on both sides: what is asked goes to the RTL and, in the order of
// docs/iommu.md I6, I7, to the golden model; records, answers and times are compared.
#include <limits.h>

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

bool iommu_step_one(struct bench *b, struct answer *a)
{
    const struct board_record *newest;
    struct viommu_told seen, mine;
    uint64_t pins;
    bool done, sent;

    b->step_cycle = viommu_cycle(b->rtl);
    b->ask.cycles = VBLOCK_HANG_CYCLES;
    b->ask.settles = iommu_follow_gcmd(b);
    b->write_limit = UINT_MAX;
    done = viommu_run(b->rtl, &b->ask, &seen);
    if (iommu_oracle_alone(b))
        iommu_follow_rtl(b, &seen, a);
    else
        iommu_model_step(b, &mine, a);
    b->r->cycles = viommu_cycle(b->rtl);
    b->r->requests += b->ask.dma;
    /* The oracle alone judges answers, not properties of this RTL. */
    if (!iommu_oracle_alone(b) && block_asserted(b->r, b->r->cycles))
        return false;
    if (!done) {
        block_differ(b->r, b->ask.dma ? "dma" : "iommu",
                     b->ask.dma ? "dma_rsp_valid_o" : "reg_ack_o", "no answer", "an answer",
                     b->r->cycles);
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
