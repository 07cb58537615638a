// SPDX-License-Identifier: Apache-2.0
// QEMU and the golden model, instruction by instruction.
#ifndef RW_STEPS_JUDGE_H
#define RW_STEPS_JUDGE_H

#include "oracle.h"
#include "qemu.h"
#include "twin.h"

enum { NO_VECTOR = 0x100, SHUT_DOWN = 0x101, KNOWN_MAX = 192, HISTORY = 64 };

/* The model's step once more: with empty TLBs, and with PDPTE registers from memory. */
enum fresh { FRESH_DIFFERS, FRESH_AGREES, FRESH_PDPTES_AGREE };

/* What one step came to on both sides. */
struct moment {
    const struct shot *before;       /* agreed */
    const struct shot *qemu, *model; /* after it; qemu NULL: unknown, it has ended or waits */
    const struct rec_retire *retire; /* of the model */
    unsigned vector_qemu, vector_model;
    uint64_t error_qemu, error_model;
    uint64_t where_qemu, where_model; /* the RIP that the event met */
    bool unlogged;                    /* the model read where no device of QEMU's answers */
    struct trial insn;                /* decoded, if it could be fetched */
    const struct trial *behind; /* the instruction that was complete before, in the same span */
    uint64_t msr;               /* ECX before */
    uint64_t sysenter_cs;
    const struct trial *last; /* the instruction before, in whatever span */
    unsigned event_before;    /* the vector delivered before, in the same span */
    bool device_differs;
    uint64_t device_addr;
    enum fresh fresh;     /* the model differs, but not afresh */
    unsigned next_vector; /* stands behind the moment: QEMU has its CR2 or DR6 already */
};

enum verdict {
    V_GOING_ON,
    V_EXIT,      /* the guest ended the run */
    V_HALTED,    /* both wait for an interrupt that does not come */
    V_SHUTDOWN,  /* both */
    V_LIMIT,     /* as many instructions as asked for */
    V_GIVEN_UP,  /* a known difference behind which they cannot be compared */
    V_QEMU_DIED, /* by a mistake of its own */
    V_MISMATCH
};

struct past {
    uint64_t rip;
    uint8_t bytes[TWIN_BYTES], mode;
    unsigned byte_count;
};

struct judge {
    struct twin *twin;
    struct qemu *qemu;
    uint64_t max_instructions, checkpoint_every;
    bool paused;
    bool show_state; /* all of it, with a difference */
    /* What came out. */
    enum verdict verdict;
    uint64_t instructions, events, unjudged, checkpoints, idle;
    uint64_t undefined_flags, rf_dropped;
    uint64_t known[KNOWN_MAX]; /* by row of known.c */
    unsigned given_up_by;      /* its row */
    int qemu_status;
    /* The first difference. */
    struct moment moment;
    struct shot shots[3]; /* of it */
    bool differs[F_COUNT];
    bool ram_differs;
    uint64_t ram_pa;
    uint8_t ram_qemu, ram_model;
    uint64_t ram_writer; /* instructions ago; 0: the model never wrote it */
    struct trial last;   /* complete */
    unsigned last_event;
    struct past past[HISTORY];
    struct span span; /* of the first difference */
    uint64_t past_count;
};

void judge_run(struct judge *j);
uint64_t moment_value(const struct moment *m, unsigned field, bool qemu);

/* --- known.c --- */
enum known_action {
    K_TAKE,     /* QEMU's registers become the model's */
    K_ACCESSED, /* and the accessed bits in memory */
    K_RESYNC,   /* QEMU is paused; its registers and RAM become the model's */
    K_END       /* the comparison ends here */
};

/* The row that explains this field of the moment, or -1. */
int known_row(const struct moment *m, unsigned field);
enum known_action known_action(unsigned row);
const char *known_name(unsigned row);
const char *known_source(unsigned row);
/* "stimulus", "QEMU", "open": what kind of row it is. */
const char *known_kind(unsigned row);
unsigned known_rows(void);

/* --- limits.c --- */
/* Does the instruction's operand in memory touch a data breakpoint that this state enables? */
bool touches_breakpoint(const struct trial *insn, const struct shot *s);
bool beyond_segments(const struct moment *m);

#endif
