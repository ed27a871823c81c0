"""Shares of a loan's collateral against their limits: each coin, all coins, securities."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.risk_snapshot import LoanView
from ui.viewmodels.text import UNKNOWN, ratio
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr


class ShareBar(msgspec.Struct, frozen=True):
    """One share with its limit."""

    label: str
    value: str
    limit: str
    tone: Tone
    fill: float | None
    """None: unknown."""
    tick: float


def share_bars(loan: LoanView) -> tuple[ShareBar, ...]:
    """Coins that have a cap, then all of them together, then what is not virtual."""
    coins = [
        _bar(tr("{coin} share", coin=piece.asset), piece.share, piece.cap)
        for piece in loan.collateral
        if piece.asset is not None and piece.cap is not None
    ]
    names = " + ".join(p.asset for p in loan.collateral if p.asset and p.cap is not None)
    if loan.group_cap is None:
        return tuple(coins)
    group = _bar(tr("{coins} share", coins=names or tr("Coins")), loan.group_share, loan.group_cap)
    rest = _bar(tr("Securities share"), loan.securities_share, 1 - loan.group_cap, is_floor=True)
    return (*coins, group, rest) if len(coins) > 1 else (*coins, rest)


def _bar(label: str, share: Decimal | None, limit: Decimal, *, is_floor: bool = False) -> ShareBar:
    """Beyond a cap what is above it does not count: that is a warning, and said by a sign too."""
    beyond = share is not None and (share < limit if is_floor else share > limit)
    shown = UNKNOWN if share is None else ratio(share)
    most, least = tr("max {limit}", limit=ratio(limit)), tr("min {limit}", limit=ratio(limit))
    tone = Tone.MUTED if share is None else Tone.WARNING if beyond else Tone.TEXT2
    return ShareBar(
        label=label,
        value=f"{shown} ▲" if beyond else shown,
        limit=least if is_floor else most,
        tone=tone,
        fill=None if share is None else min(1.0, max(0.0, float(share))),
        tick=float(limit),
    )
