# SPDX-License-Identifier: Apache-2.0
"""The trap matrix as data: controls, checks in the order of the manual, instructions.

The checks are a reading of the SDM of their own: trap.py holds what ran against what they predict.
"""
from cells import CODE, DATA, X0, Check, Control, Insn, Silent


# --- controls -------------------------------------------------------------------------------------
def cr4(name, bit, codes=("64-bit", "compat", "32-bit"), own=False):
    return Control(name, (0, 1), lambda v: f"mov %cr4, %XAX\nor ${1 << bit:#x}, %XAX\nmov %XAX, %cr4" if v else "",
                   codes=codes, own=own)


UMIP, TSD, DE, PCE, FSGSBASE, PKE = (cr4("CR4." + n, b) for n, b in (
    ("UMIP", 11), ("TSD", 2), ("DE", 3), ("PCE", 8), ("FSGSBASE", 16), ("PKE", 22)))
PCIDE = cr4("CR4.PCIDE", 17, ("64-bit", "compat"), own=True)
IOPL = Control("IOPL", (0, 1, 2, 3), flags=lambda v: v << 12)
IOPL_03 = IOPL._replace(values=(0, 3))
IF = Control("IF", (0, 1), flags=lambda v: v << 9, own=True)
SCE = Control("EFER.SCE", (0, 1), lambda v: "movl $0xC0000080, %ecx\nrdmsr\nandl $~1, %eax\n" + "orl $1, %eax\n" * v + "wrmsr")
SYSENTER_CS = Control("SYSENTER_CS", (0, CODE), lambda v: f"""movl $0x174, %ecx
xorl %edx, %edx
movl ${v}, %eax
wrmsr
movl $0x175, %ecx
movl $KSTACK, %eax
wrmsr
movl $0x176, %ecx
movl $stub_end, %eax
wrmsr""")
# Port 80h: byte 10h of the map, which begins at 68h of the TSS, whose limit is FFh.
IO_MAP = Control("I/O map", ("none", "denies", "permits"), lambda v: "" if v == "none" else
                 f"movw $0x68, TSS + 0x66\nmovl ${-1 if v == 'denies' else 0}, TSS + 0x78")
# With GD, what the case leaves behind is a #DB: the frame writes DR7.
GD = Control("DR7.GD", (0, 1), lambda v: """movl $8f, %eax
movw %ax, GATE(6)
movw %ax, GATE(13)
shrl $16, %eax
movw %ax, GATE(6) + 6
movw %ax, GATE(13) + 6
movl $0x2400, %eax
mov %XAX, %dr7""" if v else "", after=lambda v: "8: mov %dr7, %XAX\nhlt" if v else "")
DPL = Control("DPL", (0, 3), own=True)
SELECTOR = Control("selector", ("own ring", "ring 0", "own, RPL 0"), own=True)
TARGET = Control("target", ("own ring", "ring 0"), own=True)
MSR = Control("MSR", ("there", "not there"), own=True)


def gate(vector):
    return Control("gate DPL", (0, 3), lambda v: f"movb ${0x8E | v << 5:#x}, GATE({vector}) + 5")


CALL_GATE = Control("gate DPL", (0, 3), lambda v: f"""movl $({CODE} << 16) + stub_end, GDT + X0
movl ${0x8C00 | v << 13:#x}, GDT + X0 + 4
#if MODE == 64
movl $0, GDT + X1
movl $0, GDT + X1 + 4
#endif""")


