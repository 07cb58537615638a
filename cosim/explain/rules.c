// SPDX-License-Identifier: Apache-2.0
// The checks of a translation as data, in the order in which a processor makes them: those of the
// walk, each of which ends it, then all of the access rights. SDM Vol. 3A "Access Rights".
#include <inttypes.h>

#include "sight.h"

static const struct legality_access *access_of(const struct sight *s)
{
    return &s->q->access;
}

static const struct legality_registers *registers_of(const struct sight *s)
{
    return &s->q->registers;
}

static bool fetches(const struct sight *s)
{
    return access_of(s)->kind == LEGALITY_FETCH;
}

static bool writes(const struct sight *s)
{
    return access_of(s)->kind == LEGALITY_WRITE;
}

static unsigned bit_of(uint64_t value, uint64_t mask)
{
    return (value & mask) != 0;
}

static const char *access_name(const struct sight *s)
{
    return fetches(s) ? "fetch" : writes(s) ? "write" : "read";
}

static const char *who(const struct sight *s)
{
    return access_of(s)->user       ? "user"
           : access_of(s)->implicit ? "implicit supervisor"
                                    : "supervisor";
}

/* --- the walk --- */

static bool always(const struct sight *s)
{
    (void)s;
    return true;
}

static bool absent(const struct sight *s)
{
    return !s->rooted || sight_last(s)->role == ROLE_ABSENT;
}

static void absent_words(FILE *out, const struct sight *s)
{
    if (!s->rooted)
        fprintf(out, "P = 0 in PDPTE register %u",
                entry_root_number(s->format.mode, access_of(s)->va));
    else if (absent(s))
        fprintf(out, "P = 0 in the %s", explain_entry_name(sight_last(s)->number));
    else
        fputs("P = 1 in every entry", out);
}

static bool present(const struct sight *s)
{
    return !absent(s);
}

static bool has_reserved(const struct sight *s)
{
    return sight_last(s)->role == ROLE_RESERVED;
}

static void reserved_words(FILE *out, const struct sight *s)
{
    const struct sight_level *l = sight_last(s);
    uint64_t bits = l->value & entry_reserved(&s->format, l->number, l->value);

    if (bits == 0) {
        fputs("none is set in an entry that was read", out);
        return;
    }
    fprintf(out, "set in the %s:", explain_entry_name(l->number));
    for (unsigned bit = 0; bit < 64; bit++)
        if (bits >> bit & 1)
            fprintf(out, " %u", bit);
}

/* --- the rights --- */

static bool xd_asked(const struct sight *s)
{
    return sight_maps(s) && fetches(s) && s->format.mode->bytes == 8;
}

static bool xd_denies(const struct sight *s)
{
    return s->rights.xd;
}

static void xd_words(FILE *out, const struct sight *s)
{
    fprintf(out, "fetch, XD = %u of all entries", s->rights.xd);
}

static bool us_asked(const struct sight *s)
{
    return sight_maps(s) && access_of(s)->user;
}

static bool us_denies(const struct sight *s)
{
    return !s->rights.us;
}

static void us_words(FILE *out, const struct sight *s)
{
    fprintf(out, "user %s, U/S = %u of all entries", access_name(s), s->rights.us);
}

static bool rw_asked(const struct sight *s)
{
    return sight_maps(s) && writes(s);
}

static bool rw_denies(const struct sight *s)
{
    return !s->rights.rw && (access_of(s)->user || (registers_of(s)->cr0 & CR0_WP));
}

static void rw_words(FILE *out, const struct sight *s)
{
    fprintf(out, "%s write, R/W = %u of all entries", who(s), s->rights.rw);
    if (!access_of(s)->user)
        fprintf(out, ", CR0.WP = %u", bit_of(registers_of(s)->cr0, CR0_WP));
}

static bool smep_asked(const struct sight *s)
{
    return sight_maps(s) && !access_of(s)->user && fetches(s) && s->rights.us;
}

