// SPDX-License-Identifier: Apache-2.0
// The IOMMU bench: iommu_step.c does one step on both sides; block_iommu.c and the rooms of
// iommu_pool.h draw from a small pool of tables, so that everything meets again; iommu_width.c
// walks one bit at a time through every tag, mask and address.
#ifndef RW_BLOCK_IOMMU_H
#define RW_BLOCK_IOMMU_H

#include "block.h"
#include "block_memory.h"
#include "iommu/iommu.h"
#include "iommu_own.h"
#include "legality_iommu.h"
#include "shell/board.h"
#include "verilated_block.h"

#define REG_CAP      0x008
#define REG_ECAP     0x010
#define REG_GCMD     0x018
#define REG_GSTS     0x01C
#define REG_RTADDR   0x020
#define REG_CCMD     0x028
#define REG_FSTS     0x034
#define REG_FECTL    0x038
#define REG_FEDATA   0x03C
#define REG_FEADDR   0x040
#define REG_FEUADDR  0x044
#define REG_PMEN     0x064
#define REG_PLMBASE  0x068
#define REG_PLMLIMIT 0x06C
#define REG_PHMBASE  0x070
#define REG_PHMLIMIT 0x078
#define REG_IQH      0x080
#define REG_IQT      0x088
#define REG_IQA      0x090
#define REG_ICS      0x09C
#define REG_IECTL    0x0A0
#define REG_IEDATA   0x0A4
#define REG_IEADDR   0x0A8
#define REG_IEUADDR  0x0AC
#define REG_IQERCD   0x0B0
#define REG_IRTA     0x0B8
#define REG_IVA      0x100
#define REG_IOTLB    0x108
#define REG_FRCD     0x200

/* FSTS: what the queue and device-TLBs leave there. */
#define FSTS_IQE   0x10u
#define FSTS_ICE   0x20u
#define FSTS_ITE   0x40u
#define FSTS_QUEUE (FSTS_IQE | FSTS_ICE | FSTS_ITE)

/* GCMD. What stays is written again with every write of it. */
#define GCMD_TE    0x80000000u
#define GCMD_SRTP  0x40000000u
#define GCMD_QIE   0x04000000u
#define GCMD_IRE   0x02000000u
#define GCMD_SIRTP 0x01000000u
#define GCMD_CFI   0x00800000u
#define GCMD_STAYS (GCMD_TE | GCMD_QIE | GCMD_IRE | GCMD_CFI)

/* The first group: what came together. Bit 0: register access and request raised in one cycle; 1: a
 * register access goes before a request that waits longer; 2: raised while a request runs; 3: a
 * request raised while a register access runs; 4: a reset with accesses made; 5: a descriptor goes
 * before a request that waits; 6: a request between two descriptors; 7: a register access between
 * two; 8: a register access before a completion, 9: before a due time-out; 10: a completion before
 * a due time-out, 11: before a due descriptor, 12: before a request; 13: a time-out before a
 * request; 14: a completion raised while a request runs; 15: a time-out that falls due in a
 * request, 16: in a register access; 17: a time-out alone, in the cycle in which it is due. */
#define GROUP_TOGETHER 0
/* Bit n: with n + 1 fault records the last one, then the first one was written. */
#define GROUP_RECORDS 1
/* What was seen not to be there: enum iommu_feature. */
#define GROUP_AWAY 2

/* What the RTL has done on the bus for a request. */
struct moved {
    unsigned accesses, messages; /* messages until its record; an event's comes later */
    bool ended;                  /* its record has come */
    struct vblock_access last;   /* as memory has answered it */
};

