// SPDX-License-Identifier: Apache-2.0
// The judge from outside: one ring-3 instruction at a time on the host's own processor and on the
// golden model. What a trial is, where its memory stands, and the parts that handle it:
//   gen.c, random_bytes.c   bytes of an instruction      law.c        what may be tried; undefined
//   aim.c                   registers and memory         host.c       the processor, by ptrace
//   guest.c                 the model                    compare.c    the judgement
//   permitted.c             where makers differ          undefined.c  what this host was seen to do
//   personality.c           whose undefined results this host has
//   ldt.c                   segments that end early or are not present
//   drawn.c                 which instructions the cases are
#ifndef RW_ORACLE_H
#define RW_ORACLE_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ringwalk.h"
#include "rng.h"

/* --- memory: six pages, the same linear addresses in the child and in the model --- */
enum { PAGE = 4096, DATA_PAGES = 4, CODE_PAGES = 2, PAGES = DATA_PAGES + CODE_PAGES };

#define LOW_DATA  UINT64_C(0x20000000)     /* three pages RW NX, then one read-only; then nothing */
#define LOW_CODE  UINT64_C(0x20008000)     /* two pages, read and execute; then nothing */
#define HIGH_DATA UINT64_C(0x700000000000) /* the data pages a second time */

/* The byte of PAGES consecutive pages that stands at va; NULL where nothing is mapped. */
uint8_t *memory_at(uint8_t *pages, uint64_t va);

/* --- processor state as ring 3 sees it --- */
enum gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, GPRS = 16 };

#define FL_CF     UINT64_C(0x0001)
#define FL_ONE    UINT64_C(0x0002)
#define FL_PF     UINT64_C(0x0004)
#define FL_AF     UINT64_C(0x0010)
#define FL_ZF     UINT64_C(0x0040)
#define FL_SF     UINT64_C(0x0080)
#define FL_TF     UINT64_C(0x0100)
#define FL_IF     UINT64_C(0x0200)
#define FL_DF     UINT64_C(0x0400)
#define FL_OF     UINT64_C(0x0800)
#define FL_NT     UINT64_C(0x4000)
#define FL_RF     UINT64_C(0x10000)
#define FL_AC     UINT64_C(0x40000)
#define FL_ID     UINT64_C(0x200000)
#define FL_STATUS (FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF)

struct regs {
    uint64_t gpr[GPRS];
    uint64_t rip, rflags, fs_base, gs_base;
    uint16_t sel[SEG_GS + 1]; /* by enum rec_seg */
};

#define SEL_USER32 0x23
#define SEL_USERDS 0x2b
#define SEL_USER64 0x33

/* --- ldt.c: entries of the local descriptor table, on both sides --- */
enum ldt_number {
    LDT_SHORT, /* data that ends with the second data page */
    LDT_DOWN,  /* data above the first one, expand-down */
    LDT_READ,  /* read-only */
    LDT_ABSENT,
    LDT_CODE,    /* ends with the first code page */
    LDT_EXECUTE, /* not readable */
    LDT_CODE_ABSENT,
    LDT_CONFORMING_ABSENT,
    LDT_BYTES,    /* of LOW_DATA, a limit in bytes */
    LDT_STACK_16, /* of LOW_DATA, B = 0 */
    LDT_CODE_16,
    LDT_ROWS
};

#define SEL_LDT(n) ((uint16_t)((n) << 3 | 7))

static inline bool is_ldt(uint16_t selector)
{
    return (selector & 4) && selector >> 3 < LDT_ROWS;
}

/* Of the process that calls it; false: this kernel has no modify_ldt. */
bool ldt_install(void);
void ldt_write(uint8_t *table);
/* As if it had been loaded, but for the base. */
struct rec_seg_state ldt_segment(uint16_t selector, uint64_t base);
uint32_t ldt_base(uint16_t selector);

/* After one step. vector -1: the instruction completed. The host knows a signal where the model
 * knows a vector; compare.c matches them. */
struct outcome {
    struct regs regs;
    int vector;          /* model */
    uint32_t error_code; /* model */
    int signo, code;     /* host */
    uint64_t address;    /* CR2 of the model's #PF; si_addr of the host's signal */
};

/* --- one trial --- */
struct law;

struct trial {
    uint64_t index;
    bool compat;
    uint8_t bytes[ZYDIS_MAX_INSTRUCTION_LENGTH];
    uint8_t given; /* bytes that mean something */
    bool decoded;  /* by Zydis; if not, an invalid opcode or an instruction too long */
    ZyanStatus status;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    const struct law *law; /* NULL unless decoded */
    struct regs start;
};

static inline uint8_t trial_len(const struct trial *t)
{
    return t->decoded ? t->insn.length : t->given;
}

