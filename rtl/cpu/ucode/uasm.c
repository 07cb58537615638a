/* SPDX-License-Identifier: Apache-2.0
 * Microcode assembler: text (.uc) to ucode_pkg.sv (format, enums, labels), ucode_rom.sv (words) and
 * ucode_words.c (each word as text, for the harness).
 *
 *   uasm -o OUT_DIR -c CONSTANTS.sv a.uc b.uc ...
 *
 * A line is   [label:] [op[.mod]... [operand, ...]] [; clause]     and '#' begins a comment.
 * An ALU op takes "dst, a, b"; a memory op is "ld.size dst, seg:reg+const" or
 * "st.size seg:reg+const, b"; a clause is "jCOND label", "callCOND label", "retCOND", "endCOND" or
 * "moreCOND" (COND may be empty). A number is 12, 0x12, the Name of a "localparam type Name =
 * value;" of CONSTANTS.sv, or the mask [A|B] of the bits with those numbers; ~ and - before it. No
 * path through calls may be deeper than CONSTANTS.sv's UcodeReturnDepth: that is proved. The tables
 * below own the format: the enumerations in ucode_pkg.sv are printed from them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_WORDS = 2048,
    MAX_LABELS = 1024,
    MAX_CONSTS = 256,
    MAX_NAMED = 512,
    NAME_LEN = 40,
    LINE_LEN = 400,
    TEXT_LEN = 120
};

/* Operations other than ALU ones. */
static const char *const op_names[] = {
    "alu",       "ld",     "st",     "strmw", "mulu",     "muls",    "divu",    "divs",
    "jmp",       "jmpf",   "fault",  "segld", "segld_hi", "segnull", "segmov",  "flush",
    "serialise", "rdtsc",  "shadow", "hlt",   "softint",  "chkw",    "nmidone", "segdrop",
    "jcc",       "jmpraw", "pdpte",  "nop",   NULL,
};

static const char *const alu_names[] = {
    "add",  "or",     "adc",   "sbb",  "and",   "sub",    "xor",   "cmp", /* as in ModRM.reg of
                                                                             group 1 */
    "rol",  "ror",    "rcl",   "rcr",  "shl",   "shr",    "sal",   "sar", /* as in ModRM.reg of
                                                                             group 2 */
    "bt",   "bts",    "btr",   "btc", /* as in ModRM.reg[1:0] of group 8 */
    "test", "not",    "neg",   "inc",  "dec",   "mov",    "movz",  "movs",  "bswap",
    "shld", "shrd",   "bsf",   "bsr",  "lzcnt", "popcnt", "setcc", "selcc", "dec_op",
    "sxhi", "bitoff", "swapb", "adcx", "adox",  NULL,
};

static const char *const reg_names[] = {
    "rax",   "rcx",   "rdx",   "rbx",   "rsp",    "rbp",    "rsi",  "rdi",    "r8",     "r9",
    "r10",   "r11",   "r12",   "r13",   "r14",    "r15",    "t0",   "t1",     "t2",     "t3",
    "t4",    "t5",    "t6",    "t7",    "t8",     "t9",     "t10",  "t11",    "t12",    "t13",
    "t14",   "t15",   "none",  "reg",   "rm",     "imm",    "imm2", "k",      "ea",     "rip",
    "nrip",  "relt",  "flags", "osb",   "step",   "evec",   "eerr", "pflags", "prip",   "cpl",
    "tcpl",  "sserr", "gsb",   "ldhi",  "mdhi",   "wdhi",   "cr0",  "cr2",    "cr3",    "cr4",
    "efer",  "dr6",   "dr7",   "drn",   "gdtb",   "gdtl",   "idtb", "idtl",   "star",   "lstar",
    "cstar", "fmask", "kgsb",  "syscs", "sysesp", "syseip", "msrv", "pkru",   "tscadj", "tscaux",
    "sbase", "slim",  "ssel",  "sattr", "cpa",    "cpb",    "cpc",  "cpd",    "modreg", NULL,
};

