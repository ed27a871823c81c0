"""How sure the figures of the live desk are: σ of each instrument, spans of liquidation prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from desk.engine.desk import Desk
from desk.margin.inputs import AccountFigures
from desk.margin.rule_sets import OLD_AFTER_DAYS
from desk.model.orders import MarginMode
from desk.risk.evaluation import Span, liquidation_spans

SIGNIFICANT = 10
"""Digits of σ that become a figure: it comes from charts and never from money."""


def sigma(desk: Desk, instrument: str) -> Decimal | None:
    """Return the standard deviation of one hour; None before 30 one-minute returns."""
    market = desk.market.get(instrument)
    found = None if market is None else market.volatility.sigma
    return None if found is None else Decimal(f"{found:.{SIGNIFICANT}g}")


def pool_sigma(desk: Desk, figures: AccountFigures) -> Decimal | None:
    """Return the largest σ of the cross positions, which move together in a common move.

    None where one of them has no history: it could be the larger.
    """
    largest: Decimal | None = None
    for held in figures.positions:
        if held.margin_mode is MarginMode.ISOLATED:
            continue
        found = sigma(desk, held.instrument)
        if found is None:
            return None
        largest = found if largest is None else max(largest, found)
    return largest


def spans(desk: Desk, account: str) -> dict[str, Span]:
    """Return how far each liquidation price of an account is from that at index prices, and why.

    The desk's own paper positions have no second figure of a venue to be held against.
    """
    figures = desk.figures(account)
    indices = {
        held.instrument: index
        for held in figures.positions
        if held.mark is not None and (index := desk.index(held.instrument)) is not None
    }
    given = desk.account_input(account)
    watched = desk.state.accounts[account].watched
    causes = _watched_causes if watched else _causes
    return liquidation_spans(given, figures, indices, lambda name: causes(desk, name))


def _watched_causes(desk: Desk, instrument: str) -> Iterator[str]:
    watched = desk.watched
    if watched.is_streamed(instrument):
        yield from _causes(desk, instrument)
    elif watched.mark(instrument) is not None:
        yield f"the mark is the document's, of {watched.portfolio.as_of}"


def _causes(desk: Desk, instrument: str) -> Iterator[str]:
    if desk.index(instrument) is None:
        yield "the venue gives no index beside its mark"
    if desk.quality(instrument) == "STALE":
        age = desk.market.mark_age_ms(instrument, desk.now_ns)
        yield "the age of the mark is unknown" if age is None else f"the mark is {age} ms old"
    terms = desk.terms.get(instrument)
    if terms is None or terms.as_of is None:
        return
    if (desk.today - date.fromisoformat(terms.as_of)).days > OLD_AFTER_DAYS:
        yield f"the margin tiers are of {terms.as_of}, over {OLD_AFTER_DAYS} days old"
