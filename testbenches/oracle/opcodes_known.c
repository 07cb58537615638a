// SPDX-License-Identifier: Apache-2.0
// What this processor offers, in Zydis' terms, and where Zydis is not this processor.
#include "opcodes.h"

bool is_offered(const struct candidate *c)
{
    switch (c->insn.mnemonic) {
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_RSM: /* outside SMM */
        return false;
    case ZYDIS_MNEMONIC_FWAIT:
        return true;
    default:
        break;
    }
    if (c->insn.meta.category == ZYDIS_CATEGORY_X87_ALU)
        return false;
    switch (c->insn.meta.isa_set) {
    case ZYDIS_ISA_SET_I86:
    case ZYDIS_ISA_SET_I186:
    case ZYDIS_ISA_SET_I286PROTECTED:
    case ZYDIS_ISA_SET_I286REAL:
    case ZYDIS_ISA_SET_I386:
    case ZYDIS_ISA_SET_I486:
    case ZYDIS_ISA_SET_I486REAL:
    case ZYDIS_ISA_SET_PENTIUMREAL:
    case ZYDIS_ISA_SET_PPRO:
    case ZYDIS_ISA_SET_CMOV:
    case ZYDIS_ISA_SET_FAT_NOP:
    case ZYDIS_ISA_SET_PAUSE:
    case ZYDIS_ISA_SET_PREFETCH_NOP:
    case ZYDIS_ISA_SET_PREFETCHWT1:
    case ZYDIS_ISA_SET_SSE_PREFETCH:
    case ZYDIS_ISA_SET_LONGMODE:
    case ZYDIS_ISA_SET_LAHF:
    case ZYDIS_ISA_SET_CMPXCHG16B:
    case ZYDIS_ISA_SET_RDTSCP:
    case ZYDIS_ISA_SET_RDPMC:
    case ZYDIS_ISA_SET_RDPID:
    case ZYDIS_ISA_SET_RDWRFSGS:
    case ZYDIS_ISA_SET_INVPCID:
    case ZYDIS_ISA_SET_SMAP:
    case ZYDIS_ISA_SET_PKU:
    case ZYDIS_ISA_SET_MOVBE:
    case ZYDIS_ISA_SET_POPCNT:
    case ZYDIS_ISA_SET_LZCNT:
    case ZYDIS_ISA_SET_ADOX_ADCX:
    case ZYDIS_ISA_SET_CLFSH:
    case ZYDIS_ISA_SET_CLFLUSHOPT:
    case ZYDIS_ISA_SET_CLWB:
        return true;
    case ZYDIS_ISA_SET_BMI1:
        return c->insn.mnemonic == ZYDIS_MNEMONIC_TZCNT;
    case ZYDIS_ISA_SET_SSE2: /* the fences among it */
    case ZYDIS_ISA_SET_SSE:
        return c->insn.mnemonic == ZYDIS_MNEMONIC_LFENCE ||
               c->insn.mnemonic == ZYDIS_MNEMONIC_MFENCE ||
               c->insn.mnemonic == ZYDIS_MNEMONIC_SFENCE;
    default:
        return false;
    }
}

/* Of other makers, at opcodes where Intel's are of another length or not there. */
static bool is_foreign(const struct candidate *c)
{
    switch (c->insn.meta.isa_set) {
    case ZYDIS_ISA_SET_SSE4A:
    case ZYDIS_ISA_SET_PADLOCK_ACE:
    case ZYDIS_ISA_SET_PADLOCK_PHE:
    case ZYDIS_ISA_SET_PADLOCK_PMM:
    case ZYDIS_ISA_SET_PADLOCK_RNG:
        return true;
    default:
        return false;
    }
}

/* An address of base R13D without displacement: mod 0, SIB.base 5, REX.B. */
static bool has_base_r13d(const struct candidate *c)
{
    const ZydisDecodedInstruction *i = &c->insn;

    return c->mode == DECODE_64 && i->address_width == 32 &&
           (i->attributes & ZYDIS_ATTRIB_HAS_SIB) && i->raw.modrm.mod == 0 &&
           i->raw.sib.base == 5 && i->raw.rex.B == 1;
}

const char *known_difference(const struct candidate *c)
{
    if (!ZYAN_SUCCESS(c->status))
        return NULL;
    if (is_foreign(c))
        return "another maker's instruction; SDM Vol. 2 \"Opcode Map\"";
    if (has_base_r13d(c))
        return "Zydis 4.0 takes R13D as base; SDM Vol. 2 table \"Special Cases of REX Encodings\" "
               "and binutils: no base, disp32";
    return NULL;
}