static const char *const size_names[] = {
    "b", "w", "d", "q", "x", "op", "src", "ad", "stk", "nat", "gate", NULL,
};

static const char *const seg_names[] = {
    "es",  "cs",  "ss",   "ds",  "fs",   "gs", "ldtr", "tr", "ncs",
    "nss", "dat", "sreg", "lin", "apic", "io", "nil",  NULL,
};

static const char *const cond_names[] = {
    "",      "z",       "nz",    "c",       "nc",       "s",      "ns",   "l64", "nl64", "lma",
    "nlma",  "cpl0",    "ncpl0", "cpl3",    "mem",      "reg",    "cc",   "ncc", "rep",  "nrep",
    "ok",    "nok",     "canon", "ncanon",  "o16",      "o64",    "no64", "err", "nerr", "soft",
    "nsoft", "nz_repe", "msrok", "canon57", "ncanon57", "bcdsum", NULL,
};

static const char *const ctl_names[] = {"next", "j", "call", "ret", "end", "more", NULL};
enum { CTL_J = 1, CTL_CALL = 2, CTL_RET = 3, CTL_END = 4 };

/* Modifiers of an operation. */
static const char *const mod_names[] = {"f",   "rmw",   "lock", "imp", "push",
                                        "pop", "probe", "room", NULL};
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

static void report(struct assembler *as, const char *what, const char *detail)
{
    fprintf(stderr, "%s:%d: %s%s%s\n", as->file, as->line, what, detail[0] ? ": " : "", detail);
    as->errors++;
}

static int find(const char *const *table, const char *name)
{
    for (int i = 0; table[i] != NULL; i++)
        if (strcmp(table[i], name) == 0)
            return i;
    return -1;
}

static unsigned must_find(struct assembler *as, const char *const *table, const char *name,
                          const char *what)
{
    int i = find(table, name);

    if (i < 0) {
        report(as, what, name);
        return 0;
    }
    return (unsigned)i;
}

static int label_index(struct assembler *as, const char *name)
{
    for (int i = 0; i < as->label_count; i++)
        if (strcmp(as->labels[i].name, name) == 0)
            return i;
    if (as->label_count == MAX_LABELS || strlen(name) >= NAME_LEN) {
        report(as, "too many labels or name too long", name);
        return 0;
    }
    struct label *l = &as->labels[as->label_count];
    memcpy(l->name, name, strlen(name) + 1);
    l->at = -1;
    l->line = as->line;
    l->file = as->file;
    return as->label_count++;
}

static unsigned const_index(struct assembler *as, uint64_t value)
{
    for (int i = 0; i < as->const_count; i++)
        if (as->consts[i] == value)
            return (unsigned)i;
    if (as->const_count == MAX_CONSTS) {
        report(as, "too many constants", "");
        return 0;
    }
    as->consts[as->const_count] = value;
    return (unsigned)as->const_count++;
}

static bool find_named(const struct assembler *as, const char *name, size_t len, uint64_t *out)
{
    for (int i = 0; i < as->named_count; i++)
        if (strlen(as->named[i].name) == len && memcmp(as->named[i].name, name, len) == 0) {
            *out = as->named[i].value;
            return true;
        }
    return false;
}

/* "FlIf|FlTf]": the mask of these bits. */
static bool parse_bits(const struct assembler *as, const char *s, uint64_t *out)
{
    uint64_t bit;

    *out = 0;
    for (;;) {
        size_t n = strcspn(s, "|]");
        if (!find_named(as, s, n, &bit) || bit > 63)
            return false;
        *out |= UINT64_C(1) << bit;
        if (s[n] != '|')
            return strcmp(s + n, "]") == 0;
        s += n + 1;
    }
}

/* "123", "0x12", "-4", "~0x200", "Name", "~[FlIf|FlTf]" */
static bool parse_number(const struct assembler *as, const char *s, uint64_t *out)
{
    bool inv = *s == '~';
    bool neg = *s == '-';
    uint64_t v;
    char *end;

    if (inv || neg)
        s++;
    if (*s == '[') {
        if (!parse_bits(as, s + 1, &v))
            return false;
    } else if (isdigit((unsigned char)*s)) {
        errno = 0;
        v = strtoull(s, &end, 0);
        if (*end != '\0' || errno != 0)
            return false;
    } else if (!find_named(as, s, strlen(s), &v)) {
        return false;
    }
    *out = inv ? ~v : neg ? (uint64_t)0 - v : v;
    return true;
}

