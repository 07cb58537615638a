// SPDX-License-Identifier: Apache-2.0
// The board as firmware leaves it; see the header. PCI Local Bus Specification 3.0, chapter 6.
#include "devices/pc_setup.h"

#include "devices/pc_lines.h"

#define MEMORY_END UINT32_C(0xFEC00000)
#define PORTS      UINT32_C(0xC000)

struct room {
    uint32_t memory; /* the lowest address given away */
    uint32_t ports;  /* the first port that is free */
};

static void place(struct room *r, struct pci_function *f, unsigned n)
{
    uint32_t bytes = f->bar[n].bytes;
    unsigned at = 0x10 + 4 * n;

    if (f->bar[n].kind == PCI_BAR_NONE)
        return;
    if (f->bar[n].kind == PCI_BAR_IO) {
        r->ports = (r->ports + bytes - 1) & ~(bytes - 1);
        pci_put32(f, at, r->ports | f->config[at]);
        r->ports += bytes;
        f->config[4] |= PCI_COMMAND_IO;
        return;
    }
    r->memory = (r->memory - bytes) & ~(bytes - 1);
    pci_put32(f, at, r->memory | f->config[at]);
    f->config[4] |= PCI_COMMAND_MEMORY;
}

/* IRQ 10 for two pins of four, IRQ 11 for the others. */
static uint8_t irq_of(unsigned line)
{
    return line % 4 < 2 ? 10 : 11;
}

static void route(struct pc *pc)
{
    for (unsigned line = PC_FIRST_PCI_LINE; line < PC_LINES; line++)
        pc->isa_bridge.config[pc_route_register(line)] = irq_of(line);
    i8259_elcr_ops.write(&pc->pic, 1, 1, 0x0C);
}

static void setup_pci(struct pc *pc)
{
    struct room room = {MEMORY_END, PORTS};

    route(pc);
    for (unsigned i = 0; i < pc->pci.count; i++) {
        struct pci_function *f = pc->pci.functions[i];

        for (unsigned n = 0; n < PCI_BARS; n++)
            place(&room, f, n);
        if (f->config[PCI_INT_PIN] != 0)
            f->config[PCI_INT_LINE] = irq_of(pc_pin_line(f));
    }
}

static void setup_lapic(struct lapic *l)
{
    lapic_ops.write(l, 0x0F0, 4, 0x1FF);
    lapic_ops.write(l, 0x350, 4, 0x8700);
    lapic_ops.write(l, 0x360, 4, 0x8400);
}

void pc_setup(struct pc *pc)
{
    setup_lapic(&pc->lapic);
    if (!pc->config.bare)
        setup_pci(pc);
}
