// SPDX-License-Identifier: Apache-2.0
// Slots of a fully associative cache. docs/iommu.md I8, I9.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "iommu/iommu_internal.h"

bool slots_init(struct slots *s, unsigned count)
{
    s->count = count;
    s->next = 0;
    s->valid = calloc(count + 1u, sizeof(*s->valid));
    return s->valid != NULL;
}

void slots_free(struct slots *s)
{
    free(s->valid);
}

void slots_reset(struct slots *s)
{
    s->next = 0;
    memset(s->valid, 0, s->count * sizeof(*s->valid));
}

unsigned slots_victim(struct slots *s)
{
    unsigned victim;

    assert(s->count != 0);
    for (unsigned i = 0; i < s->count; i++)
        if (!s->valid[i])
            return i;
    victim = s->next;
    s->next = (s->next + 1) % s->count;
    return victim;
}

unsigned slots_drop(struct slots *s, unsigned i)
{
    unsigned was = s->valid[i] ? 1 : 0;

    s->valid[i] = false;
    return was;
}
