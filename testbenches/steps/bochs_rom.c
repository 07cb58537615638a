// SPDX-License-Identifier: Apache-2.0
// The ROM from which Bochs comes to a program's entry: Multiboot's state, and the registers that
// the firmware would have left. SDM Vol. 3A "First Instruction Executed", "Switching to Protected
// Mode".
#include <string.h>

#include "bochs.h"
#include "oracle.h"

#define TOP_4K   (BOCHS_ROM_BYTES - 0x1000)
#define LINEAR   0xfffff000u /* of the last 4 KBytes */
#define GDT_AT   0xf80u
#define GDTR_AT  0xfa0u
#define RESET_AT 0xff0u

#define HOLE_FROM 0xa0000u
#define HOLE_TO   0x100000u

struct assembler {
    uint8_t *at; /* of the last 4 KBytes */
    unsigned used;
};

static void bytes(struct assembler *a, const char *code, unsigned count)
{
    memcpy(a->at + a->used, code, count);
    a->used += count;
}

static void dword(struct assembler *a, uint32_t v)
{
    memcpy(a->at + a->used, &v, sizeof(v));
    a->used += sizeof(v);
}

/* MOV r32, imm32 */
static void set(struct assembler *a, unsigned gpr, uint64_t v)
{
    a->at[a->used++] = (uint8_t)(0xb8 + gpr);
    dword(a, (uint32_t)v);
}

static void write_msr(struct assembler *a, uint32_t msr, uint32_t value)
{
    set(a, RCX, msr);
    set(a, RAX, value);
    set(a, RDX, 0);
    bytes(a, "\x0f\x30", 2); /* WRMSR */
}

static void put_tables(uint8_t *at)
{
    static const uint64_t gdt[] = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff};
    const uint16_t limit = sizeof(gdt) - 1;
    const uint32_t base = LINEAR + GDT_AT;

    memcpy(at + GDT_AT, gdt, sizeof(gdt));
    memcpy(at + GDTR_AT, &limit, sizeof(limit));
    memcpy(at + GDTR_AT + 2, &base, sizeof(base));
    memcpy(at + RESET_AT, "\xe9\x0d\xf0", 3); /* JMP F000 */
}

static void to_protected_mode(struct assembler *a)
{
    bytes(a, "\xfa\x2e\x66\x0f\x01\x16", 6); /* CLI; LGDT CS:[...] with 32 bits of base */
    bytes(a, "\xa0\xff", 2);                 /* F000 + GDTR_AT */
    bytes(a, "\x66\xb8", 2);
    dword(a, 0x11);              /* MOV EAX, PE and ET */
    bytes(a, "\x0f\x22\xc0", 3); /* MOV CR0, EAX */
    bytes(a, "\x66\xea", 2);     /* JMP 8: the next instruction */
    dword(a, LINEAR + a->used + 6);
    bytes(a, "\x08\x00", 2);
    set(a, RAX, 0x10);
    bytes(a, "\x8e\xd8\x8e\xc0\x8e\xd0\x8e\xe0\x8e\xe8", 10); /* MOV DS ES SS FS GS, EAX */
}

static void touch_blocks(struct assembler *a, uint32_t memory_bytes)
{
    set(a, RAX, 0);
    bytes(a, "\x89\x00\x05", 3); /* again: MOV [EAX], EAX; ADD EAX, */
    dword(a, BOCHS_BLOCK_BYTES);
    bytes(a, "\x3d", 1); /* CMP EAX, */
    dword(a, memory_bytes);
    bytes(a, "\x72\xf2", 2); /* JB again */
}

void bochs_rom(uint8_t *rom, uint64_t memory_bytes, const struct rw_boot *boot, uint32_t *halfway)
{
    struct assembler a = {.at = rom + TOP_4K};

    memset(rom, 0xf4, BOCHS_ROM_BYTES); /* HLT */
    put_tables(a.at);
    to_protected_mode(&a);
    touch_blocks(&a, (uint32_t)memory_bytes);
    write_msr(&a, 0x2ff, 0x806); /* MTRR_DEF_TYPE and FMASK; docs/cpu.md "State at start" */
    write_msr(&a, 0xc0000084, 0);
    set(&a, RAX, boot->rax);
    set(&a, RCX, 0);
    set(&a, RDX, 0);
    set(&a, RBX, boot->rbx);
    set(&a, RSI, boot->rsi);
    set(&a, RSP, boot->rsp);
    bytes(&a, "\x85\xc0", 2); /* TEST EAX, EAX: no flag is set by Multiboot's magic number */
    *halfway = LINEAR + a.used;
    bytes(&a, "\xe9", 1); /* JMP */
    dword(&a, (uint32_t)boot->rip - (LINEAR + a.used + 4));
}

bool bochs_is_ram(uint64_t pa)
{
    return pa < HOLE_FROM || pa >= HOLE_TO;
}

uint64_t bochs_ram_offset(uint64_t pa)
{
    return pa < HOLE_FROM ? pa : pa - (HOLE_TO - HOLE_FROM);
}
