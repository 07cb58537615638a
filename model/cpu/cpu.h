// SPDX-License-Identifier: Apache-2.0
// The processor's state and the interfaces between the files of model/cpu.
// SDM Vol. 1 "Basic Execution Environment", Vol. 3A "System Architecture Overview".
#ifndef RW_CPU_H
#define RW_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mmu/mmu.h"
#include "record.h"
#include "ringwalk.h"

enum gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

#define R_ZERO  16 /* reads as zero: no base, no index */
#define R_NEXT  17 /* RIP of the next instruction: base of a RIP-relative operand */
#define R_COUNT 18

#define RFLAGS_CF   UINT64_C(0x000001)
#define RFLAGS_ONE  UINT64_C(0x000002)
#define RFLAGS_PF   UINT64_C(0x000004)
#define RFLAGS_AF   UINT64_C(0x000010)
#define RFLAGS_ZF   UINT64_C(0x000040)
#define RFLAGS_SF   UINT64_C(0x000080)
#define RFLAGS_TF   UINT64_C(0x000100)
#define RFLAGS_IF   UINT64_C(0x000200)
#define RFLAGS_DF   UINT64_C(0x000400)
#define RFLAGS_OF   UINT64_C(0x000800)
#define RFLAGS_IOPL UINT64_C(0x003000)
#define RFLAGS_NT   UINT64_C(0x004000)
#define RFLAGS_RF   UINT64_C(0x010000)
#define RFLAGS_VM   UINT64_C(0x020000)
#define RFLAGS_AC   UINT64_C(0x040000)
#define RFLAGS_VIF  UINT64_C(0x080000)
#define RFLAGS_VIP  UINT64_C(0x100000)
#define RFLAGS_ID   UINT64_C(0x200000)

#define RFLAGS_STATUS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

#define CR0_PE UINT64_C(0x00000001)
#define CR0_MP UINT64_C(0x00000002)
#define CR0_EM UINT64_C(0x00000004)
#define CR0_TS UINT64_C(0x00000008)
#define CR0_ET UINT64_C(0x00000010)
#define CR0_NE UINT64_C(0x00000020)
#define CR0_WP UINT64_C(0x00010000)
#define CR0_AM UINT64_C(0x00040000)
#define CR0_NW UINT64_C(0x20000000)
#define CR0_CD UINT64_C(0x40000000)
#define CR0_PG UINT64_C(0x80000000)

#define CR4_TSD      (UINT64_C(1) << 2)
#define CR4_DE       (UINT64_C(1) << 3)
#define CR4_PSE      (UINT64_C(1) << 4)
#define CR4_PAE      (UINT64_C(1) << 5)
#define CR4_PGE      (UINT64_C(1) << 7)
#define CR4_PCE      (UINT64_C(1) << 8)
#define CR4_UMIP     (UINT64_C(1) << 11)
#define CR4_LA57     (UINT64_C(1) << 12)
#define CR4_FSGSBASE (UINT64_C(1) << 16)
#define CR4_PCIDE    (UINT64_C(1) << 17)
#define CR4_SMEP     (UINT64_C(1) << 20)
#define CR4_SMAP     (UINT64_C(1) << 21)
#define CR4_PKE      (UINT64_C(1) << 22)
#define CR4_PKS      (UINT64_C(1) << 24)

#define EFER_SCE (UINT64_C(1) << 0)
#define EFER_LME (UINT64_C(1) << 8)
#define EFER_LMA (UINT64_C(1) << 10)
#define EFER_NXE (UINT64_C(1) << 11)

#define DR6_B  UINT64_C(0xf)
#define DR6_BD (UINT64_C(1) << 13)
#define DR6_BS (UINT64_C(1) << 14)
#define DR7_GD (UINT64_C(1) << 13)

/* SDM Vol. 3A "Local APIC Status and Location", "x2APIC State Transitions": IA32_APIC_BASE. */
#define APIC_BASE_BSP    (UINT64_C(1) << 8)
#define APIC_BASE_EXTD   (UINT64_C(1) << 10)
#define APIC_BASE_ENABLE (UINT64_C(1) << 11)
#define APIC_BASE_MODE   (APIC_BASE_ENABLE | APIC_BASE_EXTD)
#define APIC_BASE_PAGE   UINT64_C(0xfffffff000)
/* Where the bus has the local APIC, wherever APIC_BASE shows it to programs; docs/cpu.md. */
#define APIC_BUS_PAGE UINT64_C(0xfee00000)
#define APIC_TPR      UINT64_C(0x80)

