"""T25: more than can be read at once. None of it is lost, what waits is bounded, orders go on.

A venue in a process of its own sends on real sockets, and a whole desk takes it in: feeds, engine,
journal, paper venue, and a pipe to a window without a screen, which trades meanwhile.
"""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal as D
from functools import partial
from typing import NamedTuple

import pytest
from helpers.glass import Glass, Window
from helpers.heap import own_heap
from helpers.machine_time import MOST_WAITED, Waited
from helpers.open_sockets import open_sockets
from websockets.asyncio.client import ClientConnection

from desk.app.options import Options
from desk.app.session import open_session
from desk.app.supervisor import Supervisor
from desk.bench.sender import Sender
from desk.bench.window import CALM
from desk.io.pipe import MAX_BACKLOG_BYTES, WindowPipe
from desk.io.waiting import READ_BYTES
from desk.model.command import Quantity
from desk.model.commands import Deposit, SubmitOrder
from desk.model.events import Acknowledged, Denied, Filled
from desk.model.orders import OrderType, Side

CONNECTION = "binance-usdm"
BTC = "BTCUSDT-PERP.BINANCE"
PATIENCE_S = 60.0
LOOK_S = 0.005
BETWEEN_ORDERS_S = 0.25
LIMIT_MS, SHOWN_MS = 2_000, 250
SLACK_MS = 50
"""By which a mark may be younger for the desk: what it takes for the venue's clock being behind."""


class Queues:
    """The most that ever waited: bytes of each socket in our process, and of the window's pipe."""

    def __init__(self, monkeypatch):
        self.socket = self.largest = self.pipe = 0
        read, write = ClientConnection.data_received, WindowPipe._write

        def noting_read(connection, data):
            read(connection, data)
            sizes = [len(message) for message in connection._waiting]
            self.socket = max(self.socket, sum(sizes))
            self.largest = max([self.largest, *sizes])

        def noting_write(pipe):
            self.pipe = max(self.pipe, len(pipe._outgoing))
            write(pipe)

        monkeypatch.setattr(ClientConnection, "data_received", noting_read)
        monkeypatch.setattr(WindowPipe, "_write", noting_write)

    @property
    def bound(self):
        """Of a socket: what one read adds, and a message that it has completed."""
        return self.largest + READ_BYTES


class Trader:
    """Buys and sells in turn, by the window, for as long as it is let."""

    def __init__(self, glass):
        self._glass = glass
        self.numbers, self.sent = [], {}
        glass.give(Deposit(id="money", account="perp-1", asset="USDT", quantity=D(100_000)))

    def send(self):
        number = len(self.sent)
        size = D("0.010") + number // 2 * D("0.001")  # the same again and again is not let through
        side = Side.SELL if number % 2 else Side.BUY
        wanted = SubmitOrder(
            id=f"in-the-storm-{number}",
            account="perp-1",
            instrument=BTC,
            side=side,
            quantity=Quantity(size),
            type=OrderType.MARKET,
            confirmed=True,
        )
        self.sent[wanted.id] = size if side is Side.BUY else -size
        self.numbers.append(self._glass.give(wanted))

    async def trade(self):
        while True:
            self.send()
            await asyncio.sleep(BETWEEN_ORDERS_S)

    async def answered(self):
        """Wait until all that was sent is answered, and filled where it was accepted."""
        await self._glass.answer(self.numbers[-1])
        answers = [e for e in self._glass.events if isinstance(e, Acknowledged | Denied)]
        given = [e.command for e in answers if e.command in self.numbers]
        assert given == self.numbers, "each has one answer, and in order"
        taken = {e.id for e in answers if isinstance(e, Acknowledged) and e.id in self.sent}
        wanted = {order: self.sent[order] for order in taken}
        await until(lambda: self.filled() == wanted)
        return wanted, [{one.code for one in e.denials} for e in answers if isinstance(e, Denied)]

    def filled(self):
        """What the window was told of fills, by order: positive is bought."""
        sums = {}
        for event in self._glass.events:
            if isinstance(event, Filled):
                one = event.fill
                signed = one.quantity if one.side is Side.BUY else -one.quantity
                sums[one.order_id] = sums.get(one.order_id, 0) + signed
        return sums


class Came(NamedTuple):
    """What came of a storm."""

    drained_s: float
    shown_ms: float
    frames: int
    filled: dict
    denied: list
    seen: list
    waited: float


async def until(is_so):
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - the desk changes with every message
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def desk_of(folder, ready):
    """A desk on a market, with a window that trades on it."""
    async with open_session(Options(account=str(folder), market=ready)) as session:
        window = Window()
        async with Supervisor(session, window, []):
            glass = Glass(window.theirs, BTC)
            try:
                yield session, glass
            finally:
                glass.close()