/* --- law.c: the model's instructions, and what the SDM leaves undefined --- */
enum undefined_row {
    U_NONE,
    U_LOGIC,
    U_SHIFT_1,
    U_SHL_N,
    U_SHR_N,
    U_SAR_N,
    U_SHL_SIZE,
    U_SHR_SIZE,
    U_ROL_N,
    U_ROR_N,
    U_RCL_N,
    U_RCR_N,
    U_SHXD_1,
    U_SHLD_N,
    U_SHRD_N,
    U_SHLD_16,
    U_SHRD_16,
    U_MUL,
    U_IMUL,
    U_DIV,
    U_IDIV,
    U_BSX_ZERO,
    U_BSX,
    U_LZCNT,
    U_BT,
    U_BSWAP_16,
    U_AAA,
    U_DAA,
    U_AAM,
    U_ROWS
};

enum law_kind { L_PLAIN, L_TIME, L_CPUID, L_UMIP };

struct law {
    ZydisMnemonic mnemonic;
    enum law_kind kind;
    enum undefined_row family; /* the row for the plainest case of the instruction */
};

struct undefined {
    enum undefined_row row;
    uint64_t flags;
    uint16_t gprs;       /* registers not compared: one bit each */
    bool dest;           /* the destination is undefined */
    uint64_t dest_va;    /* memory destination of dest_bytes; 0: a register, in gprs */
    unsigned dest_bytes; /* 0: none */
};

const struct law *law_of(ZydisMnemonic mnemonic);
/* Decode t->bytes and say whether the trial may be made (outside the model's list: false). */
bool law_admits(struct trial *t);
/* Is the byte a prefix in the trial's mode? */
bool trial_prefix(const struct trial *t, uint8_t byte);
/* The first byte behind the prefixes; two more follow it. */
const uint8_t *trial_opcode(const struct trial *t);
/* For an instruction that completed with these flags. */
struct undefined law_undefined(const struct trial *t, uint64_t flags_after);
const char *undefined_row_name(enum undefined_row row);
bool operand_is_gpr(const ZydisDecodedOperand *op, unsigned *gpr);
uint64_t operand_address(const struct trial *t, const ZydisDecodedOperand *op);

/* --- gen.c, random_bytes.c, aim.c --- */
struct row;

unsigned gen_rows(void);
const char *gen_row_name(unsigned row);
void gen_row_print(unsigned row);
bool gen_row_in_mode(unsigned row, bool compat);
bool gen_row_rare(unsigned row);
/* Bytes of an instruction of the row. */
void gen_bytes(struct trial *t, unsigned row, struct rng *r);
void random_bytes(struct trial *t, struct rng *r);
/* Place the instruction, point its operands at memory, fill registers and memory. */
void aim(struct trial *t, uint8_t *pages, struct rng *r);

/* --- host.c --- */
struct host;

struct host *host_create(const char **why);
void host_destroy(struct host *h);
uint8_t *host_pages(struct host *h);
bool host_is_amd(const struct host *h);
uint32_t host_tsc_aux(const struct host *h);
/* False: the child is gone. */
bool host_step(struct host *h, const struct regs *start, struct outcome *out);

/* --- guest.c --- */
struct guest;

struct guest *guest_create(uint32_t tsc_aux, enum rw_undefined undefined);
void guest_destroy(struct guest *g);
uint8_t *guest_pages(struct guest *g);
void guest_step(struct guest *g, const struct regs *start, struct outcome *out);

/* --- personality.c --- */
/* The personality that was measured on this host's processor; false: it is another one. */
bool host_personality(enum rw_undefined *undefined);

/* --- compare.c --- */
struct diff {
    char field[32];
    uint64_t host, model;
};

struct pair {
    const struct outcome *host, *model;
    const uint8_t *host_pages, *model_pages;
};

/* True: they differ; *d is the first field. */
bool compare(const struct trial *t, const struct pair *p, const struct undefined *u,
             struct diff *d);
bool outcome_faulted(const struct outcome *host);

/* --- permitted.c --- */
enum { PERMITTED_MAX = 32 };

/* The row that explains the difference on this host, or -1. */
int permitted(const struct trial *t, const struct pair *p, bool amd);
unsigned permitted_rows(void);
const char *permitted_name(unsigned row);
const char *permitted_source(unsigned row);

/* --- undefined.c --- */
struct seen {
    uint64_t cases, as_model, unchanged, zero, one;
};

struct sightings {
    struct seen flag[U_ROWS][6], value[U_ROWS];
};

void undefined_note(struct sightings *s, const struct trial *t, const struct pair *p,
                    const struct undefined *u);
void undefined_print(const struct sightings *s);

#endif
