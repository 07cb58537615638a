// SPDX-License-Identifier: Apache-2.0
// A small stack machine interpreted in ring 3: counts primes by trial division, prints through
// system calls, while a timer interrupts it.
#include "../lib/rt.h"

enum op { PUSH, DUP, ADD, SUB, MUL, MOD, LT, JZ, JMP, LOAD, STORE, PRINT, HALT };

/* n = 2; while (n < 400) { d = 2; while (d*d <= n && n % d) d++; if (d*d > n) count++; n++; } print
 * count */
USER_DATA static int64_t program[] = {
    PUSH, 2, STORE, 0,                                      /* 0 */
    LOAD, 0, PUSH,  400,  LT,  JZ,    58,                   /* 4: top */
    PUSH, 2, STORE, 1,                                      /* 11 */
    LOAD, 0, LOAD,  1,    DUP, MUL,   LT, JZ,  26, JMP, 42, /* 15: inner */
    LOAD, 0, LOAD,  1,    MOD, JZ,    49,                   /* 26: divide */
    LOAD, 1, PUSH,  1,    ADD, STORE, 1,  JMP, 15,          /* 33 */
    LOAD, 2, PUSH,  1,    ADD, STORE, 2,                    /* 42: prime */
    LOAD, 0, PUSH,  1,    ADD, STORE, 0,  JMP, 4,           /* 49: next */
    LOAD, 2, PRINT, HALT,                                   /* 58: done */
};
USER_DATA static int64_t stack[64];
USER_DATA static int64_t variables[8];

USER_TEXT static void print_number(uint64_t v)
{
    if (v >= 10)
        print_number(v / 10);
    user_call(SYS_PUT, '0' + v % 10, 0, 0);
}

USER_TEXT static uint64_t interpret(uint64_t at)
{
    int64_t *sp = stack, *pc = program + at;

    for (;;) {
        int64_t op = *pc++;

        if (op == PUSH) {
            *sp++ = *pc++;
        } else if (op == DUP) {
            sp[0] = sp[-1];
            sp++;
        } else if (op == ADD) {
            sp--;
            sp[-1] += sp[0];
        } else if (op == SUB) {
            sp--;
            sp[-1] -= sp[0];
        } else if (op == MUL) {
            sp--;
            sp[-1] *= sp[0];
        } else if (op == MOD) {
            sp--;
            sp[-1] %= sp[0];
        } else if (op == LT) {
            sp--;
            sp[-1] = sp[-1] < sp[0];
        } else if (op == JZ) {
            sp--;
            pc = *sp == 0 ? program + *pc : pc + 1;
        } else if (op == JMP) {
            pc = program + *pc;
        } else if (op == LOAD) {
            *sp++ = variables[*pc++];
        } else if (op == STORE) {
            variables[*pc++] = *--sp;
        } else if (op == PRINT) {
            print_number((uint64_t) * --sp);
            user_call(SYS_PUT, '\n', 0, 0);
        } else {
            return (uint64_t)variables[2];
        }
    }
}

#define LAPIC UINT64_C(0xFEE00000)

USER_DATA static volatile uint64_t ticks;

/* On a machine that was through before the first tick. */
USER_TEXT static uint64_t wait_for_tick(uint64_t count)
{
    while (ticks < count)
        continue;
    return 0;
}

static void on_timer(struct frame *f)
{
    (void)f;
    ticks++;
    write32(LAPIC + 0x0B0, 0);
}

int main(void)
{
    uint64_t primes;

    on_trap(0x50, on_timer);
    write32(LAPIC + 0x0F0, 0x1FF);
    write32(LAPIC + 0x3E0, 0xB);
    write32(LAPIC + 0x320, 0x20050);
    write32(LAPIC + 0x380, 30000);
    user_open();
    primes = run_user(interpret, 0);
    run_user(wait_for_tick, 1);
    write32(LAPIC + 0x320, 0x10000);
    put(primes == 78 ? "interpreter ok\n" : "FAIL\n");
    return primes == 78 ? 0 : 1;
}
