"""A venue at the end of a link: what a gateway does, with the exchange of practice behind it.

An order is sent at most once, whatever happens; nothing is guessed. What was sent and not answered
is `Unanswered` after a while, and what the venue holds is asked for. While the link is down an
order is held for `HOLD_MS` and then ends unsent; protective legs, which have their price in their
trigger, are held until they can be sent; cancels are asked again by the engine.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from desk.execution.exchange import REQUEST_LIFE_MS, Cancel, Exchange, Submit
from desk.execution.link_faults import LinkFaultKind
from desk.execution.order import Order
from desk.execution.outcome import Cancelled, Outcome, Rejected, Unanswered
from desk.execution.port import (
    HOLD_MS,
    BookLevels,
    Books,
    Capabilities,
    Decision,
    DeskView,
    ExecutionClient,
    Link,
    StaleDecision,
)
from desk.execution.questioning import Answer, AskPart, Questioning
from desk.execution.statement import Question, Statement
from desk.execution.wire import ANSWERS, MS, REQUESTS, Passage, Wire
from desk.model.instrument import Instrument
from desk.model.market_data import MarketEvent
from desk.model.orders import Amendment, Fill, OrderTerms

ANSWER_MS = 2_000
"""Beyond the latency: what has not been answered by then is unknown."""

BEAT_MS = 500
SILENCE_MS = 2_000
"""A link on which nothing came for so long is given up."""

NOT_SENT = f"it was not sent: the venue could not be reached within {HOLD_MS // 1000} s"
CANCELLED_UNSENT = "cancelled before it was sent"


class _Held(msgspec.Struct, frozen=True):
    """An order that waits for the link."""

    request: Submit
    until_ns: int | None


class LinkedVenue(ExecutionClient):
    """Fulfils the port over a wire. A new one on the same wire is the desk after a restart."""

    def __init__(self, exchange: Exchange, wire: Wire) -> None:
        self._exchange = exchange
        self._wire = wire
        wire.break_off()  # nobody is there any more to whom they were sent
        self._link = Link(up=False, note="it is not connected yet")
        self._now_ns = 0
        self._time_ms = 0
        self._heard_ns = 0
        self._beat_ns = 0
        self._known: set[str] = set()
        """Every order ever given: none is sent twice."""
        self._held: dict[str, _Held] = {}
        self._unanswered: dict[str, tuple[int, int]] = {}
        """Orders that nothing was heard of → since when (wall clock), and when that is too long
        (boot-time clock)."""
        self._inbox: list[Outcome] = []
        self._decisions = 0
        self._questioning = Questioning()

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return msgspec.structs.replace(
            self._exchange.paper.capabilities,
            cancel_on_disconnect_s=self._exchange.cancel_after_s,
            client_id_query=True,
            request_life_ms=REQUEST_LIFE_MS,
            latency_ms=2 * self._wire.latency_ms,
        )

    @property
    def link(self) -> Link:
        """Whether the venue can be reached."""
        return self._link

    # ------------------------------------------------------------------ what the desk asks for

    def submit(
        self,
        order: OrderTerms,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Send a journaled order, or hold it while the link is down."""
        if order.id in self._known:
            return
        self._known.add(order.id)
        request = Submit(order, instrument, collar_price)
        if self._link.up:
            self._send(request, now_ns)
            return
        protects = order.parent is not None and order.type.has_trigger
        self._held[order.id] = _Held(request, None if protects else now_ns + HOLD_MS * MS)

    def cancel(self, order_id: str, now_ns: int, reason: str = "cancelled on request") -> bool:
        """Ask to cancel; what has not been sent is cancelled here."""
        if self._held.pop(order_id, None) is not None:
            self._inbox.append(
                Cancelled(
                    order_id=order_id,
                    filled=Decimal(0),
                    reason=CANCELLED_UNSENT,
                    time_ms=self._time_ms,
                )
            )
        elif self._link.up:
            self._wire.send(REQUESTS, Cancel(order_id, reason), now_ns)
        return order_id in self._known

    def amend(self, amendment: Amendment, now_ns: int) -> bool:
        """Ask to amend; of what could not be sent the next statement says that it was not."""
        if self._link.up and amendment.order_id not in self._held:
            self._questioning.sent(amendment.order_id, now_ns)
            self._wire.send(REQUESTS, amendment, now_ns)
        return amendment.order_id in self._known

    def restore(
        self,
        order: Order,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Take over an order of the desk before: it may have been sent, so it is not sent now."""
        del instrument, collar_price
        self._known.add(order.id)
        if order.is_live:
            self._questioning.sent(order.id, now_ns)
        if order.is_live and not order.was_heard_of and order.unanswered is None:
            self._unanswered[order.id] = (order.created_ms, now_ns + self._patience_ns)

    def take_over(self, terms: OrderTerms, fill: Fill) -> None:
        """Tell the exchange what was liquidated in its name."""
        self._known.add(terms.id)
        self._exchange.take_over(terms, fill)

    def ask(self, question: Question, now_ns: int) -> None:
        """Ask for all parts of a statement, one after the other."""
        self._questioning.ask(question)
        self._pursue(now_ns)

    def _pursue(self, now_ns: int) -> None:
        if self._link.up and (request := self._questioning.request(now_ns)) is not None:
            self._wire.send(REQUESTS, request, now_ns)

    def stated(self) -> Statement | None:
        """Take the statement, once it is there."""
        return self._questioning.take(self._held)

    def trigger(self, order_id: str) -> Decimal | None:
        """Return where the trigger of a trailing stop is at the exchange."""
        return self._exchange.paper.trigger(order_id)

    def queue_ahead(self, order_id: str) -> Decimal | None:
        """Return what is ahead of a resting order, as the exchange estimates it."""
        return self._exchange.paper.queue_ahead(order_id)

    # ------------------------------------------------------------------ time and market

    def on_time(self, now_ns: int, time_ms: int, books: Books, desk: DeskView) -> Decision:
        """Let the wire carry, the exchange act, and the link live; return what was heard."""
        self._now_ns, self._time_ms = now_ns, time_ms
        self._keep_link()
        for sent_ns, request in self._wire.arrived(REQUESTS, now_ns):
            self._serve(request, sent_ns, books, desk)
        self._answer(self._exchange.on_time(now_ns, time_ms, books, desk))
        if self._link.up:
            for _, message in self._wire.arrived(ANSWERS, now_ns):
                self._hear(message)
        self._look_at_clock()
        if not self._inbox:
            return Decision()
        self._decisions += 1
        return Decision(tuple(self._inbox), self._decisions)

    def on_market(
        self, event: MarketEvent, book: BookLevels | None, time_ms: int, desk: DeskView
    ) -> Decision:
        """Let the exchange meet the market: what comes of it is heard later."""
        self._answer(self._exchange.on_market(event, book, time_ms, desk))
        return Decision()

    def commit(self, decision: Decision) -> None:
        """Forget what has been journaled; what could not be is proposed again."""
        if not decision.outcomes:
            return
        if decision.number != self._decisions:
            raise StaleDecision(f"decision {decision.number} is not the latest, {self._decisions}")
        del self._inbox[: len(decision.outcomes)]

    def next_due_ns(self, after_ns: int) -> int | None:
        """Return the next beat: something may come at any time."""
        return after_ns + BEAT_MS * MS

    # ------------------------------------------------------------------ the link

    def _keep_link(self) -> None:
        """Notice that the link broke or went silent; connect where it can be."""
        passage, up = self._wire.passage(self._now_ns), self._link.up
        silent = self._now_ns - self._heard_ns > SILENCE_MS * MS
        if up and passage is Passage.BROKEN:
            self._lose("the connection broke")
        elif up and silent:
            self._lose(f"nothing was heard for {SILENCE_MS // 1000} s")
        elif not up and passage is Passage.OPEN:
            self._connect()
        if self._link.up and self._now_ns - self._beat_ns >= BEAT_MS * MS:
            self._beat_ns = self._now_ns
            self._wire.send(REQUESTS, None, self._now_ns, surely=True)

    def _lose(self, why: str) -> None:
        self._wire.break_off()
        self._link = msgspec.structs.replace(self._link, up=False, since_ms=self._time_ms, note=why)

    def _connect(self) -> None:
        self._heard_ns, session = self._now_ns, self._link.session + 1
        self._link = Link(up=True, since_ms=self._time_ms, session=session)
        for held in self._held.values():
            self._send(held.request, self._now_ns)
        self._held.clear()

    def _send(self, request: Submit, now_ns: int) -> None:
        order_id = request.terms.id
        self._unanswered[order_id] = (self._time_ms, now_ns + self._patience_ns)
        self._questioning.sent(order_id, now_ns)
        self._wire.send(REQUESTS, request, now_ns)

    def _hear(self, message: Any) -> None:
        self._heard_ns = self._now_ns
        if isinstance(message, Answer):
            self._questioning.hear(message)
        elif message is not None:
            self._unanswered.pop(message.order_id, None)
            self._inbox.append(message)

    def _look_at_clock(self) -> None:
        """Ask on, end what was held for too long, and say what stays without an answer."""
        self._pursue(self._now_ns)
        for order_id, held in list(self._held.items()):
            if held.until_ns is not None and self._now_ns > held.until_ns:
                del self._held[order_id]
                self._inbox.append(
                    Rejected(order_id=order_id, reason=NOT_SENT, time_ms=self._time_ms)
                )
        for order_id, (since_ms, limit_ns) in list(self._unanswered.items()):
            if self._now_ns <= limit_ns:
                continue
            del self._unanswered[order_id]
            self._inbox.append(
                Unanswered(order_id=order_id, since_ms=since_ms, time_ms=self._time_ms)
            )

    @property
    def _patience_ns(self) -> int:
        return (ANSWER_MS + 2 * self._wire.latency_ms) * MS

    # ------------------------------------------------------------------ the exchange's side

    def _serve(self, request: Any, sent_ns: int, books: Books, desk: DeskView) -> None:
        """Let the exchange take a request that has arrived."""
        now_ns, time_ms = self._now_ns, self._time_ms
        self._exchange.hear(now_ns)
        if request is None:
            self._wire.send(ANSWERS, None, now_ns, surely=True)
        elif isinstance(request, AskPart):
            error = self._wire.hits(LinkFaultKind.ERROR, now_ns) is not None
            partial = self._wire.hits(LinkFaultKind.PARTIAL, now_ns) is not None
            answer = request.answered_by(
                self._exchange, now_ns, time_ms, error=error, partial=partial
            )
            self._wire.send(ANSWERS, answer, now_ns)
        else:
            age_ms = (now_ns - sent_ns) // MS
            self._answer(self._exchange.take(request, age_ms, now_ns, time_ms, books, desk))

    def _answer(self, words: list[Outcome]) -> None:
        for word in words:
            self._wire.send(ANSWERS, word, self._now_ns)
