"""The fold of a journal as bytes and back: what a snapshot of the desk holds.

A snapshot is a cache and nothing else: whatever it gives back must be, value for value and in the
same order, what the rows themselves would give. `PARTS` names everything that the fold writes;
a test holds it to the attributes there are, so that nothing is added to the state and forgotten
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from itertools import islice, zip_longest
from operator import attrgetter
from typing import Any, TypeAlias, cast

import msgspec

from desk.engine import names_once
from desk.engine.accounts import Account
from desk.engine.alert_book import OwedFill, Raised
from desk.engine.bracket_book import Role
from desk.engine.change import CloseOut, Latch, Liquidation, Unit
from desk.engine.lending import DatedRate, LoanTerm, Money, SecuritiesLine
from desk.engine.program_book import Progress
from desk.engine.rule_state import DailyLoss, DayStart
from desk.engine.state import DeskState, Key
from desk.execution.order import Order
from desk.ledger.position import Position
from desk.model.alert_commands import SetAlert
from desk.model.catalogue import Catalogue
from desk.model.errors import DeskError
from desk.model.orders import Fill, MarginMode
from desk.risk.client import ClientRecord
from desk.risk.override import Override
from desk.risk.portfolio import Portfolio

SLICE = 5_000
"""Values a section: none is long to write or to read, and none needs much memory beside."""

_Leg: TypeAlias = tuple[str, Role]

SINGLE: dict[str, Any] = {
    "seq": int,
    "imported": Portfolio | None,
    "client": ClientRecord | None,
    "client_set": bool,
    "liquidations": int,
    "lending.firm_capital": Money | None,
    "rules.daily_loss": DailyLoss | None,
    "rules.day": DayStart | None,
    "alerts.last": int,
    "alerts.seen": int,
    "alerts.version": int,
}
"""Attribute → the type of its value."""

LISTS: dict[str, Any] = {
    "fills": Fill,
    "cancels": str,
    "disclosures": str,
    "brackets._lost": _Leg,
    "alerts.raised": Raised,
    "alerts.done": str,
}
"""Lists and sets → the type of an item."""

TABLES: dict[str, tuple[Any, Any]] = {
    "accounts": (str, Account),
    "ledger._balances": (str, dict[str, Decimal]),
    "positions": (Key, Position),
    "brackets._legs": (str, dict[Role, list[str]]),
    "brackets._done": (_Leg, Decimal),
    "brackets._open": (str, None),
    "pairs": (str, tuple[str, ...]),
    "turns": (str, tuple[str, ...]),
    "_live": (str, None),
    "_ended": (str, None),
    "collars": (str, Decimal),
    "contents": (str, str),
    "_order_hashes": (int, str),
    "_id_hashes": (int, str),
    "latches": (str, Latch),
    "leverages": (Key, Decimal),
    "modes": (Key, MarginMode),
    "levels": (str, str),
    "level_since_ms": (str, int),
    "called_since_ms": (str, int),
    "lending._securities": (str, dict[str, SecuritiesLine]),
    "lending._terms": (str, dict[str, LoanTerm]),
    "lending.credit_limits": (str, Money),
    "lending.rates": (str, DatedRate),
    "close_outs": (Unit, CloseOut),
    "close_out_steps": (str, Unit),
    "liquidating": (Unit, Liquidation),
    "close_out_orders": (str, tuple[str, ...]),
    "funded_ms": (Key, int),
    "opened_ms": (Key, int),
    "rules.overrides": (str, Override),
    "programs._known": (str, Progress),
    "programs._running": (str, None),
    "alerts.rules": (str, SetAlert),
    "alerts.owed": (str, OwedFill),
}
"""Dictionaries → the types of key and value; order is kept."""

KEPT_HASHES = ("_order_hashes", "_id_hashes")
"""In the order in which somebody asked for the hash of the state."""

ORDERS = "orders"
"""Written first, each without its fills: those stand in `fills`, once."""

PARTS = frozenset({ORDERS, *SINGLE, *LISTS, *TABLES})

Section: TypeAlias = tuple[str, bytes]
"""A part's name and some of it."""


