"""A desk that runs: folder held, journal replayed, engine started, feeds flowing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from desk.app.assemble import build_engine
from desk.app.feeds import Feeds
from desk.app.filming import Filming
from desk.app.folder_settings import FolderSettings, folder_settings, note_profile
from desk.app.noting import attend
from desk.app.options import VENUES, Options
from desk.app.past import Past
from desk.app.practice import Practice, close_exchange
from desk.app.records import Records
from desk.app.replayed import Recorded, ReplayedFeeds
from desk.app.runtime import Runtime
from desk.app.seals import tell_seals
from desk.app.snapshots import Snapshots
from desk.app.terms import TermsStore
from desk.app.typed import TypedLines
from desk.cli.shipped import shipped
from desk.crash import Reports, reported
from desk.engine.desk import Settings
from desk.io.addresses import market_urls
from desk.io.clock import Clock, SystemClock
from desk.io.folder import HeldFolder, desk_folder, hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_proof import ProofAhead
from desk.log import ENGINE, LOG
from desk.model.commands import AnyCommand
from desk.model.errors import InputError
from desk.model.events import AnyEvent
from desk.model.orders import OrderStatus
from desk.venues.connections import venue_of

TRADED = frozenset({"binance-spot", "binance-usdm"})
"""Where the desk's own accounts live."""

UNDECIDED = {OrderStatus.PENDING, OrderStatus.UNKNOWN}
"""What the venue has not answered yet."""

PATIENCE_S, LINKED_PATIENCE_S = 5.0, 20.0

LOAD_AFTER_S = 3.0
"""When what is needed only later is loaded: not while the window starts."""


def fed_connections(options: Options) -> list[str]:
    """Return the connections that stream under these options; raise InputError if none does."""
    sources = options.feeds or VENUES
    if options.market is not None:
        sources = tuple(market_urls(options.market))
    fed = [
        connection
        for connection in shipped().catalogue.connections()
        if connection in sources or venue_of(connection) in sources
    ]
    if not fed:
        found = ", ".join(sources) or "none"
        raise InputError(source="--market", expected="a venue that the desk knows", found=found)
    return fed


class Session:
    """One running desk, as consoles and windows see it."""

    def __init__(
        self,
        options: Options,
        held: HeldFolder,
        system: Clock | None = None,
        ahead: ProofAhead | None = None,
    ) -> None:
        """`system` stands in for the machine's clocks; `ahead` is the journal's proof, begun."""
        self.options = options
        self.folder = held.path
        self._held = held
        recorded = Recorded(options.replay, options.speed) if options.replay else None
        fed = frozenset(recorded.connections if recorded else fed_connections(options))
        chosen = self.chosen = folder_settings(held.path)
        settings = Settings(
            mode="REPLAY" if recorded else "SIMULATED" if options.simulated else "PAPER",
            sample_client=options.simulated,
            fed=fed,
            traded=fed & TRADED,
            fee_tier=chosen.fee_tier,
        )
        store = TermsStore(held.path, live=settings.live)
        if recorded:
            catalogue, listed_ms, clock = recorded.catalogue, recorded.listed_ms, recorded.clock
        else:
            catalogue, listed_ms = store.overlaid(shipped().catalogue)
            clock = system or SystemClock()
        self._practice = _practice(options, held.path, chosen)
        engine = build_engine(
            settings,
            catalogue,
            chosen.profile,
            latency_ms=chosen.latency_ms,
            venue=None if self._practice is None else self._practice.venue,
        )
        self.snapshots = Snapshots(held.path, engine.desk.catalogue)
        self.snapshots.read()
        self._journal = SqliteJournal(held, ahead=ahead)
        self.runtime = Runtime(engine, self._journal, clock)
        self.snapshots.start(self.runtime)
        note_profile(held.path, chosen.profile)
        if self._practice is not None:
            desk = engine.desk
            self._practice.open(desk.state, desk.catalogue, desk.now_ns)
        self.records = Records(self.runtime, held.path)
        feeds = partial(ReplayedFeeds, recorded) if recorded else Feeds
        self.feeds: Feeds = feeds(options, self.runtime, held.path, store, listed_ms)
        self.film = Filming(self.runtime, held.path, self.feeds.notes)
        self.past = Past(self.runtime, held.path, self.film)
        self.runtime.beside = TypedLines(self.runtime, self._reads).takes

    def _reads(self, command: AnyCommand, number: int | None) -> bool:
        """Take what is answered from the folder's past."""
        return self.records.takes(command, number) or self.past.takes(command, number)

    @property
    def seq(self) -> int:
        """The journal's last sequence number."""
        return self.runtime.engine.desk.state.seq

    def give(self, command: AnyCommand, number: int | None = None) -> None:
        """Take a command; its answer comes as an event."""
        self.runtime.give(command, number)

    def listen(self, listener: Callable[[AnyEvent], None]) -> None:
        """Hand every event to a listener."""
        self.runtime.listeners.append(listener)

    def missing(self, instruments: tuple[str, ...]) -> list[str]:
        """Say which instruments have no fresh mark or no synced book, and why."""
        self.runtime.tick()
        desk = self.runtime.engine.desk
        said: list[str] = []
        for name in instruments:
            if desk.catalogue.get(name) is None:
                said.append(f"there is no instrument {name}")
            elif desk.quality(name) != "LIVE":
                said.append(f"{name} has no fresh mark")
            elif desk.book_state(name) != "SYNCED":
                said.append(f"the book of {name} is {desk.book_state(name).lower()}")
        doubt = desk.execution.doubt(desk.venue.link)
        return [*said, doubt[:1].lower() + doubt[1:]] if doubt else said

    @property
    def patience_s(self) -> float:
        """How long the venue may take to answer: over a link it is asked again first."""
        linked = self.runtime.engine.desk.venue.link.session > 0
        return LINKED_PATIENCE_S if linked else PATIENCE_S

    def settled(self) -> bool:
        """Whether the venue has answered everything that was sent to it."""
        state = self.runtime.engine.desk.state
        pending = any(
            order.status in UNDECIDED or order.amending is not None for order in state.live_orders()
        )
        return not pending and not state.cancels

    def close(self) -> None:
        """Close the journal and let the folder go."""
        self._journal.close()
        if self._practice is not None:
            self._practice.close()
        self._held.release()


