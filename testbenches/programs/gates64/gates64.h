// SPDX-License-Identifier: Apache-2.0
#ifndef GATES64_H
#define GATES64_H

#include "../system64/probe.h"

void gate_tests(void);
void breakpoint_tests(void); /* instructions, data, ports */
void debug_tests(void);      /* what meets breakpoints: TF, MOV SS, events, GD */

/* Breakpoint n in DR7: L, R/W and LEN. */
#define FETCH      0u
#define WRITE      1u
#define PORT       2u
#define READ_WRITE 3u
#define LEN_1      0u
#define LEN_2      1u
#define LEN_8      2u
#define LEN_4      3u
#define BP(n, rw, len)                                                                             \
    (UINT64_C(1) << 2 * (n) | (uint64_t)(rw) << (16 + 4 * (n)) | (uint64_t)(len) << (18 + 4 * (n)))

#define DR6_NONE UINT64_C(0xFFFF0FF0)
#define DR6_BD   UINT64_C(0x2000)
#define DR6_BS   UINT64_C(0x4000)
#define FLAG_RF  UINT64_C(0x10000)
#define FLAG_TF  UINT64_C(0x100)

#define HITS 16
struct hit {
    uint64_t rip, dr6, rflags, cs;
};
extern volatile struct hit hit[HITS];
extern volatile uint64_t hits;

void break_at(unsigned n, uint64_t va);
void break_on(uint64_t dr7); /* forgets the hits, then DR7 */
void break_off(void);
bool hit_once(uint64_t rip, uint64_t dr6); /* since break_on */

#endif
