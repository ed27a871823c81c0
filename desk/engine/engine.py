"""The single writer: every change of desk state happens in `Engine.handle`.

The engine decides, the caller makes durable, the engine acts:

    work = engine.handle(message)
    while work.entries:
        hand on work.events
        work = engine.handle(Committed(journal.append(work.entries)))   # or NotCommitted
    hand on work.events

It opens nothing, reads no clock and draws no random number: the same messages give the same
state, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desk.engine import brackets, oco, protection, reversing, watching
from desk.engine.alerting import Alerting
from desk.engine.brackets import spoken
from desk.engine.change import Change, Latch
from desk.engine.chart_views import take_past
from desk.engine.desk import Desk
from desk.engine.guarding import crashed, failed_before
from desk.engine.hearing import hear
from desk.engine.intake import Intake
from desk.engine.interest import due_interest
from desk.engine.message import (
    NO_WORK,
    Clock,
    Committed,
    Crashed,
    FailedBefore,
    Given,
    Heard,
    Message,
    NotCommitted,
    PastTold,
    WindowChanged,
    Work,
)
from desk.engine.plan import Plan
from desk.engine.state import LIQUIDATED, DeskState
from desk.engine.window_watch import WindowWatch
from desk.execution.outcome import Filled
from desk.execution.port import MEETS_ORDERS, Decision
from desk.model.events import (
    Acknowledged,
    Alerted,
    AnyEvent,
    Denial,
    Denied,
    LevelChanged,
    OrderChanged,
    StateChanged,
)
from desk.model.events import Filled as FilledEvent
from desk.model.journal import Row
from desk.model.market_data import MarketEvent, MarkPrice

_LIFTED = {"daily_loss": "the limit of the day's loss was changed"}
"""What lets the desk go on, where it is not a person who rearms it."""


class Engine:
    """Not thread-safe by design: one caller, one message at a time."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._intake = Intake(desk)
        self._watch = watching.Watch(desk)
        self._window = WindowWatch(desk)
        self._alerts = Alerting(desk)
        self._plan: Plan | None = None
        self._falling_due = False
        """The venue is asked again what is due, once what it proposed has happened."""

    def replay(self, rows: Iterable[Row], start: DeskState | None = None) -> None:
        """Rebuild the desk from its journal: start and restart are this one path.

        `start` is what the rows before these gave.
        """
        if start is not None:
            self.desk.state = start
        for row in rows:
            self.desk.state.apply(row)
        # The first look at the time may come before anything is resumed, and must not take the
        # desk to be at ease.
        self.desk.levels.update(self.desk.state.levels)

    def resume(self) -> None:
        """Put live orders back at the venue, and ask again for the cancels still owed."""
        desk = self.desk
        for order in desk.state.orders.values():
            if order.note == LIQUIDATED:  # it may have died before the venue had noted it
                desk.venue.take_over(order.terms, order.fills[0])
        for order in desk.state.live_orders():
            instrument = desk.catalogue.get(order.terms.instrument)
            assert instrument is not None, f"order {order.id} in an unknown instrument"
            collar = desk.state.collars.get(order.id)
            desk.venue.restore(order, instrument, desk.now_ns, collar)
        for order_id in sorted(desk.state.cancels):
            desk.venue.cancel(order_id, desk.now_ns)

    def handle(self, message: Message) -> Work:
        """Take one message and return what must be made durable and what must be said."""
        match message:
            case Committed() | NotCommitted():
                return self._settle(message)
            case _:
                assert self._plan is None, "the last work was neither committed nor refused"
        match message:
            case Heard():
                return self.hear(message.event)
            case Clock():
                return self._tick(message)
            case Given():
                self._window.heard()
                return self._start(self._intake.take(message))
            case FailedBefore():
                return self._start(failed_before(self.desk, message.reason))
            case Crashed():
                return self._start(crashed(self.desk, message.process, message.what))
            case WindowChanged():
                self._window.changed(message.attached)
                return NO_WORK
            case PastTold():
                take_past(self.desk, message)
                return NO_WORK

    def hear(self, event: MarketEvent) -> Work:
        """Take what a venue said, as `handle` does; most of it asks for no work."""
        assert self._plan is None, "the last work was neither committed nor refused"
        desk = self.desk
        if event.ts_recv_ns > desk.now_ns:
            desk.now_ns = event.ts_recv_ns
        desk.hear(event)
        self._alerts.heard(event)
        if type(event) is MarkPrice:
            self._watch.heard_mark(event.instrument)
        if type(event) not in MEETS_ORDERS:
            return NO_WORK
        decision = desk.venue.on_market(event, desk.book_of(event), desk.wall_ms, desk)
        return self._propose(decision) if decision.outcomes else NO_WORK

    def _tick(self, message: Clock) -> Work:
        desk = self.desk
        assert message.boot_ns >= desk.now_ns or desk.now_ns == 0, "time went backwards"
        desk.pass_time(message.boot_ns, message.wall_ms)
        if (lost := self._window.look()) is not None:  # before all that could keep it waiting
            return self._start(lost)
        if (due := due_interest(desk)) is not None:
            return self._start(due)
        if (work := self._fall_due()) is not NO_WORK or not message.looks:
            return work
        return self._start(self._tended() or self._watch.look() or self._alerts.look())

    def _fall_due(self) -> Work:
        """Let what is due at the venue happen; an amended order comes back to its book only then.

        If that waited for the next look, another instrument's traffic would decide when it acts.
        """
        desk = self.desk
        decision = desk.venue.on_time(desk.now_ns, desk.wall_ms, desk.market.books, desk)
        work = self._propose(decision)
        self._falling_due = self._plan is not None
        return work

    def _propose(self, decision: Decision) -> Work:
        """Turn what a venue proposes into rows; it has happened once they are durable."""
        if not decision.outcomes:
            return NO_WORK
        plan = Plan(about="outcome", decision=decision)
        hear(self.desk, plan, decision.outcomes)
        if not plan.entries:  # all of it was known
            self.desk.venue.commit(decision)
        return self._start(plan)

    def _start(self, plan: Plan | None) -> Work:
        if plan is None:
            return NO_WORK
        if not plan.entries:
            return Work(events=self._numbered(plan.events))
        self._plan = plan
        return Work(entries=plan.entries)

    def _settle(self, message: Committed | NotCommitted) -> Work:
        plan, self._plan = self._plan, None
        assert plan is not None, "nothing was waiting to be made durable"
        if isinstance(message, Committed):
            if not plan.may_use_reserve:
                self.desk.journal_note = ""
            return self._go_on(self._carry_out(plan, message.rows, durable=True))
        latches = not message.full or plan.may_use_reserve
        said = self._latch_journal(message.reason) if latches else []
        self.desk.journal_note = message.reason
        if plan.stands or plan.may_use_reserve:
            done = self._go_on(self._carry_out(plan, [], durable=False))
            return Work(entries=done.entries, events=[*said, *done.events])
        self._falling_due = False
        return Work(events=[*said, *self._numbered([_not_durable(plan, message)])])

    def _go_on(self, done: Work) -> Work:
        """Let what follows follow at once, before time passes: protective legs, what is due."""
        follows = self._start(self._tended())
        events = [*done.events, *follows.events]
        if self._falling_due and not follows.entries:
            follows = self._fall_due()
            events += follows.events
        return Work(entries=follows.entries, events=events)

    def _tended(self) -> Plan | None:
        return brackets.tend(self.desk) or oco.tend(self.desk) or reversing.tend(self.desk)

    def _latch_journal(self, reason: str) -> list[AnyEvent]:
        """Halt the desk, which no row can say any more; return the words about it."""
        state, wall_ms = self.desk.state, self.desk.wall_ms
        before, is_known = state.state, "journal" in state.latches
        state.latches["journal"] = Latch(
            key="journal", state="HALTED", reason=reason, since_ms=wall_ms
        )
        return [] if is_known else self._numbered([self._state_changed(before, "")])

    def _carry_out(self, plan: Plan, rows: list[Row], *, durable: bool) -> Work:
        """Apply what was decided: the state, then the venue, then the words about it."""
        desk = self.desk
        before, asked = desk.state.state, frozenset(desk.state.cancels)
        events: list[AnyEvent] = []
        for number, change in enumerate(plan.changes):
            if rows:
                desk.state.apply(rows[number])
            else:
                desk.state.fold(change, plan.entries[number].id, plan.entries[number].time_ms)
            desk.changes += 1
            self._act(change)
            events += self._say(change)
        if desk.state.state != before or any(c.latch or c.lift or c.unlatch for c in plan.changes):
            events.append(self._state_changed(before, _LIFTED.get(plan.about, "rearmed")))
        events += brackets.lost_legs(desk, plan.changes, asked)
        events += oco.half_filled(desk, plan.changes)
        events += protection.turned(desk, plan.changes)
        events += plan.events if durable else [_undurable(event) for event in plan.events]
        desk.venue.commit(plan.decision)
        return Work(events=self._numbered(events))

    def _act(self, change: Change) -> None:
        desk = self.desk
        if change.imported is not None:
            watching.forget_levels(desk)
        if (taken := change.liquidation) is not None:
            for terms, fill in zip(taken.orders, taken.fills, strict=True):
                desk.venue.take_over(terms, fill)
        for new in change.orders:
            instrument = desk.catalogue.get(new.terms.instrument)
            assert instrument is not None
            desk.venue.submit(new.terms, instrument, desk.now_ns, new.collar_price)
        for order_id in change.cancels:
            desk.venue.cancel(order_id, desk.now_ns)
        for amendment in change.amends:
            desk.venue.amend(amendment, desk.now_ns)

    def _say(self, change: Change) -> list[AnyEvent]:
        desk = self.desk
        if change.outcome is None:
            ids = [new.terms.id for new in change.orders]
        else:
            ids = [change.outcome.order_id]
        orders = [desk.state.orders[order_id] for order_id in ids]
        said: list[AnyEvent] = [
            OrderChanged(
                order=order.terms, status=order.status, filled=order.filled, reason=order.reason
            )
            for order in orders
        ]
        if isinstance(change.outcome, Filled):
            said.insert(0, FilledEvent(fill=change.outcome.fill))
        said += spoken(change.outcome)
        if change.level is not None:
            account, level = change.level
            before = str(change.what.get("before", ""))
            marks = {str(k): str(v) for k, v in change.what.get("marks", {}).items()}
            said.append(LevelChanged(account=account, before=before, after=level, marks=marks))
        return said

    def _state_changed(self, before: str, why: str) -> StateChanged:
        state = self.desk.state
        reasons = "; ".join(latch.reason for latch in state.latches.values())
        return StateChanged(before=before, after=state.state, reason=reasons or why)

    def _numbered(self, events: list[AnyEvent]) -> list[AnyEvent]:
        seq = self.desk.state.seq
        said = self._alerts.stamped(events)
        return [msgspec.structs.replace(event, seq=seq) for event in said]


def _not_durable(plan: Plan, message: NotCommitted) -> AnyEvent:
    code = "DISK_FULL" if message.full else "JOURNAL_UNWRITABLE"
    sentence = f"Nothing was done: {message.reason}."
    if not plan.client_id:
        return Alerted(severity="danger", message=sentence, code=code)
    denial = Denial(code=code, rule="rec.retention", message=sentence)
    return Denied(command=plan.number, about=plan.about, id=plan.client_id, denials=[denial])


def _undurable(event: AnyEvent) -> AnyEvent:
    if isinstance(event, Acknowledged):
        return msgspec.structs.replace(event, durable=False)
    return event
