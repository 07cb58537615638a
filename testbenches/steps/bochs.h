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

enum answer { ANSWER_OK, ANSWER_SILENT, ANSWER_ENDED };

/* Commands, each ended by '\n'. What they answer is good until the next call, 0-terminated. */
enum answer debugger_ask(struct debugger *d, const char *commands, char **text);

/* --- bochs_text.c --- */
/* What a step is asked for. Bases of 64 bits are not in "sreg": they come behind, with LMA. */
#define TEXT_STATE "r\nsreg\ncreg\ndreg\n"
#define TEXT_BASES "show \"FS.base\"\nshow \"GS.base\"\nshow \"LDTR.base\"\nshow \"TR.base\"\n"

/* The answers to TEXT_STATE, and to TEXT_BASES if they were asked for; false: they are none. The
 * text then ends before them. */
bool text_state(struct shot *s, char *text, bool bases);
/* What "s" answers, with tracing on: happenings of the span. *began: an instruction was begun. */
void text_step(struct span *s, const char *text, uint64_t memory_bytes, bool *began);
/* Of a step that is not answered: a fault of the delivery of #DF is a shutdown. */
void text_shutdown(struct span *s);

#endif
