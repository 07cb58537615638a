// SPDX-License-Identifier: Apache-2.0
// The scoreboard: takes the RTL's records and the board's, steps the golden model once for each
// retirement and drives the golden IOMMU in the order of the bus, and compares stream by stream, in
// order, field by field. It reads records and nothing else of the RTL. The first difference ends
// the run. docs/lockstep.md.
//
//   difference.c  the first difference, and which of several is named
//   stream.c      records of one kind in order
//   processor.c   the model's hooks: its beats against the RTL's
//   order.c       the golden IOMMU in the order of the bus
//   board.c       what the board said against what the RTL says of the same things
//   interrupts.c  what falls at a boundary, what must
//   watch.c       deadlines: nothing may stand still
//   locks.c       locked sequences, fetch traffic
//   own_mmu.c     an MMU of somebody else's: its answers, judged, are the model's
//   own_iommu.h   an IOMMU of somebody else's likewise
//   memory.c      both RAMs
#ifndef RW_SCOREBOARD_H
#define RW_SCOREBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "difference.h"
#include "iommu/iommu.h"
#include "record.h"
#include "record_fields.h"
#include "record_log.h"
#include "ring.h"
#include "ringwalk.h"
#include "shell/board.h"
#include "stale.h"
#include "stream.h"

#define SCOREBOARD_FETCH_LINES 8
#define SCOREBOARD_LINE_EDGES  64
#define SCOREBOARD_FETCH_PAGES 3

struct scoreboard_counts {
    uint64_t retirements, instructions, fetch, data, dma, iommu_events;
    uint64_t stimuli[STIM_COUNT];
};

struct scoreboard_config {
    const struct rw_model_ops *ops;
    struct rw_mem mem; /* the model's own RAM, loaded */
    struct rw_boot boot;
    struct record_log *log;     /* may be NULL */
    unsigned wait_states_max;   /* of the run: what the bus may add to a deadline */
    const struct rw_mem *other; /* the RTL side's RAM, to compare; NULL: not compared */
    uint8_t *dirty;             /* one byte a page of it, set by the shell at each write */
    bool lint;      /* stale.h; each use is told, with the model's record, when stale is not NULL */
    bool own_mmu;   /* the RTL's MMU is not the model's: the legality oracle judges its answers */
    bool own_iommu; /* likewise its IOMMU */
    void *stale_ctx;
    void (*stale)(void *ctx, const struct stale_use *u, const struct rec_xlate *x);
};

/* board.c: said by the board and not yet by the RTL. */
struct board_said {
    struct ring accesses, dma, completions, acknowledges, nmi_claims, tsc;
    uint64_t invalidated;     /* the cycle in which an invalidation was last sent to a device-TLB */
    struct board_record read; /* the device's answer to the model's access in progress */
    bool has_read;
    struct board_record fetched[SCOREBOARD_FETCH_LINES]; /* code outside RAM: the last lines */
    unsigned fetched_next;
    unsigned fetched_registers; /* lines in the IOMMU's window, not yet said by it */
};

/* interrupts.c */
struct interrupts {
    struct line_edge {
        uint64_t cycle;
        bool high;
    } edge[SCOREBOARD_LINE_EDGES]; /* of the external interrupt line, oldest first */
    unsigned edges;
    bool nmi_raised;    /* and not yet delivered: NMIs do not queue */
    uint64_t nmi_since; /* the first raise that is not delivered */
    uint64_t nmi_last;  /* the newest raise */
};

/* order.c: the request that the golden unit works on. */
struct dma_progress {
    bool in_flight;
    struct rec_dma accepted;
    struct iommu_request request;
    struct iommu_step want;
    struct ring messages; /* struct rec_iommu: a register write set them off; their beats follow */
};

/* queue.c: what the golden unit works on for its invalidation queue: a descriptor, a completion or
 * a time-out of a device-TLB. */
struct queue_progress {
    bool in_flight;
    struct iommu_command command;
    struct iommu_step want;
};

/* watch.c: something stands at the pins since that cycle; register accesses taken since then. */
struct offer {
    bool up;
    uint64_t since;
    unsigned passed;
};

/* watch.c: the cycles at which something last moved. */
struct watch {
    uint64_t now, cpu, iommu, answer;
    uint64_t sent;       /* the last invalidation to a device-TLB */
    uint64_t bus_cycles; /* what the bus may add to a deadline */
    struct offer request, completion;
    bool in_flight; /* by the unit's own records: the order hands them to the model later */
};

