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
from desk.trial.network import Network
from desk.trial.promises import Broken, Promises
from desk.trial.trader import Trader
from desk.trial.truth import Truth

BTC, ETH, SPOT = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE", "BTCUSDT.BINANCE"
INSTRUMENTS = (BTC, ETH, SPOT)
SECONDS = 40.0
HEALED_WITHIN_S = 150.0
"""The longest wait between two tries to connect is a minute; then data must come."""

_MARKET_FAULTS = (
    "drop@depth:p=0.02",
    "dup@depth:p=0.02",
    "reorder@depth:p=0.02",
    "drop@usdm:p=0.01",
    "garbage@usdm:p=0.005",
    "hostile@usdm:p=0.005",
    "disconnect@usdm:at=9s",
    "cut@usdm:at=13s",
    "stall@usdm:at=11s:for=4s",
    "silent@markPrice:at=15s:for=5s",
    "freeze@markPrice:at=8s:for=6s",
    "stamps@usdm:at=17s:for=5s",
    "blackhole@usdm:at=14s:for=6s",
    "late@depth:by=2s",
    "status429@rest:at=6s:for=6s",
    "move@BTC:by=-0.06:at=10s:for=4s",
    "move@ETH:by=0.08:at=20s:for=3s",
)
_LINK_FAULTS = (
    "lose:p=0.05",
    "drop:p=0.05",
    "duplicate:p=0.1",
    "reorder:p=0.1",
    "down:at=12s:for=6s",
)


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
        self._acts: list[tuple[int, Callable[[Session], None]]] = [
            (60, self._command),
            (10, self._look),
            (2, self._reset_lines),
            (2, self._hold_lines),
            (1, self._refuse),
            (1, self._swallow),
            (1, self._slow),
            (1, self._step_wall),
            (1, self._suspend),
            (1, self._fill_disk),
            (3, self._empty_disk),
            (1, self._fail_disk),
            (2, self._cut_power),
            (1, self._kill),
        ]

    def _market(self, traded: list[Any]) -> Simulator:
        chosen = [fault for fault in _MARKET_FAULTS if self.dice.random() < 0.2]
        self.note(f"market faults: {','.join(chosen)}")
        faults = parse_faults(",".join(chosen)) if chosen else ()
        settings = Settings(seed=self.seed, faults=tuple(faults))
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
        faults = ",".join(f for f in _LINK_FAULTS if self.dice.random() < 0.4)
        linked = self.dice.random() < 0.3
        self.options = msgspec.structs.replace(
            self.options,
            market=ready,
            venue_faults=(faults or _LINK_FAULTS[0]) if linked else None,
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
                broken = str(found)
                self.note(f"BROKEN {broken}")
        stop.set()
        market.cancel()
        with suppress(asyncio.CancelledError):
            await market
        self.counts["books compared"] = truth.compared
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
        makers = [make for _, make in self._acts]
        weights = [weight for weight, _ in self._acts]
        while self.loop.time() < self.seconds:
            await asyncio.sleep(self.dice.expovariate(4.0))
            if self.disk.is_dead:
                raise PowerLost
            if not session.runtime.journal.writable and self.dice.random() < 0.1:
                self._kill(session)  # a person starts the desk anew
            (make,) = self.dice.choices(makers, weights)
            make(session)
        self.promises.look()

    # ------------------------------------------------------------------ what is done

    def _give(self, session: Session, command: AnyCommand) -> None:
        self.counts["commands"] += 1
        self.note(msgspec.json.encode(command).decode())
        self.promises.give(session, lambda: session.give(command))

    def _command(self, session: Session) -> None:
        self._give(session, self.trader.next(session.runtime.engine.desk.state))

    def _look(self, session: Session) -> None:
        self.promises.look()
        self.truth.look(session)

    def _fault(self, what: str) -> None:
        self.counts["faults"] += 1
        self.note(what)

    def _reset_lines(self, session: Session) -> None:
        self._fault("lines break")
        for line in [line for line in self.network.lines if self.dice.random() < 0.5]:
            line.reset()

    def _hold_lines(self, session: Session) -> None:
        self._fault("lines lie dead")
        until_s = self.loop.time() + self.dice.choice((1.0, 2.5, 4.0, 8.0))
        for line in self.network.lines:
            if self.dice.random() < 0.5:
                line.hold(until_s)

    def _refuse(self, session: Session) -> None:
        self._fault("nobody is let in")
        self.network.refuses_until_s = self.loop.time() + self.dice.uniform(1, 8)

    def _swallow(self, session: Session) -> None:
        self._fault("newcomers hear nothing")
        self.network.swallows_until_s = self.loop.time() + self.dice.uniform(1, 8)

    def _slow(self, session: Session) -> None:
        self._fault("the network slows down or recovers")
        self.network.slower = self.dice.choice((1.0, 1.0, 20.0, 200.0))

    def _step_wall(self, session: Session) -> None:
        self._fault("the wall clock is set")
        self.clock.step(self.dice.choice((-3_600_000, -1_500, 1_500, 3_600_000)))

    def _suspend(self, session: Session) -> None:
        self._fault("the machine sleeps")
        self.clock.sleep(self.dice.choice((1_000, 5_000, 60_000)))

    def _fill_disk(self, session: Session) -> None:
        self._fault("the disk is full")
        self.disk.free = self.dice.choice((0, 2_000, 200_000, 3 << 20))

    def _empty_disk(self, session: Session) -> None:
        if self.disk.free < ROOM // 2:
            self.note("the disk has room again")
            self.disk.free = ROOM

    def _fail_disk(self, session: Session) -> None:
        self._fault("the disk will fail")
        self.disk.fails_at = self.disk.acts + self.dice.randint(1, 6)

    def _cut_power(self, session: Session) -> None:
        self._fault("the power will go")
        self.disk.dies_at = self.disk.acts + self.dice.randint(1, 8)

    def _kill(self, session: Session) -> None:
        self._fault("the process is killed")
        self.disk.kill()
        raise _Killed

    # ------------------------------------------------------------------ the end

    async def _end_well(self, session: Session) -> None:
        """Heal everything: the desk must find its way back, and let go of all it holds."""
        self.note("all is healed")
        self.disk.free = ROOM
        self.network.refuses_until_s = self.network.swallows_until_s = 0.0
        self.network.slower = 1.0
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
