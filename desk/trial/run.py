"""One trial: a whole desk, several lives long, in one process, from one seed.

Real: the session and all of its parts (runtime, engine, feeds, film, snapshots, records), the
websockets library and the HTTP client, the venue protocols, the simulated market with its servers
and its faults, the paper venue or the exchange of practice, SQLite and the head anchor. Not real:
time (`loop`), the network below the sockets (`network`), the disk below the commit (`disk`), the
machine's clocks (`clock`), threads and the child that makes snapshots (done on the spot), the
window (there is none), and the death of the process, which here is the end of its tasks: what
lives on is what was on the disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from desk.app.options import Options
from desk.app.session import Session, open_session
from desk.cli.shipped import shipped
from desk.io.disk import memory_folder
from desk.io.folder import hold_folder
from desk.model.commands import AnyCommand, CancelAll, Flatten, Rearm
from desk.model.errors import DeskError
from desk.model.events import AnyEvent
from desk.sim.dice import Dice
from desk.sim.faults import parse_faults
from desk.sim.simulator import Settings, Simulator
from desk.trial.clock import TrialClock
from desk.trial.disk import ROOM, PowerLost, TrialDisk, mounted
from desk.trial.loop import TrialLoop
from desk.trial.mischief import Mischief, link_faults, market_faults
from desk.trial.network import Network
from desk.trial.promises import Broken, Promises
from desk.trial.trader import Trader
from desk.trial.truth import Truth

BTC, ETH, SPOT = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE", "BTCUSDT.BINANCE"
INSTRUMENTS = (BTC, ETH, SPOT)
SECONDS = 40.0
ACTS_PER_S = 5.0
KILL_CHANCE = 0.01
"""Of an act: from here on each is drawn from what the ones before leave."""
MISCHIEF_CHANCE = KILL_CHANCE + 0.07
LOOK_CHANCE = MISCHIEF_CHANCE + 0.07
RESTART_CHANCE = 0.1
"""Of an act in a desk whose journal has failed: somebody starts it anew."""
LINKED_CHANCE = 0.3
"""Of a seed that trades at the exchange of practice, over a bad link."""
HEALED_WITHIN_S = 150.0
"""The longest wait between two tries to connect is a minute; then data must come."""


class Report(NamedTuple):
    """What came of a seed."""

    seed: int
    broken: str
    """The promise that was broken, and how; empty: none was."""
    digest: str
    """Of all that happened, in order: the same seed gives the same one."""
    simulated_s: float
    counts: dict[str, int]


class _Killed(Exception):
    """The process of the desk dies here."""


def run_seed(
    seed: int, seconds: float = SECONDS, trace: Callable[[str], None] | None = None
) -> Report:
    """Run one seed to its end, or to the first promise that is broken."""
    state = random.getstate()
    random.seed(f"trial {seed}")  # what reads the module's own dice: retries, ping payloads
    loop = TrialLoop()
    folder = Path(tempfile.mkdtemp(prefix="trial-", dir=memory_folder()))
    trial = _Trial(seed, seconds, loop, folder, trace)
    try:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(trial.run())
    finally:
        random.setstate(state)
        shutil.rmtree(folder, ignore_errors=True)


class _Trial:
    """The world around the desk, and what is done to it."""

    def __init__(
        self,
        seed: int,
        seconds: float,
        loop: TrialLoop,
        folder: Path,
        trace: Callable[[str], None] | None,
    ) -> None:
        self.seed, self.seconds, self.loop = seed, seconds, loop
        self.dice = Dice(f"trial {seed}")
        self.counts: Counter[str] = Counter()
        self._trace = trace
        self._home = str(folder)
        """Another in each run: what is told must not depend on it."""
        self._digest = hashlib.sha256()
        self.clock = TrialClock(loop)
        self.network = Network(loop, str(seed))
        self.disk = TrialDisk(folder, Dice(f"disk {seed}"), self.note)
        self.disk.folder.mkdir()
        self.promises = Promises(self.clock)
        known = shipped().catalogue
        traded = [one for name in INSTRUMENTS if (one := known.get(name)) is not None]
        self.simulator = self._market(traded)
        self.trader = Trader(Dice(f"trader {seed}"), traded, self._price)
        self.options = Options(account=str(folder))
        self.mischief = Mischief(
            Dice(f"mischief {seed}"), self.network, self.clock, self.disk, self.note
        )

    def _market(self, traded: list[Any]) -> Simulator:
        faults = market_faults(self.dice)
        self.note(f"market faults: {faults}")
        settings = Settings(seed=self.seed, faults=tuple(parse_faults(faults)))
        return Simulator(traded, settings, wall_ms=self.clock.true_ms)

    def _price(self, instrument: str) -> Decimal:
        return Decimal(str(round(self.simulator.market.listings[instrument].mid_price(), 2)))

    def note(self, what: str) -> None:
        """Add to what happened."""
        line = f"{self.loop.now_ns} {what}".replace(self._home, "")
        self._digest.update(line.encode())
        if self._trace is not None:
            self._trace(line)

    # ------------------------------------------------------------------ the run

    async def run(self) -> Report:
        """Live through it all; the report says what broke."""
        broken = ""
        ready = await self.simulator.start()
        del ready["binance"]["coinm"]
        truth = self.truth = Truth(self.simulator.market, [BTC, ETH, SPOT])
        stop = asyncio.Event()
        market = asyncio.create_task(self.simulator.run(stop))
        linked = self.dice.random() < LINKED_CHANCE
        self.options = msgspec.structs.replace(
            self.options,
            market=ready,
            venue_faults=link_faults(self.dice) if linked else None,
            seed=str(self.seed),
        )
        disk = mounted(
            self.disk,
            checkpoint_bytes=self.dice.choice((50_000, 400_000)),
            snapshot_rows=self.dice.choice((30, 20_000)),
        )
        with disk:
            try:
                while self.loop.time() < self.seconds:
                    await self._live()
                await self._live(last=True)
            except Broken as found:
                broken = str(found).replace(self._home, "")
                self.note(f"BROKEN {broken}")
        stop.set()
        market.cancel()
        with suppress(asyncio.CancelledError):
            await market
        self.counts["books compared"] = truth.compared
        self.counts["faults"] = self.mischief.done
        digest = self._digest.hexdigest()
        return Report(
            self.seed, broken, digest, self.loop.time(), dict(sorted(self.counts.items()))
        )

    async def _live(self, *, last: bool = False) -> None:
        """Let a desk live until it dies, or until the time is over."""
        folder = self.disk.folder
        self.counts["lives"] += 1
        self.note("a desk starts")
        session: Session | None = None
        try:
            options = msgspec.structs.replace(self.options, account=str(folder))
            async with open_session(options, hold_folder(folder), self.clock) as session:
                self._open(session)
                if last:
                    await self._end_well(session)
                else:
                    await self._act(session)
        except BaseException as end:
            if isinstance(end, asyncio.CancelledError | KeyboardInterrupt):
                raise
            self.counts["crashes"] += 1
            self._judge_end(end)
        finally:
            if session is not None:
                self.counts["messages"] += session.runtime.engine.desk.market.events
        self.promises.raise_broken()
        await asyncio.sleep(self.dice.uniform(0.05, 1.0))
        self.disk.next_life()

    def _judge_end(self, end: BaseException) -> None:
        """Only death ends a desk, and only a disk keeps one shut; a person then makes room."""
        if isinstance(end, Broken):
            raise end
        if self.disk.is_dead:  # whatever a ghost stumbled over does not count
            self.note("the desk has died")
            return
        refused = self.disk.free < ROOM // 2 or self.disk.fails_at is not None
        if not (isinstance(end, DeskError) and refused):
            raise Broken("a desk starts, and goes on", repr(end)) from end
        self.note(f"the desk does not start: {type(end).__name__}")
        self.disk.free, self.disk.fails_at = ROOM, None

    def _open(self, session: Session) -> None:
        session.listen(self._hear)
        self.promises.begin(session)

    def _hear(self, event: AnyEvent) -> None:
        if not self.disk.is_dead:
            self.counts[f"said {event.__struct_config__.tag}"] += 1
            self.note(msgspec.json.encode(event).decode())

    async def _act(self, session: Session) -> None:
        if self.counts["lives"] == 1:
            for command in self.trader.first():
                self._give(session, command)
        while self.loop.time() < self.seconds:
            await asyncio.sleep(self.dice.expovariate(ACTS_PER_S))
            if self.disk.is_dead:
                raise PowerLost
            if not session.runtime.journal.writable and self.dice.random() < RESTART_CHANCE:
                self._kill()  # a person starts the desk anew
            self._do(session, self.dice.random())
        self.promises.look()

    # ------------------------------------------------------------------ what is done

    def _give(self, session: Session, command: AnyCommand) -> None:
        self.counts["commands"] += 1
        self.note(msgspec.json.encode(command).decode())
        self.promises.give(session, lambda: session.give(command))

    def _do(self, session: Session, drawn: float) -> None:
        if drawn < KILL_CHANCE:
            self._kill()
        elif drawn < MISCHIEF_CHANCE:
            self.mischief.strike()
        elif drawn < LOOK_CHANCE:
            self._look(session)
        else:
            self._give(session, self.trader.next(session.runtime.engine.desk.state))

    def _look(self, session: Session) -> None:
        self.promises.look()
        self.truth.look(session)

    def _kill(self) -> None:
        self.counts["kills"] += 1
        self.disk.kill()
        raise _Killed

    # ------------------------------------------------------------------ the end

    async def _end_well(self, session: Session) -> None:
        """Heal everything: the desk must find its way back, and let go of all it holds."""
        self.note("all is healed")
        self.mischief.heal()
        deadline_s = self.loop.time() + HEALED_WITHIN_S
        while missing := session.missing((BTC, ETH)):
            if self.loop.time() > deadline_s:
                raise Broken("a desk comes back by itself", "; ".join(missing))
            await asyncio.sleep(1.0)
        self.promises.look()
        self.truth.look(session)
        for command in (
            Rearm(id="end-1", name="Ada", reason="all is well again"),
            CancelAll(id="end-2"),
            Flatten(id="end-3"),
        ):
            self._give(session, command)
        await asyncio.sleep(3.0)
        self._look(session)
