// SPDX-License-Identifier: Apache-2.0
// See the header. A register is a row: where its value lies in struct gdb_values.
#include "gdb_registers.h"

#include <string.h>

#include "system_words.h"

enum feature { CORE, SEGMENTS, SYSTEM, MSR, PLACE, FEATURES };
enum program { BOTH, WIDE, NARROW }; /* 64-bit, 32-bit */

struct row {
    enum feature feature;
    enum program program;
    const char *name;
    unsigned bytes; /* as gdb has it; in the state it may be longer */
    size_t at;      /* NOWHERE: not available */
    unsigned size;  /* in the state */
    const char *type;
};

#define NOWHERE SIZE_MAX

#define AT(member)                 offsetof(struct gdb_values, member)
#define SIZE(member)               (unsigned)sizeof(((struct gdb_values *)0)->member)
#define FROM(member)               AT(member), SIZE(member)
#define GPR(n)                     AT(state.regs.gpr) + 8 * (n), 8
#define X87(name)                  CORE, BOTH, name, 10, NOWHERE, 0, "i387_ext"
#define X87_CONTROL(name)          CORE, BOTH, name, 4, NOWHERE, 0, "int"
#define SELECTOR(name, n)          CORE, BOTH, name, 4, FROM(state.sys.seg[n].selector), "int32"
#define OWN(feature, member, name) feature, BOTH, name, 8, FROM(member), "uint64"
#define SYS(name)                  OWN(SYSTEM, state.sys.name, #name)
#define FLAGS(name)                SYSTEM, BOTH, #name, 8, FROM(state.sys.name), "rw_" #name
#define MSR_ROW(name)              OWN(MSR, state.sys.name, #name)

