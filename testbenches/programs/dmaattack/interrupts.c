// SPDX-License-Identifier: Apache-2.0
// Writes to 0xFEExxxxx are interrupts. Without remapping a device may send any of them; with it,
// only those that the kernel's table gives to its source-id. VT-d "Interrupt Remapping".
#include "attack.h"

#define MESSAGE UINT64_C(0xFEE00000) /* compatibility format, destination 0 */
#define WRITE(at, n)                                                                               \
    {                                                                                              \
        at, n, true, false                                                                         \
    }
/* Remappable format; the subhandle, when there is one, is the data's. */
#define REMAPPABLE(handle)     (MESSAGE | 0x10 | (handle) << 5)
#define WITH_SUBHANDLE(handle) (REMAPPABLE(handle) | 8)
#define INDEX(i)               ((uint64_t)(i) << 48)

#define VECTOR_OWN    0x60
#define VECTOR_OTHERS 0x61
#define DELIVER_NMI   4
#define DELIVER_INIT  5

#define SVT_SID    1
#define SVT_BUS    2
#define IOAPIC_SID 0xFF00
#define OTHER_SID  0x0018 /* 00:03.0 */

/* The kernel's table: an index each. */
enum { OWN, OTHERS, IOAPICS, BUSES, FUNCTION, OTHERS_NMI, OTHERS_INIT, ABSENT, TABLE_END = 256 };

static const struct {
    uint8_t vector, delivery, svt, sq;
    uint16_t sid;
} table[] = {
    [OWN] = {VECTOR_OWN, 0, SVT_SID, 0, EDU_SID},
    [OTHERS] = {VECTOR_OTHERS, 0, SVT_SID, 0, OTHER_SID},
    [IOAPICS] = {VECTOR_OTHERS, 0, SVT_SID, 0, IOAPIC_SID},
    [BUSES] = {VECTOR_OTHERS, 0, SVT_BUS, 0, 0x01FE},           /* buses 1 to FEh */
    [FUNCTION] = {VECTOR_OTHERS, 0, SVT_SID, 3, OTHER_SID | 7}, /* any function of 00:03 */
    [OTHERS_NMI] = {0, DELIVER_NMI, SVT_SID, 0, OTHER_SID},
    [OTHERS_INIT] = {0, DELIVER_INIT, SVT_SID, 0, OTHER_SID},
};

static uint64_t own_before;

static void count_own(void)
{
    own_before = taken[VECTOR_OWN];
}

static bool own_came(void)
{
    return taken[VECTOR_OWN] == own_before + 1 && taken[VECTOR_OTHERS] == 0;
}

static bool others_came(void)
{
    uint64_t times = taken[VECTOR_OTHERS];

    taken[VECTOR_OTHERS] = 0;
    return times == 1;
}

static bool nmi_came(void)
{
    uint64_t times = taken[2];

    taken[2] = 0;
    return times == 1;
}

static const struct attempt without_remapping[] = {
    {"remapping is off: a vector that is not its own", WRITE(MESSAGE, 4), .outcome = ALLOWED,
     .done = others_came, .payload = VECTOR_OTHERS},
    {"remapping is off: NMI", WRITE(MESSAGE, 4), .outcome = ALLOWED, .done = nmi_came,
     .payload = DELIVER_NMI << 8},
};

