// SPDX-License-Identifier: Apache-2.0
// An IOMMU that is not the model's, in the whole machine (docs/lockstep.md "An IOMMU of your own"):
// its caches, its walks, its time and the order of its answers are its own. What it does is held
// against the legality oracle before the model goes on with it; its registers are those of the
// golden unit, which is told what happened.
//
//   own_iommu.c            requests and answers
//   own_iommu_beats.c      accesses of the bus
//   own_iommu_queue.c      descriptors
//   own_iommu_registers.c  fault records, register accesses, event messages
//   own_iommu_watch.c      deadlines, the end
#ifndef RW_OWN_IOMMU_H
#define RW_OWN_IOMMU_H

#include "legality_iommu.h"
#include "own_moves.h"
#include "scoreboard.h"

#define OWN_TAGS      256
#define OWN_BEATS     64 /* made, and no answer has accounted for them yet */
#define OWN_FETCHES   64 /* descriptors read, and not done yet */
#define OWN_REGISTERS 8

/* Registers by their offsets. */
#define REG_GCMD  0x018u
#define REG_FSTS  0x034u
#define REG_FECTL 0x038u
#define REG_IQH   0x080u
#define REG_ICS   0x09Cu
#define REG_IECTL 0x0A0u
#define FSTS_IQE  0x10u

struct own_flight {
    bool up, recorded; /* recorded: one fault record of its requester was written for it, say */
    uint64_t since;    /* number of the first access that can be its own */
    uint64_t order;    /* of its acceptance, from 1 */
    struct rec_dma in;
};

struct own_beat {
    struct rec_bus b;
    uint64_t number, time; /* time: of the oracle */
    bool event;            /* a message that an event may have sent */
};

struct own_fetch {
    bool there;
    uint64_t addr, cycle;
    struct iommu_read read;
};

/* A message of an event. optional: software has serviced it before it was sent. */
struct own_event {
    uint64_t addr, cycle;
    uint32_t data;
    uint8_t event; /* 0 faults, 1 the queue's */
    bool optional;
};

/* Registers as they were before something that was told in that cycle. */
struct own_before {
    uint64_t cycle;
    unsigned count;
    uint32_t offset[OWN_REGISTERS], value[OWN_REGISTERS];
};

struct own_iommu {
    struct legality_iommu *oracle;
    struct legality_unit unit;
    bool cap_known, ecap_known; /* the parts that are the design's own */
    uint8_t *walked;            /* a bit a page of RAM: the unit has read it as a structure */
    struct own_flight flight[OWN_TAGS];
    unsigned up;
    struct own_beat beat[OWN_BEATS];
    unsigned beats;
    uint64_t number, order;
    struct own_moves moves;
    struct own_fetch fetch[OWN_FETCHES];
    unsigned fetches;
    bool status_written; /* of the wait that is next */
    unsigned may_stop;   /* IQEI: it may have stopped there, before a register was written */
    uint64_t queue_since;
    struct ring owed; /* struct own_event */
    uint8_t event;    /* the newest of the golden unit's */
    struct own_before before;
    uint64_t now; /* cycle of what is handled */
    uint64_t judged[LEGALITY_UNJUDGED + 1];
};

static inline unsigned own_first_lane(const struct rec_bus *b)
{
    return b->be == 0 ? 0 : (unsigned)__builtin_ctz(b->be);
}

static inline unsigned own_lane_count(const struct rec_bus *b)
{
    return (unsigned)__builtin_popcount(b->be);
}

/* own_iommu.c */
void own_iommu_differ(struct scoreboard *sb, const char *stream, const char *field, const char *rtl,
                      const char *wanted, uint64_t cycle);
/* A request's answer is none that the oracle permits. */
void own_iommu_differ_verdict(struct scoreboard *sb, const struct rec_dma *d,
                              const struct legality_iommu_answer *a,
                              const struct legality_iommu_verdict *v, uint64_t cycle);
struct legality_request own_iommu_question(const struct rec_dma *in);
/* RAM of the model is written by somebody. */
void own_iommu_write_ram(struct scoreboard *sb, uint64_t pa, const void *data, unsigned bytes,
                         struct legality_writer by);

/* own_iommu_beats.c: an access at its place. */
void own_iommu_beat(struct scoreboard *sb, const struct rec_bus *b);
void own_iommu_beat_text(char text[MISMATCH_TEXT], const struct rec_bus *b);

/* own_iommu_registers.c */
void own_iommu_records_init(struct scoreboard *sb, struct iommu_env *env);
void own_iommu_told(struct scoreboard *sb, const struct order_unit *u);
/* The fault that has just been answered may have set FSTS.PFO. */
void own_iommu_overflow(struct scoreboard *sb);
/* A register, before something that is told in this cycle. */
void own_iommu_note(struct scoreboard *sb, uint64_t cycle, uint32_t offset);
/* A command of the golden unit has come to its end. */
void own_iommu_ended(struct scoreboard *sb, struct iommu_step s);
/* An event that may have sent this message; it has. */
bool own_iommu_event_due(struct scoreboard *sb, uint64_t addr, uint32_t data);
void own_iommu_event_sent(struct scoreboard *sb, uint64_t addr, uint32_t data);

/* own_iommu_queue.c */
void own_iommu_fetched(struct scoreboard *sb, const struct rec_bus *b, bool error);
/* A write of its own tables: a wait's status, or a difference. */
void own_iommu_status(struct scoreboard *sb, const struct rec_bus *b);
void own_queue_told(struct scoreboard *sb, const struct order_unit *u);
void own_queue_completed(struct scoreboard *sb, const struct order_unit *u);
/* It may have stopped with an error, with this one; a device-TLB's time may be over: then it has.
 */
bool own_queue_stops(struct scoreboard *sb);
bool own_queue_stopped_with(struct scoreboard *sb, unsigned code);
bool own_queue_times_out(struct scoreboard *sb);
bool own_queue_head_may_be(struct scoreboard *sb, uint32_t rtl);
void own_queue_turned(struct own_iommu *o);
void own_queue_may_have_stopped(struct scoreboard *sb, uint32_t offset, unsigned bytes,
                                uint64_t value);
void own_iommu_watch_queue(struct scoreboard *sb);

#endif