static bool smep_denies(const struct sight *s)
{
    return registers_of(s)->cr4 & CR4_SMEP;
}

static void smep_words(FILE *out, const struct sight *s)
{
    fprintf(out, "supervisor fetch of a page with U/S = 1, CR4.SMEP = %u",
            bit_of(registers_of(s)->cr4, CR4_SMEP));
}

static bool smap_asked(const struct sight *s)
{
    return sight_maps(s) && !access_of(s)->user && !fetches(s) && s->rights.us;
}

static bool smap_denies(const struct sight *s)
{
    return (registers_of(s)->cr4 & CR4_SMAP) && (access_of(s)->implicit || !access_of(s)->ac);
}

static void smap_words(FILE *out, const struct sight *s)
{
    fprintf(out, "%s %s of a page with U/S = 1, CR4.SMAP = %u, RFLAGS.AC = %u", who(s),
            access_name(s), bit_of(registers_of(s)->cr4, CR4_SMAP), access_of(s)->ac);
    if (access_of(s)->implicit)
        fputs(", which does not count", out);
}

static bool key_enabled(const struct sight *s)
{
    return registers_of(s)->cr4 & (s->rights.us ? CR4_PKE : CR4_PKS);
}

static bool key_asked(const struct sight *s)
{
    return sight_maps(s) && s->keys && !fetches(s);
}

static unsigned key_bits(const struct sight *s)
{
    return (s->rights.us ? registers_of(s)->pkru : registers_of(s)->pkrs) >> 2 * s->rights.key & 3;
}

static bool key_denies(const struct sight *s)
{
    unsigned bits = key_bits(s);
    bool counts = (access_of(s)->user && s->rights.us) || (registers_of(s)->cr0 & CR0_WP);

    return key_enabled(s) && ((bits & 1) || ((bits & 2) && writes(s) && counts));
}

static void key_words(FILE *out, const struct sight *s)
{
    fprintf(out, "key %u of a page with U/S = %u, CR4.%s = %u, %s.AD = %u, WD = %u", s->rights.key,
            s->rights.us, s->rights.us ? "PKE" : "PKS", key_enabled(s),
            s->rights.us ? "PKRU" : "PKRS", key_bits(s) & 1, key_bits(s) >> 1);
    if (writes(s) && !(access_of(s)->user && s->rights.us))
        fprintf(out, ", CR0.WP = %u", bit_of(registers_of(s)->cr0, CR0_WP));
}

const struct explain_rule explain_rules[] = {
    {"present flag", "4.3 to 4.5", always, absent, absent_words, 0},
    {"reserved bits", "4.3 to 4.5", present, has_reserved, reserved_words, ERROR_P | ERROR_RSVD},
    {"U/S", "4.6.1", us_asked, us_denies, us_words, ERROR_P},
    {"SMEP", "4.6.1", smep_asked, smep_denies, smep_words, ERROR_P},
    {"SMAP", "4.6.1", smap_asked, smap_denies, smap_words, ERROR_P},
    {"R/W", "4.6.1", rw_asked, rw_denies, rw_words, ERROR_P},
    {"XD", "4.6.1", xd_asked, xd_denies, xd_words, ERROR_P},
    {"protection key", "4.6.2", key_asked, key_denies, key_words, ERROR_P | ERROR_PK},
};
const unsigned explain_rule_count = sizeof(explain_rules) / sizeof(explain_rules[0]);

uint32_t explain_error(const struct sight *s, bool *fault)
{
    uint32_t cause = 0;

    *fault = false;
    for (unsigned i = 0; i < explain_rule_count; i++) {
        const struct explain_rule *r = &explain_rules[i];

        if (!r->asked(s) || !r->denies(s))
            continue;
        *fault = true;
        cause |= r->cause;
    }
    return *fault ? entry_error(&s->q->registers, &s->q->access, cause) : 0;
}
