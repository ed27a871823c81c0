"""What a message can be that no event comes from: one place that knows every way."""

from __future__ import annotations

import msgspec


class Unusable(ValueError):
    """A message was read, and cannot be true."""


UNREADABLE = (Unusable, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that decoding a message and checking it can raise."""


def reason_of(error: Exception) -> str:
    """Return a short reason to count a rejection under; nothing of the message itself."""
    if isinstance(error, Unusable | msgspec.ValidationError):
        return str(error)
    return "too deep" if isinstance(error, RecursionError) else "not JSON"
