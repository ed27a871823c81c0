"""Times as venues write them, RFC 3339 text, to milliseconds of the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeAlias

import msgspec

VenueTime: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""Decoded from text with a time zone; digits beyond the microsecond are rounded."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_EARLIEST_MS = 1_230_768_000_000
"""Before 2009 there was nothing to trade: years 1 and 1970 stand for "no time"."""


def milliseconds(time: datetime | None) -> int | None:
    """Return a time in milliseconds since 1970, or None for what stands for no time."""
    if time is None:
        return None
    since = (time - _EPOCH) // _MILLISECOND
    return since if since >= _EARLIEST_MS else None
