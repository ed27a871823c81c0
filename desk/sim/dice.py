"""Seeded randomness whose state can be saved and resumed exactly."""

from __future__ import annotations

import math
import random
from typing import Any


class Dice(random.Random):
    """A generator of its own for one part of the market, so that parts do not disturb each other.

    Reproducible bit for bit on one platform; across platforms as far as their exp and log agree.
    """

    def count(self, mean: float) -> int:
        """Draw a Poisson count, for a small mean."""
        floor = math.exp(-mean)
        product = self.random()
        drawn = 0
        while product > floor:
            product *= self.random()
            drawn += 1
        return drawn

    def size(self, log_mean: float, log_std: float) -> int:
        """Draw a lognormal size of at least one lot."""
        return max(1, int(math.exp(self.gauss(log_mean, log_std))))

    def saved(self) -> list[Any]:
        """Return the state as plain values."""
        version, words, spare = self.getstate()
        return [version, list(words), spare]

    def resume(self, saved: list[Any]) -> None:
        """Take up a saved state; raise ValueError or TypeError when it is damaged."""
        version, words, spare = saved
        self.setstate((version, tuple(words), spare))
