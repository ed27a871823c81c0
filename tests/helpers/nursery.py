"""Programs by the hundred: each the fork of a process that has read all the code, and no more.

What such a program runs is the command's own `main`, on pipes and a folder of its own; it dies of
`kill -9` like any other. Only reading the code, most of a second, is not done again for each.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading

from helpers.journals import ROOT, child_environment

NURSE = """
import gc, json, os, signal, socket, sys, traceback
import desk.app.consoles, desk.app.headless, desk.risk.stress
from desk.app.entry import main
from desk.cli.shipped import shipped

shipped().catalogue  # and what it reads

place = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system takes away the dead
gc.freeze()
place.sendall(b"ready")
while True:
    wanted, files, _, _ = socket.recv_fds(place, 1 << 16, 3)
    if not wanted:
        break
    waits, begins = os.pipe()
    pid = os.fork()
    if pid:
        # It waits until its end can be watched: one that leaves at once would be gone by then.
        end = os.pidfd_open(pid)
        socket.send_fds(place, [str(pid).encode()], [end])
        for file in (*files, waits, begins, end):
            os.close(file)
        continue
    os.close(begins)
    os.read(waits, 1)
    os.close(waits)
    place.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
    code = 1
    try:
        code = main(json.loads(wanted))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
"""


class Forked:
    """A program of the nursery, in the words of `subprocess.Popen`."""

    def __init__(self, pid, end, stdin, stdout, stderr):
        self.pid, self._end = pid, end
        self.stdin = os.fdopen(stdin, "w")
        self.stdout = os.fdopen(stdout)
        self.stderr = os.fdopen(stderr)

    def poll(self):
        """Not None once it has ended; how is not known."""
        return 0 if self._end is None or select.select([self._end], [], [], 0)[0] else None

    def kill(self):
        """kill -9."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._end, signal.SIGKILL)

    def wait(self, timeout):
        """Wait for its end."""
        if self._end is not None:
            ended, _, _ = select.select([self._end], [], [], timeout)
            assert ended, "it did not end"
            os.close(self._end)
            self._end = None
        return 0


class Nursery:
    """Starts programs by forking; may be asked from any thread."""

    def __init__(self):
        self._ours, theirs = socket.socketpair()
        self._turn = threading.Lock()
        self._nurse = subprocess.Popen(
            [sys.executable, "-c", NURSE, str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**child_environment(), "QT_QPA_PLATFORM": "offscreen"},
        )
        theirs.close()
        assert self._ours.recv(16) == b"ready"

    def start(self, *arguments):
        """Start `desk` with these arguments."""
        (in_theirs, in_ours), (out_ours, out_theirs), (err_ours, err_theirs) = (
            os.pipe() for _ in range(3)
        )
        theirs = [in_theirs, out_theirs, err_theirs]
        with self._turn:
            socket.send_fds(self._ours, [json.dumps(arguments).encode()], theirs)
            pid, (end,), _, _ = socket.recv_fds(self._ours, 32, 1)
        for file in theirs:
            os.close(file)
        return Forked(int(pid), end, in_ours, out_ours, err_ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ours.close()
        self._nurse.wait(10)
