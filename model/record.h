// SPDX-License-Identifier: Apache-2.0
// The records of docs/record.md: what one side says it did. Compared field by field by the
// scoreboard; layout held against rtl/record_pkg.sv by testbenches/unit/record_layout_test.c.
#ifndef RW_RECORD_H
#define RW_RECORD_H

#include <stdint.h>

enum rec_retire_kind {
    RETIRE_INSN = 0,
    RETIRE_EXCEPTION = 1,
    RETIRE_INTERRUPT = 2,
    RETIRE_SOFT_INT = 3,
    RETIRE_SHUTDOWN = 4,
    RETIRE_NMI = 5
};

#define RETIRE_HAS_ERROR_CODE 0x01
#define RETIRE_REP_CONTINUES  0x02
#define RETIRE_HLT            0x04

/* What the boundary behind a retirement remembers: rec_retire.boundary. */
#define BOUNDARY_NMI_BLOCKED   0x0001
#define BOUNDARY_STI_SHADOW    0x0002
#define BOUNDARY_MOV_SS_SHADOW 0x0004
#define BOUNDARY_STEP_PENDING  0x0008 /* single step: a #DB that is still to be delivered */
#define BOUNDARY_BREAKPOINTS   0x00F0 /* DR0 to DR3: the same, by register */
#define BOUNDARY_BREAKPOINT_0  0x0010 /* that of DR0 */

enum rec_mode { MODE_REAL = 0, MODE_PROTECTED = 1, MODE_COMPAT = 2, MODE_64 = 3 };

struct rec_retire { /* 248 bytes */
    uint64_t cycle, seq, rip, next_rip, rflags;
    uint64_t gpr[16]; /* RAX RCX RDX RBX RSP RBP RSI RDI R8..R15 */
    uint8_t bytes[16];
    uint8_t len, kind, cpl, mode, vector, flags;
    uint16_t boundary;
    uint32_t error_code;
    uint8_t core, zero1[3];
    uint64_t cr2;
    uint64_t zero2[5];
};

enum rec_seg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR, SEG_COUNT };

struct rec_seg_state { /* 24 bytes */
    uint64_t base;
    uint32_t limit; /* bytes, G applied */
    uint16_t selector;
    uint16_t attr; /* access byte in 7:0; AVL L D/B G in 15:12 */
    uint64_t zero;
};

struct rec_sys { /* 688 bytes */
    uint64_t cycle;
    uint64_t cr0, cr3, cr4, efer, dr6, dr7, dr[4];
    uint64_t gdtr_base, idtr_base;
    uint32_t gdtr_limit, idtr_limit;
    struct rec_seg_state seg[SEG_COUNT];
    uint64_t star, lstar, cstar, fmask, kernel_gs_base, tsc_aux, pat, apic_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip, misc_enable, tsc_adjust, pkrs;
    uint8_t core;
    uint8_t asked; /* emitted only because the harness asked; never compared */
    uint8_t zero0[6];
    uint64_t pkru;
    uint64_t pdpte[4]; /* the PDPTE registers of PAE paging */
    uint64_t mtrr_def_type, mtrr_base[8], mtrr_mask[8];
    uint64_t zero[11];
};

enum rec_walk_kind { WALK_READ = 0, WALK_LOCKED_READ = 1, WALK_UPDATE = 2 };

struct rec_walk { /* 40 bytes */
    uint64_t cycle, addr, value;
    uint8_t kind, level; /* 5 PML5E, 4 PML4E, 3 PDPTE, 2 PDE, 1 PTE */
    uint8_t core;
    uint8_t zero[13];
};

enum rec_access { ACCESS_FETCH = 0, ACCESS_READ = 1, ACCESS_WRITE = 2 };
enum rec_xlate_hit { XLATE_WALKED = 0, XLATE_TLB = 1, XLATE_PAGING_OFF = 2 };

struct rec_xlate { /* 56 bytes */
    uint64_t cycle, va, pa;
    uint32_t error_code, latency;
    uint8_t requester, access, user, implicit, fault, page_log2, memtype, hit, psc;
    uint8_t core;
    uint8_t zero[14];
};

enum rec_bus_src {
    BUS_FETCH,
    BUS_WALK,
    BUS_DATA,
    BUS_IOMMU_WALK,
    BUS_DMA,
    BUS_MESSAGE,
    BUS_APIC /* the processor's own local APIC: addr is 0xFEE00000 + register, or that of an APIC
              * access (docs/cpu.md S17) */
};

#define BUS_WRITE 0x01
#define BUS_IO    0x02
#define BUS_LOCK  0x04

struct rec_bus { /* 56 bytes */
    uint64_t cycle, seq, addr;
    uint8_t data[16];
    uint16_t be;
    uint8_t src, flags;
    uint8_t core;
    uint8_t zero[11];
};

#define IWALK_ROOT       6
#define IWALK_CONTEXT    7
#define IWALK_DESCRIPTOR 8
#define IWALK_IRTE       9

struct rec_iwalk { /* 48 bytes */
    uint64_t cycle, addr, value[2];
    uint8_t kind; /* IWALK_*, 5..1 second-stage level */
    uint8_t zero[15];
};

enum rec_dma_status {
    DMA_UNTRANSLATED,
    DMA_TRANSLATED,
    DMA_PASS_THROUGH,
    DMA_BLOCKED,
    DMA_MESSAGE,
    DMA_REJECTED,
    DMA_REMAPPED,
    DMA_COMPLETED /* a translation request was answered */
};

struct rec_dma { /* 72 bytes */
    uint64_t cycle, seq, iova, pa;
    uint8_t data[16];
    uint32_t latency;
    uint16_t sid;
    uint8_t phase, write, len, status, fault, page_log2, hit, psc, recorded, tag;
    uint8_t at;
    uint8_t zero[7];
};

enum rec_iommu_kind {
    IOMMU_REG_WRITE,
    IOMMU_REG_READ,
    IOMMU_FAULT_RECORD,
    IOMMU_EVENT,
    IOMMU_CONTEXT_INV,
    IOMMU_IOTLB_INV,
    IOMMU_DESCRIPTOR, /* of the invalidation queue, executed */
    IOMMU_QUEUE_ERROR,
    IOMMU_COMPLETION, /* of a device-TLB, taken */
    IOMMU_TIME_OUT    /* of a device-TLB */
};

struct rec_iommu { /* 48 bytes */
    uint64_t cycle, addr, lo, hi;
    uint8_t kind, size;
    uint16_t count;
    uint32_t latency;
    uint64_t zero;
};

enum rec_stim_kind {
    STIM_INTERRUPT,
    STIM_TSC,
    STIM_MMIO_READ,
    STIM_PORT_READ,
    STIM_NMI,
    STIM_DMA_PAYLOAD,
    STIM_COMPLETION,   /* of a device-TLB */
    STIM_LEGAL_ANSWER, /* of somebody else's MMU or IOMMU */
    STIM_COUNT
};

struct rec_stim { /* 32 bytes */
    uint64_t cycle, value;
    uint8_t kind;
    uint8_t core;
    uint8_t zero[14];
};

#endif
