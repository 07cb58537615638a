// SPDX-License-Identifier: Apache-2.0
// A system program (--mode system): episodes, each in a mode of its own, and what their slots can
// be.
#ifndef RW_SYS_H
#define RW_SYS_H

#include "randgen.h"
#include "sys_layout.h"

enum { SYS_SLOTS_A_PAGE = 4096 / SYS_SLOT, MAX_SYS_SLOTS = BODY_PAGES * SYS_SLOTS_A_PAGE };
enum size { SIZE_16, SIZE_32, SIZE_64 }; /* of code */
enum who { ANY_RING, ONLY_USER, ONLY_SUPERVISOR };

struct episode {
    unsigned first, slots;
    unsigned paging; /* enum paging */
    bool is_long;
    enum who who;
    uint32_t cr0, cr4, efer, pcid, pkru, fmask, pat;
    uint32_t base16;
};

struct sys_slot {
    enum size size;
    unsigned ring, episode;
    uint32_t flags;
    bool stack16;
};

struct sys {
    struct episode episodes[BODY_PAGES];
    unsigned count;
    struct sys_slot slots[MAX_SYS_SLOTS];
};

/* sys_episode.c */
void sys_plan(struct gen *g, struct sys *s);
/* The generator is set to make slot n: its code size, ring, mode. */
void sys_begin_slot(struct gen *g, unsigned n);
const struct episode *sys_episode(const struct gen *g);

/* sys_emit.c. Addresses of operands are 32 bits, absolute. */
void sys_code_size(struct gen *g, enum size size);
enum size sys_size(const struct gen *g);
void op32(struct gen *g); /* 66 in 16-bit code */
void mem_op(struct gen *g, unsigned opcode, unsigned bytes, unsigned reg, uint32_t at);
void store32(struct gen *g, uint32_t at, uint32_t v);
void store16(struct gen *g, uint32_t at, uint16_t v);
void store8(struct gen *g, uint32_t at, uint8_t v);
void push32(struct gen *g, uint32_t v);
void int_n(struct gen *g, unsigned vector);
uint32_t here(const struct gen *g); /* offset of what comes next in its code segment */
uint32_t here_linear(const struct gen *g);
void patch(struct gen *g, unsigned at, uint64_t v, unsigned bytes);
/* Jump over what is put until end_skip. */
unsigned begin_skip(struct gen *g);
void end_skip(struct gen *g, unsigned at);
/* CALL or JMP to sel:off by a pointer in memory; where off stands in the slot. */
unsigned far_transfer(struct gen *g, bool call, uint16_t sel, uint32_t off);
unsigned code_selector(enum size size, unsigned ring);
uint32_t table(const struct gen *g, uint32_t at); /* GDT to TSS32 as any ring can write it */
uint16_t sys_selector(struct gen *g);             /* of any kind, any RPL */
uint16_t sys_data_selector(struct gen *g);        /* mostly one that loads */
void mov_from_eax(struct gen *g, unsigned op, unsigned reg); /* 0F op: MOV CRn, DRn and EAX */
void one_instruction(struct gen *g);

/* Kinds of slot, by the file that holds them. */
/* sys_transfer.c */
void sys_call_gate(struct gen *g);
void sys_soft_gate(struct gen *g);
void sys_outer_return(struct gen *g);
void sys_far_jump(struct gen *g);
void sys_other_size(struct gen *g);
void sys_syscall(struct gen *g);
/* sys_segment.c */
void sys_segment_load(struct gen *g);
void sys_descriptor(struct gen *g);
void sys_table_register(struct gen *g);
void sys_task_state(struct gen *g);
/* sys_debug.c */
void sys_breakpoint(struct gen *g);
void sys_debug_register(struct gen *g);
void sys_flags(struct gen *g);
void sys_interrupt(struct gen *g);
/* sys_apic.c */
void sys_x2apic(struct gen *g);
/* sys_control.c */
void sys_control_bits(struct gen *g);
void sys_paging_off(struct gen *g);
void sys_msr(struct gen *g);
/* sys_memory.c */
void sys_page_entry(struct gen *g);
void sys_window_code(struct gen *g);
void sys_keys(struct gen *g);
void sys_io(struct gen *g);

/* sys_slots.c: the slot g->slot. */
void sys_make_slot(struct gen *g);

/* sys_output.c */
void sys_print(struct gen *g, FILE *f, uint64_t seed);

#endif
