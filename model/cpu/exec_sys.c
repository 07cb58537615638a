// SPDX-License-Identifier: Apache-2.0
// System instructions: descriptor-table registers, control and debug registers, flushes, ports,
// time. SDM Vol. 2, Operation of each; Vol. 3A "Control Registers", "Debug Registers".
#include "insn.h"
#include "ops.h"
#include "segment.h"

enum exec op_ud(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return raise_ud(cpu);
}

/* docs/cpu.md "x87 and SSE". */
enum exec op_x87(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return raise_fault(cpu, cpu->sys.cr0 & (CR0_EM | CR0_TS) ? VEC_NM : VEC_UD);
}

enum exec op_mmx(struct cpu *cpu, const struct insn *in)
{
    bool plain = !(in->prefix & (PFX_66 | PFX_REP | PFX_REPNE));

    if (plain && !(cpu->sys.cr0 & CR0_EM) && (cpu->sys.cr0 & CR0_TS))
        return raise_fault(cpu, VEC_NM);
    return raise_ud(cpu);
}

enum exec op_fwait(struct cpu *cpu, const struct insn *in)
{
    uint64_t both = CR0_MP | CR0_TS;

    (void)in;
    return (cpu->sys.cr0 & both) == both ? raise_fault(cpu, VEC_NM) : EXEC_OK;
}

/* Serialising: the fetch window becomes empty. */
static enum exec serialised(struct cpu *cpu)
{
    cpu->window.valid = false;
    return EXEC_OK;
}

static bool umip_denies(const struct cpu *cpu)
{
    return cpu->cpl > 0 && (cpu->sys.cr4 & CR4_UMIP);
}

static enum exec store_selector(struct cpu *cpu, const struct insn *in, unsigned s)
{
    if (umip_denies(cpu))
        return raise_gp(cpu, 0);
    return rm_write(cpu, in, in->is_mem ? 2 : in->size, cpu->sys.seg[s].selector);
}

enum exec op_sldt(struct cpu *cpu, const struct insn *in)
{
    return store_selector(cpu, in, SEG_LDTR);
}

enum exec op_str(struct cpu *cpu, const struct insn *in)
{
    return store_selector(cpu, in, SEG_TR);
}

enum exec op_lldt(struct cpu *cpu, const struct insn *in)
{
    uint64_t selector;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(rm_read(cpu, in, 2, &selector));
    TRY(segment_load_ldtr(cpu, (uint16_t)selector));
    return serialised(cpu);
}

enum exec op_ltr(struct cpu *cpu, const struct insn *in)
{
    uint64_t selector;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(rm_read(cpu, in, 2, &selector));
    TRY(segment_load_tr(cpu, (uint16_t)selector));
    return serialised(cpu);
}

/* SGDT, SIDT: limit, then base. */
static enum exec store_table(struct cpu *cpu, const struct insn *in, uint32_t limit, uint64_t base)
{
    uint64_t off = ea(cpu, in);

    if (umip_denies(cpu))
        return raise_gp(cpu, 0);
    TRY(mem_write(cpu, in->seg, off, 2, limit));
    return mem_write(cpu, in->seg, (off + 2) & in->addr_mask, cpu_is_64(cpu) ? 8 : 4, base);
}

/* LGDT, LIDT: limit, then base; a 16-bit operand size loads 24 bits of base. */
static enum exec load_table(struct cpu *cpu, const struct insn *in, uint32_t *limit, uint64_t *base)
{
    uint64_t off = ea(cpu, in), l, b;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(mem_read(cpu, in->seg, off, 2, &l));
    TRY(mem_read(cpu, in->seg, (off + 2) & in->addr_mask, cpu_is_64(cpu) ? 8 : 4, &b));
    if (cpu_is_64(cpu) && !is_canonical(b))
        return raise_gp(cpu, 0);
    if (!cpu_is_64(cpu) && in->size == 2)
        b &= 0xffffff;
    *limit = (uint32_t)l;
    *base = b;
    cpu->sys_touched = true;
    return serialised(cpu);
}

/* choice: a register destination takes as much of CR0 as it holds. */
static enum exec smsw(struct cpu *cpu, const struct insn *in)
{
    if (umip_denies(cpu))
        return raise_gp(cpu, 0);
    return rm_write(cpu, in, in->is_mem ? 2 : in->size, cpu->sys.cr0);
}

