// SPDX-License-Identifier: Apache-2.0
// The stack that an event or a call gate builds its frame on: the current one, or that of an inner
// level out of the TSS. SDM Vol. 3A "Stack Switching", "Stack Switching in IA-32e Mode".
#ifndef RW_STACK_SWITCH_H
#define RW_STACK_SWITCH_H

#include "segment.h"

struct frame_stack {
    unsigned bytes; /* of one slot of the frame */
    unsigned cpl;   /* of the code that is entered */
    bool inner;     /* another level: SS is a new one */
    uint16_t ss;
    struct desc ss_desc; /* of an inner stack outside long mode */
    uint64_t sp, sp_mask;
};

/* Outside long mode: the current stack, or SSn:ESPn with the checks on SS. */
enum exec stack_choose_legacy(struct cpu *cpu, struct frame_stack *st);
/* Long mode: the current RSP with the SS of the level; then perhaps another RSP. */
void stack_choose_long(struct cpu *cpu, struct frame_stack *st);
enum exec stack_from_tss(struct cpu *cpu, struct frame_stack *st, unsigned at);
unsigned stack_rsp_at(const struct frame_stack *st); /* where RSPn stands in the TSS */

enum exec stack_room(struct cpu *cpu, const struct frame_stack *st, unsigned slots);
enum exec stack_push(struct cpu *cpu, struct frame_stack *st, uint64_t v);
enum exec stack_touch(struct cpu *cpu, struct frame_stack *st); /* SS's accessed bit */
void stack_commit(struct cpu *cpu, const struct frame_stack *st);

#endif
