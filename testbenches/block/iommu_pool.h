// SPDX-License-Identifier: Apache-2.0
// What the rooms of the IOMMU bench's pool share: its pages of RAM, source-ids, addresses.
#ifndef RW_IOMMU_POOL_H
#define RW_IOMMU_POOL_H

#include "block_iommu.h"

#define POOL_ROOTS      2  /* pages 0.. */
#define POOL_CONTEXTS   4  /* pages after the roots */
#define POOL_TABLES     40 /* second-stage pages after them */
#define POOL_DATA       (POOL_ROOTS + POOL_CONTEXTS + POOL_TABLES)
#define POOL_DATA_PAGES 64 /* what leaves point to */
#define POOL_IRT        128 /* interrupt-remapping table: 65536 entries, from one of a few pages on */
#define POOL_IRT_BASES  4
#define POOL_QUEUE      512 /* the queue: up to 128 pages, from one of a few on */
#define POOL_QUEUES     4
#define POOL_BUSES      2
#define POOL_DEVFNS     4

static inline uint64_t pool_page(unsigned n)
{
    return (uint64_t)n << 12;
}

/* block_iommu.c */
uint64_t pool_iova(struct bench *b);
uint16_t pool_sid(struct bench *b);
uint16_t pool_did(struct bench *b); /* of the pool's, and one that is not */
unsigned pool_am(struct bench *b);  /* orders of a page-selective invalidation, some too large */
bool pool_write(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value);
bool pool_read(struct bench *b, uint32_t offset, unsigned bytes);

/* iommu_pool_queue.c */
void pool_queue_setup(struct bench *b);
bool pool_queue_restore(struct bench *b); /* the registers, after others used them */
bool pool_queue(struct bench *b);         /* what software does with it, between requests */
struct viommu_reg pool_queue_beside(struct bench *b, unsigned after);

/* iommu_pool_device.c */
void pool_device_descriptor(struct bench *b, uint64_t d[2]);
void pool_device_request(struct bench *b, struct rec_dma *d); /* its address type */
void pool_device_beside(struct bench *b);                     /* completions, beside b->ask */

/* iommu_pool_interrupts.c */
void pool_interrupts_setup(struct bench *b);
bool pool_interrupts_restore(struct bench *b);
void pool_interrupt_entry(struct bench *b);     /* one entry changes */
bool pool_interrupt_table(struct bench *b);     /* IRTA, SIRTP */
uint16_t pool_interrupt_index(struct bench *b); /* one of those that meet again */
void pool_interrupt_request(struct bench *b, struct rec_dma *d);

/* iommu_pool_protected.c */
bool pool_protected(struct bench *b);

/* iommu_pool_race.c */
bool pool_race(struct bench *b);

/* iommu_pool_config.c */
struct rw_vtd pool_config(struct bench *b);

#endif