# --- checks ---------------------------------------------------------------------------------------
GP0, UD = "#GP(0)", "#UD"
CPL0 = Check("CPL = 0", lambda c: c.ring == 0, GP0)
IN_64 = Check("in 64-bit mode", lambda c: c.code.name == "64-bit", UD)
NOT_IN_64 = Check("not in 64-bit mode", lambda c: c.code.name != "64-bit", UD)
BY_UMIP = Check("CR4.UMIP = 0 or CPL = 0", lambda c: not c["CR4.UMIP"] or c.ring == 0, GP0)
BY_TSD = Check("CR4.TSD = 0 or CPL = 0", lambda c: not c["CR4.TSD"] or c.ring == 0, GP0)
BY_PCE = Check("CR4.PCE = 1 or CPL = 0", lambda c: c["CR4.PCE"] or c.ring == 0, GP0)
A_COUNTER = Check("ECX names a counter (CPUID.0AH: there is none)", lambda c: False, GP0)
BY_FSGSBASE = Check("CR4.FSGSBASE = 1", lambda c: c["CR4.FSGSBASE"], UD)
BY_PKE = Check("CR4.PKE = 1", lambda c: c["CR4.PKE"], UD)
BY_IOPL = Check("CPL <= IOPL", lambda c: c.ring <= c["IOPL"], GP0)
NO_MAP = Check("CPL <= IOPL: the map is not asked", lambda c: c.ring <= c["IOPL"], "", grants=True)
IN_TSS = Check("the port's bits of the map lie within the TSS", lambda c: c["I/O map"] != "none", GP0,
               'Vol. 1 "I/O Permission Bit Map"')
BY_MAP = Check("the port's bits of the map are 0", lambda c: c["I/O map"] == "permits", GP0,
               'Vol. 1 "I/O Permission Bit Map"')
BY_SCE = Check("EFER.SCE = 1", lambda c: c["EFER.SCE"], UD)
BY_SYSENTER_CS = Check("IA32_SYSENTER_CS[15:2] is not 0", lambda c: c["SYSENTER_CS"], GP0)
BY_DE = Check("CR4.DE = 0 (DR4 is DR6)", lambda c: not c["CR4.DE"], UD)
BY_GD = Check("DR7.GD = 0", lambda c: not c["DR7.GD"], "#DB", 'Vol. 3B "Debug Control Register (DR7)"')
AN_MSR = Check("ECX names an MSR", lambda c: c["MSR"] == "there", GP0)
BIT_63 = Check("bit 63 is 0 or CR4.PCIDE = 1", lambda c: c["CR4.PCIDE"], GP0)
NO_PCID = Check("CR4.PCIDE = 1 or the PCID is 0", lambda c: dict(c.settings).get("CR4.PCIDE"), GP0)
A_CR = Check("the control register is there", lambda c: False, UD)
NO_LOCK = Check("there is no LOCK prefix", lambda c: False, UD, 'Vol. 2 "LOCK"')
ECX_0 = Check("ECX = 0", lambda c: True, GP0)
OSXSAVE = Check("CR4.OSXSAVE = 1 (it cannot be set)", lambda c: False, UD)
MONITOR = Check("CPUID.01H:ECX.MONITOR = 1 (it is 0)", lambda c: False, UD)
IN_SMM = Check("in system-management mode (never)", lambda c: False, UD)
UNDEFINED = Check("it is an instruction (never)", lambda c: False, UD)
CPL0_OR_UD = CPL0._replace(outcome=UD)
RIGHTS = 'Vol. 3A "Privilege Level Checking When Accessing Data Segments"'
OF_DATA = Check("the segment's DPL >= CPL and >= RPL", lambda c: c.ring <= c["DPL"],
                lambda c: f"#GP({DATA:#x})", RIGHTS)
OF_STACK = Check("the selector's RPL and the segment's DPL = CPL", lambda c: c.ring == 0 or c["selector"] == "own ring",
                 lambda c: f"#GP({DATA + 8 * c.ring * (c['selector'] != 'ring 0'):#x})",
                 'Vol. 3A "Privilege Level Checking When Loading the SS Register"')
OF_CODE = Check("RPL <= CPL, the code segment's DPL = CPL", lambda c: c.ring == 0 or c["target"] == "own ring",
                lambda c: f"#GP({0x68 if c.code.name == 'compat' else CODE:#x})",
                'Vol. 3A "Direct Calls or Jumps to Code Segments"')
