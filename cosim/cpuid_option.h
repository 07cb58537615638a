// SPDX-License-Identifier: Apache-2.0
// --cpuid: which features the machine has, by name. docs/cpu.md "CPUID", C1 to C3.
#ifndef RW_CPUID_OPTION_H
#define RW_CPUID_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "ringwalk.h"

#define CPUID_HELP_BYTES 512

/* list: "-NAME", "+NAME", "vendor=TWELVE LETTERS", "signature=NUMBER", with commas between; read
 * into cpuid on top of what it holds. What needs a feature that goes, goes too.
 * False with one line in error. */
bool cpuid_option(const char *list, struct rw_cpuid *cpuid, char *error, size_t error_bytes);

/* The features of the mask by name, with blanks between. */
void cpuid_names(uint64_t mask, char *out, size_t out_bytes);

#endif
