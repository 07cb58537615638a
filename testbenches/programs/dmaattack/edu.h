// SPDX-License-Identifier: Apache-2.0
// The teaching device, of a kernel that configures it, and of ring-3 code that has its BAR's first
// page and nothing else (model/devices/edu.h has its registers).
#ifndef EDU_H
#define EDU_H

#include "../lib/rt.h"

#define EDU_BAR    UINT64_C(0xC0000000)
#define EDU_SID    0x0010 /* 00:02.0 */
#define EDU_BUFFER UINT64_C(0x40000)

/* One order to the device. */
struct order {
    uint64_t iova, bytes;
    bool write;  /* the device writes memory */
    bool by_tlb; /* through its device-TLB */
};

/* The kernel's: BAR, bus master; the BAR's registers opened to ring 3. */
void edu_start(void);
void edu_give(void);

/* Ring 3's: the order is carried out, and waited for; 0. The address is that of a struct order that
 * ring 3 may read. */
USER_TEXT uint64_t edu_carry_out(uint64_t order);
extern struct order edu_order; /* such a one */
/* Ring 3 carries out this order. */
void edu_as_user(struct order o);
/* Ring 0 does. */
void edu_as_kernel(struct order o);

#endif
