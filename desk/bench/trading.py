"""A desk that trades on its own journal: a real runtime on a clock and a market that are given.

Time does not pass by itself, so that ten thousand orders with all their answers take seconds: what
is measured is what the desk does, never what it waits for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from desk.app.assemble import build_engine
from desk.app.runtime import Runtime
from desk.engine.settings import Settings
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.command import Quantity
from desk.model.commands import CancelOrder, Deposit, SubmitOrder
from desk.model.events import AnyEvent, Denied
from desk.model.instrument import Instrument, Lots, Ticks
from desk.model.market_data import BookDelta, BookSnapshot, MarketEvent, MarkPrice, Trade
from desk.model.orders import OrderType, Side

INSTRUMENT = "BTCUSDT-PERP.BINANCE"
PRICE = Decimal(60_000)
BEGAN_MS = 1_795_000_000_000
"""2026-11-18."""
STEP_MS = 100
"""Between two commands: ten a second are within what the rules allow."""
LATENCY_MS = 50


class GivenClock:
    """Time as it is set."""

    def __init__(self) -> None:
        self.passed_ms = 1_000_000

    def boot_ns(self) -> int:
        """Return nanoseconds since a boot that never was."""
        return self.passed_ms * 1_000_000

    def wall_ms(self) -> int:
        """Return the time of day."""
        return BEGAN_MS + self.passed_ms


class Trading:
    """One desk folder with its journal, and an account with a million on it."""

    def __init__(self, folder: Path, journal: type[SqliteJournal] = SqliteJournal) -> None:
        self._held = hold_folder(folder)
        self.journal = journal(self._held)
        self.clock = GivenClock()
        connections = frozenset({"binance-spot", "binance-usdm"})
        settings = Settings(
            mode="SIMULATED", sample_client=True, fed=connections, traded=connections
        )
        self.runtime = Runtime(build_engine(settings), self.journal, self.clock)
        self.denied: list[str] = []
        """Why, of every command that was; none should be."""
        self.runtime.listeners.append(self._heard)
        self.runtime.start()
        self.desk = self.runtime.engine.desk
        found = self.desk.catalogue.get(INSTRUMENT)
        assert found is not None, "the shipped catalogue has it"
        self._instrument: Instrument = found
        self._number = self._sent = 0
        self.runtime.give(
            Deposit(id="deposit", account="perp-1", asset="USDT", quantity=Decimal(1_000_000))
        )

    def _heard(self, event: AnyEvent) -> None:
        if isinstance(event, Denied):
            self.denied += [denial.message for denial in event.denials]

    def close(self) -> None:
        """Give the files back."""
        self.journal.close()
        self._held.release()

    def pass_ms(self, milliseconds: int) -> None:
        """Let time pass, and be told."""
        self.clock.passed_ms += milliseconds
        self.runtime.tick()

    def hear_market(self) -> None:
        """Hear a fresh mark, and a book around it."""
        one, now_ns, now_ms = self._instrument, self.clock.boot_ns(), self.clock.wall_ms()
        best = one.ticks(PRICE)
        shown = Lots(10_000 + self._number % 2)  # a level that changes holds again what was taken
        bids = [(Ticks(best - 1 - n), shown) for n in range(5)]
        asks = [(Ticks(best + n), shown) for n in range(5)]
        mark = MarkPrice(one.id, PRICE, PRICE, None, None, now_ns, now_ms, None)
        self.runtime.hear([mark, BookSnapshot(one.id, 1, bids, asks, now_ns, now_ms)])

    def order(self, *, rests: bool = False) -> SubmitOrder:
        """Return the next order: one that rests far below, or a buy and the sell that undoes it."""
        self._number += 1
        tick = self._instrument.tick_size
        if rests:
            side, price, lots = Side.BUY, PRICE - (100 + self._number % 100) * tick, 2
        else:
            pair, second = divmod(self._sent, 2)
            self._sent += 1
            side, price = (Side.SELL, PRICE - tick) if second else (Side.BUY, PRICE)
            lots = 2 + pair % 50  # none is like the one before it
        return SubmitOrder(
            id=f"order-{self._number}",
            account=None,
            instrument=INSTRUMENT,
            side=side,
            quantity=Quantity(self._instrument.quantity(Lots(lots))),
            type=OrderType.LIMIT,
            price=price,
        )

    def trade(self, *, rests: bool = False) -> None:
        """Send an order and see it filled, or cancelled once it rests."""
        self.hear_market()
        order = self.order(rests=rests)
        self.runtime.give(order)
        if rests:
            self.pass_ms(LATENCY_MS)
            self.runtime.give(CancelOrder(id=f"cancel-{self._number}", order_id=order.id))
        self.settle()

    def settle(self) -> None:
        """Let the venue answer, and as much time pass as lies between two commands."""
        self.pass_ms(LATENCY_MS)
        self.pass_ms(STEP_MS - LATENCY_MS)

    def stream(self, batch: int, seed: int = 1) -> Iterator[list[MarketEvent]]:
        """Yield what a busy market says, without end: deltas, trades and marks around one price.

        A batch stands for 10 ms. The book keeps a hundred levels a side, as a venue's would.
        """
        dice, one, number = random.Random(seed), self._instrument, 1
        best = one.ticks(PRICE)
        while True:
            self.clock.passed_ms += 10
            now_ns, now_ms = self.clock.boot_ns(), self.clock.wall_ms()
            events: list[MarketEvent] = []
            for _ in range(batch):
                kind, number = dice.random(), number + 1
                if kind < 0.7:
                    bid, ask = dice.randrange(100), dice.randrange(100)
                    bids = [(Ticks(best - 1 - bid), Lots(dice.randrange(1, 9_999)))]
                    asks = [(Ticks(best + ask), Lots(dice.randrange(1, 9_999)))]
                    delta = BookDelta(one.id, number, number, bids, asks, now_ns, now_ms)
                    events.append(delta)
                elif kind < 0.95:
                    lots, side = Lots(dice.randrange(1, 900)), dice.choice((Side.BUY, Side.SELL))
                    events.append(Trade(one.id, number, best, lots, side, now_ns, now_ms))
                else:
                    mark = PRICE + Decimal(dice.randrange(-200, 200)) / 10
                    events.append(MarkPrice(one.id, mark, PRICE, None, None, now_ns, now_ms, None))
            yield events
