"""How often a venue lets one address connect: several connections start together.

Source: the venues' own limits pages as of November 2026 (see `LIMITS`).
"""

from __future__ import annotations

from collections.abc import Mapping

from desk.venues.request_budget import RequestBudget

_SECOND_NS = 1_000_000_000

LIMITS: Mapping[str, tuple[int, int]] = {
    "binance": (50, 1_200_000_000),  # 300 in 5 minutes
    "okx": (2, _SECOND_NS),  # 3 a second
    "bybit": (100, 750_000_000),  # 500 in 5 minutes
    "coinbase": (4, 250_000_000),  # 8 a second
    "deribit": (8, _SECOND_NS),  # 32 at a time; no rate is published
    "hyperliquid": (10, 3 * _SECOND_NS),  # 30 a minute
    "kraken": (50, 6 * _SECOND_NS),  # 150 in 10 minutes
}
"""By venue: how many at once, and how fast they grow back; together never above its limit."""

_OTHERS = (2, _SECOND_NS)


class ConnectLimits:
    """What is left of each venue's limit; one for all connections of a desk."""

    def __init__(self) -> None:
        self._budgets: dict[str, RequestBudget] = {}

    def take(self, connection: str, now_ns: int) -> bool:
        """Take the right to connect once; False: not now."""
        venue = connection.partition("-")[0]
        budget = self._budgets.get(venue)
        if budget is None:
            budget = self._budgets[venue] = RequestBudget(*LIMITS.get(venue, _OTHERS))
            budget.restart(now_ns)
        return budget.take(1, now_ns)
