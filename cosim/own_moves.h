// SPDX-License-Identifier: Apache-2.0
// The order in which an IOMMU that is not the project's moves the data of one requester: PCI
// Express "Transaction Ordering". Posted writes, interrupt messages among them, keep the order in
// which they were accepted, and a read does not pass a write that was accepted before it. A write
// may pass a read, a read a read, and between requesters there is no order.
#ifndef RW_OWN_MOVES_H
#define RW_OWN_MOVES_H

#include <stdbool.h>
#include <stdint.h>

#define OWN_MOVES 512 /* looked back at */

/* What a request has moved: the order of its acceptance, from 1; the number of its access. */
struct own_move {
    uint64_t order, number, addr;
    uint16_t sid;
    bool write, message;
};

struct own_moves {
    struct own_move move[OWN_MOVES];
    uint64_t count;
};

/* Two of one requester that are on the bus the wrong way round. */
struct own_wrong_order {
    const char *field;
    char rtl[160], wanted[96];
};

/* A request's answer has come. False: *w says what is wrong. */
bool own_moves_add(struct own_moves *o, const struct own_move *m, struct own_wrong_order *w);

#endif
