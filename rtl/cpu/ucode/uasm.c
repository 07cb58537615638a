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
 * of uasm_tables.c own the format.
 */
#include "uasm.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
