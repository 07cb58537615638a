// SPDX-License-Identifier: Apache-2.0
// --start: registers that a run begins with in place of the loader's. docs/cpu.md "State at start".
#ifndef RW_START_OPTION_H
#define RW_START_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ringwalk.h"

enum start_register {
    START_RIP,
    START_RAX,
    START_RBX,
    START_RSI,
    START_RSP,
    START_CR3, /* of an image that starts in long mode */
    START_REGISTERS
};

struct start_values {
    unsigned given; /* bit n: value[n] counts */
    uint64_t value[START_REGISTERS];
};

/* list: REGISTER=NUMBER with commas between. False with one line in error. */
bool start_option(const char *list, struct start_values *s, char *error, size_t error_bytes);

/* On top of what the loader chose. False with one line in error for a value that the mode of the
 * image has no register for. */
bool start_apply(const struct start_values *s, struct rw_boot *boot, char *error,
                 size_t error_bytes);

#endif