/* LMSW cannot clear PE. */
static enum exec lmsw(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, low = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(rm_read(cpu, in, 2, &v));
    cpu->sys.cr0 = (cpu->sys.cr0 & ~(low & ~CR0_PE)) | (v & low);
    cpu_derive(cpu);
    return serialised(cpu);
}

/* A non-canonical address flushes nothing and does not fault; no segment checks are made. */
static enum exec invlpg(struct cpu *cpu, const struct insn *in)
{
    uint64_t la = (ea(cpu, in) + cpu->seg_base[in->seg]) & cpu->la_mask;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    if (is_canonical(la))
        cpu_flush(cpu, FLUSH_PAGE, la, mmu_pcid(&cpu->mmu_ctx));
    return serialised(cpu);
}

static enum exec swapgs(struct cpu *cpu)
{
    uint64_t base = cpu->sys.seg[SEG_GS].base;

    if (!cpu_is_64(cpu))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    cpu->sys.seg[SEG_GS].base = cpu->sys.kernel_gs_base;
    cpu->sys.kernel_gs_base = base;
    cpu_derive(cpu);
    return serialised(cpu);
}

static uint64_t read_tsc(struct cpu *cpu)
{
    return cpu->env.tsc ? cpu->env.tsc(cpu->env.ctx) : 0;
}

static enum exec rdtsc(struct cpu *cpu, bool with_aux)
{
    uint64_t tsc;

    if (cpu->cpl > 0 && (cpu->sys.cr4 & CR4_TSD))
        return raise_gp(cpu, 0);
    tsc = read_tsc(cpu);
    put_reg(cpu, RAX, 4, tsc);
    put_reg(cpu, RDX, 4, tsc >> 32);
    if (with_aux)
        put_reg(cpu, RCX, 4, cpu->sys.tsc_aux);
    return EXEC_OK;
}

enum exec op_rdtsc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return rdtsc(cpu, false);
}

/* choice: no counter exists, so every index is #GP(0). */
enum exec op_rdpmc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return raise_gp(cpu, 0);
}

static enum exec set_ac(struct cpu *cpu, const struct insn *in, bool ac)
{
    if ((in->prefix & (PFX_66 | PFX_REP | PFX_REPNE)) || cpu->cpl > 0)
        return raise_ud(cpu);
    cpu->rflags = (cpu->rflags & ~RFLAGS_AC) | (ac ? RFLAGS_AC : 0);
    return EXEC_OK;
}

static enum exec grp7_register(struct cpu *cpu, const struct insn *in)
{
    switch (in->modrm) {
    case 0xca:
        return set_ac(cpu, in, false);
    case 0xcb:
        return set_ac(cpu, in, true);
    case 0xf8:
        return swapgs(cpu);
    case 0xf9:
        return rdtsc(cpu, true);
    default:
        break;
    }
    switch (in->modrm >> 3 & 7) {
    case 4:
        return smsw(cpu, in);
    case 6:
        return lmsw(cpu, in);
    default:
        return raise_ud(cpu);
    }
}

/* 0F 01. */
enum exec op_grp7(struct cpu *cpu, const struct insn *in)
{
    if (!in->is_mem)
        return grp7_register(cpu, in);
    switch (in->modrm >> 3 & 7) {
    case 0:
        return store_table(cpu, in, cpu->sys.gdtr_limit, cpu->sys.gdtr_base);
    case 1:
        return store_table(cpu, in, cpu->sys.idtr_limit, cpu->sys.idtr_base);
    case 2:
        return load_table(cpu, in, &cpu->sys.gdtr_limit, &cpu->sys.gdtr_base);
    case 3:
        return load_table(cpu, in, &cpu->sys.idtr_limit, &cpu->sys.idtr_base);
    case 4:
        return smsw(cpu, in);
    case 6:
        return lmsw(cpu, in);
    case 7:
        return invlpg(cpu, in);
    default:
        return raise_ud(cpu);
    }
}

/* RDFSBASE RDGSBASE WRFSBASE WRGSBASE: ModRM.reg 0 to 3. */
static enum exec fs_gs_base(struct cpu *cpu, const struct insn *in)
{
    unsigned op = in->modrm >> 3 & 7, bytes = in->size == 8 ? 8 : 4; /* 66 has no effect */
    struct rec_seg_state *s = &cpu->sys.seg[op & 1 ? SEG_GS : SEG_FS];
    uint64_t v = get_reg(cpu, in->rm, bytes);

