rtl/mmu/mmu_pkg.sv
rtl/mmu/mmu_rights.sv
rtl/mmu/mmu_tlb.sv
rtl/mmu/mmu_psc.sv
rtl/mmu/mmu_entry.sv
rtl/mmu/mmu_walk.sv
rtl/mmu/mmu.sv
