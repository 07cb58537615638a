// SPDX-License-Identifier: Apache-2.0
// Call gates of 16 and 32 bits by far CALL and JMP: each ring, parameters, the stack of the TSS,
// and each fault with its error code; breakpoints in 32-bit code. SDM Vol. 3A "Call Gates", "Stack
// Switching"; docs/cpu.md G1 to G5. QEMU 7.2 checks no limits and loads CPL from a conforming
// segment's DPL, and has #TS for an SS that is not present: that is checked on this machine alone.
#include "gates32.h"

#define GATE   0xC8u /* the gate that every probe uses */
#define CODE_2 0xA8u /* code and stack of ring 2 */
#define DATA_2 0xB2u
#define BASED  0xB8u /* 32-bit code that begins at the 16-bit gate's target */
#define TSS    0x30u
#define NEAR_0 0x90u /* code in which this program's has offsets of 16 bits */
#define NEAR_3 0x98u
#define TSS_16 0xF0u
#define LDT    0xC0u

#define GATE_32 12u
#define GATE_16 4u

bool is_ringwalk(void)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"((uint16_t)0xE9));
    return v == 0xE9;
}

static void check_here(const char *what, bool ok)
{
    check(what, ok || !is_ringwalk());
}

/* What the code behind a gate saw: registers, and 40 dwords from its ESP. Each entry takes its
 * parameters off with RETF. */
volatile uint32_t in_esp, in_cs, in_ss, in_frame[40], caller_esp;
#define ENTRY(name, ret)                                                                           \
    void name(void);                                                                               \
    __asm__(".text\n" #name ": movl %esp, in_esp\npushal\nmovl %cs, %eax\nmovl %eax, in_cs\n"      \
            "movl %ss, %eax\nmovl %eax, in_ss\nleal 32(%esp), %esi\nmovl $in_frame, %edi\n"        \
            "movl $40, %ecx\ncld\nrep movsl\npopal\n" ret "\n")
ENTRY(entry, "lret");
ENTRY(entry_3, "lret $12");
ENTRY(entry_4, "lret $16");
ENTRY(entry_31, "lret $124");
ENTRY(entry_w, "lretw");
ENTRY(entry_w3, "lretw $6");
ENTRY(entry_w31, "lretw $62");
void entry_jump(void);
__asm__(".text\nentry_jump: movl %cs, %eax\nint $0x80\n");

/* What returns through a 16-bit gate has to be where 16 bits reach. */
extern uint8_t near_base[];
__asm__(".text\n1: .set near_base, 1b - 0x4000\n");
#define OFFSET_16(label) "$(" label " - near_base)"

/* At ring n: CS, stack and stack pointer of it, DS of ring 3. INT 80 ends it; ESI: ESP behind. */
#define AT_OFFSET(name, cs, offset, ss, stack, text)                                               \
    PROBE(name, "movl $0x23, %eax\nmovl %eax, %ds\nmovl %eax, %es\npushl $" #ss "\npushl $" stack  \
                "\npushl $2\npushl $" #cs "\npushl " offset "\niretl\n1: " text                    \
                "\nmovl %esp, %esi\nint $0x80")
#define AT(name, cs, ss, stack, text) AT_OFFSET(name, cs, "$1f", ss, stack, text)
#define PUSHES                        "movl $31, %ecx\n2: pushl %ecx\nloop 2b\nmovl %esp, caller_esp\n"
AT(from_3, 0x1B, 0x23, "user_stack_top", PUSHES "lcall $0xCB, $0xDEADBEEF\n3:");
AT(from_3_w, 0x1B, 0x23, "user_stack_top", PUSHES "lcallw $0xCB, $0xBEEF\n3:");
AT(from_3_m, 0x1B, 0x23, "user_stack_top",
   PUSHES "pushl $0xCB\npushl $0\nmovl %esp, %ebx\naddl $8, %esp\nlcall *(%ebx)\n3:");
AT_OFFSET(near_3, 0x9B, OFFSET_16("1f"), 0x23, "0x9000", PUSHES "lcall $0xCB, $0\n3:");
AT_OFFSET(near_3_w, 0x9B, OFFSET_16("1f"), 0x23, "0x9000", PUSHES "lcallw $0xCB, $0\n3:");
PROBE(near_0, "ljmp $0x90, " OFFSET_16("1f") "\n1: movl %esp, caller_esp\nlcall $0xC8, $0\n"
                                             "subl %esp, caller_esp\nljmp $0x08, $2f\n2: nop");
