// SPDX-License-Identifier: Apache-2.0
// The MSRs that the local APIC stands behind, APIC_BASE, TSC_DEADLINE and MISC_ENABLE: each
// register and each bit that may be or must not be written, by tables of docs/cpu.md S17, S18. SDM
// Vol. 3A "Extended XAPIC (x2APIC)"; Vol. 4 "Architectural MSRs". Whether an access faults; what a
// register then does is the local APIC's. Not under QEMU, whose translator has no x2APIC and checks
// no bits.
#include "../system64/probe.h"

#define APIC_BASE    0x1B
#define MISC_ENABLE  0x1A0
#define TSC_DEADLINE 0x6E0
#define X2APIC       0x800
#define EFER         0xC0000080

#define LAPIC    UINT64_C(0xFEE00000)
#define BSP      0x100u
#define BIT(n)   (UINT64_C(1) << (n))
#define EFER_NXE 0x800u

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

uint32_t msr_index;
uint64_t msr_value;
PROBE(rdmsr, "movl msr_index, %ecx\nrdmsr\nshlq $32, %rdx\norq %rdx, %rax");
PROBE(wrmsr, "movl msr_index, %ecx\nmovl msr_value, %eax\nmovl msr_value+4, %edx\nwrmsr");
PROBE(call, "call *%rax");

static bool good;

/* A row that went wrong: what, and which register and value. */
static void must(const char *what, bool ok)
{
    if (ok)
        return;
    put(what);
    put(" msr ");
    put_hex(msr_index);
    put(" value ");
    put_hex(msr_value);
    put(" vector ");
    put_dec(seen.vector);
    put(" result ");
    put_hex(result);
    put("\n");
    good = false;
}

/* Completed; otherwise it must have been #GP(0). */
static bool came(unsigned vector)
{
    if (vector != NONE)
        must("neither done nor #GP(0)", SEEN(13, 0));
    return vector == NONE;
}

static bool reads(uint32_t index)
{
    msr_index = index;
    msr_value = 0;
    return came(try0(probe_rdmsr, 0));
}

static bool takes(uint32_t index, uint64_t value)
{
    msr_index = index;
    msr_value = value;
    return came(try0(probe_wrmsr, 0));
}

/* --- modes --- */

enum mode { OFF, INVALID, XAPIC, EXTENDED };

/* Bits 11:10 of APIC_BASE. */
static uint64_t base_of(enum mode mode)
{
    return LAPIC | BSP | (uint64_t)mode << 10;
}

/* By way of OFF and XAPIC, from any mode. */
static void go_to(enum mode mode)
{
    must("to off", takes(APIC_BASE, base_of(OFF)));
    if (mode != OFF)
        must("to xAPIC", takes(APIC_BASE, base_of(XAPIC)));
    if (mode == EXTENDED)
        must("to x2APIC", takes(APIC_BASE, base_of(EXTENDED)));
}

static const enum mode modes[] = {OFF, XAPIC, EXTENDED};

/* SDM Vol. 3A "x2APIC State Transitions". */
static void transitions(void)
{
    static const bool legal[4][4] = {[OFF] = {[OFF] = true, [XAPIC] = true},
                                     [XAPIC] = {[OFF] = true, [XAPIC] = true, [EXTENDED] = true},
                                     [EXTENDED] = {[OFF] = true, [EXTENDED] = true}};

    for (unsigned i = 0; i < COUNT(modes); i++)
        for (enum mode to = OFF; to <= EXTENDED; to++) {
            enum mode now = legal[modes[i]][to] ? to : modes[i];

            go_to(modes[i]);
            must("a change of mode", takes(APIC_BASE, base_of(to)) == legal[modes[i]][to]);
            must("the mode then", rdmsr(APIC_BASE) == base_of(now));
        }
}

