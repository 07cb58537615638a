# SPDX-License-Identifier: Apache-2.0
# Fast system calls: CS and SS from MSRs, with fixed descriptors. RIP from an MSR is not looked at
# (S14). SDM Vol. 2 "SYSCALL", "SYSRET", "SYSENTER", "SYSEXIT".

syscall:    jmpraw.q  -, lstar
            and.q     r11, flags, FlPushed
            mov.q     rcx, nrip
            not.q     t0, fmask
            and.q     t0, t0, flags
            or.q      flags, t0, [FlOne]
            shr.q     t0, star, StarSyscall
            and.q     ssel@cs, t0, SelNoRpl
            mov.q     sbase@cs, none
            mov.q     slim@cs, FlatLimit
            mov.q     sattr@cs, AttrSyscallCs
            add.q     t0, t0, StarSs
            mov.q     ssel@ss, t0
            mov.q     sbase@ss, none
            mov.q     slim@ss, FlatLimit
            mov.q     sattr@ss, AttrSyscallSs
            mov.q     cpl, none                 ; end
sysret:     nop                                 ; jncpl0 gp0
            mov.op    t1, rcx                   ; jncanon gp0
            jmp.q     -, t1
            and.q     t0, r11, FlSysret
            or.q      flags, t0, [FlOne]
            shr.q     t0, star, StarSysret
            or.q      t2, t0, SelRpl
            mov.q     t3, AttrSysretCs32
            nop                                 ; jno64 sysret_cs
            add.q     t2, t0, StarUserCs64
            or.q      t2, t2, SelRpl
            mov.q     t3, AttrSysretCs64
sysret_cs:  mov.q     ssel@cs, t2
            mov.q     sattr@cs, t3
            mov.q     sbase@cs, none
            mov.q     slim@cs, FlatLimit
            add.q     t0, t0, StarSs
            or.q      t0, t0, SelRpl
            mov.q     ssel@ss, t0
            mov.q     sbase@ss, none
            mov.q     slim@ss, FlatLimit
            mov.q     sattr@ss, AttrSysretSs
            mov.q     cpl, 3                    ; end
sysenter:   and.q     t0, syscs, SelNoRpl       ; jz gp0
            mov.q     t1, AttrSyscallCs
            mov.q     t4, sysesp
            mov.q     t5, syseip                ; jlma sysenter_go
            mov.q     t1, AttrSysenterCs32
            mov.d     t4, sysesp
            mov.d     t5, syseip
sysenter_go: mov.q    t2, AttrSyscallSs
            mov.q     t3, none
            and.q     flags, flags, ~[FlIf|FlVm|FlRf] ; j flat_go
sysexit:    nop                                 ; jncpl0 gp0
            and.q     -, syscs, SelNoRpl        ; jz gp0
            mov.q     t2, AttrSysretSs
            mov.q     t3, 3
            nop                                 ; jo64 sysexit_64
            add.q     t0, syscs, SysexitCs32
            mov.q     t1, AttrSysretCs32
            mov.d     t4, rcx
            mov.d     t5, rdx                   ; j sysexit_go
sysexit_64: add.q     t0, syscs, SysexitCs64
            mov.q     t1, AttrSysretCs64
            mov.q     t4, rcx                   ; jncanon gp0
            mov.q     t5, rdx                   ; jncanon gp0
sysexit_go: or.q      t0, t0, SelRpl
# To CS t0 with attributes t1, SS behind it with t2, CPL t3, RSP t4, RIP t5.
flat_go:    mov.q     ssel@ncs, t0
            mov.q     sattr@ncs, t1
            mov.q     sbase@ncs, none
            mov.q     slim@ncs, FlatLimit
            jmpraw.q  -, t5
            segmov    -@cs
            add.q     t0, t0, SysStack
            mov.q     ssel@ss, t0
            mov.q     sattr@ss, t2
            mov.q     sbase@ss, none
            mov.q     slim@ss, FlatLimit
            mov.q     cpl, t3
            mov.q     rsp, t4                   ; end
