"""How each simulated instrument behaves: figures taken from public captures of August 2024.

Shapes and ratios are the measured ones: sizes, gaps, sweeps, clustering, the share of time at
one tick. Rates are lower than the real market's, so that the embedded market costs little of a
core: a third of its taker orders (13 a second over the four instruments, with about 75 trades,
half of the real number), a sixth of its book tickers (80), depth frames every 100 ms (40).
Levels on a side are about half of what rests within 1 % of a real book.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from desk.model.instrument import InstrumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The habits of one instrument's traders. Quantities are in base coin, distances in ticks."""

    follow_delay_us: tuple[int, int]
    """How long after a change of the fair price its quotes begin to move, from and to."""
    taker_rate_hz: float
    """Taker orders a second that nothing excited, at ordinary volatility."""
    quote_rate_hz: float
    """Changes of the best level's size a second, at ordinary volatility."""
    churn_rate_hz: float
    """Orders placed, changed or withdrawn behind the best a second."""
    order_log_mean: float
    order_log_std: float
    """Logarithm of a taker order's size."""
    best_quantity: float
    """Median at the best level."""
    thin_quantity: float
    """Median of the levels right behind the best."""
    thick_ticks: float
    """Where levels have become about twice as large as right behind the best."""
    gap_ticks: float
    """Mean distance between levels close to the best."""
    place_log_mean: float
    place_log_std: float
    """Logarithm of how far behind the best an order is placed."""
    levels: int
    """Levels that rest on a side."""
    reach_ticks: int
    """How far from the best anything rests."""
    ordinary_move: float
    """How far its price moves at once, on average, as a fraction."""
    trade_share: float
    """Share of price moves made by a taker order; the rest are withdrawn quotes."""
    premium_mean: float = 0.0
    premium_std: float = 0.0
    """Of the perpetual over the spot price, as fractions; 0 for spot."""
    open_interest: float = 0.0


def refined(behaviour: Behaviour, factor: int) -> Behaviour:
    """Return the same habits where a tick is so many times smaller."""
    return replace(
        behaviour,
        thick_ticks=behaviour.thick_ticks * factor,
        gap_ticks=behaviour.gap_ticks * factor,
        place_log_mean=behaviour.place_log_mean + math.log(factor),
        reach_ticks=behaviour.reach_ticks * factor,
    )


BEHAVIOURS: dict[InstrumentId, Behaviour] = {
    InstrumentId("BTCUSDT-PERP.BINANCE"): Behaviour(
        follow_delay_us=(0, 12_000),
        taker_rate_hz=1.1,
        quote_rate_hz=22.0,
        churn_rate_hz=90.0,
        order_log_mean=-3.34,
        order_log_std=2.0,
        best_quantity=3.1,
        thin_quantity=0.05,
        thick_ticks=40.0,
        gap_ticks=5.0,
        place_log_mean=5.7,
        place_log_std=1.5,
        levels=500,
        reach_ticks=30_000,
        ordinary_move=0.35e-4,
        trade_share=0.6,
        premium_mean=-0.00045,
        premium_std=0.00025,
        open_interest=84_600.0,
    ),
    InstrumentId("ETHUSDT-PERP.BINANCE"): Behaviour(
        follow_delay_us=(2_000, 20_000),
        taker_rate_hz=0.8,
        quote_rate_hz=18.0,
        churn_rate_hz=90.0,
        order_log_mean=-1.58,
        order_log_std=2.2,
        best_quantity=15.5,
        thin_quantity=0.5,
        thick_ticks=15.0,
        gap_ticks=3.0,
        place_log_mean=4.8,
        place_log_std=1.4,
        levels=500,
        reach_ticks=13_000,
        ordinary_move=0.35e-4,
        trade_share=0.6,
        premium_mean=-0.00048,
        premium_std=0.00027,
        open_interest=1_950_000.0,
    ),
    InstrumentId("BTCUSDT.BINANCE"): Behaviour(
        follow_delay_us=(5_000, 35_000),
        taker_rate_hz=0.65,
        quote_rate_hz=12.0,
        churn_rate_hz=60.0,
        order_log_mean=-5.62,
        order_log_std=2.4,
        best_quantity=2.0,
        thin_quantity=0.04,
        thick_ticks=1000.0,
        gap_ticks=30.0,
        place_log_mean=7.8,
        place_log_std=1.5,
        levels=400,
        reach_ticks=300_000,
        ordinary_move=0.35e-4,
        trade_share=0.45,
    ),
    InstrumentId("ETHUSDT.BINANCE"): Behaviour(
        follow_delay_us=(5_000, 40_000),
        taker_rate_hz=0.4,
        quote_rate_hz=10.0,
        churn_rate_hz=60.0,
        order_log_mean=-2.8,
        order_log_std=2.4,
        best_quantity=10.0,
        thin_quantity=0.8,
        thick_ticks=60.0,
        gap_ticks=3.0,
        place_log_mean=5.0,
        place_log_std=1.4,
        levels=400,
        reach_ticks=13_000,
        ordinary_move=0.35e-4,
        trade_share=0.45,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """The fair price of one coin."""

    asset: str
    start_price: float
    volatility: float
    """Annualized, at ordinary volatility; regimes raise the average by about a third."""
    follow_bps: float
    """How far the fair price runs before the market follows, on average, in basis points."""
    jump_scale: float


COINS: tuple[Coin, ...] = (
    Coin(asset="BTC", start_price=61_000.0, volatility=0.36, follow_bps=0.35, jump_scale=1.0),
    Coin(asset="ETH", start_price=2_600.0, volatility=0.48, follow_bps=0.45, jump_scale=1.25),
)

CORRELATION = 0.68
"""Of the two coins' fair prices."""
