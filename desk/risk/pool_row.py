"""Perpetual accounts of a portfolio document as margin sees them: one pool, one settle asset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

import msgspec

from desk.margin.collateral import IN_FULL
from desk.margin.inputs import AccountInput, MarginTerms, OrderInput, PositionInput, Slice
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ZERO
from desk.model.orders import OrderType
from desk.risk.json_place import FieldError, Path
from desk.risk.portfolio import (
    Balance,
    HaircutSlice,
    OrderRow,
    PerpetualAccount,
    Portfolio,
    PositionRow,
    Ticket,
)
from desk.risk.prices import price_in

POOLED: Mapping[str, frozenset[str]] = {"BINANCE": frozenset({"USDT", "USDC"})}
"""Settle assets that a venue pools in one account, where it counts collateral by haircut."""

LIKELY_SETTLE = ("USDT", "USDC", "USD", "BTC", "ETH")
"""Where nothing says which asset an account settles in, the first of these that it holds."""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What an account is read against."""

    portfolio: Portfolio
    instruments: Mapping[str, Instrument]
    terms: Mapping[str, MarginTerms]
    collar_rate: Decimal
    default_leverage: Decimal
    """Of an order in an instrument without a position."""


def account_input(account: PerpetualAccount, path: Path, known: Resolved) -> AccountInput:
    """Return an account for margin. Raises FieldError for what contradicts itself."""
    _check_venue(account, path, known)
    settles = _settles(account, path, known)
    portfolio = known.portfolio
    settle = _main_settle(account, settles, portfolio.currency)
    balances = balances_of(account.balances, path)
    haircuts = {
        asset: _slices(entry, (*path, "haircuts", asset))
        for asset, entry in account.haircuts.items()
    }
    for asset in settles:
        haircuts.setdefault(asset, IN_FULL)
    prices = {
        asset: price
        for asset in {*balances, *settles}
        if (price := price_in(portfolio, asset, settle)) is not None
    }
    positions = tuple(_positions(account, path, known))
    held = {position.instrument.id for position in positions}
    return AccountInput(
        id=account.id,
        settle=settle,
        balances=balances,
        haircuts=haircuts,
        prices=prices,
        positions=positions,
        orders=tuple(
            _order(row, (*path, "orders", index), known) for index, row in enumerate(account.orders)
        ),
        marks=portfolio.marks,
        terms=known.terms,
        leverages={
            row.instrument: known.default_leverage
            for row in account.orders
            if row.instrument not in held
        },
        modes={name: account.margin_mode for name, _ in _mentions(account, path, portfolio.ticket)},
        collar_rate=known.collar_rate,
    )


def balances_of(rows: list[Balance], path: Path) -> dict[str, Decimal]:
    """Return balances by asset; each asset is given once."""
    balances: dict[str, Decimal] = {}
    for index, row in enumerate(rows):
        if row.asset in balances:
            raise FieldError(
                (*path, "balances", index, "asset"), "each asset once", f"{row.asset} again"
            )
        balances[row.asset] = row.quantity
    return balances


def _mentions(
    account: PerpetualAccount, path: Path, ticket: Ticket | None
) -> Iterator[tuple[str, Path]]:
    for index, row in enumerate(account.positions):
        yield row.instrument, (*path, "positions", index, "instrument")
    for index, row in enumerate(account.orders):
        yield row.instrument, (*path, "orders", index, "instrument")
    if ticket is not None and ticket.account == account.id:
        yield ticket.instrument, ("ticket", "instrument")


def _check_venue(account: PerpetualAccount, path: Path, known: Resolved) -> None:
    venue = account.venue
    for instrument_id, place in _mentions(account, path, known.portfolio.ticket):
        instrument = known.instruments[instrument_id]
        venue = venue or instrument.venue
        if instrument.venue != venue:
            raise FieldError(
                place, f"an instrument of {venue}: one account, one venue", instrument_id
            )
        if instrument.kind is not Kind.PERPETUAL:
            raise FieldError(
                place, "a perpetual", f"{instrument_id}, which is {instrument.kind.value}"
            )


