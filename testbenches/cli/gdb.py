#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk run --gdb: stock gdb on the demo in lockstep (breakpoints in both rings, steps over SYSCALL,
watchpoints, back and forward again, what `monitor` says), on 32-bit code, on a model that is wrong; the
run itself must not notice: its console and its report are those of a run without gdb. A client of its
own then sends what gdb never would: wrong checksums, half and endless packets, nothing any more.
usage: gdb.py RINGWALK PROGRAMS BUILD SOURCE [PART...]; exit status 1 when a check fails, 77 without gdb."""
import concurrent.futures
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ringwalk, programs, build, source = (os.path.abspath(p) for p in sys.argv[1:5])
work = tempfile.mkdtemp()
demo = os.path.join(programs, "demo.elf")
resetting = os.path.join(programs, "resets.elf")
looping = os.path.join(programs, "bad_loop.elf")
failures = 0


def check(what, ok, why=""):
    global failures
    if not ok:
        print("FAIL", what, why)
        failures += 1


class Run:
    """`ringwalk run --gdb`, and where it waits."""
    count = 0

    def __init__(self, program, *options, place="0", command=ringwalk):
        Run.count += 1
        self.json = os.path.join(work, "%d.json" % Run.count)
        self.process = subprocess.Popen(
            [command, "run", "--gdb", place, "--json", self.json, "--bundles", os.path.join(work, "bundles"),
             *options, program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"waits for a connection at tcp:(127\.0\.0\.1):(\d+)$", line)
        self.place = (found.group(1), int(found.group(2))) if found else None
        check("it says where it waits", found or place != "0", line)

    def end(self, seconds=60):
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            check("the run ends", False, out[-400:] + err[-400:])
        return self.process.returncode, out, err

    def result(self):
        with open(self.json) as f:
            r = json.load(f)
        r.pop("seconds")
        return r


def gdb(run, symbols, script, sources="/"):
    """What gdb says to each line of the script, one string a line."""
    command = ["gdb", "-nx", "-q", "-batch", "-iex", "set height 0", "-iex", "set width 0", "-d", sources, symbols]
    command += ["-ex", "target remote %s:%d" % run.place]
    for line in script.strip().splitlines():
        command += ["-ex", 'printf ">> \\n"', "-ex", line.strip()]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.stdout.split(">> \n")[1:]


def numbers(said):
    """$N = VALUE of each answer that has one."""
    return [m.group(1) for m in (re.search(r"^\$\d+ = (.*)$", s, re.M) for s in said) if m]


# --- gdb on the demo ---

def plain(program):
    where = os.path.join(work, "plain-%s.json" % os.path.basename(program))
    done = subprocess.run([ringwalk, "run", "--json", where, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    with open(where) as f:
        r = json.load(f)
    r.pop("seconds")
    return done.stdout, r


def without_seconds(text):
    return re.sub(r"(?m)^seconds: .*$", "", text)


def rings():
    """Ring 0 and ring 3 by symbol, SYSCALL by steps, and to the end."""
    run = Run(demo)
    said = gdb(run, demo + "64", """
        p $retirements
        break main
        break user_hello
        continue
        p $cpl
        bt
        continue
        p $cpl
        bt 1
        info registers rip cs cr0 efer
        tbreak *user_call+12
        continue
        x/i $pc
        p $cpl
        stepi
        p $cpl
        x/i $pc
        p/x $lstar
        reverse-stepi
        p $cpl
        x/i $pc
        p $st0
        set var $rax = 99
        set var *(int *)hello = 1
        x/bx 0xdead000000000000
        x/bx 0xfed90000
        delete
        tbreak user_touch_kernel
        continue
        stepi
        p $cpl
        continue
        """)
    status, out, err = run.end()
    check("rings: the places", numbers(said)[:4] == ["0", "0", "3", "3"], said)
    check("rings: ring 0 by symbol", "Breakpoint 1, main" in said[3] and "#0  main" in said[5], said[3:6])
    check("rings: ring 3 by symbol", "Breakpoint 2, user_hello" in said[6], said[6])
    check("rings: flags by name", "[ PE ET WP PG ]" in said[9] and "[ SCE LME LMA NXE ]" in said[9], said[9])
    check("rings: SYSCALL, forward", "syscall" in said[12] and "rt_syscall_entry" in said[16], said[12:18])
    check("rings: and back", "syscall" in said[20] and numbers(said)[4:7] == ["0", "0x201136", "3"], said[13:21])
    check("rings: no x87", "<unavailable>" in said[21], said[21])
    check("rings: a register is not written", "nothing is imposed" in said[22], said[22])
    check("rings: memory neither", "Cannot access memory" in said[23], said[23])
    check("rings: nothing there", "Cannot access memory" in said[24] and "Cannot access memory" in said[25], said[24:26])
    check("rings: an event is a step", "ringwalk: #PF (14), error code 0x7, CR2 0x" in said[29] and numbers(said)[-1] == "0",
          said[27:31])
    check("rings: the end", "exited normally" in said[31] and status == 0, (said[31], status, err))
    return out, run.result()


def walks():
    """A page table's entry: who wrote it, before and behind; and what the words say."""
    run = Run(demo)
    said = gdb(run, demo + "64", """
        break check
        continue
        continue
        delete
        p $retirements
        set $pt = *(unsigned long *)(*(unsigned long *)(*(unsigned long *)($cr3 + 8) & ~0xfff) & ~0xfff) & ~0xfff
        p/x *(unsigned long *)$pt & 0xfff
        watch *(unsigned long *)$pt
        reverse-continue
        x/i $pc
        p $retirements
        reverse-continue
        x/i $pc
        p $retirements
        p/x *(unsigned long *)$pt
        monitor walk 0x8000000000 write
        reverse-continue
        p $retirements
        continue
        p $retirements
        p/x *(unsigned long *)$pt & 0xfff
        monitor walk 0x8000000000 write
        stepi
        continue
        p $retirements
        delete
        monitor why
        rwatch *(char *)hello
        continue
        x/i $pc
        delete
        monitor phys 0x218000 17
        monitor tlb
        monitor regs
        monitor help
        monitor nothing
        monitor watch 0x61d8f0
        continue
        monitor unwatch 0x61d8f0
        break on_fault_event
        continue
        monitor why
        kill
        """)
    status, out, err = run.end()
    n = [int(x, 0) for x in numbers(said)]
    check("walks: A and D are set", n[1] == 0x63, n)
    check("walks: the last write is the walker's, for a store", "mov    %rax,(%rdx)" in said[9], said[8:10])
    check("walks: the one before is the kernel's", "<map_page+" in said[12] and "mov" in said[12], said[11:13])
    check("walks: before it there is nothing", n[4] == 0 and "not present" in said[15] and "DENIES" in said[15], said[15])
    check("walks: before all", "No more reverse-execution history" in said[16] and n[5] == 0, said[16:18])
    check("walks: forward, to the same", n[6] == n[3] + 1 and n[7] == 3 and n[8] == n[2] + 1, n)
    check("walks: what the tables give", "physical address 0x218000" in said[21], said[21])
    check("walks: why", "#PF (14), error code 0x2, CR2 0x8000000000" in said[26] and "DENIES present flag" in said[26],
          said[26])
    check("walks: a read", "Hardware read watchpoint" in said[28] and "<user_hello+" in said[29], said[28:30])
    check("walks: physical", re.search(r"0x0000218000:  (00 ){8}01", said[31]), said[31])
    check("walks: TLB", re.search(r"data TLB +\d+  0x0*213000 -> 0x0*213000  4K  supervisor R/W dirty", said[32]), said[32])
    check("walks: registers", "64-bit mode, ring 3" in said[33] and "cr0     0x0000000080010011  PE ET WP PG" in said[33],
          said[33])
    check("walks: help", "monitor walk" in said[34] and "there is no such thing" in said[35], said[34:36])
    check("walks: a physical watch", "a write to physical 0x61d8f0" in said[37], said[37])
    check("walks: a DMA that is blocked", "request of a device that was blocked" in said[41] and "root entry" in said[41],
          said[39:42])
    check("walks: killed", status == 0 and "the user ended the run" in out, (status, out, err))


