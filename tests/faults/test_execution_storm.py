"""Ten thousand orders through a storm: each is executed once at most, and nothing is lost.

Answers are lost, late, doubled and out of order, requests are lost and late, questions answered
with errors and half lists, the connection breaks and goes silent, the desk dies anywhere, also
between journal and act, and the trader clicks twice and leans on a key.
"""

import random
from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader, order
from helpers.linked import Practice

from desk.engine.execution_state import unknown_orders
from desk.execution.exchange import Taken
from desk.execution.linked import LinkedVenue
from desk.model.command import Quantity
from desk.model.commands import AmendOrder, CancelAll, CancelOrder, ClosePosition, Rearm
from desk.model.events import Acknowledged, Alerted, Denied
from desk.model.orders import OrderStatus, Side, TimeInForce

STORM = (
    "lose:p=0.02,drop:p=0.005,delay:p=0.03:by=1.5s,delay:p=0.002:by=7s,duplicate:p=0.1,"
    "reorder:p=0.1,error:p=0.1,partial:p=0.1"
)
"""Always; the connection breaks and goes silent besides."""


class Died(Exception):
    """The process of the desk ends here: rows are in the journal, nothing else has happened."""


class Mortal(Trader):
    """A desk that may die after any row became durable, before it acts on it."""

    dies_in = None

    def _answer(self, entries):
        done = super()._answer(entries)
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in <= 0:
                raise Died
        return done


