// SPDX-License-Identifier: Apache-2.0
// Probes of 32-bit protected mode: one piece of code, what it raised, what it left in EAX.
#ifndef SYSTEM32_H
#define SYSTEM32_H

#include <stdbool.h>
#include <stdint.h>

#define NONE 255

/* seen[]: vector, error, eip, cs, eflags, and with a change of ring esp, ss; then the handler's ESP
 * behind its PUSHA. */
extern volatile uint64_t gdt[], idt[];
extern volatile uint32_t tss[], seen[8], result;
extern uint8_t user_stack_top[], stubs[];
unsigned probe(void (*fn)(void));
unsigned probe3(void (*fn)(void));

/* A register that is loaded with a selector before the text. */
#define WITH(seg, sel, text) "movl $" #sel ", %ecx\nmovl %ecx, %" #seg "\n" text

#define PROBE(name, text)                                                                          \
    __asm__(".text\n.globl p_" #name "\np_" #name ":\n" text "\nret\n");                           \
    void p_##name(void)

void check(const char *what, bool ok);
unsigned verdict(void); /* the last line, and main's result */
void fault(const char *what, void (*fn)(void), uint32_t vector, uint32_t error);
void fine(const char *what, void (*fn)(void));
uint32_t saved(unsigned n); /* a register of the handler's PUSHA: 7 EAX, 3 EBX, 0 EDI */
void set_base(volatile uint64_t *descriptor, const void *base);
void width16(void);
void decimal(void);
void pointers(void);
void rights(void);
void ports(void);
void fastcall(void);

#endif
