// SPDX-License-Identifier: Apache-2.0
// One instruction as text, by Zydis.
#ifndef RW_DISASM_H
#define RW_DISASM_H

#include <stddef.h>
#include <stdint.h>

/* mode as in the retire record; out holds "(bad)" when the bytes are no instruction. Its length, or
 * 0. */
unsigned disasm(char *out, size_t out_bytes, const uint8_t *bytes, size_t len, uint64_t rip,
                unsigned mode);

#endif
