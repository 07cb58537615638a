// SPDX-License-Identifier: Apache-2.0
// Between the rooms of a step (iommu_step.c): each side's part of it, their comparison, its words.
#ifndef RW_IOMMU_STEP_H
#define RW_IOMMU_STEP_H

#include "block_iommu.h"

/* iommu_rtl_side.c */
struct vblock_env iommu_rtl_env(struct bench *b);
/* Of the invalidation of a device-TLB: VT-d "Device-TLB Invalidate". */
bool iommu_invalidates_device(const struct rec_iommu *r);

/* iommu_model_side.c. Each of one thing that is taken in the cycle `accepted` of the step; returns
 * the one in which the unit is idle again. */
bool iommu_new_model(struct bench *b);
unsigned iommu_model_request(struct bench *b, unsigned accepted, struct viommu_told *mine,
                             struct answer *a);
unsigned iommu_model_register(struct bench *b, unsigned i, unsigned accepted,
                              struct viommu_told *mine, struct answer *a);
unsigned iommu_model_descriptor(struct bench *b, unsigned accepted);
unsigned iommu_model_completion(struct bench *b, unsigned i, unsigned accepted,
                                struct viommu_told *mine, struct answer *a);
unsigned iommu_model_time_out(struct bench *b, unsigned accepted, struct answer *a);

/* iommu_schedule.c: all that b->ask asks for, in the unit's order; the unit is idle in cycle 0. */
void iommu_model_step(struct bench *b, struct viommu_told *mine, struct answer *a);

/* iommu_compare.c. False on a difference. */
bool iommu_same_records(struct bench *b);
bool iommu_same_number(struct bench *b, const char *stream, const char *field, uint64_t rtl,
                       uint64_t model);
bool iommu_same_answers(struct bench *b, const struct viommu_told *seen,
                        const struct viommu_told *mine);
void iommu_compare_memory(struct bench *b);

/* iommu_alone.c: the RTL without a model beside it; its records say what the bench wants to know.
 */
bool iommu_follow_rtl(struct bench *b, const struct viommu_told *seen, struct answer *a);
void iommu_follow_reset(struct bench *b);

/* iommu_moved.c: a request is accepted; an access of the RTL, answered; the step's request d has
 * ended. False, with a difference, when the RTL has moved something else than d says. */
void iommu_moved_begin(struct bench *b);
void iommu_moved_access(struct bench *b, const struct vblock_access *a);
bool iommu_moved_end(struct bench *b, const struct viommu_told *seen, const struct rec_dma *d);

/* iommu_words.c: b->ask into the report. */
void iommu_describe(struct bench *b);

/* iommu_explain.c: why the step's DMA request ends as it does, into b->r->why. */
void iommu_explain(struct bench *b);

/* iommu_step.c: GCMD after the step. Returns whether QIES may be 1 at some time in it: then the
 * unit may go on by itself. */
bool iommu_follow_gcmd(struct bench *b);

#endif
