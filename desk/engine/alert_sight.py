"""What an alert looks at, now: its figure, and whether its condition holds, or that it is blind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from desk.engine.desk import Desk
from desk.engine.watched_loans import loan_now
from desk.market.instrument_market import InstrumentMarket
from desk.market.marks import is_fresh
from desk.model.alert_commands import AlertKind, SetAlert
from desk.model.instrument import FRESH_MS, Kind
from desk.model.orders import MarginMode

LEVELS = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT")

BY_MARKET = frozenset({AlertKind.PRICE, AlertKind.SPREAD, AlertKind.FUNDING})
"""Kinds that are looked at with every message about their instrument."""


class Sight(NamedTuple):
    """One look."""

    holds: bool | None
    """None: there is nothing fresh to see it by."""
    value: Decimal | None = None
    event_ns: int = 0
    """Boot-time clock of what the figure stands on; 0: it changed unseen, between two looks."""
    why: str = ""
    """Why nothing is seen."""


def look(desk: Desk, rule: SetAlert) -> Sight:
    """Look once; nothing is computed here that the desk does not hold anyway."""
    return against(rule, sight(desk, rule))


def sight(desk: Desk, rule: SetAlert) -> Sight:
    """Return what an alert looks at; of the kinds by market it is one for all of an instrument,
    and what `holds` is to be said against each one's bound."""
    return _SIGHTS[rule.kind](desk, rule)


def against(rule: SetAlert, seen: Sight) -> Sight:
    """Return what is seen against the bound of an alert."""
    if rule.kind not in BY_MARKET or seen.holds is None or seen.value is None:
        return seen
    return _bounded(rule, seen.value, seen.event_ns)


def _market(desk: Desk, rule: SetAlert) -> InstrumentMarket | None:
    return None if rule.instrument is None else desk.market.get(rule.instrument)


def _bounded(rule: SetAlert, value: Decimal, event_ns: int) -> Sight:
    above = rule.above is not None and value >= rule.above
    below = rule.below is not None and value <= rule.below
    return Sight(above or below, value, event_ns)


def _price(desk: Desk, rule: SetAlert) -> Sight:
    market = _market(desk, rule)
    if market is None or market.quality(desk.now_ns) != "LIVE":
        return Sight(None, why=f"{rule.instrument} has no fresh price")
    if market.instrument.kind is Kind.SPOT:
        value, trade = market.last_price, market.last_trade
        event_ns = 0 if trade is None else trade.ts_recv_ns
    else:
        value = market.mark_price
        event_ns = 0 if market.mark is None else market.mark.ts_recv_ns
    if value is None:
        return Sight(None, why=f"{rule.instrument} has not traded yet")
    return Sight(True, value, event_ns)


def _spread(desk: Desk, rule: SetAlert) -> Sight:
    market = _market(desk, rule)
    book = None if market is None else market.book
    if market is None or book is None or not is_fresh(market.book_age_ns(desk.now_ns)):
        return Sight(None, why=f"{rule.instrument} has no fresh book")
    bid, ask = book.best_bid, book.best_ask
    if bid is None or ask is None:
        return Sight(None, why=f"the book of {rule.instrument} has one side only")
    return Sight(True, Decimal(2 * (ask[0] - bid[0])) / (ask[0] + bid[0]), book.ts_recv_ns)


def _funding(desk: Desk, rule: SetAlert) -> Sight:
    market = _market(desk, rule)
    mark = None if market is None else market.mark
    if market is None or mark is None or market.quality(desk.now_ns) != "LIVE":
        return Sight(None, why=f"{rule.instrument} has no fresh funding rate")
    if mark.funding_rate is None:
        return Sight(None, why=f"{rule.instrument} tells no funding rate")
    return Sight(True, mark.funding_rate, mark.ts_recv_ns)


def _staleness(desk: Desk, rule: SetAlert) -> Sight:
    market = _market(desk, rule)
    age = None if market is None else market.seen_age_ns(desk.now_ns)
    if market is None or age is None:
        return Sight(None, why=f"{rule.instrument} has had no mark yet")
    late_ns = max(0, age - FRESH_MS * 1_000_000)
    seconds = round(Decimal(age) / 1_000_000_000, 1)
    return Sight(market.quality(desk.now_ns) != "LIVE", seconds, desk.now_ns - late_ns)


def _level(desk: Desk, rule: SetAlert) -> Sight:
    account = desk.state.accounts.get(rule.account or "")
    if account is None:
        return Sight(None, why=f"there is no account {rule.account} any more")
    if account.kind == "perpetual":
        known = desk.margin(account.id).known and _marks_fresh(desk, account.id)
    else:
        known = loan_now(desk, account).figures.known if account.kind == "financing" else True
    held = desk.levels.get(account.id, "NORMAL")
    if held in LEVELS and LEVELS.index(held) >= LEVELS.index(rule.level):
        return Sight(True)  # what was reached is not unseen because a mark is old
    return (
        Sight(False)
        if known and held in LEVELS
        else Sight(None, why=f"the figures of {account.id} are not fresh")
    )


def _distance(desk: Desk, rule: SetAlert) -> Sight:
    account = desk.state.accounts.get(rule.account or "")
    if account is None:
        return Sight(None, why=f"there is no account {rule.account} any more")
    figures = desk.figures(account.id)
    held = [p for p in figures.positions if rule.instrument in {None, p.instrument}]
    if not held:
        return Sight(False)
    if not (figures.known and _marks_fresh(desk, account.id)):
        return Sight(None, why=f"the figures of {account.id} are not fresh")
    # Through its liquidation a position is at less than no distance.
    near = [p.liquidation_distance for p in held if p.liquidation_distance is not None]
    if any(p.margin_mode is MarginMode.CROSS for p in held):
        moves = (figures.common_move_down, figures.common_move_up)
        near += [abs(move) for move in moves if move is not None]
    return _bounded(rule, min(near), 0) if near else Sight(False)


def _marks_fresh(desk: Desk, account: str) -> bool:
    if desk.state.accounts[account].watched:
        return desk.watched.quality(account) == "LIVE"
    return all(desk.quality(name) == "LIVE" for name in desk.needed_marks(account))


def _fill(desk: Desk, rule: SetAlert) -> Sight:
    return Sight(rule.id in desk.state.alerts.owed)


_SIGHTS: dict[AlertKind, Callable[[Desk, SetAlert], Sight]] = {
    AlertKind.PRICE: _price,
    AlertKind.SPREAD: _spread,
    AlertKind.FUNDING: _funding,
    AlertKind.LEVEL: _level,
    AlertKind.DISTANCE: _distance,
    AlertKind.FILL: _fill,
    AlertKind.STALENESS: _staleness,
}
