/* SPDX-License-Identifier: Apache-2.0
 * The format of a microcode word by its names: the enumerations in ucode_pkg.sv are printed from
 * these tables. */
#include "uasm.h"

/* Operations other than ALU ones. */
const char *const op_names[] = {
    "alu",       "ld",     "st",     "strmw", "mulu",     "muls",    "divu",    "divs",
    "jmp",       "jmpf",   "fault",  "segld", "segld_hi", "segnull", "segmov",  "flush",
    "serialise", "rdtsc",  "shadow", "hlt",   "softint",  "chkw",    "nmidone", "segdrop",
    "jcc",       "jmpraw", "pdpte",  "nop",   NULL,
};

const char *const alu_names[] = {
    "add",  "or",     "adc",   "sbb",  "and",   "sub",    "xor",   "cmp", /* as in ModRM.reg of
                                                                             group 1 */
    "rol",  "ror",    "rcl",   "rcr",  "shl",   "shr",    "sal",   "sar", /* as in ModRM.reg of
                                                                             group 2 */
    "bt",   "bts",    "btr",   "btc", /* as in ModRM.reg[1:0] of group 8 */
    "test", "not",    "neg",   "inc",  "dec",   "mov",    "movz",  "movs",  "bswap",
    "shld", "shrd",   "bsf",   "bsr",  "lzcnt", "popcnt", "setcc", "selcc", "dec_op",
    "sxhi", "bitoff", "swapb", "adcx", "adox",  NULL,
};

const char *const reg_names[] = {
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

const char *const size_names[] = {
    "b", "w", "d", "q", "x", "op", "src", "ad", "stk", "nat", "gate", NULL,
};

const char *const seg_names[] = {
    "es",  "cs",  "ss",   "ds",  "fs",   "gs", "ldtr", "tr", "ncs",
    "nss", "dat", "sreg", "lin", "apic", "io", "nil",  NULL,
};

const char *const cond_names[] = {
    "",      "z",       "nz",    "c",       "nc",       "s",      "ns",   "l64", "nl64", "lma",
    "nlma",  "cpl0",    "ncpl0", "cpl3",    "mem",      "reg",    "cc",   "ncc", "rep",  "nrep",
    "ok",    "nok",     "canon", "ncanon",  "o16",      "o64",    "no64", "err", "nerr", "soft",
    "nsoft", "nz_repe", "msrok", "canon57", "ncanon57", "bcdsum", NULL,
};

const char *const ctl_names[] = {"next", "j", "call", "ret", "end", "more", NULL};

/* Modifiers of an operation. */
const char *const mod_names[] = {"f", "rmw", "lock", "imp", "push", "pop", "probe", "room", NULL};
