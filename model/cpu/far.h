// SPDX-License-Identifier: Apache-2.0
// Far transfers: their target, and what exec_far.c and exec_gate.c use of each other.
#ifndef RW_FAR_H
#define RW_FAR_H

#include "segment.h"

/* A code segment and a place in it. */
struct far {
    uint64_t rip;
    uint16_t selector;
    struct desc d;
};

/* exec_far.c: the target has passed its checks but for that of the instruction pointer. */
enum exec far_check_rip(struct cpu *cpu, const struct far *f);
enum exec far_jump(struct cpu *cpu, struct far *f);
enum exec far_call(struct cpu *cpu, struct far *f, unsigned bytes); /* of a slot */

/* exec_gate.c */
bool gate_is_call(const struct cpu *cpu, const struct desc *d);
enum exec gate_jump(struct cpu *cpu, const struct desc *gate);
enum exec gate_call(struct cpu *cpu, const struct desc *gate);

#endif
