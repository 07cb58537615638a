// SPDX-License-Identifier: Apache-2.0
// The test device: registers that string instructions fill, memory that a device answers, across
// two pages of it too.
#include "platform.h"

#define LATCH  0xE0
#define WINDOW UINT64_C(0xFF000000)
#define TWICE  UINT64_C(0x7F00000000) /* two pages, both the window's first */

void the_test_device(void)
{
    static const char text[] = "abcdefgh";
    const char *from = text;
    uint64_t count = 8;

    __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(LATCH) : "memory");
    check("testdev: the last byte of a string stays in the register", inb(LATCH) == 'h');
    outl(LATCH, 0x44332211);
    check("testdev: bytes of a dword", inb(LATCH + 2) == 0x33);
    outl(LATCH + 4, 0x1000);

    write64(WINDOW, UINT64_C(0x1122334455667788));
    __asm__ volatile("lock addb $1, %0" : "+m"(*(volatile uint8_t *)(WINDOW + 7)));
    check("testdev: the window is memory", read64(WINDOW) == UINT64_C(0x1222334455667788));
    map_page(TWICE, WINDOW, PTE_P | PTE_W);
    map_page(TWICE + 0x1000, WINDOW, PTE_P | PTE_W);
    *(volatile uint16_t *)(TWICE + 0xFFF) = 0x88AA;
    check("testdev: a word over two pages of it",
          *(volatile uint16_t *)(TWICE + 0xFFF) == 0x88AA && read32(WINDOW) == 0x55667788 &&
              *(volatile uint8_t *)(WINDOW + 0xFFF) == 0xAA);
}
