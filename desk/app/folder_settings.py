"""What a person set for one desk folder: `settings.toml`, read at each start."""

from __future__ import annotations

from pathlib import Path

import msgspec

from desk.app.assemble import DEFAULT_PROFILE
from desk.model.errors import InputError

FILE = "settings.toml"


class FolderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings; each has a default."""

    profile: str = DEFAULT_PROFILE
    """The rule profile by which this desk decides: the name of one that ships."""


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
