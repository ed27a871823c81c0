"""The pipe to the window: what a window said before it died was said."""

import asyncio
import multiprocessing

from desk.io.pipe import WindowPipe

PATIENCE_S = 20


def test_what_a_window_said_last_is_taken_though_it_can_be_told_nothing_any_more():
    """A kill that was pressed as the window failed: the desk spoke before it had listened."""

    async def scenario():
        ours, theirs = multiprocessing.Pipe()
        said, closed = [], asyncio.get_running_loop().create_future()
        pipe = WindowPipe(ours, on_message=said.append, on_closed=closed.set_result)
        theirs.send_bytes(b"kill")
        theirs.close()
        pipe.send(b"an event")
        pipe.send(b"another one")
        async with asyncio.timeout(PATIENCE_S):
            await closed
        assert said == [b"kill"]

    asyncio.run(scenario())


def test_a_window_that_reads_nothing_is_left_once_it_is_far_behind():
    async def scenario():
        ours, theirs = multiprocessing.Pipe()
        closed = asyncio.get_running_loop().create_future()
        pipe = WindowPipe(ours, on_message=list, on_closed=closed.set_result)
        for _ in range(18):
            pipe.send(bytes(1 << 20))
        assert not closed.done(), "told in a turn of its own"
        async with asyncio.timeout(PATIENCE_S):
            assert "bytes behind" in await closed
        theirs.close()

    asyncio.run(scenario())