def _practice(options: Options, folder: Path, chosen: FolderSettings) -> Practice | None:
    """Return the exchange of practice where one is asked for; else one that was is closed."""
    profile = shipped().profile(chosen.profile)
    if options.venue_faults is None or profile is None:
        close_exchange(folder)
        return None
    return Practice(
        folder,
        options.venue_faults,
        options.seed,
        cancel_after_s=int(profile.number("kill.on_disconnect")),
        latency_ms=chosen.latency_ms,
    )


@asynccontextmanager
async def open_session(
    options: Options,
    held: HeldFolder | None = None,
    system: Clock | None = None,
    ahead: ProofAhead | None = None,
) -> AsyncGenerator[Session, None]:
    """Run a desk for as long as the block lasts; what fails in it ends the block and is raised.

    `system` stands in for the machine's clocks; `ahead` is the proof of the held folder's journal.
    """
    held = held or hold_folder(desk_folder(options.account))
    with reported(held.path, ENGINE) as reports:
        try:
            session = Session(options, held, system, ahead)
        except BaseException:
            held.release()
            raise
        attend(session.runtime, held.path, reports)
        async with _running(session, reports):
            yield session
        LOG.info("ended")


@asynccontextmanager
async def _running(session: Session, reports: Reports) -> AsyncGenerator[None, None]:
    tasks = [
        asyncio.create_task(session.runtime.run_clock(), name="clock"),
        asyncio.create_task(session.feeds.run(), name="feeds"),
    ]
    body = asyncio.current_task()
    assert body is not None
    for task in tasks:
        task.add_done_callback(partial(_end_with, body))
    beside = [
        asyncio.create_task(session.film.run(), name="film"),
        asyncio.create_task(_load_for_later(), name="load for later"),
        asyncio.create_task(session.snapshots.run(), name="snapshots"),
        asyncio.create_task(tell_seals(session.runtime), name="seals"),
    ]
    for task in beside:
        task.add_done_callback(partial(_report, reports))
    tasks += beside
    try:
        yield
    except asyncio.CancelledError:
        for task in tasks:
            if (failure := _failure(task)) is not None:
                raise failure from None
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await session.records.stop()
        await session.past.stop()
        await session.film.stop()
        await session.feeds.stop()
        session.close()
        # The folder is free by now: whoever opens it next need not wait for this.
        await session.snapshots.leave()


async def _load_for_later() -> None:
    """Load numpy beside the engine once the desk is up: the first stress would stand still for
    it, a fifth of a second."""
    await asyncio.sleep(LOAD_AFTER_S)
    await asyncio.to_thread(import_module, "desk.risk.stress")


def _end_with(body: asyncio.Task[object], task: asyncio.Task[None]) -> None:
    """End the desk when what keeps it alive has failed: a fault of ours, after which no figure
    can be trusted. Whoever watches sees the process end, which a desk that stands still hides."""
    if _failure(task) is not None:
        body.cancel()


def _report(reports: Reports, task: asyncio.Task[None]) -> None:
    """Tell of a fault in what the desk can go on without."""
    if (failure := _failure(task)) is not None:
        reports.note(failure, f"the task {task.get_name()} has failed")


def _failure(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None