/* Every bit but those of the mode; the address lies outside of RAM with each of them. */
static void base_bits(void)
{
    for (unsigned i = 0; i < COUNT(modes); i++) {
        go_to(modes[i]);
        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t now = base_of(modes[i]) ^ BIT(bit);
            bool known = bit == 8 || (bit >= 12 && bit <= 39);

            if (bit == 10 || bit == 11)
                continue;
            must("a bit of APIC_BASE", takes(APIC_BASE, now) == known);
            must("its value", rdmsr(APIC_BASE) == (known ? now : base_of(modes[i])));
            takes(APIC_BASE, base_of(modes[i]));
        }
    }
}

static uint64_t get_cr8(void)
{
    uint64_t v;

    __asm__ volatile("movq %%cr8, %0" : "=r"(v));
    return v;
}

static void set_cr8(uint64_t v)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(v) : "memory");
}

static void window(void)
{
    uint32_t r[4];

    for (unsigned i = 0; i < COUNT(modes); i++) {
        go_to(modes[i]);
        cpuid(1, 0, r);
        must("CPUID shows an APIC that is enabled", (r[3] >> 9 & 1) == (modes[i] != OFF));
        must("and x2APIC, TSC_DEADLINE always", (r[2] & 0x1200000) == 0x1200000);
        must("a window in xAPIC mode alone",
             (read32(LAPIC + 0x30) == 0xFFFFFFFF) == (modes[i] != XAPIC));
    }
    set_cr8(9);
    must("CR8 in x2APIC mode", get_cr8() == 9);
    set_cr8(0);
}

static void topology(void)
{
    static const struct {
        uint32_t sub, ebx, ecx;
    } rows[] = {{0, 1, 0x100}, {1, 1, 0x201},    {2, 0, 2},
                {3, 0, 3},     {0x1FF, 0, 0xFF}, {0x80000000, 0, 0}};
    uint32_t r[4];

    for (unsigned i = 0; i < COUNT(rows); i++) {
        cpuid(0xB, rows[i].sub, r);
        must("CPUID leaf B", r[0] == 0 && r[1] == rows[i].ebx && r[2] == rows[i].ecx && r[3] == 0);
    }
}

/* --- registers --- */

/* calm: a value that sends and counts nothing, whichever one of `bits` is turned in it. */
static const struct apic_register {
    uint8_t first, last;
    bool read, write;
    uint64_t bits, calm;
} registers[] = {
    {0x02, 0x03, true, false, 0, 0},
    {0x08, 0x08, true, true, 0xFF, 0},
    {0x0A, 0x0A, true, false, 0, 0},
    {0x0B, 0x0B, false, true, 0, 0},
    {0x0D, 0x0D, true, false, 0, 0},
    {0x0F, 0x0F, true, true, 0x11FF, 0xFF},
    {0x10, 0x27, true, false, 0, 0},
    {0x28, 0x28, true, true, 0, 0},
    {0x2F, 0x2F, true, true, 0x117FF, 0x10000},
    {0x30, 0x30, true, true, UINT64_C(0xFFFFFFFF000CCFFF), 0xC0000}, /* to all but itself */
    {0x32, 0x32, true, true, 0x710FF, 0x10000},
    {0x33, 0x34, true, true, 0x117FF, 0x10000},
    {0x35, 0x36, true, true, 0x1F7FF, 0x10000},
    {0x37, 0x37, true, true, 0x110FF, 0x10000},
    {0x38, 0x38, true, true, 0xFFFFFFFF, 0},
    {0x39, 0x39, true, false, 0, 0},
    {0x3E, 0x3E, true, true, 0xB, 0},
    {0x3F, 0x3F, false, true, 0xFF, 0},
};

static struct apic_register register_at(unsigned n)
{
    for (unsigned i = 0; i < COUNT(registers); i++)
        if (n >= registers[i].first && n <= registers[i].last)
            return registers[i];
    return (struct apic_register){0};
}

static void outside(void)
{
    for (unsigned i = 0; i < 2; i++) {
        go_to(modes[i]);
        for (unsigned n = 0; n < 0x100; n++) {
            must("RDMSR outside x2APIC mode", !reads(X2APIC + n));
            must("WRMSR outside x2APIC mode", !takes(X2APIC + n, register_at(n).calm));
        }
    }
}

