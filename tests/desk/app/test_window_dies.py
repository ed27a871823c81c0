"""A window that dies takes nothing else with it, whatever the desk was doing just then."""

import asyncio
import errno
import multiprocessing
from contextlib import contextmanager
from decimal import Decimal as D
from types import SimpleNamespace

import msgspec
import pytest
from helpers.engines import Trader, order
from helpers.journals import SMALL_RESERVE

from desk.app import supervisor as supervising
from desk.app.folder_settings import FolderSettings
from desk.app.runtime import Runtime
from desk.app.supervisor import Supervisor
from desk.engine.message import WindowChanged
from desk.engine.snapshot import EventMessage, PipeMessage, Request
from desk.io.clock import ManualClock
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.commands import Heartbeat, WindowClosing
from desk.model.orders import OrderStatus, Side

PATIENCE_S = 20


class Window:
    """Stands in for the window process."""

    failed = False

    def __init__(self, *_):
        self.connection, self.theirs = multiprocessing.Pipe()

    def say(self, command):
        payload = msgspec.Raw(msgspec.msgpack.encode(command))
        self.theirs.send_bytes(msgspec.msgpack.encode(Request(number=1, payload=payload)))

    def hear(self):
        return msgspec.msgpack.decode(self.theirs.recv_bytes(), type=PipeMessage)

    def ended_how(self):
        return "it ended"

    def end(self):
        self.theirs.close()


@contextmanager
def session_of(folder, trader):
    """A desk with that engine, as far as a supervisor asks for one."""
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.append([row.entry for row in trader.rows])
        clock = ManualClock(boot_ns=trader.now_ns, wall_ms=trader.wall_ms)
        runtime = Runtime(trader.engine, journal, clock)
        try:
            yield SimpleNamespace(
                runtime=runtime, folder=folder, chosen=FolderSettings(), past=SimpleNamespace()
            )
        finally:
            journal.close()


def test_an_entry_that_fills_as_the_window_dies_still_gets_its_stop(tmp_path):
    """What a fill is told by and what protects it is one work: the pipe breaks in its middle."""
    trader = Trader()
    trader.market()
    trader.deposit()

    async def scenario(session):
        window, runtime = Window(), session.runtime
        async with Supervisor(session, window, []):
            runtime.give(order(Side.BUY, "1", "60000", id="e", stop_loss=D(58000)))
            window.end()
            runtime.clock.advance_ms(60)
            runtime.tick()

    with session_of(tmp_path, trader) as session:
        asyncio.run(scenario(session))
    orders = trader.state.orders
    assert orders["e"].status is OrderStatus.FILLED
    assert "e-sl" in orders


@pytest.fixture
def opened(monkeypatch):
    """What is started in place of windows that ended: a queue to take them from."""
    started = asyncio.Queue()

    def another(*_):
        started.put_nowait(window := Window())
        return window

    monkeypatch.setattr(supervising, "WindowProcess", another)
    return started


def test_a_window_that_stayed_open_and_failed_later_has_failed(tmp_path, opened, expected_logs):
    """The answer that it will be opened again came too late for it: it stayed, and crashed."""
    expected_logs("it ended")
    trader = Trader()

    async def scenario(session):
        window = Window()
        async with asyncio.timeout(PATIENCE_S), Supervisor(session, window, []):
            window.say(WindowClosing(choice="reopen"))
            await asyncio.to_thread(until, window, EventMessage)
            window.failed = True
            window.end()
            another = await opened.get()
            hello = await asyncio.to_thread(another.hear)
            assert hello.crash_report.startswith("it ended")

    with session_of(tmp_path, trader) as session:
        asyncio.run(scenario(session))
    assert trader.state.state == "REDUCING"


def test_what_nests_without_end_closes_the_pipe_and_is_no_fault_of_the_desk(
    tmp_path, opened, expected_logs
):
    expected_logs("it ended")

    async def scenario(session):
        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        window = Window()
        async with asyncio.timeout(PATIENCE_S), Supervisor(session, window, []):
            payload = msgspec.Raw(b"\x91" * 100_000)
            window.theirs.send_bytes(msgspec.msgpack.encode(Request(number=1, payload=payload)))
            another = await opened.get()
            hello = await asyncio.to_thread(another.hear)
            assert "what is no command" in hello.crash_report
        assert not faults

    with session_of(tmp_path, Trader()) as session:
        asyncio.run(scenario(session))


def test_a_window_that_cannot_be_started_is_tried_again(tmp_path, monkeypatch, expected_logs):
    expected_logs("it ended")
    expected_logs("no window can be started")
    refusals, opened = [OSError(errno.EAGAIN, "no process left")], asyncio.Queue()

    def start(*_):
        if refusals:
            raise refusals.pop()
        opened.put_nowait(window := Window())
        return window

    monkeypatch.setattr(supervising, "WindowProcess", start)

    async def scenario(session):
        window = Window()
        async with asyncio.timeout(PATIENCE_S), Supervisor(session, window, []):
            window.end()
            await opened.get()

    with session_of(tmp_path, Trader()) as session:
        asyncio.run(scenario(session))


def test_what_keeps_a_window_from_coming_back_is_told(tmp_path, monkeypatch, expected_logs):
    expected_logs("it ended")

    def start(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(supervising, "WindowProcess", start)

    async def scenario(session):
        faults = asyncio.Queue()
        asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.put_nowait(told))
        window = Window()
        async with asyncio.timeout(PATIENCE_S), Supervisor(session, window, []):
            window.end()
            assert isinstance((await faults.get())["exception"], ZeroDivisionError)

    with session_of(tmp_path, Trader()) as session:
        asyncio.run(scenario(session))


def test_a_window_that_does_not_come_back_is_lost_however_it_was_ended(
    tmp_path, monkeypatch, expected_logs
):
    """Killed again and again it waits for its turn, or never lives to say a word."""
    expected_logs("it ended")
    monkeypatch.setattr(supervising, "START_S", 0.01)
    monkeypatch.setattr(supervising.RestartAllowance, "wait_s", lambda *_: 2 * PATIENCE_S)
    trader = Trader()

    async def scenario(session):
        window, runtime = Window(), session.runtime
        told = counted(runtime)
        async with asyncio.timeout(PATIENCE_S), Supervisor(session, window, []):
            window.say(Heartbeat())
            assert await told.get()
            window.end()
            assert not await told.get()
            assert await told.get()
            runtime.clock.advance_ms(1_600)
            runtime.tick()
            runtime.clock.advance_ms(1_600)
            runtime.tick()

    with session_of(tmp_path, trader) as session:
        asyncio.run(scenario(session))
    assert trader.state.state == "REDUCING"


def counted(runtime):
    """A queue of whether a window's silence is missed, from now on."""
    told, process = asyncio.Queue(), runtime.process

    def noting(message):
        process(message)
        if isinstance(message, WindowChanged):
            told.put_nowait(message.attached)

    runtime.process = noting
    return told


def until(window, kind):
    """Hear a window's pipe until a message of a kind."""
    while not isinstance(window.hear(), kind):
        pass
