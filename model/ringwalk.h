// SPDX-License-Identifier: Apache-2.0
// The golden model's public header: an x86-64 processor with its MMU (model/cpu, model/mmu) that is
// stepped one retirement at a time and says what it did in records (model/record.h).
// docs/cpu.md and docs/mmu.md say which processor.
#ifndef RW_RINGWALK_H
#define RW_RINGWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

/* Features that can be taken away; docs/cpu.md C1 to C3 says what goes with each. */
enum rw_feature {
    RW_DE,
    RW_PSE,
    RW_TSC,
    RW_MSR,
    RW_PAE,
    RW_CX8,
    RW_SEP,
    RW_MTRR,
    RW_PGE,
    RW_CMOV,
    RW_PAT,
    RW_PSE36,
    RW_CLFLUSH,
    RW_CX16,
    RW_PCID,
    RW_MOVBE,
    RW_POPCNT,
    RW_FSGSBASE,
    RW_TSC_ADJUST,
    RW_SMEP,
    RW_INVPCID,
    RW_ADX,
    RW_SMAP,
    RW_CLFLUSHOPT,
    RW_CLWB,
    RW_UMIP,
    RW_PKU,
    RW_LA57,
    RW_RDPID,
    RW_PKS,
    RW_LAHF_LM,
    RW_ABM,
    RW_PREFETCHW,
    RW_SYSCALL,
    RW_NX,
    RW_PDPE1GB,
    RW_RDTSCP,
    RW_LM,
    RW_X2APIC,
    RW_TSC_DEADLINE,
    RW_FEATURES
};

/* What CPUID says of the machine; constant from reset on. All zero: everything is there, and the
 * vendor and signature below. */
struct rw_cpuid {
    uint64_t away;      /* bit n: enum rw_feature n is not there */
    char vendor[12];    /* not ended by 0; "" is RW_VENDOR */
    uint32_t signature; /* EAX of leaf 1; 0 is RW_SIGNATURE */
};

#define RW_VENDOR    "GenuineIntel"
#define RW_SIGNATURE 0x000506e3u

/* What the IOMMU has; constant from reset on. All zero: everything, and 8 fault records. */
struct rw_vtd {
    uint32_t away;         /* bit n: enum iommu_feature n is not there */
    uint8_t fault_records; /* 1 to 8; 0 is 8 */
};

/* Whose are the results that the SDM leaves undefined; docs/cpu.md, the section of that name. */
enum rw_undefined {
    RW_UNDEFINED_RINGWALK,
    RW_UNDEFINED_AMD_25_17,
    RW_UNDEFINED_INTEL_6_158,
    RW_UNDEFINED_COUNT
};

/* State at start; docs/cpu.md "State at start". Same fields as the RTL's boot port. */
struct rw_boot {
    bool long_mode;
    uint64_t rip, rax, rbx, rsi, rsp, cr3;
    struct rw_cpuid cpuid;
    struct rw_vtd vtd;
    enum rw_undefined undefined; /* constant, like cpuid */
};

/* Physical memory: one mapping of RAM bytes from address 0, with the hole 0xA0000-0xBFFFF. What is
 * written to 0xE0000-0xFFFFF is dropped: the firmware's tables lie there. */
struct rw_mem {
    uint8_t *ram;
    uint64_t bytes;
};

static inline bool rw_mem_is_ram(const struct rw_mem *mem, uint64_t pa, unsigned bytes)
{
    return pa + bytes <= mem->bytes && (pa + bytes <= 0xA0000 || pa >= 0xC0000);
}

/* Of RAM: is it kept when it is written? One page, or less. */
static inline bool rw_mem_keeps(uint64_t pa)
{
    return pa < 0xE0000 || pa >= 0x100000;
}

/* One beat: inside one aligned 16-byte block, or a port access. */
struct rw_access {
    uint64_t pa;   /* byte address; the port for BUS_IO */
    uint8_t bytes; /* 1..16 */
    uint8_t src;   /* BUS_FETCH, BUS_WALK, BUS_DATA, BUS_APIC */
    uint8_t flags; /* BUS_WRITE, BUS_IO; BUS_LOCK on each beat of a locked sequence but its last */
    uint8_t data[16]; /* from byte 0: what is written */
};

/* An instruction of the program drops translations: INVLPG, the types of INVPCID, MOV to CR3
 * without and with bit 63 of its operand. What the model's caches lose besides is not told. */
enum rw_invalidation {
    RW_INVLPG,
    RW_INVPCID_0,
    RW_INVPCID_1,
    RW_INVPCID_2,
    RW_INVPCID_3,
    RW_MOV_CR3,
    RW_MOV_CR3_KEEP
};

struct rw_invalidate {
    enum rw_invalidation what;
    uint64_t va;
    uint16_t pcid; /* of INVLPG the current one, of MOV CR3 the new one */
};

/* What the model asks of the world. A NULL hook is not called. Records are emitted only through
 * non-NULL hooks, in the order in which things happen. */