OF_RETURN = Check("the return selector's RPL >= CPL", lambda c: c.ring == 0 or c["target"] == "own ring",
                  lambda c: f"#GP({0x68 if c.code.name == 'compat' else CODE:#x})",
                  'Vol. 3A "Returning from a Called Procedure"')
OF_CALL_GATE = Check("the gate's DPL >= CPL and >= RPL", lambda c: c.ring <= c["gate DPL"], f"#GP({X0:#x})",
                     'Vol. 3A "Accessing a Code Segment Through a Call Gate"')
JMP_LEVEL = Check("JMP: the code segment's DPL = CPL", lambda c: c.ring == 0, f"#GP({CODE:#x})",
                  'Vol. 3A "Accessing a Code Segment Through a Call Gate"')


def of_gate(vector):
    return Check("the gate's DPL >= CPL", lambda c: c.ring <= c["gate DPL"], f"#GP({vector * 8 + 2:#x})",
                 'Vol. 3A "Protection of Exception- and Interrupt-Handler Procedures"')


# --- what is otherwise than at ring 0, in silence ---------------------------------------------------
KEEPS_FLAGS = (Silent("IF", lambda c: c.ring > c["IOPL"], "IF stays as it was"),
               Silent("IOPL", lambda c: c.ring > 0, "IOPL stays as it was"))


def unseen(*fields):
    """LAR to VERW: the segment is not there for an outer ring."""
    return tuple(Silent(f, lambda c: c.ring > c["DPL"], "the segment is denied: ZF = 0" if f == "ZF" else
                        "the register keeps its value") for f in fields)


def shows_cpl(field, what="shows the CPL as RPL of CS"):
    return (Silent(field, lambda c: c.ring > 0, what),)


# --- instructions ---------------------------------------------------------------------------------
INSNS = []


def row(name, page, text, kind, why, *checks, **more):
    INSNS.append(Insn(name, page, text, kind, why, checks, **more))


STORE = dict(controls=(UMIP,), probe="movl PAGE, %eax\nmovl PAGE + 4, %ebx", shows=("ax", "bx"))
row("SGDT", "SGDT", "sgdt PAGE", "reads", "GDTR", BY_UMIP, **STORE)
row("SIDT", "SIDT", "sidt PAGE", "reads", "IDTR", BY_UMIP, **STORE)
row("SLDT", "SLDT", "sldt %eax", "reads", "LDTR", BY_UMIP, controls=(UMIP,), shows=("ax",))
row("STR", "STR", "str %eax", "reads", "TR", BY_UMIP, controls=(UMIP,), shows=("ax",))
row("SMSW", "SMSW", "smsw %eax", "reads", "CR0", BY_UMIP, controls=(UMIP,), shows=("ax",))

for name, reg in (("SLDT", "LDTR"), ("STR", "TR"), ("SMSW", "CR0")):
    row(f"{name} m16", name, f"{name.lower()} PAGE", "reads", reg, BY_UMIP, controls=(UMIP,), probe="movzwl PAGE, %eax", shows=("ax",))

row("PUSHF", "PUSHF/PUSHFD/PUSHFQ", "pushf", "reads", "IF and IOPL", controls=(IOPL_03, IF), probe="pop %{ax}",
    shows=("ax",))
row("POPF", "POPF/POPFD/POPFQ", "popf", "controls", "IF and IOPL", controls=(IOPL,), silent=KEEPS_FLAGS,
    setup="pushf\nxorl $0x3200, (%{sp})")
row("POPF, 16 bits", "POPF/POPFD/POPFQ", "popfw", "controls", "IF and IOPL", controls=(IOPL,), silent=KEEPS_FLAGS,
    setup="pushfw\nxorw $0x3200, (%{sp})")
row("CLI", "CLI", "cli", "controls", "IF", BY_IOPL, controls=(IOPL,))
row("STI", "STI", "sti", "controls", "IF", BY_IOPL, controls=(IOPL,))

row("CPUID", "CPUID", "cpuid", "reads", "the processor, CR4.PKE as OSPKE", setup="movl $7, %eax\nxorl %ecx, %ecx",
    shows=("ax", "bx", "cx", "dx"))
