// SPDX-License-Identifier: Apache-2.0
// What the programs of docs/labs ask: a piece of code at ring 3, or an access at ring 0; what came
// of it is a line of the console.
#ifndef LAB_H
#define LAB_H

#include "rt.h"

#define NOTHING 255

/* The last exception. */
static volatile struct {
    uint64_t vector, error, cr2;
} came;
static volatile bool in_ring3;
static volatile uint64_t resume_rip; /* behind an access at ring 0 */

static void lab_trap(struct frame *f)
{
    came.vector = f->vector;
    came.error = f->error;
    came.cr2 = read_cr2();
    if (in_ring3)
        rt_leave_user(0);
    f->rip = resume_rip;
    if (f->vector == 14 && f->error & 0x10) /* call() has pushed its return address */
        f->rsp += 8;
}

/* The 16 bytes of a gate of the IDT. */
static inline uint8_t *gate_at(unsigned vector)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } idtr;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    return (uint8_t *)(idtr.base + vector * 16);
}

/* The gate leads to `at`, and ring 3 may use it by INT. */
static inline void open_gate(unsigned vector, void (*at)(void))
{
    uint8_t *g = gate_at(vector);

    *(uint16_t *)g = (uint16_t)(uint64_t)at;
    *(uint16_t *)(g + 6) = (uint16_t)((uint64_t)at >> 16);
    g[5] |= 3 << 5;
}

/* Every exception is told; ring 3 has its pages. */
static inline void lab_open(void)
{
    for (unsigned v = 0; v < 32; v++)
        on_trap(v, lab_trap);
    user_open();
    came.vector = NOTHING;
}

/* "WHAT: #PF(0x5), CR2 0x1000", or "WHAT: no exception". */
static inline void tell(const char *what)
{
    static const char names[32][4] = {
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "", "#TS",
        "#NP", "#SS", "#GP", "#PF", "",    "#MF", "#AC", "#MC", "#XM", "", "#CP",
    };

    put(what);
    put(": ");
    if (came.vector == NOTHING) {
        put("no exception\n");
        return;
    }
    put(names[came.vector & 31]);
    put("(");
    put_hex(came.error);
    put(")");
    if (came.vector == 14) {
        put(", CR2 ");
        put_hex(came.cr2);
    }
    put("\n");
    came.vector = NOTHING;
}

/* fn(arg) at ring 3; an exception ends it. -> what it returned */
static inline uint64_t ring3(const char *what, uint64_t (*fn)(uint64_t), uint64_t arg)
{
    uint64_t value;

    in_ring3 = true;
    value = run_user(fn, arg);
    in_ring3 = false;
    tell(what);
    return value;
}

/* One access at ring 0; after an exception the program goes on behind it. */
static __attribute__((noinline, unused)) uint64_t load(uint64_t va)
{
    uint64_t v = 0;

    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %1\n\t"
                     "movq (%2), %0\n"
                     "1:"
                     : "+r"(v), "=m"(resume_rip)
                     : "r"(va)
                     : "rax", "memory");
    return v;
}

static __attribute__((noinline, unused)) void store(uint64_t va, uint64_t v)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %0\n\t"
                     "movq %2, (%1)\n"
                     "1:"
                     : "=m"(resume_rip)
                     : "r"(va), "r"(v)
                     : "rax", "memory");
}

/* A function at va, which returns. */
static __attribute__((noinline, unused)) void call(uint64_t va)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %0\n\t"
                     "pushq %%rax\n\t"
                     "jmp *%1\n"
                     "1:"
                     : "=m"(resume_rip)
                     : "r"(va)
                     : "rax", "memory");
}

#endif
