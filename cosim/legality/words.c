// SPDX-License-Identifier: Apache-2.0
// A verdict in one line.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

const char *legality_word_name(enum legality_word word)
{
    static const char *const names[LEGALITY_WORDS] = {"FRESH", "LEGAL-STALE", "ILLEGAL",
                                                      "UNJUDGED"};

    return names[word];
}

static const char *entry_name(unsigned level)
{
    static const char *const names[] = {"root", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};

    return names[level];
}

void words_writer(const struct legality_writer *by, char *text, size_t bytes)
{
    switch (by->author) {
    case AUTHOR_INSTRUCTION:
        snprintf(text, bytes, "the instruction at 0x%" PRIx64 ", cycle %" PRIu64, by->id,
                 by->cycle);
        break;
    case AUTHOR_WALKER:
        snprintf(text, bytes, "the walker, cycle %" PRIu64, by->cycle);
        break;
    case AUTHOR_SPECULATIVE:
        snprintf(text, bytes, "a speculative walk, cycle %" PRIu64, by->cycle);
        break;
    case AUTHOR_DMA:
        snprintf(text, bytes, "a DMA of %02x:%02x.%x, cycle %" PRIu64,
                 (unsigned)(by->id >> 8 & 255), (unsigned)(by->id >> 3 & 31),
                 (unsigned)(by->id & 7), by->cycle);
        break;
    case AUTHOR_UNIT:
        snprintf(text, bytes, "the remapping unit, cycle %" PRIu64, by->cycle);
        break;
    case AUTHOR_HARNESS:
        snprintf(text, bytes, "the harness, cycle %" PRIu64, by->cycle);
        break;
    }
}

static void tell_entry(const struct legality_verdict *v, char *text, size_t bytes)
{
    char by[80];

    if (!v->replaced) {
        snprintf(text, bytes, "the root 0x%" PRIx64 " of PCID %u", v->used, v->pcid);
        return;
    }
    words_writer(&v->by, by, sizeof(by));
    snprintf(text, bytes,
             "%s at 0x%" PRIx64 " used as 0x%" PRIx64 ", now 0x%" PRIx64 ", replaced by %s",
             entry_name(v->level), v->entry, v->used, v->now, by);
}

static void tell_more(char *text, size_t bytes, const char *more)
{
    size_t used = strlen(text);

    snprintf(text + used, bytes - used, "; %s", more);
}

void legality_tell(const struct legality_verdict *v, char *text, size_t bytes)
{
    const char *word = legality_word_name(v->word);
    char entry[220];

    switch (v->word) {
    case LEGALITY_STALE:
        tell_entry(v, entry, sizeof(entry));
        snprintf(text, bytes,
                 "%s: %s; %s of 0x%" PRIx64 " under PCID %u%s would have removed it (%s)", word,
                 entry, v->rule, v->va, v->pcid, v->global ? " or any" : "", v->section);
        break;
    case LEGALITY_ILLEGAL:
        snprintf(text, bytes, "%s: %s (%s): %s", word, v->rule, v->section, v->what);
        if (v->replaced) {
            tell_entry(v, entry, sizeof(entry));
            tell_more(text, bytes, entry);
        } else if (v->update) {
            snprintf(entry, sizeof(entry), "at 0x%" PRIx64 " 0x%" PRIx64 " became 0x%" PRIx64,
                     v->entry, v->now, v->used);
            tell_more(text, bytes, entry);
        }
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
