// SPDX-License-Identifier: Apache-2.0
// Translation caches by hand: INVLPG INVPCID; INVD WBINVD. SDM Vol. 2; docs/mmu.md M31 to M36.
#include <string.h>

#include "insn.h"
#include "ops.h"
#include "segment.h"

/* A non-canonical address flushes nothing and does not fault; no segment checks are made. */
enum exec exec_invlpg(struct cpu *cpu, const struct insn *in)
{
    uint64_t la = (ea(cpu, in) + cpu->seg_base[in->seg]) & cpu->la_mask;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    if (is_canonical_widest(cpu, la))
        cpu_invalidate(
            cpu, FLUSH_PAGE,
            (struct rw_invalidate){.what = RW_INVLPG, .va = la, .pcid = mmu_pcid(&cpu->mmu_ctx)});
    return serialised(cpu);
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
    if (type == 0 && !is_canonical_widest(cpu, v[1]))
        return raise_gp(cpu, 0);
    cpu_invalidate(cpu, kinds[type],
                   (struct rw_invalidate){.what = RW_INVPCID_0 + (enum rw_invalidation)type,
                                          .va = v[1],
                                          .pcid = (uint16_t)(v[0] & 0xfff)});
    return serialised(cpu);
}

/* INVD, WBINVD: there is no data cache to write back. */
enum exec op_invd(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return cpu->cpl > 0 ? raise_gp(cpu, 0) : serialised(cpu);
}