    if (!cpu_is_64(cpu) || !(cpu->sys.cr4 & CR4_FSGSBASE))
        return raise_ud(cpu);
    if (op < 2) {
        put_reg(cpu, in->rm, bytes, s->base);
        return EXEC_OK;
    }
    if (!is_canonical(v))
        return raise_gp(cpu, 0);
    s->base = v;
    cpu_derive(cpu);
    return EXEC_OK;
}

/* 0F AE: fences, FS and GS bases, cache-line flushes; the state of x87 and SSE is not there. */
enum exec op_grp15(struct cpu *cpu, const struct insn *in)
{
    unsigned op = in->modrm >> 3 & 7;
    unsigned prefix = in->prefix & (PFX_66 | PFX_REP | PFX_REPNE);

    if (!in->is_mem) {
        if ((prefix & PFX_REP) && op < 4)
            return fs_gs_base(cpu, in);
        return prefix == 0 && op >= 5 ? EXEC_OK : raise_ud(cpu);
    }
    if ((op == 7 && (prefix == 0 || prefix == PFX_66)) || (op == 6 && prefix == PFX_66))
        return lsu_probe(cpu, in->seg, ea(cpu, in));
    return raise_ud(cpu);
}

static enum exec load_16_bytes(struct cpu *cpu, const struct insn *in, uint64_t v[2])
{
    struct lin l = {.bytes = 16, .access = ACCESS_READ, .cpl = cpu->cpl};
    struct span s;
    uint8_t data[16];

    TRY(lsu_linear(cpu, in->seg, ea(cpu, in), 16, false, &l.la));
    TRY(lsu_translate(cpu, &l, &s));
    lsu_load(cpu, &s, data);
    memcpy(v, data, 16);
    return EXEC_OK;
}

/* SDM Vol. 2 "INVPCID". */
enum exec op_invpcid(struct cpu *cpu, const struct insn *in)
{
    static const enum mmu_flush_kind kinds[] = {FLUSH_PAGE_NONGLOBAL, FLUSH_PCID, FLUSH_ALL,
                                                FLUSH_ALL_NONGLOBAL};
    uint64_t type = get_reg(cpu, in->reg, cpu_is_64(cpu) ? 8 : 4), v[2];

    if (cpu->cpl > 0 || type > 3)
        return raise_gp(cpu, 0);
    TRY(load_16_bytes(cpu, in, v));
    if (v[0] >> 12 || (type < 2 && v[0] && !(cpu->sys.cr4 & CR4_PCIDE)))
        return raise_gp(cpu, 0);
    if (type == 0 && !is_canonical(v[1]))
        return raise_gp(cpu, 0);
    cpu_flush(cpu, kinds[type], v[1], (uint16_t)(v[0] & 0xfff));
    return serialised(cpu);
}

enum exec op_clts(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    cpu->sys.cr0 &= ~CR0_TS;
    cpu_derive(cpu);
    return serialised(cpu);
}

/* INVD, WBINVD: there is no data cache to write back. */
enum exec op_invd(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return cpu->cpl > 0 ? raise_gp(cpu, 0) : serialised(cpu);
}

enum exec op_hlt(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    serialised(cpu);
    return EXEC_HLT;
}

enum exec op_cli(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > cpu_iopl(cpu))
        return raise_gp(cpu, 0);
    cpu->rflags &= ~RFLAGS_IF;
    return EXEC_OK;
}

enum exec op_sti(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > cpu_iopl(cpu))
        return raise_gp(cpu, 0);
    cpu->leaving.sti_shadow = !(cpu->rflags & RFLAGS_IF);
    cpu->rflags |= RFLAGS_IF;
    return EXEC_OK;
}

static unsigned cr_bytes(const struct cpu *cpu)
{
    return cpu_is_64(cpu) ? 8 : 4;
}

static bool cr_exists(const struct cpu *cpu, unsigned n)
{
    return n == 0 || n == 2 || n == 3 || n == 4 || (n == 8 && cpu_is_64(cpu));
}

