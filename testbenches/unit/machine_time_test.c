// SPDX-License-Identifier: Apache-2.0
// The time of the golden machine alone: an instruction that asks for it sees the retirements before
// it, in a run of decoded instructions and without; a write of the counter takes its time.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "machine.h"

#define CODE  0x1000u
#define NOP   0x90
#define RDTSC 0x0F, 0x31
#define EXIT  0xE7, 0xF4 /* out 0xF4, eax */

static uint32_t run(const uint8_t *code, size_t bytes, bool record)
{
    struct machine_config config = {.ops = rw_golden(), .boot = {.rip = CODE}, .record = record};
    struct machine *m;
    uint32_t status = 0;

    config.mem.bytes = 0x10000;
    config.mem.ram = calloc(1, config.mem.bytes);
    if (config.mem.ram == NULL)
        abort();
    memcpy(config.mem.ram + CODE, code, bytes);
    m = machine_create(&config);
    if (m == NULL)
        abort();
    EXPECT_U64(MACHINE_EXIT, machine_run(m, 10000));
    machine_exit_status(m, &status);
    machine_destroy(m);
    free(config.mem.ram);
    return status;
}

static void expect(uint32_t value, const uint8_t *code, size_t bytes)
{
    EXPECT_U64(value, run(code, bytes, false));
    EXPECT_U64(value, run(code, bytes, true));
}

GT_TEST(machine_time, rdtsc_counts_what_retired_before_it)
{
    static const uint8_t code[] = {NOP, NOP, NOP, NOP, NOP, RDTSC, EXIT};

    expect(5, code, sizeof(code));
}

/* mov ecx, 100; loop; rdtsc: the second time through, the loop is a run that is already decoded. */
GT_TEST(machine_time, behind_a_loop)
{
    static const uint8_t code[] = {0xB9, 100, 0, 0, 0, NOP, 0xE2, 0xFD, NOP, RDTSC, EXIT};

    expect(1 + 200 + 1, code, sizeof(code));
}

/* mov ebx, eax between; sub eax, ebx. */
GT_TEST(machine_time, between_two_in_one_run)
{
    static const uint8_t code[] = {RDTSC, 0x89, 0xC3,  NOP,  NOP,  NOP, NOP,
                                   NOP,   NOP,  RDTSC, 0x29, 0xD8, EXIT};

    expect(1 + 1 + 6, code, sizeof(code));
}

/* ecx = 10h; wrmsr of 0; rdtsc: one retirement, and 24 cycles. */
GT_TEST(machine_time, a_write_of_tsc_takes_24_cycles)
{
    static const uint8_t code[] = {0xB9, 0x10, 0,    0,    0,     0x31, 0xC0,
                                   0x31, 0xD2, 0x0F, 0x30, RDTSC, EXIT};

    expect(25, code, sizeof(code));
}
