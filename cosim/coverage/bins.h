// SPDX-License-Identifier: Apache-2.0
// Values on the axes of groups.c, where their order is this project's own.
#ifndef RW_COVERAGE_BINS_H
#define RW_COVERAGE_BINS_H

#include "coverage.h"
#include "record.h"

enum { PAGING_32, PAGING_PAE, PAGING_4, PAGING_5 };
enum { WHO_USER, WHO_SUPERVISOR, WHO_IMPLICIT };
enum { OUT_4K, OUT_2M, OUT_4M, OUT_1G, OUT_NOT_PRESENT, OUT_RIGHTS, OUT_RESERVED, OUT_KEY };
enum { BEGIN_TLB, BEGIN_ROOT, BEGIN_PDE };
/* Those that have a vector, and what comes from outside. */
enum { EVENT_DF = 8, EVENT_AC = 14, EVENT_MC, EVENT_EXTERNAL };
enum { NEXT_INSTRUCTION, NEXT_EXCEPTION, NEXT_INTERRUPT, NEXT_SOFTWARE, NEXT_NMI };
enum { WAY_READ, WAY_WRITE, WAY_LOCKED_READ, WAY_LOCKED_WRITE, WAY_IN, WAY_OUT };

/* coverage.c */
void coverage_hit(struct coverage *c, enum coverage_group_number group, unsigned a, unsigned b,
                  unsigned d, unsigned e);

/* What a collector remembers from one record to the next. */
struct coverage_state {
    int paging; /* PAGING_..., -1: off */
    unsigned cpl, mode;
    int event; /* the last retirement was one; -1: it was none */
    uint16_t boundary;
    uint64_t gpr[16]; /* before the instruction */
    bool retired;
};
struct coverage_state *coverage_state(struct coverage *c);

/* cpu.c, iommu.c: the bins of one record. */
void coverage_of_processor(struct coverage *c, const struct record_type *t, const void *record);
void coverage_of_unit(struct coverage *c, const struct record_type *t, const void *record);

#endif
