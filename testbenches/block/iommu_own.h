// SPDX-License-Identifier: Apache-2.0
// An IOMMU that is not the project's (docs/your-own-iommu.md): what it has in flight, what it has
// moved, what it has told.
#ifndef RW_IOMMU_OWN_H
#define RW_IOMMU_OWN_H

#include "block.h"
#include "own_moves.h"
#include "record.h"
#include "verilated_block.h"

#define OWN_TAGS     256
#define OWN_ACCESSES 64 /* made, and nothing has accounted for them yet */
#define OWN_RECORDS  8

struct bench;

struct own_request {
    bool up;
    uint64_t since; /* number of the first access that can be its own */
    uint64_t order; /* of its acceptance, from 1 */
    struct rec_dma in;
};

struct own_access {
    struct vblock_access a;
    uint64_t number;
    uint64_t time; /* of the oracle */
    bool event;    /* a message, as the event registers had it */
};

/* A message of the unit's own: FEDATA, FEADDR, FEUADDR, or those of the invalidation event. */
struct own_event {
    uint32_t data, addr, above;
};

struct own_record {
    bool told;
    uint64_t lo, hi, step;
};

struct iommu_own {
    struct own_request request[OWN_TAGS];
    unsigned up;
    struct own_access access[OWN_ACCESSES];
    unsigned accesses;
    uint64_t number, step, order;
    uint8_t tag;         /* of the newest request */
    bool rest;           /* the step has ended with nothing under way */
    uint64_t moved_time; /* of the oracle, of the request that has ended */
    struct own_moves moves;
    bool blamed; /* the difference is of this request */
    struct rec_dma blame;
    struct own_record record[OWN_RECORDS];
    uint64_t told;  /* the step of the last one */
    unsigned first; /* the one that has set PPF */
    bool first_known;
    uint64_t cleared; /* cycle of the last clear of an F */
    struct own_event event[2];
    uint64_t cap, ecap; /* as it has shown them first; 0: not yet */
    /* the queue: what software has written; where the next descriptor lies by those told of */
    uint64_t iqa;
    uint32_t iqt, head;
    bool moved;          /* IQA was written while it ran, nothing is known of the head */
    uint32_t gcmd, gsts; /* GCMD as last written; of GSTS what stays 1 once it was set */
    unsigned sent;       /* to device-TLBs, without their descriptor so far */
};

/* iommu_own.c */
/* Only a design of its own without a model beside it: everything here does nothing otherwise. */
bool iommu_own_judged(const struct bench *b);
bool iommu_own_wrong(struct bench *b, const char *stream, const char *field, const char *rtl,
                     const char *wanted);
/* One is done: what it wrote, what it sent. */
void iommu_own_descriptor(struct bench *b, const struct rec_iommu *r);

void iommu_own_reset(struct bench *b);
/* An access of the RTL, answered. */
void iommu_own_access(struct bench *b, const struct vblock_access *a);
/* A request is accepted or has ended: what it moved, and by the oracle where to. */
void iommu_own_dma(struct bench *b, const struct rec_dma *d);
void iommu_own_sent(struct bench *b);
/* Behind a step that a reset cuts: pins alone. False on a difference. */
bool iommu_own_stops(struct bench *b);
/* Behind a step: pins, and what nothing accounts for. False on a difference. */
bool iommu_own_good(struct bench *b);

/* Answers of all that is in flight. False on a difference. */
bool iommu_own_lands(struct bench *b);

/* iommu_own_registers.c */
/* Learns CAP and ECAP. False on a difference. */
bool iommu_own_opens(struct bench *b);
/* A record of the unit: a register access, a fault record, a descriptor. */
void iommu_own_record(struct bench *b, const struct rec_iommu *r);
/* The queue comes to its end, or has said why not. False on a difference. */
bool iommu_own_queue(struct bench *b);

#endif
