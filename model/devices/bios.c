// SPDX-License-Identifier: Apache-2.0
// See the header. MultiProcessor Specification 1.4, chapter 4 "MP Configuration Table".
#include "devices/bios.h"

#include <string.h>

#include "devices/ioapic.h"
#include "devices/lapic.h"

#define POINTER_BYTES 16u
#define HEADER_BYTES  44u

#define BUS_PCI 0
#define BUS_ISA 1

#define ENTRY_PROCESSOR 0
#define ENTRY_BUS       1
#define ENTRY_IOAPIC    2
#define ENTRY_INTERRUPT 3
#define ENTRY_LOCAL     4

#define CPU_USABLE  1
#define CPU_BOOTS   2
#define APIC_USABLE 1
#define EVERY_APIC  0xFF

/* "I/O Interrupt Assignment Entries": kind, polarity (1:0) and trigger (3:2). */
#define KIND_INT       0
#define KIND_NMI       1
#define KIND_EXTINT    3
#define AS_BUS         0x0
#define HIGH_LEVEL     0xD
#define LOW_LEVEL      0xF
#define PCI_PIN_A(dev) ((dev) << 2)

struct room {
    uint8_t *table;
    uint32_t used;
    uint16_t entries;
};

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

static uint8_t checksum(const uint8_t *p, uint32_t bytes)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + p[i]);
    return (uint8_t)-sum;
}

void bios_build_data(uint8_t data[BIOS_DATA_BYTES])
{
    memset(data, 0, BIOS_DATA_BYTES);
    put16(data + 0x00, 0x3F8);
    put16(data + 0x10, 1u << 9);
    put16(data + 0x13, 640);
}

static uint8_t *entry(struct room *r, uint8_t kind, uint32_t bytes)
{
    uint8_t *e = r->table + r->used;

    e[0] = kind;
    r->used += bytes;
    r->entries++;
    return e;
}

static void put_processor(struct room *r, const struct bios_processor *p)
{
    uint8_t *e = entry(r, ENTRY_PROCESSOR, 20);

    e[2] = (uint8_t)LAPIC_VERSION;
    e[3] = CPU_USABLE | CPU_BOOTS;
    put32(e + 4, p->signature);
    put32(e + 8, p->features);
}

static void put_bus(struct room *r, uint8_t number, const char name[6])
{
    uint8_t *e = entry(r, ENTRY_BUS, 8);

    e[1] = number;
    memcpy(e + 2, name, 6);
}

static void put_ioapic(struct room *r)
{
    uint8_t *e = entry(r, ENTRY_IOAPIC, 8);

    e[2] = 0x20;
    e[3] = APIC_USABLE;
    put32(e + 4, IOAPIC_BASE);
}

/* An input of the I/O APIC, or of the local APIC. */
static void put_input(struct room *r, uint8_t entry_kind, uint8_t kind, uint8_t flags, uint8_t bus,
                      unsigned irq, unsigned input)
{
    uint8_t *e = entry(r, entry_kind, 8);

    e[1] = kind;
    e[2] = flags;
    e[4] = bus;
    e[5] = (uint8_t)irq;
    e[6] = entry_kind == ENTRY_LOCAL ? EVERY_APIC : 0;
    e[7] = (uint8_t)input;
}

static void put_inputs(struct room *r)
{
    put_input(r, ENTRY_INTERRUPT, KIND_EXTINT, AS_BUS, BUS_ISA, 0, 0);
    for (unsigned irq = 0; irq < 16; irq++)
        if (irq != 2)
            put_input(r, ENTRY_INTERRUPT, KIND_INT, irq == 9 ? HIGH_LEVEL : AS_BUS, BUS_ISA, irq,
                      irq == 0 ? 2 : irq);
    for (unsigned dev = 2; dev <= 4; dev++)
        put_input(r, ENTRY_INTERRUPT, KIND_INT, LOW_LEVEL, BUS_PCI, PCI_PIN_A(dev), 20 + dev % 4);
    put_input(r, ENTRY_LOCAL, KIND_EXTINT, AS_BUS, BUS_ISA, 0, 0);
    put_input(r, ENTRY_LOCAL, KIND_NMI, AS_BUS, BUS_ISA, 0, 1);
}

uint32_t bios_build_mp(uint8_t area[BIOS_MP_BYTES], const struct bios_processor *p)
{
    struct room r = {.table = area + POINTER_BYTES, .used = HEADER_BYTES};
    uint8_t *t = r.table;

    memset(area, 0, BIOS_MP_BYTES);
    put_processor(&r, p);
    put_bus(&r, BUS_PCI, "PCI   ");
    put_bus(&r, BUS_ISA, "ISA   ");
    put_ioapic(&r);
    put_inputs(&r);
    memcpy(t, "PCMP", 4);
    put16(t + 4, r.used);
    t[6] = 4;
    memcpy(t + 8, "RNGWLK  ", 8);
    memcpy(t + 16, "RINGWALK    ", 12);
    put16(t + 34, r.entries);
    put32(t + 36, LAPIC_BASE);
    t[7] = checksum(t, r.used);
    memcpy(area, "_MP_", 4);
    put32(area + 4, (uint32_t)BIOS_MP + POINTER_BYTES);
    area[8] = 1; /* in units of 16 bytes */
    area[9] = 4;
    area[10] = checksum(area, POINTER_BYTES);
    return POINTER_BYTES + r.used;
}
