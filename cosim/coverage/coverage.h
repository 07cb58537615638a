// SPDX-License-Identifier: Apache-2.0
// Functional coverage: what the RTL has done, by its records, counted in bins that are products of
// named axes. Groups are data (groups.c) with the manual's section; combinations that cannot come
// are no bins. A run adds its counts to a file, files are merged by adding. docs/coverage-bins.md.
#ifndef RW_COVERAGE_H
#define RW_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record_fields.h"

#define COVERAGE_AXES 4

struct coverage_axis {
    const char *name;
    const char *const *values;
    unsigned count;
};

struct coverage_group {
    const char *name, *section; /* section: of the manual that speaks of it */
    struct coverage_axis axis[COVERAGE_AXES];
    unsigned axes;
    bool (*possible)(const unsigned *at); /* by value on each axis; NULL: every combination */
};

extern const struct coverage_group coverage_groups[];
extern const unsigned coverage_group_count;
/* Bins of a group, possible or not, and the values of one. */
unsigned coverage_size(const struct coverage_group *g);
void coverage_values(const struct coverage_group *g, unsigned bin, unsigned at[COVERAGE_AXES]);
bool coverage_possible(const struct coverage_group *g, unsigned bin);

struct coverage; /* opaque */

struct coverage *coverage_create(void);
void coverage_destroy(struct coverage *c);
/* The registers by which translations go from now on; in a run they come with the records. */
void coverage_paging(struct coverage *c, uint64_t cr0, uint64_t cr4, uint64_t efer);
/* A record of the RTL's. */
void coverage_record(struct coverage *c, const struct record_type *t, const void *record);
uint64_t coverage_count(const struct coverage *c, unsigned group, unsigned bin);

/* Adds what a file has. A file that is not there is empty where `may_lack`. False: one line in
 * error. */
bool coverage_load(struct coverage *c, const char *path, bool may_lack, char *error,
                   size_t error_bytes);
/* Written beside it and renamed, so that a file is whole or as it was. */
bool coverage_save(const struct coverage *c, const char *path, char *error, size_t error_bytes);
/* Both, under a lock: what several runs at once count is added up. */
bool coverage_add_to(struct coverage *c, const char *path, char *error, size_t error_bytes);

/* --- between the files of this folder --- */

enum coverage_group_number {
    COVER_TRANSLATION,
    COVER_CACHE,
    COVER_ENTRY,
    COVER_EVENT,
    COVER_SEQUEL,
    COVER_BOUNDARY,
    COVER_INVALIDATION,
    COVER_BUS,
    COVER_DMA,
    COVER_DMA_FAULT,
    COVER_REGISTER,
    COVER_DESCRIPTOR,
    COVER_UNIT,
    COVERAGE_GROUPS
};

#endif