class Storm:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.practice = Practice(STORM, seed)
        self.practice.exchange._record = self._taken
        self.taken = {}
        self.unintended = 0
        self.submits = self.doubles = self.repeats = self.deaths = self.unknown = self.acks = 0
        self.latched = 0
        self.denied = {}
        self.trader = None
        self.rows = []
        self._start(None)
        self.trader.deposit("5000000")

    def _taken(self, fact):
        """What the exchange takes was journaled before."""
        if isinstance(fact, Taken):
            self.taken[fact.terms.id] = self.taken.get(fact.terms.id, 0) + 1
            rows = self.trader.rows
            if not any(fact.terms.id in self._ids(row) for row in reversed(rows)):
                self.unintended += 1

    @staticmethod
    def _ids(row):
        return [new["terms"]["id"] for new in row.entry.data.get("orders", ())]

    def _start(self, dead):
        """A desk from the journal, on the wire that is there."""
        given = {} if dead is None else {"now_ns": dead.now_ns, "wall_ms": dead.wall_ms}
        venue = LinkedVenue(self.practice.exchange, self.practice.wire)
        self.trader = Mortal([] if dead is None else dead.rows, venue=venue, **given)
        self.quote()

    def attempt(self, do):
        """Do something with the desk; where it dies of it, it comes back."""
        try:
            return do()
        except Died:
            self.deaths += 1
            self._start(self.trader)
            return []

    def quote(self):
        """Marks, and a book of another size than before: what was taken is there again."""
        size = str(D(self.rng.randint(500, 900)) / 10)
        self.trader.mark(BTC, "60000")
        self.trader.mark(ETH, "2500")
        self.trader.book(BTC, bids=(("59999.9", size),), asks=(("60000.0", size),))

    def submit(self, number):
        side = self.rng.choice([Side.BUY, Side.SELL])
        offset = D(self.rng.randint(0, 99)) / 10
        takes = self.rng.random() < 0.7
        sign = side.sign if takes else -side.sign
        command = order(
            side,
            id=f"o{number}",
            quantity=Quantity(D(self.rng.randint(3, 30)) / 1000),
            price=D(60000) + sign * (offset + (0 if takes else 20)),
            tif=TimeInForce.IOC if takes else TimeInForce.GTC,
        )
        self.submits += 1
        self.give(command)
        if self.rng.random() < 0.1:  # a double click: the same id and content again
            self.doubles += 1
            said = self.give(command)
            assert not said or isinstance(said[-1], Acknowledged | Denied)

    def give(self, command):
        said = self.attempt(lambda: self.trader.give(command))
        for event in said[-1:]:
            if isinstance(event, Denied):
                for code in {denial.code for denial in event.denials}:
                    self.denied[code] = self.denied.get(code, 0) + 1
            elif isinstance(event, Acknowledged):
                self.acks += 1
        return said

    def lean_on_a_key(self, number):
        """Forty identical orders with new ids, confirmed as fast as they come."""
        desk = self.trader.desk
        short = desk.state.position("perp-1", BTC).quantity < 0  # then to buy is to reduce
        for repeat in range(40):
            command = order(
                Side.SELL if short else Side.BUY,
                id=f"k{number}-{repeat}",
                quantity=Quantity(D("0.003")),
                price=D(61000 if short else 59000) + number % 50,
                confirmed=True,
            )
            self.repeats += 1
            self.give(command)
        self.pass_time(200)
        desk = self.trader.desk
        mine = [i for i in desk.state.orders if i.startswith(f"k{number}-")]
        assert len(mine) <= desk.rules.repeat_limit + 2  # two that reduce may pass the latch
        if "repeat" in desk.state.latches:
            self.latched += 1
            self.give(Rearm(id=f"r{number}", name="Ada", reason="the key was stuck"))

    def meddle(self, number):
        """Cancel, amend, close, break the connection, die."""
        live = [one.id for one in self.trader.state.live_orders()]
        draw = self.rng.random()
        if live and draw < 0.3:
            self.give(CancelOrder(id=f"c{number}", order_id=self.rng.choice(live)))
        elif live and draw < 0.4:
            chosen = self.rng.choice(live)
            side = self.trader.state.orders[chosen].terms.side
            price = D(60000) - side.sign * D(self.rng.randint(200, 400)) / 10
            self.give(AmendOrder(id=f"a{number}", order_id=chosen, price=price))
        elif draw < 0.45:
            self.give(ClosePosition(id=f"x{number}", instrument=BTC, fraction=D("0.5")))
        elif draw < 0.48:
            self.give(CancelAll(id=f"ca{number}"))
        elif draw < 0.49:
            kind = self.rng.choice(["down", "stall"])
            for_s = self.rng.choice([1, 3, 6, 12])
            self.practice.fault(f"{STORM},{kind}:at=0s:for={for_s}s")
        elif draw < 0.51:
            self.trader.dies_in = self.rng.randint(1, 6)

    def pass_time(self, ms):
        for _ in range(0, ms, 20):
            self.attempt(lambda: self.trader.tick(20))

    def rage(self, submits):
        number = 0
        while self.submits < submits:
            number += 1
            self.submit(number)
            self.meddle(number)
            self.pass_time(self.rng.choice([20, 60, 100, 200]))
            if self.is_stuck():  # what denies new risk passes by itself: that is not the storm
                self.pass_time(1000)
            if number % 5 == 0:
                self.attempt(self.quote)
            if number % 30 == 11:
                self.trader.dies_in = 1  # what comes next is journaled, and never acted on
            if number % 50 == 7:
                self.practice.fault(f"{STORM},lose:p=1:at=0s:for=2.5s")
            if number % 100 == 0 and not self.is_stuck():
                self.lean_on_a_key(number)
            waiting = self.trader.state.live_orders()
            self.unknown += sum(one.status is OrderStatus.UNKNOWN for one in waiting)
            if len(waiting) > 60:
                self.give(CancelAll(id=f"full{number}"))

    def is_stuck(self):
        desk = self.trader.desk
        return bool(desk.execution.doubt(desk.venue.link) or unknown_orders(desk))

    def calm_down(self):
        """Let everything pass again, and give the desk time to ask."""
        self.practice.fault("")
        self.trader.dies_in = None
        for _ in range(60):
            self.quote()
            self.pass_time(500)

    def check(self):
        trader, exchange = self.trader, self.practice.exchange
        assert self.unintended == 0
        assert max(self.taken.values()) == 1
        assert all(one.filled <= one.terms.quantity for one in exchange.orders.values())
        undecided = {OrderStatus.PENDING, OrderStatus.UNKNOWN}
        assert [o.id for o in trader.state.live_orders() if o.status in undecided] == []
        assert trader.state.cancels == set()
        ids = [fill.id for fill in trader.state.fills]
        assert len(ids) == len(set(ids))
        assert set(ids) == {fill.id for fill in exchange.fills}
        folded = sum(fill.quantity * fill.side.sign for fill in trader.state.fills)
        assert trader.state.position("perp-1", BTC).quantity == folded
        assert exchange.held("perp-1", BTC) == folded
        for known in exchange.orders.values():
            mine = trader.state.orders[known.id]
            assert (mine.status, mine.filled) == (known.status, known.filled)
        assert "reconciliation" not in trader.state.latches
        assert not [
            e for e in trader.events if isinstance(e, Alerted) and e.code == "RECONCILIATION"
        ]
        assert trader.restarted().state.hash() == trader.state.hash()

    def report(self, figure):
        exchange = self.practice.exchange
        denied = ", ".join(f"{code} {count}" for code, count in sorted(self.denied.items()))
        figure(
            f"{self.submits} submits, {self.doubles} double clicks, {self.repeats} repeats of a "
            f"key, {self.deaths} deaths of the desk; {self.acks} acknowledged, denied: {denied}.\n"
            f"At the exchange {len(exchange.orders)} orders, at most {max(self.taken.values())} a "
            f"client id, {self.unintended} without a journaled intent, {len(exchange.fills)} fills;"
            f" the key was stopped {self.latched} times; UNKNOWN was seen {self.unknown} times; "
            f"position {exchange.held('perp-1', BTC)} at both ends."
        )


def weather(seed, submits, figure):
    storm = Storm(seed)
    storm.rage(submits)
    storm.calm_down()
    storm.lean_on_a_key(0)
    storm.calm_down()
    storm.report(figure)
    storm.check()
    assert min(storm.deaths, storm.unknown, storm.latched) > 0
    return storm


@pytest.mark.fault("T04")
def test_a_small_storm_executes_each_order_once_at_most_and_loses_nothing(figure):
    weather(9, 120, figure)


@pytest.mark.fault("T04")
@pytest.mark.slow
def test_ten_thousand_submits_in_a_storm(figure):
    storm = weather(11, 10_000, figure)
    assert storm.deaths > 50
    assert storm.latched > 5
