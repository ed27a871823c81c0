"""T28: nothing but postings moves money, whatever is traded, paid, funded, moved or closed.

The equity that the desk shows is held against a sum made here from fills and payments alone: what
came in, what fills paid and cost, what is held at its mark. Not a cent may be left over.
"""

from collections import Counter
from decimal import Decimal as D

import pytest
from helpers.engines import Trader
from helpers.wild_desk import WildDesk

HAPPENINGS = (
    *WildDesk.TRADING,
    *(WildDesk.marks_move, WildDesk.time_passes) * 2,
    *WildDesk.ASKED,
    WildDesk.a_flatten,
    *(WildDesk.money_moves, WildDesk.an_hour_passes) * 2,
)
STEPS = 250
PARTS = 8
"""Of the long storm, for as many workers."""
SMALLEST = D("1e-8")
"""A posting of USDT is rounded to this."""

MOVES = {"fill", "funding", "deposit", "withdraw", "transfer"}


class Funded(Trader):
    """Funding of both perpetuals is due at every full hour, at a rate that changes its sign."""

    def mark(self, instrument, price="60000", index=None, rate=None):
        hour = self.wall_ms // 3_600_000
        rate = rate or str(D(hour % 7 - 3) / 10_000)
        return super().mark(instrument, price, index, rate)


class Book:
    """The sums of this test, row by row of the journal, of all accounts together."""

    def __init__(self):
        self.seen = 0
        self.kinds = Counter()
        self.cash = D(0)
        self.held = Counter()

    def read(self, rows):
        for row in rows[self.seen :]:
            data, kind = row.entry.data, row.entry.type
            self.kinds[kind] += 1
            self.kinds["postings"] += len(data.get("postings", ()))
            if kind == "fill":
                self._fill(data["outcome"]["fill"])
            elif kind == "funding" and "missed" not in data["what"]:
                self._funding(data["what"])
            elif kind in {"deposit", "withdraw"}:
                self.cash += D(data["what"]["quantity"]) * (1 if kind == "deposit" else -1)
        self.seen = len(rows)

    def _fill(self, fill):
        signed = D(fill["quantity"]) * (1 if fill["side"] == "BUY" else -1)
        self.held[fill["instrument"]] += signed
        self.cash -= signed * D(fill["price"]) + D(fill["fee"])

    def _funding(self, paid):
        amount, owed = D(paid["amount"]), D(paid["quantity"]) * D(paid["mark"]) * D(paid["rate"])
        assert abs(amount + owed) < SMALLEST
        self.cash += amount

    def equity(self, prices):
        return self.cash + sum(quantity * prices[name] for name, quantity in self.held.items())


def check(wild, book):
    trader = wild.trader
    book.read(trader.rows)
    sums = Counter()
    for assets in trader.state.ledger.document().values():
        for asset, amount in assets.items():
            sums[asset] += D(amount)
    assert not any(sums.values()), sums
    shown = trader.desk.figures("perp-1").equity + trader.state.ledger.balance("spot-1", "USDT")
    assert shown == book.equity(wild.prices), book.kinds


def storm(postings, figure, first_seed=0):
    kinds, desks, checks = Counter(), 0, 0
    while kinds["postings"] < postings:
        wild, book = WildDesk(first_seed + desks, Funded()), Book()
        for _ in range(STEPS):
            wild.step(*HAPPENINGS)
            check(wild, book)
        assert wild.trader.restarted().state.hash() == wild.trader.state.hash()
        kinds, desks, checks = kinds + book.kinds, desks + 1, checks + STEPS
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(MOVES))
    figure(
        f"{kinds['postings']} postings in {desks} desks ({told}),"
        f" held {checks} times against the sum by hand: 0 off, every asset sums to 0"
    )
    return kinds


@pytest.mark.fault("T28")
def test_no_posting_creates_or_loses_a_cent(figure):
    kinds = storm(100, figure)
    assert kinds["fill"] > 20


@pytest.mark.fault("T28")
@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_posting_of_a_hundred_thousand_creates_or_loses_a_cent(part, figure):
    kinds = storm(100_000 // PARTS, figure, first_seed=100_000 * part)
    assert all(kinds[kind] for kind in MOVES)