/* locks.c */
struct bus_watch {
    bool locked;                                 /* the processor's last beat left the bus locked */
    uint64_t fetch_page[SCOREBOARD_FETCH_PAGES]; /* of the last fetch translations, newest first */
    unsigned fetch_pages;
    uint64_t acks, mem_acks, last_ack_cycle;
};

/* What is asked of a retirement after its step. */
struct place {
    uint64_t cycle, seq, rip;
    uint8_t bytes[16];
    uint8_t len, kind, mode, flags;
};

struct scoreboard {
    const struct rw_model_ops *ops;
    struct rw_model *model;
    struct iommu *iommu;
    struct rw_mem mem;
    struct record_log *log;
    struct scoreboard_config config;

    struct difference diff;
    struct stream xlate, walk, sys, iwalk, iommu_records, answers, invalidations;
    struct ring order; /* struct order_event: acks and DMA requests as the bus ordered them */

    const struct rec_retire *retiring; /* the RTL's record, while the model steps */
    struct place rtl_retire;           /* of it or, between two, of the last */
    struct rec_retire model_retire;    /* where it is not the RTL's */
    bool model_retired, model_agrees, model_halted, began;
    uint64_t last_retire_cycle, acks_at_retire, newest_seq;
    struct rec_bus beat; /* the RTL's beat that answers the model's access in progress */

    struct dma_progress dma;
    struct queue_progress queue;
    struct board_said board;
    struct interrupts irq;
    struct watch watch;
    struct bus_watch bus;
    struct scoreboard_counts counts;
    struct stale *stale; /* a lint for what the program does to its page tables; NULL: not asked */
    struct own_iommu *own; /* the RTL's IOMMU is somebody else's; NULL: it is not */
};

struct scoreboard *scoreboard_create(const struct scoreboard_config *config);
void scoreboard_destroy(struct scoreboard *sb);

/* The RTL's records, in the order of record_emit.sv; the board's where they arose among them. */
void scoreboard_bus(struct scoreboard *sb, const struct rec_bus *r);
void scoreboard_walk(struct scoreboard *sb, const struct rec_walk *r);
void scoreboard_xlate(struct scoreboard *sb, const struct rec_xlate *r);
void scoreboard_iwalk(struct scoreboard *sb, const struct rec_iwalk *r);
void scoreboard_iommu(struct scoreboard *sb, const struct rec_iommu *r);
void scoreboard_dma(struct scoreboard *sb, const struct rec_dma *r);
void scoreboard_stim(struct scoreboard *sb, const struct rec_stim *r);
void scoreboard_retire(struct scoreboard *sb, const struct rec_retire *r);
void scoreboard_sys(struct scoreboard *sb, const struct rec_sys *r);
void scoreboard_board(struct scoreboard *sb, const struct board_record *r);
/* Now and then: the deadlines and, with `ram`, the RAM that was written since. `written` is the
 * address of a RAM write of the newest cycle, whose record is still to come; UINT64_MAX: none. */
void scoreboard_window(struct scoreboard *sb, uint64_t cycle, uint64_t written, bool ram);
/* At the end of a run: nothing may be left that the other side never answered, both RAMs agree. */
void scoreboard_finish(struct scoreboard *sb, uint64_t written);

/* --- shared by the files above --- */

enum order_kind { ORDER_BUS, ORDER_DMA, ORDER_UNIT };
/* kind: enum rec_iommu_kind. Ours: a queue error, completion, time-out. Somebody else's: a fault
 * record (its index in addr), a descriptor, a completion (source-id in addr, error in lo). */
struct order_unit {
    uint64_t cycle, seq, addr, lo, hi;
    uint8_t kind;
};
struct order_event {
    enum order_kind kind;
    union {
        struct rec_bus bus;
        struct rec_dma dma;
        struct order_unit unit;
    } u;
};

static inline bool scoreboard_is_register(uint8_t src, uint8_t flags, uint64_t addr)
{
    return addr - IOMMU_BASE < IOMMU_BYTES && !(flags & BUS_IO) &&
           (src == BUS_FETCH || src == BUS_WALK || src == BUS_DATA || src == BUS_APIC);
}

static inline bool scoreboard_is_processor(uint8_t src)
{
    return src == BUS_WALK || src == BUS_DATA || src == BUS_APIC;
}

