// SPDX-License-Identifier: Apache-2.0
// What the parts of the decoder share: rows of the opcode maps (decode_table.c), the byte stream of
// an instruction (decode_fetch.c), and the decoder between them (decode.c).
#ifndef RW_DECODE_H
#define RW_DECODE_H

#include "cpu.h"

/* Flags of a row. */
enum {
    M = 1 << 0,         /* ModRM byte */
    I8 = 1 << 1,        /* imm8, sign-extended to the operand size */
    IZ = 1 << 2,        /* imm16 or imm32, sign-extended */
    IV = 1 << 3,        /* immediate of the operand size */
    I16 = 1 << 4,       /* imm16 */
    MOFFS = 1 << 5,     /* offset of the address size */
    FAR = 1 << 6,       /* ptr16:16, ptr16:32 */
    LEVEL = 1 << 7,     /* imm16, imm8 of ENTER */
    B = 1 << 8,         /* byte operands */
    RM8 = 1 << 9,       /* r/m is a byte, reg is not */
    D64 = 1 << 10,      /* 64-bit mode: operand size 64 unless 66 */
    F64 = 1 << 11,      /* 64-bit mode: operand size 64 always */
    LK = 1 << 12,       /* LOCK is allowed with a memory destination */
    NO64 = 1 << 13,     /* not in 64-bit mode */
    ONLY64 = 1 << 14,   /* only in 64-bit mode */
    MEM = 1 << 15,      /* memory operand only */
    REGS = 1 << 16,     /* ModRM names registers whatever mod is (MOV CR, DR) */
    PREFIX64 = 1 << 18, /* 64-bit mode: a VEX or EVEX prefix, #UD without looking further */
    OPREG = 1 << 17,    /* register in the low three bits of the opcode: rm */
    PORT = 1 << 19      /* operand of a port: with REX.W 4 bytes, 66 or not */
};

struct row {
    op_fn op;
    unsigned flags;
    uint8_t sub;
    const struct row *group; /* eight rows by ModRM.reg; flags are joined */
};

/* By mode, map (0 one-byte, 1 0F, 2 0F 38, 3 0F 3A), opcode and prefixes. */
const struct row *opcode_row(const struct insn *in);

/* The bytes of one instruction as they are taken from memory, one page at a time. */
struct stream {
    struct cpu *cpu;
    uint8_t byte[16];
    unsigned have, used;
    bool ahead;    /* no more bytes than those are to be had */
    uint64_t away; /* features: feature.h */
};

/* False: cpu->raised. */
bool stream_byte(struct stream *s, uint8_t *b);

/* Decode one instruction from its first byte. False: cpu->raised. */
bool decode_insn(struct stream *s, struct insn *in);

/* decode_fetch.c: decode in the processor's mode from `room` bytes of a page. False: they hold no
 * whole instruction. */
bool decode_ahead(const struct cpu *cpu, const uint8_t *bytes, unsigned room, struct insn *in);

#endif
