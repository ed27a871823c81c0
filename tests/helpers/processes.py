"""The real program as a child process: a console that is written to and read from."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {"ack", "denial", "status"}
PATIENCE_S = 60


def started(*arguments):
    """Start `desk` with these arguments; everything it says is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "desk", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )


class Console:
    """A running `desk console`."""

    def __init__(self, folder, *arguments, start=started):
        self.process = start("console", "--account", str(folder), *arguments)
        self.lines = []
        self._number = 0
        self._queue = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._queue.put(line)
        self._queue.put(None)

    def send(self, *lines):
        """Write lines without waiting for their answers; return the number of the last."""
        self._number += len(lines)
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()
        return self._number

    def next(self):
        """The next line of output, or None at its end."""
        line = self._queue.get(timeout=PATIENCE_S)
        if line is None:
            return None
        said = json.loads(line)
        self.lines.append(said)
        return said

    def answer(self, number):
        """The answer to one input line."""
        while (said := self.next()) is not None:
            if said["command"] == number and said["type"] in ANSWERS:
                return said
        raise AssertionError(f"no answer to line {number}: {self.process.stderr.read()}")

    def ask(self, line):
        """Send a line and return its answer."""
        return self.answer(self.send(line))

    def until(self, kind, **fields):
        """The next line of a kind with these fields."""
        while (said := self.next()) is not None:
            if said["type"] == kind and all(said.get(k) == v for k, v in fields.items()):
                return said
        raise AssertionError(f"no {kind}")

    def end(self):
        """End the input and return (exit code, remaining lines)."""
        self.process.stdin.close()
        rest = []
        while (said := self.next()) is not None:
            rest.append(said)
        return self.process.wait(PATIENCE_S), rest

    def kill(self):
        """kill -9; what it had written is still read."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        while (said := self._drain()) is not None:
            self.lines.append(said)
        self._close()

    def _drain(self):
        try:
            line = self._queue.get(timeout=PATIENCE_S)
            return None if line is None else json.loads(line)
        except (Empty, json.JSONDecodeError):
            return None

    def _close(self):
        self._reader.join(PATIENCE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        self._close()


def desk(*arguments, stdin=None):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "desk", *map(str, arguments)],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def journal_rows(folder):
    """Every row of a journal, by `desk journal show`."""
    shown = desk("journal", "show", "--account", folder)
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]


class Market:
    """A running `desk market`; `ready` is the file with its ready line."""

    def __init__(self, folder, *arguments, program=("-m", "desk")):
        self.process = subprocess.Popen(
            [sys.executable, *program, "market", "--parent", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = folder / "ready.json"
        self.ready.write_text(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
