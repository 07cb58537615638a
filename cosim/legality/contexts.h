// SPDX-License-Identifier: Apache-2.0
// When the processor could fill its caches with what: which roots were in force under which PCID,
// in which mode, with global pages or without. Roots thus have a history per PCID.
#ifndef RW_LEGALITY_CONTEXTS_H
#define RW_LEGALITY_CONTEXTS_H

#include "entry.h"
#include "times.h"

struct context {
    struct entry_format format;
    uint64_t root[4];
    uint16_t pcid;
    bool global; /* CR4.PGE */
    struct times when;
};

struct contexts {
    struct context context[LEGALITY_CONTEXTS];
    unsigned count;
    int current;                /* -1: paging is off */
    uint64_t lost, lost_global; /* until when one was in force that was let go; with CR4.PGE */
};

void contexts_set(struct contexts *c, const struct legality_registers *r, uint64_t time);

/* Those of a PCID in the mode; NULL fields of the filter do not count. */
struct context_filter {
    const struct entry_mode *mode;
    uint16_t pcid;
    uint64_t floor; /* those that ended until then do not count */
    const uint64_t *root;
    unsigned number; /* of the root */
    const bool *global;
    /* What an entry has to be. */
    const uint64_t *entry;
    unsigned level;
    enum entry_role role;
};

struct times contexts_when(const struct contexts *c, const struct context_filter *f);

#endif
