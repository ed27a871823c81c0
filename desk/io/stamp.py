"""The stamp of a complete set-up: what was installed into an environment, and for which Python.

`desk.io.checkout` looks in its text for what it needs: it is written on one line, by json alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from desk.io.checkout import STAMP_FILE, UNFINISHED_FILE


class Stamp(NamedTuple):
    """What a finished set-up left in its environment."""

    python: str
    groups: Mapping[str, str]
    """Group of the lock → SHA-256 of its lines."""
    libraries: Sequence[str]
    """Sets of system libraries that were found complete."""


def read_stamp(venv: str) -> Stamp | None:
    """The stamp of the last finished set-up; None if there is none to be trusted."""
    try:
        with open(os.path.join(venv, STAMP_FILE), encoding="utf-8") as file:
            found = json.load(file)
        return Stamp(found["python"], dict(found["groups"]), list(found["libraries"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(venv: str, stamp: Stamp) -> None:
    """Say that the set-up is complete; whole or not at all."""
    path = os.path.join(venv, STAMP_FILE)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(stamp._asdict(), file)
    os.replace(path + ".new", path)
    _remove(os.path.join(venv, UNFINISHED_FILE))


def begin(venv: str) -> None:
    """Withdraw the stamp: until the next one, what the environment holds may be half of a thing."""
    with open(os.path.join(venv, UNFINISHED_FILE), "w", encoding="utf-8"):
        pass
    _remove(os.path.join(venv, STAMP_FILE))


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except FileNotFoundError:
        return