/* SDM Vol. 4 "Architectural MSRs": IA32_MISC_ENABLE; docs/cpu.md S18. */
#define MISC_LIMIT_CPUID (UINT64_C(1) << 22)
#define MISC_XD_DISABLE  (UINT64_C(1) << 34)
#define MISC_PLAIN       UINT64_C(0x850009) /* 0 3 16 18 23: stored, without effect */
#define MISC_READ_ONLY   UINT64_C(0x1880)   /* 7 11 12 */

/* SDM Vol. 3A "Exception and Interrupt Reference". */
enum vector {
    VEC_DE = 0,
    VEC_DB = 1,
    VEC_NMI = 2,
    VEC_BP = 3,
    VEC_OF = 4,
    VEC_BR = 5,
    VEC_UD = 6,
    VEC_NM = 7,
    VEC_DF = 8,
    VEC_TS = 10,
    VEC_NP = 11,
    VEC_SS = 12,
    VEC_GP = 13,
    VEC_PF = 14,
    VEC_AC = 17
};

/* Everything that the architecture exposes of a fault. */
struct fault {
    uint8_t vector;
    bool has_error;
    uint32_t error;
    uint64_t cr2; /* #PF */
    uint64_t dr6; /* #DB: its causes, bits 3:0, BD, BS */
};

/* What an instruction came to. */
enum exec {
    EXEC_OK,     /* complete */
    EXEC_RAISED, /* cpu->raised says what happens instead; after a fault registers are as before */
    EXEC_REPEAT, /* a REP iteration that is not the last */
    EXEC_HLT,    /* complete, the processor waits */
};

/* What happens instead of the next instruction or at its place, told apart by its kind: an
 * exception, an interrupt, a software interrupt. A VM exit would be one more kind. */
enum event_kind {
    EVENT_EXCEPTION, /* fault: RF is pushed as 1 */
    EVENT_TRAP,      /* #DB after an instruction */
    EVENT_INTERRUPT, /* external */
    EVENT_NMI,
    EVENT_SOFT,          /* INT n, INT3, INTO: gate DPL is checked, EXT = 0 */
    EVENT_SOFT_UNCHECKED /* INT1 */
};

struct event {
    enum event_kind kind;
    struct fault what;
};

struct insn;
struct cpu;
struct decode_cache;
struct undefined_rules;
typedef enum exec (*op_fn)(struct cpu *cpu, const struct insn *in);

#define PFX_LOCK  0x01
#define PFX_REP   0x02 /* F3 */
#define PFX_REPNE 0x04 /* F2 */
#define PFX_66    0x08
#define PFX_REX   0x10
#define PFX_REX_W 0x20
#define PFX_REX_R 0x40

#define REG_HIGH 0x20 /* AH CH DH BH: REG_HIGH | number of the word register */

/* One decoded instruction; a function of its bytes and of the decode mode only (the features are
 * constant). */
struct insn {
    uint64_t raw[2], mask[2]; /* its bytes, and which bytes are its own */
    op_fn op;
    uint64_t imm, disp;
    uint64_t addr_mask; /* from the address size */
    uint8_t len, mode;  /* mode: enum decode_mode */
    uint8_t opcode, map;
    uint8_t size, addr; /* bytes: operand, address */
    uint8_t prefix;
    bool is_mem;
    uint8_t modrm, reg, rm; /* reg, rm: register numbers with REX, byte registers resolved */
    uint8_t base, index, scale, seg;
    uint8_t sub;   /* the row's argument */
    uint16_t imm2; /* far pointer: selector; ENTER: level */
};

enum decode_mode { DECODE_16, DECODE_32, DECODE_64 };

#define DCACHE_LOG2 13
#define QUICK_LOG2  8

/* A page that the data TLB answers without a fault and that is RAM; tag in lsu.h. */
struct quick {
    uint64_t tag;
    uint8_t *host;
};

