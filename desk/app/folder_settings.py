"""What a person set for one desk folder: `settings.toml`, read at each start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec

from desk.app.assemble import DEFAULT_PROFILE
from desk.cli.shipped import profile_text
from desk.execution.paper import LATENCY_MS
from desk.io.disk import write_atomically
from desk.log import LOG
from desk.model.errors import InputError

FILE = "settings.toml"
LAST = "profile.last"
"""The profile of the last start, beside it."""

_LONGEST_NAME = 64

LONGEST_LATENCY_MS = 10_000


class FolderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings; each has a default."""

    profile: str = DEFAULT_PROFILE
    """The rule profile by which this desk decides: the name of one that ships."""
    fee_tier: str = "VIP 0"
    """The fee level of this desk's accounts, by the venue's own name."""
    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_LATENCY_MS)] = LATENCY_MS
    """How long an order, an amendment, a cancel is on its way to the paper venue."""


def folder_settings(folder: Path) -> FolderSettings:
    """Read a folder's settings; raise InputError for a file that is none, never pass it over.

    Where it names no profile, because it is gone or was cut off, the one that the desk last
    decided by holds: limits get wider by a person's word alone.
    """
    path = folder / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        found = error.strerror or str(error)
        raise InputError(source=str(path), expected="a readable file", found=found) from None
    try:
        settings = msgspec.toml.decode(data, type=FolderSettings)
        is_named = "profile" in msgspec.toml.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise InputError(source=str(path), expected="settings as TOML", found=str(error)) from None
    last = None if is_named else last_profile(folder)
    return settings if last is None else msgspec.structs.replace(settings, profile=last)


def last_profile(folder: Path) -> str | None:
    """Return the profile of the last start; None where nothing is noted that ships."""
    try:
        noted = (folder / LAST).read_bytes()[:_LONGEST_NAME].decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return noted if profile_text(noted) is not None else None


def note_profile(folder: Path, name: str) -> None:
    """Note by what a desk decides; what cannot be written is in the log."""
    if last_profile(folder) == name:
        return
    try:
        write_atomically(folder / LAST, f"{name}\n".encode())
    except OSError as error:
        LOG.warning("%s cannot be written: %s", folder / LAST, error.strerror)
