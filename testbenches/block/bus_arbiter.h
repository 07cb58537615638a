// SPDX-License-Identifier: Apache-2.0
// The golden arbiter of the shared bus, from docs/bus.md and from nothing else: what every pin of
// the bus shows in a cycle, and what it remembers for the next.
#ifndef RW_BUS_ARBITER_H
#define RW_BUS_ARBITER_H

#include <stdbool.h>
#include <stdint.h>

#include "verilated_block.h"

enum bus_owner { BUS_MASTER_0 = 0, BUS_MASTER_1 = 1, BUS_NOBODY = 2 };

struct bus_arbiter {
    enum bus_owner last;    /* B6 */
    enum bus_owner holding; /* B5: its access waits for an ack */
    enum bus_owner locking; /* B7 */
    uint64_t seq, cycle;
};

void bus_arbiter_reset(struct bus_arbiter *a);
/* Is this request of that master an access to the register window? B9 */
bool bus_is_register(unsigned master, const struct vbus_request *q);
/* Whose request the memory side shows. */
enum bus_owner bus_arbiter_grant(const struct bus_arbiter *a, const struct vbus_request m[2]);
/* Every output but out->cycle. Pins that mean nothing in this cycle are zero (B2, B14). */
void bus_arbiter_outputs(const struct bus_arbiter *a, const struct vbus_in *in,
                         struct vbus_out *out);
/* The clock edge that ends the cycle of these outputs. */
void bus_arbiter_clock(struct bus_arbiter *a, const struct vbus_in *in, const struct vbus_out *out);
/* Zeroes the pins of an observed cycle that mean nothing in it, as the golden outputs have them. */
void bus_meaningful(const struct vbus_in *in, struct vbus_out *out);

#endif
