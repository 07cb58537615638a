// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "system_words.h"

#include <inttypes.h>

#include "mmu/mmu.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

const struct bit_word words_rflags[] = {
    {"CF", 0, 1},  {"PF", 2, 1},  {"AF", 4, 1},   {"ZF", 6, 1},    {"SF", 7, 1},  {"TF", 8, 1},
    {"IF", 9, 1},  {"DF", 10, 1}, {"OF", 11, 1},  {"IOPL", 12, 2}, {"NT", 14, 1}, {"RF", 16, 1},
    {"VM", 17, 1}, {"AC", 18, 1}, {"VIF", 19, 1}, {"VIP", 20, 1},  {"ID", 21, 1}, END};

const struct bit_word words_cr0[] = {{"PE", 0, 1},  {"MP", 1, 1},  {"EM", 2, 1},  {"TS", 3, 1},
                                     {"ET", 4, 1},  {"NE", 5, 1},  {"WP", 16, 1}, {"AM", 18, 1},
                                     {"NW", 29, 1}, {"CD", 30, 1}, {"PG", 31, 1}, END};

const struct bit_word words_cr4[] = {{"VME", 0, 1},      {"PVI", 1, 1},         {"TSD", 2, 1},
                                     {"DE", 3, 1},       {"PSE", 4, 1},         {"PAE", 5, 1},
                                     {"MCE", 6, 1},      {"PGE", 7, 1},         {"PCE", 8, 1},
                                     {"OSFXSR", 9, 1},   {"OSXMMEXCPT", 10, 1}, {"UMIP", 11, 1},
                                     {"LA57", 12, 1},    {"FSGSBASE", 16, 1},   {"PCIDE", 17, 1},
                                     {"OSXSAVE", 18, 1}, {"SMEP", 20, 1},       {"SMAP", 21, 1},
                                     {"PKE", 22, 1},     {"PKS", 24, 1},        END};

const struct bit_word words_efer[] = {
    {"SCE", 0, 1}, {"LME", 8, 1}, {"LMA", 10, 1}, {"NXE", 11, 1}, END};

void words_print(FILE *out, const struct bit_word *words, uint64_t value)
{
    const char *between = "";

    for (; words->name != NULL; words++) {
        uint64_t field = value >> words->low & ((UINT64_C(1) << words->bits) - 1);

        if (field == 0)
            continue;
        if (words->bits == 1)
            fprintf(out, "%s%s", between, words->name);
        else
            fprintf(out, "%s%s=%" PRIu64, between, words->name, field);
        between = " ";
    }
}

static void flags(FILE *out, const char *name, const struct bit_word *words, uint64_t value)
{
    fprintf(out, "%-7s 0x%016" PRIx64 "  ", name, value);
    words_print(out, words, value);
    fputc('\n', out);
}

static void segments(FILE *out, const struct rec_sys *sys)
{
    static const char *const names[SEG_COUNT] = {"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"};

    for (unsigned i = 0; i < SEG_COUNT; i++) {
        const struct rec_seg_state *s = &sys->seg[i];

        fprintf(out, "%-7s %04x  base 0x%016" PRIx64 "  limit 0x%08" PRIx32 "  ", names[i],
                s->selector, s->base, s->limit);
        if (s->attr & 0x80)
            fprintf(out, "%s type %x DPL %u%s%s\n", s->attr & 0x10 ? "segment" : "system",
                    s->attr & 15, s->attr >> 5 & 3, s->attr & 0x2000 ? " L" : "",
                    s->attr & 0x4000 ? " D" : "");
        else
            fputs("unusable\n", out);
    }
}

