/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, selectors and records of a system program, for C and for system.S. */
#ifndef RW_SYS_LAYOUT_H
#define RW_SYS_LAYOUT_H

/* The region: linear and physical 4 to 6 MiB, a page table of every format. */
#define REGION     0x400000
#define BODY       REGION
#define BODY_PAGES 64
#define DATA       0x500000 /* the window, its two read-only pages */
#define SAFE       0x508000 /* a page that stays */
#define STACK_R    0x50C000 /* the stack's top of ring 0; of ring n 4 KiB * n up */
#define LANDINGS   0x514000
#define LANDING32  0x514040
#define STUBS32    0x516000
#define STUBS64    0x516600
#define STUB16     0x516C00
#define GDT        0x520000 /* six pages of the supervisor ... */
#define LDT        0x521000
#define IDT64      0x522000
#define IDT32      0x523000
#define TSS64      0x524000
#define TSS32      0x525000
#define ALIAS      0x8000   /* ... and of the user, so much higher */
#define ALIAS_OWN  0x22000  /* the same pages once more, the supervisor's */
#define PT32       0x530000 /* the tables themselves, for the user */
#define PT_PAE     0x531000
#define PT_LONG    0x532000
#define PD32       0x534000 /* the levels above, and where the tables lie */
#define PT32_LOW   0x535000
#define PT32_APIC  0x536000
#define PDPT_PAE   0x537000
#define PD_PAE     0x538000
#define PD_APIC    0x539000
#define PD_LONG    0x53A000
#define PDPT_LONG  0x53B000
#define PML4       0x53C000
#define PML5       0x53D000
#define TABLE32    0x53E000
#define TABLE_PAE  0x53F000
#define TABLE_LONG 0x540000
#define REGION_END 0x541000 /* of what is in memory */
#define LARGE_8    0x600000 /* the region by a large page: PAE and long mode; 32-bit paging */
#define LARGE_4    0x800000
#define HUGE       0x80000000u /* long mode: all of it by a page of 1 GByte */
#define APIC       0xFEE00000  /* of the supervisor; the same for the user */
#define APIC_USER  0xFEC00000
#define K16_BASE   0x510000

/* Selectors. Of the body: four of each, for rings 0 to 3. */
#define K64        0x08
#define KDATA      0x10
#define K32        0x18
#define K16        0x20
#define TSS_A      0x30
#define TSS_B      0x40
#define LDT_A      0x50
#define LDT_B      0x60
#define TASK_BYTES 0x40
#define C16        0x70
#define C32        0x90
#define C64        0xB0
#define DATA_R     0xD0
#define S16        0xF0
#define CONF32     0x110
#define CONF16     0x118
#define CONF64     0x120
#define CONF_3     0x128
#define WINDOW_SEL 0x130
#define ODD_FIRST                                                                                  \
    0x138 /* read-only, execute-only, expand-down, not present, a 16-bit TSS, short                \
           */
#define TSS_16     0x160
#define SCRATCH    0x170 /* 16 bytes each, which the program changes */
#define SCRATCHES  8
#define GDT_BYTES  0x1F0
#define LDT_BYTES  0x80
#define TSS_B_AT   0x100
#define TSS_16_AT  0x180
#define TSS_BYTES  0x200
#define VECTORS    0x60
#define SOFT_FIRST 0x48 /* gates that the program changes, 0x48 to 0x57 */
#define SOFTS      16
#define TIMER      0x40

#define CR4_PCIDE (1 << 17)
#define CR4_PKE   (1 << 22)

#define SYS_SLOT 128

/* slot_state: how an event goes on with a slot. 64 bytes. */
#define STATE_IP      0
#define STATE_CS      8
#define STATE_FLAGS   16
#define STATE_SP      24
#define STATE_SS      32
#define STATE_EPISODE 40
#define STATE_SKIP    48
#define STATE_RING    56

/* episodes: 64 bytes. */
#define EPISODE_LONG         0
#define EPISODE_CR0          4
#define EPISODE_CR4          8
#define EPISODE_EFER         12
#define EPISODE_ROOT         16
#define EPISODE_PCID         20
#define EPISODE_PKRU         24
#define EPISODE_FMASK        28
#define EPISODE_BASE16       32
#define EPISODE_TABLE        36
#define EPISODE_TABLE_AT     40
#define EPISODE_TABLE_DWORDS 44
#define EPISODE_PAT          48

#endif
