"""What the desk has promised, kept outside it, and held against what it does.

The history here is that of somebody who only listens: what was acknowledged, what was filled, which
marks had really come. Nothing of it is lost when the desk dies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from desk.app.session import Session
from desk.engine.state import DeskState
from desk.model.events import Acknowledged, AnyEvent, Denied, Filled, OrderChanged, StateChanged
from desk.model.instrument import Kind
from desk.model.market_data import MarketEvent, MarkPrice
from desk.model.numbers import ZERO
from desk.model.orders import Fill, OrderStatus, OrderTerms
from desk.trial.clock import TrialClock

FRESH_MS = 2_000
STAMP_SLACK_MS = 100
"""Clocks drift: so much may a mark look older from here than to the desk."""

_ENDED = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED}


class Broken(Exception):
    """The desk broke a promise; says which."""

    def __init__(self, promise: str, what: str) -> None:
        self.promise = promise
        super().__init__(f"{promise}: {what}")


class Promises:
    """The external history of one desk, over all its lives."""

    def __init__(self, clock: TrialClock) -> None:
        self._clock = clock
        self._acknowledged: dict[str, tuple[int, str | None]] = {}
        self._fills: dict[str, Fill] = {}
        self._positions: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._ended: dict[str, OrderStatus] = {}
        self._born: set[str] = set()
        self._quickest_ms: int | None = None
        """Least time from a venue's stamp to its receipt in this life: clocks may differ by it."""
        self._marked: dict[str, tuple[int, int]] = {}
        """Instrument → boot time at which its last mark was heard, and the time that it told."""
        self._shadow: DeskState | None = None
        self._session: Session | None = None
        self._taken = 0
        """How many of the desk's fills were looked at in this life."""
        self._said_state = ""
        """The last that the desk said of itself."""
        self.is_doubtful = False
        """The disk was full or broken in this life: not all that was done could be made durable."""
        self.checks = 0
        self.broken: Broken | None = None
        """The first, found while the desk was speaking."""

    # ------------------------------------------------------------------ a life

    def begin(self, session: Session) -> None:
        """Hold a desk that has just started to everything that was promised before."""
        self._session, self._marked, self.is_doubtful = session, {}, False
        self._quickest_ms = None
        self._shadow = DeskState(session.runtime.engine.desk.catalogue)
        self._fold()
        self._require_acknowledged(session)
        self._note_doubts()
        if not self.is_doubtful:
            self._require_same(session)
        self._said_state = session.runtime.engine.desk.state.state
        self._begin_from(session.runtime.engine.desk.state)
        session.listen(self._hear)
        self._overhear(session)

    def _overhear(self, session: Session) -> None:
        """Note the marks that reach the engine, before it makes anything of them."""
        desk = session.runtime.engine.desk
        hear = desk.hear

        def heard(event: MarketEvent) -> None:
            if isinstance(event, MarkPrice):
                self._note_mark(event)
            hear(event)

        desk.hear = heard  # type: ignore[method-assign]

    def _note_mark(self, event: MarkPrice) -> None:
        assert event.ts_venue_ms is not None
        self._marked[event.instrument] = event.ts_recv_ns, event.ts_venue_ms
        took_ms = event.ts_recv_ns // 1_000_000 - event.ts_venue_ms
        quickest = self._quickest_ms
        self._quickest_ms = took_ms if quickest is None else min(quickest, took_ms)

    def _begin_from(self, state: DeskState) -> None:
        """Go on from what is there: more may be durable than anybody was told."""
        self._fills = {fill.id: fill for fill in state.fills}
        self._taken = len(state.fills)
        self._born = set(state.orders)
        self._positions.clear()
        for fill in state.fills:
            self._positions[fill.account, fill.instrument] += fill.quantity * fill.side.sign

    def _require_acknowledged(self, session: Session) -> None:
        state, journal = session.runtime.engine.desk.state, session.runtime.journal
        for name, (seq, row_hash) in self._acknowledged.items():
            if row_hash is not None and journal.hash_at(seq) != row_hash:
                raise Broken("acknowledged ⇒ durable", f"row {seq} of {name} is gone or another")
            if name not in state.contents:
                raise Broken("acknowledged ⇒ durable", f"{name} is not known any more")
        known = {fill.id: fill for fill in state.fills}
        for name, fill in self._fills.items():
            if known.get(name) != fill:
                raise Broken("acknowledged ⇒ durable", f"fill {name} is gone or another")
        for name, status in self._ended.items():
            order = state.orders.get(name)
            if order is None or order.status is not status:
                raise Broken("terminal orders stay terminal", f"{name} was {status.value}")

    # ------------------------------------------------------------------ what is heard

    def _hear(self, event: AnyEvent) -> None:
        try:
            self._judge(event)
        except Broken as broken:
            self.broken = self.broken or broken

    def _judge(self, event: AnyEvent) -> None:
        assert self._session is not None
        runtime = self._session.runtime
        self._note_doubts()
        match event:
            case Acknowledged() if event.durable and event.id:
                if event.id in runtime.engine.desk.state.contents:
                    row_hash = runtime.journal.hash_at(event.seq)
                    self._acknowledged.setdefault(event.id, (event.seq, row_hash))
            case StateChanged():
                self._said_state = event.after
            case OrderChanged():
                self._order(event)
            case Filled():
                self._take_fills(runtime.engine.desk.state)
            case _:
                pass

    def _note_doubts(self) -> None:
        assert self._session is not None
        runtime = self._session.runtime
        self.is_doubtful |= not runtime.journal.writable or bool(runtime.engine.desk.journal_note)

    def _order(self, event: OrderChanged) -> None:
        name, status = event.order.id, event.status
        if (ended := self._ended.get(name)) is not None and status is not ended:
            raise Broken("terminal orders stay terminal", f"{name}: {ended.value} → {status.value}")
        if event.filled > event.order.quantity:
            raise Broken("filled ≤ ordered", f"{name}: {event.filled} of {event.order.quantity}")
        if status in _ENDED and not self.is_doubtful:
            self._ended[name] = status
        if name not in self._born:
            self._born.add(name)
            if status is OrderStatus.PENDING:
                self._require_allowed(event.order)

    def _require_allowed(self, order: OrderTerms) -> None:
        """New risk needs fresh marks and an armed desk."""
        assert self._session is not None
        desk = self._session.runtime.engine.desk
        instrument = desk.catalogue.get(order.instrument)
        if instrument is None or instrument.kind is not Kind.PERPETUAL:
            return
        held = desk.state.position(order.account, order.instrument).quantity
        if order.reduce_only or order.parent is not None or self._reduces(order, held):
            return
        if desk.state.state != "ACTIVE":
            raise Broken("no new risk unless ACTIVE", f"{order.id} while {desk.state.state}")
        if not self._session.runtime.journal.writable:
            raise Broken("no new risk without a journal", order.id)
        carried = {i for (a, i), p in desk.state.positions.items() if p.quantity and a == "perp-1"}
        for name in sorted({*carried, order.instrument}):
            if (age := self.age_ms(name)) is None or age > FRESH_MS:
                raise Broken("no new risk without a fresh mark", f"{order.id}, {name} is {age} old")

    def _reduces(self, order: OrderTerms, held: Decimal) -> bool:
        assert self._session is not None
        if held * order.side.sign >= 0:
            return False
        working: defaultdict[str, Decimal] = defaultdict(Decimal)
        """By order, or by pair: of two that cancel each other one fills."""
        for other in self._session.runtime.engine.desk.state.live_orders(order.account):
            terms, left = other.terms, other.terms.quantity - other.filled
            same = (terms.instrument, terms.side) == (order.instrument, order.side)
            rival = order.oco is not None and terms.oco == order.oco
            if same and other.id != order.id and not (terms.reduce_only or rival):
                one = terms.oco or other.id
                working[one] = max(working[one], left)
        return order.quantity + sum(working.values(), ZERO) <= abs(held)

    def age_ms(self, instrument: str) -> int | None:
        """Return how old the last mark that came is; None: none has come in this life."""
        marked = self._marked.get(instrument)
        if marked is None:
            return None
        assert self._quickest_ms is not None
        heard_ns, told_ms = marked
        now_ms = self._clock.boot_ns() // 1_000_000
        by_stamp_ms = now_ms - told_ms - self._quickest_ms - STAMP_SLACK_MS
        return max(now_ms - heard_ns // 1_000_000, by_stamp_ms)

    def _take_fills(self, state: DeskState) -> None:
        """Fold the fills that are new, one by one."""
        new = state.fills[self._taken :]
        self._taken = len(state.fills)
        for fill in new:
            self._take_fill(fill, state)

    def _take_fill(self, fill: Fill, state: DeskState) -> None:
        order = state.orders[fill.order_id]
        key = fill.account, fill.instrument
        before = self._positions[key]
        after = self._positions[key] = before + fill.quantity * fill.side.sign
        if fill.id in self._fills:
            raise Broken("no fill counts twice", fill.id)
        if not self.is_doubtful:
            self._fills[fill.id] = fill
        flips = before * after < 0 or abs(after) > abs(before)
        if flips and order.terms.reduce_only and not self._is_linked:
            raise Broken("what only reduces never flips", f"{order.id}: {before} → {after}")

    @property
    def _is_linked(self) -> bool:
        """Whether words of the venue may come in another order than its deeds."""
        assert self._session is not None
        return self._session.runtime.engine.desk.venue.link.session > 0

    # ------------------------------------------------------------------ looked at now and then

    def give(self, session: Session, give: Callable[[], None]) -> None:
        """Let a command be given; a denial may leave nothing but its record."""
        runtime = session.runtime
        state = runtime.engine.desk.state
        self._settle(session)
        before, said = state.hash(), list[AnyEvent]()
        runtime.listeners.append(said.append)
        try:
            give()
        finally:
            runtime.listeners.remove(said.append)
        denied = [event for event in said if isinstance(event, Denied)]
        others = [event for event in said if isinstance(event, Acknowledged | Filled)]
        self._note_doubts()
        if denied and not others and not self.is_doubtful and state.hash() != before:
            raise Broken("a denial leaves the state unchanged", f"{denied[0].about} {denied[0].id}")
        self.raise_broken()

    def _settle(self, session: Session) -> None:
        """Let everything happen that is due: one tick takes up one thing."""
        state, seq = session.runtime.engine.desk.state, -1
        while state.seq != seq:
            seq = state.seq
            session.runtime.tick()

    def raise_broken(self) -> None:
        """Raise what was found while the desk was speaking."""
        if self.broken is not None:
            raise self.broken

    def look(self) -> None:
        """Hold the desk, as it stands, to all that can be seen at any moment."""
        session = self._session
        assert session is not None
        self.raise_broken()
        self._settle(session)
        self._note_doubts()
        self.raise_broken()
        desk = session.runtime.engine.desk
        self.checks += 1
        if desk.state.state != self._said_state:
            found = f"{desk.state.state}, and said {self._said_state}"
            raise Broken("a change of state is said", found)
        self._require_zero_sum(desk.state)
        self._require_positions(desk.state)
        for name in self._marked:
            age = self.age_ms(name)
            if desk.quality(name) == "LIVE" and (age is None or age > FRESH_MS):
                raise Broken("a mark shown LIVE is fresh", f"{name} is {age} ms old")
        if not self.is_doubtful:
            self._fold()
            self._require_same(session)

    def _fold(self) -> None:
        """Follow the journal with a desk of our own that knows nothing but its rows."""
        assert self._session is not None
        assert self._shadow is not None
        for row in self._session.runtime.journal.rows(self._shadow.seq + 1):
            self._shadow.apply(row)

    def _require_same(self, session: Session) -> None:
        assert self._shadow is not None
        state = session.runtime.engine.desk.state
        if state.seq != self._shadow.seq or state.hash() != self._shadow.hash():
            found = f"row {state.seq} live, row {self._shadow.seq} replayed"
            raise Broken("replay(journal) == live state", found)

    def _require_zero_sum(self, state: DeskState) -> None:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for assets in state.ledger.document().values():
            for asset, amount in assets.items():
                sums[asset] += Decimal(amount)
        if any(sums.values()):
            raise Broken("postings sum to zero", str(dict(sums)))

    def _require_positions(self, state: DeskState) -> None:
        counted: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        seen: set[str] = set()
        filled: defaultdict[str, Decimal] = defaultdict(Decimal)
        for fill in state.fills:
            if fill.id in seen:
                raise Broken("no fill counts twice", fill.id)
            seen.add(fill.id)
            counted[fill.account, fill.instrument] += fill.quantity * fill.side.sign
            filled[fill.order_id] += fill.quantity
        for key, position in state.positions.items():
            if position.quantity != counted[key]:
                what = f"{key}: {position.quantity}, its fills are {counted[key]}"
                raise Broken("position = sum of unique fills", what)
        for name, quantity in filled.items():
            if quantity > state.orders[name].terms.quantity:
                raise Broken("filled ≤ ordered", f"{name}: {quantity}")
