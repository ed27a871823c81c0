"""A running desk: what fails in it is not survived in silence."""

import asyncio

import pytest

from desk.app.options import Options
from desk.app.session import open_session


class Fault(Exception):
    pass


@pytest.mark.parametrize("part", ["feeds.Feeds.run", "runtime.Runtime.run_clock"])
def test_a_fault_in_what_keeps_the_desk_alive_ends_it_and_is_told(tmp_path, monkeypatch, part):
    async def fail(_):
        raise Fault(part)

    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))):
            await asyncio.Event().wait()

    monkeypatch.setattr(f"desk.app.{part}", fail)
    with pytest.raises(Fault, match=part):
        asyncio.run(scenario())


def test_a_block_that_is_cancelled_is_cancelled(tmp_path):
    async def scenario():
        async with open_session(Options(account=str(tmp_path / "desk"))):
            task = asyncio.current_task()
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
