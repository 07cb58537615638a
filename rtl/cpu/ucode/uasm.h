/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the microcode assembler share: uasm.c reads and proves, uasm_print.c writes,
 * uasm_tables.c owns the names of the format. */
#ifndef RW_UASM_H
#define RW_UASM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    MAX_WORDS = 2048,
    MAX_LABELS = 1024,
    MAX_CONSTS = 256,
    MAX_NAMED = 512,
    NAME_LEN = 40,
    LINE_LEN = 400,
    TEXT_LEN = 120
};

/* uasm_tables.c: each ends with NULL; a name's place is its number in a word. */
extern const char *const op_names[];
extern const char *const alu_names[];
extern const char *const reg_names[];
extern const char *const size_names[];
extern const char *const seg_names[];
extern const char *const cond_names[];
extern const char *const ctl_names[];
extern const char *const mod_names[];
enum { CTL_J = 1, CTL_CALL = 2, CTL_RET = 3, CTL_END = 4 };
enum { MOD_COUNT = 8 };

/* Fields of a word, from bit 0 up. */
enum {
    W_TGT = 11,
    W_CTL = 3,
    W_COND = 6,
    W_K = 8,
    W_MOD = 8,
    W_SEG = 4,
    W_SZ = 4,
    W_REG = 7,
    W_ALU = 6,
    W_OP = 5
};

struct word {
    unsigned op, alu, dst, a, b, sz, seg, mods, k, cond, ctl;
    int target; /* index of a label, -1 without */
    char text[TEXT_LEN];
};

struct label {
    char name[NAME_LEN];
    int at; /* word, -1 while undefined */
    int line;
    const char *file;
};

/* A constant of the package. */
struct named {
    char name[NAME_LEN];
    uint64_t value;
};

struct assembler {
    struct named named[MAX_NAMED];
    int named_count;
    struct word words[MAX_WORDS];
    int word_count;
    struct label labels[MAX_LABELS];
    int label_count;
    uint64_t consts[MAX_CONSTS];
    int const_count;
    const char *file;
    int line;
    int errors;
};

/* uasm_print.c */
void print_pkg(FILE *f, const struct assembler *as);
void print_rom(FILE *f, const struct assembler *as);
void print_words(FILE *f, const struct assembler *as);

#endif
