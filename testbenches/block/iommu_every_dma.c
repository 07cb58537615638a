// SPDX-License-Identifier: Apache-2.0
// Products of DMA requests: root and context entries, second-stage entries, addresses, protected
// regions. docs/iommu.md I11 to I20, I91, I101, I102.
#include "iommu_every.h"

#define COUNT(a) (unsigned)(sizeof(a) / sizeof((a)[0]))

/* --- the request --- */

static const struct {
    uint8_t write, len, at,
        low; /* low: added to the address, bit 0 is NW of a translation request */
} accesses[] = {
    {0, 4, 0, 0}, {1, 4, 0, 0},  {0, 0, 0, 0}, {1, 0, 0, 0}, /* the last two: of length zero */
    {0, 8, 1, 0}, {0, 8, 1, 1},  {1, 8, 1, 0}, {0, 4, 1, 0}, /* the last two: malformed */
    {0, 4, 2, 0}, {1, 16, 2, 0}, {0, 4, 3, 0},
};

static void set_access(struct scene *s, unsigned d)
{
    s->in.write = accesses[d].write;
    s->in.len = accesses[d].len;
    s->in.at = accesses[d].at;
    s->in.iova += accesses[d].low;
    for (unsigned i = 0; i < s->in.len && s->in.write; i++)
        s->in.data[i] = (uint8_t)(0xB1 + 7 * i);
}

#define ACCESS                                                                                     \
    {                                                                                              \
        "access", COUNT(accesses), set_access                                                      \
    }

static void set_te(struct scene *s, unsigned d)
{
    s->gcmd = d ? s->gcmd & ~GCMD_TE : s->gcmd;
}

/* --- what is away --- */

#define AWAY(f) (1u << IOMMU_##f)

static void take_away(struct scene *s, uint32_t away)
{
    s->vtd.away |= away;
}

static void set_zlr_away(struct scene *s, unsigned d)
{
    take_away(s, d ? AWAY(ZLR) : 0);
}

static void set_sizes_away(struct scene *s, unsigned d)
{
    static const uint32_t away[] = {0, AWAY(1G), AWAY(2M) | AWAY(1G)};

    take_away(s, away[d]);
}

/* All but the one without a width. */
static void set_widths_away(struct scene *s, unsigned d)
{
    take_away(s, d << IOMMU_39);
}

static void set_types_away(struct scene *s, unsigned d)
{
    take_away(s, (d & 1 ? AWAY(PT) : 0) | (d & 2 ? AWAY(DT) : 0));
}

static void set_queue_away(struct scene *s, unsigned d)
{
    take_away(s, d ? AWAY(QI) | AWAY(IR) | AWAY(EIM) | AWAY(DT) : 0);
}

/* --- root entry --- */

static void set_ttm(struct scene *s, unsigned d)
{
    s->rtaddr |= (uint64_t)d << 10;
}

static void set_root_table(struct scene *s, unsigned d)
{
    s->rtaddr = d ? s->rtaddr ^ SCENE_ROOT ^ SCENE_NOWHERE : s->rtaddr;
}

static void set_root_p(struct scene *s, unsigned d)
{
    s->root[0] ^= d;
}

/* Bit d - 1 of the 128; 0: none. Bit 0 has its own dimension. */
static void turn(uint64_t entry[2], unsigned d)
{
    if (d > 1)
        entry[(d - 1) / 64] ^= UINT64_C(1) << (d - 1) % 64;
}

static void set_root_bit(struct scene *s, unsigned d)
{
    turn(s->root, d);
}

static void set_context_table(struct scene *s, unsigned d)
{
    s->root[0] = d ? s->root[0] ^ SCENE_CONTEXT ^ SCENE_NOWHERE : s->root[0];
}

/* --- context entry --- */

static void set_context_p(struct scene *s, unsigned d)
{
    s->context[0] ^= d;
}

static void set_fpd(struct scene *s, unsigned d)
{
    s->context[0] |= d ? CONTEXT_FPD : 0;
}

static void set_t(struct scene *s, unsigned d)
{
    s->context[0] |= (uint64_t)d << 2;
}

static void set_aw(struct scene *s, unsigned d)
{
    s->context[1] = (s->context[1] & ~UINT64_C(7)) | d;
}