def wave_and_detach():
    run = Run(demo)
    said = gdb(run, demo + "64", """
        break user_hello
        continue
        reverse-stepi
        stepi
        monitor wave 50 10
        monitor wave 0
        stepi 3
        """)  # and quits: that detaches
    status, out, err = run.end()
    folder = re.search(r"bundle (\S+)", said[4])
    check("wave: a bundle", folder and os.path.getsize(os.path.join(folder.group(1), "wave.fst")) > 1000, said[4])
    cycle, fst = int(folder.group(1).rpartition("cycle")[2]), os.path.join(work, "plain.fst")
    subprocess.run([ringwalk, "run", "--quiet", "--no-bundle", "--wave", fst, "--wave-from", str(cycle - 50), "--wave-to",
                    str(cycle + 10), demo], stdout=subprocess.DEVNULL, check=True)
    with open(fst, "rb") as a, open(os.path.join(folder.group(1), "wave.fst"), "rb") as b:
        check("wave: that of a plain run", a.read() == b.read())
    with open(os.path.join(folder.group(1), "replay.sh")) as f:
        check("wave: its command asks for no gdb", "--gdb" not in f.read())
    check("wave: bad numbers", "is not a number from 1" in said[5], said[5])
    check("detach: the run goes on", status == 0 and "verdict: agreed\n" in out, (status, out, err))
    return out, run.result()


