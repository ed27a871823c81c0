"""The engine's side of the window: who was closed by the trader is not started again."""

import asyncio
import multiprocessing

import msgspec
from helpers.workstation import eventually

from desk.app import supervisor as supervising
from desk.app.options import Options
from desk.app.session import open_session
from desk.app.supervisor import Supervisor
from desk.engine.snapshot import Hello, Request
from desk.model.commands import AnyCommand, Heartbeat, WindowClosing
from desk.model.events import Acknowledged

PATIENCE_S = 20


class Window:
    """Stands in for the window process: the test holds the other end of its pipe."""

    failed = False

    def __init__(self, *_):
        self.connection, self._theirs = multiprocessing.Pipe()

    def say(self, command: AnyCommand) -> None:
        payload = msgspec.Raw(msgspec.msgpack.encode(command))
        self._theirs.send_bytes(msgspec.msgpack.encode(Request(number=1, payload=payload)))

    def hello(self):
        """The first message."""
        return msgspec.msgpack.decode(self._theirs.recv_bytes(), type=Hello)

    def acknowledged(self) -> str:
        """Return what the desk has."""
        while True:
            said = msgspec.msgpack.decode(self._theirs.recv_bytes())
            event = said.get("event") or {}
            if event.get("type") == Acknowledged.__struct_config__.tag:
                return event["about"]

    def ended_how(self) -> str:
        return "it ended"

    def end(self) -> None:
        self._theirs.close()


def test_a_window_that_has_said_goodbye_is_not_started_again(tmp_path, monkeypatch):
    async def no_market(_):
        await asyncio.Event().wait()

    started = []
    monkeypatch.setattr("desk.app.feeds.Feeds.run", no_market)
    monkeypatch.setattr(supervising, "WindowProcess", lambda *given: started.append(given))

    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))) as session:
            window = Window()
            async with Supervisor(session, window, []) as supervisor:
                window.say(WindowClosing(choice="cancel_all"))
                await asyncio.wait_for(asyncio.to_thread(window.acknowledged), PATIENCE_S)
                window.end()
                await asyncio.wait_for(supervisor.left.wait(), PATIENCE_S)

    asyncio.run(scenario())
    assert not started


def test_a_window_that_asks_to_be_opened_again_is_no_crash_no_leaving_and_not_lost(
    tmp_path, monkeypatch
):
    async def no_market(_):
        await asyncio.Event().wait()

    opened = asyncio.Queue()

    def open_another(layout, folder):
        assert (layout, folder) == (None, str(tmp_path / "desk")), "as it was left"
        opened.put_nowait(another := Window())
        return another

    monkeypatch.setattr("desk.app.feeds.Feeds.run", no_market)
    monkeypatch.setattr(supervising, "WindowProcess", open_another)

    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"), layout="Risk")) as session:
            window = Window()
            async with Supervisor(session, window, []) as supervisor:
                seq = session.seq
                window.say(WindowClosing(choice="reopen"))
                about = await asyncio.wait_for(asyncio.to_thread(window.acknowledged), PATIENCE_S)
                assert about == "reopen"
                window.end()
                another = await asyncio.wait_for(opened.get(), PATIENCE_S)
                hello = await asyncio.wait_for(asyncio.to_thread(another.hello), PATIENCE_S)
                assert (hello.crash_report, hello.settings["latency_ms"]) == ("", "50")
                another.say(WindowClosing(choice="reopen"))
                await asyncio.wait_for(asyncio.to_thread(another.acknowledged), PATIENCE_S)
                assert session.seq == seq
                assert not supervisor.left.is_set()
                another.end()

    asyncio.run(scenario())


def test_a_window_that_stayed_after_all_and_ends_later_has_crashed(
    tmp_path, monkeypatch, expected_logs
):
    """It was told too late that another would open, and had said that it stays."""
    expected_logs("it ended")

    async def no_market(_):
        await asyncio.Event().wait()

    opened = asyncio.Queue()

    def open_another(*_):
        opened.put_nowait(another := Window())
        return another

    monkeypatch.setattr("desk.app.feeds.Feeds.run", no_market)
    monkeypatch.setattr(supervising, "WindowProcess", open_another)

    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))) as session:
            window = Window()
            async with Supervisor(session, window, []):
                window.say(WindowClosing(choice="reopen"))
                await asyncio.wait_for(asyncio.to_thread(window.acknowledged), PATIENCE_S)
                window.say(WindowClosing(choice="stay"))
                window.end()
                another = await asyncio.wait_for(opened.get(), PATIENCE_S)
                hello = await asyncio.wait_for(asyncio.to_thread(another.hello), PATIENCE_S)
                assert hello.crash_report.startswith("it ended")
                another.end()

    asyncio.run(scenario())


def test_a_window_that_builds_itself_is_not_lost_and_counts_from_its_first_beat(
    tmp_path, monkeypatch
):
    """On a busy machine it takes more than 3 s, and the desk began by reducing."""

    async def no_market(_):
        await asyncio.Event().wait()

    monkeypatch.setattr("desk.app.feeds.Feeds.run", no_market)

    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))) as session:
            desk = session.runtime.engine.desk
            window = Window()
            async with Supervisor(session, window, []):
                window.say(WindowClosing(choice="reopen"))
                await asyncio.wait_for(asyncio.to_thread(window.acknowledged), PATIENCE_S)
                assert not desk.window_attached, "other words do not say that it is whole"
                window.say(Heartbeat())
                await _attached(session)

    asyncio.run(scenario())


def test_a_window_that_never_says_that_it_is_whole_is_counted_all_the_same(tmp_path, monkeypatch):
    async def no_market(_):
        await asyncio.Event().wait()

    monkeypatch.setattr("desk.app.feeds.Feeds.run", no_market)
    monkeypatch.setattr(supervising, "START_S", 0.01)

    async def scenario():
        given = Options(account=str(tmp_path / "desk"))
        async with open_session(given) as session, Supervisor(session, Window(), []):
            await _attached(session)

    asyncio.run(scenario())


async def _attached(session):
    """Wait until the window's silence would be missed."""
    desk = session.runtime.engine.desk
    await asyncio.to_thread(eventually, lambda: desk.window_attached)
