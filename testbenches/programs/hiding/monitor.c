// SPDX-License-Identifier: Apache-2.0
// The monitor: a trap of the guest is carried out for it, refused, or its end. While the guest
// runs, the hidden range is in no table that CR3 leads to, the monitor's entries included; the
// monitor has tables of its own to look at it.
#include "hiding.h"

extern uint8_t user_begin[], user_end[];
extern uint64_t boot_pml4[];

struct event last;
static uint64_t own_pml4;

static void stopped(enum stop why) __attribute__((noreturn));
static void stopped(enum stop why)
{
    last.stop = why;
    rt_leave_user(UINT64_MAX);
}

/* --- instructions of the guest that trap --- */

static bool instruction_is(const struct frame *f, uint32_t bytes)
{
    if (f->rip < (uint64_t)user_begin || f->rip + 4 > (uint64_t)user_end)
        return false;
    return ((read32(f->rip) ^ bytes) & 0xFFFFFF) == 0;
}

#define MOV_RAX_TO_CR3    0xD8220F /* 0F 22 D8 */
#define INVLPG_RDI        0x3F010F /* 0F 01 3F */
#define MOV_RSI_TO_RDI    0x378948 /* 48 89 37: MOVQ %rsi, (%rdi) */
#define INSTRUCTION_BYTES 3

static void done(struct frame *f)
{
    last.emulated++;
    f->rip += INSTRUCTION_BYTES;
}

static void on_general_protection(struct frame *f)
{
    enum stop stop;

    if ((f->cs & 3) != 3)
        rt_exit(96);
    if (f->error != 0)
        stopped(PRIVILEGED);
    if (instruction_is(f, MOV_RAX_TO_CR3)) {
        stop = root_refused(f->rax);
        if (stop != NOTHING)
            stopped(stop);
        write_cr3(f->rax);
    } else if (instruction_is(f, INVLPG_RDI)) {
        invlpg(f->rdi);
    } else {
        stopped(PRIVILEGED);
    }
    done(f);
}

/* A store to a page table, which the guest has read-only. */
static void table_store(struct frame *f, uint64_t va, uint64_t entry_pa)
{
    enum stop stop;

    if (!instruction_is(f, MOV_RSI_TO_RDI) || f->rdi != va || (va & 7) != 0)
        stopped(NOT_UNDERSTOOD);
    stop = entry_refused(table_level(entry_pa), entry_pa >> 3 & 511, f->rsi);
    if (stop != NOTHING)
        stopped(stop);
    entry_set(entry_pa, f->rsi);
    done(f);
}

static void on_page_fault(struct frame *f)
{
    uint64_t va = read_cr2(), *entry = entry_of(va), pa;

    if ((f->cs & 3) != 3)
        rt_exit(95);
    if (f->error == 7 && entry != NULL && (*entry & PTE_PS) == 0) {
        pa = (*entry & UINT64_C(0x000FFFFFFFFFF000)) | (va & 0xFFF);
        if (table_level(pa) != 0) {
            table_store(f, va, pa);
            return;
        }
    }
    last.error = f->error;
    last.va = va;
    stopped(PAGE_FAULT);
}

/* The address is the guest's, so it is looked at as the guest could. */
static uint64_t on_service(uint64_t n, uint64_t va, uint64_t b, uint64_t c)
{
    uint64_t *entry = entry_of(va), *end = entry_of(va + 15);

    (void)b;
    (void)c;
    if (n != SYS_SUM || entry == NULL || end == NULL ||
        (*entry & *end & (PTE_P | PTE_U)) != (PTE_P | PTE_U))
        stopped(BAD_POINTER);
    return read64(va) + read64(va + 8);
}

uint64_t guest_run(uint64_t (*fn)(uint64_t), uint64_t arg)
{
    last = (struct event){0};
    return run_user(fn, arg);
}

/* --- the secret --- */

static uint64_t *const secret_pages[] = {(uint64_t *)HIDDEN, (uint64_t *)(HIDDEN_END - 4096)};

void secret_write(void)
{
    for (unsigned page = 0; page < 2; page++)
        for (unsigned i = 0; i < 512; i++)
            secret_pages[page][i] = (uint64_t)SECRET_MARK << 32 | page << 16 | i;
}

bool secret_intact(void)
{
    uint64_t guests = read_cr3();
    bool intact = true;

    write_cr3(own_pml4);
    for (unsigned page = 0; page < 2; page++)
        for (unsigned i = 0; i < 512; i += 8) /* one word of each 64 bytes */
            intact &= secret_pages[page][i] == ((uint64_t)SECRET_MARK << 32 | page << 16 | i);
    intact &= secret_pages[1][511] == ((uint64_t)SECRET_MARK << 32 | 1 << 16 | 511);
    write_cr3(guests);
    return intact;
}

static uint64_t copy_of(uint64_t entry)
{
    uint64_t *copy = page_alloc(), *table = (uint64_t *)(entry & ~UINT64_C(0xFFF));

    for (unsigned i = 0; i < 512; i++)
        copy[i] = table[i];
    return (uint64_t)copy | (entry & 0xFFF);
}

void monitor_start(void)
{
    uint64_t *pdpt;

    on_trap(13, on_general_protection);
    on_trap(14, on_page_fault);
    on_syscall(on_service);
    own_pml4 = copy_of((uint64_t)boot_pml4);
    *(uint64_t *)own_pml4 = copy_of(boot_pml4[0]);
    pdpt = (uint64_t *)(*(uint64_t *)own_pml4 & ~UINT64_C(0xFFF));
    pdpt[0] = copy_of(pdpt[0]);
    *entry_of(HIDDEN) = 0; /* in the tables that the guest's share */
    write_cr3(PML4);
}