def narrow():
    """32-bit code, protected mode, with a program that is loaded without symbols too."""
    program = os.path.join(programs, "paging32.elf")
    run = Run(program)
    said = gdb(run, program, """
        show architecture
        break main
        continue
        info registers eip cr0 cs fs_base
        x/i $pc
        stepi
        stepi
        reverse-stepi
        p $retirements
        p $mtrr_def_type
        delete
        continue
        """)
    status, out, err = run.end()
    check("narrow: i386", '"i386"' in said[0], said[0])
    check("narrow: main", "Breakpoint 1, main" in said[2] and "<main" in said[3], said[2:5])
    check("narrow: the end", "exited normally" in said[11] and status == 0, (said[11], status, err))


def lives():
    """A program that resets the machine: a place counts on, and one can go back over the reset."""
    run = Run(resetting)
    said = gdb(run, resetting + "64", """
        break main
        continue
        p $retirements
        continue
        p $retirements
        x/i $pc
        reverse-continue
        p $retirements
        continue
        p $retirements
        p $cycle > 65536
        delete
        continue
        """)
    status, out, err = run.end()
    n = [int(x, 0) for x in numbers(said)]
    check("lives: places", n[0] < n[1] and n[2] == n[0] and n[3] == n[1] and n[4] == 1, n)
    check("lives: the end", status == 0 and "resets by the guest: 5" in out, (status, out, err))
    return out, run.result()


def broken_model():
    """The model's SYSCALL keeps RFLAGS.IF."""
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", "ringwalk"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.splitlines()
    right, wrong = "~cpu->sys.fmask", "~(cpu->sys.fmask & ~UINT64_C(0x200))"
    with open(os.path.join(source, "model/cpu/exec_syscall.c")) as f:
        text = f.read()
    check("broken: the line is there", right in text)
    broken, other = os.path.join(work, "exec_syscall.c"), os.path.join(work, "exec_syscall.o")
    with open(broken, "w") as f:
        f.write(text.replace(right, wrong))
    line = next(c for c in commands if c.endswith("model/cpu/exec_syscall.c"))
    line = re.sub(r"-MD -MT \S+ -MF \S+ ", "", line)
    line = re.sub(r"-o \S+ -c \S+$", "-I%s/model/cpu -o %s -c %s" % (source, other, broken), line)
    subprocess.run(line, shell=True, cwd=build, check=True)
    link = next(c for c in commands if re.search(r"-o ringwalk ", c))
    path = os.path.join(work, "ringwalk")
    link = re.sub(r"-o ringwalk ", "-o %s %s " % (path, other), link)
    subprocess.run(link, shell=True, cwd=build, check=True)
    return path


