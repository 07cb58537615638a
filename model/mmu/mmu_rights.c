// SPDX-License-Identifier: Apache-2.0
// Rights, protection keys and error code, pure. SDM Vol. 3A "Determination of Access Rights",
// "Protection Keys", "Page-Fault Exceptions".
#include "mmu.h"

#define PTE_KEY_SHIFT 59

struct mmu_rights mmu_rights_add(const struct paging_mode *mode, struct mmu_rights r,
                                 uint64_t entry)
{
    r.rw = r.rw && (entry & PTE_RW);
    r.us = r.us && (entry & PTE_US);
    r.xd = r.xd || (entry & mode->xd);
    r.key = (uint8_t)((entry & mode->key) >> PTE_KEY_SHIFT);
    return r;
}

/* M24. A user-mode address goes by PKRU, a supervisor-mode one by IA32_PKRS, whoever makes the
 * access: AD (bit 2i) and WD (bit 2i + 1) of its key i. CR0.WP = 0 lifts WD, but not from a
 * user-mode write to a user-mode address. */
bool mmu_key_allows(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r)
{
    uint64_t keys = (r.us ? ctx->pkru : ctx->pkrs) >> (2 * r.key);
    bool enabled = (ctx->cr4 & (r.us ? MMU_CR4_PKE : MMU_CR4_PKS)) && mmu_paging_keys(ctx);
    bool ad = keys & 1, wd = keys & 2;

    if (!enabled || req->access == ACCESS_FETCH)
        return true;
    if (req->access == ACCESS_WRITE && ((req->user && r.us) || (ctx->cr0 & MMU_CR0_WP)))
        return !ad && !wd;
    return !ad;
}

/*            fetch               read              write
 * user       U/S, not XD         U/S               U/S, R/W
 * supervisor not XD; SMEP: not   SMAP and U/S:     as read, and
 *            U/S                 AC and explicit   R/W if CR0.WP */
static bool page_allows(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r)
{
    if (req->access == ACCESS_FETCH) {
        if (r.xd)
            return false;
        return req->user ? r.us : !(r.us && (ctx->cr4 & MMU_CR4_SMEP));
    }
    if (req->user)
        return r.us && (r.rw || req->access == ACCESS_READ);
    if (r.us && (ctx->cr4 & MMU_CR4_SMAP) && (req->implicit || !req->ac))
        return false;
    return req->access == ACCESS_READ || r.rw || !(ctx->cr0 & MMU_CR0_WP);
}

bool mmu_rights_allow(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r)
{
    return page_allows(ctx, req, r) && mmu_key_allows(ctx, req, r);
}

/* cause: PF_P, PF_RSVD and PF_PK, from the entry that ended the walk. */
uint32_t mmu_error_code(const struct mmu_ctx *ctx, const struct mmu_req *req, uint32_t cause)
{
    bool nxe = (ctx->cr4 & MMU_CR4_PAE) && (ctx->efer & MMU_EFER_NXE);
    bool id = nxe || (ctx->cr4 & MMU_CR4_SMEP);

    if (req->access == ACCESS_WRITE)
        cause |= PF_WR;
    if (req->user)
        cause |= PF_US;
    if (req->access == ACCESS_FETCH && id)
        cause |= PF_ID;
    return cause;
}