static uint64_t read_cr(struct cpu *cpu, unsigned n)
{
    switch (n) {
    case 0:
        return cpu->sys.cr0;
    case 2:
        return cpu->cr2;
    case 3:
        return cpu->sys.cr3;
    case 4:
        return cpu->sys.cr4;
    default:
        /* CR8 is bits 7:4 of the local APIC's TPR, wherever APIC_BASE has its page */
        return lsu_phys_read(cpu, APIC_BUS_PAGE | APIC_TPR, 4, BUS_APIC, 0) >> 4 & 15;
    }
}

enum exec op_mov_from_cr(struct cpu *cpu, const struct insn *in)
{
    if (!cr_exists(cpu, in->reg))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    put_reg(cpu, in->rm, cr_bytes(cpu), read_cr(cpu, in->reg));
    return EXEC_OK;
}

static void flush_all(struct cpu *cpu)
{
    cpu_flush(cpu, FLUSH_ALL, 0, 0);
}

/* SDM Vol. 3A "Initializing IA-32e Mode": conditions of setting CR0.PG. */
static bool may_enter_long_mode(const struct cpu *cpu)
{
    uint16_t tr = cpu->sys.seg[SEG_TR].attr;

    return (cpu->sys.efer & EFER_LME) && (cpu->sys.cr4 & CR4_PAE) &&
           !(cpu->sys.seg[SEG_CS].attr & 0x2000) && (tr & 0x1d) != 1;
}

static enum exec write_cr0(struct cpu *cpu, uint64_t v)
{
    uint64_t known =
        CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
    uint64_t old = cpu->sys.cr0;

    /* choice: PE stays set while there is no real mode */
    if (v >> 32 || !(v & CR0_PE) || ((v & CR0_NW) && !(v & CR0_CD)))
        return raise_gp(cpu, 0);
    if ((v & CR0_PG) && !(old & CR0_PG)) {
        if (!may_enter_long_mode(cpu))
            return raise_gp(cpu, 0);
        cpu->sys.efer |= EFER_LMA;
    }
    if (!(v & CR0_PG) && (old & CR0_PG)) {
        if (cpu_is_64(cpu) || (cpu->sys.cr4 & CR4_PCIDE))
            return raise_gp(cpu, 0);
        cpu->sys.efer &= ~EFER_LMA;
    }
    cpu->sys.cr0 = (v & known) | CR0_ET;
    cpu_derive(cpu);
    if ((old ^ cpu->sys.cr0) & (CR0_PG | CR0_WP))
        flush_all(cpu);
    return EXEC_OK;
}

static enum exec write_cr3(struct cpu *cpu, uint64_t v)
{
    bool pcide = (cpu->sys.cr4 & CR4_PCIDE) != 0, keep = pcide && v >> 63;

    if (v >> 63 && !pcide)
        return raise_gp(cpu, 0);
    if (v >> MMU_MAXPHYADDR & 0x7fffff)
        return raise_gp(cpu, 0);
    cpu->sys.cr3 = v & ~(UINT64_C(1) << 63);
    cpu_derive(cpu);
    if (!keep)
        cpu_flush(cpu, FLUSH_PCID, 0, mmu_pcid(&cpu->mmu_ctx));
    return EXEC_OK;
}

static enum exec write_cr4(struct cpu *cpu, uint64_t v)
{
    uint64_t known = CR4_TSD | CR4_DE | CR4_PAE | CR4_PGE | CR4_PCE | CR4_UMIP | CR4_FSGSBASE |
                     CR4_PCIDE | CR4_SMEP | CR4_SMAP;
    uint64_t old = cpu->sys.cr4, set = v & ~old, cleared = old & ~v;

    if (v & ~known)
        return raise_gp(cpu, 0);
    if (cpu_is_long(cpu) && !(v & CR4_PAE))
        return raise_gp(cpu, 0);
    if ((set & CR4_PCIDE) && (!cpu_is_long(cpu) || (cpu->sys.cr3 & 0xfff)))
        return raise_gp(cpu, 0);
    cpu->sys.cr4 = v;
    cpu_derive(cpu);
    if (((set | cleared) & (CR4_PGE | CR4_PAE | CR4_SMAP)) || (cleared & CR4_PCIDE) ||
        (set & CR4_SMEP))
        flush_all(cpu);
    return EXEC_OK;
}

