"""A person's own keys, confirmations and choices: small files of the desk folder.

A file that cannot be used is said so and passed over as a whole: the window then goes by the keys
that ship, so it is never without its panic keys, and asks as much as was ever chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from ui import keys, policy, preferences
from ui.own_policy import OwnPolicy, own_policy
from ui.private_file import own_bytes
from ui.window_file import WindowFile

_T = TypeVar("_T")


class OwnFiles(msgspec.Struct, frozen=True):
    """What the window goes by."""

    keys: dict[str, keys.Key]
    policy: policy.Policy
    complaints: tuple[str, ...] = ()
    """Why a file was passed over, a sentence each."""
    doubt: str = ""
    """Why a hand is asked as it was last chosen, whatever the file of that says."""
    folder: str | None = None
    file: WindowFile = msgspec.field(default_factory=lambda: WindowFile(None))
    """One object for all that is kept in it: two would write over each other."""
    preferences: preferences.Preferences = preferences.Preferences()


def own_files(folder: str | None) -> OwnFiles:
    """Read the files of a desk folder; without a folder, or a file, what ships holds."""
    complaints: list[str] = []
    at = None if folder is None else Path(folder)
    file = WindowFile(folder)
    chosen, passed_over = preferences.load(file)
    complaints += [*file.complaints, *passed_over]
    asked = OwnPolicy() if at is None else own_policy(at)
    return OwnFiles(
        keys=_own(at, keys.OWN_FILE, keys.load_key_map, complaints) or keys.load_key_map(),
        policy=asked.policy,
        complaints=tuple(complaints),
        doubt=asked.doubt,
        folder=folder,
        file=file,
        preferences=chosen,
    )


def _own(
    folder: Path | None, name: str, read: Callable[[bytes], _T], complaints: list[str]
) -> _T | None:
    try:
        data = b"" if folder is None else own_bytes(folder / name)
        return read(data) if data else None
    except OSError as error:
        complaints.append(f"{name}: {error.strerror or error}")
    except ValueError as error:
        complaints.append(" ".join(str(error).split()))
    return None