static void set_context_bit(struct scene *s, unsigned d)
{
    turn(s->context, d);
}

static void set_top_table(struct scene *s, unsigned d)
{
    s->context[0] = d ? (s->context[0] & ~SS_FRAME) | SCENE_NOWHERE : s->context[0];
}

/* --- places: the width, the level of the leaf, a level above it --- */

static const struct {
    uint8_t aw, leaf, upper;
} places[] = {
    {1, 1, 2}, {1, 1, 3}, {1, 2, 3}, {1, 3, 0}, {2, 1, 2}, {2, 1, 3}, {2, 1, 4},
    {2, 2, 3}, {2, 2, 4}, {2, 3, 4}, {3, 1, 2}, {3, 1, 3}, {3, 1, 4}, {3, 1, 5},
    {3, 2, 3}, {3, 2, 4}, {3, 2, 5}, {3, 3, 4}, {3, 3, 5},
};

static void set_place(struct scene *s, unsigned d)
{
    struct scene good = scene_good(places[d].aw, places[d].leaf);

    good.vtd = s->vtd;
    good.gcmd = s->gcmd;
    *s = good;
    s->upper = places[d].upper;
}

#define PLACE                                                                                      \
    {                                                                                              \
        "place", COUNT(places), set_place                                                          \
    }

/* --- second-stage entries --- */

static void set_leaf_rights(struct scene *s, unsigned d)
{
    s->entry[s->leaf] ^= d;
}

static void set_upper_rights(struct scene *s, unsigned d)
{
    if (s->upper != 0)
        s->entry[s->upper] ^= d;
}

/* Bit d of the leaf, then of the upper entry; R and W have dimensions of their own. */
static void set_turned(struct scene *s, unsigned d)
{
    unsigned level = d < 62 ? s->leaf : s->upper;

    if (level != 0)
        s->entry[level] ^= UINT64_C(4) << d % 62;
}

static void set_turned_rights(struct scene *s, unsigned d)
{
    s->entry[s->leaf] ^= d & 3;
    if (s->upper != 0)
        s->entry[s->upper] ^= d >> 2;
}

/* What can be wrong with an entry: each alone, and with the rights that go before it. */
static const struct {
    uint64_t turned;
    bool nowhere; /* its table is where nobody answers */
} defects[] = {
    {0, false},
    {SS_R, false},
    {SS_W, false},
    {SS_R | SS_W, false},
    {UINT64_C(1) << 11, false},
    {UINT64_C(1) << 11 | SS_R, false},
    {UINT64_C(1) << 62 | SS_W, false},
    {UINT64_C(1) << 40 | SS_R | SS_W, false},
    {SS_PS, false},
    {SS_PS | SS_R, false},
    {0, true},
};

static void set_defect(struct scene *s, unsigned level, unsigned d)
{
    if (level == 0)
        return;
    s->entry[level] ^= defects[d].turned;
    if (!defects[d].nowhere)
        return;
    if (level == s->aw + 2)
        s->context[0] = (s->context[0] & ~SS_FRAME) | SCENE_NOWHERE;
    else
        s->entry[level + 1] = (s->entry[level + 1] & ~SS_FRAME) | SCENE_NOWHERE;
}

static void set_leaf_defect(struct scene *s, unsigned d)
{
    set_defect(s, s->leaf, d);
}

static void set_upper_defect(struct scene *s, unsigned d)
{
    set_defect(s, s->upper, d);
}

static void set_beyond_width(struct scene *s, unsigned d)
{
    if (d)
        s->in.iova |= UINT64_C(1) << (30 + 9 * s->aw);
}

static void set_warm(struct scene *s, unsigned d)
{
    s->warm = (enum scene_warm)d;
}

static void set_stale_context(struct scene *s, unsigned d)
{
    static const uint64_t turned[][2] = {{0, 0},   {1, 0},    {CONTEXT_FPD, 0}, {CONTEXT_DEVICE, 0},
                                         {0xC, 0}, {0x10, 0}, {0, 7},           {SCENE_NOWHERE, 0}};

    s->context[0] ^= turned[d][0]; /* the last: another SLPTPTR, where nobody answers */
    s->context[1] ^= turned[d][1];
}

