"""`desk bench check`: what `python3 -m desk` does before it becomes the desk of a ready checkout.

A checkout of links is made beside this one, ready by its own stamp, whose interpreter is a program
that ends at once: so the launcher's way from the command to there is timed, and nothing behind it.
Beside it, in turn, the same interpreter that is told to do nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from desk.bench.pairs import Measured, interleaved
from desk.bench.row import Given, Row, row
from desk.io.checkout import (
    LOCK_FILE,
    digest,
    python_version,
    read_groups,
    venv_folder,
    venv_python,
)
from desk.io.stamp import Stamp, write_stamp

MOST_MS = 50.0
PAIRS = 15
NAME = "launcher's check of a ready checkout"


def measure(given: Given) -> list[Row]:
    """Time both in turn; an installed desk has no check, and says so."""
    del given
    root, nothing = Path(__file__).resolve().parents[2], shutil.which("true")
    if nothing is None or not (root / LOCK_FILE).is_file():
        return [row(NAME, None, "ms", most=MOST_MS, note="an installed desk has no check")]
    with tempfile.TemporaryDirectory() as folder:
        linked_checkout(Path(folder), root, nothing)
        # The interpreter that a person types, not the environment's.
        python = os.path.join(sys.base_prefix, "bin", "python3")
        found = interleaved(
            _started([python, "-m", "desk"], folder),
            _started([python, "-c", "pass"], folder),
            PAIRS,
        )
    return [
        row(
            NAME,
            found.value,
            "ms",
            reference=found.beside,
            most=MOST_MS,
            note=f"{found.note}; from the command to the desk's interpreter; "
            "reference: the same Python, doing nothing",
        )
    ]


def linked_checkout(folder: Path, root: Path, python: str) -> None:
    """Make a checkout of links to another whose own interpreter is this program."""
    for name in ("desk", LOCK_FILE):
        (folder / name).symlink_to(root / name)
    venv = venv_folder(str(folder))
    inside = Path(venv_python(venv))
    inside.parent.mkdir(parents=True)
    inside.symlink_to(python)
    groups = {name: digest(lines) for name, lines in read_groups(str(folder)).items()}
    write_stamp(venv, Stamp(python_version(), groups, ["offscreen", "xcb"]))


def _started(command: Sequence[str], folder: str) -> Measured:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONPATH", None)

    def measured() -> float:
        began = time.perf_counter_ns()
        subprocess.run(command, cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)
        return (time.perf_counter_ns() - began) / 1e6

    return measured