/* processor.c */
struct rw_env processor_hooks(struct scoreboard *sb);
/* The instruction at work. */
struct stale_place processor_place(const struct scoreboard *sb);
/* By the legality oracle. */
static inline bool processor_is_judged(const struct scoreboard *sb)
{
    return sb->config.lint || sb->config.own_mmu;
}

/* Is it one that the model makes too? The walks of somebody else's MMU it does not. */
static inline bool order_is_processor(const struct scoreboard *sb, const struct order_event *e)
{
    return e->kind == ORDER_BUS && scoreboard_is_processor(e->u.bus.src) &&
           !(sb->config.own_mmu && e->u.bus.src == BUS_WALK);
}

/* order.c: handles every event of the queue that is not the processor's, up to the first that is,
 * or to one at or after seq. */
void order_handle(struct scoreboard *sb, uint64_t seq);
/* ... or to one behind that cycle. */
void order_until(struct scoreboard *sb, uint64_t cycle);
static inline void order_drain(struct scoreboard *sb, uint64_t seq)
{
    const struct order_event *head = ring_head(&sb->order);

    if (head != NULL && !order_is_processor(sb, head))
        order_handle(sb, seq);
}
uint64_t order_event_cycle(const struct order_event *e);
/* An event that is not the processor's was appended. */
void order_appended(struct scoreboard *sb);
void order_message(void *ctx, uint64_t addr, uint32_t data);
/* No message may still be owed when the unit takes the next thing. */
void order_messages_sent(struct scoreboard *sb, const char *before);

/* order.c, for queue.c: the answer of the model's RAM to a read of the unit; an answer is the
 * board's where something else than RAM is meant. A 4-byte write. */
struct iommu_read order_table_read(const struct scoreboard *sb, const struct iommu_step *want);
struct rec_bus order_beat(uint8_t src, uint64_t addr, unsigned bytes, const void *written);
void order_write4(struct scoreboard *sb, uint64_t pa, uint32_t data);

/* queue.c: what the unit did for its invalidation queue and for device-TLBs. True: the beat was a
 * descriptor's. */
bool queue_beat(struct scoreboard *sb, const struct rec_bus *b);
/* The event message of a descriptor is due. */
bool queue_wants_message(const struct scoreboard *sb);
void queue_message_sent(struct scoreboard *sb);
/* What may have needed no access: its record says when. A queue error, a completion, a time-out. */
void queue_record(struct scoreboard *sb, uint8_t kind, uint64_t cycle);
/* The time for a completion is over in this cycle. */
bool queue_time_is_out(const struct scoreboard *sb, uint64_t cycle);
/* The unit takes something else: it may do so between two descriptors alone. */
void queue_between(struct scoreboard *sb, const char *what, uint64_t cycle);

/* board.c */
void board_said_init(struct board_said *b);
void board_said_free(struct board_said *b);
/* The RTL's record of a beat that reached the board: is it what the board saw? A fetch from the
 * unit's registers (`unit`) does not reach it. */
void board_check_access(struct scoreboard *sb, const struct rec_bus *r, bool unit);
/* The bytes that a device gave for the model's beat, or for code outside RAM. */
void board_read(struct scoreboard *sb, const struct rw_access *a, uint8_t *data);
void board_fetch(struct scoreboard *sb, const struct rw_access *a, uint8_t *data);
/* The request that the board sent, for the RTL's record of its acceptance. */
bool board_take_dma(struct scoreboard *sb, const struct rec_dma *rtl, struct rec_dma *out);
/* The completion that the board sent, for the RTL's record of it. */
bool board_take_completion(struct scoreboard *sb, uint64_t cycle, struct board_record *out);
void board_finish(struct scoreboard *sb);

/* interrupts.c */
enum falls { FALLS_NOTHING, FALLS_INTERRUPT, FALLS_NMI };
void interrupts_line(struct scoreboard *sb, uint64_t cycle, bool high);
void interrupts_nmi(struct scoreboard *sb, uint64_t cycle);
/* What was taken at the boundary before this retirement; a difference when it could not be, or
 * when something else had to be. */