/* 12, 64'h3f_7fd5, 8'd4 */
static bool parse_sv_number(const char *s, uint64_t *out)
{
    char digits[NAME_LEN];
    size_t n = 0;
    const char *tick = strchr(s, '\'');
    int base = tick != NULL && tick[1] == 'h' ? 16 : 10;
    char *end;

    for (s = tick != NULL ? tick + 2 : s; *s != ';' && *s != '\0' && n + 1 < sizeof digits; s++)
        if (*s != '_')
            digits[n++] = *s;
    digits[n] = '\0';
    errno = 0;
    *out = strtoull(digits, &end, base);
    return n > 0 && *end == '\0' && errno == 0;
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        s[--n] = '\0';
    return s;
}

static void set_const(struct assembler *as, struct word *w, bool *have, uint64_t value)
{
    unsigned k = const_index(as, value);

    if (*have && w->k != k)
        report(as, "two constants in one word", "");
    w->k = k;
    *have = true;
}

static unsigned parse_reg(struct assembler *as, struct word *w, bool *have_k, char *s)
{
    uint64_t value;
    char *at = strchr(s, '@');

    if (parse_number(as, s, &value)) {
        set_const(as, w, have_k, value);
        return (unsigned)find(reg_names, "k");
    }
    if (at != NULL) {
        *at = '\0';
        w->seg = must_find(as, seg_names, at + 1, "unknown segment");
    }
    if (strcmp(s, "-") == 0)
        return (unsigned)find(reg_names, "none");
    return must_find(as, reg_names, s, "unknown register");
}

/* seg:reg[+const] or seg:reg[-const] */
static void parse_address(struct assembler *as, struct word *w, bool *have_k, char *s)
{
    char *colon = strchr(s, ':');
    uint64_t offset = 0;

    if (colon == NULL) {
        report(as, "address without segment", s);
        return;
    }
    *colon = '\0';
    w->seg = must_find(as, seg_names, trim(s), "unknown segment");
    char *reg = trim(colon + 1);
    char *sign = strpbrk(reg, "+-");
    if (sign != NULL) {
        bool negative = *sign == '-';
        *sign = '\0';
        if (!parse_number(as, trim(sign + 1), &offset))
            report(as, "bad offset", sign + 1);
        if (negative)
            offset = (uint64_t)0 - offset;
    }
    set_const(as, w, have_k, offset);
    w->a = must_find(as, reg_names, trim(reg), "unknown register");
}

static void parse_clause(struct assembler *as, struct word *w, char *s)
{
    char *target = s + strcspn(s, " \t");

    if (*target != '\0')
        *target++ = '\0';
    target = trim(target);
    for (unsigned c = 5; c >= 1; c--) {
        size_t n = strlen(ctl_names[c]);
        if (strncmp(s, ctl_names[c], n) != 0)
            continue;
        int cond = find(cond_names, s + n);
        if (cond < 0)
            continue;
        w->ctl = c;
        w->cond = (unsigned)cond;
        if (c <= 2)
            w->target = label_index(as, target);
        else if (*target != '\0')
            report(as, "clause takes no label", target);
        return;
    }
    report(as, "unknown clause", s);
}

static int split(char *s, char **out, int max)
{
    int n = 0;

    for (char *p = strtok(s, ","); p != NULL; p = strtok(NULL, ",")) {
        if (n == max)
            return -1;
        out[n++] = trim(p);
    }
    return n;
}

