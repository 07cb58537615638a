// SPDX-License-Identifier: Apache-2.0
// An attempt of ring-3 code to get out of the domain of the device that it was given, and what must
// become of it. The tables of attempts are data, one a file; attempt.c carries a row out.
#ifndef ATTACK_H
#define ATTACK_H

#include "edu.h"
#include "unit.h"

/* The kernel's memory, by physical address. */
#define ROOT       UINT64_C(0x1000000)
#define CONTEXTS   UINT64_C(0x1001000)
#define TABLES     UINT64_C(0x1002000) /* of ring 3's domain: levels 3, 2, 1 */
#define OWN_TABLES UINT64_C(0x1005000) /* of the kernel's own */
#define QUEUE      UINT64_C(0x1008000)
#define STATUS     UINT64_C(0x1009000)
#define IRT        UINT64_C(0x100A000)
#define KERNEL_END UINT64_C(0x100B000)

/* Ring 3's frames, in this order, and behind them one of somebody else. */
#define FRAME_OWN    UINT64_C(0x1100000)
#define FRAME_READ   UINT64_C(0x1101000)
#define FRAME_WRITE  UINT64_C(0x1102000)
#define FRAME_LAST   UINT64_C(0x1103000)
#define FRAME_SECRET UINT64_C(0x1104000)

/* What the device of ring 3 sees. */
#define DID          10
#define WINDOW       UINT64_C(0x8000000)
#define WINDOW_READ  (WINDOW + 0x1000)
#define WINDOW_WRITE (WINDOW + 0x2000)
#define WINDOW_LAST  (WINDOW + 0x3000)
#define WINDOW_END   (WINDOW + 0x4000)
/* What it sees when the kernel uses it. */
#define OWN_DID    9
#define OWN_SECRET (WINDOW + 0x5000)

#define SECRET_MARK 0x5EC2E75Eu /* bits 63:32 of each word there */

extern unsigned failures;

/* --- the domain (domain.c) --- */

void domain_build(void); /* all of it, ring 3's mappings of its frames too */
void domain_give(void);  /* as ring 3 was promised it; nothing of before is cached */
uint64_t *context_entry(void);
uint64_t *window_entry(uint64_t iova);
void secret_renew(void);

/* --- the attempts --- */

enum outcome {
    STOPPED, /* with a fault record */
    SILENT,  /* without one, as the manual has it */
    ALLOWED, /* by right, or because the kernel has not done its part yet: the row says which */
};

struct attempt {
    const char *what;
    struct order order;
    enum outcome outcome;
    unsigned reason; /* STOPPED: which, and what is recorded beside it */
    uint64_t recorded;
    void (*prepare)(void); /* the kernel's mistake, or its change of mind; domain_give() ends it */
    bool (*done)(void);    /* ALLOWED: it has happened */
    bool unlike_qemu;
    uint32_t payload; /* the first dword that the device writes; 0: any */
};

#define STOPPED_BY(why, at) .outcome = STOPPED, .reason = (why), .recorded = (at)

void attempt_all(const struct attempt *rows, unsigned count, bool unlike_qemu);
#define ATTEMPT_ALL(rows, unlike_qemu)                                                             \
    attempt_all(rows, sizeof(rows) / sizeof((rows)[0]), unlike_qemu)
/* A line of the console: whether what the text says is so. */
void say(bool ok, bool unlike_qemu, const char *verdict, const char *text);
/* "5h no write permission; recorded: source-id ..., address ..." */
void put_reason(unsigned reason, uint16_t sid, uint64_t info);
/* Where the attempts aim: remembers it; is it still so? */
void look(void);
bool unchanged(void);
/* What the ring-3 code put into its own page for the device to write. */
bool payload_at(uint64_t pa);

/* Interrupts that came, by vector: 2 is NMI. */
extern volatile uint64_t taken[256];
void expect_interrupts(void);
uint64_t interrupts_so_far(void); /* of all vectors */
/* Long enough for a message under way. */
void settle(void);

void by_the_processor(void);    /* cpu.c */
void protected_regions(void);   /* regions.c */
void memory(void);              /* memory.c */
void interrupts_unmapped(void); /* interrupts.c: without remapping */
void interrupts(void);
void device_tlb(void); /* tlb.c */
void forged(void);     /* forged.c: behind interrupts() */
void storm(void);      /* storm.c */

#endif
