"""Rows of the journal as moments of the day: what the blotter says, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from desk.engine.blotter import Terms, blotter_rows
from desk.engine.change import Change, change_of
from desk.model.film import Moment
from desk.model.journal import Row


def moments(row: Row, terms_of: Terms) -> list[Moment]:
    """Return what a row says; a row says at least one thing."""
    change = change_of(row)
    found = [*_traded(row, change, terms_of), *_decided(row, change)]
    if not found:
        kind = "money" if change.postings else "setting"
        kind = kind if change.outcome is None else "order"
        found = [_moment(row, kind, _plainly(row, change))]
    return [
        Moment(
            seq=row.seq,
            part=part,
            time_ms=one.time_ms,
            kind=one.kind,
            text=one.text,
            order_id=one.order_id,
            account=one.account,
            instrument=one.instrument,
            denials=one.denials,
            asked=one.asked,
        )
        for part, one in enumerate(found)
    ]


def _traded(row: Row, change: Change, terms_of: Terms) -> Iterator[Moment]:
    for one in blotter_rows(row, terms_of):
        denied = one.kind == "denial"
        yield _moment(
            row,
            one.kind,
            one.text,
            order_id=one.order_id,
            account=one.account,
            instrument=one.instrument,
            denials=one.denials,
            asked=change.what.get("asked", {}) if denied else {},
        )


def _decided(row: Row, change: Change) -> Iterator[Moment]:
    """Levels and states: nobody trades in them, and everybody looks for them."""
    if change.level is not None:
        account, level = change.level
        before = str(change.what.get("before") or "")
        yield _moment(row, "level", f"{account}: {before} → {level}", account=account)
    if change.latch is not None:
        yield _moment(row, "state", f"{change.latch.state}: {change.latch.reason}")
    if change.lift or change.unlatch:
        who = change.what.get("name")
        yield _moment(row, "state", f"rearmed by {who}" if who else "the desk may go on")


def _moment(row: Row, kind: str, text: str, **fields: Any) -> Moment:
    given: dict[str, Any] = {"account": row.entry.account or "", **fields}
    return Moment(seq=row.seq, time_ms=row.entry.time_ms, kind=kind, text=text, **given)


def _plainly(row: Row, change: Change) -> str:
    said = [f"{name} {value}" for name, value in change.what.items() if isinstance(value, str)]
    return ", ".join([row.entry.type.replace("_", " "), *said])
