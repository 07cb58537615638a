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
PCIDE = cr4("CR4.PCIDE", 17, ("64-bit",), own=True)
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
movw %ax, GATE(13)
shrl $16, %eax
movw %ax, GATE(13) + 6
movl $0x2400, %eax
mov %XAX, %dr7""" if v else "", after=lambda v: "8: mov %dr7, %XAX\nhlt" if v else "")
DPL = Control("DPL", (0, 3), own=True)
SELECTOR = Control("selector", ("own ring", "ring 0"), own=True)
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
ECX_0 = Check("ECX = 0", lambda c: True, GP0)
OSXSAVE = Check("CR4.OSXSAVE = 1 (it cannot be set)", lambda c: False, UD)
MONITOR = Check("CPUID.01H:ECX.MONITOR = 1 (it is 0)", lambda c: False, UD)
UNDEFINED = Check("it is an instruction (never)", lambda c: False, UD)
CPL0_OR_UD = CPL0._replace(outcome=UD)
RIGHTS = 'Vol. 3A "Privilege Level Checking When Accessing Data Segments"'
OF_DATA = Check("the segment's DPL >= CPL and >= RPL", lambda c: c.ring <= c["DPL"],
                lambda c: f"#GP({DATA:#x})", RIGHTS)
OF_STACK = Check("the selector's RPL and the segment's DPL = CPL", lambda c: c.ring == 0 or c["selector"] == "own ring",
                 lambda c: f"#GP({DATA:#x})", 'Vol. 3A "Privilege Level Checking When Loading the SS Register"')
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
TABLE_WHY = "shows the real register"
CR_READ = "mov %{reg}, %{{ax}}"
INSNS = []


def row(name, page, text, kind, why, *checks, **more):
    INSNS.append(Insn(name, page, text, kind, why, checks, **more))


STORE = dict(controls=(UMIP,), probe="movl PAGE, %eax\nmovl PAGE + 4, %ebx", shows=("ax", "bx"))
row("SGDT", "SGDT", "sgdt PAGE", "reads", "GDTR", BY_UMIP, **STORE)
row("SIDT", "SIDT", "sidt PAGE", "reads", "IDTR", BY_UMIP, **STORE)
row("SLDT", "SLDT", "sldt %eax", "reads", "LDTR", BY_UMIP, controls=(UMIP,), shows=("ax",))
row("STR", "STR", "str %eax", "reads", "TR", BY_UMIP, controls=(UMIP,), shows=("ax",))
row("SMSW", "SMSW", "smsw %eax", "reads", "CR0", BY_UMIP, controls=(UMIP,), shows=("ax",))

row("PUSHF", "PUSHF/PUSHFD/PUSHFQ", "pushf", "reads", "IF and IOPL", controls=(IOPL_03, IF), probe="pop %{ax}",
    shows=("ax",))
row("POPF", "POPF/POPFD/POPFQ", "popf", "controls", "IF and IOPL", controls=(IOPL,), silent=KEEPS_FLAGS,
    setup="pushf\nxorl $0x3200, (%{sp})")
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
