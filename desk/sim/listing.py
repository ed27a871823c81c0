"""One listed instrument: its order book, and what traders do to it in a beat of 50 ms.

Quotes follow the fair price in small steps, by taker orders that sweep what was not withdrawn
in time or by quotes alone; other taker orders come and go without news, and the book closes up
behind them. At the end of a beat nothing is pending, so that the state between beats is the
book, the flow and the dice.
"""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from typing import Any

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.sim.book import Book, Side, Top
from desk.sim.calibration import Behaviour, refined
from desk.sim.crowd import Crowd
from desk.sim.dice import Dice
from desk.sim.events import Event
from desk.sim.flow import BEAT_S, BEAT_US, FlowState, TakerFlow

CLOSE_UP_US = 1_500
"""Mean time until quotes close a gap that a taker order has left."""
STEP_US = 6_000
"""Mean time between the steps of one move."""
PULL_SHARE = 0.6
"""Share of levels in the way of a move that are withdrawn before it."""
SINGLE_FILL_SHARE = 0.6
LARGEST_FILLS = 40
FRESH_BEST_LOG = -0.8
"""A best level begins smaller than it becomes: depth comes back within a second or so."""
QUOTE_KEPT = 0.75
QUOTE_NOISE = 0.8
LEAN_LOG = 2.5
"""How much the sizes at the best lean towards the coming move."""
WIDE_AFTER_STEPS = 8.0
"""A move of so many ordinary ones always leaves the spread wide for a while."""
FINER = 10
"""A price that gets another decimal has a tick so many times smaller."""
SWEEP_REACH_SHARE = 0.02
"""Taker orders without news stop after this share of the book's reach."""

_TAKE, _MOVE, _CLOSE_UP, _QUOTE, _CHURN = range(5)

Action = tuple[int, int, int]
"""Offset in the beat in microseconds, what, and to which tick or how often."""


class ListingState(msgspec.Struct):
    """Everything a listing needs to go on."""

    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    update_id: int
    trade_id: int
    target: int
    last_ticks: int
    open_interest_lots: int
    extra_spread: int
    flow: FlowState
    dice: list[Any]
    finer: int = 1
    """How many of its ticks are one of the instrument's as it was first listed."""


