"""The whole program on a screen of its own, and hands that reach it as a person's do.

Keys and mouse go through the X server; what came of them is read from the journal.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from helpers.processes import ROOT

from desk.io.journal_reader import JournalReader
from desk.model.errors import InputError, JournalBroken

PATIENCE_S = 60


class Workstation:
    """A running `desk` with its window."""

    def __init__(self, folder, *arguments, **environment):
        self.folder = folder
        self._seen = set()
        """Its children that were looked for: a window outlives a desk that is killed."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desk", "--account", str(folder), *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment},
        )

    def window(self):
        """The window's process id, or None."""
        return self._child(b"--multiprocessing-fork")

    def market(self):
        """The embedded market's process id, or None."""
        return self._child(b"market")

    def _child(self, word):
        pid = self.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        for child in children:
            try:
                if word in Path(f"/proc/{child}/cmdline").read_bytes():
                    self._seen.add(int(child))
                    return int(child)
            except OSError:
                continue
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.window(), self.market()
        for pid in (*self._seen, self.process.pid):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()


def alive(pid):
    """Whether a process runs still."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(what, patience_s=PATIENCE_S, pause_s=0.02):
    """Wait until something is true and return it."""
    deadline = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause_s)
    return found


@contextlib.contextmanager
def virtual_screen(width=1920, height=1080):
    """A screen that nobody sees; its name. Skips the test where there is none to be had."""
    missing = [tool for tool in ("Xvfb", "xdotool", "import") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-noreset"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    # The number comes in two writes: a reader who leaves after the first kills the server.
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


class Hands:
    """Keys and mouse of a screen, and the journal of the desk that they work on."""

    def __init__(self, screen, folder, pictures=None):
        """`pictures` is a folder for a screenshot at each station; None takes none."""
        self.folder, self._pictures, self._shots = folder, pictures, 0
        self._environment = {**os.environ, "DISPLAY": screen}

    def run(self, *words, check=True):
        """Run a program of the screen; what it printed, as bytes."""
        done = subprocess.run(words, env=self._environment, capture_output=True, check=check)
        return done.stdout

    def focus(self, title):
        """Give the keys to the window of a title: there is no window manager to do it."""
        search = ("xdotool", "search", "--onlyvisible", "--name", title)
        found = eventually(lambda: self.run(*search, check=False).split(), pause_s=0.2)
        self.run("xdotool", "windowfocus", "--sync", found[-1].decode())

    def keys(self, *names):
        """Press one key after the other."""
        self.run("xdotool", "key", "--clearmodifiers", "--delay", "60", *names)

    def write(self, text):
        """Type a text."""
        self.run("xdotool", "type", "--delay", "30", text)

    def click(self, at, button=1):
        """Press and let go at a point."""
        self.run("xdotool", "mousemove", *map(str, at), "click", str(button))

    def drag(self, start, end):
        """Press at a point, move in steps, let go at another."""
        steps = [(start[0], start[1] + (end[1] - start[1]) * n // 4) for n in range(1, 4)]
        self.run("xdotool", "mousemove", *map(str, start), "mousedown", "1")
        for point in [*steps, end]:
            self.run("xdotool", "mousemove", *map(str, point), "sleep", "0.05")
        self.run("xdotool", "mouseup", "1")

    def find(self, color, box):
        """The middle of what is painted in a colour (RGB) within left, top, width, height."""
        left, top, wide, high = box
        area = f"{wide}x{high}+{left}+{top}"

        def found():
            painted = self.run("import", "-window", "root", "-crop", area, "-depth", "8", "rgb:-")
            pixels = [painted[n : n + 3] for n in range(0, len(painted), 3)]
            at = [divmod(n, wide) for n, pixel in enumerate(pixels) if pixel == bytes(color)]
            rows = [row for row, _ in at]
            return at and (left + wide // 2, top + (min(rows) + max(rows)) // 2)

        return eventually(found, pause_s=0.2)

    def look(self, station):
        """Take a screenshot, if any are wanted."""
        if self._pictures is not None:
            self._shots += 1
            name = self._pictures / f"{self._shots:02}-{station}.png"
            self.run("import", "-window", "root", str(name))

    # ---- journal ----------------------------------------------------------------------------

    def rows(self, kind=""):
        """The journal's entries so far, or those of a type."""
        try:
            with JournalReader(self.folder) as reader:
                entries = [row.entry for row in reader.rows()]
        except (InputError, JournalBroken):
            return []  # not there yet
        return [entry for entry in entries if kind in ("", entry.type)]

    def count(self):
        """How many entries there are of each type."""
        return Counter(entry.type for entry in self.rows())

    def await_rows(self, kind, count=1, again=None, every_s=5.0):
        """Wait for so many entries of a type; `again` is done now and while they do not come."""
        done_at = float("-inf")

        def there():
            nonlocal done_at
            if len(found := self.rows(kind)) >= count:
                return found
            if again is not None and time.monotonic() - done_at > every_s:
                again()
                done_at = time.monotonic()
            return None

        try:
            return eventually(there, pause_s=0.1)
        except AssertionError:
            self.look(f"no {kind}")
            raise AssertionError(f"no {kind} came; the journal: {self._told()}") from None

    def _told(self):
        """What the journal holds, for who reads of a test that failed elsewhere."""
        told = [
            entry.data for entry in self.rows() if entry.type in ("alert", "denial", "rejected")
        ]
        return f"{dict(self.count())}, {told[-8:]}"
