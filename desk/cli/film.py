"""`desk journal film --at TIME|--seq N`: the picture that the screen showed then, as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec

from desk.io.clock import SystemClock
from desk.io.film_reader import FilmDay
from desk.io.hong_kong import day_of
from desk.io.journal_pages import JournalPages
from desk.model.errors import InputError

_HONG_KONG = timezone(timedelta(hours=8))
_LAST_SEQ = 2**63 - 1


def show_film(folder: Path, at: str | None, seq: int | None) -> None:
    """Print the picture of a moment. Raises InputError, JournalError, FilmMissing."""
    at_ms = 0 if at is None else _moment_ms(at)
    if seq is not None:
        if not 1 <= seq <= _LAST_SEQ:
            raise InputError(source="--seq", expected="the number of a row", found=str(seq))
        with JournalPages(folder) as pages:
            at_ms = pages.time_ms(seq)
    elif at is None:
        raise InputError(source="desk journal film", expected="--at TIME or --seq N", found="none")
    film = FilmDay(folder, day_of(at_ms))
    for _ in film.look():
        pass
    picture = film.picture(film.nearest(at_ms, seq))
    print(msgspec.json.encode(msgspec.msgpack.decode(picture)).decode())


def _moment_ms(text: str) -> int:
    """Read `2026-11-28T14:02:31`, or a time of today; in Hong Kong unless it says otherwise."""
    today = datetime.fromtimestamp(SystemClock().wall_ms() / 1_000, UTC).astimezone(_HONG_KONG)
    whole = text if "T" in text else f"{today:%Y-%m-%d}T{text}"
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        raise InputError(
            source="--at", expected="2026-11-28T14:02:31 or 14:02:31, HKT", found=text
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=_HONG_KONG)
    return max(0, int(moment.timestamp() * 1_000))
