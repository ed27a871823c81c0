"""A running desk: what fails in it is not survived in silence."""

import asyncio
import threading

import pytest

from desk.app import session as sessions
from desk.app.options import Options
from desk.app.session import open_session
from desk.crash import read_report
from desk.log import ENGINE
from desk.model.errors import InputError


class Fault(Exception):
    pass


@pytest.mark.fault("T27")
@pytest.mark.parametrize("part", ["feeds.Feeds.run", "runtime.Runtime.run_clock"])
def test_a_fault_in_what_keeps_the_desk_alive_ends_it_and_is_told(
    tmp_path, monkeypatch, expected_logs, part
):
    async def fail(_):
        raise Fault(part)

    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))):
            await asyncio.Event().wait()

    async def next_desk():
        said = asyncio.Queue()
        async with open_session(Options(account=str(tmp_path / "desk"))) as session:
            session.listen(said.put_nowait)
            return await asyncio.wait_for(said.get(), 10)

    expected_logs("the engine has failed")
    with monkeypatch.context() as patch:
        patch.setattr(f"desk.app.{part}", fail)
        with pytest.raises(Fault, match=part):
            asyncio.run(scenario())
    expected_logs("last engine: ")
    monkeypatch.setattr("desk.app.feeds.Feeds.run", lambda _: asyncio.Event().wait())
    told = asyncio.run(next_desk())
    assert (told.severity, told.code) == ("danger", "FAILED_BEFORE")
    assert f"Fault: {part}" in told.message


def test_a_block_that_is_cancelled_is_cancelled(tmp_path):
    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))):
            task = asyncio.current_task()
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())


def test_what_stress_needs_is_loaded_beside_the_engine_before_anybody_asks(tmp_path, monkeypatch):
    loaded = []

    async def scenario():
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def load(name):
            loaded.append((name, threading.current_thread() is threading.main_thread()))
            loop.call_soon_threadsafe(done.set)

        monkeypatch.setattr(sessions, "import_module", load)
        monkeypatch.setattr(sessions, "LOAD_AFTER_S", 0)
        async with open_session(Options(account=str(tmp_path / "desk"))):
            await asyncio.wait_for(done.wait(), 10)

    asyncio.run(scenario())
    assert loaded == [("desk.risk.stress", False)]


@pytest.mark.parametrize(
    "market", [{}, {"elsewhere": {"ws": "ws://[::1]", "rest": "http://[::1]"}}]
)
def test_a_market_of_no_venue_that_the_desk_knows_is_refused_and_no_fault(tmp_path, market):
    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"), market=market)):
            await asyncio.Event().wait()

    with pytest.raises(InputError, match="a venue that the desk knows"):
        asyncio.run(scenario())
    assert read_report(tmp_path / "desk", ENGINE) == ""
