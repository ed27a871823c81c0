"""One row of the journal as rows of the blotter; nothing is looked up but an order's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from desk.engine.change import Change, change_of
from desk.execution.outcome import Amended, AmendRefused, Cancelled, Filled, Rejected
from desk.model.blotter import BlotterFilter, BlotterRow
from desk.model.events import Denial
from desk.model.journal import Row
from desk.model.numbers import plain
from desk.model.orders import OrderTerms

Terms: TypeAlias = Callable[[str], OrderTerms | None]
"""Order id → its terms, as far as they are known."""

CLOSING_OUT = frozenset({"close_out", "liquidation"})


def blotter_rows(row: Row, terms_of: Terms) -> list[BlotterRow]:
    """Return what a journal row says to a trader; most say one thing, settings say none."""
    change = change_of(row)
    found = [*_found(row, change, terms_of)]
    return [msgspec.structs.replace(one, part=part) for part, one in enumerate(found)]


def _found(row: Row, change: Change, terms_of: Terms) -> Iterator[BlotterRow]:
    if row.entry.type == "denial":
        yield _denial(row, change)
    if change.outcome is not None:
        yield from _outcome(row, change, terms_of)
    for new in change.orders:
        closing = change.step_of is not None or row.entry.type in CLOSING_OUT
        kind = "close_out" if closing else "order"
        yield _of_order(row, change, new.terms, kind, _order_text(new.terms))
    for order_id in change.cancels:
        yield _by_id(row, change, order_id, terms_of, "cancel", "cancel asked for")
    for one in change.amends:
        asked = [
            f"{name} {plain(value)}"
            for name in ("quantity", "price", "trigger")
            if (value := getattr(one, name)) is not None
        ]
        text = f"amend to {', '.join(asked)}"
        yield _by_id(row, change, one.order_id, terms_of, "amend", text)
    if change.close_out is not None:
        yield _close_out(row, change)
    if change.funding is not None:
        yield _funding(row, change)
    if change.alerts is not None:
        for one in change.alerts.raised:
            yield _plainly(
                row,
                "alert",
                one.message,
                instrument=one.instrument or "",
                account=one.account or "",
                details={"number": one.number, "code": one.code, "latency_ms": one.latency_ms},
            )


def _plainly(row: Row, kind: str, text: str, **fields: Any) -> BlotterRow:
    given: dict[str, Any] = {"account": row.entry.account or "", **fields}
    return BlotterRow(
        seq=row.seq,
        time_ms=row.entry.time_ms,
        kind=kind,
        about=row.entry.type,
        text=text,
        **given,
    )


def _denial(row: Row, change: Change) -> BlotterRow:
    what = change.what
    asked: dict[str, Any] = what.get("asked", {})
    denials = tuple(msgspec.convert(what.get("denials", []), list[Denial]))
    words = " ".join(f"{one.code}: {one.message}" for one in denials)
    return _plainly(
        row,
        "denial",
        f"{words} ({what.get('about', 'command')})",
        order_id=row.entry.id or "",
        account=str(asked.get("account") or ""),
        instrument=str(asked.get("instrument") or ""),
        side=str(asked.get("side") or ""),
        denials=denials,
        details={name: value for name, value in what.items() if name != "denials"},
    )


def _outcome(row: Row, change: Change, terms_of: Terms) -> Iterator[BlotterRow]:
    match change.outcome:
        case Filled(fill=fill):
            yield _plainly(
                row,
                "fill",
                f"{fill.side.value} {plain(fill.quantity)} at {plain(fill.price)}, "
                f"{fill.liquidity.value.lower()}",
                order_id=fill.order_id,
                account=fill.account,
                instrument=fill.instrument,
                side=fill.side.value,
                quantity=fill.quantity,
                price=fill.price,
                amount=-fill.fee,
                asset=fill.fee_asset,
                details={"fill": fill.id, "postings": len(change.postings)},
            )
        case Cancelled(order_id=order_id, reason=reason):
            yield _by_id(row, change, order_id, terms_of, "cancel", f"cancelled: {reason}")
        case Rejected(order_id=order_id, reason=reason):
            text = f"rejected by the venue: {reason}"
            yield _by_id(row, change, order_id, terms_of, "rejection", text)
        case AmendRefused(order_id=order_id, reason=reason):
            yield _by_id(row, change, order_id, terms_of, "amend", f"not amended: {reason}")
        case Amended(amendment=amendment):
            yield _by_id(row, change, amendment.order_id, terms_of, "amend", "amended")
        case _:
            return


def _close_out(row: Row, change: Change) -> BlotterRow:
    one = change.close_out
    assert one is not None
    ended = one.ended_ms is not None
    text = f"close-out {one.number} {'ended' if ended else 'begins'}: {one.reason}"
    return _plainly(
        row,
        "close_out",
        text,
        account=one.account,
        instrument=one.instrument or "",
        details=change.what,
    )


def _funding(row: Row, change: Change) -> BlotterRow:
    assert change.funding is not None
    account, instrument, _ = change.funding
    what = change.what
    missed = what.get("missed")
    text = f"funding missed: {missed}" if missed else f"funding at {what.get('rate')}"
    amount = what.get("amount")
    assets = {posting.asset for posting in change.postings}
    return _plainly(
        row,
        "funding",
        text,
        account=account,
        instrument=instrument,
        amount=None if amount is None else msgspec.convert(amount, Decimal),
        asset=next(iter(assets), ""),
        details=what,
    )


def _by_id(
    row: Row, change: Change, order_id: str, terms_of: Terms, kind: str, text: str
) -> BlotterRow:
    terms = terms_of(order_id)
    if terms is None:
        return _plainly(row, kind, text, order_id=order_id, details=change.what)
    return _of_order(row, change, terms, kind, text)


def _of_order(row: Row, change: Change, terms: OrderTerms, kind: str, text: str) -> BlotterRow:
    return _plainly(
        row,
        kind,
        text,
        order_id=terms.id,
        account=terms.account,
        instrument=terms.instrument,
        side=terms.side.value,
        quantity=terms.quantity,
        price=terms.price,
        trigger=terms.trigger,
        details=change.what,
    )


def _order_text(terms: OrderTerms) -> str:
    words = [terms.type.value.replace("_", " ").lower(), terms.tif.value]
    words += ["post-only"] * terms.post_only + ["reduce-only"] * terms.reduce_only
    words += [f"behind {terms.parent}"] * (terms.parent is not None)
    return " ".join(words)


def is_wanted(row: BlotterRow, wanted: BlotterFilter) -> bool:
    """Whether a row passes a filter; time is the reader's to look at."""
    if wanted.kinds and row.kind not in wanted.kinds:
        return False
    if wanted.side not in {"", row.side} or wanted.account not in {"", row.account}:
        return False
    if wanted.instrument not in {"", row.instrument}:
        return False
    return not wanted.text or wanted.text.casefold() in _words(row).casefold()


def _words(row: BlotterRow) -> str:
    words = (row.kind, row.about, row.order_id, row.account, row.instrument, row.side, row.text)
    return " ".join(words)
