"""An event loop whose time is not the machine's: when nothing is ready it jumps to the next timer.

Tasks are numbered as they are made and hash by their number, so that the sets asyncio keeps of
them are walked in the same order in every run. Work for a thread is done on the spot. What would
reach the machine (sockets, processes, signals) is not there at all and raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from itertools import count
from typing import Any, Protocol, TypeAlias, TypeVar

_T = TypeVar("_T")
_Work: TypeAlias = Coroutine[Any, Any, _T] | Generator[Any, None, _T]
_NS = 1_000_000_000


class TimeStandsStill(Exception):
    """Nothing is ready and nothing is timed: whoever runs waits for ever."""


class Wires(Protocol):
    """The network that a loop's connections and servers are made on."""

    async def connect(
        self, make: Callable[[], asyncio.BaseProtocol], host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Open a connection; raise OSError when it is refused."""
        ...

    async def serve(
        self, make: Callable[[], asyncio.BaseProtocol], host: str, port: int
    ) -> asyncio.AbstractServer:
        """Listen; raise OSError when the port is taken."""
        ...


class _Numbered(asyncio.Task[_T]):
    """A task that hashes by when it was made, not by where it lies in memory."""

    _numbers = count(1)

    def __init__(self, work: _Work[_T], loop: TrialLoop, **more: Any) -> None:
        self._number = next(loop.numbers)
        super().__init__(work, loop=loop, **more)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class _Leap:
    """Stands where a selector does: there is nothing to wait for but time."""

    def __init__(self, loop: TrialLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time pass that would have been waited."""
        if timeout is None:
            raise TimeStandsStill("nothing is ready and nothing is timed")
        if timeout > 0:
            self._loop.leap(timeout)
        return []


class TrialLoop(asyncio.BaseEventLoop):
    """Time, tasks and the network of one trial."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.wires: Wires | None = None
        self.now_ns = 0
        self._selector = _Leap(self)
        self.set_task_factory(self._numbered)

    def time(self) -> float:
        """Return seconds since the trial began."""
        return self.now_ns / _NS

    def leap(self, seconds: float) -> None:
        """Let time pass at once: at least a nanosecond, so that a timer is reached in the end."""
        self.now_ns += max(1, round(seconds * _NS))

    @staticmethod
    def _numbered(
        loop: asyncio.AbstractEventLoop, work: _Work[_T], **more: Any
    ) -> asyncio.Task[_T]:
        assert isinstance(loop, TrialLoop)
        return _Numbered(work, loop, **more)

    # ------------------------------------------------------------------ what asyncio asks of a loop

    def _process_events(self, event_list: list[Any]) -> None:
        """Take what a selector found: nothing ever."""

    def _write_to_self(self) -> None:
        """Wake the selector: it never sleeps."""

    def run_in_executor(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, executor: object, func: Callable[..., _T], *args: Any
    ) -> asyncio.Future[_T]:
        """Do at once what was meant for a thread; the answer comes with the next turn."""
        done: asyncio.Future[_T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (it is the caller's, as from a thread)
            done.set_exception(error)
        return done

    async def create_connection(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        *,
        ssl: object = None,
        **more: Any,
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect on the trial's network."""
        assert self.wires is not None
        assert ssl is None, "the trial's network is not encrypted"
        return await self.wires.connect(protocol_factory, host, port)

    async def create_server(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        **more: Any,
    ) -> asyncio.AbstractServer:
        """Listen on the trial's network."""
        assert self.wires is not None
        return await self.wires.serve(protocol_factory, host, port)
