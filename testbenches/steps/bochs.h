// SPDX-License-Identifier: Apache-2.0
// Bochs as it runs a program one instruction at a time: started here from a ROM of our own, and
// driven by the commands of its debugger. Its RAM is read in its process.
//   bochs.c           the process and its machine    bochs_rom.c    to the program's entry
//   bochs_debugger.c  commands and answers           bochs_text.c   what the answers say
// Here is what these files share; the rest sees emulator_bochs.
#ifndef RW_STEPS_BOCHS_H
#define RW_STEPS_BOCHS_H

#include "emulator.h"

/* --- bochs_rom.c --- */
enum { BOCHS_ROM_BYTES = 0x20000, BOCHS_BLOCK_BYTES = 0x20000 };

/* Fills a ROM that ends at 4 GByte. It goes to 32-bit protected mode, writes to each block of RAM
 * its address, and comes to *halfway, where RAM may be filled; the next instruction is the
 * program's. */
void bochs_rom(uint8_t *rom, uint64_t memory_bytes, const struct rw_boot *boot, uint32_t *halfway);
/* RAM's block at pa lies so far into what Bochs allocated: the ROM touches them in this order. */
uint64_t bochs_ram_offset(uint64_t pa);
/* Has Bochs RAM there? Not behind the display and where the firmware lies. */
bool bochs_is_ram(uint64_t pa);

/* --- bochs_debugger.c --- */
struct debugger; /* opaque */

/* in: what the debugger reads, out: what it writes. */
struct debugger *debugger_open(int in, int out);
void debugger_close(struct debugger *d);
/* Up to the first prompt. False: it ended. */
bool debugger_first(struct debugger *d);

enum answer { ANSWER_OK, ANSWER_SILENT, ANSWER_ENDED };
enum { ANSWERS_MAX = 10 };

struct answers {
    const char *text[ANSWERS_MAX]; /* 0-terminated, without prompt and echo */
    unsigned count;
};

/* Commands, each ended by '\n'; their answers are good until the next call. */
enum answer debugger_ask(struct debugger *d, const char *commands, struct answers *out);

/* --- bochs_text.c --- */
/* What the commands "r", "sreg", "creg", "dreg" answer. */
void text_registers(struct shot *s, const char *text);
void text_segments(struct shot *s, const char *text);
void text_control(struct shot *s, const char *text);
void text_debug(struct shot *s, const char *text);
/* What `show "X.base"` answers. */
uint64_t text_base(const char *text);
/* 64-bit mode, CPL, and what of a null segment does not count. */
void text_settle(struct shot *s);
/* What "s" answers, with tracing on: happenings of the span. *began: an instruction was begun. */
void text_step(struct span *s, const char *text, uint64_t memory_bytes, bool *began);

#endif
