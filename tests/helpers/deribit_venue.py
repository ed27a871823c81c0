"""A Deribit book that changes at random and is told as Deribit tells it."""

import random

from helpers import deribit_frames as d


class Venue:
    """The venue's own book, and its messages."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.sides = {"bids": {}, "asks": {}}
        self.id = 1_000
        for n in range(1, 6):
            self.sides["bids"][61000 - n / 2] = 10 * n
            self.sides["asks"][61000 + n / 2] = 10 * n

    def snapshot(self):
        levels = {s: [("new", p, a) for p, a in held.items()] for s, held in self.sides.items()}
        return d.book_frame(self.id, **levels)

    def change(self):
        side, sign = self.chance.choice([("bids", -1), ("asks", 1)])
        price = 61000 + sign * self.chance.randint(1, 9) / 2
        held = self.sides[side]
        if price in held and self.chance.random() < 0.4:
            del held[price]
            level = ("delete", price, 0.0)
        else:
            action = "change" if price in held else "new"
            held[price] = 10 * self.chance.randint(1, 99)
            level = (action, price, held[price])
        previous, self.id = self.id, self.id + self.chance.randint(1, 50)
        return d.book_frame(self.id, previous, **{side: [level]})

    def levels(self):
        """Both sides in ticks and lots."""
        return tuple(
            {int(p * 2): int(a / 10) for p, a in self.sides[side].items()}
            for side in ("bids", "asks")
        )
