// SPDX-License-Identifier: Apache-2.0
// docs/record.md against rtl/record_pkg.sv, offset by offset; elaborating it is the test (tree/lint.sh).
// The C side is held against the same numbers by record_layout_test.c.
module record_layout;
  import record_pkg::*;

  // Byte offset of the lowest bit of a member, found by setting it alone.
  `define OFFSET(record, member, expected)                                                     \
    function automatic int at_``record``_``member();                                           \
      record r;                                                                                \
      logic [$bits(record)-1:0] b;                                                             \
      r = '0;                                                                                  \
      r.member = '1;                                                                           \
      b = r;                                                                                   \
      for (int i = 0; i < $bits(record); i++) if (b[i]) return i / 8;                          \
      return -1;                                                                               \
    endfunction                                                                                \
    if (at_``record``_``member() != expected) begin : g_``record``_``member                    \
      $error(`"record.member: not at expected`");                                              \
    end
  `define BYTES(record, expected)                                                              \
    if ($bits(record) != 8 * expected) begin : g_size_``record                                 \
      $error(`"record: not expected bytes`");                                                  \
    end

  `BYTES(retire_t, 248)
  `BYTES(sys_t, 688)
  `BYTES(walk_t, 40)
  `BYTES(xlate_t, 56)
  `BYTES(bus_t, 56)
  `BYTES(iwalk_t, 48)
  `BYTES(dma_t, 72)
  `BYTES(iommu_t, 48)
  `BYTES(stim_t, 32)

  `OFFSET(retire_t, seq, 8)
  `OFFSET(retire_t, rip, 16)
  `OFFSET(retire_t, next_rip, 24)
  `OFFSET(retire_t, rflags, 32)
  `OFFSET(retire_t, gpr, 40)
  `OFFSET(retire_t, bytes, 168)
  `OFFSET(retire_t, len, 184)
  `OFFSET(retire_t, cpl, 186)
  `OFFSET(retire_t, mode, 187)
  `OFFSET(retire_t, flags, 189)
  `OFFSET(retire_t, boundary, 190)
  `OFFSET(retire_t, error_code, 192)
  `OFFSET(retire_t, core, 196)
  `OFFSET(retire_t, cr2, 200)
  `OFFSET(sys_t, cr0, 8)
  `OFFSET(sys_t, efer, 32)
  `OFFSET(sys_t, dr, 56)
  `OFFSET(sys_t, gdtr_base, 88)
  `OFFSET(sys_t, gdtr_limit, 104)
  `OFFSET(sys_t, seg, 112)
  `OFFSET(sys_t, star, 304)
  `OFFSET(sys_t, pkrs, 408)
  `OFFSET(sys_t, core, 416)
  `OFFSET(sys_t, asked, 417)
  `OFFSET(sys_t, pkru, 424)
  `OFFSET(sys_t, pdpte, 432)
  `OFFSET(sys_t, mtrr_def_type, 464)
  `OFFSET(sys_t, mtrr_base, 472)
  `OFFSET(sys_t, mtrr_mask, 536)
  `OFFSET(sys_t, zero2, 600)
  `OFFSET(seg_rec_t, limit, 8)
  `OFFSET(seg_rec_t, selector, 12)
  `OFFSET(seg_rec_t, attr, 14)
  `OFFSET(walk_t, value, 16)
  `OFFSET(walk_t, kind, 24)
  `OFFSET(walk_t, level, 25)
  `OFFSET(walk_t, core, 26)
  `OFFSET(xlate_t, pa, 16)
  `OFFSET(xlate_t, error_code, 24)
  `OFFSET(xlate_t, latency, 28)
  `OFFSET(xlate_t, requester, 32)
  `OFFSET(xlate_t, hit, 39)
  `OFFSET(xlate_t, psc, 40)
  `OFFSET(xlate_t, core, 41)
  `OFFSET(bus_t, data, 24)
  `OFFSET(bus_t, be, 40)
  `OFFSET(bus_t, src, 42)
  `OFFSET(bus_t, flags, 43)
  `OFFSET(bus_t, core, 44)
  `OFFSET(iwalk_t, value, 16)
  `OFFSET(iwalk_t, kind, 32)
  `OFFSET(dma_t, iova, 16)
  `OFFSET(dma_t, data, 32)
  `OFFSET(dma_t, latency, 48)
  `OFFSET(dma_t, sid, 52)
  `OFFSET(dma_t, phase, 54)
  `OFFSET(dma_t, status, 57)
  `OFFSET(dma_t, tag, 63)
  `OFFSET(dma_t, at, 64)
  `OFFSET(iommu_t, lo, 16)
  `OFFSET(iommu_t, hi, 24)
  `OFFSET(iommu_t, kind, 32)
  `OFFSET(iommu_t, count, 34)
  `OFFSET(iommu_t, latency, 36)
  `OFFSET(stim_t, value, 8)
  `OFFSET(stim_t, kind, 16)
  `OFFSET(stim_t, core, 17)

endmodule