enum falls interrupts_fall(struct scoreboard *sb, const struct rec_retire *r, uint8_t *vector);
static inline enum falls interrupts_at(struct scoreboard *sb, const struct rec_retire *r,
                                       uint8_t *vector)
{
    const struct interrupts *irq = &sb->irq;
    bool low = irq->edges == 0 || (irq->edges == 1 && !irq->edge[0].high);

    if (low && !irq->nmi_raised && sb->board.nmi_claims.count == 0 &&
        sb->board.acknowledges.count == 0 && r->kind != RETIRE_INTERRUPT && r->kind != RETIRE_NMI)
        return FALLS_NOTHING;
    return interrupts_fall(sb, r, vector);
}
/* A processor that waits must have woken. */
void interrupts_wake(struct scoreboard *sb, uint64_t cycle);
void interrupts_finish(struct scoreboard *sb);

/* watch.c */
/* The longest stretch without a beat: the room for the 31 parameters of a call gate. */
#define WATCH_PROCESSOR_CYCLES 200

void watch_init(struct scoreboard *sb);
void watch_register(struct scoreboard *sb, uint64_t cycle);
void watch_processor_late(struct scoreboard *sb, uint64_t cycle);
static inline bool watch_is_late(const struct scoreboard *sb, uint64_t cycle)
{
    return cycle > sb->watch.cpu + WATCH_PROCESSOR_CYCLES + sb->watch.bus_cycles;
}
static inline void watch_processor(struct scoreboard *sb, uint64_t cycle)
{
    if (watch_is_late(sb, cycle))
        watch_processor_late(sb, cycle);
    sb->watch.cpu = cycle;
}
void watch_iommu(struct scoreboard *sb, uint64_t cycle);
void watch_dma(struct scoreboard *sb, const struct rec_dma *r);
/* At the pins: something is offered; it is accepted, and nothing that goes before it waits. */
void watch_offer(struct scoreboard *sb, struct offer *o, uint64_t cycle);
void watch_accepted(struct scoreboard *sb, struct offer *o, uint64_t cycle);
/* The records of an invalidation that was sent, and of the end of its time. */
void watch_sent(struct scoreboard *sb, uint64_t cycle);
void watch_time_out(struct scoreboard *sb, uint64_t cycle);
void watch_check(struct scoreboard *sb, uint64_t cycle);

/* own_mmu.c: docs/lockstep.md "An MMU of your own". */
#define OWN_MMU_CYCLES 5000 /* to an answer: docs/your-own-rtl.md */
/* The model's translation: its answer is the RTL's. */
void own_mmu_translate(void *ctx, struct rec_xlate *x);
/* A beat of the RTL's walker, at its place in the order. */
void own_mmu_beat(struct scoreboard *sb, const struct rec_bus *b);

/* own_iommu.c and its rooms: docs/lockstep.md "An IOMMU of your own". */
#define OWN_IOMMU_CYCLES 5000 /* to an answer: docs/your-own-iommu.md */
/* Nothing, and true, without one. env: of the golden unit, which goes on with what is told. */
bool own_iommu_create(struct scoreboard *sb, struct iommu_env *env);
void own_iommu_destroy(struct scoreboard *sb);
/* CAP and ECAP of the golden unit, once there is one. */
void own_iommu_offer(struct scoreboard *sb);
/* Before a store, while memory is what it was. */
void own_iommu_store(struct scoreboard *sb, uint64_t pa, const void *data, unsigned bytes,
                     struct legality_writer by);
/* The board's word; an event at its place in the order. False: it is none of such a unit. */
bool own_iommu_board(struct scoreboard *sb, const struct board_record *r);
bool own_iommu_handle(struct scoreboard *sb, const struct order_event *e);
/* An access of the model's to a register, as the RTL's was answered. */
uint64_t own_iommu_read(struct scoreboard *sb, uint32_t offset, unsigned bytes, uint64_t rtl);
void own_iommu_write(struct scoreboard *sb, uint32_t offset, unsigned bytes, uint64_t value);
void own_iommu_watch(struct scoreboard *sb, uint64_t cycle);
void own_iommu_finish(struct scoreboard *sb);

/* locks.c */
void locks_beat(struct scoreboard *sb, const struct rec_bus *r, bool unit);
void locks_fetch(struct scoreboard *sb, const struct rec_bus *r);
void locks_translation(struct scoreboard *sb, const struct rec_xlate *r);

/* memory.c */
void memory_window(struct scoreboard *sb, uint64_t written);
void memory_whole(struct scoreboard *sb, uint64_t written);

#endif