AT(from_3_rpl_0, 0x1B, 0x23, "user_stack_top", PUSHES "lcall $0xC8, $0\n3:");
AT(from_3_ldt, 0x1B, 0x23, "user_stack_top", PUSHES "lcall $0x7, $0\n3:");
AT(from_2, 0xAA, 0xB2, "ring2_user_top", PUSHES "lcall $0xC8, $0\n3:");
AT(from_1, 0x71, 0x69, "ring2_user_top", PUSHES "lcall $0xC8, $0\n3:");
AT(jump_3, 0x1B, 0x23, "user_stack_top", "ljmp $0xCB, $0xDEADBEEF");
PROBE(from_0, "movl %esp, caller_esp\nlcall $0xC8, $0\nsubl %esp, caller_esp");
PROBE(from_0_rpl_3, "lcall $0xCB, $0");
PROBE(jump_0, "ljmp $0xC8, $0");
PROBE(call_end, "lcall $0x100, $0");
PROBE(ltr_16, "movl $0xF0, %eax\nltr %ax");
PROBE(ltr_32, "movl $0x30, %eax\nltr %ax");
PROBE(lldt, "movl $0xC0, %eax\nlldt %ax");
/* The caller's stack of 4096 bytes: parameters that lie beyond it. */
AT(from_3_short, 0x1B, 0xE3, "4080", "lcall $0xCB, $0\n3:");

static uint8_t ring2_stack[4096] __attribute__((aligned(16)));
uint8_t ring2_user[4096] __attribute__((aligned(16)));
__asm__(".globl ring2_user_top\n.set ring2_user_top, ring2_user + 4096\n");