static void each_register(void)
{
    go_to(EXTENDED);
    for (unsigned n = 0; n < 0x100; n++) {
        struct apic_register r = register_at(n);

        must("RDMSR of a register", reads(X2APIC + n) == r.read);
        must("WRMSR of a register", takes(X2APIC + n, r.calm) == r.write);
    }
}

static void each_bit(void)
{
    go_to(EXTENDED);
    for (unsigned n = 0; n < 0x100; n++) {
        struct apic_register r = register_at(n);

        for (unsigned bit = 0; r.write && bit < 64; bit++) {
            bool known = r.bits >> bit & 1;

            must("a bit of a register", takes(X2APIC + n, r.calm ^ BIT(bit)) == known);
            if (known)
                takes(X2APIC + n, r.calm);
        }
    }
}

static void deadline(void)
{
    for (unsigned i = 0; i < COUNT(modes); i++) {
        go_to(modes[i]);
        for (unsigned bit = 0; bit < 64; bit++)
            must("a bit of TSC_DEADLINE", takes(TSC_DEADLINE, BIT(bit)));
        must("none of them", takes(TSC_DEADLINE, 0));
        must("TSC_DEADLINE is read", reads(TSC_DEADLINE));
        must("TSC_ADJUST is written", takes(0x3B, 0));
        must("TSC is written", takes(0x10, 1));
        must("TSC_ADJUST is back", takes(0x3B, 0));
    }
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

/* TSC_ADJUST tells when TSC was written, and software takes it for right if that is not long behind
 * its last look at the counter, measured by how long it takes to the next. */
static void write_of_tsc(void)
{
    const uint64_t far = UINT64_C(100000000000);
    uint64_t before = rdtsc(), behind, written;

    wrmsr(0x10, far);
    behind = rdtsc() - far;
    written = far - rdmsr(0x3B);
    must("TSC is written between the two", written > before);
    must("and not long before the second", written - before <= 2 * behind && behind < 200);
    wrmsr(0x3B, 0);
    must("TSC is that of the clock again", rdtsc() < far);
}

/* Ring 3 may do none of it. */
USER_PROBE(user_rdmsr, "movl $0x802, %ecx\nrdmsr\nint $0x80");
USER_PROBE(user_wrmsr, "movl $0x80B, %ecx\nxorl %eax, %eax\nxorl %edx, %edx\nwrmsr\nint $0x80");

static void at_ring_3(void)
{
    go_to(EXTENDED);
    must("RDMSR at ring 3", try3(probe_user_rdmsr, 0) == 13 && seen.error == 0);
    must("WRMSR at ring 3", try3(probe_user_wrmsr, 0) == 13 && seen.error == 0);
}

/* --- MISC_ENABLE --- */

#define MISC_STORED    UINT64_C(0x400C50009) /* 0 3 16 18 22 23 34 */
#define MISC_READ_ONLY UINT64_C(0x1880)      /* 7 11 12 */
#define LIMIT_CPUID    22
#define XD_DISABLE     34

static void misc_bits(void)
{
    uint64_t was = rdmsr(MISC_ENABLE);

    must("the bits that say what is not there", (was & MISC_READ_ONLY) == 0x1800);
    for (unsigned bit = 0; bit < 64; bit++) {
        bool stored = MISC_STORED >> bit & 1, kept = MISC_READ_ONLY >> bit & 1;

        must("a bit of MISC_ENABLE", takes(MISC_ENABLE, was ^ BIT(bit)) == (stored || kept));
        must("its value", rdmsr(MISC_ENABLE) == (stored ? was ^ BIT(bit) : was));
        takes(MISC_ENABLE, was);
    }
    must("all that are stored",
         takes(MISC_ENABLE, MISC_STORED & ~BIT(XD_DISABLE)) &&
             rdmsr(MISC_ENABLE) == ((MISC_STORED & ~BIT(XD_DISABLE)) | 0x1800));
    must("none", takes(MISC_ENABLE, 0) && rdmsr(MISC_ENABLE) == 0x1800);
    takes(MISC_ENABLE, was);
}

static bool same_leaf(uint32_t leaf, uint32_t sub, const uint32_t as[4])
{
    uint32_t r[4];

    cpuid(leaf, sub, r);
    return r[0] == as[0] && r[1] == as[1] && r[2] == as[2] && r[3] == as[3];
}

static void limited_cpuid(void)
{
    static const uint32_t kept[] = {1,          2,          0x80000000, 0x80000001,
                                    0x80000004, 0x80000007, 0x80000008};
    static const uint32_t gone[] = {
        3, 4, 6, 7, 0xA, 0xB, 0xD, 0xE, 0x40000000, 0x7FFFFFFF, 0x80000009, 0x8000001E, 0xFFFFFFFF};
    uint32_t before[COUNT(kept)][4], last[4], vendor[4];
    uint64_t was = rdmsr(MISC_ENABLE);

    for (unsigned i = 0; i < COUNT(kept); i++)
        cpuid(kept[i], 0, before[i]);
    cpuid(2, 0, last);
    cpuid(0, 0, vendor);
    must("leaf 0 without the limit", vendor[0] == 0xD);
    must("the limit", takes(MISC_ENABLE, was | BIT(LIMIT_CPUID)));
    vendor[0] = 2;
    must("leaf 0 with it", same_leaf(0, 0, vendor));
    for (unsigned i = 0; i < COUNT(kept); i++)
        must("a leaf that stays", same_leaf(kept[i], 0, before[i]));
    for (unsigned i = 0; i < COUNT(gone); i++)
        for (uint32_t sub = 0; sub < 3; sub++)
            must("a leaf beyond it", same_leaf(gone[i], sub, last));
    takes(MISC_ENABLE, was);
}

static bool shows_nx(void)
{
    uint32_t r[4];

    cpuid(0x80000001, 0, r);
    return r[3] >> 20 & 1;
}

#define XD_PAGE UINT64_C(0x8000000000) /* PML4[1] */

static void xd_disable(void)
{
    uint64_t was = rdmsr(MISC_ENABLE), efer = rdmsr(EFER);

    map_page(XD_PAGE, (uint64_t)page_alloc(), PTE_P | PTE_W | PTE_XD);
    must("NX is shown", shows_nx() && (efer & EFER_NXE));
    must("XD disable", takes(MISC_ENABLE, was | BIT(XD_DISABLE)));
    must("NX is not shown", !shows_nx());
    must("NXE stays, and does its work",
         rdmsr(EFER) == efer && try0(probe_call, XD_PAGE) == 14 && seen.error == 0x11);
    must("NXE is refused where it is 1", !takes(EFER, efer) && rdmsr(EFER) == efer);
    must("NXE is cleared", takes(EFER, efer & ~(uint64_t)EFER_NXE));
    must("then XD is reserved", try0(probe_call, XD_PAGE) == 14 && (seen.error & 8) != 0);
    must("NXE is refused where it is 0", !takes(EFER, efer) && !(rdmsr(EFER) & EFER_NXE));
    must("XD enable", takes(MISC_ENABLE, was));
    must("NXE is taken", shows_nx() && takes(EFER, efer) && rdmsr(EFER) == efer);
    map_page(XD_PAGE, 0, 0);
}

static void part(const char *name, void (*rows)(void))
{
    good = true;
    if (is_ringwalk())
        rows();
    check(name, good);
}

int main(void)
{
    probes_open();
    part("changes of mode", transitions);
    part("bits of APIC_BASE", base_bits);
    part("outside x2APIC mode", outside);
    part("registers", each_register);
    part("bits of registers", each_bit);
    part("window, CR8, CPUID", window);
    part("CPUID leaf B", topology);
    part("TSC_DEADLINE", deadline);
    part("writing TSC", write_of_tsc);
    part("ring 3", at_ring_3);
    if (is_ringwalk())
        go_to(XAPIC);
    part("bits of MISC_ENABLE", misc_bits);
    part("limit of CPUID", limited_cpuid);
    part("XD disable", xd_disable);
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
