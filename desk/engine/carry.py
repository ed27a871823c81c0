"""What funding will take or bring, if every payment is like the next, and what that does to
liquidation prices.

Payments are charged to the free balance first; what it cannot pay comes out of the wallet of an
isolated position (`desk.margin.funding.wallet_loss`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from desk.engine.accounts import Account
from desk.engine.desk import Desk
from desk.engine.market_views import next_funding_ms
from desk.margin.account import account_figures
from desk.margin.funding import HOUR_MS, forecast, payment, wallet_loss
from desk.margin.inputs import AccountFigures, AccountInput, PositionFigures, PositionInput
from desk.margin.pool import total
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode
from desk.risk.report_rows import text

DAY_MS = 24 * HOUR_MS
HORIZONS: Mapping[str, int | None] = {"next": None, "day": DAY_MS, "week": 7 * DAY_MS}
"""Name → length; None: up to and with the next payment."""


class Terms(NamedTuple):
    """What is known of the funding of one position."""

    one: Decimal
    """Received at the next payment; below 0 is paid."""
    interval_h: int
    next_ms: int | None
    """None: funding flows continuously."""


def carry(desk: Desk, of: str = "") -> dict[str, Any]:
    """Return the forecast of one account, or of all perpetual ones; unknown is null."""
    accounts = [
        account
        for account in desk.state.accounts.values()
        if account.kind == "perpetual" and not account.watched and of in {"", account.id}
    ]
    return {"accounts": [_account_carry(desk, account) for account in accounts]}


def _account_carry(desk: Desk, account: Account) -> dict[str, Any]:
    given, now = desk.account_input(account.id), desk.figures(account.id)
    terms = {p.instrument: _terms(desk, p) for p in now.positions}
    received = {
        horizon: {name: _received(desk, known, length) for name, known in terms.items()}
        for horizon, length in HORIZONS.items()
    }
    after = {horizon: _after(given, now, amounts) for horizon, amounts in received.items()}
    rows: list[dict[str, Any]] = []
    for held in now.positions:
        known = terms[held.instrument]
        rows.append(
            {
                "instrument": held.instrument,
                "next_funding_ms": None if known is None else known.next_ms,
                "interval_h": None if known is None else known.interval_h,
                "receives": {h: text(received[h][held.instrument]) for h in HORIZONS},
                "liquidation_price": text(held.liquidation_price),
                "liquidation_price_after": {
                    h: text(_liquidation(after[h], held.instrument)) for h in HORIZONS
                },
            }
        )
    return {
        "account": account.id,
        "currency": now.settle,
        "receives": {h: text(total(received[h].values())) for h in HORIZONS},
        "common_move": text(_nearer_move(now)),
        "common_move_after": {h: text(_nearer_move(after[h])) for h in HORIZONS},
        "positions": rows,
    }


def _nearer_move(figures: AccountFigures | None) -> Decimal | None:
    """Return the nearer common move to close-out."""
    moves = () if figures is None else (figures.common_move_down, figures.common_move_up)
    return min((move for move in moves if move is not None), key=abs, default=None)


def _terms(desk: Desk, held: PositionFigures) -> Terms | None:
    market = desk.market.get(held.instrument)
    if market is None or market.funding_rate is None or held.notional is None:
        return None
    interval = market.funding_interval_h
    if not interval:
        return None
    one = payment(held.quantity, held.notional, market.funding_rate)
    return Terms(one, interval, next_funding_ms(desk, market))


def _received(desk: Desk, known: Terms | None, length: int | None) -> Decimal | None:
    """Return what is received within a time from now; continuous funding pays by the interval."""
    if known is None:
        return None
    if length is None:
        return known.one
    now = desk.wall_ms
    return forecast(known.one, known.interval_h, now, now + length, known.next_ms)


def _after(
    given: AccountInput, now: AccountFigures, amounts: Mapping[str, Decimal | None]
) -> AccountFigures | None:
    """Return the account after these payments at today's marks; None when one is unknown."""
    free = now.available_margin
    if free is None or any(amount is None for amount in amounts.values()):
        return None
    wallets = {held.instrument: held.isolated_wallet for held in now.positions}
    balance, positions = given.balances.get(given.settle, ZERO), list[PositionInput]()
    for position in given.positions:
        amount = amounts[position.instrument.id] or ZERO
        lost, wallet = ZERO, wallets[position.instrument.id]
        if position.margin_mode is MarginMode.ISOLATED and wallet is not None:
            lost = wallet_loss(amount, free)
            left = {"isolated_margin": wallet - lost, "extra_margin": ZERO}
            positions.append(msgspec.structs.replace(position, **left))
        else:
            positions.append(position)
        balance, free = balance + amount + lost, free + amount + lost
    changed = msgspec.structs.replace(
        given,
        balances={**given.balances, given.settle: balance},
        positions=tuple(positions),
    )
    return account_figures(changed)


def _liquidation(figures: AccountFigures | None, instrument: str) -> Decimal | None:
    if figures is None:
        return None
    found = (p.liquidation_price for p in figures.positions if p.instrument == instrument)
    return next(found, None)