static void parse_op(struct assembler *as, struct word *w, char *s)
{
    char *operands = s + strcspn(s, " \t");
    char *arg[3];
    bool have_k = false;

    if (*operands != '\0')
        *operands++ = '\0';
    char *mods = strchr(s, '.');
    if (mods != NULL)
        *mods++ = '\0';
    int op = find(op_names, s);
    if (op < 0 || strcmp(s, "alu") == 0) {
        op = 0;
        w->alu = must_find(as, alu_names, strcmp(s, "alu") == 0 ? "dec_op" : s, "unknown op");
    }
    w->op = (unsigned)op;
    for (char *m = mods == NULL ? NULL : strtok(mods, "."); m != NULL; m = strtok(NULL, ".")) {
        int sz = find(size_names, m);
        if (sz >= 0)
            w->sz = (unsigned)sz;
        else
            w->mods |= 1u << must_find(as, mod_names, m, "unknown modifier");
    }
    int n = split(operands, arg, 3);
    if (n < 0) {
        report(as, "too many operands", "");
        return;
    }
    if (strcmp(s, "ld") == 0 && n == 2) {
        w->dst = parse_reg(as, w, &have_k, arg[0]);
        parse_address(as, w, &have_k, arg[1]);
    } else if (strcmp(s, "st") == 0 && n == 2) {
        parse_address(as, w, &have_k, arg[0]);
        w->b = parse_reg(as, w, &have_k, arg[1]);
    } else if (strcmp(s, "strmw") == 0 && n == 1) {
        w->b = parse_reg(as, w, &have_k, arg[0]);
    } else {
        unsigned *const slot[3] = {&w->dst, &w->a, &w->b};
        for (int i = 0; i < n; i++)
            *slot[i] = parse_reg(as, w, &have_k, arg[i]);
    }
}

/* A word as it stands in the source, its columns closed up. */
static void keep_text(struct word *w, const char *op, const char *clause)
{
    char both[LINE_LEN + 8];
    size_t n = 0;

    snprintf(both, sizeof both, "%s%s%s", op, clause == NULL ? "" : " ; ",
             clause == NULL ? "" : clause);
    for (const char *p = both; *p != '\0' && n + 1 < sizeof w->text; p++)
        if (!isspace((unsigned char)*p))
            w->text[n++] = *p;
        else if (n > 0 && w->text[n - 1] != ' ')
            w->text[n++] = ' ';
    while (n > 0 && w->text[n - 1] == ' ')
        n--;
    w->text[n] = '\0';
}

static void parse_line(struct assembler *as, char *s)
{
    char *hash = strchr(s, '#');
    unsigned none = (unsigned)find(reg_names, "none");
    struct word w = {.target = -1, .dst = none, .a = none, .b = none};

    if (hash != NULL)
        *hash = '\0';
    char *clause = strchr(s, ';');
    if (clause != NULL)
        *clause++ = '\0';
    s = trim(s);
    size_t n = strcspn(s, ": \t");
    if (s[n] == ':' && n > 0 && s[n + 1] != '\0' ? isspace((unsigned char)s[n + 1]) : s[n] == ':') {
        s[n] = '\0';
        struct label *l = &as->labels[label_index(as, s)];
        if (l->at >= 0)
            report(as, "label defined twice", s);
        l->at = as->word_count;
        s = trim(s + n + 1);
    }
    if (*s == '\0' && clause == NULL)
        return;
    keep_text(&w, s, clause);
    w.op = (unsigned)find(op_names, "nop");
    w.sz = (unsigned)find(size_names, "q");
    w.seg = (unsigned)find(seg_names, "nil");
    if (*s != '\0')
        parse_op(as, &w, s);
    if (clause != NULL)
        parse_clause(as, &w, trim(clause));
    if (as->word_count == MAX_WORDS) {
        report(as, "too many words", "");
        return;
    }
    as->words[as->word_count++] = w;
}

static bool parse_file(struct assembler *as, const char *name)
{
    char line[LINE_LEN];
    FILE *f = fopen(name, "r");

    if (f == NULL) {
        perror(name);
        return false;
    }
    as->file = name;
    as->line = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        as->line++;
        parse_line(as, line);
    }
    fclose(f);
    return true;
}

/* The package's lines "localparam type Name = value;"; a value that is no plain number is an error.
 */
