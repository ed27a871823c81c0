"""Days as this desk counts them: 00:00 to 24:00 in Hong Kong, which knows no summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

DAY_MS = 86_400_000

_HONG_KONG = timezone(timedelta(hours=8))
_LAST_MS = 253_402_300_800_000 - 8 * 3_600_000 - 1
"""The end of 9999 there: the calendar knows no later day."""


def day_of(wall_ms: int) -> str:
    """Return the day in Hong Kong, `YYYY-MM-DD`."""
    seconds = min(wall_ms, _LAST_MS) / 1_000
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(_HONG_KONG):%Y-%m-%d}"


def day_start_ms(day: str) -> int:
    """Return when a day begins in Hong Kong; raise ValueError for what is no day."""
    midnight = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=_HONG_KONG)
    return int(midnight.timestamp()) * 1_000
