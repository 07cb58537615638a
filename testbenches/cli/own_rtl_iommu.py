# SPDX-License-Identifier: Apache-2.0
"""Bad IOMMUs: the cases of own_rtl.py, changes of plainvtd."""

GOOD = "testbenches/foreign/plainvtd"
TOP = "plainvtd.sv"
WINDOW = "vtd_window.sv"
UNUSED = "  // --- the bus: from a register, up until the ack ---\n"
COMB = "    bus_req_o = ask;\n"
PINS = r"stream pins, field bus_req_o, cycle \d+\n  rtl   "

# name, file, text, its replacement, exit status, what the one line says (2), or the report (1)
CASES = [
    ("port missing", TOP, "  output logic         reg_ack_o,\n", "", 2, r"module plainvtd: port reg_ack_o is missing"),
    ("what it tells missing", TOP, "  output logic         frcd_valid_o,\n", "", 2,
     r"module plainvtd: port frcd_valid_o is missing"),
    ("port too narrow", TOP, "logic [7:0]   rsp_fault_o", "logic [4:0]   rsp_fault_o", 2,
     r"module plainvtd: port rsp_fault_o is an output of 5 bits, the contract's is an output of 8"),
    ("port the wrong way", TOP, "input  logic         reg_valid_i", "output logic         reg_valid_i", 2,
     r"module plainvtd: port reg_valid_i is an output of 1 bits, the contract's is an input of 1"),
    ("port too many", TOP, "clk_i, rst_ni,", "clk_i, rst_ni, test_i,", 2, r"module plainvtd: port test_i is none of the contract's"),
    ("no such module", "ringwalk.ini", "top = plainvtd", "top = nothing", 2, r"does not build: %Error.*nothing"),
    ("syntax error", TOP, "endmodule", "endmodul", 2, r"does not build: %Error: .*plainvtd\.sv:\d+"),
    ("unknown key", "ringwalk.ini", "mode =", "mood =", 2, r"ringwalk\.ini:3: unknown key 'mood'"),
    ("unknown lack", "ringwalk.ini", "5-level", "6-level", 2, r"ringwalk\.ini:5: '6-level' is nothing that an IOMMU may lack"),
    ("lacks every width", "ringwalk.ini", "5-level", "5-level, 4-level, 3-level", 2, r"lacks every width"),
    ("records out of range", "ringwalk.ini", "records = 4", "records = 9", 2, r"ringwalk\.ini:4: '9' is no number of fault records"),
    ("exact without records", "ringwalk.ini", "legality", "exact", 2, r"module plainvtd: port vtd_i is missing"),
    ("queue without its ports", "ringwalk.ini", "device-tlb, ", "", 2, r"module plainvtd: port inv_valid_o is missing"),
    ("logic that never settles", TOP, UNUSED, "  logic odd;\n  assign odd = dma_valid_i && !odd;\n" + UNUSED, 1,
     r"ringwalk: the RTL cannot go on in cycle \d+: .*did not converge"),
    ("request falls with its ack", TOP, COMB, COMB + "    if (bus_rsp_i.ack) bus_req_o.valid = 1'b0;\n", 1,
     PINS + "changes with the ack in the same cycle"),
    ("request changed before its ack", TOP, COMB, COMB + "    bus_req_o.addr[39] = beat;\n", 1, PINS + "changed before its ack"),
    ("request withdrawn", TOP, COMB, COMB + "    if (beat) bus_req_o.valid = 1'b0;\n", 1, PINS + "withdrawn before its ack"),
    ("answer without a request", TOP, "step == Reply;", "step == Reply || step == Window;", 1,
     r"stream pins, field dma_rsp_valid_o, cycle \d+\n  rtl   an answer without a request"),
    ("answer with another tag", TOP, "dma_rsp_o.tag   = q.tag", "dma_rsp_o.tag   = q.tag ^ 8'h40", 1,
     r"stream pins, field dma_rsp_valid_o, cycle \d+\n  rtl   an answer with a tag that no request in flight has"),
    ("acknowledgement without an access", TOP, "step == Window;", "step == Window || step == Reply;", 1,
     r"stream pins, field reg_ack_o, cycle \d+\n  rtl   an acknowledgement without an access"),
    ("fault record without a request", TOP, "frcd_valid_o = recorded", "frcd_valid_o = recorded || step == Window", 1,
     r"stream pins, field frcd_valid_o, cycle \d+\n  rtl   a fault record without a request"),
    ("request never accepted", TOP, "assign dma_ready_o     = step == Rest", "assign dma_ready_o     = 1'b0 && step == Rest", 1,
     r"stream dma, field dma_ready_o, cycle \d+\n  rtl   no answer in 5000 cycles"),
    ("request taken and forgotten", TOP, "dma_valid_i && dma_ready_o) begin", "dma_valid_i && dma_ready_o && dma_req_i.len != 5'd3) begin", 1,
     r"stream dma, field dma_rsp_valid_o, cycle \d+\n  rtl   no answer in 5000 cycles, 0 accesses"),
    ("request never answered", TOP, "step == Reply;", "step == Reply && q.len != 5'd3;", 1,
     r"stream dma, field dma_rsp_valid_o, cycle \d+\n  rtl   no answer in 5000 cycles, \d+ accesses"),
    ("walk for ever", TOP, "fail(q.write ? 8'h5 : 8'h6, quiet)", "ask.valid <= 1'b1", 1,
     r"stream dma, field dma_rsp_valid_o, cycle \d+\n  rtl   no answer in 5000 cycles, \d\d+ accesses"),
    ("access never acknowledged", TOP, "reg_valid_i) step <= Window;", "reg_valid_i && reg_req_i.bytes != 5'd2) step <= Window;", 1,
     r"stream iommu, field reg_ack_o, cycle \d+\n  rtl   no answer in 5000 cycles"),
    ("queue never begins", WINDOW, "assign work_o = qie", "assign work_o = 1'b0 && qie", 1,
     r"stream registers, field IQH, cycle \d+\n  rtl   stands at 0x0"),
    ("queue never ends", WINDOW, "if (step_i) iqh", "if (step_i && 1'b0) iqh", 1,
     r"stream iommu, field bus_req_o, cycle \d+\n  rtl   no rest"),
    ("descriptor not told of", TOP, "desc_valid_o = step == Done", "desc_valid_o = step == Done && got[3:0] != 4'd2", 1,
     r"stream pins, field desc_valid_o, cycle \d+\n  rtl   descriptors up to 0x"),
    ("status not written", TOP, "else if (got[3:0] == 4'd5 && got[5])", "else if (1'b0)", 1,
     r"stream pins, field desc_valid_o, cycle \d+\n  rtl   nothing written"),
    ("status that no wait asks for", TOP, "got[3:0] == 4'd5 && got[5])", "got[3:0] == 4'd5)", 1,
     PINS + r"write at .*\n  model nothing: no answer, no descriptor and no event"),
    ("walk in I/O space", TOP, COMB, COMB + "    bus_req_o.io = step == Context;\n", 1, PINS + "not memory"),
    ("walk of the processor", TOP, "<= SrcIommuWalk;", "<= SrcWalk;", 1, PINS + "src is none of"),
    ("above 40 bits", TOP, COMB, COMB + "    bus_req_o.high[0] = step == Walk;\n", 1, PINS + "not memory"),
    ("half an entry", TOP, "16'h00FF", "16'h003F", 1, PINS + "no structure"),
    ("status as a request's data", TOP, "write4(SrcIommuWalk", "write4(SrcDma", 1, PINS + "an access of a request, and none is in flight"),
    ("moved twice", TOP, "          reply(1'b1);\n        end\n\n      Log", "          if (q.len == 5'd5 && beat) ask.valid <= 1'b1;\n          else reply(1'b1);\n        end\n\n      Log", 1,
     PINS + r".*\n  model nothing: no answer"),
    ("moved nothing", TOP, "if (q.len == '0) reply(1'b1);", "if (q.len inside {5'd0, 5'd7}) reply(1'b1);", 1,
     r"stream legality, field access, cycle \d+\n  rtl   nothing"),
    ("message of no event", WINDOW, "data[0][15:0] : data[1]", "data[0][15:0] ^ 16'd1 : data[1]", 1,
     PINS + r"write at 0xfee00000.*\n  model nothing: no answer, no descriptor and no event"),
    ("another capability", "vtd_rules.sv", "64'h00C9_0384", "64'h00C9_0B84", 1,
     r"stream registers, field CAP, cycle \d+\n  rtl   0xc90b84202f0606\n  model 0xc90384202f0606"),
    ("record not as told", WINDOW, "{1'b1, fault_record_i}", "{1'b1, fault_record_i ^ 127'h1000}", 1,
     r"stream registers, field FRCD\[\d\], cycle \d+"),
    ("a property of its own", TOP, UNUSED, "  Never: assert property (@(posedge clk_i) disable iff (!rst_ni) !dma_rsp_valid_o);\n" + UNUSED, 1,
     r"stream assert, field plainvtd\.sv:\d+, cycle \d+\n  rtl   .*Never"),
    ("a warning stops nobody", TOP, UNUSED, "  logic [3:0] w = 5'd3;\n" + UNUSED, 0, r"%Warning-WIDTH.*plainvtd\.sv:\d+"),
]

# Where a signal `beat`, up every other cycle, is declared for the cases that have it.
BEAT_BEFORE = UNUSED