struct bench {
    const struct block_options *o;
    struct block_result *r;
    struct block_random random, wait_random;
    struct viommu *rtl;
    struct iommu *model;
    struct block_memory rtl_memory, model_memory;
    struct ring rtl_dma, rtl_iwalk, rtl_iommu, rtl_bus, rtl_inv;
    struct ring model_dma, model_iwalk, model_iommu, model_bus, model_inv;
    struct ring waits;   /* unsigned: wait states given to the RTL, before each access */
    unsigned waited;     /* the sum of those that the model has taken in this step */
    uint64_t step_cycle; /* of the adapter, when the step began */
    uint64_t rtl_sent;   /* cycle of the RTL's record of an invalidation */
    uint64_t sent;       /* of the model's */
    struct board_record invalidation; /* the model's last */
    uint64_t deaf_of;                 /* of the pool: nobody answers the one sent in this cycle */
    bool deaf;
    struct rw_vtd vtd;                  /* what the unit has, from the last reset on */
    uint32_t gcmd;                      /* what stays of the last write of GCMD */
    struct viommu_ask ask;              /* what the report tells of */
    unsigned model_access, write_limit; /* accesses of the model from this one on write nothing */
    unsigned events;                    /* of the model, in one thing of the step */
    uint64_t message_addr;              /* the last event message */
    uint32_t message_data;
    uint32_t sent_data;          /* of the last interrupt message */
    struct rec_iommu fault;      /* the last fault record */
    unsigned last_read;          /* kind of the step's last iwalk record; 0: none */
    char place[240];             /* of --every: the case, for the report */
    struct rec_iommu last;       /* the last record of the step */
    struct rec_iommu descriptor; /* the last one of kind 6 or 7 */
    unsigned time_outs;          /* of the step */
    unsigned fault_index;        /* of the last fault record */
    uint64_t rtaddr, irta, iqa;  /* of the pool */
    uint32_t iqt;                /* of the pool: where the next descriptor goes */
    unsigned experiment;         /* of iommu_width.c: the next one */
    uint64_t root;               /* of the experiments */
    uint32_t read_value[1024];   /* of each register when it was last read by an experiment */
    bool was_read[1024];
    uint32_t next_dword;           /* of the window, to be read by an experiment */
    struct legality_iommu *oracle; /* NULL: without the option */
    uint32_t message_sent;         /* data of the RTL's last message */
    struct moved moved;            /* by the RTL, of the request under way */
    bool awaits;                   /* without a model: the RTL's completion is outstanding */
    uint16_t awaited;              /* its source-id */
    bool te;                       /* likewise: translation is on, behind its last record */
    struct iommu_own own;          /* of a design of somebody else's */
};

/* The model's answers. */
struct answer {
    struct rec_dma dma;
    uint64_t reg[VIOMMU_REGS];
    struct rec_iommu last; /* the last record of the step */
    unsigned events;
    unsigned completed[VIOMMU_COMPLETIONS]; /* accepted, in cycles of the step */
    unsigned timed_out;                     /* the last, likewise */
    unsigned time_outs;
};

/* iommu_bench.c */
bool iommu_bench_open(struct bench *b);
void iommu_bench_wave(struct bench *b); /* begins the one that is wanted */
void iommu_bench_close(struct bench *b);
/* After the last step: tells the failing request in words, or compares both memories. */
void iommu_bench_end(struct bench *b);
/* A reset after so many cycles of b->ask; 0: between steps. */
bool iommu_reset_during(struct bench *b, unsigned cycles);

/* iommu_step.c: b->ask through both, compared: records, answers, times. False on a difference. */
bool iommu_step_one(struct bench *b, struct answer *a);

/* iommu_ask.c */
void iommu_poke(struct bench *b, uint64_t addr, uint64_t value); /* memory of both sides */
bool iommu_request(struct bench *b, const struct rec_dma *in, struct answer *a);
bool iommu_write(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value,
                 struct answer *a);
bool iommu_read(struct bench *b, uint32_t offset, unsigned bytes, struct answer *a);
/* A completion of a device-TLB, alone. */
bool iommu_completion(struct bench *b, uint16_t sid, bool error, struct answer *a);
/* The completion of a device-TLB is outstanding. */
bool iommu_awaits(const struct bench *b);
/* In which cycle of a step that begins now, and in which the bus does not wait, the time for the
 * outstanding completion is over. */
unsigned iommu_time_left(const struct bench *b);
/* Nothing is outstanding, ICE and ITE are clear; translation is on. */
bool iommu_quiet(struct bench *b);
/* A write of GCMD: what is to stay, and what acts once. */
bool iommu_command(struct bench *b, uint32_t stays, uint32_t once);

/* iommu_legality.c: the legality oracle */
bool iommu_oracle_alone(const struct bench *b);
bool iommu_legality_open(struct bench *b);
void iommu_legality_close(struct bench *b);
void iommu_legality_reset(struct bench *b);
/* A store to the RTL's memory; without a model its memory follows. */
void iommu_rtl_write(struct bench *b, uint64_t addr, const void *from, unsigned bytes,
                     enum legality_author author);
void iommu_forget(struct bench *b); /* what lies beyond RAM, on both sides */
/* Records of the RTL, as they come. */
void iommu_legality_record(struct bench *b, const struct rec_iommu *r);
void iommu_legality_dma(struct bench *b, const struct rec_dma *d);

/* Does the unit have it? What needs something that is away is in b->vtd.away too. */
static inline bool iommu_has(const struct bench *b, enum iommu_feature f)
{
    return (b->vtd.away >> f & 1) == 0;
}

/* AW of the largest width. */
static inline unsigned iommu_largest_aw(const struct bench *b)
{
    return iommu_has(b, IOMMU_57) ? 3 : iommu_has(b, IOMMU_48) ? 2 : 1;
}

/* iommu_every.c: whole products, instead of the pool */
void iommu_every(struct bench *b);

/* iommu_width.c */
void iommu_width_setup(struct bench *b);
/* The next few experiments, under a root table of their own. False on a difference. */
bool iommu_width_next(struct bench *b);
/* iommu_width_away.c: the same with what the unit does not have. */
bool iommu_width_away(struct bench *b);

#endif
