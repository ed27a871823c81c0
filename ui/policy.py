"""What is asked before a hand's command leaves: nothing, a strip, or a hold; per kind of command.

One file of the desk folder, `hands.toml`, says it; every line has a default, an unknown one is
refused and with it the whole file.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypeAlias

import msgspec

OWN_FILE = "hands.toml"


class Confirm(Enum):
    """How a command is confirmed."""

    NONE = "none"
    STRIP = "strip"
    HOLD = "hold"


HoldMs: TypeAlias = Annotated[int, msgspec.Meta(ge=300, le=5_000)]


class PolicyError(ValueError):
    """The file cannot be used; the text says what was expected and found."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policy as it ships: what takes risk away in small steps asks nothing."""

    new_order: Confirm = Confirm.NONE
    amend: Confirm = Confirm.NONE
    cancel: Confirm = Confirm.NONE
    cancel_all: Confirm = Confirm.NONE
    close: Confirm = Confirm.NONE
    reverse: Confirm = Confirm.STRIP
    flatten: Confirm = Confirm.HOLD
    kill: Confirm = Confirm.STRIP
    hold_ms: HoldMs = 1_000
    """How long a key or button is held."""

    def of(self, action: str) -> Confirm:
        """How a kind of command is confirmed; AttributeError for a kind there is not."""
        chosen: Confirm = getattr(self, action)
        return chosen


def load_policy(data: bytes) -> Policy:
    """Read a person's own policy; PolicyError if it is not sound."""
    try:
        return msgspec.toml.decode(data, type=Policy)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise PolicyError(f"{OWN_FILE}: {error}") from error