static const struct row rows[] = {
    {CORE, WIDE, "rax", 8, GPR(0), "int64"},
    {CORE, WIDE, "rbx", 8, GPR(3), "int64"},
    {CORE, WIDE, "rcx", 8, GPR(1), "int64"},
    {CORE, WIDE, "rdx", 8, GPR(2), "int64"},
    {CORE, WIDE, "rsi", 8, GPR(6), "int64"},
    {CORE, WIDE, "rdi", 8, GPR(7), "int64"},
    {CORE, WIDE, "rbp", 8, GPR(5), "data_ptr"},
    {CORE, WIDE, "rsp", 8, GPR(4), "data_ptr"},
    {CORE, WIDE, "r8", 8, GPR(8), "int64"},
    {CORE, WIDE, "r9", 8, GPR(9), "int64"},
    {CORE, WIDE, "r10", 8, GPR(10), "int64"},
    {CORE, WIDE, "r11", 8, GPR(11), "int64"},
    {CORE, WIDE, "r12", 8, GPR(12), "int64"},
    {CORE, WIDE, "r13", 8, GPR(13), "int64"},
    {CORE, WIDE, "r14", 8, GPR(14), "int64"},
    {CORE, WIDE, "r15", 8, GPR(15), "int64"},
    {CORE, WIDE, "rip", 8, FROM(state.regs.rip), "code_ptr"},
    {CORE, NARROW, "eax", 4, GPR(0), "int32"},
    {CORE, NARROW, "ecx", 4, GPR(1), "int32"},
    {CORE, NARROW, "edx", 4, GPR(2), "int32"},
    {CORE, NARROW, "ebx", 4, GPR(3), "int32"},
    {CORE, NARROW, "esp", 4, GPR(4), "data_ptr"},
    {CORE, NARROW, "ebp", 4, GPR(5), "data_ptr"},
    {CORE, NARROW, "esi", 4, GPR(6), "int32"},
    {CORE, NARROW, "edi", 4, GPR(7), "int32"},
    {CORE, NARROW, "eip", 4, FROM(state.regs.rip), "code_ptr"},
    {CORE, BOTH, "eflags", 4, FROM(state.regs.rflags), "rw_eflags"},
    {SELECTOR("cs", SEG_CS)},
    {SELECTOR("ss", SEG_SS)},
    {SELECTOR("ds", SEG_DS)},
    {SELECTOR("es", SEG_ES)},
    {SELECTOR("fs", SEG_FS)},
    {SELECTOR("gs", SEG_GS)},
    {X87("st0")},
    {X87("st1")},
    {X87("st2")},
    {X87("st3")},
    {X87("st4")},
    {X87("st5")},
    {X87("st6")},
    {X87("st7")},
    {X87_CONTROL("fctrl")},
    {X87_CONTROL("fstat")},
    {X87_CONTROL("ftag")},
    {X87_CONTROL("fiseg")},
    {X87_CONTROL("fioff")},
    {X87_CONTROL("foseg")},
    {X87_CONTROL("fooff")},
    {X87_CONTROL("fop")},
    {SEGMENTS, WIDE, "fs_base", 8, FROM(state.sys.seg[SEG_FS].base), "int"},
    {SEGMENTS, WIDE, "gs_base", 8, FROM(state.sys.seg[SEG_GS].base), "int"},
    {FLAGS(cr0)},
    {OWN(SYSTEM, state.regs.cr2, "cr2")},
    {SYS(cr3)},
    {FLAGS(cr4)},
    {FLAGS(efer)},
    {OWN(SYSTEM, state.regs.cpl, "cpl")},
    {OWN(SYSTEM, state.sys.dr[0], "dr0")},
    {OWN(SYSTEM, state.sys.dr[1], "dr1")},
    {OWN(SYSTEM, state.sys.dr[2], "dr2")},
    {OWN(SYSTEM, state.sys.dr[3], "dr3")},
    {SYS(dr6)},
    {SYS(dr7)},
    {SYS(gdtr_base)},
    {SYS(gdtr_limit)},
    {SYS(idtr_base)},
    {SYS(idtr_limit)},
    {OWN(SYSTEM, state.sys.seg[SEG_LDTR].selector, "ldtr")},
    {OWN(SYSTEM, state.sys.seg[SEG_LDTR].base, "ldtr_base")},
    {OWN(SYSTEM, state.sys.seg[SEG_LDTR].limit, "ldtr_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_TR].selector, "tr")},
    {OWN(SYSTEM, state.sys.seg[SEG_TR].base, "tr_base")},
    {OWN(SYSTEM, state.sys.seg[SEG_TR].limit, "tr_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_CS].base, "cs_base")},
    {OWN(SYSTEM, state.sys.seg[SEG_CS].limit, "cs_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_CS].attr, "cs_attr")},
    {OWN(SYSTEM, state.sys.seg[SEG_SS].base, "ss_base")},
    {OWN(SYSTEM, state.sys.seg[SEG_SS].limit, "ss_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_SS].attr, "ss_attr")},
    {OWN(SYSTEM, state.sys.seg[SEG_DS].base, "ds_base")},
    {OWN(SYSTEM, state.sys.seg[SEG_DS].limit, "ds_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_DS].attr, "ds_attr")},
    {OWN(SYSTEM, state.sys.seg[SEG_ES].base, "es_base")},
    {OWN(SYSTEM, state.sys.seg[SEG_ES].limit, "es_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_ES].attr, "es_attr")},
    {SYSTEM, NARROW, "fs_base", 8, FROM(state.sys.seg[SEG_FS].base), "uint64"},
    {OWN(SYSTEM, state.sys.seg[SEG_FS].limit, "fs_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_FS].attr, "fs_attr")},
    {SYSTEM, NARROW, "gs_base", 8, FROM(state.sys.seg[SEG_GS].base), "uint64"},
    {OWN(SYSTEM, state.sys.seg[SEG_GS].limit, "gs_limit")},
    {OWN(SYSTEM, state.sys.seg[SEG_GS].attr, "gs_attr")},
    {OWN(SYSTEM, state.sys.pdpte[0], "pdpte0")},
    {OWN(SYSTEM, state.sys.pdpte[1], "pdpte1")},
    {OWN(SYSTEM, state.sys.pdpte[2], "pdpte2")},
    {OWN(SYSTEM, state.sys.pdpte[3], "pdpte3")},
    {MSR_ROW(star)},
    {MSR_ROW(lstar)},
    {MSR_ROW(cstar)},
    {MSR_ROW(fmask)},
    {MSR_ROW(kernel_gs_base)},
    {MSR_ROW(sysenter_cs)},
    {MSR_ROW(sysenter_esp)},
    {MSR_ROW(sysenter_eip)},
    {MSR_ROW(pat)},
    {MSR_ROW(apic_base)},
    {MSR_ROW(misc_enable)},
    {MSR_ROW(tsc_aux)},
    {MSR_ROW(tsc_adjust)},
    {MSR_ROW(pkrs)},
    {MSR_ROW(pkru)},
    {MSR_ROW(mtrr_def_type)},
    {OWN(PLACE, retirements, "retirements")},
    {OWN(PLACE, cycle, "cycle")},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is_there(const struct row *r, bool wide)
{
    return r->program == BOTH || (r->program == WIDE) == wide;
}

unsigned gdb_registers(bool wide)
{
    unsigned n = 0;

    for (size_t i = 0; i < ROWS; i++)
        n += is_there(&rows[i], wide);
    return n;
}

static const struct row *row_of(bool wide, unsigned n)
{
    for (size_t i = 0; i < ROWS; i++)
        if (is_there(&rows[i], wide) && n-- == 0)
            return &rows[i];
    return NULL;
}

bool gdb_register(FILE *out, bool wide, unsigned n, const struct gdb_values *v)
{
    const struct row *r = row_of(wide, n);

    if (r == NULL)
        return false;
    for (unsigned i = 0; i < r->bytes; i++) {
        if (r->at == NOWHERE)
            fputs("xx", out);
        else
            fprintf(out, "%02x", i < r->size ? ((const uint8_t *)v)[r->at + i] : 0);
    }
    return true;
}

/* --- the description --- */

static void describe_flags(FILE *out, const char *id, unsigned bytes, const struct bit_word *words)
{
    fprintf(out, "<flags id=\"%s\" size=\"%u\">", id, bytes);
    for (; words->name != NULL; words++)
        fprintf(out, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", words->name, words->low,
                words->low + words->bits - 1);
    fputs("</flags>\n", out);
}

void gdb_describe(FILE *out, bool wide)
{
    static const char *const names[FEATURES] = {"org.gnu.gdb.i386.core",
                                                "org.gnu.gdb.i386.segments", "org.ringwalk.system",
                                                "org.ringwalk.msr", "org.ringwalk.place"};

    fprintf(out,
            "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target "
            "version=\"1.0\"><architecture>%s</architecture>\n",
            wide ? "i386:x86-64" : "i386");
    for (unsigned f = 0; f < FEATURES; f++) {
        if (f == SEGMENTS && !wide)
            continue;
        fprintf(out, "<feature name=\"%s\">\n", names[f]);
        if (f == CORE)
            describe_flags(out, "rw_eflags", 4, words_rflags);
        if (f == SYSTEM) {
            describe_flags(out, "rw_cr0", 8, words_cr0);
            describe_flags(out, "rw_cr4", 8, words_cr4);
            describe_flags(out, "rw_efer", 8, words_efer);
        }
        for (size_t i = 0; i < ROWS; i++)
            if (rows[i].feature == f && is_there(&rows[i], wide))
                fprintf(out, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>\n", rows[i].name,
                        8 * rows[i].bytes, rows[i].type);
        fputs("</feature>\n", out);
    }
    fputs("</target>\n", out);
}
