"""What a person set for one desk folder: `settings.toml`, read at each start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from desk.app.assemble import DEFAULT_PROFILE
from desk.execution.paper import LATENCY_MS
from desk.model.errors import InputError

FILE = "settings.toml"

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
    """Read a folder's settings; raise InputError for a file that is none, never pass it over."""
    path = folder / FILE
    try:
        return msgspec.toml.decode(path.read_bytes(), type=FolderSettings)
    except FileNotFoundError:
        return FolderSettings()
    except OSError as error:
        found = error.strerror or str(error)
        raise InputError(source=str(path), expected="a readable file", found=found) from None
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise InputError(source=str(path), expected="settings as TOML", found=str(error)) from None