row("RDTSC", "RDTSC", "rdtsc", "reads", "the clock", BY_TSD, controls=(TSD,))
row("RDTSCP", "RDTSCP", "rdtscp", "reads", "the clock, IA32_TSC_AUX", BY_TSD, controls=(TSD,))
row("RDPID", "RDPID", "rdpid %{ax}", "reads", "IA32_TSC_AUX", shows=("ax",))
row("RDPMC", "RDPMC", "rdpmc", "reads", "the counters", BY_PCE, A_COUNTER, controls=(PCE,), setup="xorl %ecx, %ecx")

row("LAR", "LAR", "lar %ecx, %eax", "depends", "the result is that of the CPL", controls=(DPL,),
    setup="movl ${seg}, %ecx\nxorl %eax, %eax", shows=("ax",), silent=unseen("ZF", "ax"))
row("LSL", "LSL", "lsl %ecx, %eax", "depends", "the result is that of the CPL", controls=(DPL,),
    setup="movl ${seg}, %ecx\nxorl %eax, %eax", shows=("ax",), silent=unseen("ZF", "ax"))
row("VERR", "VERR/VERW", "verr %cx", "depends", "the result is that of the CPL", controls=(DPL,),
    setup="movl ${seg}, %ecx", silent=unseen("ZF"))
row("VERW", "VERR/VERW", "verw %cx", "depends", "the result is that of the CPL", controls=(DPL,),
    setup="movl ${seg}, %ecx", silent=unseen("ZF"))

row("CALL far", "CALL", "lcall *PAGE", "depends", "pushes CS", OF_CODE, controls=(TARGET,), silent=shows_cpl("bx", "pushes CS, whose RPL is the CPL"),
    setup="movl $9f, PAGE\nmovw ${target}, PAGE + 4", probe="9: movl 4(%{sp}), %ebx", shows=("bx",))
row("JMP far", "JMP", "ljmp *PAGE", "depends", "DPL against CPL", OF_CODE, controls=(TARGET,),
    setup="movl $9f, PAGE\nmovw ${target}, PAGE + 4", probe="9: nop")
row("RET far", "RET", "lret{q}", "depends", "RPL against CPL", OF_RETURN, controls=(TARGET,),
    setup="push{q} ${target}\npush{q} $9f", probe="9: nop")
row("CALL far, call gate", "CALL", "lcall *PAGE", "depends", "DPL against CPL", OF_CALL_GATE, controls=(CALL_GATE,),
    setup="movl $X0, PAGE + 4")
row("JMP far, call gate", "JMP", "ljmp *PAGE", "depends", "DPL against CPL", OF_CALL_GATE, JMP_LEVEL, controls=(CALL_GATE,),
    setup="movl $X0, PAGE + 4")
row("INT n", "INT n/INTO/INT3/INT1", "int $0x21", "depends", "the gate's DPL against CPL", of_gate(0x21), controls=(gate(0x21),))
row("INT3", "INT n/INTO/INT3/INT1", "int3", "depends", "the gate's DPL against CPL", of_gate(3), controls=(gate(3),))
row("INTO", "INT n/INTO/INT3/INT1", ".byte 0xCE", "depends", "the gate's DPL against CPL", NOT_IN_64, of_gate(4), controls=(gate(4),),
    setup="movb $0x7F, %al\naddb $1, %al")
row("INT1", "INT n/INTO/INT3/INT1", ".byte 0xF1", "none", "always the handler of vector 1")
row("IRET", "IRET/IRETD/IRETQ", "iret{q}", "controls", "IF and IOPL", controls=(IOPL,), silent=KEEPS_FLAGS,
    probe="9: nop", setup="{iret_frame}")

