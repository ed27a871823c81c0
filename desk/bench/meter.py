"""What a process that receives has done, second by second: messages, and processor time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from desk.bench.machine import Ticks, core_of
from desk.io.clock import SystemClock

_SECOND_S = 1.0
_AGES_S = 1 / 60
_LOOK_S = 0.002
_PATIENCE_S = 20.0


class Second(NamedTuple):
    """One second, or a little more."""

    messages: int
    cpu_us: float
    stolen: float
    """Share of the machine's time that others on its host had."""


class Run(NamedTuple):
    """From when it was told to begin until all of it was there."""

    seconds: list[Second]
    drained_ns: int | None
    """Boot-time clock when the last message had been taken in; None: it was not, in 20 s."""
    ages_ms: list[int]
    """How old the newest price was, sixty times a second."""
    core: int | None


class Meter:
    """Measures as it is told through a pipe.

    `counted` returns how many messages of each stream were taken in, `age_ms` the age of the
    newest price.
    """

    def __init__(
        self,
        connection: Connection,
        counted: Callable[[], dict[str, int]],
        age_ms: Callable[[], int | None],
    ) -> None:
        self._connection = connection
        self._counted = counted
        self._age_ms = age_ms
        self._clock = SystemClock()

    async def serve(self, more: Callable[[], dict[str, Any]]) -> None:
        """Say that all is ready, and measure until told to end: then tell counts, and more."""
        self._connection.send("ready")
        while (word := await self._hear()) == "begin":
            self._connection.send(await self._run())
        assert word == "end", word
        self._connection.send((self._counted(), more()))

    async def _run(self) -> Run:
        seconds: list[Second] = []
        ages: list[int] = []
        watching = [
            asyncio.create_task(self._count(seconds)),
            asyncio.create_task(self._look(ages)),
        ]
        self._connection.send(None)
        total: int = await self._hear()
        drained_ns = await self._drained(total)
        for task in watching:
            task.cancel()
        return Run(seconds, drained_ns, ages, core_of())

    async def _hear(self) -> Any:
        return await asyncio.to_thread(self._connection.recv)

    def _messages(self) -> int:
        return sum(self._counted().values())

    async def _count(self, seconds: list[Second]) -> None:
        while True:
            messages, cpu_ns, ticks = self._messages(), time.process_time_ns(), Ticks()
            await asyncio.sleep(_SECOND_S)
            spent_us = (time.process_time_ns() - cpu_ns) / 1_000
            seconds.append(Second(self._messages() - messages, spent_us, ticks.stolen()))

    async def _look(self, ages: list[int]) -> None:
        while True:
            if (age_ms := self._age_ms()) is not None:
                ages.append(age_ms)
            await asyncio.sleep(_AGES_S)

    async def _drained(self, total: int) -> int | None:
        until_ns = self._clock.boot_ns() + int(_PATIENCE_S * 1e9)
        while (now_ns := self._clock.boot_ns()) < until_ns:
            if self._messages() >= total:
                return now_ns
            await asyncio.sleep(_LOOK_S)
        return None