struct fetch_window {
    bool valid;
    uint64_t la, pa; /* of the page */
    uint8_t *host;   /* NULL: not RAM */
};

/* What the boundary between two instructions remembers. SDM Vol. 3A "Masking Exceptions and
 * Interrupts When Switching Stacks", "Handling Multiple NMIs"; Vol. 3B "Single-Step Exception". */
struct boundary {
    bool nmi_blocked;               /* from the delivery of an NMI to the next IRET */
    bool sti_shadow, mov_ss_shadow; /* of the instruction before */
    bool step_pending;              /* a single-step #DB is still to be delivered */
    uint8_t breakpoints_pending;    /* the same, of DRn: bit n */
    bool in_rep;                    /* cpu->rep is to be continued */
    bool halted, shutdown;
};

/* What the instruction in progress wants of the boundary behind it. */
struct leaving {
    bool step_by_new_tf;            /* SYSCALL, SYSRET: single step by the TF that they leave */
    bool sti_shadow, mov_ss_shadow; /* shadows */
    uint8_t breakpoints;            /* data and port breakpoints that it met: bit n for DRn */
};

/* How far model_run has come: what retired before, the run of decode_cache.h that goes on from rip,
 * or NULL. */
struct run;
struct progress {
    uint64_t before, rip;
    const struct run *run;
};

/* What DR7 enables, by the kind of access that counts: bit n for DRn. */
struct breakpoints {
    uint8_t fetch, read, write, port;
};

struct cpu {
    uint64_t r[R_COUNT]; /* R_ZERO and R_NEXT are not architectural */
    uint64_t rip, rflags;
    uint8_t cpl;
    uint8_t mode; /* enum rec_mode */

    /* Derived from sys by cpu_derive. */
    uint8_t decode_mode;
    uint8_t stack_bytes; /* width of the stack pointer */
    uint64_t la_mask, rip_mask, sp_mask;
    uint64_t la_half;             /* half of the canonical addresses: S14 */
    uint64_t seg_base[SEG_COUNT]; /* what is added to an offset */
    uint64_t rip_limit;           /* code-segment limit; all ones in 64-bit mode */
    uint64_t cs_base;
    struct mmu_ctx mmu_ctx;
    uint64_t apic_page;             /* physical page that loads and stores find the local APIC in */
    bool plain;                     /* no hook looks at single accesses */
    struct breakpoints breakpoints; /* derived by breakpoint_derive */

    struct fetch_window window;
    uint64_t quick_gen, fetch_gen;
    uint64_t quick_key[SEG_COUNT]; /* of tags of accesses through the segment */
    uint64_t data_epoch, code_epoch;
    struct quick quick_read[1 << QUICK_LOG2], quick_write[1 << QUICK_LOG2];
    struct quick quick_fetch[1 << QUICK_LOG2];

    struct event raised; /* EXEC_RAISED */
    struct rw_decision decided;
    uint32_t ext;     /* EXT of the error codes of what is raised: docs/cpu.md V6 */
    bool sys_touched; /* sys may differ from sys_shown */
    struct leaving leaving;

    struct boundary at;
    bool intr_line, stop;
    bool attention; /* the next boundary has something to look at. An instruction in progress only
                     * raises it */
    struct insn rep;
    struct progress progress;

    uint64_t cr2;
    struct rec_sys sys, sys_shown;
    struct rec_retire complete; /* the record of an instruction; what none has stays zero */

    struct mmu mmu;
    struct rw_mem mem;
    struct rw_env env;
    struct rw_cpuid cpuid;                   /* constant; what boot leaves out is filled in */
    const struct undefined_rules *undefined; /* constant */
    struct decode_cache *decoded;            /* NULL: somebody listens to the records */
    struct insn uncached;                    /* an instruction that dcache cannot hold */
    struct insn dcache[1 << DCACHE_LOG2];
};

static inline bool cpu_is_64(const struct cpu *cpu)
{
    return cpu->mode == MODE_64;
}

static inline bool cpu_is_long(const struct cpu *cpu)
{
    return (cpu->sys.efer & EFER_LMA) != 0;
}

static inline unsigned cpu_iopl(const struct cpu *cpu)
{
    return (unsigned)(cpu->rflags >> 12) & 3;
}

