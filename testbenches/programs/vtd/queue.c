// SPDX-License-Identifier: Apache-2.0
// Descriptors good and bad, the tail out of range, waits that interrupt; and the events' masks.
#include "vtd.h"

static volatile uint32_t told;

static uint64_t good_low(unsigned type, bool *with_high)
{
    uint64_t wide = draw();

    *with_high = false;
    switch (type) {
    case 1:
        return 1 | (1 + below_n(3)) << 4 | (wide & UINT64_C(0x3FFFFFFFF0000));
    case 2:
        *with_high = true;
        return 2 | (1 + below_n(3)) << 4 | (wide & 0xFFFF00C0);
    case 3:
        *with_high = true;
        return 3 | (wide & 0x1FF000 & ~UINT64_C(0xF000)) | (uint64_t)EDU_DEVFN << 32;
    case 4:
        return 4 | (wide & UINT64_C(0x10)) | (wide & UINT64_C(0xFFFF78000000));
    default:
        return 5 | (chance(60) ? 0x20 : 0x10) | (wide & 0x40) |
               (wide & UINT64_C(0xFFFFFFFF00000000));
    }
}

static void draw_descriptor(uint64_t d[2])
{
    static const uint16_t types[] = {1, 2, 3, 4, 5, 5};
    unsigned type = ONE_OF(types);
    bool with_high;

    d[0] = good_low(type, &with_high);
    d[1] = type == 5   ? (uint64_t)&told
           : with_high ? (draw_iova() & ~UINT64_C(0xFFF)) | (type == 2 ? below_n(19) : below_n(2))
                       : 0;
    if (type == 5 && (d[0] & 0x20) == 0)
        d[1] = chance(50) ? 0 : d[1];
    if (chance(60))
        return;
    if (chance(20))
        d[0] = (d[0] & ~UINT64_C(0xF)) | below_n(16);
    else if (chance(50))
        d[0] ^= UINT64_C(1) << (4 + below_n(60));
    else
        d[1] ^= UINT64_C(1) << (type == 5 ? below_n(2) : below_n(64));
    if ((d[0] & 0x3F) == 0x35)
        d[0] &= ~UINT64_C(0x10); /* IF and SW together end QEMU by an assertion */
    if ((d[0] & 0x2F) == 0x25 && d[1] >> 2 != (uint64_t)&told >> 2)
        d[1] = (uint64_t)&told | (d[1] & 3); /* what was another type writes nowhere else */
    if ((d[0] & 0xF) == 3)
        d[0] = (d[0] & ~UINT64_C(0xFFFF00000000)) | (uint64_t)EDU_DEVFN << 32;
}

static void print_queue(void)
{
    field("H", read64(IOMMU + REG_IQH));
    field("Q", read64(IOMMU + REG_IQERCD));
    field("J", read32(IOMMU + REG_ICS));
    field("K", read32(IOMMU + REG_IECTL));
    field("W", told);
}

/* A DMA to where no width reaches, while the queue may stand. */
static void print_beyond(uint64_t iova)
{
    gcmd(GCMD_TE, true);
    field("a", iova);
    field("t", 1);
    path_print(iova);
}

static void one_descriptor(bool clear)
{
    uint64_t d[2], beyond = chance(20) ? draw_iova() | UINT64_C(1) << 60 : 0;
    unsigned at;

    draw_descriptor(d);
    told = 0;
    at = queue_tail();
    if ((d[0] & 0xF) == 3)
        gcmd(GCMD_TE, true); /* without it completions are dropped */
    put("q");
    pair("d", d[0], d[1]);
    field("h", at * 16);
    field("b", queue_bytes());
    field("j", clear);
    if (beyond != 0)
        print_beyond(beyond);
    act_print();
    put(" |");
    submit(d[0], d[1]);
    write64(IOMMU + REG_IQT, queue_tail() * 16);
    queue_rest();
    taken_settle();
    if (beyond != 0)
        edu_copy(EDU_BUFFER, beyond, 8);
    taken_print();
    print_queue();
    print_unit();
    put("\n");
    queue_mend(at);
}

static void bad_tail(bool clear)
{
    uint64_t tail = queue_bytes() + below_n(16) * 16;

    if (tail >= 0x80000)
        tail -= 16;
    put("t");
    field("d", tail);
    field("h", queue_tail() * 16);
    field("j", clear);
    act_print();
    put(" |");
    write64(IOMMU + REG_IQT, tail);
    queue_rest();
    taken_print();
    print_queue();
    print_unit();
    put("\n");
    queue_mend(queue_tail());
}

void queue_case(void)
{
    bool clear = chance(60);

    act_begin();
    if (chance(5))
        bad_tail(clear);
    else
        one_descriptor(clear);
    if (clear)
        write32(IOMMU + REG_ICS, 1);
    unit_faults_off();
}

/* Masks and acknowledgements, apart from whatever else happens. */
void event_case(void)
{
    uint32_t fault = chance(40) ? 0x80000000 : 0, wait = chance(40) ? 0x80000000 : 0;
    bool clear = chance(50);

    put("e");
    field("f", fault);
    field("w", wait);
    field("j", clear);
    put(" |");
    write32(IOMMU + REG_FECTL, fault);
    write32(IOMMU + REG_IECTL, wait);
    taken_print();
    field("K", read32(IOMMU + REG_IECTL));
    print_unit();
    put("\n");
    if (clear)
        write32(IOMMU + REG_ICS, 1);
}
