# SPDX-License-Identifier: Apache-2.0
"""Mutation operators over SystemVerilog text: where each could be applied, and the text with all of them in it, each
behind a number, so that one build holds every mutant and `mutant_pkg::mutant` says which one lives (0: none).

Only code inside always blocks, functions and continuous assignments is looked at. Operators:
    if        a condition turned round
    term      an operand of && taken as 1, of || as 0
    keep      a nonblocking assignment left out
    literal   bit 0 of a sized literal turned round
    high, low the uppermost, the lowest bit of a constant slice read as 0
"""
import re
import typing

PACKAGE = '''package mutant_pkg;
  import "DPI-C" function int rw_mutant();
  int mutant = rw_mutant();
endpackage
'''
SKIPPED = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", re.S)
REGION = re.compile(r"\b(always_comb|always_ff|function|assign)\b")
SLICE = re.compile(r"(?<![\w.$])([A-Za-z_][\w]*(?:(?:::|\.)\w+|\[[^\[\]\n]*\])*)\[(\d+):(\d+)\]")
LITERAL = re.compile(r"(?<![\w'])(\d+)'([hdb])([0-9a-fA-F_]+)\b")


class Site(typing.NamedTuple):
    start: int
    end: int
    kind: str
    before: str  # with {n} for the number
    after: str
    region: int  # where its always block, function or assignment begins