void words_system(FILE *out, const struct rw_state *state)
{
    static const char *const modes[] = {"real mode", "protected mode", "compatibility mode",
                                        "64-bit mode"};
    const struct rec_sys *sys = &state->sys;

    fprintf(out, "%s, ring %u, rip 0x%" PRIx64 "%s%s%s%s%s\n", modes[state->regs.mode & 3],
            state->regs.cpl, state->regs.rip, state->halted ? ", halted" : "",
            state->shutdown ? ", shut down" : "", state->nmi_blocked ? ", NMI blocked" : "",
            state->sti_shadow ? ", STI shadow" : "", state->mov_ss_shadow ? ", MOV SS shadow" : "");
    flags(out, "rflags", words_rflags, state->regs.rflags);
    flags(out, "cr0", words_cr0, sys->cr0);
    fprintf(out, "%-7s 0x%016" PRIx64 "\n%-7s 0x%016" PRIx64 "\n", "cr2", state->regs.cr2, "cr3",
            sys->cr3);
    flags(out, "cr4", words_cr4, sys->cr4);
    flags(out, "efer", words_efer, sys->efer);
    segments(out, sys);
    fprintf(out, "gdtr    base 0x%016" PRIx64 "  limit 0x%04" PRIx32 "\n", sys->gdtr_base,
            sys->gdtr_limit);
    fprintf(out, "idtr    base 0x%016" PRIx64 "  limit 0x%04" PRIx32 "\n", sys->idtr_base,
            sys->idtr_limit);
    fprintf(out, "dr      0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64, sys->dr[0],
            sys->dr[1], sys->dr[2], sys->dr[3]);
    fprintf(out, "  dr6 0x%" PRIx64 "  dr7 0x%" PRIx64 "\n", sys->dr6, sys->dr7);
    fprintf(out, "syscall star 0x%" PRIx64 " lstar 0x%" PRIx64 " fmask 0x%" PRIx64 "\n", sys->star,
            sys->lstar, sys->fmask);
    fprintf(out, "pkru    0x%" PRIx64 "  pkrs 0x%" PRIx64 "  pat 0x%016" PRIx64 "\n", sys->pkru,
            sys->pkrs, sys->pat);
}

/* SDM Vol. 3A "Exception and Interrupt Vectors". */
static const char *exception(unsigned vector)
{
    static const char *const names[] = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD",
                                        "#NM", "#DF", NULL,  "#TS", "#NP", "#SS", "#GP",
                                        "#PF", NULL,  "#MF", "#AC", "#MC", "#XM"};

    return vector < sizeof(names) / sizeof(names[0]) && names[vector] != NULL ? names[vector]
                                                                              : "vector";
}

void words_event(FILE *out, const struct rec_retire *r)
{
    switch (r->kind) {
    case RETIRE_EXCEPTION:
        fprintf(out, "%s (%u)", exception(r->vector), r->vector);
        break;
    case RETIRE_INTERRUPT:
        fprintf(out, "interrupt %u", r->vector);
        break;
    case RETIRE_NMI:
        fputs("NMI", out);
        break;
    case RETIRE_SOFT_INT:
        fprintf(out, "software interrupt %u", r->vector);
        break;
    default:
        fputs("shutdown", out);
    }
    if (r->flags & RETIRE_HAS_ERROR_CODE)
        fprintf(out, ", error code 0x%" PRIx32, r->error_code);
    if (r->kind == RETIRE_EXCEPTION && r->vector == 14)
        fprintf(out, ", CR2 0x%" PRIx64, r->cr2);
    fprintf(out, ", at rip 0x%" PRIx64 ", delivered to 0x%" PRIx64 " in ring %u\n", r->rip,
            r->next_rip, r->cpl);
}

static void rights(FILE *out, const struct mmu_rights *r)
{
    fprintf(out, "%s %s%s", r->us ? "user" : "supervisor", r->rw ? "R/W" : "R", r->xd ? " XD" : "");
    if (r->key != 0)
        fprintf(out, " key %u", r->key);
}

static void tlb(FILE *out, const char *name, const struct tlb *t)
{
    for (unsigned i = 0; i < t->size; i++) {
        const struct tlb_entry *e = &t->entry[i];

        if (!e->valid)
            continue;
        fprintf(out, "%s %2u  0x%016" PRIx64 " -> 0x%010" PRIx64 "  %s  ", name, i,
                (uint64_t)((int64_t)(e->page << 7) >> 7), e->frame,
                e->page_log2 == 12   ? "4K"
                : e->page_log2 == 21 ? "2M"
                : e->page_log2 == 22 ? "4M"
                                     : "1G");
        rights(out, &e->rights);
        fprintf(out, "%s%s  PCID %u\n", e->dirty ? " dirty" : "", e->global ? " global" : "",
                e->pcid);
    }
}

void words_caches(FILE *out, const struct mmu *mmu)
{
    static const char *const names[] = {"PDE  ", "PDPTE", "PML4E", "PML5E"};

    tlb(out, "code TLB", &mmu->code);
    tlb(out, "data TLB", &mmu->data);
    for (unsigned k = 0; k < PAGING_MAX_LEVELS - 1; k++)
        for (unsigned i = 0; i < mmu->psc[k].size; i++) {
            const struct psc_entry *e = &mmu->psc[k].entry[i];

            if (!e->valid)
                continue;
            fprintf(out, "%s %u     0x%016" PRIx64 " -> table at 0x%010" PRIx64 "  ", names[k], i,
                    (uint64_t)((int64_t)(e->va << 7) >> 7), e->table & PTE_ADDR);
            rights(out, &e->rights);
            fprintf(out, "  PCID %u\n", e->pcid);
        }
}
