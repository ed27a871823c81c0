"""The engine's side of the window: who was closed by the trader is not started again."""

import asyncio
import multiprocessing

import msgspec

from desk.app import supervisor as supervising
from desk.app.options import Options
from desk.app.session import open_session
from desk.app.supervisor import Supervisor
from desk.engine.snapshot import Request
from desk.model.commands import AnyCommand, WindowClosing
from desk.model.events import Acknowledged

PATIENCE_S = 20


class Window:
    """Stands in for the window process: the test holds the other end of its pipe."""

    def __init__(self, *_):
        self.connection, self._theirs = multiprocessing.Pipe()

    def say(self, command: AnyCommand) -> None:
        payload = msgspec.Raw(msgspec.msgpack.encode(command))
        self._theirs.send_bytes(msgspec.msgpack.encode(Request(number=1, payload=payload)))

    def acknowledged(self) -> None:
        """Return when the desk has."""
        while True:
            said = msgspec.msgpack.decode(self._theirs.recv_bytes())
            event = said.get("event") or {}
            if event.get("type") == Acknowledged.__struct_config__.tag:
                return

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
