// SPDX-License-Identifier: Apache-2.0
// A monitor in ring 0 and the "guest" kernel that it runs in ring 3: what is whose, what the guest
// may put into its page tables, what became of the last thing that it tried.
#ifndef HIDING_H
#define HIDING_H

#include "../lib/rt.h"

/* The guest's memory, by physical address, with the hidden range in its middle. */
#define GUEST_LOW    UINT64_C(0x1400000) /* by one large page */
#define HIDDEN       UINT64_C(0x1600000)
#define HIDDEN_END   UINT64_C(0x1800000)
#define GUEST_TABLES UINT64_C(0x1800000) /* by small pages: its page tables may be here */
#define GUEST_HIGH   UINT64_C(0x1A00000)
#define GUEST_END    UINT64_C(0x1C00000)
#define LARGE        UINT64_C(0x200000)

/* The tables that it begins with, the second ones that it makes, and other pages there. */
#define PML4    GUEST_TABLES
#define PDPT    (GUEST_TABLES + 0x1000)
#define PD      (GUEST_TABLES + 0x2000)
#define PT      (GUEST_TABLES + 0x3000)
#define SECOND  (GUEST_TABLES + 0x8000) /* four pages */
#define BALLOON (GUEST_TABLES + 0xD000) /* a page that the monitor takes back */
#define PLAIN   (GUEST_TABLES + 0xE000)
#define PAGES   16 /* mapped there */
#define NO_PAGE 20 /* index of a page in PT that is not mapped */

/* Linear addresses: PML4[0] is the monitor's, PML4[1] the guest's. */
#define GUEST_VA UINT64_C(0x8000000000)
#define VA(pa)   (GUEST_VA + ((pa)-GUEST_LOW))

#define SECRET_MARK 0x5EC2E75Eu /* bits 63:32 of each word of the secret */

/* What became of what the guest tried. */
enum stop {
    NOTHING, /* it went through */
    PAGE_FAULT,
    FRAME_HIDDEN,
    FRAME_OUTSIDE,
    TABLE_WRITABLE,
    NOT_A_TABLE,
    MONITORS_ENTRY,
    NOT_UNDERSTOOD,
    PRIVILEGED,
    BAD_POINTER,
};

struct event {
    enum stop stop;
    uint64_t error, va; /* PAGE_FAULT */
    unsigned emulated;  /* instructions carried out for it on the way */
};
extern struct event last;

/* --- tables.c: page tables of the guest --- */
void tables_start(void);
/* May this value stand in that entry of a table of that level? */
enum stop entry_refused(unsigned level, unsigned index, uint64_t value);
/* It does from now on. */
void entry_set(uint64_t entry_pa, uint64_t value);
/* May CR3 hold this? From now on its tables are tables. */
enum stop root_refused(uint64_t pml4);
unsigned table_level(uint64_t pa); /* 0: no page table */
enum stop frame_refused(uint64_t pa);
void frame_take(uint64_t pa); /* the page is hidden too */

/* --- monitor.c: traps, the secret --- */
void monitor_start(void);
/* Runs the guest's function; what became of it is in `last`. */
uint64_t guest_run(uint64_t (*fn)(uint64_t), uint64_t arg);
void secret_write(void);
bool secret_intact(void);
#define SYS_SUM 2 /* a service to the guest: the sum of two words at an address */

/* --- guest.c: ring 3 --- */
struct guest_order {
    uint64_t at, value, then;
};
extern struct guest_order guest_order;
USER_TEXT uint64_t guest_load(uint64_t va);
USER_TEXT uint64_t guest_store(uint64_t va);
USER_TEXT uint64_t guest_call(uint64_t va);
USER_TEXT uint64_t guest_service(uint64_t va);
USER_TEXT uint64_t guest_map(uint64_t order);    /* entry at, its value; then a load */
USER_TEXT uint64_t guest_map_or(uint64_t order); /* by LOCK OR */
USER_TEXT uint64_t guest_map_string(uint64_t order);
USER_TEXT uint64_t guest_cr3(uint64_t value);
USER_TEXT uint64_t guest_second(uint64_t order);     /* second tables with one entry of PT so */
USER_TEXT uint64_t guest_look_at_map(uint64_t list); /* bytes of memory; UINT64_MAX: hidden ones */

/* --- memory_map.c --- */
struct range {
    uint64_t base, end;
};
#define RANGES 32
void memory_map(const uint8_t *info);

/* --- the attempts: processor.c, device.c --- */
extern unsigned failures;
void say(bool ok, const char *verdict, const char *text);
void by_the_processor(void);
void device_start(void);
/* Of the device on this page of the guest's, from now on. */
enum device_rights { DEVICE_NONE, DEVICE_READ = 1, DEVICE_BOTH = 3 };
void device_rights(uint64_t pa, enum device_rights rights);
void by_the_device(void);

#endif