static bool parse_constants(struct assembler *as, const char *name)
{
    char line[LINE_LEN];
    FILE *f = fopen(name, "r");

    if (f == NULL) {
        perror(name);
        return false;
    }
    as->file = name;
    as->line = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        as->line++;
        char *s = trim(line);
        if (strncmp(s, "localparam ", 11) != 0)
            continue;
        char *equals = strchr(s, '=');
        if (equals == NULL || as->named_count == MAX_NAMED) {
            report(as, "bad constant, or too many", s);
            continue;
        }
        *equals = '\0';
        char *id = strrchr(trim(s), ' ') + 1;
        struct named *c = &as->named[as->named_count++];
        if (strlen(id) >= NAME_LEN || !parse_sv_number(trim(equals + 1), &c->value))
            report(as, "bad constant", id);
        else
            memcpy(c->name, id, strlen(id) + 1);
    }
    fclose(f);
    return true;
}

/* What the microcode may still push from a word on, in its own frame: depth[w] is the largest over
 * all paths; a call counts one and what its target needs. Recursion grows past any bound. */
static bool grow_depth(const struct assembler *as, int w, int *depth)
{
    const struct word *x = &as->words[w];
    int target = x->target < 0 ? 0 : as->labels[x->target].at;
    bool falls = x->cond != 0 || x->ctl == 0 || x->ctl == CTL_CALL;
    int d = 0;

    if (strcmp(op_names[x->op], "fault") == 0)
        return false;
    if (falls && w + 1 < as->word_count)
        d = depth[w + 1];
    if (x->ctl == CTL_J && depth[target] > d)
        d = depth[target];
    if (x->ctl == CTL_CALL && 1 + depth[target] > d)
        d = 1 + depth[target];
    if (d <= depth[w])
        return false;
    depth[w] = d;
    return true;
}

/* Proves that no path is deeper than the hardware's return stack. */
static void check_depth(struct assembler *as)
{
    static int depth[MAX_WORDS];
    uint64_t hardware;
    bool grown = true;

    if (!find_named(as, "UcodeReturnDepth", strlen("UcodeReturnDepth"), &hardware)) {
        report(as, "no UcodeReturnDepth", "");
        return;
    }
    while (grown) {
        grown = false;
        for (int w = as->word_count - 1; w >= 0; w--) {
            grown = grow_depth(as, w, depth) || grown;
            if (depth[w] <= (int)hardware)
                continue;
            int best = -1;
            for (int j = 0; j < as->label_count; j++)
                if (as->labels[j].at <= w && (best < 0 || as->labels[j].at > as->labels[best].at))
                    best = j;
            report(as, "calls deeper than the return stack", best < 0 ? "" : as->labels[best].name);
            return;
        }
    }
}

/* "alu_rm_r" after prefix "Uc" reads UcAluRmR. */
static void camel(char *out, const char *prefix, const char *name)
{
    bool up = true;

    while (*prefix != '\0')
        *out++ = *prefix++;
    for (; *name != '\0'; name++) {
        if (*name == '_') {
            up = true;
            continue;
        }
        *out++ = up ? (char)toupper((unsigned char)*name) : *name;
        up = false;
    }
    *out = '\0';
}

static void print_enum(FILE *f, const char *type, const char *prefix, int width,
                       const char *const *names)
{
    char text[NAME_LEN * 2];

    fprintf(f, "  typedef enum logic [%d:0] {\n", width - 1);
    for (int i = 0; names[i] != NULL; i++) {
        camel(text, prefix, names[i][0] == '\0' ? "always" : names[i]);
        fprintf(f, "    %s = %d'd%d%s\n", text, width, i, names[i + 1] == NULL ? "" : ",");
    }
    fprintf(f, "  } %s;\n\n", type);
}

/* A label shared by one address appears once: the last one defined there. */
static bool is_shown(const struct assembler *as, int i)
{
    for (int j = i + 1; j < as->label_count; j++)
        if (as->labels[j].at == as->labels[i].at)
            return false;
    return true;
}

