// SPDX-License-Identifier: Apache-2.0
// A driver of each interrupt device of a PC: 8259, 8254, local APIC, I/O APIC, UART, a PCI device's
// pin, and of the test device. It begins as a Multiboot loader leaves a PC: in virtual wire mode,
// everything masked.
#include "platform.h"

#define LONG_ENOUGH 20000000

unsigned failures;
volatile uint64_t taken[256];
volatile uint8_t order[16];
volatile unsigned ordered;

static device_handler *device[256];
static bool by_slave[256];

void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

bool on_qemu(void)
{
    return (read64(IOMMU + 0x08) & 0x20) == 0;
}

static void note(unsigned vector)
{
    if (ordered < sizeof(order))
        order[ordered++] = (uint8_t)vector;
}

static void on_apic(struct frame *f)
{
    note((unsigned)f->vector);
    if (device[f->vector] != NULL)
        device[f->vector]();
    taken[f->vector]++;
    write32(APIC_EOI, 0);
}

static void on_pic(struct frame *f)
{
    note((unsigned)f->vector);
    if (device[f->vector] != NULL)
        device[f->vector]();
    taken[f->vector]++;
    if (by_slave[f->vector])
        outb(0xA0, 0x20);
    outb(0x20, 0x20);
}

void expect_apic(unsigned vector, device_handler *h)
{
    device[vector] = h;
    on_trap(vector, on_apic);
}

void expect_pic(unsigned vector, bool slave, device_handler *h)
{
    device[vector] = h;
    by_slave[vector] = slave;
    on_trap(vector, on_pic);
}

bool comes(unsigned vector, uint64_t times)
{
    uint64_t wanted = taken[vector] + times;

    __asm__ volatile("sti" : : : "memory");
    for (unsigned i = 0; i < LONG_ENOUGH && taken[vector] < wanted; i++)
        __asm__ volatile("pause");
    __asm__ volatile("cli" : : : "memory");
    return taken[vector] >= wanted;
}

void settle(void)
{
    __asm__ volatile("sti" : : : "memory");
    for (unsigned i = 0; i < 200; i++)
        __asm__ volatile("pause");
    __asm__ volatile("cli" : : : "memory");
}

bool in_vectors(uint64_t reg, unsigned vector)
{
    return read32(reg + vector / 32 * 16) >> vector % 32 & 1;
}

void ioapic_write(unsigned index, uint32_t v)
{
    write32(IOAPIC, index);
    write32(IOAPIC + 0x10, v);
}

uint32_t ioapic_read(unsigned index)
{
    write32(IOAPIC, index);
    return read32(IOAPIC + 0x10);
}

void ioapic_entry(unsigned input, uint64_t entry)
{
    ioapic_write(0x10 + 2 * input, 0x10000);
    ioapic_write(0x11 + 2 * input, (uint32_t)(entry >> 32));
    ioapic_write(0x10 + 2 * input, (uint32_t)entry);
}

void rate(unsigned count)
{
    outb(0x43, 0x34);
    outb(0x40, (uint8_t)count);
    outb(0x40, (uint8_t)(count >> 8));
}

/* Mode 0 without a count: OUT is low and stays so. */
void no_rate(void)
{
    outb(0x43, 0x30);
}

int main(void)
{
    put("platform\n");
    the_8259();
    the_timer();
    the_apic();
    the_ioapic();
    the_remapped_ioapic();
    the_uart();
    the_test_device();
    the_bare_8259();
    line("failures", failures);
    return failures != 0;
}