async def look(session, seen):
    """Note how old the mark is in truth, for the desk, and what the desk calls it."""
    desk, clock = session.runtime.engine.desk, session.runtime.clock
    while True:
        mark, now_ns = desk.market.get(BTC).mark, clock.boot_ns()
        true_ms = clock.wall_ms() - mark.ts_venue_ms
        quality = desk.market.quality(BTC, now_ns)
        seen.append((true_ms, desk.market.mark_age_ms(BTC, now_ns), quality))
        await asyncio.sleep(LOOK_S)


async def storm(folder, sender, *, rate, seconds, at_once):
    """Trade while it storms until all of it is taken in; return what came of it.

    A text says why nothing did: the machine was not ours.
    """
    async with desk_of(folder, sender.ready) as (session, glass):
        await until(lambda: not session.missing((BTC,)))
        trader = Trader(glass)
        protocol = session.feeds.protocol(CONNECTION)

        def taken():
            return {s.name: s.messages for s in protocol.streams() if s.messages}

        await asyncio.to_thread(sender.make, rate, seconds)
        await until(lambda: not session.missing((BTC,)))
        glass.forget()
        seen, first, machine = [], open_sockets(session, CONNECTION), Waited()

        def left():
            return open_sockets(session, CONNECTION) != first

        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(trader.trade()), tasks.create_task(look(session, seen))]
            sent = await asyncio.to_thread(partial(sender.send, at_once=at_once))
            await until(
                lambda: (
                    sum(taken().values()) >= sent.total
                    or open_sockets(session, CONNECTION) != first
                )
            )
            drained_s = (session.runtime.clock.boot_ns() - sent.ended_ns) / 1e9
            for task in beside:
                task.cancel()
        waited = machine.share()
        if left() and waited > MOST_WAITED:
            return f"others had the processor for {waited:.0%} of the time, and a socket was left"
        assert not left(), "no socket was left"
        shown = [glass.seen.get_nowait() for _ in range(glass.seen.qsize())]
        counts = await asyncio.to_thread(sender.end)
        await until(lambda: sum(taken().values()) >= sum(counts.values()))
        assert taken() == counts, "every message of every stream, once"
        assert not any(book.gaps for book in protocol.counters.books.values())
        assert protocol.counters.rejected == 0
        assert not left()
        filled, denied = await trader.answered()
        assert glass.gaps == 0, "no event was dropped on the way to the window"
        held = session.runtime.engine.desk.state.position("perp-1", BTC).quantity
        assert held == sum(filled.values())
        return Came(
            drained_s=max(0.0, drained_s),
            shown_ms=max(glass.shown_age_ms(at_ms, frame) for at_ms, frame in shown),
            frames=len(shown),
            filled=filled,
            denied=denied,
            seen=seen,
            waited=waited,
        )


def run(tmp_path, monkeypatch, **load):
    queues = Queues(monkeypatch)
    with Sender() as sender, own_heap():
        came = asyncio.run(storm(tmp_path / "desk", sender, **load))
    assert 0 < queues.socket <= queues.bound
    assert 0 < queues.pipe <= MAX_BACKLOG_BYTES
    if isinstance(came, str):
        pytest.skip(came)
    false = [one for one in came.seen if one[0] > LIMIT_MS + SLACK_MS and one[2] == "LIVE"]
    assert not false, "what waits behind others grows old, and is not called live"
    assert all("STALE_MARK" in codes for codes in came.denied)
    return came, queues


def told(came, queues):
    waited = f"{queues.socket >> 10} KiB waited at most of {queues.bound >> 10}"
    return (
        f"{waited}; drained {came.drained_s:.2f} s after the last; mark at most "
        f"{came.shown_ms:.0f} ms old in {came.frames} frames; {len(came.filled)} orders filled, "
        f"{len(came.denied)} denied as stale, 0 messages and 0 events lost; "
        f"{came.waited:.0%} of the time others had the processor"
    )


@pytest.mark.fault("T25")
@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_ten_times_the_rate(tmp_path, monkeypatch, figure, seconds):
    load = {"rate": 10 * CALM.rate, "seconds": seconds, "at_once": False}
    came, queues = run(tmp_path, monkeypatch, **load)
    figure(f"{10 * CALM.rate:,} messages/s for {seconds} s: {told(came, queues)}")
    if seconds > 10 and came.waited <= MOST_WAITED:
        assert came.shown_ms <= SHOWN_MS


@pytest.mark.fault("T25")
@pytest.mark.thorough
@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_messages_at_once(tmp_path, monkeypatch, figure, count):
    load = {"rate": count, "seconds": 1, "at_once": True}
    came, queues = run(tmp_path, monkeypatch, **load)
    figure(f"{count:,} messages at once: {told(came, queues)}")
