// SPDX-License-Identifier: Apache-2.0
// The window of paging32.h: tables of both modes, accesses, control registers.
#include "paging32.h"

#define PAGE_ALIGNED __attribute__((aligned(4096)))

uint8_t page[PAGES][4096] PAGE_ALIGNED;
uint32_t directory[1024] PAGE_ALIGNED, table[1024] PAGE_ALIGNED;
uint64_t pae_directory[2][512] PAGE_ALIGNED, pae_table[512] PAGE_ALIGNED;
uint64_t pdpt[4] PAGE_ALIGNED;
static uint32_t self[2][1024] PAGE_ALIGNED; /* the first 8 MBytes to themselves */
static uint8_t user_code[4096] PAGE_ALIGNED;
bool pae;

volatile uint32_t probe_arg;
PROBE(read, "movl probe_arg, %ecx\nmovl (%ecx), %eax");
PROBE(write, "movl probe_arg, %ecx\nmovl %ecx, (%ecx)");
PROBE(exec, "call *probe_arg");
PROBE(cr0, "movl probe_arg, %eax\nmovl %eax, %cr0");
PROBE(cr3, "movl probe_arg, %eax\nmovl %eax, %cr3");
PROBE(cr4, "movl probe_arg, %eax\nmovl %eax, %cr4");
PROBE(efer, "movl $0xC0000080, %ecx\nmovl probe_arg, %eax\nxorl %edx, %edx\nwrmsr");

bool is_ringwalk(void)
{
    uint8_t v;

    __asm__ volatile("inb $0xE9, %0" : "=a"(v));
    return v == 0xE9;
}

static uint32_t address(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

void tables_open(void)
{
    for (unsigned i = 0; i < 2048; i++)
        self[i / 1024][i % 1024] = i << 12 | P | W;
    directory[0] = address(self[0]) | P | W;
    directory[1] = address(self[1]) | P | W;
    for (unsigned i = 0; i < 4; i++)
        pae_directory[0][i] = i << 21 | P | W | PS;
    pdpt[0] = address(pae_directory[0]) | P;
    pdpt[1] = address(pae_directory[1]) | P;
    for (unsigned i = 0; i < PAGES; i++) {
        *(uint32_t *)page[i] = MARK + i;
        page[i][16] = 0xC3;
        page[i][32] = 0xCD;
        page[i][33] = 0x80;
    }
}

uint64_t pde(void)
{
    return pae ? pae_directory[1][0] : directory[WINDOW >> 22];
}

uint64_t pte(unsigned n)
{
    return pae ? pae_table[n] : table[n];
}

static void flush(void)
{
    __asm__ volatile("movl %%cr3, %%eax\nmovl %%eax, %%cr3" : : : "eax", "memory");
}

uint64_t to_table(uint64_t flags)
{
    return (pae ? address(pae_table) : address(table)) | flags;
}

uint64_t to_page(unsigned n, uint64_t flags)
{
    return address(page[n]) | flags;
}

void set_pde(uint64_t v)
{
    if (pae)
        pae_directory[1][0] = v;
    else
        directory[WINDOW >> 22] = (uint32_t)v;
    flush();
}

void set_pte(unsigned n, uint64_t v)
{
    if (pae)
        pae_table[n] = v;
    else
        table[n] = (uint32_t)v;
    __asm__ volatile("invlpg (%0)" : : "r"(WINDOW + n * 4096) : "memory");
}

uint32_t supervisor(enum access access, uint32_t va)
{
    probe_arg = va;
    return probe(access == READ ? p_read : access == WRITE ? p_write : p_exec);
}

/* MOV EAX, [va] or MOV [va], EAX, then INT 80, in a page of ring 3 of the window. */
uint32_t user(enum access access, uint32_t va)
{
    const unsigned n = 511; /* of the window */

    if (access == EXEC)
        return probe3((void (*)(void))(uintptr_t)va);
    user_code[0] = access == READ ? 0xA1 : 0xA3;
    *(uint32_t *)(user_code + 1) = va;
    user_code[5] = 0xCD;
    user_code[6] = 0x80;
    set_pte(n, address(user_code) | P | W | U);
    return probe3((void (*)(void))(uintptr_t)(WINDOW + n * 4096));
}

void faults(const char *what, uint32_t va, uint32_t error)
{
    uint32_t cr2;

    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    /* SDM: RSVD comes with P; QEMU forgets it */
    if (!is_ringwalk() && (error & 8))
        seen[1] |= 1;
    check(what, seen[0] == 14 && seen[1] == error && cr2 == va);
}

void passes(const char *what)
{
    check(what, seen[0] == NONE || seen[0] == 0x80);
}

uint32_t cr0(void)
{
    uint32_t v;

    __asm__ volatile("movl %%cr0, %0" : "=r"(v));
    return v;
}

uint32_t cr3(void)
{
    uint32_t v;

    __asm__ volatile("movl %%cr3, %0" : "=r"(v));
    return v;
}

uint32_t cr4(void)
{
    uint32_t v;

    __asm__ volatile("movl %%cr4, %0" : "=r"(v));
    return v;
}

uint32_t to_cr0(uint32_t v)
{
    probe_arg = v;
    return probe(p_cr0);
}

uint32_t to_cr3(uint32_t v)
{
    probe_arg = v;
    return probe(p_cr3);
}

uint32_t to_cr4(uint32_t v)
{
    probe_arg = v;
    return probe(p_cr4);
}

void set_efer(uint32_t v)
{
    probe_arg = v;
    probe(p_efer);
}
