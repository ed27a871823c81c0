"""A checkout's own set-up: its lock, its environments, and the stamp of a complete set-up.

Standard library only and light to import: every start waits for it, so that what is easily done
without is not imported here (json, typing, hashlib with its OpenSSL).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from desk.io.environment import canonical_name, installed_distributions, library_set

LOCK_FILE = "requirements.lock"
GROUPS = ("run", "test", "interop")
_GROUP_MARK = "# group: "
STAMP_FILE = "desk-setup.json"
UNFINISHED_FILE = "desk-setup.unfinished"


class SetupRefused(Exception):
    """The checkout cannot be set up; the text says why and what to type."""


class Wanted:
    """What one command line needs of the set-up."""

    def __init__(
        self, groups: tuple[str, ...], libraries: str, *, qt: bool, venv: str = ".venv"
    ) -> None:
        self.groups = groups
        """Some of GROUPS."""
        self.libraries = libraries
        """Qt's set of system libraries: `offscreen` or `xcb`."""
        self.qt = qt
        """False: the command works without Qt: missing libraries are no reason to refuse it."""
        self.venv = venv
        """The checkout's folder that the groups are installed into."""


CLIENTS = Wanted(("interop",), "offscreen", qt=False, venv=".venv-interop")
"""Third-party clients, for `desk test --interop` alone.

They pin other versions of what the desk itself stands on, and nothing of theirs may be importable
where the desk runs: they have an environment of their own and run as child processes.
"""


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
    """Whether a finished set-up of this very lock and Python is there.

    What the stamp must say is looked for as it is written there.
    """
    venv = venv_folder(root, wanted.venv)
    if is_unfinished(venv) or not os.access(venv_python(venv), os.X_OK):
        return False
    groups = read_groups(root)
    needed = [
        f'"python": "{python_version()}"',
        *(f'"{name}": "{digest(groups[name])}"' for name in wanted.groups),
    ]
    if wanted.qt and sys.platform.startswith("linux"):
        needed.append(f'"{wanted.libraries}"')
    try:
        with open(os.path.join(venv, STAMP_FILE), encoding="utf-8") as file:
            said = file.read()
    except (OSError, ValueError):
        return False
    return said.endswith("}") and all(word in said for word in needed)


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
    text = "\n".join(lines).encode()
    for name in ("_sha2", "_sha256"):  # the lean ones first, as the standard library's random does
        try:
            found: str = __import__(name).sha256(text).hexdigest()
        except ImportError:
            continue
        return found
    import hashlib

    return hashlib.sha256(text).hexdigest()


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


def is_unfinished(venv: str) -> bool:
    """Whether a set-up began here and did not end."""
    return os.path.exists(os.path.join(venv, UNFINISHED_FILE))