def blank(text):
    """Comments and strings as spaces, line breaks kept."""
    return SKIPPED.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def matching(text, at):
    """Behind the bracket that closes the one at `at`."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    stack = []
    for i in range(at, len(text)):
        c = text[i]
        if c in pairs:
            stack.append(pairs[c])
        elif stack and c == stack[-1]:
            stack.pop()
            if not stack:
                return i + 1
    return len(text)


def block_end(text, at):
    """Behind the end of the begin at `at`."""
    depth = 0
    for m in re.finditer(r"\b(begin|case|casez|end|endcase)\b", text[at:]):
        depth += 1 if m.group().startswith(("begin", "case")) else -1
        if depth == 0:
            return at + m.end()
    return len(text)


def regions(text):
    at = 0
    while m := REGION.search(text, at):
        at = m.end()
        if m.group() == "function":
            end = text.find("endfunction", at)
            head = text.find(";", at)
            yield m.start(), head + 1, end
        elif m.group() == "assign":
            end = text.find(";", at) + 1
            yield m.start(), at, end
        else:
            begin = re.compile(r"\s*(@\s*\([^)]*\))?\s*").match(text, at).end()
            end = block_end(text, begin) if text.startswith("begin", begin) else text.find(";", begin) + 1
            yield m.start(), begin, end
        at = max(at, end)


def conditions(text, start, end):
    """(start, end) of what is inside the parentheses of each if"""
    for m in re.finditer(r"\bif\s*\(", text[start:end]):
        opening = start + m.end() - 1
        yield opening + 1, matching(text, opening) - 1


def operands(text, start, end):
    """(start, end, 1 or 0) of each operand of && (1) and || (0)"""
    opens, closes = "([{", ")]}"
    stack = [[start, []]]  # where the operand began, the operators of this level: (position, operator)
    pieces = []

    def close(level, at):
        marks = level[1]
        bounds = [level[0]] + [m[0] + 2 for m in marks]
        ends = [m[0] for m in marks] + [at]
        for i, (a, b) in enumerate(zip(bounds, ends)):
            near = {marks[j][1] for j in (i - 1, i) if 0 <= j < len(marks)}
            if near:
                pieces.append((a, b, 1 if "&&" in near else 0))
        level[0], level[1] = at + 1, []

    i = start
    while i < end:
        c = text[i]
        if c in opens:
            stack.append([i + 1, []])
        elif c in closes:
            close(stack[-1], i)
            if len(stack) > 1:
                stack.pop()
        elif text.startswith(("&&", "||"), i):
            stack[-1][1].append((i, text[i:i + 2]))
            i += 1
        elif c in ";,?:" and not text.startswith("::", i) and text[i - 1:i + 1] != "::":
            close(stack[-1], i)
        elif c == "=" and text[i - 1] not in "=!<>" and text[i + 1:i + 2] != "=":
            close(stack[-1], i)
        elif text.startswith("return", i) and not (text[i - 1].isalnum() or text[i - 1] == "_"):
            stack[-1][0] = i + 6
            i += 5
        elif text.startswith("<=", i) and len(stack) == 1:
            close(stack[-1], i)
            i += 1
            stack[-1][0] = i + 1
        i += 1
    return pieces


def assignments(text, start, end):
    """(start, end) of each nonblocking assignment that is a statement at the start of its line, or behind if (...)"""
    for m in re.finditer(r"^[ \t]*(?:(?:end )?else |[\w', ]+: )?", text[start:end], re.M):
        at = start + m.end()
        while text.startswith("if", at) and (opening := text.find("(", at)) - at < 4:
            at = matching(text, opening)
            at += len(text[at:]) - len(text[at:].lstrip())
        target = re.compile(r"(?:[A-Za-z_]\w*(?:\.\w+|\[[^\]\n]*\])*|\{[^}\n]*\})\s*<=(?!=)").match(text, at)
        if target and target.end() < end:
            stop = text.find(";", at) + 1
            if 0 < stop <= end:
                yield at, stop


def in_index(text, at, start):
    """Is `at` inside [ ] that open in the region?"""
    depth = 0
    for c in reversed(text[max(start, at - 200):at]):
        depth += (c == "]") - (c == "[")
        if depth < 0:
            return True
        if c == ";":
            break
    return False


def left_hand(text, at, start):
    """Is `at` on the left of an assignment, or a case label?"""
    stop = re.compile(r"[;?]|\b(?:begin|end|else)\b").search(text, at)
    tail = text[at:stop.start() if stop else len(text)]
    head = max(text.rfind(c, start, at) for c in ";") + 1
    own = text[head:at]
    assigned = re.search(r"(?<![=!<>])<?=(?!=)", own) is not None
    if re.match(r"[\w'\[\]:.,\s{}+*-]*(?<![=!<>])<?=(?!=)", tail) and not assigned and own.count("(") <= own.count(")"):
        return True
    line = text[text.rfind("\n", 0, at) + 1:at]
    label = re.match(r"[\w'.,\s-]*:(?!:)", re.sub(r"\[[^\]]*\]", "", tail))
    return label is not None and "?" not in line and "(" not in line


def sites(text):
    clean = blank(text)
    found = []
    for name, start, end in regions(clean):
        for a, b in conditions(clean, start, end):
            found.append(Site(a, b, "if", "mutant_pkg::mutant == {n} ? !(", ") : (", name))
        for a, b, value in operands(clean, start, end):
            a += len(clean[a:b]) - len(clean[a:b].lstrip())
            b -= len(clean[a:b]) - len(clean[a:b].rstrip())
            if b > a:
                found.append(Site(a, b, "term", f"(mutant_pkg::mutant == {{n}} ? 1'b{value} : (", "))", name))
        for a, b in assignments(clean, start, end):
            found.append(Site(a, b, "keep", "begin if (mutant_pkg::mutant != {n}) ", " end", name))
        for m in LITERAL.finditer(clean, start, end):
            if in_index(clean, m.start(), start) or clean[m.end():].lstrip().startswith("{") or \
                    left_hand(clean, m.start(), start):
                continue
            found.append(Site(m.start(), m.end(), "literal",
                              "(", f" ^ {m.group(1)}'(mutant_pkg::mutant == {{n}}))", name))
        for m in SLICE.finditer(clean, start, end):
            high, low = int(m.group(2)), int(m.group(3))
            if high <= low or in_index(clean, m.start(), start) or left_hand(clean, m.start(), start):
                continue
            for kind, mask in (("high", 1 << (high - low)), ("low", 1)):
                width = high - low + 1
                found.append(Site(m.start(), m.end(), kind, "(",
                                  f" & ~(mutant_pkg::mutant == {{n}} ? {width}'h{mask:x} : {width}'h0))", name))
    return sorted(set(found))


def instrument(text, numbered):
    """The text with every site of `numbered` [(n, Site)] in it."""
    marks = []
    for order, (n, s) in enumerate(numbered):
        before, after = (t.replace("{n}", str(n)) for t in (s.before, s.after))
        if s.kind == "if":
            inner = text[s.start:s.end]
            marks.append((s.start, 1, s.start - s.end, order, before + inner + after))
            marks.append((s.end, 0, s.end - s.start, -order, ")"))
        else:
            marks.append((s.start, 1, s.start - s.end, order, before))
            marks.append((s.end, 0, s.end - s.start, -order, after))
    # At one place the ends come first, the inner ones before the outer; then the starts, the outer ones first.
    out, last = [], 0
    for at, _, _, _, what in sorted(marks):
        out += [text[last:at], what]
        last = at
    return "".join(out) + text[last:]
