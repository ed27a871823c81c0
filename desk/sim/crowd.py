"""The orders behind the best: placed, changed and withdrawn at every distance, all the time."""

from __future__ import annotations

import math

from desk.model.instrument import Instrument
from desk.sim.book import Book, Side
from desk.sim.calibration import Behaviour
from desk.sim.dice import Dice

SIZE_STD = 1.0
"""Of the logarithm of a level's size."""
SIZE_EXPONENT = 0.8
"""How sizes grow with the distance from the best, far out."""
PLACED_SHARE = 0.45
"""Of all changes; the others meet a level that is there."""
FILL_IN_SHARE = 0.5
LARGEST_FILL_IN = 6


class Crowd:
    """Keeps one instrument's book deep."""

    def __init__(
        self, instrument: Instrument, behaviour: Behaviour, book: Book, dice: Dice
    ) -> None:
        self._behaviour = behaviour
        self._book = book
        self._dice = dice
        self._thin_log = math.log(behaviour.thin_quantity / float(instrument.lot_size))

    def open(self) -> None:
        """Fill the book behind best levels that are already there."""
        for side in (self._book.bids, self._book.asks):
            best = side.keys[-1]
            for _ in range(3 * self._behaviour.levels):
                if len(side.keys) < self._behaviour.levels:
                    self._place(0, side, best - self._distance(), best)

    def thin_lots(self) -> int:
        """Draw the size of a level right behind the best."""
        return self._dice.size(self._thin_log, SIZE_STD)

    def churn(self, at_us: int, orders: int) -> None:
        """Let this many orders behind the best change."""
        dice, book = self._dice, self._book
        for _ in range(orders):
            side = book.bids if dice.random() < 0.5 else book.asks
            best = side.keys[-1]
            if dice.random() < PLACED_SHARE:
                self._place(at_us, side, best - self._distance(), best)
            elif len(side.keys) > 1:
                self._change(at_us, side, best)

    def fill_in(self, at_us: int, side: Side, former: int, best: int) -> None:
        """Place orders between the former best and the best to come."""
        dice, gap = self._dice, best - former
        expected = FILL_IN_SHARE * gap / self._behaviour.gap_ticks
        for _ in range(min(LARGEST_FILL_IN, dice.count(min(expected, 20.0)))):
            self._place(at_us, side, best - 1 - int(dice.random() * gap), best)

    def _change(self, at_us: int, side: Side, best: int) -> None:
        """Change or withdraw a level, the nearer the likelier; and what is out of reach."""
        dice, keys, behaviour = self._dice, side.keys, self._behaviour
        behind = len(keys) - 1
        key = keys[behind - 1 - int(behind * dice.random() ** 2)]
        if dice.random() < 0.5 * (len(keys) / behaviour.levels) ** 4:
            self._book.put(at_us, side, key, 0)
        else:
            self._place(at_us, side, key, best)
        if best - keys[0] > behaviour.reach_ticks:
            self._book.put(at_us, side, keys[0], 0)

    def _distance(self) -> int:
        return self._dice.size(self._behaviour.place_log_mean, self._behaviour.place_log_std)

    def _place(self, at_us: int, side: Side, key: int, best: int) -> None:
        """Let an order of the size usual at its distance rest at a key."""
        distance = best - key
        if not 0 < distance <= self._behaviour.reach_ticks:
            return
        grown = SIZE_EXPONENT * math.log1p(distance / self._behaviour.thick_ticks)
        self._book.put(at_us, side, key, self._dice.size(self._thin_log + grown, SIZE_STD))
