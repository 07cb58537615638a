// SPDX-License-Identifier: Apache-2.0
// The kernel's driver of the IOMMU: commands, the invalidation queue, fault records. Its structures
// lie at addresses of the caller's. VT-d "Register Descriptions".
#ifndef UNIT_H
#define UNIT_H

#include "../lib/rt.h"
#include "../lib/vtd_regs.h"

#define EVERY_PAGE UINT64_C(0x7FFFFFFFFFFFF001) /* of a device-TLB invalidation */

bool unit_present(void); /* with a queue and interrupt remapping */
bool on_qemu(void);      /* by its unit, which has no protected regions */
void gcmd(unsigned bit, bool on);

/* The queue: 256 descriptors at `queue`, its status at `status`. */
void queue_start(uint64_t queue, uint64_t status);
void submit(uint64_t lo, uint64_t hi);
/* Everything before it is done: the kernel may go on only behind this. */
void wait_for_queue(void);
void invalidate_contexts(void);
void invalidate_domain(uint16_t did);
void invalidate_page(uint16_t did, uint64_t iova);
void invalidate_interrupts(void);
void invalidate_device(uint16_t sid, uint64_t addr);

struct fault {
    unsigned records; /* 0: none, and the rest is nothing */
    unsigned reason;
    uint16_t sid;
    uint64_t info; /* the page, or of an interrupt its index in bits 63:48 */
    bool read, overflow;
};
/* The oldest of those recorded since the last time; all are cleared. */
struct fault take_faults(void);
/* The i-th oldest, as long as they have not been cleared. */
struct fault fault_at(unsigned i);
const char *reason_name(unsigned reason);

#endif
