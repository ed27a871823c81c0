"""The engine of a workstation as a process of its own, whose window is the test's."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

from helpers.journals import ROOT, child_environment

SLEEPY = """
import signal, sys
from desk.app.entry import main
from desk.io.clock import SystemClock

slept_ms, boot_ns, wall_ms = 0, SystemClock.boot_ns, SystemClock.wall_ms
SystemClock.boot_ns = lambda clock: boot_ns(clock) + slept_ms * 1_000_000
SystemClock.wall_ms = lambda clock: wall_ms(clock) + slept_ms

def sleep(*_):
    global slept_ms
    slept_ms += 3_600_000

signal.signal(signal.SIGUSR1, sleep)
"""
"""What lets a program sleep for an hour when it is told: all clocks but the loop's see it pass."""

SLEEPY_COMMAND = SLEEPY + "raise SystemExit(main(sys.argv[1:]))"

WITHOUT_WINDOW = (
    SLEEPY
    + """
from multiprocessing.connection import Connection
from desk.app import workstation

class WindowOfTheTest:
    def __init__(self, layout, folder):
        self.connection = Connection(int(sys.argv[1]))

    def ended_how(self):
        return "it is gone"

    def end(self):
        pass

workstation.WindowProcess = WindowOfTheTest
raise SystemExit(main(sys.argv[2:]))
"""
)


class RealEngine:
    """`desk` from its command on; `theirs` is the window's end of the pipe."""

    def __init__(self, folder, *arguments):
        ours, self.theirs = multiprocessing.Pipe()
        options = ("--account", str(folder), *arguments)
        self.process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_WINDOW, str(ours.fileno()), *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[ours.fileno()],
            env=child_environment(),
        )
        ours.close()

    def take(self):
        """It answers by itself."""
        return []

    def market(self):
        """The process id of its embedded market, or None."""
        pid = self.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    def say(self, number):
        """Send it a signal."""
        os.kill(self.process.pid, number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(10)
