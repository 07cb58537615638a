// SPDX-License-Identifier: Apache-2.0
// Rights and error code, pure. SDM Vol. 3A "Determination of Access Rights", "Page-Fault
// Exceptions".
#include "mmu.h"

struct mmu_rights mmu_rights_add(struct mmu_rights r, uint64_t pte, bool nxe)
{
    r.rw = r.rw && (pte & PTE_RW);
    r.us = r.us && (pte & PTE_US);
    r.xd = r.xd || (nxe && (pte & PTE_XD));
    return r;
}

/*            fetch               read              write
 * user       U/S, not XD         U/S               U/S, R/W
 * supervisor not XD; SMEP: not   SMAP and U/S:     as read, and
 *            U/S                 AC and explicit   R/W if CR0.WP */
bool mmu_rights_allow(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r)
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

/* cause: PF_P and PF_RSVD, from the entry that ended the walk. */
uint32_t mmu_error_code(const struct mmu_ctx *ctx, const struct mmu_req *req, uint32_t cause)
{
    bool id = (ctx->efer & MMU_EFER_NXE) || (ctx->cr4 & MMU_CR4_SMEP);

    if (req->access == ACCESS_WRITE)
        cause |= PF_WR;
    if (req->user)
        cause |= PF_US;
    if (req->access == ACCESS_FETCH && id)
        cause |= PF_ID;
    return cause;
}
