// SPDX-License-Identifier: Apache-2.0
// Breakpoints of each type and length; docs/cpu.md T2, V8. SDM Vol. 3B "Debug Registers",
// "Breakpoint Field Recognition".
#include "gates64.h"

volatile struct hit hit[HITS];
volatile uint64_t hits;

static uint64_t read_dr6(void)
{
    uint64_t v;

    __asm__ volatile("movq %%dr6, %0" : "=r"(v));
    return v;
}

void break_at(unsigned n, uint64_t va)
{
    switch (n) {
    case 0:
        __asm__ volatile("movq %0, %%dr0" : : "r"(va));
        break;
    case 1:
        __asm__ volatile("movq %0, %%dr1" : : "r"(va));
        break;
    case 2:
        __asm__ volatile("movq %0, %%dr2" : : "r"(va));
        break;
    default:
        __asm__ volatile("movq %0, %%dr3" : : "r"(va));
        break;
    }
}

void break_on(uint64_t dr7)
{
    hits = 0;
    __asm__ volatile("movq %0, %%dr6\n\tmovq %1, %%dr7"
                     :
                     : "r"(DR6_NONE), "r"(dr7 | 0x400)
                     : "memory");
}

void break_off(void)
{
    __asm__ volatile("movq %0, %%dr7" : : "r"(UINT64_C(0x400)) : "memory");
}

static bool of_instruction(uint64_t dr6)
{
    uint64_t dr7;

    __asm__ volatile("movq %%dr7, %0" : "=r"(dr7));
    for (unsigned n = 0; n < 4; n++)
        if ((dr6 >> n & 1) && (dr7 >> (16 + 4 * n) & 3) == FETCH)
            return true;
    return false;
}

/* An instruction breakpoint pushes RF as it stood: 0. */
static void on_debug(struct frame *f)
{
    uint64_t dr6 = read_dr6();

    if (hits < HITS) {
        hit[hits].rip = f->rip;
        hit[hits].dr6 = dr6;
        hit[hits].rflags = f->rflags;
        hit[hits].cs = f->cs;
    }
    if (++hits > 1000)
        rt_exit(96);
    if (of_instruction(dr6))
        f->rflags |= FLAG_RF;
    __asm__ volatile("movq %0, %%dr6" : : "r"(DR6_NONE));
}

bool hit_once(uint64_t rip, uint64_t dr6)
{
    return hits == 1 && hit[0].rip == rip && hit[0].dr6 == dr6;
}

/* --- instructions --- */

extern uint8_t code_first[], code_second[], code_rep[], code_behind_rep[], code_rf[], code_ss[];
extern uint8_t code_behind_ss[];
void code(void);
void code_of_rep(void);
void code_of_rf(void);
void code_of_ss(void);
__asm__(".text\ncode:\ncode_first: nop\ncode_second: movl $1, %eax\nret\n"
        "code_of_rep: movl $4, %ecx\nleaq -128(%rsp), %rdi\ncode_rep: rep stosb\n"
        "code_behind_rep: nop\nret\n"
        /* IRETQ to code_rf with RF = 1 */
        "code_of_rf: movq %rsp, %rcx\npushq $0x10\npushq %rcx\npushq $0x10002\npushq $0x08\n"
        "leaq code_rf(%rip), %rcx\npushq %rcx\niretq\ncode_rf: nop\nret\n"
        "code_of_ss: movl %ss, %eax\nmovl %eax, %ss\ncode_ss: nop\ncode_behind_ss: nop\nret\n");
USER_PROBE(code3, "code_user: nop\nint $0x80");
extern uint8_t code_user[];

static void instructions(void)
{
    break_at(0, (uint64_t)code_second);
    break_on(BP(0, FETCH, LEN_1));
    code();
    check("instruction: before it, once", hit_once((uint64_t)code_second, DR6_NONE | 1));
    check("RF is pushed as it stands", !(hit[0].rflags & FLAG_RF));
    break_on(BP(0, FETCH, LEN_1) << 1);
    code();
    check("by G0 as by L0", hits == 1);
    break_on(BP(0, FETCH, LEN_1) & ~UINT64_C(3));
    code();
    check("neither L nor G: none", hits == 0);
    break_on(BP(0, FETCH, LEN_4));
    code();
    check_here("LEN is not looked at", hits == 1);
    break_at(0, (uint64_t)code_second + 1);
    break_on(BP(0, FETCH, LEN_1));
    code();
    check("the second byte: none", hits == 0);
    for (unsigned n = 0; n < 4; n++)
        break_at(n, (uint64_t)(n & 1 ? code_second : code_first));
    break_on(BP(0, FETCH, LEN_1) | BP(1, FETCH, LEN_1) | BP(2, FETCH, LEN_1) | BP(3, FETCH, LEN_1));
    code();
    check("four: two and two", hits == 2 && hit[0].rip == (uint64_t)code_first &&
                                   hit[0].dr6 == (DR6_NONE | 5) && hit[1].dr6 == (DR6_NONE | 10));
    break_at(0, (uint64_t)code_rep);
    break_at(1, (uint64_t)code_behind_rep);
    break_on(BP(0, FETCH, LEN_1) | BP(1, FETCH, LEN_1));
    code_of_rep();
    check_here("REP: once, not at its iterations", hits == 2 && hit[0].rip == (uint64_t)code_rep &&
                                                       hit[1].rip == (uint64_t)code_behind_rep);
    break_at(0, (uint64_t)code_rf);
    break_on(BP(0, FETCH, LEN_1));
    code_of_rf();
    check("RF = 1: none", hits == 0);
    break_at(0, (uint64_t)code_ss);
    break_at(1, (uint64_t)code_behind_ss);
    break_on(BP(0, FETCH, LEN_1) | BP(1, FETCH, LEN_1));
    code_of_ss();
    check_here("none behind MOV SS, but one later",
               hit_once((uint64_t)code_behind_ss, DR6_NONE | 2));
    break_at(0, (uint64_t)code_user);
    break_on(BP(0, FETCH, LEN_1));
    try3(probe_code3, 0);
    check("at ring 3", hit_once((uint64_t)code_user, DR6_NONE | 1) && hit[0].cs == 0x2B);
    break_off();
}

