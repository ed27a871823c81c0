"""Continuous funding, by the venue's published formula (page "Inverse perpetual", 2026).

Premium rate = (mark − index) / index; funding rate of 8 hours = max(0.025 %, premium) +
min(−0.025 %, premium), so that it is 0 while the premium is within ± 0.025 %.
"""

from __future__ import annotations

from desk.sim.events import MarkUpdate

DEAD_BAND = 0.00025
CAP = 0.005
AVERAGED_S = 8 * 3_600


class Funding:
    """What accrues now, and the average of the last 8 hours or of what has been of them."""

    def __init__(self) -> None:
        self.current = 0.0
        self.average = 0.0
        self._samples = 0

    def sample(self, mark: MarkUpdate) -> None:
        """Take a second's mark."""
        self.current = funding_rate(mark.mark_price / mark.index_price - 1)
        self._samples = min(self._samples + 1, AVERAGED_S)
        self.average += (self.current - self.average) / self._samples


def funding_rate(premium: float) -> float:
    """Return the funding rate of 8 hours at a premium, both fractions."""
    premium = max(-CAP, min(CAP, premium))
    return max(DEAD_BAND, premium) + min(-DEAD_BAND, premium)