row("MOV r, CS", "MOV", "movl %cs, %eax", "depends", "the selector of CS", shows=("ax",), silent=shows_cpl("ax"))
row("MOV r, SS", "MOV", "movl %ss, %eax", "depends", "the selector of SS", shows=("ax",), silent=shows_cpl("ax", "shows the CPL as RPL of SS"))
row("MOV r, DS", "MOV", "movl %ds, %eax", "depends", "the selector of DS", shows=("ax",))
row("PUSH CS", "PUSH", ".byte 0x0E", "depends", "the selector of CS", NOT_IN_64, probe="pop %{ax}", shows=("ax",), silent=shows_cpl("ax"))
row("PUSH SS", "PUSH", ".byte 0x16", "depends", "the selector of SS", NOT_IN_64, probe="pop %{ax}", shows=("ax",),
    silent=shows_cpl("ax", "shows the CPL as RPL of SS"))
row("PUSH DS", "PUSH", ".byte 0x1E", "depends", "the selector of DS", NOT_IN_64, probe="pop %{ax}", shows=("ax",))
row("PUSH FS", "PUSH", "push %fs", "depends", "the selector of FS", probe="pop %{ax}", shows=("ax",))
LOAD = dict(controls=(DPL,))
row("MOV DS, r", "MOV", "movl %eax, %ds", "depends", "DPL and RPL against CPL", OF_DATA, setup="movl ${seg}, %eax", **LOAD)
row("POP DS", "POP", ".byte 0x1F", "depends", "DPL and RPL against CPL", NOT_IN_64, OF_DATA, setup="push{q} ${seg}", **LOAD)
row("POP FS", "POP", "pop %fs", "depends", "DPL and RPL against CPL", OF_DATA, setup="push{q} ${seg}", **LOAD)
POINTER = "movl $0x1234, PAGE\nmovw ${seg}, PAGE + 4"
row("LDS", "LDS/LES/LFS/LGS/LSS", ".byte 0xC5, 0x05\n.long PAGE", "depends", "DPL and RPL against CPL", NOT_IN_64, OF_DATA, setup=POINTER, **LOAD)
row("LES", "LDS/LES/LFS/LGS/LSS", ".byte 0xC4, 0x05\n.long PAGE", "depends", "DPL and RPL against CPL", NOT_IN_64, OF_DATA, setup=POINTER, **LOAD)
row("LFS", "LDS/LES/LFS/LGS/LSS", "lfs PAGE, %eax", "depends", "DPL and RPL against CPL", OF_DATA, setup=POINTER, **LOAD)
row("LGS", "LDS/LES/LFS/LGS/LSS", "lgs PAGE, %eax", "depends", "DPL and RPL against CPL", OF_DATA, setup=POINTER, **LOAD)
STACK = dict(controls=(SELECTOR,))
row("MOV SS, r", "MOV", "movl %eax, %ss", "depends", "DPL and RPL against CPL", OF_STACK, setup="movl ${stack}, %eax", **STACK)
row("POP SS", "POP", ".byte 0x17", "depends", "DPL and RPL against CPL", NOT_IN_64, OF_STACK, setup="push{q} ${stack}", **STACK)
row("LSS", "LDS/LES/LFS/LGS/LSS", "lss PAGE, %esp", "depends", "DPL and RPL against CPL", OF_STACK,
    setup="movl $PAGE + 0x800, PAGE\nmovw ${stack}, PAGE + 4", **STACK)

PORT = dict(controls=(IOPL_03, IO_MAP))
IO_CHECKS = (NO_MAP, IN_TSS, BY_MAP)
row("IN imm8", "IN", "inb $0x80, %al", "reads", "a device", *IO_CHECKS, **PORT)
row("IN DX", "IN", "inl %dx, %eax", "reads", "a device", *IO_CHECKS, setup="movl $0x80, %edx", **PORT)
row("OUT imm8", "OUT", "outb %al, $0x80", "controls", "a device", *IO_CHECKS, **PORT)
row("OUT DX", "OUT", "outl %eax, %dx", "controls", "a device", *IO_CHECKS, setup="movl $0x80, %edx", **PORT)
row("INS", "INS/INSB/INSW/INSD", "insb", "reads", "a device", *IO_CHECKS, setup="movl $0x80, %edx\nmovl $PAGE, %edi", **PORT)
row("OUTS", "OUTS/OUTSB/OUTSW/OUTSD", "outsb", "controls", "a device", *IO_CHECKS, setup="movl $0x80, %edx\nmovl $PAGE, %esi", **PORT)

