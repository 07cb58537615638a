// SPDX-License-Identifier: Apache-2.0
// The registers and the window of the test device; QEMU hw/misc/pc-testdev.
#include <stddef.h>

#include "devices/pc.h"

#include "gt.h"

static void ignore_dma(void *ctx, const struct device_dma *req)
{
    (void)ctx;
    (void)req;
}

static void begin(struct pc *pc)
{
    struct device_host host = {.dma = ignore_dma};

    pc_init(pc, &host, NULL);
}

GT_TEST(testdev, latch_keeps_its_bytes)
{
    static struct pc pc;

    begin(&pc);
    pc_write(&pc, 0xE0, 4, 0x44332211, true);
    EXPECT_U64(0x11, pc_read(&pc, 0xE0, 1, true) & 0xFF);
    EXPECT_U64(0x4433, pc_read(&pc, 0xE2, 2, true) & 0xFFFF);
    pc_write(&pc, 0xE1, 1, 0x99, true);
    EXPECT_U64(0x44339911, pc_read(&pc, 0xE0, 4, true) & 0xFFFFFFFF);
}

GT_TEST(testdev, forget_port_is_there_and_does_nothing)
{
    static struct pc pc;

    begin(&pc);
    pc_write(&pc, 0xE4, 4, 0x1000, true);
    EXPECT_U64(0xFFFFFFFF, pc_read(&pc, 0xE4, 4, true) & 0xFFFFFFFF);
    EXPECT_U64(0, pc.unclaimed);
}

GT_TEST(testdev, window_is_memory_of_64_kib)
{
    static struct pc pc;

    begin(&pc);
    EXPECT_U64(0, pc_read(&pc, 0xFF000000, 8, false));
    pc_write(&pc, 0xFF000008, 8, UINT64_C(0x0123456789ABCDEF), false);
    EXPECT_U64(0xAB, pc_read(&pc, 0xFF00000A, 1, false) & 0xFF);
    pc_write(&pc, 0xFF00FFFF, 1, 0x5A, false);
    EXPECT_U64(0x5A, pc_read(&pc, 0xFF00FFFF, 1, false) & 0xFF);
    EXPECT_U64(0, pc.unclaimed);
    pc_read(&pc, 0xFF010000, 4, false);
    EXPECT_U64(1, pc.unclaimed);
}

GT_TEST(testdev, a_reset_clears_it)
{
    static struct pc pc;

    begin(&pc);
    pc_write(&pc, 0xE0, 1, 1, true);
    pc_write(&pc, 0xFF000000, 1, 1, false);
    pc_restart(&pc, 1000);
    EXPECT_U64(0, pc_read(&pc, 0xE0, 1, true) & 0xFF);
    EXPECT_U64(0, pc_read(&pc, 0xFF000000, 1, false) & 0xFF);
}
