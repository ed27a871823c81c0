"""What all positions come to: net notional, unrealized and realized, in one currency."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from desk.engine.snapshot import DeskFrame, PositionView
from ui.viewmodels.figure import Figure
from ui.viewmodels.text import UNKNOWN, signed
from ui.viewmodels.tone import Tone, of_profit
from ui.viewmodels.translation import tr

USD = "USD"


def own_positions(frame: DeskFrame) -> list[PositionView]:
    """Positions of this desk: what is only watched is not its money."""
    watched = {account.account for account in frame.accounts if account.watched}
    return [position for position in frame.positions if position.account not in watched]


def is_live(frame: DeskFrame) -> bool:
    """Whether all that the desk's own totals rest on is of now."""
    own = [account for account in frame.accounts if not account.watched]
    return all(one.quality == "LIVE" for one in (*own, *own_positions(frame)))


def settled_in(positions: Sequence[PositionView]) -> str:
    """What positions are settled in: `USDC, USDT`."""
    return ", ".join(sorted({position.settle for position in positions}))


def position_totals(frame: DeskFrame) -> tuple[Figure, ...]:
    """The three sums, in what all are settled in, else in US dollars; none without a position."""
    held = own_positions(frame)
    if not held:
        return ()
    settles = {position.settle for position in held}
    currency = next(iter(settles)) if len(settles) == 1 else USD
    worth = {asset: in_dollars(frame, asset) for asset in settles}
    rates = dict.fromkeys(settles, Decimal(1)) if len(settles) == 1 else worth
    missing = sorted(asset for asset, rate in rates.items() if rate is None)
    live = is_live(frame)

    def figure(label: str, values: list[Decimal | None], *, colour: bool) -> Figure:
        total = _sum([_in(rates[p.settle], v) for p, v in zip(held, values, strict=True)])
        tip = f"{label} ({currency})"
        if total is None:
            return Figure(label, UNKNOWN, Tone.MUTED, tip=f"{tip}: {_why(missing)}")
        tone = of_profit(total, live=live) if colour or not live else Tone.TEXT
        return Figure(label, signed(total), tone, tip=tip)

    return (
        figure(tr("Net notional"), [_signed_notional(p) for p in held], colour=False),
        figure(tr("Unrealized"), [p.unrealized_pnl for p in held], colour=True),
        figure(tr("Realized"), [p.realized_pnl for p in held], colour=True),
    )


def in_dollars(frame: DeskFrame, asset: str) -> Decimal | None:
    """What one unit is worth in US dollars; None: nobody says."""
    if asset == USD:
        return Decimal(1)
    rate = next((rate.usd for rate in frame.rates if rate.asset == asset), None)
    if rate is not None:
        return rate
    return next((index.value for index in frame.indices if index.base == asset), None)


def no_rate(asset: str) -> str:
    """Why something cannot be told in dollars."""
    return tr("no rate of {asset} to the dollar", asset=asset)


def _why(missing: list[str]) -> str:
    if missing:
        return "; ".join(no_rate(asset) for asset in missing)
    return tr("a mark or a figure of a position is missing")


def _signed_notional(position: PositionView) -> Decimal | None:
    if position.notional is None:
        return None
    return abs(position.notional) if position.quantity > 0 else -abs(position.notional)


def _in(rate: Decimal | None, value: Decimal | None) -> Decimal | None:
    return None if rate is None or value is None else rate * value


def _sum(values: list[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None
