// SPDX-License-Identifier: Apache-2.0
// What a 32-bit program tells of its probes, line by line.
#include "system32.h"

static unsigned failures;

static void put_char(char c)
{
    uint8_t status;

    do
        __asm__ volatile("inb %1, %0" : "=a"(status) : "Nd"((uint16_t)0x3FD));
    while (!(status & 0x20));
    __asm__ volatile("outb %0, %1" : : "a"(c), "Nd"((uint16_t)0x3F8));
}

static void put(const char *s)
{
    for (; *s; s++)
        put_char(*s);
}

static void put_hex(uint32_t v)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        put_char("0123456789abcdef"[v >> shift & 15]);
}

void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    if (!ok) {
        put(" vector ");
        put_hex(seen[0]);
        put(" error ");
        put_hex(seen[1]);
        put(" eip ");
        put_hex(seen[2]);
        put(" result ");
        put_hex(result);
    }
    put("\n");
    failures += !ok;
}

void fault(const char *what, void (*fn)(void), uint32_t vector, uint32_t error)
{
    probe(fn);
    check(what, seen[0] == vector && seen[1] == error);
}

void fine(const char *what, void (*fn)(void))
{
    check(what, probe(fn) == NONE);
}

void set_base(volatile uint64_t *descriptor, const void *base)
{
    uint64_t b = (uint32_t)(uintptr_t)base;

    *descriptor =
        (*descriptor & UINT64_C(0x00FFFF000000FFFF)) | (b & 0xFFFFFF) << 16 | (b >> 24) << 56;
}

uint32_t saved(unsigned n)
{
    return ((volatile uint32_t *)(uintptr_t)seen[7])[n];
}

unsigned verdict(void)
{
    put(failures ? "failed\n" : "all as the manual says\n");
    return failures != 0;
}
