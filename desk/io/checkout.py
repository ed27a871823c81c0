"""A checkout's own set-up: its lock, its environments, and the stamp of a complete set-up.

Standard library only and light to import: every start reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from desk.io.environment import canonical_name, installed_distributions, library_set

LOCK_FILE = "requirements.lock"
GROUPS = ("run", "test", "interop")
_GROUP_MARK = "# group: "
_STAMP = "desk-setup.json"
_UNFINISHED = "desk-setup.unfinished"


class SetupRefused(Exception):
    """The checkout cannot be set up; the text says why and what to type."""


class Wanted(NamedTuple):
    """What one command line needs of the set-up."""

    groups: tuple[str, ...]
    """Some of GROUPS."""
    libraries: str
    """Qt's set of system libraries: `offscreen` or `xcb`."""
    qt: bool
    """False: the command works without Qt, so missing libraries are no reason to refuse it."""
    venv: str = ".venv"
    """The checkout's folder that the groups are installed into."""


CLIENTS = Wanted(("interop",), "offscreen", qt=False, venv=".venv-interop")
"""Third-party clients, for `desk test --interop` alone.

They pin other versions of what the desk itself stands on, and nothing of theirs may be importable
where the desk runs: they have an environment of their own and run as child processes.
"""


class Stamp(NamedTuple):
    """What a finished set-up left in its environment."""

    python: str
    groups: Mapping[str, str]
    """Group of the lock → SHA-256 of its lines."""
    libraries: Sequence[str]
    """Sets of system libraries that were found complete."""


def wanted_by(argv: Sequence[str], environ: Mapping[str, str]) -> Wanted:
    """What the command line needs."""
    command = argv[0] if argv else ""
    if command == "test":
        return Wanted(("run", "test"), "offscreen", qt=True)
    window = command in ("", "bench") or (command.startswith("-") and "--no-window" not in argv)
    return Wanted(("run",), library_set(environ), qt=window)


def ready_interpreter(root: str, argv: Sequence[str]) -> str:
    """The interpreter to run the desk with, after setting the checkout up if it is not.

    Raises SetupRefused where that cannot be done.
    """
    python = _own_interpreter(root, wanted_by(argv, os.environ))
    if argv[:1] == ["test"] and "--interop" in argv and not is_ready(root, CLIENTS):
        _set_up(root, CLIENTS)
    return python


def _own_interpreter(root: str, wanted: Wanted) -> str:
    venv = venv_folder(root, wanted.venv)
    inside = os.path.realpath(sys.prefix) == os.path.realpath(venv)
    if is_ready(root, wanted):
        return sys.executable if inside else venv_python(venv)
    if not inside and brings_its_own(root, wanted.groups):
        return sys.executable
    _set_up(root, wanted)
    return venv_python(venv)


def _set_up(root: str, wanted: Wanted) -> None:
    from desk.io.setup import set_up  # what a ready checkout never needs

    set_up(root, wanted)


def is_ready(root: str, wanted: Wanted) -> bool:
    """Whether a finished set-up of this very lock and Python is there."""
    venv = venv_folder(root, wanted.venv)
    stamp = read_stamp(venv)
    if stamp is None or stamp.python != python_version() or is_unfinished(venv):
        return False
    if wanted.qt and sys.platform.startswith("linux") and wanted.libraries not in stamp.libraries:
        return False
    groups = read_groups(root)
    return all(stamp.groups.get(name) == digest(groups[name]) for name in wanted.groups) and (
        os.access(venv_python(venv), os.X_OK)
    )


def brings_its_own(root: str, groups: Sequence[str]) -> bool:
    """Whether the running interpreter has every distribution that the lock always asks for."""
    installed = installed_distributions()
    lines = (line for name in groups for line in read_groups(root)[name])
    always = (line.split(" ")[0] for line in lines if ";" not in line)
    return all(canonical_name(pin.partition("==")[0]) in installed for pin in always)


def read_groups(root: str) -> dict[str, list[str]]:
    """Requirement lines of the lock by group; raises SetupRefused if a group is missing."""
    path = os.path.join(root, LOCK_FILE)
    groups: dict[str, list[str]] = {}
    group: list[str] = []
    with open(path, encoding="utf-8") as lock:
        for raw in lock:
            line = raw.strip()
            if line.startswith(_GROUP_MARK):
                group = groups.setdefault(line.removeprefix(_GROUP_MARK), [])
            elif line and not line.startswith("#"):
                group.append(line)
    if not all(groups.get(name) for name in GROUPS):
        expected = ", ".join(GROUPS)
        raise SetupRefused(f"{path}: expected the groups {expected}, found {sorted(groups)}")
    return groups


def digest(lines: Sequence[str]) -> str:
    """SHA-256 of a group's lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def python_version() -> str:
    """`3.11`: what decides whether an environment fits this interpreter."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def venv_folder(root: str, name: str = ".venv") -> str:
    """An environment of the checkout: its own one, or the clients'."""
    return os.path.join(root, name)


def venv_python(venv: str) -> str:
    """The interpreter of an environment."""
    parts = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return os.path.join(venv, *parts)


def read_stamp(venv: str) -> Stamp | None:
    """The stamp of the last finished set-up; None if there is none to be trusted."""
    try:
        with open(os.path.join(venv, _STAMP), encoding="utf-8") as file:
            found = json.load(file)
        return Stamp(found["python"], dict(found["groups"]), list(found["libraries"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(venv: str, stamp: Stamp) -> None:
    """Say that the set-up is complete; whole or not at all."""
    path = os.path.join(venv, _STAMP)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(stamp._asdict(), file)
    os.replace(path + ".new", path)
    _remove(os.path.join(venv, _UNFINISHED))


def begin(venv: str) -> None:
    """Withdraw the stamp: until the next one, what the environment holds may be half of a thing."""
    with open(os.path.join(venv, _UNFINISHED), "w", encoding="utf-8"):
        pass
    _remove(os.path.join(venv, _STAMP))


def is_unfinished(venv: str) -> bool:
    """Whether a set-up began here and did not end."""
    return os.path.exists(os.path.join(venv, _UNFINISHED))


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except FileNotFoundError:
        return
