"""How the runtime hands the market to the engine: time first, looks often enough."""

from contextlib import contextmanager
from decimal import Decimal as D

from helpers.engines import BTC, Trader, order
from helpers.journals import SMALL_RESERVE

from desk.app.runtime import LOOK_NS, Runtime
from desk.engine.message import Clock
from desk.io.clock import ManualClock
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.commands import Heartbeat
from desk.model.market_data import BookTop, MarkPrice
from desk.model.orders import Side

MS = 1_000_000


@contextmanager
def runtime_of(folder, trader):
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        clock = ManualClock(boot_ns=trader.now_ns, wall_ms=trader.wall_ms)
        try:
            yield Runtime(trader.engine, journal, clock), clock
        finally:
            journal.close()


def top(clock, number=1):
    return BookTop(BTC, number, 599_999, 1, 600_000, 1, clock.boot_ns(), clock.wall_ms())


def mark(clock, price):
    return MarkPrice(BTC, D(price), D(price), None, None, clock.boot_ns(), clock.wall_ms())


def heard_looks(runtime):
    """What the engine is told of time from now on: whether it looks at itself."""
    looks, handle = [], runtime.engine.handle

    def told(message):
        if isinstance(message, Clock):
            looks.append(message.looks)
        return handle(message)

    runtime.engine.handle = told
    return looks


def test_a_desk_that_hears_without_pause_looks_at_itself_every_five_milliseconds(tmp_path):
    with runtime_of(tmp_path, Trader()) as (runtime, clock):
        runtime.tick()
        looks = heard_looks(runtime)
        for _ in range(20):
            clock.advance_ms(1)
            runtime.hear([top(clock)])
    assert LOOK_NS == 5 * MS
    assert looks == ([False] * 4 + [True]) * 4


def test_a_command_and_a_tick_look_whatever_was_looked_at_before(tmp_path):
    with runtime_of(tmp_path, Trader()) as (runtime, clock):
        runtime.tick()
        looks = heard_looks(runtime)
        runtime.hear([top(clock)])
        runtime.give(Heartbeat())
        runtime.tick()
    assert looks == [False, True, True]


def test_an_order_that_is_due_acts_on_the_book_as_it_was_between_two_looks(tmp_path):
    trader = Trader()
    trader.market()
    trader.deposit()
    with runtime_of(tmp_path, trader) as (runtime, clock):
        runtime.journal.append([row.entry for row in trader.rows])
        runtime.give(order(Side.BUY, "0.1", None, id="a"))
        clock.advance_ms(49)
        runtime.tick()  # not due yet
        clock.advance_ms(1)
        looks = heard_looks(runtime)
        runtime.hear([mark(clock, "60000")])
        assert looks == [False]
        assert trader.state.orders["a"].filled == D("0.1")


def test_figures_are_those_of_the_newest_mark_before_any_look(tmp_path):
    trader = Trader()
    trader.market()
    trader.deposit()
    trader.buy("1", None, id="a")
    trader.run(200)
    with runtime_of(tmp_path, trader) as (runtime, clock):
        runtime.tick()
        before = trader.desk.figures("perp-1").equity
        runtime.hear([mark(clock, "60100"), mark(clock, "60200")])
        after = trader.desk.figures("perp-1").equity
    assert after - before == 200
