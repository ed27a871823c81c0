"""Why the data of an instrument allow no new risk: a mark that is missing, old, alone or far off.

Definitions: risk model, section 6. A doubt is said without regard to any order, so that the
screen can show it before somebody tries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from desk.model.events import Denial
from desk.risk.context import Limits, MarketNow
from desk.risk.denial import deny

Doubt: TypeAlias = Callable[[str, MarketNow, Limits], Denial | None]
"""Takes an instrument's id, its market now, and the limits."""

_RULE = "price.mark_sources"


def fresh_mark(name: str, market: MarketNow, limits: Limits) -> Denial | None:
    """No fresh mark, no new risk."""
    del limits
    if market.mark is None or market.quality == "UNKNOWN":
        return deny("NO_MARK", _RULE, f"{name} has no mark price.")
    if market.quality == "LIVE":
        return None
    limit_s = market.mark_limit_ms / 1000
    return deny(
        "STALE_MARK",
        _RULE,
        f"The mark of {name} is stale ({_age_text(market.mark_age_ms)}; limit {limit_s:.1f} s).",
        limit=Decimal(market.mark_limit_ms),
        actual=None if market.mark_age_ms is None else Decimal(market.mark_age_ms),
    )


def _age_text(age_ms: int | None) -> str:
    if age_ms is None:
        return "age unknown"
    if age_ms < 0:
        return f"stamped {-age_ms / 1000:.1f} s ahead of its venue's own clock"
    return f"age {age_ms / 1000:.1f} s"


def diverging(name: str, market: MarketNow, limits: Limits) -> Denial | None:
    """A venue's mark far from what the venues together say is not a price to open at."""
    standing = market.standing
    if standing is None or standing.deviation is None:
        return None
    if standing.state != "CONSENSUS" or abs(standing.deviation) <= limits.divergence_rate:
        return None
    return deny(
        "DIVERGING",
        _RULE,
        f"The mark of {name} lies {standing.deviation * 100:+.2f}% from the consensus of "
        f"{standing.votes} venues; the limit is {limits.divergence_rate * 100:.1f}%.",
        limit=limits.divergence_rate,
        actual=abs(standing.deviation),
    )


def unconfirmed(name: str, market: MarketNow, limits: Limits) -> Denial | None:
    """Where too few venues vote, a mark counts only beside the venue's own index or spot."""
    standing = market.standing
    if standing is None or standing.state == "CONSENSUS" or market.mark is None:
        return None
    own, limit = standing.own_deviation, limits.dispersion_rate
    if own is not None and abs(own) <= limit:
        return None
    votes = f"{standing.votes} of 3 venues vote"
    said = "has no index or spot price beside it" if own is None else f"lies {own * 100:+.2f}% off"
    return deny(
        "MARK_UNCONFIRMED",
        _RULE,
        f"The mark of {name} {said}, and only {votes}; its venue's own index or spot has to "
        f"confirm it within {limit * 100:.1f}%.",
        limit=limit,
        actual=None if own is None else abs(own),
    )


def few_sources(name: str, market: MarketNow, limits: Limits) -> Denial | None:
    """A live feed of many venues of which too few vote is not what it was set up to be."""
    standing, needed = market.standing, limits.mark_sources
    if standing is None or market.venues_live < max(1, needed):
        return None
    if standing.votes >= needed > 0:
        return None
    said = f"{needed} are needed" if needed else "the profile does not say how many are needed"
    return deny(
        "MARK_SOURCES",
        _RULE,
        f"Only {standing.votes} of {market.venues_live} venues vote on the price behind {name}; "
        f"{said}.",
        limit=Decimal(needed),
        actual=Decimal(standing.votes),
    )


def book_synced(name: str, market: MarketNow, limits: Limits) -> Denial | None:
    """Without a proven book there is nothing to trade against."""
    del limits
    if market.book_state == "SYNCED":
        return None
    said = market.book_state.lower()
    return deny("BOOK_UNSYNCED", _RULE, f"The order book of {name} is {said}.")


MARK_DOUBTS: Sequence[Doubt] = (fresh_mark, diverging, unconfirmed, few_sources)
"""Those about the mark alone: margin stands on it also where nothing is traded now."""

DOUBTS: Sequence[Doubt] = (*MARK_DOUBTS, book_synced)


def doubts(
    name: str, market: MarketNow, limits: Limits, looks: Sequence[Doubt] = DOUBTS
) -> list[Denial]:
    """Return every reason why an instrument's data allow no new risk."""
    return [found for doubt in looks if (found := doubt(name, market, limits)) is not None]