def _settles(account: PerpetualAccount, path: Path, known: Resolved) -> list[str]:
    """Return the settle assets of an account; several only where its venue pools them."""
    settles: list[str] = []
    for instrument_id, place in _mentions(account, path, known.portfolio.ticket):
        instrument = known.instruments[instrument_id]
        if instrument.settle in settles:
            continue
        settles.append(instrument.settle)
        poolable = set(settles) <= POOLED.get(instrument.venue, frozenset())
        if len(settles) > 1 and not (poolable and account.haircuts):
            why = "only with `haircuts`" if poolable else "not at all"
            raise FieldError(
                place,
                f"an instrument that settles in {settles[0]}: {instrument.venue} pools it with "
                f"{instrument.settle} {why}",
                f"{instrument_id}, which settles in {instrument.settle}",
            )
    return settles


def _main_settle(account: PerpetualAccount, settles: list[str], currency: str) -> str:
    """Return what an account is worked out in; of one that holds nothing, the report's currency."""
    if not settles and not any(row.quantity for row in account.balances):
        return currency
    candidates = settles or [row.asset for row in account.balances]
    likely = [asset for asset in LIKELY_SETTLE if asset in candidates]
    return (likely or candidates)[0]


def _slices(entry: Decimal | list[HaircutSlice], path: Path) -> tuple[Slice, ...]:
    if isinstance(entry, Decimal):
        return (Slice(up_to=None, rate=entry),)
    if not entry:
        raise FieldError(path, "at least one slice", "none")
    for index, (before, after) in enumerate(pairwise(entry), 1):
        rising = before.up_to is not None and (after.up_to is None or after.up_to > before.up_to)
        if not rising:
            raise FieldError(
                (*path, index, "up_to"),
                "slices by rising quantity, null only in the last",
                str(after.up_to),
            )
    return tuple(Slice(up_to=row.up_to, rate=row.rate) for row in entry)


def _positions(account: PerpetualAccount, path: Path, known: Resolved) -> Iterator[PositionInput]:
    seen: set[str] = set()
    for index, row in enumerate(account.positions):
        place = (*path, "positions", index)
        if row.instrument in seen:
            raise FieldError(
                (*place, "instrument"), "one position an instrument (one-way)", row.instrument
            )
        seen.add(row.instrument)
        if row.maintenance_rate is None and row.maintenance_amount is not None:
            raise FieldError(
                (*place, "maintenance_rate"), "a rate beside maintenance_amount", "nothing"
            )
        yield _position(row, account, known)


def _position(row: PositionRow, account: PerpetualAccount, known: Resolved) -> PositionInput:
    return PositionInput(
        instrument=known.instruments[row.instrument],
        terms=known.terms.get(row.instrument, MarginTerms(model="binance")),
        quantity=row.quantity,
        entry_price=row.entry_price,
        mark=known.portfolio.marks.get(row.instrument),
        leverage=row.leverage,
        margin_mode=row.margin_mode or account.margin_mode,
        isolated_margin=row.isolated_margin,
        extra_margin=row.extra_margin or ZERO,
        maintenance_rate=row.maintenance_rate,
        maintenance_amount=row.maintenance_amount,
    )


def _order(row: OrderRow, path: Path, known: Resolved) -> OrderInput:
    check_price(row, path)
    return OrderInput(
        instrument=known.instruments[row.instrument],
        side=row.side,
        quantity=row.quantity,
        price=row.price,
        reduce_only=row.reduce_only,
    )


def check_price(row: OrderRow | Ticket, path: Path) -> None:
    """Hold price and type together: LIMIT has a price, MARKET none. Raises FieldError."""
    if row.type.has_trigger:  # a document has no field for it
        raise FieldError((*path, "type"), "LIMIT or MARKET", row.type.value)
    if row.type is OrderType.LIMIT and row.price is None:
        raise FieldError((*path, "price"), "a price: the order is LIMIT", "nothing")
    if row.type is OrderType.MARKET and row.price is not None:
        raise FieldError((*path, "price"), "null: the order is MARKET", str(row.price))