/* --- data --- */

static uint8_t cell[8192] __attribute__((aligned(4096)));
static const uint8_t length_of[] = {1, 2, 8, 4};

static void load(uint64_t va, unsigned bytes)
{
    switch (bytes) {
    case 1:
        __asm__ volatile("movb (%0), %%al" : : "r"(va) : "rax", "memory");
        return;
    case 2:
        __asm__ volatile("movw (%0), %%ax" : : "r"(va) : "rax", "memory");
        return;
    case 4:
        __asm__ volatile("movl (%0), %%eax" : : "r"(va) : "rax", "memory");
        return;
    default:
        __asm__ volatile("movq (%0), %%rax" : : "r"(va) : "rax", "memory");
    }
}

static void store(uint64_t va, unsigned bytes)
{
    switch (bytes) {
    case 1:
        __asm__ volatile("movb %%al, (%0)" : : "r"(va) : "memory");
        return;
    case 2:
        __asm__ volatile("movw %%ax, (%0)" : : "r"(va) : "memory");
        return;
    case 4:
        __asm__ volatile("movl %%eax, (%0)" : : "r"(va) : "memory");
        return;
    default:
        __asm__ volatile("movq %%rax, (%0)" : : "r"(va) : "memory");
    }
}

/* Every access of 1, 2, 4 and 8 bytes from 9 bytes below the breakpoint to 9 above. */
static bool edges(uint64_t base, unsigned len, bool write)
{
    bool ok = true;

    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
        for (uint64_t va = base - 9; va <= base + 16; va++) {
            bool inside = va + bytes > base && va < base + length_of[len];

            hits = 0;
            write ? store(va, bytes) : load(va, bytes);
            ok = ok && hits == inside && (!inside || hit[0].dr6 == (DR6_NONE | 4));
        }
    }
    return ok;
}

static void data_edges(void)
{
    static const char *const store_text[] = {"store, 1 byte", "store, 2 bytes", "store, 8 bytes",
                                             "store, 4 bytes"};
    static const char *const load_text[] = {"load, 1 byte", "load, 2 bytes", "load, 8 bytes",
                                            "load, 4 bytes"};
    uint64_t page = (uint64_t)cell + 4096;

    for (unsigned len = 0; len < 4; len++) {
        break_at(2, (uint64_t)cell + 64);
        break_on(BP(2, WRITE, len));
        check_here(store_text[len], edges((uint64_t)cell + 64, len, true));
        hits = 0;
        load((uint64_t)cell + 64, 8);
        check("R/W 01 sees no load", hits == 0);
        break_on(BP(2, READ_WRITE, len));
        check_here(load_text[len], edges((uint64_t)cell + 64, len, false));
        check_here("and the store", edges((uint64_t)cell + 64, len, true));
        break_at(2, page);
        check_here("at the start of a page", edges(page, len, true) && edges(page, len, false));
        break_at(2, page - length_of[len]);
        check_here("at the end of a page", edges(page - length_of[len], len, true));
        break_at(2, (uint64_t)cell + 64 + length_of[len] - 1);
        check_here("DRn is rounded down", edges((uint64_t)cell + 64, len, true));
    }
    break_off();
}

