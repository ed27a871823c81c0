"""The day's profit and loss, since 00:00 in Hong Kong, and what it may come to.

The day begins with a row: what had been realized, paid in fees and received in funding until then,
and what was unrealized at the marks of that moment, all of them fresh. A desk that was not running,
or had no fresh mark, at midnight begins its day as soon as it has. Before the first fill ever there
is nothing to write down: everything was 0. Money that comes and goes is no profit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec

from desk.engine.conversion import exact_worth
from desk.engine.desk import DAY_MS, HONG_KONG, Desk
from desk.engine.rule_state import DayStart
from desk.ledger.book import FEES, FUNDING
from desk.model.numbers import ZERO

RULE = "risk.max_daily_loss"
LATCH = "daily_loss"
CURRENCY = "USDT"
_AHEAD_MS = HONG_KONG.utcoffset(None) // timedelta(milliseconds=1)


class DayPnl(msgspec.Struct, frozen=True, kw_only=True):
    """Since 00:00 in Hong Kong, in USDT; None where a mark or a conversion is missing."""

    realized: Decimal | None
    unrealized: Decimal | None
    fees: Decimal | None
    """Negative: paid."""
    funding: Decimal | None
    """Negative: paid."""

    @property
    def total(self) -> Decimal | None:
        """All of it; None when a part is."""
        parts = [self.realized, self.unrealized, self.fees, self.funding]
        known = [part for part in parts if part is not None]
        return sum(known, ZERO) if len(known) == len(parts) else None


UNKNOWN = DayPnl(realized=None, unrealized=None, fees=None, funding=None)


def hong_kong_day(wall_ms: int) -> str:
    """Return the date in Hong Kong as ISO text."""
    return _day((wall_ms + _AHEAD_MS) // DAY_MS)


@lru_cache(maxsize=8)  # it is asked for with every look
def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def day_pnl(desk: Desk) -> DayPnl:
    """Return the day's profit and loss; unknown while the day has not begun."""
    start, now = day_start(desk), standing(desk)
    if start is None:
        return UNKNOWN
    return DayPnl(
        realized=_change(desk, start.realized, now.realized),
        unrealized=None if unmarked(desk) else _change(desk, start.unrealized, now.unrealized),
        fees=_change(desk, now.fees, start.fees),
        funding=_change(desk, start.funding, now.funding),
    )


def day_start(desk: Desk) -> DayStart | None:
    """Return where today began: as recorded, or from nothing where today saw the first fill.

    A clock set back brings no earlier day back: what was lost since is still lost.
    """
    today, known = hong_kong_day(desk.wall_ms), desk.state.rules.day
    if known is not None:
        return known if known.day >= today else None
    fills = desk.state.fills
    if fills and hong_kong_day(fills[0].time_ms) < today:
        return None
    return DayStart(day=today, realized={}, unrealized={}, fees={}, funding={}, marks={})


def standing(desk: Desk) -> DayStart:
    """Return where the desk stands now; a position without a mark is left out."""
    realized: dict[str, Decimal] = {}
    unrealized: dict[str, Decimal] = {}
    marks: dict[str, Decimal] = {}
    for (_, name), position in desk.state.positions.items():
        instrument, mark = desk.catalogue.get(name), desk.mark(name)
        assert instrument is not None, f"a position in {name}, which the desk does not know"
        settle = instrument.settle
        realized[settle] = realized.get(settle, ZERO) + position.realized_pnl
        if position.quantity and mark is not None:
            marks[name] = mark
            open_pnl = position.unrealized_pnl(instrument, mark)
            unrealized[settle] = unrealized.get(settle, ZERO) + open_pnl
    ledger = desk.state.ledger
    return DayStart(
        day=hong_kong_day(desk.wall_ms),
        realized=realized,
        unrealized=unrealized,
        fees=dict(ledger.balances(FEES)),
        funding={asset: -held for asset, held in ledger.balances(FUNDING).items()},
        marks=marks,
    )


def held(desk: Desk) -> set[str]:
    """Return the instruments that a position is open in."""
    return {name for (_, name), position in desk.state.positions.items() if position.quantity}


def unmarked(desk: Desk) -> bool:
    """Whether a position has no mark at all."""
    return any(desk.mark(name) is None for name in held(desk))


def _change(
    desk: Desk, before: Mapping[str, Decimal], after: Mapping[str, Decimal]
) -> Decimal | None:
    """Return after − before over all assets, in USDT; None where one cannot be converted."""
    moved = {a: after.get(a, ZERO) - before.get(a, ZERO) for a in _assets(before, after)}
    parts = [_worth(desk, asset, amount) for asset, amount in moved.items() if amount]
    known = [part for part in parts if part is not None]
    return sum(known, ZERO) if len(known) == len(parts) else None


def _assets(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return sorted({*before, *after})


def _worth(desk: Desk, asset: str, amount: Decimal) -> Decimal | None:
    price = exact_worth(desk, asset, CURRENCY)
    return None if price is None else amount * price


# --- the most that a day may lose ----------------------------------------------------------------


def daily_limit(desk: Desk) -> Decimal | None:
    """Return the loss in USD at which the desk takes no more risk today; None: there is none."""
    set_to, rule = desk.state.rules.daily_loss, desk.rules.profile.get(RULE)
    if set_to is not None:
        return set_to.limit
    return None if rule is None or rule.status == "off" else desk.rules.profile.usd(RULE)


def day_loss(desk: Desk) -> Decimal | None:
    """Return what the day has lost so far in USD (negative: it has earned); None: unknown."""
    total, rate = day_pnl(desk).total, exact_worth(desk, CURRENCY, "USD")
    return None if total is None or rate is None else -total * rate