def mismatch():
    command = broken_model()
    run = Run(demo, command=command)
    gdb(run, demo + "64", "continue\nreverse-stepi\nreverse-stepi\nkill")
    status, out, err = run.end()
    check("mismatch: it stays one", status == 1 and "field rflags" in out, (status, out, err))
    run = Run(demo, command=command)
    said = gdb(run, demo + "64", """
        continue
        p $retirements
        monitor why
        reverse-stepi
        x/i $pc
        continue
        p $retirements
        watch *(long *)&fault_va
        reverse-continue
        delete
        continue
        p $retirements
        continue
        """)
    status, out, err = run.end()
    n = [int(x, 0) for x in numbers(said)]
    check("mismatch: a signal", "SIGABRT" in said[0] and "RTL and model differ" in said[0], said[0])
    check("mismatch: why", "field rflags" in said[2] and "rtl   0x6\n  model 0x206" in said[2], said[2])
    check("mismatch: back before it", "syscall" in said[4], said[3:5])
    check("mismatch: a store before it", "Hardware watchpoint" in said[8] and "New value" in said[8], said[8])
    check("mismatch: again, at the same place", "SIGABRT" in said[5] and len(set(n)) == 1 and len(n) == 3, n)
    check("mismatch: the end", "exited with code 01" in said[12] and status == 1, (said[12:], status, err))
    check("mismatch: bundle", re.search(r"bundle \S+demo.elf-seed1-cycle\d+ ", out) and "verdict: mismatch" in out, out)


def page():
    """The example of docs/gdb.md, word for word."""
    with open(os.path.join(source, "docs/gdb.md")) as f:
        example = re.search(r"^```text\n(.*?)^```", f.read(), re.M | re.S).group(1)
    wanted = re.split(r"^\(gdb\) (.*)\n", example, flags=re.M)[1:]
    run = Run(demo, "--quiet")
    said = gdb(run, demo + "64", "\n".join(wanted[::2]), os.path.join(source, "testbenches/programs"))
    check("page: its example", said == wanted[1::2], "\n".join(said))
    check("page: the run's end", run.end()[0] == 0)


# --- a client that is not gdb ---

def packet(body):
    return b"$" + body + b"#%02x" % (sum(body) & 0xFF)


class Client:
    def __init__(self, run):
        self.socket = socket.create_connection(run.place)
        self.socket.settimeout(20)
        self.came = b""

    def send(self, data):
        self.socket.sendall(data)

    def until(self, pattern):
        while True:
            found = re.search(pattern, self.came, re.S)
            if found:
                self.came = self.came[found.end():]
                return found
            try:
                piece = self.socket.recv(65536)
            except OSError as e:
                piece = b""
            if not piece:
                check("an answer comes", False, (pattern, self.came[-300:]))
                return None
            self.came += piece

    def ask(self, body):
        self.send(packet(body))
        found = self.until(rb"\$([^#]*)#[0-9a-f]{2}")
        self.send(b"+")
        return found.group(1) if found else b""


