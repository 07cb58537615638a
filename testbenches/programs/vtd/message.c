// SPDX-License-Identifier: Apache-2.0
// Messages of both formats through random interrupt-remapping entries.
#include "vtd.h"

#define MESSAGE_AT (EDU_BUFFER + 0xFC0) /* behind what dma.c uses */

static uint64_t *const table = (uint64_t *)IRT_BASE;
static const uint16_t indexes[] = {0, 1, 2, 5, 0xFF, 0x100, 0x1FF, 0x7FFF, 0x8000, 0xFFFF};
static const uint16_t modes[] = {0, 0, 0, 0, 1, 4}; /* fixed, lowest priority, NMI */
static uint32_t *loaded;
static uint64_t irta;
static bool remapping, compatibility, wide; /* wide: EIME, 32 bits of destination */
bool eim;

/* Destination 0 is this processor, in both modes of destination. */
static uint64_t draw_destination(bool logical)
{
    if (chance(10))
        return 2 + below_n(0x3E) * 2;
    return logical ? 1 : chance(10) ? 0xFF : 0;
}

static uint16_t draw_sid(void)
{
    static const uint16_t sids[] = {0x10, 0x10, 0x10, 0x11, 0x12, 0x14, 0x16, 0x17, 0x18, 0x110, 0};

    return (uint16_t)ONE_OF(sids);
}

static void draw_irte(uint64_t e[2])
{
    static const uint16_t svts[] = {0, 0, 1, 1, 1, 1, 2, 3};
    unsigned svt = ONE_OF(svts);
    bool logical = chance(30);
    uint16_t sid =
        svt == 2 ? (uint16_t)((chance(70) ? 0 : below_n(3)) << 8 | below_n(3)) : draw_sid();

    e[0] = 1 | (chance(15) ? 2 : 0) | (uint64_t)logical << 2 | (draw() & 8) |
           (chance(20) ? 0x10 : 0) | (uint64_t)ONE_OF(modes) << 5 | (draw() & 0xF00) |
           (uint64_t)(0x30 + below_n(0xA0)) << 16 | draw_destination(logical) << (wide ? 32 : 40);
    e[1] = sid | (uint64_t)below_n(4) << 16 | (uint64_t)svt << 18;
    if (chance(8))
        e[0] |= chance(30)   ? UINT64_C(1) << 15
                : chance(50) ? UINT64_C(1) << (12 + below_n(3))
                : chance(50) ? UINT64_C(1) << (24 + below_n(8))
                             : UINT64_C(1) << (32 + below_n(32));
    if (chance(3))
        e[1] |= UINT64_C(1) << (20 + below_n(44));
    if (chance(7))
        e[0] &= ~UINT64_C(1);
}

static void new_table(void)
{
    bool elsewhere = chance(3);

    wide = eim && chance(50);
    irta = (elsewhere ? NOWHERE : IRT_BASE) | (wide ? 0x800 : 0) | (chance(60) ? 15 : below_n(16));
    gcmd(GCMD_IRE, false); /* EIME does not change under it */
    write64(IOMMU + REG_IRTA, irta);
    gcmd(GCMD_SIRTP, true);
    inv_entries(0, 0, 0);
}

void message_episode(void)
{
    if (loaded == NULL)
        loaded = page_alloc();
    for (unsigned i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
        draw_irte(&table[indexes[i] * 2]);
    new_table();
    sync();
}

static void change_irte(uint16_t index)
{
    uint64_t *e = &table[index * 2], before = e[0], fresh[2];
    unsigned im = below_n(16);

    draw_irte(fresh);
    e[1] = fresh[1];
    e[0] = fresh[0];
    act("irte");
    if ((before & 1) == 0 && chance(70))
        act("new");
    else if (chance(30))
        inv_entries(0, 0, 0);
    else
        inv_entries(1, (uint16_t)(index ^ (draw() & ((1u << im) - 1))), im);
}

/* In compatibility format no mode of delivery that would leave the program. */
static void draw_compatible(uint32_t *address, uint32_t *data)
{
    bool logical = chance(30);

    *address = 0xFEE00000 | (uint32_t)draw_destination(logical) << 12 | (uint32_t)logical << 2 |
               (uint32_t)(draw() & 8);
    *data = 0x30 + below_n(0xA0) + (ONE_OF(modes) << 8) + (chance(20) ? 0xC000 : 0);
}

/* Its index is one of the table's, most of the time. */
static void draw_remappable(uint16_t index, uint32_t *address, uint32_t *data)
{
    bool shv = chance(50);
    uint16_t sub = shv ? (uint16_t)(chance(50) ? 0 : chance(50) ? below_n(8) : draw()) : 0;
    uint16_t handle = shv && chance(95) ? (uint16_t)(index - sub) : index;

    *address =
        0xFEE00010 | (handle & 0x7FFFu) << 5 | (uint32_t)(handle >> 15) << 2 | (shv ? 8u : 0);
    *data = shv ? sub : chance(70) ? 0 : (uint16_t)draw();
}

static void send(uint32_t address, uint32_t data, unsigned bytes)
{
    if (bytes == 0) {
        edu_message(address, (uint16_t)data);
        edu_raise();
        return;
    }
    edu_copy(MESSAGE_AT, address, bytes);
}

static void load(uint32_t data)
{
    gcmd(GCMD_TE, false);
    loaded[0] = data;
    loaded[1] = data;
    edu_copy((uint64_t)loaded, MESSAGE_AT, 8);
}

static void prepare(uint16_t index)
{
    if (chance(50))
        change_irte(index);
    if (chance(4))
        new_table();
    if (chance(10))
        inv_entries(1, (uint16_t)draw(), below_n(16));
    sync();
    remapping = !chance(8);
    compatibility = chance(50);
    gcmd(GCMD_IRE, remapping);
    gcmd(GCMD_CFI, compatibility);
}

/* That of the index in 16 bits. */
static void print_entry(uint32_t address, uint32_t data)
{
    uint32_t index = (address >> 5 & 0x7FFF) | (address & 4) << 13;

    if ((address & 0x10) == 0)
        return;
    index += address & 8 ? data & 0xFFFF : 0;
    field("x", index);
    if ((irta & NOWHERE) == NOWHERE)
        return;
    index &= 0xFFFF;
    pair("T", table[index * 2], table[index * 2 + 1]);
}

/* Sent by the device's MSI, or as a DMA of 4 bytes, which carries bits 31:16 too. */
void message_case(void)
{
    uint16_t index = (uint16_t)ONE_OF(indexes);
    bool remappable = remapping ? chance(80) : chance(10), dma = chance(30);
    uint32_t address, data;

    act_begin();
    prepare(index);
    if (remappable && remapping)
        draw_remappable(index, &address, &data);
    else
        draw_compatible(&address, &data);
    if (dma && remappable && remapping && chance(15))
        data |= 0x10000u << below_n(16);
    if (dma)
        load(data);
    gcmd(GCMD_TE, chance(70));
    put(dma ? "d" : "i");
    field("a", address);
    field("d", data);
    field("I", irta);
    field("e", remapping);
    field("c", compatibility);
    print_entry(address, data);
    act_print();
    put(" |");
    send(address, data, dma ? 4 : 0);
    taken_print();
    print_unit();
    put("\n");
    unit_faults_off();
}