ONLY_64 = ("64-bit",)
for n in (0, 2, 3, 4):
    row(f"MOV r, CR{n}", "MOV—Move to/from Control Registers", f"mov %cr{n}, %{{ax}}", "reads", f"CR{n}", CPL0)
    row(f"MOV CR{n}, r", "MOV—Move to/from Control Registers", f"mov %{{ax}}, %cr{n}", "controls", f"CR{n}", CPL0,
        before=f"mov %cr{n}, %XAX")
row("MOV CR3, r with bit 63", "MOV—Move to/from Control Registers", "mov %rax, %cr3", "controls", "CR3", CPL0, BIT_63,
    before="mov %cr3, %rax\nbts $63, %rax", controls=(PCIDE,), codes=ONLY_64)
row("MOV r, CR8", "MOV—Move to/from Control Registers", "mov %cr8, %rax", "reads", "CR8", CPL0, codes=ONLY_64)
row("MOV CR8, r", "MOV—Move to/from Control Registers", "mov %rax, %cr8", "controls", "CR8", CPL0, setup="xorl %eax, %eax",
    codes=ONLY_64)
row("MOV r, CR1", "MOV—Move to/from Control Registers", ".byte 0x0F, 0x20, 0xC8", "none", "not there", A_CR)
row("LOCK CLI", "CLI", ".byte 0xF0\ncli", "none", "undefined for ever", NO_LOCK)
row("CLTS", "CLTS", "clts", "controls", "CR0.TS", CPL0)
row("LMSW", "LMSW", "lmsw %ax", "controls", "CR0", CPL0, setup="movl $1, %eax")
row("MOV r, DR7", "MOV—Move to/from Debug Registers", "mov %dr7, %{ax}", "reads", "DR7", CPL0, BY_GD, controls=(GD,))
row("MOV DR7, r", "MOV—Move to/from Debug Registers", "mov %{ax}, %dr7", "controls", "DR7", CPL0, BY_GD, controls=(GD,),
    setup="movl $0x400, %eax")
row("MOV r, DR4", "MOV—Move to/from Debug Registers", "mov %dr4, %{ax}", "reads", "DR6", BY_DE, CPL0, BY_GD, controls=(DE, GD))
row("RDMSR", "RDMSR", "rdmsr", "reads", "MSRs", CPL0, AN_MSR, controls=(MSR,), setup="movl ${msr}, %ecx")
row("WRMSR", "WRMSR", "wrmsr", "controls", "MSRs", CPL0, AN_MSR, controls=(MSR,),
    setup="movl ${msr}, %ecx\nxorl %eax, %eax\nxorl %edx, %edx")
row("INVLPG", "INVLPG", "invlpg PAGE", "controls", "the TLBs", CPL0)
row("INVPCID", "INVPCID", "invpcid PAGE, %{ax}", "controls", "the TLBs", CPL0,
    setup="movl $0, PAGE\nmovl $0, PAGE + 4\nmovl $0, PAGE + 8\nmovl $0, PAGE + 12\nmovl $2, %eax")
row("INVPCID 0, PCID 1", "INVPCID", "invpcid PAGE, %{ax}", "controls", "the TLBs", CPL0, NO_PCID, controls=(PCIDE,),
    setup="movl $1, PAGE\nmovl $0, PAGE + 4\nmovl $0, PAGE + 8\nmovl $0, PAGE + 12\nmovl $0, %eax")