/* SDM Vol. 1 "Canonical Addressing"; docs/cpu.md S14: of an access, a fetch, a new RIP. */
static inline bool is_canonical(const struct cpu *cpu, uint64_t va)
{
    return va + cpu->la_half < 2 * cpu->la_half;
}

/* S14: of an address that is loaded into a register, in every paging mode. */
/* As wide as the processor can be, whatever CR4.LA57 is (docs/cpu.md S14). */
static inline bool is_canonical_widest(const struct cpu *cpu, uint64_t va)
{
    unsigned top = cpu->cpuid.away >> RW_LA57 & 1 ? 47 : 56;

    return va + (UINT64_C(1) << top) < UINT64_C(1) << (top + 1);
}

static inline uint64_t size_mask(unsigned bytes)
{
    return ~UINT64_C(0) >> (64 - 8 * bytes);
}

static inline uint64_t sign_extend(uint64_t v, unsigned bytes)
{
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1);

    return ((v & size_mask(bytes)) ^ sign) - sign;
}

/* The local APIC has a window in memory: xAPIC mode. */
static inline bool cpu_apic_window(const struct cpu *cpu)
{
    return (cpu->sys.apic_base & APIC_BASE_MODE) == APIC_BASE_ENABLE;
}

/* model.c */
void record_retire(struct cpu *cpu, struct rec_retire *r); /* the state after it is filled in */
void cpu_derive(struct cpu *cpu);                          /* after any change of sys, cpl */
void cpu_flush(struct cpu *cpu, enum mmu_flush_kind kind, uint64_t va, uint16_t pcid);
/* What an instruction for just that does: the same, and it is told; told alone. */
void cpu_invalidate(struct cpu *cpu, enum mmu_flush_kind kind, struct rw_invalidate i);
void cpu_invalidated(struct cpu *cpu, struct rw_invalidate i);
void cpu_quick_age(struct cpu *cpu);  /* after the MMU was used: what the TLBs lost is forgotten */
void cpu_quick_drop(struct cpu *cpu); /* after a change of what a translation depends on */

/* event.c */
enum exec raise_exception(struct cpu *cpu, struct fault what);
enum exec raise_fault(struct cpu *cpu, enum vector v);
enum exec raise_error(struct cpu *cpu, enum vector v, uint32_t error);
enum exec raise_gp(struct cpu *cpu, uint32_t error);
enum exec raise_ud(struct cpu *cpu);
/* Each remembers who raised it, for whoever asks why (rw_model_ops.decided). */
#define DECIDED(cpu)               ((cpu)->decided = (struct rw_decision){__func__, __FILE__, __LINE__, 0})
#define raise_exception(cpu, ...)  (DECIDED(cpu), (raise_exception)(cpu, __VA_ARGS__))
#define raise_fault(cpu, v)        (DECIDED(cpu), (raise_fault)(cpu, v))
#define raise_error(cpu, v, error) (DECIDED(cpu), (raise_error)(cpu, v, error))
#define raise_gp(cpu, error)       (DECIDED(cpu), (raise_gp)(cpu, error))
#define raise_ud(cpu)              (DECIDED(cpu), (raise_ud)(cpu))
void event_deliver(struct cpu *cpu, const struct event *ev, const struct insn *in);
enum exec op_int(struct cpu *cpu, const struct insn *in);
enum exec op_int3(struct cpu *cpu, const struct insn *in);
enum exec op_int1(struct cpu *cpu, const struct insn *in);
enum exec op_into(struct cpu *cpu, const struct insn *in);

/* exec_arith.c: the flags of CMP. */
void alu_compare(struct cpu *cpu, uint64_t a, uint64_t b, unsigned bytes);

/* decode_fetch.c: the next instruction, fetched and decoded. NULL: cpu->raised. */
const struct insn *cpu_fetch(struct cpu *cpu);

/* cpuid.c, msr.c */
uint64_t cpu_tsc(struct cpu *cpu);
enum exec op_cpuid(struct cpu *cpu, const struct insn *in);
enum exec op_rdmsr(struct cpu *cpu, const struct insn *in);
enum exec op_wrmsr(struct cpu *cpu, const struct insn *in);

#endif
