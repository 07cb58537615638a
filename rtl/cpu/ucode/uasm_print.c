/* SPDX-License-Identifier: Apache-2.0
 * The files that the microcode assembler writes. */
#include "uasm.h"

#include <ctype.h>
#include <string.h>

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

void print_pkg(FILE *f, const struct assembler *as)
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

void print_rom(FILE *f, const struct assembler *as)
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
void print_words(FILE *f, const struct assembler *as)
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