static const struct attempt attempts[] = {
    {"its own interrupt, whatever vector it says", WRITE(REMAPPABLE(OWN), 4), .outcome = ALLOWED,
     .prepare = count_own, .done = own_came, .payload = VECTOR_OTHERS},

    {"compatibility format, its own vector", WRITE(MESSAGE, 4), STOPPED_BY(0x25, 0),
     .payload = VECTOR_OWN},
    {"compatibility format, a vector that is not its own", WRITE(MESSAGE, 4), STOPPED_BY(0x25, 0),
     .payload = VECTOR_OTHERS},
    {"compatibility format, to every processor", WRITE(MESSAGE | 0xFF000, 4), STOPPED_BY(0x25, 0),
     .payload = VECTOR_OTHERS},
    {"compatibility format, logical destination", WRITE(MESSAGE | 0x0100C, 4), STOPPED_BY(0x25, 0),
     .payload = VECTOR_OTHERS | 1 << 8},
    {"compatibility format, SMI", WRITE(MESSAGE, 4), STOPPED_BY(0x25, 0), .payload = 2 << 8},
    {"compatibility format, NMI", WRITE(MESSAGE, 4), STOPPED_BY(0x25, 0),
     .payload = DELIVER_NMI << 8},
    {"compatibility format, INIT", WRITE(MESSAGE, 4), STOPPED_BY(0x25, 0),
     .payload = DELIVER_INIT << 8},
    {"compatibility format, ExtINT", WRITE(MESSAGE, 4), STOPPED_BY(0x25, 0), .payload = 7 << 8},

    {"another device's index", WRITE(REMAPPABLE(OTHERS), 4), STOPPED_BY(0x26, INDEX(OTHERS))},
    {"the I/O APIC's index", WRITE(REMAPPABLE(IOAPICS), 4), STOPPED_BY(0x26, INDEX(IOAPICS))},
    {"the index of a range of buses", WRITE(REMAPPABLE(BUSES), 4), STOPPED_BY(0x26, INDEX(BUSES))},
    {"the index of any function of another device", WRITE(REMAPPABLE(FUNCTION), 4),
     STOPPED_BY(0x26, INDEX(FUNCTION))},
    {"another device's NMI", WRITE(REMAPPABLE(OTHERS_NMI), 4), STOPPED_BY(0x26, INDEX(OTHERS_NMI))},
    {"another device's INIT", WRITE(REMAPPABLE(OTHERS_INIT), 4),
     STOPPED_BY(0x26, INDEX(OTHERS_INIT))},
    {"another device's index, by a subhandle", WRITE(WITH_SUBHANDLE(OWN), 4),
     STOPPED_BY(0x26, INDEX(OTHERS)), .payload = OTHERS},
    {"an index that is nobody's", WRITE(REMAPPABLE(ABSENT), 4), STOPPED_BY(0x22, INDEX(ABSENT))},
    {"an index behind the table", WRITE(REMAPPABLE(TABLE_END), 4),
     STOPPED_BY(0x21, INDEX(TABLE_END))},
    {"an index far behind the table, by a subhandle", WRITE(WITH_SUBHANDLE(TABLE_END), 4),
     STOPPED_BY(0x21, INDEX(0x00FF)), .payload = 0xFFFF},
    {"its own index, with data in reserved bits", WRITE(REMAPPABLE(OWN), 4), STOPPED_BY(0x20, 0),
     .payload = 0x10000},

    {"two messages in one write", WRITE(MESSAGE, 8), .outcome = SILENT, .payload = VECTOR_OTHERS},
    {"half a message", WRITE(MESSAGE, 2), .outcome = SILENT, .payload = VECTOR_OTHERS},
    {"a message that is not aligned", WRITE(MESSAGE | 2, 4), .outcome = SILENT,
     .payload = VECTOR_OTHERS},
    {"a read of the interrupt range", {MESSAGE, 4, false, false}, .outcome = SILENT},
};

void interrupts_unmapped(void)
{
    ATTEMPT_ALL(without_remapping, false);
}

static void start(void)
{
    uint64_t *entry = (uint64_t *)IRT;

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        entry[i * 2] = 1 | (uint64_t)table[i].delivery << 5 | (uint64_t)table[i].vector << 16;
        entry[i * 2 + 1] =
            table[i].sid | (uint64_t)table[i].sq << 16 | (uint64_t)table[i].svt << 18;
    }
    write64(IOMMU + REG_IRTA, IRT | 7); /* 256 entries */
    gcmd(GCMD_SIRTP, true);
    invalidate_interrupts();
    gcmd(GCMD_IRE, true);
}

/* QEMU 7.2 records no fault of an interrupt, and looks at no source-id of a DMA. */
void interrupts(void)
{
    if (on_qemu())
        return;
    start();
    ATTEMPT_ALL(attempts, true);
}