static void print_pkg(FILE *f, const struct assembler *as)
{
    char text[NAME_LEN * 2];
    bool first = true;

    fprintf(f, "// SPDX-License-Identifier: Apache-2.0\n"
               "// Written by uasm from rtl/cpu/ucode/*.uc: the format of a microcode word.\n"
               "package ucode_pkg;\n\n");
    print_enum(f, "uop_e", "Op", W_OP, op_names);
    print_enum(f, "alu_e", "Alu", W_ALU, alu_names);
    print_enum(f, "reg_e", "Rg", W_REG, reg_names);
    print_enum(f, "size_e", "Sz", W_SZ, size_names);
    print_enum(f, "seg_e", "Sg", W_SEG, seg_names);
    print_enum(f, "cond_e", "Cn", W_COND, cond_names);
    print_enum(f, "ctl_e", "Ct", W_CTL, ctl_names);
    fprintf(f,
            "  // A label's value is the address of its first word.\n"
            "  typedef enum logic [%d:0] {\n",
            W_TGT - 1);
    for (int i = 0; i < as->label_count; i++) {
        if (!is_shown(as, i))
            continue;
        camel(text, "Uc", as->labels[i].name);
        fprintf(f, "%s    %s = %d'd%d", first ? "" : ",\n", text, W_TGT, as->labels[i].at);
        first = false;
    }
    fprintf(f, "\n  } label_e;\n\n");
    for (int i = 0; i < as->label_count; i++) {
        if (is_shown(as, i))
            continue;
        camel(text, "Uc", as->labels[i].name);
        int j = as->label_count - 1;
        char other[NAME_LEN * 2];
        while (as->labels[j].at != as->labels[i].at)
            j--;
        camel(other, "Uc", as->labels[j].name);
        fprintf(f, "  localparam label_e %s = %s;\n", text, other);
    }
    fprintf(f, "\n  typedef struct packed {\n    uop_e op;\n    alu_e alu;\n    reg_e dst;\n"
               "    reg_e a;\n    reg_e b;\n    size_e sz;\n    seg_e seg;\n");
    for (int i = MOD_COUNT - 1; i >= 0; i--)
        fprintf(f, "    logic m_%s;\n", mod_names[i]);
    fprintf(f,
            "    logic [%d:0] k;  // index of the constant\n    cond_e cond;\n    ctl_e ctl;\n"
            "    logic [%d:0] target;\n  } uop_t;\n\n",
            W_K - 1, W_TGT - 1);
    fprintf(f, "endpackage\n");
}

struct bits {
    uint64_t v[2];
    int n;
};

static void put(struct bits *b, unsigned value, int width)
{
    for (int i = 0; i < width; i++, b->n++)
        b->v[b->n / 64] |= (uint64_t)((value >> i) & 1u) << (b->n % 64);
}

