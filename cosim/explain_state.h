// SPDX-License-Identifier: Apache-2.0
// What cosim/explain asks for, out of a golden model's state and RAM.
#ifndef RW_EXPLAIN_STATE_H
#define RW_EXPLAIN_STATE_H

#include "explain.h"
#include "explain_dma.h"
#include "explain_gate.h"
#include "explain_interrupt.h"
#include "ringwalk.h"

struct legality_registers explain_registers(const struct rw_state *state,
                                            const struct rw_cpuid *cpuid);
struct explain_unit explain_unit(const struct rw_vtd *vtd);
struct iommu;
/* All of a question but the request, the answers and what reads memory. */
struct explain_interrupt_query explain_interrupts_of(const struct iommu *u,
                                                     const struct rw_vtd *vtd);
struct explain_gate_query explain_gate_of(const struct iommu *u, const struct rw_vtd *vtd);
/* struct explain_query.read and explain_dma_query.read; ctx is a struct rw_mem. */
uint64_t explain_read(void *mem, uint64_t addr, unsigned bytes);
bool explain_read_words(void *mem, uint64_t addr, unsigned bytes, uint64_t *words);

#endif
