// SPDX-License-Identifier: Apache-2.0
// Products of interrupt requests. docs/iommu.md I71 to I76.
#include "iommu_every.h"

#define COUNT(a) (unsigned)(sizeof(a) / sizeof((a)[0]))

#define SHV    UINT64_C(8)
#define FORMAT UINT64_C(0x10)
#define RANGE  UINT64_C(0xFEE00000)

/* The address of a request whose handle and subhandle add up to the index, 17 bits of it. */
static void aim(struct scene *s, uint32_t index, bool shv)
{
    uint32_t sub = shv ? (index > 0xFFFF ? 0xFFFF : index / 3) : 0, handle = index - sub;

    s->in.iova = RANGE | (uint64_t)(handle & 0x7FFF) << 5 | (uint64_t)(handle >> 15 & 1) << 2 |
                 (s->in.iova & FORMAT) | (shv ? SHV : 0);
    s->in.data[0] = (uint8_t)sub;
    s->in.data[1] = (uint8_t)(sub >> 8);
}

/* A remappable request of a unit with remapping on, for an entry that lets everything through. */
static void begin(struct scene *s)
{
    s->gcmd |= GCMD_QIE | GCMD_IRE;
    s->in.write = 1;
    s->in.len = 4;
    s->in.iova = RANGE | FORMAT;
    aim(s, s->index, false);
}

static void set_p(struct scene *s, unsigned d)
{
    s->irte[0] ^= d;
}

static void set_fpd(struct scene *s, unsigned d)
{
    s->irte[0] |= d ? IRTE_FPD : 0;
}

/* Bit d - 1 of the entry; 0: none. P, FPD, SQ and SVT have dimensions of their own. */
static void set_bit(struct scene *s, unsigned d)
{
    if (d > 2)
        s->irte[(d - 1) / 64] ^= UINT64_C(1) << (d - 1) % 64;
}

static void set_eime(struct scene *s, unsigned d)
{
    s->irta |= d ? IRTA_EIME : 0;
}

static void set_svt(struct scene *s, unsigned d)
{
    s->irte[1] |= (uint64_t)d << 18;
}

static void set_sq(struct scene *s, unsigned d)
{
    s->irte[1] |= (uint64_t)d << 16;
}

/* SID: the request's, and with bits of it turned: each alone, and those that SQ leaves out
 * together. */
static void set_sid(struct scene *s, unsigned d)
{
    static const uint16_t turned[] = {
        0,      0x0001, 0x0002, 0x0004, 0x0008, 0x0010, 0x0020, 0x0040, 0x0080, 0x0100, 0x0200,
        0x0400, 0x0800, 0x1000, 0x2000, 0x4000, 0x8000, 3,      5,      6,      7,      0xFFFF};

    s->irte[1] |= (uint64_t)(SCENE_SID ^ turned[d]);
}

/* A range of buses: the first, the last and the request's against them. */
static void set_range(struct scene *s, unsigned d)
{
    static const uint8_t ends[][2] = {{0, 255},     {0x4A, 0x4A}, {0x4B, 0xFF}, {0, 0x49},
                                      {0x4A, 0xFF}, {0, 0x4A},    {0x4B, 0x49}, {0x49, 0x4B},
                                      {0xCA, 0xCA}, {0x4A, 0}};

    s->irte[1] |= (uint64_t)ends[d][0] << 8 | ends[d][1];
}

static void set_table(struct scene *s, unsigned d)
{
    s->irta = d ? (s->irta & ~SS_FRAME) | SCENE_NOWHERE : s->irta;
}

static void set_size(struct scene *s, unsigned d)
{
    s->irta = (s->irta & ~UINT64_C(15)) | d;
}

static void set_cfi(struct scene *s, unsigned d)
{
    s->gcmd |= d ? GCMD_CFI : 0;
}

static void set_ire(struct scene *s, unsigned d)
{
    s->gcmd &= d ? ~GCMD_IRE : ~0u;
}

static void set_format(struct scene *s, unsigned d)
{
    s->in.iova &= d ? ~FORMAT : ~UINT64_C(0);
}

