"""The port: what the engine asks of a venue, be it paper or a live gateway.

The engine's sequence for every message is decide → journal → act → acknowledge:

    decision = client.on_time(now_ns, time_ms, books, desk)    # nothing has happened yet
    journal.append(...decision.outcomes...)                    # durable, or not at all
    client.commit(decision)                                    # now it has happened
    for outcome in decision.outcomes:                          # and the desk knows it
        orders[outcome.order_id] = apply(orders[outcome.order_id], outcome)

A decision that could not be journaled is dropped: every order stands as if the venue had not been
asked, though a print that would have filled it has gone by. Commit or drop one before asking for
the next.
A market event at `now_ns` is brought in three moves, so that an order which was due earlier acts
on the book as it was: `on_time`, then the event goes into the book, then `on_market`. Once what
`on_time` proposed is committed it is asked again, until it proposes nothing: an amended order acts
then, and must not wait for whatever brings the next look.

An amendment is asked for like a cancel and answered by an outcome: `Amended`, `AmendRefused`, or
the order's end where it had filled as much as it should have become. Until then the old order
works. It keeps its id; its place in the queue only where nothing but the quantity falls.

A venue that is reached over a link may answer late, twice, in another order or never. It proposes
`Unanswered` for what it sent and heard nothing of; it never sends an order a second time. After
each connection, and where answers stay away, the desk asks what the venue holds (`ask`, `stated`)
and takes what it had missed (`desk.execution.reconciliation`). Until a connection has been
reconciled nothing that adds risk is let through. While it is down, cancels are kept and asked for
again with each question, and an amendment is answered as refused once the venue is known not to
have it. An order is held for `HOLD_MS` and then ends unsent, so that nothing fires much later at
another price; a protective leg, whose price is in its trigger, is held until it can be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol, TypeAlias

import msgspec

from desk.execution.order import Order
from desk.execution.outcome import Outcome
from desk.execution.statement import Question, Statement
from desk.model.instrument import Instrument, InstrumentId, Lots, Ticks
from desk.model.market_data import (
    BookDelta,
    BookSnapshot,
    InstrumentListed,
    Level,
    MarketEvent,
    MarkPrice,
    Trade,
)
from desk.model.orders import Amendment, Fill, OrderTerms, OrderType, Side, TimeInForce


class BookLevels(Protocol):
    """What execution reads of a book: `desk.market.book` fulfils it."""

    @property
    def synced(self) -> bool:
        """Whether the book follows the venue without a gap."""
        ...

    @property
    def best_bid(self) -> Level | None:
        """The first of the bids."""
        ...

    @property
    def best_ask(self) -> Level | None:
        """The first of the asks."""
        ...

    def levels(self, side: Side) -> Iterable[Level]:
        """Return the levels of BUY (bids) or SELL (asks), best first."""
        ...

    def lots_at(self, side: Side, ticks: Ticks) -> Lots:
        """Return the quantity at a price; 0 where there is none."""
        ...


Books: TypeAlias = Mapping[InstrumentId, BookLevels]

HOLD_MS = 5_000
"""How long an order that reduces is held for a link that is down; it is told to whoever sends it.
"""


class DeskView(Protocol):
    """What a venue on paper must ask of the desk, for a real one knows it itself."""

    def held(self, account: str, instrument_id: str) -> Decimal:
        """Return the signed position, in the instrument's quantity units."""
        ...

    def fresh_mark(self, instrument_id: str) -> Decimal | None:
        """Return the mark while it is fresh; None: nothing is triggered."""
        ...

    def lacks_margin(self, order: OrderTerms) -> bool:
        """Return whether the account's margin does not cover what a working order adds."""
        ...

    def filled(self, order_id: str) -> Decimal:
        """Return what is known to have filled of an order."""
        ...

    def guarded(self, order: OrderTerms) -> Decimal | None:
        """Return what the legs of a bracket still stand behind; None for any other order."""
        ...

    def collar(self, order: OrderTerms) -> Decimal | None:
        """Return the worst price that an order which takes at market may take now."""
        ...


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue can do with an order."""

    is_paper: bool
    types: frozenset[OrderType]
    tifs: frozenset[TimeInForce]
    post_only: bool
    reduce_only: bool
    amend: bool
    """Amends in place; else an order is cancelled and sent anew."""
    oco: bool = False
    """Keeps two orders of one `oco` from filling both: the first fill cancels the other."""
    queue_position: bool = False
    """Says how much is ahead of a resting order: an estimate, on the careful side."""
    cancel_on_disconnect_s: int | None = None
    """Cancels what could add risk when it has not heard the desk for so long."""
    client_id_query: bool = False
    """Says of a client order id whether it ever had it."""
    request_life_ms: int | None = None
    """Refuses a request that arrives later than so after it was sent: what it does not have by
    then it will never have. None: it answers before anything else happens."""
    latency_ms: int | None = None
    """From an order to the first word about it, when all is well."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a venue can be reached."""

    up: bool
    since_ms: int | None = None
    """Wall clock; None: since ever."""
    session: int = 0
    """Counts connections: what each of them missed must be asked for. 0: nothing can be missed."""
    note: str = ""
    """Why it is down."""