class Listing:
    """The book and tape of one instrument."""

    def __init__(
        self, instrument: Instrument, behaviour: Behaviour, fair_price: float, seed: int
    ) -> None:
        self.instrument = instrument
        self.behaviour = behaviour
        self.tick = float(instrument.tick_size)
        self.lot = float(instrument.lot_size)
        self.book = Book()
        self.last_ticks = int(fair_price / self.tick)
        self.open_interest_lots = int(behaviour.open_interest / self.lot)
        self._dice = Dice(f"{instrument.id} {seed}")
        self._flow = TakerFlow(behaviour, 1 / self.lot, self._dice)
        self._crowd = Crowd(instrument, behaviour, self.book, self._dice)
        self._best_log = math.log(behaviour.best_quantity / self.lot)
        self._ordinary_move = max(1.0, behaviour.ordinary_move * fair_price / self.tick)
        self._target = self.last_ticks
        self._extra_spread = 0
        self._finer = 1
        self._close_up(0)
        self._crowd.open()
        self.book.settle()

    def top(self) -> Top:
        """Return best bid ticks and lots, best ask ticks and lots."""
        return self.book.top()

    def mid_price(self) -> float:
        """Return the mean of the best prices."""
        bid, _, ask, _ = self.book.top()
        return (bid + ask) / 2 * self.tick

    def refine(self) -> None:
        """Be listed anew with another decimal: from now on every tick is a tenth of before."""
        old = self.instrument
        self.instrument = msgspec.structs.replace(old, tick_size=old.tick_size / FINER)
        self.tick = float(self.instrument.tick_size)
        self.behaviour = refined(self.behaviour, FINER)
        self._crowd = Crowd(self.instrument, self.behaviour, self.book, self._dice)
        self.book.refine(FINER)
        self.last_ticks *= FINER
        self._target *= FINER
        self._ordinary_move *= FINER
        self._finer *= FINER

    # ------------------------------------------------------------------ one beat

    def beat(self, start_us: int, target: int, *, activity: float, lean: float) -> list[Event]:
        """Let a beat pass and return what happened.

        `target` is the tick at which the best bid belongs; `activity` scales all rates;
        `lean` in −1…1 says which way the price is about to move.
        """
        dice = self._dice
        agenda = self._agenda(target, activity)
        while agenda:
            offset, kind, value = heappop(agenda)
            if self._act(start_us + offset, kind, value, lean):
                delay = int(dice.expovariate(1 / CLOSE_UP_US))
                heappush(agenda, (min(offset + delay, BEAT_US - 1), _CLOSE_UP, 0))
        return self.book.collect()

    def _agenda(self, target: int, activity: float) -> list[Action]:
        """Draw what is to happen in a beat, as a heap."""
        dice, behaviour = self._dice, self.behaviour
        quotes = dice.count(behaviour.quote_rate_hz * activity * BEAT_S)
        churned = dice.count(behaviour.churn_rate_hz * BEAT_S)
        agenda = [(offset, _TAKE, 0) for offset in self._flow.arrivals_us(activity)]
        agenda += [(int(dice.random() * BEAT_US), _QUOTE, 0) for _ in range(quotes)]
        agenda.append((int(dice.random() * BEAT_US), _CHURN, churned))
        if self._extra_spread:
            self._extra_spread //= 2
            agenda.append((int(dice.random() * BEAT_US), _CLOSE_UP, 0))
        if target != self._target:
            agenda += self._moves(target)
        heapify(agenda)
        return agenda

    def _moves(self, target: int) -> list[Action]:
        """Split the way to the target into one to three steps."""
        dice = self._dice
        distance = target - self._target
        steps = 1 if abs(distance) < 3 else min(3, 1 + dice.count(0.7))
        first, last = self.behaviour.follow_delay_us
        at_us = first + int(dice.random() * (last - first))
        moves: list[Action] = []
        for left in range(steps - 1, -1, -1):
            step = target - distance * left // steps
            moves.append((min(at_us, BEAT_US - 2 - left), _MOVE, step))
            at_us += 1_000 + int(dice.expovariate(1 / STEP_US))
        if abs(distance) > self._ordinary_move * (2 + (WIDE_AFTER_STEPS - 2) * dice.random()):
            self._extra_spread = dice.count(min(0.2 * math.sqrt(abs(distance)), 20.0))
        return moves

    def _act(self, at_us: int, kind: int, value: int, lean: float) -> bool:
        """Carry out one action; return whether it has left a gap at the best."""
        if kind == _QUOTE:
            self._requote(at_us, lean)
        elif kind == _CHURN:
            self._crowd.churn(at_us, value)
        elif kind == _TAKE:
            self._take_without_news(at_us, lean)
        elif kind == _MOVE:
            self._move(at_us, value)
        else:
            self._close_up(at_us)
        self.book.publish_top(at_us)
        return kind in {_TAKE, _MOVE} and not self._is_closed()

    # ------------------------------------------------------------------ taker orders

    def _take_without_news(self, at_us: int, lean: float) -> None:
        buys = self._flow.side(lean) > 0
        side = self.book.asks if buys else self.book.bids
        reach = int(self.behaviour.reach_ticks * SWEEP_REACH_SHARE)
        self._take(at_us, side, self._flow.lots(), side.keys[-1] - reach)

    def _take(self, at_us: int, side: Side, lots: int, limit: int) -> None:
        """Let a taker order hit a side, at most to a limit key and never the last level."""
        while lots > 0 and len(side.keys) > 1 and side.keys[-1] >= limit:
            key = side.keys[-1]
            taken = min(lots, side.lots[key])
            self._print(at_us, side.sign * key, taken, buys=not side.is_bid)
            self.book.put(at_us, side, key, side.lots[key] - taken)
            lots -= taken

    def _print(self, at_us: int, ticks: int, lots: int, *, buys: bool) -> None:
        """Split a fill among the resting orders that it met."""
        dice = self._dice
        self.last_ticks = ticks
        if self.instrument.kind is Kind.PERPETUAL:
            self.open_interest_lots += int(lots * (dice.random() - 0.5))
        orders = 1
        if dice.random() > SINGLE_FILL_SHARE:
            orders = min(int(2 * dice.paretovariate(1.2)), LARGEST_FILLS, lots)
        for left in range(orders, 1, -1):
            part = max(1, min(int(lots * 2 * dice.random() / left), lots - left + 1))
            self.book.print_fill(at_us, ticks, part, buys=buys)
            lots -= part
        self.book.print_fill(at_us, ticks, lots, buys=buys)

    # ------------------------------------------------------------------ moves of the price

    def _move(self, at_us: int, target: int) -> None:
        """Begin a step of the price: clear the side in the way, by trades if any."""
        up = target > self._target
        self._target = target
        side = self.book.asks if up else self.book.bids
        blocked = -target if up else target + 1  # keys from here on are in the way
        if side.keys[-1] < blocked or self._dice.random() > self.behaviour.trade_share:
            return
        lots = self._pull(at_us, side, blocked)
        self.book.publish_top(at_us)
        self._take(at_us, side, lots, blocked)
        self._flow.excite(1)

    def _pull(self, at_us: int, side: Side, blocked: int) -> int:
        """Withdraw most of what is in the way; return the lots that stay to be traded."""
        dice, book = self._dice, self.book
        best = side.keys[-1]
        stays = 0
        for key in side.from_best(blocked):
            if key != best and dice.random() < PULL_SHARE:
                book.put(at_us, side, key, 0)
                continue
            wanted = self._crowd.thin_lots()
            if key == best:
                wanted = max(wanted, int(side.lots[key] * dice.random() ** 2))
            if wanted < side.lots[key]:
                book.put(at_us, side, key, wanted)
            stays += side.lots[key]
        return stays

    def _close_up(self, at_us: int) -> None:
        """Bring both best levels to where they belong."""
        bid, ask = self._target, self._target + 1 + self._extra_spread
        book = self.book
        book.clear(at_us, book.bids, bid)
        book.clear(at_us, book.asks, -ask)
        self._lead(at_us, book.bids, bid)
        self._lead(at_us, book.asks, -ask)

    def _lead(self, at_us: int, side: Side, key: int) -> None:
        """Make this the best level of a side, and fill in behind it."""
        dice = self._dice
        if side.keys:
            former = side.keys[-1]
            if former == key:
                return
            if dice.random() < 0.5 and len(side.keys) > 1:
                self.book.put(at_us, side, former, 0)
            else:
                wanted = self._crowd.thin_lots()
                if wanted < side.lots[former]:
                    self.book.put(at_us, side, former, wanted)
            self._crowd.fill_in(at_us, side, former, key)
        size = dice.size(self._best_log + FRESH_BEST_LOG, QUOTE_NOISE)
        self.book.put(at_us, side, key, size)

    def _is_closed(self) -> bool:
        best_ask = -(self._target + 1 + self._extra_spread)
        return self.book.bids.keys[-1] == self._target and self.book.asks.keys[-1] == best_ask

    def _requote(self, at_us: int, lean: float) -> None:
        """Change the size at one of the best levels."""
        dice = self._dice
        side = self.book.bids if dice.random() < 0.5 else self.book.asks
        key = side.keys[-1]
        wanted = self._best_log + LEAN_LOG * lean * side.sign
        log_size = QUOTE_KEPT * math.log(side.lots[key]) + (1 - QUOTE_KEPT) * wanted
        lots = dice.size(log_size, QUOTE_NOISE)
        if lots != side.lots[key]:
            self.book.put(at_us, side, key, lots)

    # ------------------------------------------------------------------ state

    def saved(self) -> ListingState:
        """Return the state between two beats."""
        return ListingState(
            bids=self.book.bids.saved(),
            asks=self.book.asks.saved(),
            update_id=self.book.update_id,
            trade_id=self.book.trade_id,
            target=self._target,
            last_ticks=self.last_ticks,
            open_interest_lots=self.open_interest_lots,
            extra_spread=self._extra_spread,
            flow=self._flow.state,
            dice=self._dice.saved(),
            finer=self._finer,
        )

    def resume(self, state: ListingState) -> None:
        """Take up a saved state; raise ValueError or TypeError when it does not hold."""
        while self._finer < state.finer:
            self.refine()
        self.book.bids.resume(state.bids)
        self.book.asks.resume(state.asks)
        self.book.update_id = state.update_id
        self.book.trade_id = state.trade_id
        self._target = state.target
        self.last_ticks = state.last_ticks
        self.open_interest_lots = state.open_interest_lots
        self._extra_spread = state.extra_spread
        self._flow.state = state.flow
        self._dice.resume(state.dice)
        self.book.settle()
        if self.book.bids.keys[-1] >= -self.book.asks.keys[-1]:
            raise ValueError("the saved book is crossed")
