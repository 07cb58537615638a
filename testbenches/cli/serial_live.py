#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A live far end of the UART: a client talks with the program `echo` through a unix socket (both ways
of connecting), TCP, a pseudo-terminal and a terminal, in lockstep and on the model alone. What was
recorded gives the same run again: the same JSON object and the same wave. Far ends that vanish, paths
that exist, connections that are refused; the terminal is given back however the run ends.
usage: serial_live.py RINGWALK ECHO_PROGRAM LOOPING_PROGRAM"""
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

ringwalk, program, looping = sys.argv[1:4]
work = tempfile.mkdtemp()
failures = 0


def check(what, ok, why=""):
    global failures
    if not ok:
        print("FAIL", what, why)
        failures += 1


def path(name):
    return os.path.join(work, name)


def start(way, *options, **more):
    command = [ringwalk, way, "--no-bundle", *options, more.pop("guest", program)]
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def end(run, seconds=60):
    try:
        out, err = run.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        run.kill()
        out, err = run.communicate()
        check("the run ends", False, out[-400:] + err[-400:])
    return run.returncode, out, err


def talk(fd):
    """Three lines, each one sent when the one before has come back; with a pause, so that no two
    conversations are alike. The answer: all that was said."""
    said = b""

    def until(text):
        nonlocal said
        while text not in said:
            if not select.select([fd], [], [], 30)[0]:
                check("an answer comes", False, repr(said))
                return
            piece = os.read(fd, 100)
            if not piece:
                check("the line stays", False, repr(said))
                return
            said += piece

    until(b"ready\n")
    for number, line in enumerate((b"hello\n", b"\x01\xff\x00 bytes\n", b"quit\n")):
        time.sleep(0.01 * number)
        os.write(fd, line)
        until(b"%d " % (number + 1) + line)
    until(b"ticked\n")
    return said


def result(name):
    with open(path(name)) as f:
        r = json.load(f)
    r.pop("seconds")
    return r


def replayed(what, way, record, first, wave):
    options = ["--wave", path("b.fst"), "--wave-to", "60000"] if wave else []
    run = start(way, "--quiet", "--serial-input", record, "--json", path("b.json"), *options)
    status, out, err = end(run)
    check(what + ": the replay ends", status == 0, err)
    check(what + ": the same run", result("b.json") == first, "%s\n%s" % (first, result("b.json")))
    if wave:
        with open(path("a.fst"), "rb") as a, open(path("b.fst"), "rb") as b:
            check(what + ": the same wave", a.read() == b.read())


def conversation(what, way, far, connect, wave=False):
    record = path("record")
    options = ["--wave", path("a.fst"), "--wave-to", "60000"] if wave else []
    run = start(way, "--quiet", "--serial", far, "--serial-record", record, "--json", path("a.json"), *options)
    fd = connect(run)
    said = talk(fd)
    os.close(fd)
    status, out, err = end(run)
    check(what + ": it ends", status == 0, err)
    check(what + ": what was said", said == b"ready\n1 hello\n2 \x01\xff\x00 bytes\n3 quit\nticked\n", repr(said))
    replayed(what, way, record, result("a.json"), wave)


def line_of(run, pattern):
    text = run.stderr.readline()
    found = re.search(pattern, text)
    check("it says where", found is not None, text)
    return found.group(1) if found else None


def unix_client(run):
    s = socket.socket(socket.AF_UNIX)
    s.connect(line_of(run, r"waits for a connection at unix:(.*),server"))
    return s.detach()


def tcp_client(run):
    port = line_of(run, r"waits for a connection at tcp:.*:(\d+)")
    return socket.create_connection(("127.0.0.1", int(port))).detach()


def pty_client(run):
    name = line_of(run, r"the serial line is (\S+)")
    return os.open(name, os.O_RDWR | os.O_NOCTTY)


def conversations():
    for way in ("run", "model"):
        conversation(way + " unix", way, "unix:" + path("s") + ",server", unix_client, way == "run")
        check(way + " unix: the socket's file is taken away", not os.path.exists(path("s")))
        conversation(way + " tcp", way, "tcp:127.0.0.1:0,server", tcp_client)
        conversation(way + " pty", way, "pty", pty_client)
        server = socket.socket(socket.AF_UNIX)
        server.bind(path("l" + way))
        server.listen(1)
        conversation(way + " connecting", way, "unix:" + path("l" + way), lambda run: server.accept()[0].detach())


def refused(what, word, *options, guest=program):
    status, out, err = end(start("run", *options, guest=guest))
    check(what + ": status 2, one line", status == 2 and err.count("\n") == 1 and word in err, "%s %s" % (status, err))


def refusals():
    refused("no such far end", "none of", "--serial", "modem")
    refused("nobody listens", "refused", "--serial", "tcp:127.0.0.1:1")
    refused("no such path", "No such file", "--serial", "unix:" + path("nobody"))
    refused("no path", "no path", "--serial", "unix:")
    refused("a long path", "too long", "--serial", "unix:" + "x" * 200)
    refused("no port", "is not tcp", "--serial", "tcp:localhost")
    refused("a bad port", "", "--serial", "tcp:localhost:frob")
    with open(path("file"), "w") as f:
        f.write("kept")
    refused("a path that exists", "exists", "--serial", "unix:" + path("file") + ",server")
    with open(path("file")) as f:
        check("the file that was in the way is kept", f.read() == "kept")
    refused("a record nowhere", "No such file", "--serial", "pty", "--serial-record", path("no/dir"))
    refused("a record of nothing", "needs", "--serial-record", path("record"))
    for number, text in enumerate(("frob", "0 1", "0 1 123", "0 x 12", "stop", "0 1 12 3", "-1 0 12")):
        with open(path("bad"), "w") as f:
            f.write("ringwalk serial input 1\n0 1 41\n" + text + "\n")
        refused("a bad record %d" % number, "line 3", "--serial-input", path("bad"))
    busy = socket.socket()
    busy.bind(("127.0.0.1", 0))
    busy.listen(1)
    refused("a port in use", "in use", "--serial", "tcp:127.0.0.1:%d,server" % busy.getsockname()[1])
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path("stale"))
    stale.close()
    conversation("a stale socket", "model", "unix:" + path("stale") + ",server", unix_client)


def vanishing():
    """The client goes in the middle of a line: the run goes on, says so, and sleeps for ever: a hang."""
    for way in ("run", "model"):
        run = start(way, "--quiet", "--serial", "unix:" + path("v") + ",server", "--serial-record", path("record"),
                    "--max-cycles", "3000000", "--json", path("a.json"))
        fd = unix_client(run)
        os.write(fd, b"hello\nhal")
        time.sleep(0.2)
        os.close(fd)
        status, out, err = end(run)
        check(way + ": a far end that vanishes", status == 3 and "says no more; the run goes on" in err and
              err.count("\n") <= 2, "%s %s" % (status, err))
        with open(path("record")) as f:
            check(way + ": is recorded", f.read().endswith(" gone\n"))
        first = result("a.json")
        end(start(way, "--quiet", "--serial-input", path("record"), "--max-cycles", "3000000", "--json", path("b.json")))
        check(way + ": and replayed", result("b.json") == first, "%s\n%s" % (first, result("b.json")))


def with_terminal(what, keys, ends, guest, way="model", options=()):
    """A run with a terminal as standard input; keys go in once it is raw; the terminal's modes are as they
    were. ends: a signal to send, or None."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    run = start(way, "--serial", "stdio", *options, stdin=slave, guest=guest)
    deadline = time.time() + 20
    while termios.tcgetattr(slave) == before and time.time() < deadline:
        time.sleep(0.01)
    raw = termios.tcgetattr(slave)
    check(what + ": the terminal is raw", not raw[3] & (termios.ICANON | termios.ECHO | termios.ISIG))
    for key in keys:
        os.write(master, key)
        time.sleep(0.05)
    if ends:
        run.send_signal(ends)
    status, out, err = end(run)
    check(what + ": the terminal is given back", termios.tcgetattr(slave) == before)
    os.close(master)
    os.close(slave)
    return status, out, err