struct rw_env {
    void *ctx;
    /* Before every beat (walk reads and updates, loads, stores, ports), and once per fetched
     * instruction just before its bytes are taken from memory (src BUS_FETCH, pa of the first byte,
     * bytes 1; a second time with the second page's address when it runs over a page).
     * In lockstep it brings memory to the moment of the RTL's beat. */
    void (*before)(void *ctx, const struct rw_access *a);
    /* Beats outside RAM, ports, and the local APIC (src BUS_APIC), one call for one beat. read
     * fills data[0] to data[a->bytes - 1]; what is written stands in a->data. */
    void (*read)(void *ctx, const struct rw_access *a, uint8_t *data);
    void (*write)(void *ctx, const struct rw_access *a);
    /* The time-stamp counter as it is read: the clock's cycle + adjust (IA32_TSC_ADJUST). WRMSR to
     * the counter asks too: for the value that it replaces. */
    uint64_t (*tsc)(void *ctx, uint64_t adjust);
    /* An external interrupt is being taken (only when set_intr raised the line): its vector. */
    uint8_t (*inta)(void *ctx);
    void (*retire)(void *ctx, const struct rec_retire *r);
    void (*sys)(void *ctx, const struct rec_sys *s);
    void (*xlate)(void *ctx, const struct rec_xlate *x);
    void (*walk)(void *ctx, const struct rec_walk *w);
    void (*invalidate)(void *ctx, const struct rw_invalidate *i);
    /* In the place of the model's MMU: a translation's record, filled as far as it is asked (va,
     * access, requester, user, implicit), gets its answer. No walk is made. NULL: the model's own.
     */
    void (*translate)(void *ctx, struct rec_xlate *x);
};

/* Everything architectural, plus what an instruction boundary remembers. cycle, seq, bytes, len,
 * kind, vector, flags, boundary, error_code of regs are not used. */
struct rw_state {
    struct rec_retire regs; /* rip is the next instruction; gpr, rflags, cpl, mode, cr2 */
    struct rec_sys sys;
    bool sti_shadow, mov_ss_shadow, nmi_blocked, halted, shutdown;
    bool step_pending;           /* a single-step #DB is still to be delivered */
    uint8_t breakpoints_pending; /* the same, of DRn: bit n */
};

enum rw_step {
    RW_STEP_RETIRED,  /* one retire record was emitted */
    RW_STEP_HALTED,   /* HLT: waiting for an event */
    RW_STEP_SHUTDOWN, /* triple fault: stopped for good */
};

struct rw_model; /* opaque */
struct mmu;

struct rw_model_config {
    struct rw_mem mem; /* borrowed: stays the caller's */
    struct rw_boot boot;
};

/* Where the model decided that an exception comes. */
struct rw_decision {
    const char *function, *file; /* of the compiler: the file with its folder */
    unsigned line;
    uint8_t vector;
};

/* The table behind which a golden model stands. */
struct rw_model_ops {
    const char *name;
    struct rw_model *(*create)(const struct rw_model_config *config, const struct rw_env *env);
    void (*destroy)(struct rw_model *m);
    /* One retirement: an instruction, a REP iteration, or a delivered event. */
    enum rw_step (*step)(struct rw_model *m);
    /* Up to max retirements at full speed; stops at HALTED, SHUTDOWN, or after stop(). *done
     * counts. */
    enum rw_step (*run)(struct rw_model *m, uint64_t max, uint64_t *done);
    void (*stop)(struct rw_model *m); /* callable from a hook */
    /* The check that raised the last exception; function NULL: none has. */
    struct rw_decision (*decided)(const struct rw_model *m);
    /* Retirements of the run under way, before the instruction whose hook asks. */
    uint64_t (*progress)(const struct rw_model *m);
    /* Could an external interrupt (nmi: an NMI) be taken now, before the next instruction? */
    bool (*interruptible)(const struct rw_model *m, bool nmi);
    /* Deliver an external interrupt (or NMI, vector 2) now: the retirement that step would have
     * made. */
    enum rw_step (*interrupt)(struct rw_model *m, uint8_t vector, bool nmi);
    void (*set_intr)(struct rw_model *m, bool line); /* alone: polled by step and run */
    /* RAM [pa, pa + bytes) was changed by someone else (DMA): drop what was decoded from it. */
    void (*mem_changed)(struct rw_model *m, uint64_t pa, uint64_t bytes);
    void (*get_state)(const struct rw_model *m, struct rw_state *s);
    void (*set_state)(struct rw_model *m,
                      const struct rw_state *s);        /* empties TLBs, fetch window */
    const struct mmu *(*mmu)(const struct rw_model *m); /* mmu/mmu.h: its caches, for tests */
};

/* Personalities by name; false: none has it. */
bool rw_undefined_named(const char *name, enum rw_undefined *personality);
const char *rw_undefined_name(enum rw_undefined personality);

/* The golden model of model/cpu and model/mmu. */
const struct rw_model_ops *rw_golden(void);

#endif
