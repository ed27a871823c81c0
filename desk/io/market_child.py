"""The embedded market: a child process on loopback that ends with us.

It is told to end when its standard input closes, which the system does for us however we end.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from desk.model.errors import FeedError

READY_S = 20.0
STOP_S = 3.0


class MarketChild:
    """A running `desk market`; `ready` is its ready line."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self._process = process
        self.ready = ready

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Return the exit code once it has ended."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: by closing its input, then by force."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


async def start_market(state: Path, arguments: list[str]) -> MarketChild:
    """Start the embedded market and wait for its ready line; raise FeedError if none comes."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "desk", "market", "--state", str(state), "--parent"),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            start_new_session=True,
        )
    except OSError as error:  # no process or no memory is left
        raise FeedError(f"the embedded market did not start: {error.strerror or error}") from None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            line = await process.stdout.readline()
        ready = msgspec.json.decode(line, type=dict[str, Any])
    except (TimeoutError, msgspec.DecodeError) as error:
        process.kill()
        await process.wait()
        raise FeedError(f"the embedded market did not start: {error}") from None
    return MarketChild(process, ready)