static enum exec write_cr(struct cpu *cpu, unsigned n, uint64_t v)
{
    switch (n) {
    case 0:
        return write_cr0(cpu, v);
    case 2:
        cpu->cr2 = v;
        return EXEC_OK;
    case 3:
        return write_cr3(cpu, v);
    case 4:
        return write_cr4(cpu, v);
    default:
        if (v > 15)
            return raise_gp(cpu, 0);
        lsu_phys_write(cpu, APIC_BUS_PAGE | APIC_TPR, 4, BUS_APIC, 0, v << 4);
        return EXEC_OK;
    }
}

enum exec op_mov_to_cr(struct cpu *cpu, const struct insn *in)
{
    if (!cr_exists(cpu, in->reg))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(write_cr(cpu, in->reg, get_reg(cpu, in->rm, cr_bytes(cpu))));
    return serialised(cpu);
}

/* DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD makes every access a #DB. */
static enum exec check_dr(struct cpu *cpu, const struct insn *in)
{
    if (in->reg > 7 || ((in->reg & 6) == 4 && (cpu->sys.cr4 & CR4_DE)))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    if (cpu->sys.dr7 & DR7_GD)
        return raise_exception(cpu, (struct fault){.vector = VEC_DB, .dr6 = DR6_BD});
    return EXEC_OK;
}

static uint64_t *dr_at(struct cpu *cpu, unsigned n)
{
    if (n < 4)
        return &cpu->sys.dr[n];
    return n & 1 ? &cpu->sys.dr7 : &cpu->sys.dr6;
}

enum exec op_mov_from_dr(struct cpu *cpu, const struct insn *in)
{
    TRY(check_dr(cpu, in));
    put_reg(cpu, in->rm, cr_bytes(cpu), *dr_at(cpu, in->reg));
    return EXEC_OK;
}

enum exec op_mov_to_dr(struct cpu *cpu, const struct insn *in)
{
    uint64_t v = get_reg(cpu, in->rm, cr_bytes(cpu));

    TRY(check_dr(cpu, in));
    if (in->reg >= 4 && v >> 32)
        return raise_gp(cpu, 0);
    if (in->reg >= 4)
        v = in->reg & 1 ? (v & ~UINT64_C(0xd800)) | 0x400 : (v & 0xe00f) | 0xffff0ff0;
    *dr_at(cpu, in->reg) = v;
    cpu->sys_touched = true;
    return serialised(cpu);
}

/* SDM Vol. 1 "I/O Permission Bit Map"; a 16-bit TSS has none. */
static enum exec check_port(struct cpu *cpu, uint64_t port, unsigned bytes)
{
    const struct rec_seg_state *tr = &cpu->sys.seg[SEG_TR];
    uint64_t map, bits, at;

    if (cpu->cpl <= cpu_iopl(cpu))
        return EXEC_OK;
    if (tss_is_16(tr) || tr->limit < 0x67)
        return raise_gp(cpu, 0);
    TRY(lsu_sys_read(cpu, tr->base + 0x66, 2, &map));
    at = map + (port >> 3);
    if (at + 1 > tr->limit)
        return raise_gp(cpu, 0);
    TRY(lsu_sys_read(cpu, tr->base + at, 2, &bits));
    return bits >> (port & 7) & ((1u << bytes) - 1) ? raise_gp(cpu, 0) : EXEC_OK;
}

static uint64_t port_of(const struct cpu *cpu, const struct insn *in)
{
    return in->sub ? cpu->r[RDX] & 0xffff : in->imm & 0xff;
}

static unsigned port_bytes(const struct insn *in)
{
    return in->size == 8 ? 4 : in->size;
}

enum exec op_in(struct cpu *cpu, const struct insn *in)
{
    uint64_t port = port_of(cpu, in);
    unsigned bytes = port_bytes(in);

    TRY(check_port(cpu, port, bytes));
    put_reg(cpu, RAX, bytes, lsu_phys_read(cpu, port, bytes, BUS_DATA, BUS_IO));
    return EXEC_OK;
}

enum exec op_out(struct cpu *cpu, const struct insn *in)
{
    uint64_t port = port_of(cpu, in);
    unsigned bytes = port_bytes(in);

    TRY(check_port(cpu, port, bytes));
    lsu_phys_write(cpu, port, bytes, BUS_DATA, BUS_IO, get_reg(cpu, RAX, bytes));
    return EXEC_OK;
}
