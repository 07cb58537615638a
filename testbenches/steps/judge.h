// SPDX-License-Identifier: Apache-2.0
// An emulator and the golden model, instruction by instruction.
#ifndef RW_STEPS_JUDGE_H
#define RW_STEPS_JUDGE_H

#include "emulator.h"
#include "oracle.h"
#include "twin.h"

enum { NO_VECTOR = 0x100, SHUT_DOWN = 0x101, KNOWN_MAX = 384, HISTORY = 64 };

/* The model's step once more: with empty TLBs, and with PDPTE registers from memory. */
enum fresh { FRESH_DIFFERS, FRESH_AGREES, FRESH_PDPTES_AGREE };

/* What one step came to on both sides. */
struct moment {
    const struct shot *before;         /* agreed */
    const struct shot *theirs, *model; /* after it; theirs NULL: unknown, it has ended or waits */
    const struct emulator_ops *on;
    const struct rec_retire *retire; /* of the model */
    unsigned vector_theirs, vector_model;
    uint64_t error_theirs, error_model;
    uint64_t where_theirs, where_model; /* the RIP that the event met */
    bool unlogged;              /* the model read where no device of the emulator's answers */
    struct trial insn;          /* decoded, if it could be fetched */
    const struct trial *behind; /* the instruction that was complete before, in the same span */
    uint64_t msr;               /* ECX before */
    uint64_t sysenter_cs;
    const struct trial *last;  /* the instruction before, in whatever span */
    unsigned shadows_in_a_row; /* MOV SS and POP SS right before */
    unsigned blamed_type;      /* of the descriptor that the model's error code names */
    bool high_gate_type;       /* a gate of the delivery has bits 108:104 set */
    bool gate_not_canonical;   /* ... an offset that is not */
    bool gate_of_task;         /* ... is one of a task */
    bool stack_not_canonical;  /* a stack pointer of the TSS is not */
    bool fetched_nothing;      /* the instruction lies where nobody answers */
    unsigned event_before;     /* the vector delivered before, in the same span */
    bool device_differs;
    uint64_t device_addr;
    bool ram_differs;
    uint64_t ram_pa;             /* the first byte that differs */
    uint8_t ram_bits, ram_model; /* of it */
    bool ram_stored;             /* the model stored there itself, not in a walk */
    bool cached;                 /* the model had a translation in its TLBs */
    enum fresh fresh;            /* the model differs, but not afresh */
    unsigned next_vector; /* stands behind the moment: the emulator has its CR2 or DR6 already */
};

enum verdict {
    V_GOING_ON,
    V_EXIT,     /* the guest ended the run */
    V_HALTED,   /* both wait for an interrupt that does not come */
    V_SHUTDOWN, /* both */
    V_LIMIT,    /* as many instructions as asked for */
    V_GIVEN_UP, /* a known difference behind which they cannot be compared */
    V_DIED,     /* by a mistake of its own */
    V_MISMATCH
};

struct past {
    uint64_t rip;
    uint8_t bytes[TWIN_BYTES], mode;
    unsigned byte_count;
};

struct judge {
    struct twin *twin;
    struct emulator *emulator;
    uint64_t max_instructions, checkpoint_every;
    bool paused;
    bool unseen;        /* the last span's state behind it */
    bool silent;        /* the last span is the last thing that the emulator said: it still lives */
    struct shot before; /* this span */
    bool show_state;    /* all of it, with a difference */
    /* What came out. */
    enum verdict verdict;
    uint64_t instructions, events, unjudged, checkpoints, idle;
    uint64_t undefined_flags, rf_dropped;
    uint64_t known[KNOWN_MAX]; /* by row of known.c */
    unsigned given_up_by;      /* its row */
    int status;
    /* The first difference. */
    struct moment moment;
    struct shot shots[3]; /* of it */
    bool differs[F_COUNT];
    bool ram_differs;
    uint64_t ram_pa;
    uint8_t ram_theirs, ram_model;
    uint64_t ram_writer; /* instructions ago; 0: the model never wrote it */
    struct trial last;   /* complete */
    unsigned last_event, shadows_in_a_row;
    struct past past[HISTORY];
    struct span span; /* of the first difference */
    uint64_t past_count;
};

void judge_run(struct judge *j);
uint64_t moment_value(const struct moment *m, unsigned field, bool theirs);

/* --- known.c --- */
enum known_action {
    K_KEEP,     /* each side goes on with its own */
    K_TAKE,     /* the emulator's registers become the model's */
    K_ACCESSED, /* and the accessed bits in memory */
    K_GIVE,     /* the model's become the emulator's, if it can be told */
    K_RESYNC,   /* the emulator is paused; its registers and RAM become the model's */
    K_END       /* the comparison ends here */
};

/* The row that explains this field of the moment, or -1; of those about the emulator at hand. */
int known_row(const struct moment *m, unsigned field);
enum known_action known_action(unsigned row);
const char *known_name(unsigned row);
const char *known_source(unsigned row);
/* "stimulus", "QEMU", "Bochs", "open", "choice": what kind of row it is. */
const char *known_kind(unsigned row);
unsigned known_rows(void);
/* ON_QEMU, ON_BOCHS, ON_BOTH */
unsigned known_on(unsigned row);

/* --- limits.c --- */
/* Does the instruction's operand in memory touch a data breakpoint that this state enables? */
bool touches_breakpoint(const struct trial *insn, const struct shot *s);
/* Outside 64-bit mode: does an operand in memory run over the end of 4 GBytes, by its segment's
 * base? */
bool over_4g(const struct moment *m);
bool beyond_segments(const struct moment *m);
/* ... even if what runs over the end of 4 GBytes goes on at 0? */
bool beyond_wrapped_segments(const struct moment *m);
/* Is there no room on its stack for the frame of an event at the same level? */
bool event_frame_outside(const struct shot *s);

#endif
