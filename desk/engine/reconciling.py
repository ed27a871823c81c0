"""The desk and its venue brought together: after each connection, and where answers stay away."""

from __future__ import annotations

from desk.engine.desk import Desk
from desk.engine.execution_state import unknown_orders
from desk.engine.hearing import doubt, hear
from desk.engine.plan import Plan
from desk.execution.port import Link
from desk.execution.reconciliation import Found, compare
from desk.execution.statement import Figures, Question, Statement, moved
from desk.model.events import Alerted
from desk.model.instrument import Instrument

PATIENCE_NS = 5_000_000_000
"""A question without all its answers for so long is asked anew."""

EVERY_NS = 10_000_000_000
"""How often is asked when all seems well: a fill that got lost is missed by nobody."""

SKEW_MS = 60_000
"""More than the clocks of a venue and of this machine lie apart."""

FIRST_PAUSE_NS, LONGEST_PAUSE_NS = 500_000_000, 8_000_000_000
"""Between questions while one is open: doubled each time."""


BACK = Alerted(
    severity="info", code="VENUE_BACK", message="The venue is back, and all it holds is known here."
)


class Reconciler:
    """Asks the venue what it holds and takes what was missed; one question at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._number = 0
        self._asked_ns: int | None = None
        self._session = 0
        """The connection that was asked."""
        self._due_ns = 0
        self._pause_ns = FIRST_PAUSE_NS
        self._calm = False
        """All was equal, and nothing stayed without an answer."""
        self._told_lost = False
        """That the venue cannot be reached was said, and not yet that it is back."""
        self._suspected: list[str] = []
        """Differences of the statement before: between two answers something may have filled."""

    def look(self) -> Plan | None:
        """Return what a statement makes necessary; ask for the next one when it is time."""
        desk, link = self._desk, self._desk.venue.link
        if not link.session:
            return None
        if not link.up:
            self._asked_ns, self._due_ns, self._pause_ns = None, 0, FIRST_PAUSE_NS
            return self._lost(link)
        statement = desk.venue.stated()
        if statement is not None and statement.number == self._number and self._asked_ns:
            self._asked_ns = None
            return self._take(statement)
        if self._asked_ns is not None and desk.now_ns - self._asked_ns > PATIENCE_NS:
            self._asked_ns = None
            self._again("it does not answer")
        if self._asked_ns is None and self._is_due():
            self._ask()
        return None

    def _lost(self, link: Link) -> Plan | None:
        """Say once that the venue cannot be reached, and what that means."""
        if self._told_lost:
            return None
        self._told_lost = True
        after_s = self._desk.venue.capabilities.cancel_on_disconnect_s
        message = f"The venue cannot be reached: {link.note}. No new risk until it is reconciled."
        if after_s is not None:
            message += f" After {after_s} s without the desk it cancels what could add risk."
        alert = Alerted(severity="danger", code="VENUE_DOWN", message=message)
        return Plan(about="reconciliation", events=[alert])

    def _is_due(self) -> bool:
        desk = self._desk
        if self._calm and self._waits():  # something stays without an answer: sooner than planned
            self._calm, self._due_ns = False, min(self._due_ns, desk.now_ns + FIRST_PAUSE_NS)
        return desk.now_ns >= self._due_ns or desk.venue.link.session != self._session

    def _waits(self) -> bool:
        state = self._desk.state
        return bool(state.cancels or unknown_orders(self._desk)) or any(
            order.amending is not None for order in state.live_orders()
        )

    def _ask(self) -> None:
        desk = self._desk
        self._number += 1
        self._asked_ns, self._session = desk.now_ns, desk.venue.link.session
        for order_id in sorted(desk.state.cancels):
            desk.venue.cancel(order_id, desk.now_ns)  # the one before may have been lost
        live = desk.state.live_orders()
        question = Question(
            number=self._number,
            order_ids=tuple(order.id for order in live),
            # An order that has ended knows all its fills: only those of live ones can be missing.
            fills_since_ms=min((order.created_ms for order in live), default=desk.wall_ms)
            - SKEW_MS,
        )
        desk.venue.ask(question, desk.now_ns)

    def _take(self, statement: Statement) -> Plan | None:
        desk = self._desk
        found = compare(statement, desk.state.orders, self._positions(), self._balances())
        plan = Plan(about="reconciliation")
        hear(desk, plan, found.words)
        for stranger in found.strangers:
            doubt(desk, plan, stranger)
        confirmed = [line for line in found.differences if line in self._suspected]
        for line in confirmed:
            doubt(desk, plan, line)
        self._suspected = found.differences
        if found.words:
            plan.events.append(_taken(found))
        self._conclude(statement, found, all_confirmed=confirmed == found.differences)
        if self._told_lost and desk.execution.session == self._session:
            self._told_lost = False
            plan.events.append(BACK)
        return plan if plan.entries or plan.events else None

    def _conclude(self, statement: Statement, found: Found, *, all_confirmed: bool) -> None:
        """Say how it stands now, and when to ask next."""
        desk, state = self._desk, self._desk.execution
        if not statement.is_whole():
            self._again("; ".join(f"{part}: {why}" for part, why in statement.failed.items()))
            return
        if found.words or not all_confirmed:
            self._again("")
            return
        state.session = self._session
        state.note = "; ".join((*found.strangers, *found.differences))
        if not state.note:
            state.equal_ms = desk.wall_ms
        if self._waits():
            self._again("")
        else:
            self._calm = True
            self._pause_ns, self._due_ns = FIRST_PAUSE_NS, desk.now_ns + EVERY_NS

    def _again(self, why: str) -> None:
        self._desk.execution.note = why or self._desk.execution.note
        self._due_ns = self._desk.now_ns + self._pause_ns
        self._pause_ns = min(2 * self._pause_ns, LONGEST_PAUSE_NS)

    def _positions(self) -> Figures:
        held = self._desk.state.positions.items()
        return {key: position.quantity for key, position in held if position.quantity}

    def _balances(self) -> Figures:
        instruments: dict[str, Instrument] = {one.id: one for one in self._desk.catalogue.all()}
        return moved(self._desk.state.fills, instruments)


def _taken(found: Found) -> Alerted:
    kinds = [str(word.__struct_config__.tag).replace("_", " ") for word in found.words]
    counted = [f"{kinds.count(kind)} {kind}" for kind in sorted({*kinds})]
    message = f"Reconciled with the venue; what had not come was taken: {', '.join(counted)}."
    return Alerted(severity="warning", code="RECONCILED", message=message)
