// Processor core, in compile order. UCODE_DIR is where uasm wrote its output:
//   uasm -o $UCODE_DIR -c rtl/cpu/cpu_arch_pkg.sv rtl/cpu/ucode/*.uc
rtl/record_pkg.sv
rtl/bus/bus_pkg.sv
rtl/mmu/mmu_pkg.sv
rtl/cpu/cpu_port_pkg.sv
rtl/cpu/cpu_arch_pkg.sv
${UCODE_DIR}/ucode_pkg.sv
rtl/cpu/cpu_pkg.sv
${UCODE_DIR}/ucode_rom.sv
rtl/cpu/ucode.sv
rtl/cpu/fetch.sv
rtl/cpu/decode.sv
rtl/cpu/alu.sv
rtl/cpu/muldiv.sv
rtl/cpu/lsu.sv
rtl/cpu/segment.sv
rtl/cpu/sysreg.sv
rtl/cpu/cpuid.sv
rtl/cpu/event_unit.sv
rtl/cpu/cpu_seq.sv
rtl/cpu/cpu_boundary.sv
rtl/cpu/cpu_operand.sv
rtl/cpu/cpu_flow.sv
rtl/cpu/cpu_regs.sv
rtl/cpu/cpu_bus.sv
rtl/cpu/cpu_trace.sv
rtl/cpu/cpu.sv