static uint32_t address(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

static uint64_t gate(unsigned type, unsigned selector, uint32_t offset, unsigned count)
{
    return (offset & 0xFFFF) | selector << 16 | (uint64_t)count << 32 |
           (uint64_t)(0xE0 | type) << 40 | (uint64_t)(offset >> 16) << 48;
}

static void set_gate(unsigned type, unsigned selector, void (*to)(void), unsigned count)
{
    gdt[GATE / 8] = gate(type, selector, address(to), count);
}

/* The gate of 16 bits takes the low half of the offset (QEMU all of it): the segment begins at the
 * target. */
static void set_gate_16(unsigned dpl, void (*to)(void), unsigned count)
{
    gdt[BASED / 8] = UINT64_C(0x00CF9A000000FFFF) | (uint64_t)dpl << 45;
    set_base(&gdt[BASED / 8], (const void *)(uintptr_t)to);
    gdt[GATE / 8] = gate(GATE_16, BASED, is_ringwalk() ? 0xDEAD0000 : 0, count);
}

/* --- what a call through a gate leaves --- */

/* SS:ESP, parameters 1 2 3 ... from the lowest address, CS:EIP; slots of 4 or 2 bytes. */
static bool frame_is(unsigned count, unsigned bytes, uint32_t cs, uint32_t ss)
{
    const volatile uint16_t *w = (const volatile uint16_t *)in_frame;
    bool ok = true;

    for (unsigned i = 0; i < count; i++) {
        uint32_t v = bytes == 4 ? in_frame[2 + i] : w[2 + i];
        /* the caller pushed dwords: as words every second is a zero */
        uint32_t want = bytes == 4 ? i + 1 : i & 1 ? 0 : i / 2 + 1;

        ok = ok && v == want;
    }
    if (bytes == 4)
        return ok && in_frame[1] == cs && in_frame[2 + count] == caller_esp &&
               in_frame[3 + count] == ss;
    return ok && w[1] == cs && w[2 + count] == (caller_esp & 0xFFFF) && w[3 + count] == ss;
}

static void called(const char *what, void (*fn)(void), unsigned count, unsigned bytes)
{
    in_esp = in_cs = 0;
    probe(fn);
    check(what, seen[0] == 0x80 && in_cs != 0 && frame_is(count, bytes, seen[3], seen[6]) &&
                    saved(1) == caller_esp + count * bytes);
}

static void on_stack(const char *what, uint32_t cs, uint32_t ss, uint32_t esp)
{
    check(what, in_cs == cs && in_ss == ss && in_esp == esp);
}

static void wide(void)
{
    set_gate(GATE_32, 0x0B, entry, 0);
    called("32-bit gate, ring 3 to 0", p_from_3, 0, 4);
    on_stack("CS with RPL 0, SS:ESP of the TSS", 8, 0x10, tss[1] - 16);
    set_gate(GATE_32, 0x08, entry_3, 3);
    called("three parameters", p_from_3, 3, 4);
    on_stack("on the inner stack", 8, 0x10, tss[1] - 16 - 12);
    set_gate(GATE_32, 0x08, entry_31, 31);
    called("31 parameters", p_from_3, 31, 4);
    gdt[GATE / 8] |= UINT64_C(0xE0) << 32;
    called("bits 7:5 of the count do not matter", p_from_3, 31, 4);
    set_gate(GATE_32, 0x08, entry_3, 3);
    called("CALL of 16 bits: the gate has the size", p_from_3_w, 3, 4);
    called("CALL by a pointer in memory", p_from_3_m, 3, 4);
    called("RPL of its selector below CPL", p_from_3_rpl_0, 3, 4);
    called("ring 2 to 0", p_from_2, 3, 4);
    called("ring 1 to 0", p_from_1, 3, 4);
    set_gate(GATE_32, 0x70, entry_3, 3);
    called("ring 3 to 1", p_from_3, 3, 4);
    on_stack("SS1:ESP1", 0x71, 0x69, tss[3] - 28);
    called("ring 2 to 1", p_from_2, 3, 4);
    gdt[CODE_2 / 8] &= ~(UINT64_C(1) << 40);
    gdt[DATA_2 / 8] &= ~(UINT64_C(1) << 40);
    set_gate(GATE_32, CODE_2, entry_3, 3);
    called("ring 3 to 2", p_from_3, 3, 4);
    on_stack("SS2:ESP2", CODE_2 | 2, DATA_2, tss[5] - 28);
    check_here("accessed bits of CS and SS", (gdt[CODE_2 / 8] & gdt[DATA_2 / 8]) >> 40 & 1);
    tss[1] -= 2;
    set_gate(GATE_32, 0x08, entry_3, 3);
    called("an ESP0 that is not aligned", p_from_3, 3, 4);
    tss[1] += 2;
}

static void narrow(void)
{
    set_gate_16(0, entry_w, 0);
    called("16-bit gate, ring 3 to 0", p_near_3, 0, 2);
    on_stack("slots of two bytes", BASED, 0x10, tss[1] - 8);
    set_gate_16(0, entry_w3, 3);
    called("three parameters of a word", p_near_3, 3, 2);
    set_gate_16(0, entry_w31, 31);
    called("31", p_near_3, 31, 2);
    set_gate_16(0, entry_w3, 3);
    called("CALL of 16 bits", p_near_3_w, 3, 2);
    set_gate_16(2, entry_w3, 3);
    called("ring 3 to 2", p_near_3, 3, 2);
    on_stack("SS2:ESP2", BASED | 2, DATA_2, tss[5] - 14);
}

static void same(void)
{
    set_gate(GATE_32, 0x08, entry, 5);
    in_cs = 0;
    check("ring 0 to 0: no parameters",
          probe(p_from_0) == NONE && in_cs == 8 && in_frame[1] == 8 && caller_esp == 0);
    set_gate_16(0, entry_w, 5);
    in_cs = 0;
    check("16-bit gate: CS and IP of two bytes",
          probe(p_near_0) == NONE && in_cs == BASED && caller_esp == 0);
    set_gate(GATE_32, 0x08, entry_jump, 0);
    check("JMP, ring 0 to 0", probe(p_jump_0) == 0x80 && saved(7) == 8);
    set_gate(GATE_32, 0x18, entry_jump, 0);
    check("JMP, ring 3 to 3", probe(p_jump_3) == 0x80 && saved(7) == 0x1B);
    set_gate(GATE_32, 0x58, entry_jump, 0);
    probe(p_jump_3);
    check_here("JMP to conforming code: at ring 3", seen[0] == 0x80 && saved(7) == 0x5B);
    set_gate(GATE_32, 0x58, entry, 7);
    in_cs = 0;
    probe(p_from_3);
    check_here("CALL: on the same stack", seen[0] == 0x80 && in_cs == 0x5B && in_ss == 0x23 &&
                                              in_esp == caller_esp - 8 && in_frame[1] == 0x1B &&
                                              saved(1) == caller_esp);
}

static void local(void)
{
    static uint64_t table[2];

    set_base(&gdt[LDT / 8], table);
    probe(p_lldt);
    table[0] = gate(GATE_32, 0x0C, address(entry_3), 3);
    table[1] = UINT64_C(0x00CF9A000000FFFF);
    called("gate and code in the LDT", p_from_3_ldt, 3, 4);
    check("CS is of the LDT", in_cs == 0x0C);
    check_here("and accessed", table[1] >> 40 & 1);
}

static void tss_of_16_bits(void)
{
    static uint16_t small[0x40];
    small[1] = 0xFFF0;
    small[2] = 0x10;
    set_base(&gdt[TSS_16 / 8], small);
    gdt[TSS_16 / 8] &= ~(UINT64_C(2) << 40);
    probe(p_ltr_16);
    set_gate(GATE_32, 0x08, entry_3, 3);
    called("16-bit TSS, 32-bit gate", p_from_3, 3, 4);
    on_stack("SS0:SP0", 8, 0x10, 0xFFF0 - 28);
    gdt[TSS / 8] &= ~(UINT64_C(2) << 40);
    probe(p_ltr_32);
}

/* --- faults: none leaves anything behind at the caller --- */

static void fault3(const char *what, uint32_t vector, uint32_t error)
{
    probe(p_from_3);
    check(what, seen[0] == vector && seen[1] == error && seen[3] == 0x1B && seen[6] == 0x23 &&
                    seen[5] == caller_esp);
}

static void fault3_here(const char *what, uint32_t vector, uint32_t error)
{
    if (is_ringwalk())
        fault3(what, vector, error);
    else
        check(what, true);
}

static void gate_faults(void)
{
    uint64_t good = gate(GATE_32, 0x08, address(entry_3), 3);

    gdt[GATE / 8] = good & ~(UINT64_C(0x20) << 40);
    fault3("DPL below CPL: #GP(gate)", 13, GATE);
    gdt[GATE / 8] = good & ~(UINT64_C(0xA0) << 40);
    fault3("before P", 13, GATE);
    gdt[GATE / 8] = good & ~(UINT64_C(0x20) << 40);
    fault("DPL below RPL: #GP(gate)", p_from_0_rpl_3, 13, GATE);
    gdt[GATE / 8] = good & ~(UINT64_C(0x80) << 40);
    fault3("not present: #NP(gate)", 11, GATE);
    gdt[GATE / 8] = gate(14, 0x08, address(entry_3), 3);
    fault3("an interrupt gate: #GP(gate)", 13, GATE);
    gdt[GATE / 8] = gate(2, 0x08, address(entry_3), 3);
    fault3("an LDT: #GP(gate)", 13, GATE);
    fault("beyond the table: #GP(sel)", p_call_end, 13, 0x100);
}

static void code_faults(void)
{
    set_gate(GATE_32, 3, entry, 0);
    fault3("code selector null: #GP(0)", 13, 0);
    set_gate(GATE_32, 0x103, entry, 0);
    fault3("beyond the table: #GP(code)", 13, 0x100);
    set_gate(GATE_32, 0x107, entry, 0);
    fault3("in no LDT: #GP(code)", 13, 0x104);
    set_gate(GATE_32, 0x13, entry, 0);
    fault3("data: #GP(code)", 13, 0x10);
    set_gate(GATE_32, 0x30, entry, 0);
    fault3("a TSS: #GP(code)", 13, 0x30);
    gdt[BASED / 8] = UINT64_C(0x00CF1A000000FFFF);
    set_gate(GATE_32, BASED, entry, 0);
    fault3("not present: #NP(code)", 11, BASED);
    set_gate(GATE_32, 0x18, entry, 0);
    fault("of an outer ring: #GP(code)", p_from_0, 13, 0x18);
    set_gate(GATE_32, 0x08, entry, 0);
    probe(p_jump_3);
    check("JMP to an inner ring: #GP(code)", seen[0] == 13 && seen[1] == 8 && seen[3] == 0x1B);
    gdt[BASED / 8] = UINT64_C(0x00409A0000000FFF);
    set_gate(GATE_32, BASED, entry, 0);
    fault3_here("target beyond the limit: #GP(0)", 13, 0);
    if (is_ringwalk())
        probe(p_from_0);
    check_here("same ring: #GP(0)", seen[0] == 13 && seen[1] == 0 && seen[3] == 8);
}

static void stack_is(const char *what, uint32_t ss, uint32_t vector, uint32_t error)
{
    uint32_t old = tss[6];

    tss[6] = ss;
    fault3(what, vector, error);
    tss[6] = old;
}

static void stack_faults(void)
{
    set_gate(GATE_32, CODE_2, entry_3, 3);
    stack_is("SS2 null: #TS(0)", 2, 10, 0);
    stack_is("beyond the table: #TS(SS2)", 0x102, 10, 0x100);
    stack_is("RPL is not 2: #TS(SS2)", 0xB1, 10, 0xB0);
    stack_is("DPL is not 2: #TS(SS2)", 0x22, 10, 0x20);
    stack_is("code: #TS(SS2)", 0xAA, 10, 0xA8);
    gdt[DATA_2 / 8] = UINT64_C(0x00CFD1000000FFFF);
    fault3("read-only: #TS(SS2)", 10, 0xB0);
    gdt[DATA_2 / 8] = UINT64_C(0x00CF53000000FFFF);
    fault3_here("not present: #SS(SS2)", 12, 0xB0);
    gdt[DATA_2 / 8] = UINT64_C(0x0040D30000000FFF);
    tss[5] = 27; /* one byte short */
    fault3_here("no room for the whole frame: #SS(SS2)", 12, 0xB0);
    tss[5] = 4097;
    fault3_here("the first slot beyond: #SS(SS2)", 12, 0xB0);
    gdt[BASED / 8] = UINT64_C(0x0040DA0000000FFF);
    set_gate(GATE_32, BASED, entry_3, 3);
    fault3_here("room before the target: #SS(SS2)", 12, 0xB0);
    gdt[DATA_2 / 8] = UINT64_C(0x00CFD3000000FFFF);
    tss[5] = address(ring2_stack) + sizeof ring2_stack;
    fault3_here("then the target: #GP(0)", 13, 0);
    set_gate(GATE_32, CODE_2, entry_4, 4);
    if (is_ringwalk())
        probe(p_from_3_short);
    check_here("four parameters up to the limit of the caller's stack",
               seen[0] == 0x80 && seen[5] == 4096);
    set_gate(GATE_32, CODE_2, entry_4, 5);
    if (is_ringwalk())
        probe(p_from_3_short);
    check_here("a fifth beyond it: #SS(0)",
               seen[0] == 12 && seen[1] == 0 && seen[3] == 0x1B && seen[5] == 4080);
    set_gate(GATE_32, CODE_2, entry_3, 3);
    gdt[TSS / 8] = (gdt[TSS / 8] & ~UINT64_C(0x2000000FFFF)) | 24;
    probe(p_ltr_32);
    fault3_here("TSS too short: #TS(TR)", 10, TSS);
    gdt[TSS / 8] = (gdt[TSS / 8] & ~UINT64_C(0x2000000FFFF)) | 25;
    probe(p_ltr_32);
    in_cs = 0;
    if (is_ringwalk())
        probe(p_from_3);
    check_here("long enough", seen[0] == 0x80 && in_cs == (CODE_2 | 2));
    gdt[TSS / 8] = (gdt[TSS / 8] & ~UINT64_C(0x2000000FFFF)) | 0x67;
    probe(p_ltr_32);
}

int main(void)
{
    gdt[CODE_2 / 8] = UINT64_C(0x00CFDB000000FFFF);
    gdt[DATA_2 / 8] = UINT64_C(0x00CFD3000000FFFF);
    gdt[NEAR_0 / 8] = UINT64_C(0x00CF9B000000FFFF);
    set_base(&gdt[NEAR_0 / 8], near_base);
    gdt[NEAR_3 / 8] = UINT64_C(0x00CFFB000000FFFF);
    set_base(&gdt[NEAR_3 / 8], near_base);
    gdt[0xE0 / 8] = UINT64_C(0x0040F30000000FFF);
    set_base(&gdt[0xE0 / 8], ring2_user);
    tss[5] = address(ring2_stack) + sizeof ring2_stack;
    tss[6] = DATA_2;
    wide();
    narrow();
    same();
    local();
    tss_of_16_bits();
    gate_faults();
    code_faults();
    stack_faults();
    breakpoints();
    return verdict();
}