extern uint8_t data_behind[], data_rep[], data_behind_rep[];
void data_store(uint64_t va);
void data_rmw(uint64_t va);
void data_bt(uint64_t va);
void data_probe(uint64_t va);
void data_push(uint64_t va);
void data_rep_store(uint64_t va);
void data_rep_step(uint64_t va);
extern uint8_t data_behind_ss[];
void data_ss(uint64_t va);
__asm__(".text\ndata_store: movb %al, (%rdi)\ndata_behind: nop\nret\n"
        "data_rmw: incb (%rdi)\nret\ndata_bt: btl $0, (%rdi)\nret\n"
        "data_probe: clflush (%rdi)\nprefetcht0 (%rdi)\nnopl (%rdi)\nleaq (%rdi), %rax\nret\n"
        "data_push: movq %rsp, %rcx\nleaq 8(%rdi), %rsp\npushq %rax\nmovq %rcx, %rsp\nret\n"
        "data_rep_store: movl $8, %ecx\nsubq $3, %rdi\ndata_rep: rep stosb\n"
        "data_behind_rep: nop\nret\n"
        "data_ss: movl %ss, %eax\nmovl %eax, %ss\nnop\nnop\nmovb %al, (%rdi)\n"
        "data_behind_ss: nop\nret\n");

static void data_forms(void)
{
    uint64_t at = (uint64_t)cell + 64;

    break_at(0, at);
    break_on(BP(0, WRITE, LEN_1));
    data_store(at);
    check("a trap: behind the store", hit_once((uint64_t)data_behind, DR6_NONE | 1));
    check("RF is pushed as 0", !(hit[0].rflags & FLAG_RF));
    hits = 0;
    data_rmw(at);
    check("a read-modify-write is one store", hits == 1);
    hits = 0;
    data_ss(at);
    check("MOV SS holds none of a later instruction",
          hit_once((uint64_t)data_behind_ss, DR6_NONE | 1));
    hits = 0;
    data_bt(at);
    check("BT is none", hits == 0);
    break_on(BP(0, READ_WRITE, LEN_1));
    data_bt(at);
    check("BT is a load", hits == 1);
    hits = 0;
    data_probe(at);
    check("CLFLUSH, PREFETCH, NOP, LEA: none", hits == 0);
    data_push(at);
    check("PUSH", hits == 1);
    hits = 0;
    data_rep_store(at);
    check("REP STOSB: one iteration", hits == 1);
    check_here("behind it, RIP of the instruction, RF pushed as 1",
               hit[0].rip == (uint64_t)data_rep && (hit[0].rflags & FLAG_RF));
    hits = 0;
    data_rep_store(at - 4);
    check_here("the last iteration: behind the instruction, RF as it stands",
               hit_once((uint64_t)data_behind_rep, DR6_NONE | 1) && !(hit[0].rflags & FLAG_RF));
    break_at(1, at + 4);
    break_at(2, at);
    break_at(3, at);
    break_on(BP(0, WRITE, LEN_1) | BP(1, READ_WRITE, LEN_4) | BP(2, READ_WRITE, LEN_8) |
             (BP(3, WRITE, LEN_8) & ~UINT64_C(0xC0)));
    store(at, 8);
    check_here("three of one store, in one #DB", hits == 1 && hit[0].dr6 == (DR6_NONE | 7));
    hits = 0;
    load(at, 8);
    check_here("two of a load", hits == 1 && hit[0].dr6 == (DR6_NONE | 6));
    break_off();
    hits = 0;
    store(at, 8);
    check("DR7 off: none", hits == 0);
}

/* --- ports --- */

static void out1(uint16_t port)
{
    outb(port, 0);
}

static bool ports_hit(uint16_t first, uint16_t last)
{
    bool ok = true;

    for (uint16_t port = 0x3F9; port <= 0x402; port++) {
        hits = 0;
        inb(port);
        ok = ok && hits == (port >= first && port <= last);
    }
    return ok;
}

static void ports(void)
{
    uint64_t cr4 = read_cr4();
    const uint8_t *from = cell;

    write_cr4(cr4 | 8);
    break_at(1, 0x3FF);
    break_on(BP(1, PORT, LEN_1));
    check("a port", ports_hit(0x3FF, 0x3FF));
    hits = 0;
    out1(0x3FF);
    check("OUT too", hits == 1 && hit[0].dr6 == (DR6_NONE | 2));
    hits = 0;
    __asm__ volatile("inw %%dx, %%ax" : : "d"(0x3FE) : "rax");
    check_here("IN of two bytes, the upper one", hits == 1);
    hits = 0;
    __asm__ volatile("outsb" : "+S"(from) : "d"(0x3FF) : "memory");
    check("OUTS", hits == 1);
    break_at(1, 0x3FC);
    break_on(BP(1, PORT, LEN_4));
    check_here("four ports", ports_hit(0x3FC, 0x3FF));
    break_at(1, 0x3FF);
    break_on(BP(1, PORT, LEN_2));
    check_here("two, rounded down", ports_hit(0x3FE, 0x3FF));
    write_cr4(cr4);
    break_on(BP(1, PORT, LEN_1));
    inb(0x3FF);
    check_here("without CR4.DE none", hits == 0);
    break_off();
}

void breakpoint_tests(void)
{
    on_trap(1, on_debug);
    instructions();
    data_edges();
    data_forms();
    ports();
}
