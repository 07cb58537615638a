// SPDX-License-Identifier: Apache-2.0
// The opcode map of the golden model against Zydis: bytes in, what both make of them out.
//   opcodes.c          walks the map        opcodes_operands.c   length and operands
//   opcodes_valid.c    which are #UD        opcodes_known.c      where Zydis is not this processor
#ifndef RW_OPCODES_H
#define RW_OPCODES_H

#include <Zydis/Zydis.h>

#include "cpu.h"

struct candidate {
    enum decode_mode mode;
    uint8_t bytes[32]; /* 15 count; more so that a sixteenth can be wanted */
    uint8_t map, opcode, modrm;
    ZyanStatus status;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
};

#define DIFFERENCE_TEXT 96

/* Where Zydis and the model part on purpose: the reason; NULL: nowhere. */
const char *known_difference(const struct candidate *c);

/* Does this processor have it? By Zydis' own table of instruction sets. */
bool is_offered(const struct candidate *c);

/* --- length, operands: the model's decoder alone --- */
/* False: differ, and how. *ud: the decoder already calls it invalid. */
bool operands_agree(struct cpu *cpu, const struct candidate *c, bool *ud,
                    char text[DIFFERENCE_TEXT]);

/* --- validity: the model runs it at CPL 0 --- */
struct ring0;
struct ring0 *ring0_create(void);
void ring0_destroy(struct ring0 *g);
/* The vector that it raised; -1: none; -2: a shutdown hides it. */
int ring0_vector(struct ring0 *g, const struct candidate *c);

#endif
