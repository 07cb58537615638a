#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk step through a pseudo-terminal: its keys are pressed and its screen is read (by python3-pyte) on the
demo: steps and back again, to walks and faults, breakpoints, every pane, the end; sizes; what is no terminal.
usage: step.py RINGWALK DEMO_PROGRAM SOURCE; exit status 1 when a check fails, 77 without pyte."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

try:
    import pyte
except ImportError:
    print("no pyte")
    sys.exit(77)

ringwalk, program, source = sys.argv[1:4]
failures = 0


def check(what, ok, why=""):
    global failures
    if not ok:
        print("FAIL", what, why)
        failures += 1


# pyte does not know "the last character again, N times".
REPEAT = re.compile(rb"([^\x1b])\x1b\[(\d+)b")
UNFINISHED = re.compile(rb"(.\x1b(\[[0-9;?]*)?|.)?$", re.S)


class View:
    def __init__(self, rows=24, columns=80, term="xterm", options=()):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = self.held = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ["TERM"] = term
            os.execv(ringwalk, [ringwalk, "step", *options, program])

    def text(self):
        return "\n".join(self.screen.display)

    def read(self, seconds):
        """False: nothing came, or the other side has gone."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            return False
        self.raw += piece
        self.held = REPEAT.sub(lambda m: m.group(1) * (int(m.group(2)) + 1), self.held + piece)
        whole = len(self.held) - len(UNFINISHED.search(self.held).group(0))
        self.stream.feed(self.held[:whole])
        self.held = self.held[whole:]
        return bool(piece)

    def until(self, what, pattern):
        """A screen that shows this, and rests."""
        end = time.time() + float(os.environ.get('PATIENCE', 30))
        while time.time() < end:
            while self.read(0.15):
                pass
            if re.search(pattern, self.text()):
                return self.text()
        check(what, False, "wants %s in\n%s" % (pattern, self.text()))
        return self.text()

    def press(self, keys, what, pattern):
        os.write(self.fd, keys.encode())
        return self.until(what, pattern)

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self):
        while self.read(20):
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def at(text):
    """retirements, cycle, ring, and what is next."""
    status = re.search(r"retirements (\d+)  cycle (\d+)  ring (\d)", text)
    here = re.search(r"^>(.*?) (?:r..|fl|cr3|$)", text, re.M)
    return status.groups() if status else None, here.group(1).split() if here else None


def tour():
    v = View()
    first = v.until("it begins", "before the first instruction")
    check("the first", at(first)[0] == ("0", "0", "0") and at(first)[1][:2] == ["start", "cld"], first)
    one = v.press("s", "a step", "retirements 1 ")
    check("a step", at(one)[1][:2] == ["start+0x1", "mov"] and "rip*0000000000200011" in one and "rbx 0" in one, one)
    two = v.press(" ", "another", "retirements 2 ")
    check("rsp has changed", "rsp*0000000000214000" in two and "microcode: " in two, two)
    check("what it did is above", re.search(r"^  start +cld.*\n  start\+0x1 +mov", two, re.M), two)
    back = v.press("b", "a step back", "retirements 1 ")
    check("the same place", at(back) == at(one), back)
    v.press("b", "to the beginning", "retirements 0 ")
    v.press("b", "and no further", "cannot go further back")
    walk = v.press("t", "to a walk", "a translation that walked")
    check("the walk", re.search(r"(fetch|read|write) s 0x\w+ -> 0x\w+  walked, \d+ cycles: (PML4E|PDPTE|PDE|PTE)=\w+", walk), walk)
    fault = v.press("f", "to a fault", r"\[4 why\]")
    check("the first exception: INT3 is none, the page fault is", "#PF (14), error code 0x2, CR2 0x8000000000" in fault, fault)
    check("why", "why: supervisor write of 0x8000000000" in fault, fault)
    cycle = int(at(fault)[0][1])
    word = v.press("M", "the word before", r"\[6 cycles\]")
    check("the last word of the delivery", re.search(r"^> *%d  ev_end\+0: nop ; end.*\n *%d  it retires" % (cycle - 1, cycle), word, re.M), word)
    word = v.press("M", "and the one before", r"(?m)^> *\d+  ev_flags\+2: and")
    check("no retirement away", at(word)[0] == at(fault)[0], word)
    word = v.press(".", "a cycle on", r"(?m)^> *%d  ev_end" % (cycle - 1))
    v.press("..", "into the next instruction", "retirements %d " % (int(at(fault)[0][0]) + 1))
    v.until("its first cycle", r"(?m)^> *%d  fetch and decoding" % (cycle + 1))
    v.press("m", "its first word", r"(?m)^> *\d+  push_i\+0: st.op.push ss:rsp\+0, imm ; end")
    v.press("M", "back to the last word of the delivery", r"(?m)^> *%d  ev_end" % (cycle - 1))
    v.press("...", "and on", r"(?m)^> *%d  fetch and decoding" % (cycle + 2))
    v.press(",", "back", r"(?m)^> *%d  fetch" % (cycle + 1))
    word = v.press(",", "back over the edge", r"(?m)^> *%d  it retires" % cycle)
    check("the same place", at(word)[0] == at(fault)[0], word)
    word = v.press("z", "all its cycles", "ev_end")
    v.press("z4", "the reason again", r"\[4 why\]")
    zoomed = v.press("z", "the whole of it", "DENIES present flag")
    check("zoomed", "PML4E [  1]" in zoomed and "rbx" not in zoomed, zoomed)
    v.press("z", "small again", "rbx")
    back = v.press("b", "before the fault", r"main\+0x80 +mov \[rdx\], rax")
    check("ring 0", at(back)[0][2] == "0", back)
    v.press("pcheck+0x0\r", "a breakpoint", "breakpoint at 0x201ad0 check: set")
    hit = v.press("c", "to it", r"a breakpoint")
    check("it is hit", at(hit)[1][0] == "check", hit)
    v.press("pcheck\r", "taken away", "check: taken away")
    v.press("pnothing\r", "no symbol", "nothing: neither a number nor a symbol")
    v.press("puser_hello\r", "ring 3", "user_hello: set")
    user = v.press("c", "to ring 3", "ring 3")
    check("ring 3", at(user)[1][0] == "user_hello" and "cs*002b" in user, user)
    earlier = v.press("T", "the walk before", "a translation that walked")
    check("which is before", int(at(earlier)[0][0]) <= int(at(user)[0][0]), earlier)
    v.press("3", "the console", r"\[3 console\]")
    check("the console", "ok   the large entry is dirty" in v.text(), v.text())
    v.press("1", "the TLB", r"data TLB|code TLB")
    v.press("n", "scrolled", r"data TLB +\d")
    v.press("2", "the system state", r"64-bit mode, ring \d")
    v.press("w0x8000000000\r", "a walk", r"\[5 walk\]")
    check("the walk of an address", "why: " in v.text() and "PML4E [  1]" in v.text(), v.text())
    v.press("wnowhere\r", "no address", "neither a number nor a symbol")
    v.press("puser_hello\r", "no more breakpoints", "user_hello: taken away")
    end = v.press("c", "the end", "the program has ended")
    check("forward there is nothing", "the program has ended" in v.press("s", "still the end", "the program has ended"), end)
    fault = v.press("F", "the last fault", r"\[4 why\]")
    check("back from the end", int(at(fault)[0][0]) < int(at(end)[0][0]), fault)
    again = v.press("c", "the end again", "the program has ended")
    check("the same end", at(again)[0] == at(end)[0], again)
    v.resize(50, 120)
    big = v.press("2", "a larger terminal", r"\[2 system\]")
    check("it is used", "gdtr    base" in big and len([x for x in big.split("\n") if x.strip()]) > 40, big)
    v.resize(20, 70)
    v.press("2", "too small", r"step wants 80x24,\s+this is 70x20")
    v.resize(24, 80)
    v.press("2", "large enough again", r"\[2 system\]")
    v.raw = b""
    os.write(v.fd, b"q")
    status = v.end()
    said = v.raw.decode(errors="replace").replace("\r\n", "\n")
    check("the end: console, report", status == 0 and "failures: 0\n" in said and "verdict: agreed\n" in said, said)
    check("the console is said once", said.count("hello from ring 3") == 1, said)
    check("instructions as ever", "instructions: 106598, cycles: 354584 " in said, said)


def page():
    """The screen of docs/gdb.md."""
    with open(os.path.join(source, "docs/gdb.md")) as f:
        shown = re.findall(r"^```text\n(.*?)\n```", f.read(), re.M | re.S)[1].split("\n")
    v = View()
    v.until("it begins", "before the first instruction")
    seen = [x.rstrip() for x in v.press("f", "a fault", r"\[4 why\]").split("\n")]
    check("the page's screen", seen == shown, "\n".join(seen))
    os.write(v.fd, b"q")
    check("it ends", v.end() == 0)


def stopped():
    """A run is stopped by a key; q ends it where it is."""
    global program
    was, program = program, os.path.join(os.path.dirname(program), "bad_loop.elf")
    v = View(options=["--quiet"])
    v.until("it begins", "before the first instruction")
    v.press("c", "it runs", "it runs; any key stops it")
    place = int(at(v.press("x", "it is stopped", "stopped"))[0][0])
    v.press("b", "a step back", "retirements %d " % (place - 1))
    v.press("c", "it runs again", "it runs")
    v.raw = b""
    os.write(v.fd, b"q")
    status = v.end()
    check("q while it runs", status == 0 and b"the user ended the run" in v.raw, (status, v.raw[-400:]))
    v = View(options=["--quiet"])
    v.until("it begins", "before the first instruction")
    os.kill(v.pid, signal.SIGTERM)
    check("killed", v.end() == -signal.SIGTERM)
    program = was


def no_terminal():
    done = subprocess.run([ringwalk, "step", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=20)
    check("no terminal", done.returncode == 2 and done.stdout == "" and
          done.stderr == "ringwalk: step wants a terminal; run --gdb wants none\n", done)
    for term in ("dumb", "nonsense", ""):
        v = View(term=term)
        status = v.end()
        check("TERM=" + term, status == 2 and v.raw.count(b"\n") == 1 and b"TERM=" in v.raw, (status, v.raw))
    v = View(options=["--gdb", "0"])
    check("with gdb", v.end() == 2 and b"step goes with a run in lockstep" in v.raw, v.raw)


for part in (tour, page, stopped, no_terminal):
    part()
print("failures: %d" % failures)
sys.exit(failures != 0)
