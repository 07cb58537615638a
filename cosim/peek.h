// SPDX-License-Identifier: Apache-2.0
// Memory as a debugger looks at it: linear addresses through the page tables as they stand in the
// model's RAM, with no side effect: no accessed or dirty bit, no TLB, no right that is asked for,
// no access to a device. SDM Vol. 3A "Paging".
#ifndef RW_PEEK_H
#define RW_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ringwalk.h"

/* Paging is off: pa is va. False: no page is mapped there, or there is no such address. */
bool peek_translate(const struct rw_mem *mem, const struct rw_state *state,
                    const struct rw_cpuid *cpuid, uint64_t va, uint64_t *pa);
/* How many of the bytes from there are RAM that is mapped; those are in `to`. */
size_t peek_linear(const struct rw_mem *mem, const struct rw_state *state,
                   const struct rw_cpuid *cpuid, uint64_t va, void *to, size_t bytes);
size_t peek_physical(const struct rw_mem *mem, uint64_t pa, void *to, size_t bytes);
/* Of the instruction that is next. */
uint64_t peek_rip(const struct rw_state *state);

#endif
