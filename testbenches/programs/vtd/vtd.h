// SPDX-License-Identifier: Apache-2.0
// The guest of the IOMMU's outside judge: random structures, invalidations and messages by one
// seed, a line a case. What it draws never depends on what the hardware did, so that two machines
// run the same cases.
#ifndef VTD_H
#define VTD_H

#include "../lib/rt.h"
#include "../lib/vtd_regs.h"

#define LAPIC     UINT64_C(0xFEE00000)
#define EDU_DEVFN 0x10

#define VECTOR_FAULT 0xE0
#define VECTOR_WAIT  0xE1

/* Physical memory that nothing else uses; the image and its heap end far below. */
#define HOT_BASE     UINT64_C(0x4000000) /* two regions of 2 MiB */
#define IRT_BASE     UINT64_C(0x5000000) /* 1 MiB */
#define QUEUE_BASE   UINT64_C(0x5200000) /* 1 MiB */
#define RAM_END      UINT64_C(0x10000000)
#define NOWHERE      UINT64_C(0x30000000) /* nobody answers */
#define HOT_PAGES    5
#define QUEUE_QS_END 5 /* sizes of the queue: QS 0 to 4 */

/* --- drawing and printing (draw.c) --- */
void draw_seed(uint64_t seed);
uint64_t draw(void);
unsigned below_n(unsigned n);
bool chance(unsigned percent);
unsigned one_of(const uint16_t *set, unsigned n);
#define ONE_OF(set) one_of(set, sizeof(set) / sizeof((set)[0]))
void hex(uint64_t v);
void field(const char *name, uint64_t v); /* " name=v" */
void pair(const char *name, uint64_t lo, uint64_t hi);

/* What was done to come to a case: words of its line. */
void act_begin(void);
void act(const char *word);
void act_number(const char *word, uint64_t v); /* "word" with v behind it */
void act_print(void);
void act_done(unsigned granularity); /* what a register says was invalidated */
void done_print(void);

/* --- the device (edu.c) --- */
#define EDU_BUFFER 0x40000
void edu_start(void);
void edu_copy(uint64_t from, uint64_t to, unsigned bytes); /* one of the two in its buffer */
void edu_message(uint32_t address, uint16_t data);
void edu_raise(void);

/* --- the unit (unit.c) --- */
extern bool queued; /* invalidations by the queue, not by the registers */
void gcmd(unsigned bit, bool on);
void unit_faults_off(void); /* clears records and status */
void queue_start(unsigned qs);
void queue_stop(void);
unsigned queue_tail(void);
uint64_t queue_bytes(void);
void submit(uint64_t lo, uint64_t hi);
bool sync(void); /* all that was submitted is done; false: it never was */
void queue_mend(unsigned at);
bool queue_rest(void);
void inv_context(unsigned g, uint16_t did, uint16_t sid, unsigned fm);
void inv_iotlb(unsigned g, uint16_t did, uint64_t addr, unsigned am, bool ih);
void inv_entries(unsigned g, uint16_t index, unsigned im);
void print_unit(void); /* FSTS, FECTL, the record */

/* --- interrupts taken (taken.c) --- */
void taken_start(void);
void taken_settle(void); /* lets come what is under way */
void taken_print(void);  /* and prints what came */

/* --- translation structures (tables.c, entries.c) --- */
struct space { /* what the device's context entry leads to now */
    uint64_t *top;
    unsigned levels;
    uint16_t did;
    bool paged;
};
extern unsigned widest; /* levels of the widest AW: 3 or 4 */
uint64_t table_of_level(unsigned level);
uint64_t draw_entry(unsigned level);
uint64_t draw_root(uint64_t context);
void draw_context(uint64_t entry[2], bool good);
void tables_make(void);
void tables_draw(void);
uint64_t *context_entry(void);
struct space space_now(void);
uint64_t *slot_at(const struct space *s, uint64_t iova, unsigned level); /* NULL: not reached */
uint64_t hot_page(unsigned region, unsigned page);
uint64_t draw_iova(void);
void path_print(uint64_t iova);
void use_root(unsigned which, unsigned ttm);
void change_entry(uint64_t iova);
void change_somewhere(void);
void change_context(bool good);
void change_root(void);
void switch_root(void);
void invalidate_needlessly(void);

/* --- the cases --- */
void dma_start(void);
void dma_case(void);
void dma_check(void); /* nothing else was written */
extern bool eim;
void message_episode(void);
void message_case(void);
void queue_case(void);
void event_case(void);

#endif