static void print_rom(FILE *f, const struct assembler *as)
{
    const int width =
        W_TGT + W_CTL + W_COND + W_K + W_MOD + W_SEG + W_SZ + 3 * W_REG + W_ALU + W_OP;
    char text[NAME_LEN * 2];

    fprintf(f,
            "// SPDX-License-Identifier: Apache-2.0\n"
            "// Written by uasm from rtl/cpu/ucode/*.uc: microcode words, constants, labels.\n"
            "// Combinational; label_o is the label at or before the address.\n"
            "module ucode_rom\n  import ucode_pkg::*;\n(\n"
            "  input  logic [%d:0] addr_i,\n  output uop_t        uop_o,\n"
            "  output logic [63:0] const_o,\n  output label_e      label_o\n);\n",
            W_TGT - 1);
    fprintf(f, "  localparam logic [%d:0] Words [%d] = '{\n", width - 1, as->word_count);
    for (int i = 0; i < as->word_count; i++) {
        const struct word *w = &as->words[i];
        struct bits b = {{0, 0}, 0};
        put(&b, w->target < 0 ? 0 : (unsigned)as->labels[w->target].at, W_TGT);
        put(&b, w->ctl, W_CTL);
        put(&b, w->cond, W_COND);
        put(&b, w->k, W_K);
        put(&b, w->mods, W_MOD);
        put(&b, w->seg, W_SEG);
        put(&b, w->sz, W_SZ);
        put(&b, w->b, W_REG);
        put(&b, w->a, W_REG);
        put(&b, w->dst, W_REG);
        put(&b, w->alu, W_ALU);
        put(&b, w->op, W_OP);
        fprintf(f, "    %d'h%llx_%016llx%s\n", width, (unsigned long long)b.v[1],
                (unsigned long long)b.v[0], i + 1 == as->word_count ? "" : ",");
    }
    fprintf(f, "  };\n\n  localparam logic [63:0] Consts [%d] = '{\n", MAX_CONSTS);
    for (int i = 0; i < MAX_CONSTS; i++)
        fprintf(f, "    64'h%016llx%s\n", (unsigned long long)as->consts[i],
                i + 1 == MAX_CONSTS ? "" : ",");
    fprintf(f, "  };\n\n  localparam label_e Labels [%d] = '{\n", as->word_count);
    for (int i = 0; i < as->word_count; i++) {
        int best = -1;
        for (int j = 0; j < as->label_count; j++)
            if (as->labels[j].at <= i && (best < 0 || as->labels[j].at >= as->labels[best].at))
                best = j;
        camel(text, "Uc", best < 0 ? "none" : as->labels[best].name);
        fprintf(f, "    %s%s\n", text, i + 1 == as->word_count ? "" : ",");
    }
    fprintf(f,
            "  };\n\n"
            "  logic [%d:0] row;\n"
            "  assign row = addr_i < %d'd%d ? addr_i : '0;\n"
            "  assign uop_o = Words[row];\n  assign const_o = Consts[uop_o.k];\n"
            "  assign label_o = Labels[row];\nendmodule\n",
            W_TGT - 1, W_TGT, as->word_count);
}

/* By address: the label at or before each word, how many words behind it, and what stands there. */
static void print_words(FILE *f, const struct assembler *as)
{
    const char *label = "";
    int from = 0;

    fprintf(f, "// SPDX-License-Identifier: Apache-2.0\n"
               "// Written by uasm from rtl/cpu/ucode/*.uc: the words by address.\n"
               "#include \"ucode_word.h\"\n\n"
               "const struct ucode_word ucode_words[UCODE_WORDS] = {\n");
    for (int i = 0; i < as->word_count; i++) {
        for (int k = 0; k < as->label_count; k++)
            if (as->labels[k].at == i && is_shown(as, k)) {
                label = as->labels[k].name;
                from = i;
            }
        fprintf(f, "    {\"%s\", \"%s\", %d},\n", label, as->words[i].text, i - from);
    }
    fprintf(f, "};\n");
}

static bool write_file(const struct assembler *as, const char *dir, const char *name,
                       void (*print)(FILE *, const struct assembler *))
{
    char path[1024];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        return false;
    }
    print(f, as);
    return fclose(f) == 0;
}

int main(int argc, char **argv)
{
    static struct assembler as;

    if (argc < 6 || strcmp(argv[1], "-o") != 0 || strcmp(argv[3], "-c") != 0) {
        fprintf(stderr, "usage: uasm -o OUT_DIR -c CONSTANTS.sv FILE.uc...\n");
        return 2;
    }
    (void)const_index(&as, 0);
    if (!parse_constants(&as, argv[4]))
        return 1;
    for (int i = 5; i < argc; i++)
        if (!parse_file(&as, argv[i]))
            return 1;
    for (int i = 0; i < as.label_count; i++)
        if (as.labels[i].at < 0) {
            as.file = as.labels[i].file;
            as.line = as.labels[i].line;
            report(&as, "undefined label", as.labels[i].name);
        }
    if (as.errors == 0)
        check_depth(&as);
    if (as.word_count == 0 || as.errors > 0)
        return 1;
    if (!write_file(&as, argv[2], "ucode_pkg.sv", print_pkg) ||
        !write_file(&as, argv[2], "ucode_rom.sv", print_rom) ||
        !write_file(&as, argv[2], "ucode_words.c", print_words))
        return 1;
    return 0;
}