static void set_stale_root(struct scene *s, unsigned d)
{
    static const uint64_t turned[] = {0, 1, 2};

    s->root[0] ^= turned[d];
}

static void set_stale_ttm(struct scene *s, unsigned d)
{
    set_ttm(s, 3 * d);
}

/* --- addresses --- */

static void set_iova_bit(struct scene *s, unsigned d)
{
    if (d != 0)
        s->in.iova ^= UINT64_C(1) << (63 - (d - 1));
}

static void set_good_aw(struct scene *s, unsigned d)
{
    struct scene good = scene_good(d + 1, 1);

    good.vtd = s->vtd;
    good.gcmd = s->gcmd;
    *s = good;
}

/* Around the interrupt range, and its aliases above 32 bits. */
static void set_near(struct scene *s, unsigned d)
{
    static const uint64_t addresses[] = {0xFEDFFFF0,
                                         0xFEDFFFFC,
                                         0xFEE00000,
                                         0xFEE00001,
                                         0xFEE00002,
                                         0xFEE00003,
                                         0xFEE00004,
                                         0xFEEFFFF0,
                                         0xFEEFFFF4,
                                         0xFEF00000,
                                         UINT64_C(0x1FEE00000),
                                         UINT64_C(0x80FEE00000),
                                         UINT64_C(0x80000000FEE00000)};

    s->in.iova = addresses[d];
}

static void set_length(struct scene *s, unsigned d)
{
    static const uint8_t lengths[] = {0, 1, 2, 3, 4, 5, 8, 12};
    unsigned room = 16 - (unsigned)(s->in.iova & 15);

    s->in.len = lengths[d] > room ? (uint8_t)room : lengths[d];
}

static void set_write(struct scene *s, unsigned d)
{
    s->in.write = (uint8_t)d;
    s->in.data[1] = d ? 0x42 : 0;
    s->in.data[0] = d ? 0x5A : 0;
}

static void set_at(struct scene *s, unsigned d)
{
    s->in.at = (uint8_t)d;
}

static void set_ire(struct scene *s, unsigned d)
{
    s->gcmd |= d ? GCMD_IRE | GCMD_CFI : 0;
}

/* The page of a leaf in, at the ends of and beside the interrupt range: of 4 KBytes the frame, of a
 * large page what the address adds. */
static void set_output(struct scene *s, unsigned d)
{
    static const uint64_t pages[] = {0xFEDFF, 0xFEE00,  0xFEE01,  0xFEE80,  0xFEEFF,
                                     0xFEF00, 0x1FEE00, 0x80FEE0, 0x8FEE00, 0x7EE00};
    uint64_t low = (UINT64_C(1) << (3 + 9 * s->leaf)) - 1, pa = pages[d] << 12;

    s->entry[s->leaf] = (s->entry[s->leaf] & ~SS_FRAME) | (pa & ~low & SS_FRAME);
    s->in.iova = (s->in.iova & ~(low & ~UINT64_C(0xFFF))) | (pa & low);
}

/* --- protected regions --- */

#define REGION_LOW  UINT64_C(0xA0600000)
#define REGION_HIGH UINT64_C(0x2580600000)
#define GRAIN       UINT64_C(0x200000)

static void set_enable(struct scene *s, unsigned d)
{
    s->pmen = d ? 0x80000000u : 0;
}

/* One grain, three, a limit below the base. */
static const uint64_t limits[] = {0, 2 * GRAIN, UINT64_MAX - GRAIN + 1};

static void set_low_limit(struct scene *s, unsigned d)
{
    s->plmbase = (uint32_t)REGION_LOW;
    s->plmlimit = (uint32_t)(REGION_LOW + limits[d]);
}

static void set_high_limit(struct scene *s, unsigned d)
{
    s->phmbase = REGION_HIGH;
    s->phmlimit = (REGION_HIGH + limits[d]);
}

static void set_regions_away(struct scene *s, unsigned d)
{
    take_away(s, (d & 1 ? AWAY(PLMR) : 0) | (d & 2 ? AWAY(PHMR) : 0));
}

