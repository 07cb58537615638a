// SPDX-License-Identifier: Apache-2.0
// The architecture's bits, masks and numbers: one name and one place for RTL and microcode. uasm
// reads this file (rtl/cpu/ucode/uasm.c), so a constant is one line "localparam type Name = value;"
// with a plain number. A bit is given by its number; microcode writes the mask of some as [A|B].
package cpu_arch_pkg;
  /* verilator lint_off UNUSEDPARAM */  // some are the microcode's only

  // Segment registers by number (SDM Vol. 3A "Segment Registers"; ES is 0); 8 and 9 hold the CS and
  // SS being loaded.
  localparam int unsigned SegCs = 1;
  localparam int unsigned SegSs = 2;
  localparam int unsigned SegDs = 3;
  localparam int unsigned SegFs = 4;
  localparam int unsigned SegGs = 5;
  localparam int unsigned SegLdtr = 6;
  localparam int unsigned SegTr = 7;
  localparam int unsigned SegNcs = 8;
  localparam int unsigned SegNss = 9;

  // RFLAGS bits. SDM Vol. 1 "EFLAGS Register".
  localparam int unsigned FlCf = 0;
  localparam int unsigned FlOne = 1;
  localparam int unsigned FlPf = 2;
  localparam int unsigned FlAf = 4;
  localparam int unsigned FlZf = 6;
  localparam int unsigned FlSf = 7;
  localparam int unsigned FlTf = 8;
  localparam int unsigned FlIf = 9;
  localparam int unsigned FlDf = 10;
  localparam int unsigned FlOf = 11;
  localparam int unsigned FlIopl = 12;                       // and 13
  localparam logic [63:0] FlIoplMask = 64'h3000;
  localparam int unsigned FlNt = 14;
  localparam int unsigned FlRf = 16;
  localparam int unsigned FlVm = 17;
  localparam int unsigned FlAc = 18;
  localparam int unsigned FlVif = 19;
  localparam int unsigned FlVip = 20;
  localparam int unsigned FlId = 21;
  localparam logic [63:0] FlExisting = 64'h003f_7fd5;        // but bit 1
  localparam logic [63:0] FlPopf = 64'h25_4dd5;              // written at any level by POPF, IRET
  localparam logic [63:0] FlIoplIf = 64'h3200;               // and at level 0
  localparam logic [63:0] FlPushed = 64'hfc_ffff;            // by PUSHF: RF and VM read 0
  localparam logic [63:0] FlSysret = 64'h003c_7fd7;          // loaded by SYSRET

  // Selectors and descriptors. SDM Vol. 3A "Segment Selectors", "Segment Descriptors".
  localparam logic [63:0] SelRpl = 64'h3;
  localparam int unsigned SelTi = 2;
  localparam logic [63:0] SelNoRpl = 64'hfffc;
  localparam logic [63:0] SelOffset = 64'hfff8;              // of the descriptor in its table
  localparam logic [63:0] PrivilegeMask = 64'h3;             // a level, once shifted down
  localparam int unsigned DescAccess = 40;                   // its access byte
  localparam int unsigned DescAccessByte = 5;                // the same, in bytes
  localparam int unsigned DescAccessed = 40;
  localparam int unsigned DescBusy = 41;
  localparam int unsigned DescDpl = 45;
  localparam int unsigned DescL = 53;
  localparam int unsigned DescD = 54;
  localparam int unsigned DescG = 55;
  localparam int unsigned DescHigh = 32;                     // its high dword
  localparam logic [63:0] DescLimitHigh = 64'hf_0000;        // of that, bits 19:16 of the limit
  localparam logic [63:0] DescRights = 64'hff_ff00;          // of that, by LAR
  localparam logic [63:0] DescHighType = 64'h1f00_0000_0000; // of a 16-byte one: must be 0
  localparam logic [63:0] DescLast = 64'd7;                  // last byte of a descriptor
  localparam logic [63:0] DescLast16 = 64'd15;

  // The access byte, and the attribute word of a segment register (access byte in 7:0).
  localparam int unsigned AbAccessed = 0;
  localparam int unsigned AbWritable = 1;                    // data; a code segment: readable
  localparam int unsigned AbExpandDown = 2;
  localparam int unsigned AbConforming = 2;
  localparam int unsigned AbCode = 3;
  localparam int unsigned AbS = 4;                           // code or data
  localparam int unsigned AbDpl = 5;                         // and 6
  localparam int unsigned AbPresent = 7;
  localparam logic [63:0] AbType = 64'h1f;                   // S and type
  localparam logic [63:0] AbSystemType = 64'hf;              // type, S = 0
  localparam logic [63:0] LarTypes = 64'h1a3e;               // 1 2 3 4 5 9 B C: SDM Vol. 2 "LAR"
  localparam logic [63:0] LarTypesLong = 64'h1a00;           // 9 B C
  localparam logic [63:0] LslTypes = 64'h0a0e;               // 1 2 3 9 B: SDM Vol. 2 "LSL"
  localparam logic [63:0] LslTypesLong = 64'h0a04;           // 2 9 B
  localparam logic [63:0] TypeLdt = 64'h02;
  localparam logic [63:0] TypeTss16 = 64'h01;                // available
  localparam logic [63:0] TypeTss32 = 64'h09;                // available; in long mode 64-bit
  localparam int unsigned TypeTssBusy = 1;
  localparam int unsigned AttrL = 13;
  localparam int unsigned AttrD = 14;                        // D of code, B of a stack
  localparam logic [63:0] FlatLimit = 64'hffff_ffff;
  localparam logic [63:0] AttrSyscallCs = 64'ha09b;          // SDM Vol. 2 "SYSCALL", "SYSENTER"
  localparam logic [63:0] AttrSyscallSs = 64'hc093;
  localparam logic [63:0] AttrSysretCs64 = 64'ha0fb;         // SDM Vol. 2 "SYSRET", "SYSEXIT"
  localparam logic [63:0] AttrSysretCs32 = 64'hc0fb;
  localparam logic [63:0] AttrSysretSs = 64'hc0f3;
  localparam logic [63:0] StarUserCs64 = 64'd16;             // from STAR[63:48]
  localparam logic [63:0] StarSs = 64'd8;                    // from either base
  localparam int unsigned StarSyscall = 32;
  localparam int unsigned StarSysret = 48;
  localparam logic [63:0] AttrSysenterCs32 = 64'hc09b;       // outside long mode
  localparam logic [63:0] SysexitCs32 = 64'd16;              // from SYSENTER_CS
  localparam logic [63:0] SysexitCs64 = 64'd32;
  localparam logic [63:0] SysStack = 64'd8;                  // SS from CS, either way

  // Gates. SDM Vol. 3A "IDT Descriptors", "64-Bit Mode IDT".
  localparam logic [63:0] GateTypeMask = 64'h1e;             // S and type, less interrupt or trap
  localparam logic [63:0] GateType32 = 64'h0e;               // 14, 15
  localparam logic [63:0] GateType16 = 64'h06;               // 6, 7
  localparam int unsigned Gate32 = 3;                        // bit of the type, of a call gate too
  localparam int unsigned GateTrap = 0;                      // bit of the type: IF is kept
  localparam int unsigned GateSelector = 16;
  localparam int unsigned GateOffsetHigh = 48;
  localparam int unsigned GateIst = 32;
  localparam logic [63:0] GateIstMask = 64'h7;
  localparam logic [63:0] TypeCallGate16 = 64'h4;            // SDM Vol. 3A "Call Gates"
  localparam logic [63:0] TypeCallGate32 = 64'hc;            // in long mode 64-bit
  localparam int unsigned GateCount = 32;                    // of parameters
  localparam logic [63:0] GateCountMask = 64'h1f;
  localparam int unsigned ErrExt = 0;                        // SDM Vol. 3A "Error Code"
  localparam int unsigned ErrIdt = 1;
  localparam int unsigned ErrVector = 3;

  // TSS. SDM Vol. 3A "Task-State Segment (TSS)", "16-Bit Task-State Segment", "Task Management in
  // 64-bit Mode".
  localparam int unsigned Tss32 = 3;                         // bit of the type, else 16-bit
  localparam logic [63:0] TssSp0Of32 = 64'h4;                // ESPn at 4 + 8n, SSn behind it
  localparam logic [63:0] TssSp0Of16 = 64'h2;                // SPn at 2 + 4n, SSn behind it
  localparam logic [63:0] TssRsp0 = 64'h4;                   // RSPn at 4 + 8n
  localparam logic [63:0] TssIst0 = 64'h1c;                  // ISTn at 1Ch + 8n, n from 1
  localparam logic [63:0] TssIoMap = 64'h66;
  localparam logic [63:0] TssIoMapLast = 64'h67;

  // Control registers. SDM Vol. 3A "Control Registers".
  localparam int unsigned Cr0Pe = 0;
  localparam int unsigned Cr0Mp = 1;
  localparam int unsigned Cr0Em = 2;
  localparam int unsigned Cr0Ts = 3;
  localparam int unsigned Cr0Et = 4;
  localparam int unsigned Cr0Ne = 5;
  localparam int unsigned Cr0Wp = 16;
  localparam int unsigned Cr0Am = 18;
  localparam int unsigned Cr0Nw = 29;
  localparam int unsigned Cr0Cd = 30;
  localparam int unsigned Cr0Pg = 31;
  localparam logic [63:0] Cr0Existing = 64'he005_003f;
  localparam logic [63:0] Cr0Lmsw = 64'hf;                   // PE MP EM TS; PE is only set
  localparam logic [63:0] Cr3PcidMask = 64'hfff;
  localparam int unsigned Cr3NoFlush = 63;
  localparam int unsigned Cr4Tsd = 2;
  localparam int unsigned Cr4De = 3;
  localparam int unsigned Cr4Pse = 4;
  localparam int unsigned Cr4Pae = 5;
  localparam int unsigned Cr4Pge = 7;
  localparam int unsigned Cr4Pce = 8;
  localparam int unsigned Cr4Umip = 11;
  localparam int unsigned Cr4La57 = 12;
  localparam int unsigned Cr4Fsgsbase = 16;
  localparam int unsigned Cr4Pcide = 17;
  localparam int unsigned Cr4Smep = 20;
  localparam int unsigned Cr4Smap = 21;
  localparam int unsigned Cr4Pke = 22;
  localparam int unsigned Cr4Pks = 24;
  localparam logic [63:0] Cr4Existing = 64'h173_19bc;
  localparam int unsigned Cr8Tpr = 4;                        // TPR 7:4 is CR8
  localparam logic [63:0] Cr8Mask = 64'hf;
  localparam int unsigned EferSce = 0;
  localparam int unsigned EferLme = 8;
  localparam int unsigned EferLma = 10;
  localparam int unsigned EferNxe = 11;
  localparam logic [63:0] EferExisting = 64'hd01;
  localparam logic [63:0] MsrNumberTsc = 64'h10;
  localparam logic [63:0] MsrNumberApicBase = 64'h1b;
  localparam logic [63:0] MsrNumberTscAdjust = 64'h3b;
  localparam logic [63:0] MsrNumberDeadline = 64'h6e0;
  localparam logic [63:0] MsrX2apicBlock = 64'h8;            // 800h to 8FFh, over 256
  // IA32_MISC_ENABLE. SDM Vol. 4; docs/cpu.md S18.
  localparam logic [63:0] MiscReset = 64'h1801;
  localparam logic [63:0] MiscStored = 64'h4_00c5_0009;
  localparam logic [63:0] MiscReadOnly = 64'h1880;           // perfmon, BTS and PEBS unavailable
  localparam int unsigned MiscLimitCpuid = 22;
  localparam int unsigned MiscXdDisable = 34;
  localparam logic [63:0] MtrrCap = 64'h408;                 // 8 variable ranges, WC
  localparam int unsigned MtrrValid = 11;                    // V of PHYSMASKn, E of DEF_TYPE
  localparam logic [63:0] MtrrType = 64'hff;
  localparam logic [63:0] MtrrAddress = 64'hff_ffff_f000;    // 39:12

  // Debug registers. SDM Vol. 3B "Debug Registers".
  localparam logic [63:0] Dr6Match = 64'hf;                  // B0 to B3
  localparam int unsigned Dr6Bd = 13;
  localparam int unsigned Dr6Bs = 14;
  localparam logic [63:0] Dr6Ones = 64'hffff_0ff0;
  localparam logic [63:0] Dr6Stored = 64'he00f;
  localparam int unsigned Dr7Gd = 13;
  localparam logic [63:0] Dr7Ones = 64'h400;
  localparam logic [63:0] Dr7Stored = 64'hffff_27ff;

  // Local APIC. SDM Vol. 3A "Local APIC Status and Location", "Task Priority in IA-32e Mode",
  // "Extended XAPIC (x2APIC)".
  localparam int unsigned ApicBaseBsp = 8;
  localparam int unsigned ApicBaseEnable = 11;
  localparam int unsigned ApicBaseExtended = 10;
  localparam logic [63:0] ApicBaseExisting = 64'hff_ffff_fd00;
  localparam logic [63:0] ApicPage = 64'hfee0_0000;          // of the bus, wherever the window is
  localparam logic [63:0] IoSettle = 64'd24;                 // words behind the beat of OUT, WRMSR TSC
  localparam logic [63:0] ApicTpr = 64'h80;
  localparam logic [63:0] ApicByMsr = 64'h1000;              // + 16 times the MSR, less 800h
  localparam logic [63:0] ApicDeadline = 64'h1f00;
  localparam logic [63:0] ApicTscAdjust = 64'h1f10;
  localparam logic [63:0] ApicNewBase = 64'h1f20;

  // Vectors. SDM Vol. 3A "Exceptions and Interrupts".
  localparam logic [7:0] VecDe = 8'd0;
  localparam logic [7:0] VecDb = 8'd1;
  localparam logic [7:0] VecNmi = 8'd2;
  localparam logic [7:0] VecBp = 8'd3;
  localparam logic [7:0] VecOf = 8'd4;
  localparam logic [7:0] VecBr = 8'd5;
  localparam logic [7:0] VecUd = 8'd6;
  localparam logic [7:0] VecNm = 8'd7;
  localparam logic [7:0] VecDf = 8'd8;
  localparam logic [7:0] VecTs = 8'd10;
  localparam logic [7:0] VecNp = 8'd11;
  localparam logic [7:0] VecSs = 8'd12;
  localparam logic [7:0] VecGp = 8'd13;
  localparam logic [7:0] VecPf = 8'd14;
  localparam logic [7:0] VecAc = 8'd17;

  // Parts of a value.
  localparam logic [63:0] LowByte = 64'hff;
  localparam logic [63:0] AhMask = 64'hff00;
  localparam logic [63:0] BcdDigit = 64'hf;                  // SDM Vol. 2 "DAA", "AAA"
  localparam logic [63:0] BcdDigits = 64'd10;                // the first that is none
  localparam logic [63:0] BcdAdjustLow = 64'h06;
  localparam logic [63:0] BcdBytes = 64'h9a;                 // the first byte beyond two digits
  localparam logic [63:0] BcdAdjustHigh = 64'h60;
  localparam logic [63:0] AsciiAdjust = 64'h106;             // of AX
  localparam logic [63:0] AsciiDigit = 64'hff0f;             // AH and the low digit
  localparam logic [63:0] LowWord = 64'hffff;
  localparam logic [63:0] PseudoBase24 = 64'hff_ffff;        // LGDT, LIDT, 16-bit operand
  localparam logic [63:0] PageOffset = 64'hfff;
  localparam logic [63:0] EnterLevels = 64'h1f;              // SDM Vol. 2 "ENTER"
  localparam logic [63:0] StackAlign = 64'hf;                // 64-bit event delivery

  // The processor's own: depth of the microcode's return stack, shadows (OpShadow), kinds of flush
  // (mmu_pkg flush_e).
  localparam int unsigned UcodeReturnDepth = 4;
  localparam int unsigned ShadowSti = 0;
  localparam int unsigned ShadowMovSs = 1;
  localparam logic [63:0] MmuFlushPage = 64'd0;
  localparam logic [63:0] MmuFlushPagePcid = 64'd1;
  localparam logic [63:0] MmuFlushPcid = 64'd2;
  localparam logic [63:0] MmuFlushAll = 64'd3;
  localparam logic [63:0] MmuFlushAllNonGlobal = 64'd4;
  localparam logic [63:0] InvpcidAddress = 64'd0;            // SDM Vol. 2 "INVPCID"
  localparam logic [63:0] InvpcidAll = 64'd2;
  localparam logic [63:0] InvpcidNonGlobal = 64'd3;
  localparam logic [63:0] InvpcidTypes = 64'd3;

  /* verilator lint_on UNUSEDPARAM */
endpackage