_NOTHING: Section = ("", b"")


class UnfitSnapshot(DeskError):
    """What was read is no state of this desk."""


def saved(state: DeskState) -> Iterator[Section]:
    """Write a state as sections, in slices; nothing may change it meanwhile.

    Two states are the same where these are the same, byte for byte: what has no order, or one that
    says nothing, is written sorted.
    """
    encode = msgspec.msgpack.Encoder().encode
    bare = (msgspec.structs.replace(order, fills=()) for order in state.orders.values())
    for some in _slices(bare):
        yield ORDERS, encode(some)
    for name in LISTS:
        values = _at(state, name)
        if isinstance(values, set):
            values = sorted(cast("set[Any]", values), key=encode)
        for some in _slices(values):
            yield name, encode(some)
    for name in TABLES:
        items = _at(state, name).items()
        for some in _slices(sorted(items) if name in KEPT_HASHES else items):
            yield name, encode(some)
    yield "", encode({name: _at(state, name) for name in SINGLE})


def differing(some: Iterable[Section], others: Iterable[Section]) -> str | None:
    """Return the first part in which two saved states differ; None: they are the same.

    The values that stand alone are a part without a name.
    """
    for (name, content), (other, others_content) in zip_longest(some, others, fillvalue=_NOTHING):
        if (name, content) != (other, others_content):
            return name or other
    return None


def restored(catalogue: Catalogue, sections: Iterable[Section]) -> DeskState:
    """Return the state that was written; raise UnfitSnapshot when it is none of this desk."""
    state = DeskState(catalogue)
    state.accounts.clear()
    whole = False
    try:
        for name, content in sections:
            if name == "":
                _put_single(state, content)
                whole = True
            else:
                _put(state, name, _decoder(name).decode(content))
        _join_fills(state)
    except (msgspec.MsgspecError, KeyError) as error:
        raise UnfitSnapshot(f"it holds what this desk does not read: {error}") from None
    if not whole:
        raise UnfitSnapshot("it has no end")
    return state


def _slices(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, SLICE)):
        yield some


def _at(state: DeskState, name: str) -> Any:
    return attrgetter(name)(state)


@cache
def _decoder(name: str) -> msgspec.msgpack.Decoder[Any]:
    if name == ORDERS:
        return msgspec.msgpack.Decoder(list[Order])
    if name in LISTS:
        return msgspec.msgpack.Decoder(list[LISTS[name]])
    key, value = TABLES[name]
    return msgspec.msgpack.Decoder(list[tuple[key, value]])


def _put(state: DeskState, name: str, values: list[Any]) -> None:
    """Add to what is there: the books hold each other's tables, so none is replaced."""
    if name == ORDERS:
        for order in values:
            names_once.of_order(order)
            state.orders[order.id] = order
    elif name in LISTS:
        held = _at(state, name)
        (held.update if hasattr(held, "update") else held.extend)(values)
    else:
        held = _at(state, name)
        orders = state.orders
        for key, value in values:
            known = orders.get(key) if isinstance(key, str) else None
            held[key if known is None else known.id] = value  # one string for one id


def _put_single(state: DeskState, content: bytes) -> None:
    values = msgspec.msgpack.decode(content, type=dict[str, msgspec.Raw])
    for name, kind in SINGLE.items():
        book, _, attribute = name.rpartition(".")
        holder = _at(state, book) if book else state
        setattr(holder, attribute, msgspec.msgpack.decode(values[name], type=kind))


def _join_fills(state: DeskState) -> None:
    """Give each order its fills, by fill id as the fold keeps them."""
    of_order: dict[str, list[Fill]] = {}
    for fill in state.fills:
        of_order.setdefault(fill.order_id, []).append(fill)
    for order_id, fills in of_order.items():
        fills.sort(key=_fill_id)
        order = state.orders[order_id]
        for fill in fills:
            names_once.of_fill(fill, order.id)
        msgspec.structs.force_setattr(order, "fills", tuple(fills))


def _fill_id(fill: Fill) -> str:
    return fill.id