/* The block before the base, its first, the limit's last, the one behind. */
static void set_bound(struct scene *s, unsigned d)
{
    static const uint64_t from_base[] = {-UINT64_C(16),  0,        GRAIN - 16, GRAIN,
                                         3 * GRAIN - 16, 3 * GRAIN};
    uint64_t base = d < 6 ? REGION_LOW : d < 12 ? REGION_HIGH : REGION_LOW + (UINT64_C(1) << 32);

    s->in.iova = base + from_base[d % 6];
}

static void begin_widest(struct scene *s)
{
    s->context[1] = SCENE_DID << 8 | 3;
}

const struct product every_dma[] = {
    {"root",
     NULL,
     every_twice,
     {ACCESS,
      {"bit", 129, set_root_bit},
      {"P", 2, set_root_p},
      {"CTP", 2, set_context_table},
      {"TTM", 4, set_ttm},
      {"table", 2, set_root_table},
      {"FPD", 2, set_fpd},
      {"TE", 2, set_te}}},
    {"context",
     NULL,
     every_twice,
     {ACCESS,
      {"bit", 129, set_context_bit},
      {"P", 2, set_context_p},
      {"FPD", 2, set_fpd},
      {"T", 4, set_t},
      {"AW", 8, set_aw}}},
    {"types",
     NULL,
     every_twice,
     {ACCESS,
      {"P", 2, set_context_p},
      {"FPD", 2, set_fpd},
      {"T", 4, set_t},
      {"AW", 8, set_aw},
      {"SLPTPTR", 2, set_top_table},
      {"types away", 4, set_types_away},
      {"widths away", 7, set_widths_away}}},
    {"rights",
     NULL,
     every_twice,
     {ACCESS,
      {"leaf", 4, set_leaf_rights},
      {"upper", 4, set_upper_rights},
      {"FPD", 2, set_fpd},
      {"T", 2, set_t},
      PLACE,
      {"zlr away", 2, set_zlr_away},
      {"qi away", 2, set_queue_away}}},
    {"bits",
     NULL,
     every_twice,
     {ACCESS,
      {"bit", 124, set_turned},
      {"rights", 7, set_turned_rights},
      {"T", 2, set_t},
      PLACE,
      {"sizes away", 3, set_sizes_away}}},
    {"defects",
     NULL,
     every_twice,
     {ACCESS,
      {"leaf", COUNT(defects), set_leaf_defect},
      {"upper", COUNT(defects), set_upper_defect},
      {"FPD", 2, set_fpd},
      {"T", 2, set_t},
      {"wide", 2, set_beyond_width},
      PLACE}},
    {"stale",
     NULL,
     every_twice,
     {ACCESS,
      {"leaf", COUNT(defects), set_leaf_defect},
      {"upper", 5, set_upper_defect},
      {"root", 3, set_stale_root},
      {"TTM", 2, set_stale_ttm},
      {"context", 8, set_stale_context},
      {"caches", WARMS, set_warm},
      {"place", COUNT(places), set_place}}},
    {"width",
     NULL,
     every_twice,
     {ACCESS,
      {"bit", 53, set_iova_bit},
      {"FPD", 2, set_fpd},
      {"T", 4, set_t},
      {"AW", 3, set_good_aw},
      {"TE", 2, set_te},
      {"widths away", 7, set_widths_away}}},
    {"range",
     NULL,
     every_twice,
     {{"AT", 4, set_at},
      {"write", 2, set_write},
      {"length", 8, set_length},
      {"address", 13, set_near},
      {"T", 4, set_t},
      {"TE", 2, set_te},
      {"IRE", 2, set_ire}}},
    {"output",
     NULL,
     every_twice,
     {ACCESS,
      {"page", 10, set_output},
      {"FPD", 2, set_fpd},
      {"T", 2, set_t},
      {"caches", WARMS, set_warm},
      PLACE}},
    {"output and leaf",
     NULL,
     every_twice,
     {ACCESS,
      {"page", 10, set_output},
      {"leaf", COUNT(defects), set_leaf_defect},
      {"T", 2, set_t},
      PLACE}},
    {"protected",
     begin_widest,
     every_twice,
     {ACCESS,
      {"address", 18, set_bound},
      {"T", 3, set_t},
      {"TE", 2, set_te},
      {"low", 3, set_low_limit},
      {"high", 3, set_high_limit},
      {"EPM", 2, set_enable},
      {"away", 4, set_regions_away}}},
    {.name = NULL},
};