row("INVD", "INVD", "invd", "controls", "the caches", CPL0)
row("WBINVD", "WBINVD", "wbinvd", "controls", "the caches", CPL0)
row("HLT", "HLT", "hlt", "controls", "the processor", CPL0, setup="pushf\norl $0x100, (%{sp})\npopf")
row("LGDT", "LGDT/LIDT", "lgdt gdtr", "controls", "GDTR", CPL0)
row("LIDT", "LGDT/LIDT", "lidt idtr", "controls", "IDTR", CPL0)
row("LLDT", "LLDT", "lldt %ax", "controls", "LDTR", CPL0, setup="movl $LDT_SEL, %eax")
row("LTR", "LTR", "ltr %ax", "controls", "TR", CPL0, before="andb $0xFD, GDT + TSS_SEL + 5", setup="movl $TSS_SEL, %eax")

row("SYSENTER", "SYSENTER", "sysenter", "depends", "goes to ring 0 by MSRs", BY_SYSENTER_CS, controls=(SYSENTER_CS,))
row("SYSEXIT", "SYSEXIT", "sysexit", "controls", "the CPL", BY_SYSENTER_CS._replace(outcome=GP0), CPL0, controls=(SYSENTER_CS,),
    setup="movl $stub_end, %edx\nmovl $STACK3, %ecx")
STAR = "movl $0xC0000081, %ecx\nxorl %eax, %eax\nmovl $0x00180008, %edx\nwrmsr\nmovl $0xC0000082, %ecx\nmovl $stub_end, %eax\nxorl %edx, %edx\nwrmsr\nmovl $0xC0000084, %ecx\nmovl $0x200, %eax\nwrmsr"
row("SYSCALL", "SYSCALL", "syscall", "depends", "goes to ring 0 by MSRs", IN_64, BY_SCE, controls=(SCE,), before=STAR)
row("SYSRET", "SYSRET", "{rex_w}.byte 0x0F, 0x07", "controls", "the CPL", IN_64, BY_SCE, CPL0, controls=(SCE,), before=STAR,
    setup="movl $stub_end, %ecx")
row("SWAPGS", "SWAPGS", ".byte 0x0F, 0x01, 0xF8", "controls", "GS.base", IN_64, CPL0)
BASES = dict(controls=(FSGSBASE,))
for name, op in (("RDFSBASE", 0xC0), ("RDGSBASE", 0xC8)):
    row(name, "RDFSBASE/RDGSBASE", f".byte 0xF3, 0x0F, 0xAE, {op}", "reads", f"{name[2:4]}.base", IN_64, BY_FSGSBASE, **BASES)
for name, op in (("WRFSBASE", 0xD0), ("WRGSBASE", 0xD8)):
    row(name, "WRFSBASE/WRGSBASE", f".byte 0xF3, 0x0F, 0xAE, {op}", "controls", f"{name[2:4]}.base", IN_64, BY_FSGSBASE,
        setup="movl $PAGE, %eax", **BASES)
row("RDPKRU", "RDPKRU", "rdpkru", "reads", "PKRU", BY_PKE, ECX_0, controls=(PKE,), setup="xorl %ecx, %ecx", shows=("ax",))
row("WRPKRU", "WRPKRU", "wrpkru", "controls", "PKRU", BY_PKE, ECX_0, controls=(PKE,),
    setup="xorl %ecx, %ecx\nxorl %edx, %edx\nxorl %eax, %eax")
row("CLAC", "CLAC", "clac", "controls", "RFLAGS.AC before SMAP", CPL0_OR_UD)
row("STAC", "STAC", "stac", "controls", "RFLAGS.AC before SMAP", CPL0_OR_UD)
row("XGETBV", "XGETBV", "xgetbv", "none", "XCR0, which is not there", OSXSAVE)
row("XSETBV", "XSETBV", "xsetbv", "none", "XCR0, which is not there", OSXSAVE)
row("MONITOR", "MONITOR", "monitor", "none", "not there", MONITOR)
row("MWAIT", "MWAIT", "mwait", "none", "not there", MONITOR)
row("RSM", "RSM", "rsm", "none", "there is no SMM", IN_SMM)
for n, text in enumerate((".byte 0x0F, 0xFF, 0xC0", ".byte 0x0F, 0xB9, 0xC0", "ud2")):
    row(f"UD{n}", "UD", text, "none", "undefined for ever", UNDEFINED)
