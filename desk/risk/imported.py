"""What a desk keeps of a portfolio document whose accounts it watches, and what an import changes.

Kept are accounts, prices, marks, and every instrument in full, so that what is watched does not
hang on a catalogue of another day. Client, limits, profile and ticket are the document's own
affair: the desk judges by its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

from desk.model.instrument import Instrument
from desk.model.numbers import plain
from desk.risk.portfolio import Account, InstrumentRow, Part, Portfolio
from desk.risk.situation import Situation

Row = dict[str, Any]


def kept(situation: Situation) -> Portfolio:
    """Return what is kept of a document."""
    given = situation.portfolio
    return Portfolio(
        schema=given.schema,
        as_of=given.as_of,
        currency=given.currency,
        prices=given.prices,
        accounts=given.accounts,
        marks=given.marks,
        instruments={
            name: _in_full(instrument, given.instruments.get(name))
            for name, instrument in situation.instruments.items()
        },
    )


def _in_full(instrument: Instrument, given: InstrumentRow | None) -> InstrumentRow:
    return InstrumentRow(
        kind=instrument.kind,
        contract=instrument.contract,
        base=instrument.base,
        quote=instrument.quote,
        settle=instrument.settle,
        contract_size=instrument.contract_size,
        tick_size=instrument.tick_size,
        lot_size=instrument.lot_size,
        min_quantity=instrument.min_quantity,
        min_notional=instrument.min_notional,
        maker_fee_rate=instrument.maker_fee_rate,
        taker_fee_rate=instrument.taker_fee_rate,
        margin=None if given is None else given.margin,
    )


def named_apart(portfolio: Portfolio, own: Iterable[str]) -> tuple[Portfolio, dict[str, str]]:
    """Return the document with other names for accounts named like the desk's own, and these.

    `perp-1` becomes `watched-perp-1`: the same document has the same names each time.
    """
    ours = set(own)
    taken = ours | {account.id for account in portfolio.accounts}
    names: dict[str, str] = {}
    for account in portfolio.accounts:
        if account.id in ours:
            name = f"watched-{account.id}"
            while name in taken:
                name = f"watched-{name}"
            names[account.id] = name
            taken.add(name)
    accounts = [
        msgspec.structs.replace(account, id=names.get(account.id, account.id))
        for account in portfolio.accounts
    ]
    return msgspec.structs.replace(portfolio, accounts=accounts), names


# --- what an import changes ----------------------------------------------------------------------

_NAMES: Mapping[str, str] = {
    "balances": "asset",
    "positions": "instrument",
    "orders": "",
    "collateral": "asset",
    "loans": "asset",
}
"""Parts of an account that are lists → what names a row; empty: its place alone does."""


def difference(before: Portfolio | None, after: Portfolio) -> Row:
    """Return which accounts came, changed, went and stayed, and which prices are others now."""
    old = {} if before is None else {account.id: account for account in before.accounts}
    new = {account.id: account for account in after.accounts}
    changes = {name: _account_change(old[name], new[name]) for name in new if name in old}
    return {
        "as_of": {"before": None if before is None else before.as_of, "after": after.as_of},
        "added": [name for name in new if name not in old],
        "changed": [{"id": name, **change} for name, change in changes.items() if change],
        "removed": [name for name in old if name not in new],
        "unchanged": [name for name, change in changes.items() if not change],
        "prices": [] if before is None else _changes(_prices(before), _prices(after)),
    }


def _account_change(before: Account, after: Account) -> Row:
    """Return what differs between two states of an account; empty when nothing does."""
    if type(before) is not type(after):
        return {"kind": {"before": _kind(before), "after": _kind(after)}}
    found: Row = {}
    for name in after.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if name in _NAMES:
            if rows := _changes(_named(old, _NAMES[name]), _named(new, _NAMES[name])):
                found[name] = rows
        elif old != new:
            found[name] = {"before": _plain(old), "after": _plain(new)}
    return found


def _kind(account: Account) -> str:
    return str(account.__struct_config__.tag)


def _named(rows: list[Part], key: str) -> dict[str, Part]:
    """Return rows by name; what has none by its description, or by its place."""
    named: dict[str, Part] = {}
    for place, row in enumerate(rows, 1):
        name = getattr(row, key) if key else None
        name = name or getattr(row, "description", None) or str(place)
        while name in named:
            name = f"{name} again"
        named[name] = row
    return named


def _prices(portfolio: Portfolio) -> dict[str, Decimal]:
    return {**portfolio.prices, **portfolio.marks}


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[Row]:
    """Return each name under which something else stands, with what stood and stands there."""
    return [
        {"of": name, "before": _plain(before.get(name)), "after": _plain(after.get(name))}
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def _plain(value: object) -> Any:
    """Return a part as plain values: numbers as text, and nothing that it does not say."""
    return _said(msgspec.to_builtins(value, builtin_types=(Decimal,)))


def _said(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _said(item) for name, item in fields.items() if item is not None}
    if isinstance(value, list):
        return [_said(item) for item in cast("list[Any]", value)]
    return value