def terminals():
    for way in ("run", "model"):
        status, out, err = with_terminal(way + " keys", [b"a\x03b\x01\x01c\n", b"quit\n"], None, program, way)
        check(way + " keys: each is the guest's", status == 0 and "1 a\x03b\x01c\n" in out, out + err)
        record = path("record")
        options = ["--serial-record", record, "--json", path("a.json")]
        status, out, err = with_terminal(way + " Ctrl-A x", [b"hi\n", b"\x01x"], None, program, way, options)
        check(way + " Ctrl-A x: ends the run", status == 0 and "(the user ended the run)" in out, out + err)
        replayed(way + " Ctrl-A x", way, record, result("a.json"), False)
        status, out, err = with_terminal(way + " deaf guest", [b"\x01x"], None, looping, way)
        check(way + " deaf guest: Ctrl-A x", status == 0 and "(the user ended the run)" in out, out + err)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT):
        status, out, err = with_terminal("signal %d" % number, [], number, program)
        check("signal %d ends it" % number, status == -number, str(status))
    status, out, err = with_terminal("limit", [], None, looping, "run", ["--max-cycles", "2000000"])
    check("limit", status == 3)


def pipe():
    """Standard input that is no terminal: its end is the end of the input; no key is special."""
    run = start("model", "--serial", "stdio", stdin=subprocess.PIPE)
    out, err = run.communicate("a\x01xb\nquit\n", timeout=60)
    check("a pipe", run.returncode == 0 and "1 a\x01xb\n" in out, out + err)


conversations()
refusals()
vanishing()
terminals()
pipe()
subprocess.run(["rm", "-rf", work], check=False)
sys.exit(1 if failures else 0)
