"""A decision in the making: what would happen, and what that would change at the paper venue.

The draft overlays the venue's state, so that the second fill of one decision knows of the first;
the venue itself stays as it is until the decision has been journaled and is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.execution.fees import fee_asset, fee_of
from desk.execution.liquidity import TakenLiquidity
from desk.execution.outcome import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    Filled,
    Outcome,
    Rejected,
    Trailed,
    Triggered,
)
from desk.execution.paper_order import PaperOrder, collar_ticks
from desk.execution.port import BookLevels, DeskView
from desk.model.instrument import Lots, Ticks
from desk.model.market_data import Level
from desk.model.numbers import plain
from desk.model.orders import Fill, Liquidity, OrderTerms, OrderType

ALL_FILLED = "it had filled before it could be amended"
POSITION_GONE = "reduce-only: there is no position left for it to reduce"
COINS_GONE = "the coins that it was to sell are gone"
ENTRY_CLOSED = "what its entry filled has been closed"

NO_FILLS = (Lots(0), 0)


class Draft:
    """Outcomes proposed so far, and the changes they would make."""

    def __init__(self, taken: TakenLiquidity, time_ms: int, desk: DeskView) -> None:
        self.outcomes: list[Outcome] = []
        self.taken = TakenLiquidity()
        """What these outcomes take, beyond what is taken already."""
        self.filled: dict[str, tuple[Lots, int]] = {}
        """New fills by order id: their lots together, and how many they are."""
        self.resting: dict[str, Lots] = {}
        """Quantity ahead of each order that starts to rest, by order id."""
        self.accepted: set[str] = set()
        self.waiting: set[str] = set()
        """Orders that arrived and wait for their trigger."""
        self.triggered: set[str] = set()
        self.trailed: dict[str, Trailed] = {}
        """What is said of triggers that move, by order id."""
        self.amended: set[str] = set()
        self.unamended: set[str] = set()
        """Orders whose amendment is refused."""
        self.closed: set[str] = set()
        self._taken_before = taken
        self._time_ms = time_ms
        self._desk = desk
        self._position_change: dict[tuple[str, str], int] = {}
        self._legs: dict[str, int] = {}
        """Lots that the legs of a parent fill."""

    def remaining(self, order: PaperOrder) -> int:
        """Return the lots of an order that are still to be filled."""
        return order.remaining - self.filled.get(order.id, NO_FILLS)[0]

    def fillable(self, order: PaperOrder) -> int:
        """Return the lots that may be filled now.

        A reduce-only order is held to the position, a sale in spot to the coins; a protective leg
        to what its entry filled and no leg has closed: both legs of one entry would else take from
        another's position.
        """
        remaining = self.remaining(order)
        if not order.is_held_to:
            return remaining
        return min(remaining, self._reducible(order), self._guarded(order))

    def nothing_left(self, order: PaperOrder) -> str:
        """Return why an order that is held to what there is has nothing that it may fill."""
        if not order.terms.reduce_only:
            return COINS_GONE
        return ENTRY_CLOSED if self._guarded(order) == 0 else POSITION_GONE

    def offered(self, order: PaperOrder, book: BookLevels) -> Iterator[Level]:
        """Yield the levels opposite to an order, best first, less what has been taken."""
        side, instrument = order.side.opposite, order.instrument.id
        for ticks, shown in book.levels(side):
            taken = self._taken_before.taken(instrument, side, ticks, shown)
            taken += self.taken.taken(instrument, side, ticks, shown)
            yield ticks, Lots(max(0, shown - taken))

    def accept(self, order: PaperOrder) -> None:
        """The venue takes the order; said once."""
        if self.has(order):
            return
        self.accepted.add(order.id)
        self.outcomes.append(Accepted(order_id=order.id, time_ms=self._time_ms))

    def rest(self, order: PaperOrder, ahead: Lots) -> None:
        """The order stays in the book behind a quantity."""
        self.resting[order.id] = ahead

    def wait(self, order: PaperOrder) -> None:
        """The order waits at the venue for its trigger."""
        self.accept(order)
        self.waiting.add(order.id)

    def trigger(self, order: PaperOrder, mark: Decimal) -> None:
        """The mark has come to the order's trigger; what takes at market gets its collar now."""
        collar = None
        if not order.terms.type.has_price:
            collar = self._desk.collar(order.terms)
            # Nothing reads it before the trigger: it may stand although nothing is committed yet.
            order.limit = collar_ticks(order.instrument, order.side, collar)
        self.triggered.add(order.id)
        self.outcomes.append(
            Triggered(order_id=order.id, mark=mark, collar_price=collar, time_ms=self._time_ms)
        )

    def trail(self, order: PaperOrder, mark: Decimal) -> None:
        """Let a trailing stop follow a fresh mark; its trigger is said once it has moved enough."""
        order.trail(mark)
        if order.is_to_say(reached=order.terms.is_triggered_by(mark)):
            self._say_trailed(order, order.terms, order.number)

    def _say_trailed(self, order: PaperOrder, terms: OrderTerms, number: int) -> None:
        if order.best is None or terms.trigger is None:
            return
        self.trailed[order.id] = Trailed(
            order_id=order.id,
            best=order.best,
            trigger=terms.trigger,
            number=number,
            time_ms=self._time_ms,
        )
        self.outcomes.append(self.trailed[order.id])

    def amend(self, order: PaperOrder) -> None:
        """The order becomes what it was asked to become."""
        amendment = order.amendment
        assert amendment is not None
        self.amended.add(order.id)
        self.outcomes.append(Amended(amendment=amendment, time_ms=self._time_ms))
        if order.terms.type is OrderType.TRAILING_STOP:
            self._say_trailed(order, order.terms_after(amendment), amendment.number)

    def refuse_amendment(self, order: PaperOrder, reason: str) -> None:
        """The order stays as it is; without an amendment on its way nothing is said."""
        if order.amendment is None or order.id in self.amended | self.unamended:
            return
        self.unamended.add(order.id)
        self.outcomes.append(
            AmendRefused(
                order_id=order.id,
                number=order.amendment.number,
                reason=reason,
                time_ms=self._time_ms,
            )
        )

    def fresh_mark(self, order: PaperOrder) -> Decimal | None:
        """Return the mark that may trigger an order, or None."""
        return self._desk.fresh_mark(order.instrument.id)

    def has(self, order: PaperOrder) -> bool:
        """Return whether the venue has taken an order, be it by these outcomes."""
        return order.accepted or order.id in self.accepted

    def lacks_margin(self, order: PaperOrder) -> bool:
        """Return whether the account cannot carry what an order adds."""
        return self._desk.lacks_margin(order.terms)

    def is_touched(self, order: PaperOrder) -> bool:
        """Return whether these outcomes say anything of an order."""
        return any(outcome.order_id == order.id for outcome in self.outcomes)

    def take(self, order: PaperOrder, book: BookLevels, ticks: Ticks, lots: Lots) -> None:
        """Mark lots of a level opposite to an order as taken by it."""
        side = order.side.opposite
        self.taken.take(order.instrument.id, side, ticks, book.lots_at(side, ticks), lots)

    def fill(self, order: PaperOrder, ticks: Ticks, lots: Lots, liquidity: Liquidity) -> None:
        """Execute lots of an order at a price."""
        if self.remaining(order) == lots:
            self.refuse_amendment(order, ALL_FILLED)
        instrument, terms = order.instrument, order.terms
        lots_before, count = self.filled.get(order.id, NO_FILLS)
        self.filled[order.id] = (Lots(lots_before + lots), count + 1)
        price, quantity = instrument.price(ticks), instrument.quantity(lots)
        fill = Fill(
            id=f"{order.id}-{order.fill_count + count + 1}",
            order_id=order.id,
            account=terms.account,
            instrument=terms.instrument,
            side=terms.side,
            quantity=quantity,
            price=price,
            fee=fee_of(instrument, quantity, price, liquidity),
            fee_asset=fee_asset(instrument),
            liquidity=liquidity,
            time_ms=self._time_ms,
        )
        self.outcomes.append(Filled(fill=fill))
        if order.rival is not None and not self.is_closed(order.rival):
            self.cancel(order.rival, f"{order.id} has filled, of which it is the alternative")
        key = (terms.account, terms.instrument)
        change = self._position_change.get(key, 0)
        self._position_change[key] = change + terms.side.sign * lots
        if terms.parent is not None:
            self._legs[terms.parent] = self._legs.get(terms.parent, 0) + lots
        if self.remaining(order) == 0:
            self.closed.add(order.id)

    def cancel(self, order: PaperOrder, reason: str) -> None:
        """End what is left of an order."""
        self.refuse_amendment(order, reason)
        drafted, _ = self.filled.get(order.id, NO_FILLS)
        self.outcomes.append(
            Cancelled(
                order_id=order.id,
                filled=order.filled + order.instrument.quantity(drafted),
                reason=reason,
                time_ms=self._time_ms,
            )
        )
        self.closed.add(order.id)

    def reject(self, order: PaperOrder, reason: str) -> None:
        """Refuse an order as the venue would."""
        self.refuse_amendment(order, reason)
        rejected = Rejected(order_id=order.id, reason=reason, time_ms=self._time_ms)
        self.outcomes.append(rejected)
        self.closed.add(order.id)

    def is_closed(self, order: PaperOrder) -> bool:
        """Return whether these outcomes end an order."""
        return order.id in self.closed

    def _guarded(self, order: PaperOrder) -> int:
        """Return the lots that a leg stands behind; of any other order, all that it has left."""
        left = self._desk.guarded(order.terms)
        if left is None or order.terms.parent is None:
            return self.remaining(order)
        lots = int(left // order.instrument.lot_size)
        return max(0, lots - self._legs.get(order.terms.parent, 0))

    def _reducible(self, order: PaperOrder) -> int:
        """Return the lots of the position that lie opposite to an order; never negative."""
        terms = order.terms
        position = self._desk.held(terms.account, terms.instrument)
        lots = int(position // order.instrument.lot_size)
        lots += self._position_change.get((terms.account, terms.instrument), 0)
        return max(0, -lots * terms.side.sign)


def quantity_text(order: PaperOrder, lots: int) -> str:
    """Write lots as a quantity of the order's instrument."""
    return plain(order.instrument.quantity(Lots(lots)))


def limit_text(order: PaperOrder) -> str:
    """Write an order's limit or collar as a price."""
    return plain(order.instrument.price(order.limit))