IN_PROCESS = Link(up=True)
"""Of a venue that lives with the desk."""


class Decision(msgspec.Struct, frozen=True):
    """Outcomes that a venue proposes: they have happened once they are committed."""

    outcomes: tuple[Outcome, ...] = ()
    """In the order in which they happen; mostly none."""
    number: int = 0
    """Which decision of this venue it is; 0 when it holds nothing."""


NOTHING = Decision()


class StaleDecision(AssertionError):
    """A decision was committed after a later one was made: a fault of the caller."""


MEETS_ORDERS = frozenset({Trade, BookDelta, BookSnapshot, MarkPrice, InstrumentListed})
"""What a working order can meet; nothing else is told to a venue."""


class ExecutionClient(Protocol):
    """A venue that executes orders.

    `now_ns` is the boot-time clock, `time_ms` the wall clock. Nothing that an order or a market
    can contain raises: a bad order ends in a `Rejected`.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    @property
    def link(self) -> Link:
        """Whether it can be reached; always, where it lives with the desk."""
        return IN_PROCESS

    def ask(self, question: Question, now_ns: int) -> None:
        """Ask what it holds; only of a link with a session, and one question at a time: a later
        one takes the place of one that has not been answered."""
        del question, now_ns

    def stated(self) -> Statement | None:
        """Take the answer to the latest question, once all its parts have come or failed."""
        return None

    def submit(
        self,
        order: OrderTerms,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Send a journaled order; a second one of the same id is ignored.

        `collar_price` is the worst price a MARKET order may take; without one it is rejected.
        """
        ...

    def cancel(self, order_id: str, now_ns: int, reason: str = "cancelled on request") -> bool:
        """Ask to cancel; False when the venue has no live order of that id."""
        ...

    def amend(self, amendment: Amendment, now_ns: int) -> bool:
        """Ask to amend; False when the venue has no live order of that id."""
        ...

    def take_over(self, terms: OrderTerms, fill: Fill) -> None:
        """Note that a position was liquidated in its name, by the desk's figures: a venue on
        paper that keeps positions of its own would else go on holding it. Twice is once."""
        del terms, fill

    def restore(
        self,
        order: Order,
        instrument: Instrument,
        now_ns: int,
        collar_price: Decimal | None = None,
    ) -> None:
        """Put back an order that the journal holds, after a restart; an amendment on its way is
        asked for again."""
        ...

    def on_time(self, now_ns: int, time_ms: int, books: Books, desk: DeskView) -> Decision:
        """Return what has become due."""
        ...

    def on_market(
        self, event: MarketEvent, book: BookLevels | None, time_ms: int, desk: DeskView
    ) -> Decision:
        """Return what a market event does to working orders; `book` holds it already."""
        ...

    def commit(self, decision: Decision) -> None:
        """Take a journaled decision as happened; raise StaleDecision unless it is the latest."""
        ...

    def trigger(self, order_id: str) -> Decimal | None:
        """Return where the trigger of a trailing stop is now; None: where it was said last."""
        ...

    def queue_ahead(self, order_id: str) -> Decimal | None:
        """Return the quantity of others before a resting order at its price; None: unknown."""
        ...

    def next_due_ns(self, after_ns: int) -> int | None:
        """Return when `on_time` next has something to do, later than a moment, or None."""
        ...
