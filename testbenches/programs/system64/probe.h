// SPDX-License-Identifier: Apache-2.0
// One instruction tried at ring 0 or 3, and what it raised.
#ifndef PROBE_H
#define PROBE_H

#include "../lib/rt.h"

#define NONE 255 /* no exception */

/* Ring-0 code of a probe: starts with RAX = arg, ends by falling through to RET. */
#define PROBE(name, text)                                                                          \
    __asm__(".text\n.globl probe_" #name "\nprobe_" #name ":\n" text "\n1: ret\n");                \
    void probe_##name(void)
/* The same in the pages that ring 3 may use. */
#define USER_PROBE(name, text)                                                                     \
    __asm__(".section .user.text, \"ax\"\n.globl probe_" #name "\nprobe_" #name                    \
            ":\nmovq %rdi, %rax\n" text "\nret\n.previous");                                       \
    uint64_t probe_##name(uint64_t)

struct seen {
    uint64_t vector, error, cr2, rip, cs, rflags, rsp, ss, frame, rax, rcx, rsi, rdi;
};
extern volatile struct seen seen;
extern volatile uint64_t result; /* RAX at the end of a ring-0 probe */

void probes_open(void);                        /* handlers, descriptor table */
unsigned try0(void (*fn)(void), uint64_t arg); /* the vector, or NONE */
unsigned try3(uint64_t (*fn)(uint64_t), uint64_t arg);
void check(const char *what, bool ok);
/* Only on this machine: QEMU leaves the check out. */
void here0(void (*fn)(void), uint64_t arg);
void here3(uint64_t (*fn)(uint64_t), uint64_t arg);
void check_here(const char *what, bool ok);
bool is_ringwalk(void);
extern unsigned failures;
extern uint64_t gdt[32];
extern uint64_t idt_copy[512];

#define SEEN(v, e) (seen.vector == (v) && seen.error == (e))

extern uint32_t msr_index; /* of the probe wrmsr */
extern uint64_t msr_value;

void system_tests(void);
void rights_tests(void);
void pointer_tests(void);
void integer_tests(void);
void port_tests(void);
void fastcall_tests(void);
void flow_tests(void);
void core_tests(void); /* only on this machine */

#endif
