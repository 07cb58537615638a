// SPDX-License-Identifier: Apache-2.0
// What both sides said and answered, compared.
#include <inttypes.h>
#include <stdio.h>

#include "iommu_step.h"

bool iommu_same_records(struct bench *b)
{
    block_log(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk);
    block_log(b->r, &type_dma, &b->rtl_dma, &b->model_dma);
    block_log(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu);
    block_log(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
    block_log(b->r, &type_board, &b->rtl_inv, &b->model_inv);
    return block_same_all(b->r, &type_dma, &b->rtl_dma, &b->model_dma) &&
           block_same_all(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk) &&
           block_same_all(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu) &&
           block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus) &&
           block_same_all(b->r, &type_board, &b->rtl_inv, &b->model_inv);
}

bool iommu_same_number(struct bench *b, const char *stream, const char *field, uint64_t rtl,
                       uint64_t model)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    if (rtl == model)
        return true;
    snprintf(a, sizeof(a), "0x%" PRIx64, rtl);
    snprintf(c, sizeof(c), "0x%" PRIx64, model);
    block_differ(b->r, stream, field, a, c, viommu_cycle(b->rtl));
    return false;
}

/* Times are cycles from the beginning of the step. */
bool iommu_same_answers(struct bench *b, const struct viommu_told *seen,
                        const struct viommu_told *mine)
{
    const struct viommu_ask *k = &b->ask;

    for (unsigned i = 0; i < k->regs; i++) {
        uint64_t mask =
            k->reg[i].bytes < 8 ? (UINT64_C(1) << (8 * k->reg[i].bytes)) - 1 : ~UINT64_C(0);

        if (!k->reg[i].write && !iommu_same_number(b, "iommu", "reg_rdata_o",
                                                   seen->reg_rdata[i] & mask, mine->reg_rdata[i]))
            return false;
        if (!iommu_same_number(b, "iommu", "reg_ack_o", seen->acked[i], mine->acked[i]))
            return false;
    }
    for (unsigned i = 0; i < k->completions; i++)
        if (!iommu_same_number(b, "iommu", "cpl_ready_o", seen->completed[i], mine->completed[i]))
            return false;
    if (!iommu_same_number(b, "iommu", "inv_*_o, cpl_ready_o", seen->stray, false))
        return false;
    if (k->dma) {
        if (!iommu_same_number(b, "dma", "dma_ready_o", seen->accepted, mine->accepted) ||
            !iommu_same_number(b, "dma", "dma_rsp_valid_o", seen->answered, mine->answered) ||
            !iommu_same_number(b, "dma", "dma_rsp_ok_o", seen->ok, mine->ok))
            return false;
        for (unsigned i = 0; !k->in.write && i < k->in.len; i++)
            if (!iommu_same_number(b, "dma", "dma_rsp_rdata_o", seen->rdata[i], mine->rdata[i]))
                return false;
    }
    return iommu_same_number(b, k->dma ? "dma" : "iommu", "idle", seen->idle, mine->idle);
}

void iommu_compare_memory(struct bench *b)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];
    uint64_t addr;
    uint8_t rtl, model;

    if (!block_memory_differs(&b->rtl_memory, &b->model_memory, &addr))
        return;
    block_memory_read(&b->rtl_memory, addr, &rtl, 1);
    block_memory_read(&b->model_memory, addr, &model, 1);
    snprintf(a, sizeof(a), "%02x at 0x%" PRIx64, rtl, addr);
    snprintf(c, sizeof(c), "%02x", model);
    block_differ(b->r, "memory", "byte", a, c, viommu_cycle(b->rtl));
}
