// SPDX-License-Identifier: Apache-2.0
// Which microcode the RTL ran of late: label and cycle of each change, the last UCODE_PAST of them.
// A difference is found up to a batch of records after its cycle (feed.h); this reaches further
// back.
#ifndef RW_UCODE_PAST_H
#define RW_UCODE_PAST_H

#include <stddef.h>
#include <stdint.h>

#define UCODE_PAST 2048 /* a power of two */

struct ucode_past {
    uint64_t count; /* of all changes */
    struct ucode_change {
        uint64_t cycle;
        const char *label; /* of the image's own: equal labels are one pointer */
    } change[UCODE_PAST];
};

static inline void ucode_past_add(struct ucode_past *p, uint64_t cycle, const char *label)
{
    if (p->count == 0 || p->change[(p->count - 1) % UCODE_PAST].label != label)
        p->change[p->count++ % UCODE_PAST] = (struct ucode_change){cycle, label};
}

/* The label that ran in that cycle; NULL: none had, or it is too long ago. */
static inline const char *ucode_past_at(const struct ucode_past *p, uint64_t cycle)
{
    uint64_t kept = p->count < UCODE_PAST ? p->count : UCODE_PAST;

    for (uint64_t i = 1; i <= kept; i++) {
        const struct ucode_change *c = &p->change[(p->count - i) % UCODE_PAST];

        if (c->cycle <= cycle)
            return c->label;
    }
    return NULL;
}

#endif
