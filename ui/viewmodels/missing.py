"""Why a sum over the whole desk is not known: what is missing, in words."""

from __future__ import annotations

from collections.abc import Iterable

from desk.engine.snapshot import AccountView, DeskFrame
from ui.viewmodels.names import word
from ui.viewmodels.position_totals import in_dollars, no_rate, own_positions
from ui.viewmodels.translation import tr

ENTERED = "HKD"
"""Its rate is entered by a person, no feed has it."""


def missing_for_totals(frame: DeskFrame) -> dict[str, str]:
    """Figure of the totals → why it is unknown; only those that are."""
    totals = frame.totals
    if totals is None:
        return {}
    own = [account for account in frame.accounts if not account.watched]
    rates = _without_rate(frame, (account.currency for account in own))
    lent = _without_rate(frame, (a.currency for a in own if a.kind == "financing"))
    marks = _without_mark(frame)
    why = {
        "equity": [*rates, *_unknown_equity(own)],
        "btc_delta": marks,
        "eth_delta": marks,
        "day_pnl": [*_without_rate(frame, (p.settle for p in own_positions(frame))), *marks],
        "funding_per_day": [*_without_funding(frame), *marks],
        "firm_capital": lent,
    }
    return {
        name: "; ".join(reasons) or tr("a price or a rate is missing")
        for name, reasons in why.items()
        if getattr(totals, name) is None
    }


def _without_rate(frame: DeskFrame, currencies: Iterable[str]) -> list[str]:
    """Currencies that cannot be told in dollars."""
    missing = sorted({one for one in currencies if in_dollars(frame, one) is None})
    return [
        tr("the rate of HKD is not set: type rate 7.8 HKD/USD") if one == ENTERED else no_rate(one)
        for one in missing
    ]


def _unknown_equity(accounts: list[AccountView]) -> list[str]:
    return [
        tr("{account}: {quality}", account=account.account, quality=word(account.quality))
        for account in accounts
        if account.equity is None
    ]


def _without_mark(frame: DeskFrame) -> list[str]:
    return [
        tr("{instrument} has no mark", instrument=position.instrument)
        for position in own_positions(frame)
        if position.mark_price is None
    ]


def _without_funding(frame: DeskFrame) -> list[str]:
    return [
        tr("{instrument} has no funding rate", instrument=position.instrument)
        for position in own_positions(frame)
        if position.funding_rate is None
    ]
