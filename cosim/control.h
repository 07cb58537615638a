// SPDX-License-Identifier: Apache-2.0
// A hand on a run in lockstep: it goes on to a condition and stands still there, and it goes back.
//
// Where it stands: at the boundary behind a retirement (docs/record.md), with everything up to it
// compared. What is shown is the golden model's, which stands exactly there; the RTL has ended the
// cycle of that retirement and may have begun with the next instruction, so its RAM is never shown.
// A DMA is seen from the processor's next access on, in whose order it stands on the bus: what has
// been acknowledged since the last one is not in the model's RAM yet. Nothing is ever imposed:
// there is no way to write.
//
// Going back: to a copy of the process that stands before the place (timeline.h), and forward from
// there. Places are retirements since the first reset: the copy meets the same ones, because the
// same seed gives the same run. Without a control a run is what it was.
#ifndef RW_CONTROL_H
#define RW_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record_fields.h"
#include "ringwalk.h"

#define CONTROL_CONDITIONS  64
#define CONTROL_WATCH_BYTES 64

struct control;
struct run;
struct run_result;
struct scoreboard;
struct timeline;
struct ucode_word; /* ucode_word.h */

enum control_kind {
    CONTROL_RIP,    /* the instruction at that linear address is next */
    CONTROL_WRITE,  /* the processor stores there, or what is there has changed: by whomever */
    CONTROL_READ,   /* the processor loads from there */
    CONTROL_ACCESS, /* any of these */
    CONTROL_WRITE_PHYSICAL,
    CONTROL_WALKED,   /* a translation was no TLB's and walked */
    CONTROL_EXCEPTION /* one was delivered */
};

struct control_condition {
    enum control_kind kind;
    uint64_t address;
    unsigned bytes; /* of a watch: 1 to CONTROL_WATCH_BYTES; else the debugger's own */
};

enum control_why {
    STANDS_AT_BEGINNING, /* before the first instruction, for the first time */
    STANDS_STEPPED,
    STANDS_CONDITION,
    STANDS_ASKED,    /* the user wanted it to */
    STANDS_EARLIEST, /* it cannot go further back */
    STANDS_MISMATCH, /* the sides differ; the model has made its step */
    STANDS_END       /* the run is over, and agreed: it can go back all the same */
};

struct control_stop {
    enum control_why why;
    struct control_condition condition;
};

enum control_next {
    NEXT_STEP, /* one retirement: an instruction, an iteration of one with REP, an event */
    NEXT_RUN,
    NEXT_BACK_STEP,
    NEXT_BACK_RUN, /* to the last place before this one where a condition holds; of a watch: before
                      the retirement that meets it */
    NEXT_FREE,     /* the run goes on to its end with nobody's hand on it */
    NEXT_END       /* the user ends it */
};

enum control_ask { ASKS_NOTHING, ASKS_TO_STAND, ASKS_TO_END };

/* A word of the microcode and the cycle, since the last reset, in which it executed. */
struct control_word {
    uint64_t cycle;
    const struct ucode_word *word;
};

/* Who has the hand. What it remembers lies in timeline_shared() memory: the process that stands may
 * be another each time. */
struct debugger {
    void *ctx;
    enum control_next (*stands)(void *ctx, struct control *c, const struct control_stop *stop);
    enum control_ask (*asks)(void *ctx); /* while it runs, some times a second */
};

/* NULL: out of memory. */
struct control *control_create(struct timeline *t, const struct debugger *d);
void control_destroy(struct control *c);
/* False: there are too many; it may be there already. */
bool control_add(struct control *c, const struct control_condition *condition);
bool control_remove(struct control *c, const struct control_condition *condition);

/* Where it stands. */
uint64_t control_place(const struct control *c);
const struct scoreboard *control_scoreboard(const struct control *c);
void control_state(const struct control *c, struct rw_state *state);
/* The last retirement; NULL: there was none. */
const struct rec_retire *control_last(const struct control *c);
/* The last exception, or request of a device that was blocked, and why it came, in words, as it was
 * then; NULL: there was none. */
const char *control_why_text(const struct control *c);
const struct run_result *control_result(const struct control *c);
uint64_t control_cycle(const struct control *c); /* of it, since the first reset */
/* The microcode words of the last retirement in their order, of very many the first; how many. */
unsigned control_words(const struct control *c, const struct control_word **words);
/* Its first cycle, behind the retirement before it; of the same count as the records' cycles. */
uint64_t control_first_cycle(const struct control *c);
size_t control_read(const struct control *c, uint64_t va, void *to, size_t bytes);
size_t control_read_physical(const struct control *c, uint64_t pa, void *to, size_t bytes);

/* --- for run.c --- */
/* False: the user ends the run. */
bool control_begin(struct control *c, struct run *run);
bool control_turn(struct control *c); /* a chunk has ended, and what it said is compared */
void control_mismatch(struct control *c);
void control_end(struct control *c);
/* Of the microcode, as it executes. */
void control_executes(struct control *c, uint64_t cycle, const struct ucode_word *word);
/* A record of the RTL's; its retirement, once it is counted. */
void control_record(struct control *c, const struct record_type *type, const void *record);
void control_retired(struct control *c, const struct rec_retire *r);
/* The next byte of the guest's console: has it not been said before? */
bool control_says(struct control *c);

#endif
