"""What a message can be that no event comes from: one place that knows every way."""

from __future__ import annotations

import re

import msgspec


class Unusable(ValueError):
    """A message was read, and cannot be true."""


_QUOTED = re.compile(r""" (['"]).*\1""", re.DOTALL)
"""Where msgspec repeats a value that it does not know, at any length."""

UNREADABLE = (Unusable, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that decoding a message and checking it can raise."""


def reason_of(error: Exception) -> str:
    """Return a short reason to count a rejection under; nothing of the message itself."""
    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, msgspec.ValidationError):
        return _QUOTED.sub("", str(error))
    return "too deep" if isinstance(error, RecursionError) else "not JSON"
