// SPDX-License-Identifier: Apache-2.0
// The symbols of a guest program, by name and by address. System V ABI "Symbol Table".
#ifndef RW_SYMBOLS_H
#define RW_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols; /* opaque */

/* Never NULL unless memory is out; a file without symbols, or that is no ELF, has none. */
struct symbols *symbols_open(const char *path);
void symbols_close(struct symbols *s);
bool symbols_value(const struct symbols *s, const char *name, uint64_t *value);
/* A number in C notation, or a symbol, main+0x10. */
bool symbols_place(const struct symbols *s, const char *text, uint64_t *value);
/* "main+0x10" of the symbol at or before an address; empty where there is none. */
void symbols_text(const struct symbols *s, uint64_t address, char *out, size_t bytes);
/* "main.c:12" by its line table (DWARF); empty where there is none. */
void symbols_line(const struct symbols *s, uint64_t address, char *out, size_t bytes);
/* Of an address in its debugging information: 4 or 8; 0: there is none. */
unsigned symbols_address_bytes(const struct symbols *s);

#endif
