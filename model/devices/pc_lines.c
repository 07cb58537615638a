// SPDX-License-Identifier: Apache-2.0
// The interrupt lines of the board: which device's wire ends at which controller, and what stands
// at the processor's INTR pin.
#include "devices/pc_lines.h"

#include <assert.h>

#define LINE_TIMER   0
#define LINE_CASCADE 2
#define ROUTE_OFF    0x80
#define ROUTE_IRQ    0x0F
#define ROUTABLE     0xDEF8u /* IRQ 3 to 7, 9 to 12, 14, 15 */

/* What pc_interrupt notes above the vector. */
#define OFFER_PIC    0x100
#define OFFER_MASTER 16 /* shifts: the input plus 1 */
#define OFFER_SLAVE  20

/* The 8259's INT goes to LINT0 of the local APIC and to input 0 of the IOAPIC. */
static void drive_pic(struct pc *pc, bool level)
{
    if (level == pc->pic_int)
        return;
    pc->pic_int = level;
    lapic_lint(&pc->lapic, 0, level);
    ioapic_input(&pc->ioapic, 0, level || (pc->test_lines & 1));
}

static void follow_pic(struct pc *pc)
{
    drive_pic(pc, i8259_int(&pc->pic));
}

/* A line as its wires have it now, at both controllers. */
static void line_changed(struct pc *pc, unsigned line)
{
    bool test = pc->test_lines >> line & 1;
    bool level = ((pc->lines | pc->routed_lines) >> line & 1) || test;

    if (line == LINE_TIMER) {
        ioapic_input(&pc->ioapic, 0, pc->pic_int || test);
        ioapic_input(&pc->ioapic, 2, (pc->lines | pc->test_lines >> 2) & 1);
        i8259_input(&pc->pic, LINE_TIMER, pc->lines & 1);
    } else if (line == LINE_CASCADE) {
        ioapic_input(&pc->ioapic, 2, (pc->lines | pc->test_lines >> 2) & 1);
    } else {
        ioapic_input(&pc->ioapic, line, level != (line >= PC_FIRST_PCI_LINE));
        if (line < PC_FIRST_PCI_LINE)
            i8259_input(&pc->pic, line, level);
    }
    follow_pic(pc);
}

void pc_irq(struct pc *pc, unsigned line, bool level)
{
    uint32_t bit = UINT32_C(1) << line;

    assert(line < PC_LINES && line != LINE_CASCADE);
    pc->lines = level ? pc->lines | bit : pc->lines & ~bit;
    line_changed(pc, line);
}

int32_t pc_interrupt(const struct pc *pc)
{
    struct i8259_offer o;

    if (!lapic_extint(&pc->lapic))
        return lapic_is_enabled(&pc->lapic) ? lapic_pending(&pc->lapic) : -1;
    o = i8259_offered(&pc->pic);
    return o.vector | OFFER_PIC | (o.master + 1) << OFFER_MASTER | (o.slave + 1) << OFFER_SLAVE;
}

uint8_t pc_acknowledge(struct pc *pc, int32_t offered)
{
    struct i8259_offer o = {.vector = (uint8_t)offered,
                            .master = (int8_t)((offered >> OFFER_MASTER & 15) - 1),
                            .slave = (int8_t)((offered >> OFFER_SLAVE & 15) - 1)};

    if (!(offered & OFFER_PIC))
        return lapic_acknowledge(&pc->lapic, (uint8_t)offered);
    pc->lapic.extint_pending = false;
    i8259_acknowledge(&pc->pic, &o);
    drive_pic(pc, false); /* INT falls with the acknowledge, and rises for whatever comes next */
    follow_pic(pc);
    return o.vector;
}

unsigned pc_pin_line(const struct pci_function *f)
{
    unsigned pin = f->config[PCI_INT_PIN];

    return pin == 0 ? 0 : 20 + ((f->devfn >> 3) + pin - 1) % 4;
}

unsigned pc_route_register(unsigned line)
{
    unsigned n = line - PC_FIRST_PCI_LINE;

    return n < 4 ? 0x60 + n : 0x68 + n - 4;
}

/* The ISA lines to which the ISA bridge routes PCI lines. ICH9, "PIRQ[n]_ROUT". */
static uint32_t routed_of(const struct pc *pc, uint32_t pci_lines)
{
    uint32_t routed = 0;

    for (unsigned line = PC_FIRST_PCI_LINE; pci_lines >> line != 0; line++) {
        uint8_t route = pc->isa_bridge.config[pc_route_register(line)];

        if ((pci_lines >> line & 1) && !(route & ROUTE_OFF))
            routed |= UINT32_C(1) << (route & ROUTE_IRQ);
    }
    return routed & ROUTABLE;
}

static void settle_routes(struct pc *pc)
{
    uint32_t routed = routed_of(pc, pc->pci_lines), changed = routed ^ pc->routed_lines;

    pc->routed_lines = routed;
    for (unsigned line = 0; changed >> line != 0; line++)
        if (changed >> line & 1)
            line_changed(pc, line);
}

/* What the pins of the PCI functions and of the 8259 are now; called after whatever can change
 * them. */
void pc_settle(struct pc *pc)
{
    uint32_t level = 0, changed;

    for (unsigned i = 0; i < pc->pci.count; i++) {
        const struct pci_function *f = pc->pci.functions[i];

        if (pci_intx_asserted(f) && pc_pin_line(f) != 0)
            level |= UINT32_C(1) << pc_pin_line(f);
    }
    changed = level ^ pc->pci_lines;
    pc->pci_lines = level;
    for (unsigned line = 20; changed >> line != 0; line++)
        if (changed >> line & 1)
            pc_irq(pc, line, level >> line & 1);
    settle_routes(pc);
    follow_pic(pc);
}

/* Port 0x2000 + n: bit 0 is ORed to line n. Line 0 is the IOAPIC's input 0, line 2 its input 2, at
 * the 8259 neither; the others are the lines of the same number. */
static void test_line_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct pc *pc = self;
    uint32_t bit = UINT32_C(1) << offset;

    (void)bytes;
    pc->test_lines = value & 1 ? pc->test_lines | bit : pc->test_lines & ~bit;
    line_changed(pc, (unsigned)offset);
}

static uint64_t test_line_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)bytes;
    return ((struct pc *)self)->test_lines >> offset & 1;
}

const struct device_ops pc_test_line_ops = {
    .name = "test-lines", .bytes_max = 1, .read = test_line_read, .write = test_line_write};