def strange():
    run = Run(demo)
    c = Client(run)
    c.send(b"noise 12 + - } #aa")
    check("strange: the first stop", c.ask(b"?") == b"T05thread:1;")
    c.send(b"$g#00")
    check("strange: a wrong checksum is asked for again", c.until(rb"^\+?-"))
    c.send(b"$m2000")
    time.sleep(0.1)
    c.send(b"10,4#%02x" % (sum(b"m200010,4") & 0xFF))
    check("strange: in two halves", c.until(rb"\$([0-9a-f]{8})#").group(1) == b"fcbc0040")
    c.send(b"-")
    check("strange: said again", c.until(rb"\$([0-9a-f]{8})#").group(1) == b"fcbc0040")
    c.send(packet(b"x" * 100000))
    check("strange: too long", c.until(rb"\$E\.the packet is longer[^#]*#"))
    c.send(b"$" + b"y" * 70000 + b"#00")
    check("strange: too long, wrong", c.until(rb"\$E\.the packet is longer[^#]*#"))
    for body in (b"", b"!", b"qNothing", b"vMustReplyEmpty", b"A1,2", b"R00", b"bx", b"Z5,0,1", b"X0,0:", b"\x00\xff"):
        check("strange: unknown", c.ask(body) == b"", body)
    for body in (b"m", b"m,", b"mzz,1", b"p", b"pffffffffff", b"pfff", b"Z0", b"Z2,10,0", b"Z2,10,fff", b"z0,1234,1", b"G00",
                 b"P0=1", b"M0,1:00", b"m8000000000,8", b"qXfer:features:read:other.xml:0,10", b"c1234", b"s1234", b"vCont;x",
                 b"m" + b"f" * 300 + b",1"):
        check("strange: an error", c.ask(body)[:1] == b"E", body)
    check("strange: nothing of nothing", c.ask(b"m200010,0") == b"")
    check("strange: escapes", c.ask(b"m2000}\x11}\x10,4") == b"fcbc0040")
    check("strange: the same breakpoint twice", [c.ask(b"Z1,201cd0,1") for i in range(2)] == [b"OK", b"OK"])
    for n in range(80):
        last = c.ask(b"Z0,%x,1" % (0x1000 + n))
    check("strange: too many", last == b"E.there are too many")
    c.send(packet(b"c"))
    stop = c.until(rb"\$(T[^#]*)#")
    check("strange: a hardware breakpoint", stop.group(1) == b"T05thread:1;hwbreak:;", stop.group(0))
    xml = c.ask(b"qXfer:features:read:target.xml:0,3fff")
    check("strange: a description", xml[:6] == b"l<?xml" and b"i386:x86-64" in xml or xml[:1] == b"m", xml[:80])
    c.send(packet(b"QStartNoAckMode"))
    check("strange: no acks", c.until(rb"\$OK#9a"))
    c.send(b"$p10#ff" + packet(b"p10"))
    check("strange: a wrong one is dropped then", c.until(rb"\$([^#]*)#..").group(1) == b"d01c200000000000" and not c.came)
    c.send(packet(b"vKill;1"))
    check("strange: killed", c.until(rb"\$OK#9a"))
    status, out, err = run.end()
    check("strange: the end", status == 0 and "the user ended the run" in out, (status, out, err))


def interrupted():
    run = Run(looping, "--quiet")
    c = Client(run)
    c.send(packet(b"c"))
    time.sleep(0.3)
    c.send(packet(b"g"))
    check("interrupted: what comes meanwhile", c.until(rb"\$E\.the run goes on[^#]*#"))
    c.send(b"\x03")
    check("interrupted: it stands", c.until(rb"\$T02thread:1;#"))
    place = c.ask(b"g")
    c.send(packet(b"bs"))
    check("interrupted: a step back", c.until(rb"\$T05thread:1;#"))
    check("interrupted: is one", c.ask(b"g") != place)
    c.send(packet(b"s"))
    c.until(rb"\$T05thread:1;#")
    check("interrupted: and forward again", c.ask(b"g") == place)
    c.send(packet(b"c"))
    c.socket.close()
    status, out, err = run.end()
    check("vanished while it ran", status == 0 and err.count("\n") == 1 and "gdb has gone" in err and
          "the user ended the run" in out, (status, out, err))


def vanished():
    for last in (b"", b"$m2000", b"\x03", b"$" + b"z" * 40000):
        run = Run(demo, "--quiet")
        c = Client(run)
        c.send(packet(b"?") + last)
        c.until(rb"\$T05thread:1;#")
        c.socket.close()
        status, out, err = run.end()
        check("vanished at rest", status == 0 and err.count("\n") == 1 and "gdb has gone" in err, (last, status, out, err))


