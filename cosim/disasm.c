// SPDX-License-Identifier: Apache-2.0
// One instruction as text, by Zydis.
#include "disasm.h"

#include <Zydis/Zydis.h>
#include <stdio.h>

#include "record.h"

unsigned disasm(char *out, size_t out_bytes, const uint8_t *bytes, size_t len, uint64_t rip,
                unsigned mode)
{
    ZydisMachineMode machine =
        mode == MODE_64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LONG_COMPAT_32;
    ZydisDisassembledInstruction insn;

    if (len != 0 &&
        ZYAN_SUCCESS(ZydisDisassembleIntel(machine, rip, bytes, (ZyanUSize)len, &insn))) {
        snprintf(out, out_bytes, "%s", insn.text);
        return insn.info.length;
    }
    snprintf(out, out_bytes, "(bad)");
    return 0;
}
