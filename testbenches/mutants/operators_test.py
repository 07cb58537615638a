#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What operators.py finds in a text and what it makes of it."""
import sys
import unittest

sys.dont_write_bytecode = True
import campaign
import operators

BLOCK = """module m;  // if (comment) a && b
  localparam logic [3:0] Skipped = 4'd1;
  assign x = a && (b || c[7:4] == 4'd3);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) q <= '0;
    else if (go_i) q <= d_i;
    unique case (s)
      2'd1: r <= 2'd2;
      default: ;
    endcase
  end
  function automatic logic f(input logic y);
    return y && z[1];
  endfunction
endmodule
"""


def found(text):
    return [(s.kind, text[s.start:s.end]) for s in operators.sites(text)]


class Operators(unittest.TestCase):
    def test_sites(self):
        self.assertEqual(sorted(found(BLOCK)), sorted([
            ("term", "a"), ("term", "(b || c[7:4] == 4'd3)"), ("term", "b"), ("term", "c[7:4] == 4'd3"),
            ("high", "c[7:4]"), ("low", "c[7:4]"), ("literal", "4'd3"),
            ("if", "!rst_ni"), ("if", "go_i"), ("keep", "q <= '0;"), ("keep", "q <= d_i;"),
            ("keep", "r <= 2'd2;"), ("literal", "2'd2"), ("term", "y"), ("term", "z[1]")]))

    def test_nothing_planted(self):
        self.assertEqual(operators.instrument(BLOCK, []), BLOCK)

    def test_one_of_each(self):
        text = "assign x = a && b[3:0] == 4'd2;"
        for kind, wanted in (
                ("literal", "assign x = a && b[3:0] == (4'd2 ^ 4'(mutant_pkg::mutant == 7));"),
                ("high", "assign x = a && (b[3:0] & ~(mutant_pkg::mutant == 7 ? 4'h8 : 4'h0)) == 4'd2;"),
                ("low", "assign x = a && (b[3:0] & ~(mutant_pkg::mutant == 7 ? 4'h1 : 4'h0)) == 4'd2;"),
                ("term", "assign x = (mutant_pkg::mutant == 7 ? 1'b1 : (a)) && b[3:0] == 4'd2;")):
            site = next(s for s in operators.sites(text) if s.kind == kind)
            self.assertEqual(operators.instrument(text, [(7, site)]), wanted)

    def test_or_is_taken_as_0(self):
        text = "assign x = a || b;"
        site = operators.sites(text)[0]
        self.assertEqual(operators.instrument(text, [(1, site)]),
                         "assign x = (mutant_pkg::mutant == 1 ? 1'b0 : (a)) || b;")

    def test_a_compare_beside_an_operator(self):
        self.assertEqual(found("assign x = a && b <= c;"), [("term", "a"), ("term", "b")])

    def test_statements(self):
        text = "always_ff @(posedge clk_i) if (a) q <= d;"
        sites = {s.kind: s for s in operators.sites(text)}
        self.assertEqual(operators.instrument(text, [(1, sites["keep"])]),
                         "always_ff @(posedge clk_i) if (a) begin if (mutant_pkg::mutant != 1) q <= d; end")
        self.assertEqual(operators.instrument(text, [(2, sites["if"])]),
                         "always_ff @(posedge clk_i) if (mutant_pkg::mutant == 2 ? !(a) : (a)) q <= d;")

    def test_nested_ones_close_in_order(self):
        text = "assign x = a && 1'b1;"
        numbered = list(enumerate(operators.sites(text), 1))
        self.assertEqual(operators.instrument(text, numbered),
                         "assign x = (mutant_pkg::mutant == 1 ? 1'b1 : (a)) && "
                         "((mutant_pkg::mutant == 3 ? 1'b1 : (1'b1)) ^ 1'(mutant_pkg::mutant == 2));")

    def test_left_hand_sides_and_labels_stay(self):
        text = "always_comb begin\n  x[3:1] = y;\n  case (s)\n    3'd1, 3'd2: z = 1'b0;\n  endcase\nend"
        self.assertEqual(found(text), [("literal", "1'b0")])


class Accepted(unittest.TestCase):
    def test_every_row_is_a_mutant_of_the_tree(self):
        there = {campaign.key(m) for m in campaign.collect([campaign.ROOT / "rtl"])}
        self.assertEqual(campaign.accepted() - there, set())


if __name__ == "__main__":
    unittest.main()
