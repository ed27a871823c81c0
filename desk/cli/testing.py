"""`desk test`: every check that CI runs, each one line with its seconds; pytest comes last.

The last line is always `N passed, N failed, N skipped`, of pytest's tests alone; a linter that
finds something makes the whole red through the exit status and its own line.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from desk.model.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

LINTERS = {
    "ruff check": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "basedpyright": ("basedpyright", "--pythonpath", sys.executable),
}

_WORKERS = 2
_PYTEST_USAGE_ERROR = 4
_OURS = ("--slow", "--thorough", "--interop", "--faults", "--json")
_QUICK = "not slow and not thorough and not interop"
_INTERACTIVE = ("--pdb", "--trace", "-s", "--capture=no")


class Counts(NamedTuple):
    """What pytest counted."""

    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(argv: Sequence[str]) -> int:
    """Run every check; 0 when all are green, 1 when one is red, 2 for bad usage.

    `--thorough` runs what takes seconds a test as well, `--slow` the long tests too, `--interop`
    those of third-party clients alone, `--faults` the fault tests alone; what else is there goes
    to pytest. The table of faults ends a run of either `--faults` or `--slow`; `--table FILE`
    writes it as JSON. Raises InputError where there is nothing to test.
    """
    tests = ROOT / "tests"
    if not tests.is_dir():
        raise InputError(source="desk test", expected="a checkout with tests", found=str(ROOT))
    pytest_arguments = [word for word in _with_table(argv) if word not in _OURS]
    if "--interop" in argv:
        interop = tests / "interop"
        if not interop.is_dir():
            raise InputError(
                source="desk test --interop",
                expected="tests of third-party clients in tests/interop",
                found="no such folder in this version",
            )
        pytest_arguments.insert(0, str(interop))
    pytest_arguments = ["-m", _selection(argv), *pytest_arguments]
    red = [name for name, command in LINTERS.items() if not _lint(name, command)]
    began_s = time.monotonic()
    status, counts = _pytest(pytest_arguments)
    _tell("pytest", ok=status == 0, seconds=time.monotonic() - began_s)
    if status != 0:
        red.append("pytest")
    if red:
        print(f"red: {', '.join(red)}")
    print(counts, flush=True)
    return 2 if status == _PYTEST_USAGE_ERROR else int(bool(red))


def _selection(argv: Sequence[str]) -> str:
    """Which tests are meant, as an expression of pytest's markers."""
    if "--interop" in argv:
        return ""
    if "--slow" in argv:
        length = "not interop"
    elif "--thorough" in argv:
        length = "not slow and not interop"
    else:
        length = _QUICK
    return f"fault and {length}" if "--faults" in argv else length


def _with_table(argv: Sequence[str]) -> list[str]:
    """Return the words with the table's file whole, in one word, the only form pytest reads it in.

    pytest runs in another folder, and takes a word of its own for tests to run.
    """
    words = list(argv)
    for at, word in enumerate(words):
        option, equals, file = word.partition("=")
        if option == "--table":
            rest = at + 1 if equals else at + 2
            file = file if equals else "".join(words[at + 1 : rest])
            if not file:
                raise InputError(source="desk test --table", expected="a file", found="none")
            return [*words[:at], f"--table={Path(file).absolute()}", *words[rest:]]
    return words


def _lint(name: str, command: Sequence[str]) -> bool:
    began_s = time.monotonic()
    command = [sys.executable, "-m", *command]
    with (
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child,
        _forwarding_signals(child),
    ):
        said, _ = child.communicate()
    if child.returncode != 0:
        print(said, end="")
    _tell(name, ok=child.returncode == 0, seconds=time.monotonic() - began_s)
    return child.returncode == 0


def _pytest(arguments: Sequence[str]) -> tuple[int, Counts]:
    """Run pytest in sight of the user; its exit status, and what it counted."""
    interactive = any(word in _INTERACTIVE for word in arguments)
    workers = [] if interactive else _spread()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *workers, *arguments, f"--junit-xml={report}"]
        # Standard input stays: --pdb wants it.
        with subprocess.Popen(command, cwd=ROOT) as child, _forwarding_signals(child):
            status = child.wait()
        return status, _counts(report, status)


def _spread() -> list[str]:
    # Tests that share something slow are marked xdist_group and stay in one worker.
    return ["-n", str(min(_WORKERS, os.cpu_count() or 1)), "--dist", "loadgroup"]


def _counts(report: Path, status: int) -> Counts:
    """Read pytest's own report; without one the run itself is the failure."""
    if not report.is_file():
        return Counts(0, 1, 0)
    # It is not from elsewhere: pytest has just written it into a folder of ours alone.
    suites = list(ElementTree.parse(report).iter("testsuite"))  # nosec B314

    def total(name: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites)

    failed, skipped = total("failures") + total("errors"), total("skipped")
    passed = max(0, total("tests") - failed - skipped)
    return Counts(passed, max(failed, int(status != 0)), skipped)


@contextlib.contextmanager
def _forwarding_signals(child: subprocess.Popen[Any]) -> Generator[None]:
    """While the child runs, what ends us ends it first, the way Ctrl+C would: it cleans up.

    Raises SystemExit after the child's end if this process was told to end.
    """
    told: list[int] = []

    def forward(signum: int, _frame: object) -> None:
        told.append(signum)
        told_by_terminal = signum == signal.SIGINT and sys.stdin.isatty()
        if not told_by_terminal:  # a terminal tells the child by itself
            child.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
        child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if told:
        raise SystemExit(128 + told[0])


def _tell(name: str, *, ok: bool, seconds: float) -> None:
    print(f"{name:<14}{'ok' if ok else 'RED':<5}{seconds:6.1f} s", flush=True)
