"""What an asset is worth in another one now: coins by consensus or spot mark, HKD by a setting.

The Hong Kong dollar is held between 7.75 and 7.85 to the US dollar, and no venue here prices it:
a person enters the rate. Until then a loan is judged at the stricter edge of the band, and totals,
which must be right and not merely safe, are unknown.
"""

from __future__ import annotations

from decimal import Decimal

from desk.engine.desk import Desk
from desk.engine.quality import fed_markets, mark_doubts
from desk.market.consensus import ENOUGH_VOTES
from desk.market.reference import UNDERLYINGS
from desk.model.instrument import FRESH_MS, Kind
from desk.model.numbers import ONE

HKD = "HKD"
HKD_PER_USD_LOW, HKD_PER_USD_HIGH = Decimal("7.75"), Decimal("7.85")
"""The convertibility undertakings of the Hong Kong Monetary Authority since 2005."""

OLD_AFTER_DAYS = 7
"""A rate that was entered longer ago is still used, and flagged."""

MS_A_DAY = 86_400_000
NS_PER_MS = 1_000_000


def worth(desk: Desk, asset: str, currency: str, *, owed: bool = False) -> Decimal | None:
    """Return what one unit is worth; None is unknown.

    Where the rate of the Hong Kong dollar is not known, what is held is valued low and what is
    `owed` high.
    """
    if asset == currency:
        return ONE
    if currency == HKD:
        price = usd_price(desk, asset)
        return None if price is None else price * _hkd_per_usd(desk, high=owed)
    unit = usd_price(desk, currency)
    if not unit:
        return None
    if asset == HKD:
        return ONE / (unit * _hkd_per_usd(desk, high=not owed))
    price = usd_price(desk, asset)
    return None if price is None else price / unit


def exact_worth(desk: Desk, asset: str, currency: str) -> Decimal | None:
    """Return what one unit is worth; None where that is only known between two edges."""
    if HKD in {asset, currency} and asset != currency and HKD not in desk.state.lending.rates:
        return None
    return worth(desk, asset, currency)


def usd_price(desk: Desk, asset: str) -> Decimal | None:
    """Return what one unit of anything but the Hong Kong dollar is worth in US dollars."""
    if asset in UNDERLYINGS:
        return _coin_price(desk, asset)
    rate = desk.reference.rates.get(asset)
    return None if rate is None else rate.rate


def rate_notes(desk: Desk) -> list[str]:
    """Return what a reader of converted figures should know."""
    rate = desk.state.lending.rates.get(HKD)
    if rate is None:
        return [
            "HKD/USD is not set: the stricter edge of 7.75–7.85 is used, and totals are unknown"
        ]
    age_ms = desk.wall_ms - rate.as_of_ms
    old = age_ms > OLD_AFTER_DAYS * MS_A_DAY
    return [f"HKD/USD was entered {age_ms // MS_A_DAY} days ago"] if old else []


def _hkd_per_usd(desk: Desk, *, high: bool) -> Decimal:
    rate = desk.state.lending.rates.get(HKD)
    if rate is not None:
        return rate.per_usd
    return HKD_PER_USD_HIGH if high else HKD_PER_USD_LOW


def _coin_price(desk: Desk, coin: str) -> Decimal | None:
    """Return the consensus where enough venues vote freshly, else a spot mark beyond doubt."""
    index = desk.reference.indices.get(coin)
    if index is not None and index.state == "CONSENSUS" and _is_fresh(desk, coin):
        return index.value
    for market in fed_markets(desk):
        terms, mark = market.instrument, market.mark_price
        if terms.base != coin or terms.kind is not Kind.SPOT or mark is None:
            continue
        rate = desk.reference.rates.get(terms.quote)
        live = market.quality(desk.now_ns) == "LIVE" and not mark_doubts(desk, {terms.id})
        if live and rate is not None:
            return mark * rate.rate
    return None


def _is_fresh(desk: Desk, coin: str) -> bool:
    """Say whether enough of the votes are no older than a mark may be."""
    ages = desk.reference.ages_ns.get(coin, {}).values()
    fresh = [age for age in ages if age is not None and 0 <= age <= FRESH_MS * NS_PER_MS]
    return len(fresh) >= ENOUGH_VOTES
