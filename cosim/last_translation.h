// SPDX-License-Identifier: Apache-2.0
// The last translation of a record log: what both sides answered, the entries that the model read.
#ifndef RW_LAST_TRANSLATION_H
#define RW_LAST_TRANSLATION_H

#include "explain.h"
#include "record.h"
#include "record_log.h"

#define LAST_ENTRIES 24

struct last_translation {
    struct rec_walk entry[LAST_ENTRIES]; /* as the model's walk read them */
    unsigned count;
    uint64_t rtl_read[LAST_ENTRIES]; /* addresses */
    unsigned rtl_reads;
    struct rec_xlate rtl, model;
    bool has_rtl, has_model;
};

/* cycle: of the RTL's record, if one has it; else its last one. model: without its records (the
 * design alone is judged) the RTL's end a translation. */
struct last_translation last_translation(const struct record_log *log, uint64_t cycle, bool model);
/* False: the walk did not read it. */
bool last_translation_read(const struct last_translation *t, uint64_t addr, uint64_t *value);
/* Answers, and whether the model had it cached. False: neither side answered for this address. */
bool last_translation_ask(const struct last_translation *t, struct explain_query *q);

#endif