def limits():
    """The end of a run that does not end well; and nothing is left of one that is killed."""
    run = Run(looping, "--max-cycles", "100000", "--quiet")
    c = Client(run)
    c.send(packet(b"c"))
    check("limit: its status", c.until(rb"\$W03#"))
    check("limit: and the run's", run.end()[0] == 3)
    run = Run(looping, "--quiet")
    c = Client(run)
    c.send(packet(b"c"))
    copies = []
    check("killed: there are copies", within(20, lambda: copies.extend(children(run.process.pid)) or len(set(copies)) >= 3),
          copies)
    run.process.kill()
    run.end()
    check("killed: none is left", within(20, lambda: all(parent(p) is None for p in copies)), copies)


def within(seconds, what):
    end = time.time() + seconds
    while not what() and time.time() < end:
        time.sleep(0.05)
    return what()


def children(pid):
    return [p for p in os.listdir("/proc") if p.isdigit() and parent(p) == pid]


def parent(pid):
    try:
        with open("/proc/%s/stat" % pid) as f:
            state, ppid = f.read().rpartition(")")[2].split()[:2]
            return None if state == "Z" else int(ppid)
    except OSError:
        return None


def refused():
    busy = socket.socket()
    busy.bind(("127.0.0.1", 0))
    busy.listen()
    cases = [(["--gdb", "70000"], "is neither a port nor unix:PATH"), (["--gdb", "x"], "is neither a port nor unix:PATH"),
             (["--gdb", "unix:"], "no path"), (["--gdb", str(busy.getsockname()[1])], "Address already in use"),
             (["--gdb", "0", "--gdb", "0"], "there is one client"), (["--gdb", "0", "--rtl-only"], "in lockstep"),
             (["--gdb", "0", "--wave", work + "/x.fst"], "without --wave"), (["--gdb", "0", "--serial", "stdio"], "--serial"),
             (["--gdb", "0", "--trace", work + "/x"], "--trace"), (["--gdb", "0", "--reset-at", "50"], "--reset-at"),
             (["--gdb", "0", "--wave-on", "xlate.fault"], "--gdb")]
    for options, word in cases:
        done = subprocess.run([ringwalk, "run", *options, demo], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=20)
        check("refused", done.returncode == 2 and done.stderr.count("\n") == 1 and word in done.stderr,
              (options, done.returncode, done.stderr))


def unix():
    where = os.path.join(work, "gdb.socket")
    run = Run(demo, "--quiet", place="unix:" + where)
    s = socket.socket(socket.AF_UNIX)
    s.connect(where)
    s.settimeout(20)
    s.sendall(packet(b"D"))
    came = b""
    while not came.endswith(b"#9a"):
        came += s.recv(100)
    check("unix: detached", came == b"+$OK#9a", came)
    check("unix: the end", run.end()[0] == 0)


if shutil.which("gdb") is None:
    print("no gdb")
    sys.exit(77)
parts = [rings, walks, page, mismatch, lives, strange, wave_and_detach, narrow, interrupted, limits, vanished, refused, unix]
if len(sys.argv) > 5:
    parts = [p for p in parts if p.__name__ in sys.argv[5:]]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    done = {p: pool.submit(p) for p in parts}
    results = {p: f.result() for p, f in done.items()}
wanted = {program: plain(program) for program in (demo, resetting)}
for p, program in ((rings, demo), (wave_and_detach, demo), (lives, resetting)):
    if p in results:
        check(p.__name__ + ": the console and the report are a plain run's",
              without_seconds(results[p][0]) == without_seconds(wanted[program][0]), results[p][0])
        check(p.__name__ + ": the JSON too", results[p][1] == wanted[program][1], results[p][1])
print("failures: %d" % failures)
sys.exit(failures != 0)