/* The first, the middle, the last of the table, the one behind, the last of all, one of 17 bits;
 * each with and without a subhandle. */
static void set_index(struct scene *s, unsigned d)
{
    uint32_t size = 2u << (s->irta & 15);
    uint32_t index[] = {0, size / 2, size - 1, size, 0xFFFF, 0x10000 + 0x7FF};
    bool shv = d / 6 != 0;
    uint32_t i = index[d % 6];

    aim(s, i, shv);
    s->index = i & 0xFFFF;
}

/* Bits 31:16 of the data: none, each. */
static void set_data(struct scene *s, unsigned d)
{
    if (d != 0)
        s->in.data[2 + (d - 1) / 8] = (uint8_t)(1u << (d - 1) % 8);
}

static void set_data_end(struct scene *s, unsigned d)
{
    set_data(s, d == 0 ? 0 : d == 1 ? 1 : 16);
}

/* What is wrong with the entry. */
static void set_defect(struct scene *s, unsigned d)
{
    static const uint64_t turned[][2] = {
        {0, 0},       {IRTE_P, 0},  {0x1000, 0},          {0x8000, 0},
        {0, 0xC0000}, {0, 0x40000}, {IRTE_P | 0x8000, 0}, {0x1000, 0xC0000}};

    s->irte[0] ^= turned[d][0];
    s->irte[1] |= turned[d][1];
}

static void set_away(struct scene *s, unsigned d)
{
    static const uint32_t away[] = {0, 1u << IOMMU_EIM, 1u << IOMMU_EIM | 1u << IOMMU_IR};

    s->vtd.away |= away[d];
}

/* A request of a source that the entry names fills the cache, then this one. */
static bool behind_another(struct every *e)
{
    unsigned svt = (unsigned)(e->want.irte[1] >> 18 & 3);
    struct expect_cached c;

    e->want.in.sid = (uint16_t)e->want.irte[1];
    if (svt == 2) /* the first bus of the range */
        e->want.in.sid &= 0xFF00;
    if (!every_place(e, &c) || !every_ask(e, &c, false))
        return false;
    e->want.in.sid = SCENE_SID;
    return every_ask(e, &c, false);
}

const struct product every_interrupts[] = {
    {"entry",
     begin,
     every_twice,
     {{"bit", 129, set_bit},
      {"P", 2, set_p},
      {"FPD", 2, set_fpd},
      {"SVT", 4, set_svt},
      {"SID", 2, set_sid},
      {"table", 2, set_table},
      {"EIME", 2, set_eime}}},
    {"source",
     begin,
     every_twice,
     {{"SID", 22, set_sid},
      {"SQ", 4, set_sq},
      {"SVT", 4, set_svt},
      {"FPD", 2, set_fpd},
      {"defect", 8, set_defect},
      {"EIME", 2, set_eime}}},
    {"buses",
     begin,
     every_twice,
     {{"range", 10, set_range}, {"SQ", 4, set_sq}, {"SVT", 4, set_svt}, {"FPD", 2, set_fpd}}},
    {"cached",
     begin,
     behind_another,
     {{"SID", 22, set_sid}, {"SQ", 4, set_sq}, {"SVT", 4, set_svt}, {"FPD", 2, set_fpd}}},
    {"cached buses",
     begin,
     behind_another,
     {{"range", 10, set_range}, {"SVT", 4, set_svt}, {"FPD", 2, set_fpd}}},
    {"request",
     begin,
     every_twice,
     {{"index", 12, set_index},
      {"data", 3, set_data_end},
      {"defect", 8, set_defect},
      {"FPD", 2, set_fpd},
      {"format", 2, set_format},
      {"S", 16, set_size},
      {"table", 2, set_table},
      {"CFI", 2, set_cfi},
      {"EIME", 2, set_eime},
      {"IRE", 2, set_ire}}},
    {"data",
     begin,
     every_twice,
     {{"data", 17, set_data},
      {"index", 12, set_index},
      {"format", 2, set_format},
      {"CFI", 2, set_cfi},
      {"EIME", 2, set_eime},
      {"away", 3, set_away}}},
    {.name = NULL},
};
