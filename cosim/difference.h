// SPDX-License-Identifier: Apache-2.0
// The first difference: what ends a run, and what of it is named.
//
// A difference that is found while the model steps is *held* until the step's end, because what is
// found first is not always what explains it: a translation that went wrong shows in the beats that
// it made, before its own record says which field; two different events show as the addresses of
// two gates, before the retirement says `vector 13 against 14`. The step's end names the better of
// the two (difference_rank) and ends the run.
#ifndef RW_DIFFERENCE_H
#define RW_DIFFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "record_fields.h"

#define MISMATCH_TEXT 192

/* Values are text, so that a missing record is as good as a number. */
struct mismatch {
    char stream[16], field[48];
    char rtl[MISMATCH_TEXT], model[MISMATCH_TEXT];
    uint64_t cycle, rip;
    uint32_t source_id;
    bool has_source_id; /* the DMA side: source_id instead of rip */
    uint8_t bytes[16];  /* instruction, when it is one */
    uint8_t len, mode;
};

struct difference {
    bool failed;  /* `first` is final */
    bool holding; /* the model is in its step */
    bool held;    /* something differed in it already: `first`, of rank `rank` */
    unsigned rank;
    struct mismatch first;
    struct record_pair pair; /* the records that differ; type NULL: it was no records */
    void *stop_ctx;
    void (*stop)(void *ctx); /* called once, when `first` is final */
};

struct scoreboard;

/* Two records of one type, or NULL where a side has none. */
void scoreboard_differ(struct scoreboard *sb, const struct record_type *t, const void *rtl,
                       const void *model);
void scoreboard_differ_text(struct scoreboard *sb, const char *stream, const char *field,
                            const char *rtl, const char *model, uint64_t cycle);
/* The model's step begins; it has ended: what was held is final. */
static inline void difference_hold(struct difference *d)
{
    d->holding = true;
}
void difference_final(struct difference *d);
static inline void difference_release(struct difference *d)
{
    d->holding = false;
    if (d->held && !d->failed)
        difference_final(d);
}

#endif
