// SPDX-License-Identifier: Apache-2.0
// A verdict on a request in one line.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "legality_iommu.h"
#include "words.h"

static const char *structure_name(enum legality_structure at)
{
    static const char *const names[STRUCTURES] = {
        [STRUCTURE_POINTER] = "pointer", [1] = "level-1 entry",
        [2] = "level-2 entry",           [3] = "level-3 entry",
        [4] = "level-4 entry",           [5] = "level-5 entry",
        [STRUCTURE_ROOT] = "root entry", [STRUCTURE_CONTEXT] = "context entry",
        [STRUCTURE_ENTRY] = "IRTE",      [STRUCTURE_SHARED] = "second-stage pointer"};

    return names[at];
}

static void tell_step(const struct legality_iommu_verdict *v, char *text, size_t bytes)
{
    const char *name = structure_name(v->structure);
    char by[80];

    if (v->structure == STRUCTURE_POINTER || v->structure == STRUCTURE_SHARED) {
        snprintf(text, bytes, "%s used as 0x%" PRIx64 ", now 0x%" PRIx64, name, v->used, v->now);
        return;
    }
    words_writer(&v->by, by, sizeof(by));
    snprintf(text, bytes,
             "%s at 0x%" PRIx64 " used as 0x%" PRIx64 ", now 0x%" PRIx64 ", replaced by %s", name,
             v->entry, v->used, v->now, by);
}

void legality_iommu_tell(const struct legality_iommu_verdict *v, char *text, size_t bytes)
{
    const char *word = legality_word_name(v->word);
    char step[220] = "";

    if (v->replaced)
        tell_step(v, step, sizeof(step));
    switch (v->word) {
    case LEGALITY_STALE:
        snprintf(text, bytes,
                 "%s: %s; \"%s\" (source-id 0x%x, DID 0x%x) would have removed it (%s)", word,
                 v->replaced ? step : "a fault of before", v->rule, v->sid, v->did, v->section);
        break;
    case LEGALITY_ILLEGAL:
        snprintf(text, bytes, "%s: %s (%s): %s%s%s", word, v->rule, v->section, v->what,
                 v->replaced ? "; " : "", step);
        break;
    case LEGALITY_UNJUDGED:
        snprintf(text, bytes, "%s: %s", word, v->what);
        break;
    case LEGALITY_FRESH:
    case LEGALITY_WORDS:
        snprintf(text, bytes, "%s", word);
        break;
    }
}
