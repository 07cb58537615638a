// SPDX-License-Identifier: Apache-2.0
// The golden machine alone runs the IOMMU's invalidation queue: what a register write makes due is
// done before the next instruction. docs/iommu.md I81 to I85, I95.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "machine.h"

#define CODE  0x1000u
#define QUEUE 0x2000u
#define DONE  0x3000u

/* mov dword [register], value */
#define STORE(offset, b0, b1, b2, b3) 0xC7, 0x05, offset, 0x00, 0xD9, 0xFE, b0, b1, b2, b3
/* out 0xF4, eax */
#define EXIT 0xE7, 0xF4

static uint32_t run(const uint8_t *code, size_t bytes)
{
    struct machine_config config = {.ops = rw_golden(), .boot = {.rip = CODE}};
    static const uint64_t queue[] = {UINT64_C(0x0000005500000025), DONE, 0x7, 0};
    struct machine *m;
    uint32_t status = 0;

    config.mem.bytes = 0x10000;
    config.mem.ram = calloc(1, config.mem.bytes);
    if (config.mem.ram == NULL)
        abort();
    memcpy(config.mem.ram + CODE, code, bytes);
    memcpy(config.mem.ram + QUEUE, queue, sizeof(queue));
    m = machine_create(&config);
    if (m == NULL)
        abort();
    EXPECT_U64(MACHINE_EXIT, machine_run(m, 100));
    machine_exit_status(m, &status);
    machine_destroy(m);
    free(config.mem.ram);
    return status;
}

/* IQA, QIE, IQT behind a wait; its status is there for the next instruction. */
GT_TEST(machine_queue, a_wait_is_done_before_the_next_instruction)
{
    static const uint8_t code[] = {
        STORE(0x90, 0x00, 0x20, 0, 0),
        STORE(0x18, 0, 0, 0, 0x04),
        STORE(0x88, 0x10, 0, 0, 0),
        0xA1,
        0x00,
        0x30,
        0x00,
        0x00,
        EXIT,
    };

    EXPECT_U64(0x55, run(code, sizeof(code)));
}

/* The second descriptor is none: the head stays there. */
GT_TEST(machine_queue, an_error_stops_the_queue)
{
    static const uint8_t code[] = {
        STORE(0x90, 0x00, 0x20, 0, 0),
        STORE(0x18, 0, 0, 0, 0x04),
        STORE(0x88, 0x40, 0, 0, 0),
        0xA1,
        0x80,
        0x00,
        0xD9,
        0xFE,
        EXIT,
    };

    EXPECT_U64(0x10, run(code, sizeof(code)));
}

/* A queue at E0000000h, where nobody is: IQERCD says fetch error. */
GT_TEST(machine_queue, a_queue_that_nobody_claims_is_a_fetch_error)
{
    static const uint8_t code[] = {
        STORE(0x90, 0, 0, 0, 0xE0),
        STORE(0x18, 0, 0, 0, 0x04),
        STORE(0x88, 0x10, 0, 0, 0),
        0xA1,
        0xB0,
        0x00,
        0xD9,
        0xFE,
        EXIT,
    };

    EXPECT_U64(2, run(code, sizeof(code)));
}
