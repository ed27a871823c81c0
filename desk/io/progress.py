"""Long external commands with visible progress: which step, how far, how long.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_TAIL_LINES = 12
_TELL_EVERY_S = 5.0


class StepFailed(Exception):
    """A command of a step ended badly; the text holds the end of what it said."""


class Measure(NamedTuple):
    """How to read from a command's output how far it is."""

    done: str
    """A line that begins with this pattern is one thing done."""
    total: int | None = None
    total_line: str | None = None
    """Pattern of the line that tells the total in its first group, where `total` is not known."""


class Progress:
    """The steps of a set-up, counted, timed and told on standard error."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._step = 0
        self._title = ""
        self._began_s = self._step_began_s = time.monotonic()

    def begin(self, title: str, detail: str = "") -> None:
        """Go on to the next step."""
        self._step += 1
        self._title = title
        self._step_began_s = time.monotonic()
        self._tell(detail)

    def end(self) -> None:
        """The step is done."""
        self._tell(f"done in {time.monotonic() - self._step_began_s:.1f} s")

    def total_s(self) -> float:
        """Seconds since the start of the first step."""
        return time.monotonic() - self._began_s

    def run(
        self,
        command: Sequence[str],
        measure: Measure | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> None:
        """Run one command of the step; it gets no standard input.

        Raises StepFailed if it cannot be started or ends badly.
        """
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environ,
                pass_fds=tuple(keep_open) if os.name == "posix" else (),
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise StepFailed(f"{self._title}: {command[0]} cannot be started: {error}") from error
        try:
            tail = self._follow(child, measure or Measure(done="$never"))
            status = child.wait()
        finally:
            if child.poll() is None:  # interrupted: nothing of ours goes on behind the user's back
                with contextlib.suppress(PermissionError):  # sudo's child is not ours to stop
                    child.terminate()
                child.wait()
        if status != 0:
            said = "\n".join(f"  {line}" for line in tail)
            raise StepFailed(f"{self._title}: {command[0]} ended with {status}:\n{said}")

    def _follow(self, child: subprocess.Popen[str], measure: Measure) -> deque[str]:
        lines = _lines_of(child)
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        done, total, told_s = 0, measure.total, time.monotonic()
        while True:
            try:
                line = lines.get(timeout=1.0)
            except queue.Empty:
                line = ""
            if line is None:
                return tail
            if line.strip():
                tail.append(line.rstrip())
            done += re.match(measure.done, line) is not None
            if measure.total_line is not None and (found := re.match(measure.total_line, line)):
                total = int(found[1])
            now_s = time.monotonic()
            if now_s - told_s >= _TELL_EVERY_S:
                told_s = now_s
                share = f"{done} of {total}, " if done and total else ""
                self._tell(f"{share}{now_s - self._step_began_s:.0f} s")

    def _tell(self, what: str) -> None:
        say(f"{self._step} of {self._steps}  {self._title}{': ' if what else ''}{what}")


def say(text: str) -> None:
    """Tell one line on standard error, where progress and warnings go."""
    sys.stderr.write(f"desk: {text}\n")
    sys.stderr.flush()


def _lines_of(child: subprocess.Popen[str]) -> queue.Queue[str | None]:
    """The output line by line as it comes, then None."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert child.stdout is not None
        with child.stdout as output:
            for line in output:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, name="set-up output", daemon=True).start()
    return lines
