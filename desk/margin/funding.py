"""Funding of perpetuals: what a position pays or receives, when, and what that does to a wallet.

A payment is notional × rate, at the mark (Hyperliquid: at the oracle's price); longs pay when the
rate is positive. Amounts here are signed as the position sees them: below 0 is paid.
"""

from __future__ import annotations

from decimal import Decimal

from desk.margin.rounding import counted, finely, unbiased
from desk.model.numbers import ZERO

HOUR_MS = 3_600_000
RATE_CLAMP = Decimal("0.0005")
RATE_HOURS = 8
"""What venues quote interest and premium for, whatever their interval."""


def payment(quantity: Decimal, notional: Decimal, rate: Decimal) -> Decimal:
    """Return what a signed quantity of a notional receives at one stamp."""
    amount = notional * rate
    return -amount if quantity > 0 else amount


@finely
def rate_of(premium: Decimal, interest: Decimal, interval_h: int) -> Decimal:
    """Return the rate of one interval: [P + clamp(I − P, ±0.05 %)] / (8 / N).

    Binance since 2025-09-18, and the like on BitMEX, OKX, Gate; Hyperliquid pays an eighth of it
    every hour, which is N = 1. P and I are those of 8 hours.
    """
    pull = max(-RATE_CLAMP, min(RATE_CLAMP, interest - premium))
    return unbiased((premium + pull) * interval_h / RATE_HOURS)


def stamps(opened_ms: int, until_ms: int, interval_h: int, grace_ms: int = 0) -> range:
    """Return the moments, UTC in ms, at which a position held from open to end was charged.

    Whole intervals of the day; one at the end itself counts. A position opened less than
    `grace_ms` after a stamp is charged for that stamp still (Binance: 15 s).
    """
    interval = interval_h * HOUR_MS
    first = (opened_ms - grace_ms) // interval + 1
    return range(first * interval, until_ms + 1, interval)


@finely
def forecast(
    one: Decimal, interval_h: int, now_ms: int, until_ms: int, next_ms: int | None
) -> Decimal:
    """Return what will have been received by a moment, if every payment is like this one.

    `next_ms` is the next stamp; None: funding flows continuously, in proportion to time.
    """
    interval = interval_h * HOUR_MS
    if until_ms <= now_ms:
        return ZERO
    if next_ms is None:
        return counted(one * (until_ms - now_ms) / interval)
    if until_ms < next_ms:
        return ZERO
    return one * ((until_ms - next_ms) // interval + 1)


def wallet_loss(received: Decimal, available: Decimal) -> Decimal:
    """Return what funding takes from an isolated wallet, and so adds to the risk of liquidation.

    Only what the free balance cannot pay: that is charged first (Bybit help centre).
    """
    return max(ZERO, -received - max(ZERO, available))
