"""How orders meet the market: arrival at the book, prints on the tape, a book that moved.

The rules, each on the careful side of what a real venue does:

* An arriving order takes visible quantity level by level, within its limit or collar.
* A resting order is filled by a print beyond its price with up to the whole print; by a print at
  its price, whose taker came from the other side, with what the print leaves after the quantity
  ahead; and, as a maker at its own price, by opposite quantity that the book shows at its price
  or beyond, for whoever quoted there would have met the order first.
* An order with a trigger is in no book until a fresh mark of its instrument has come to it; then
  it arrives like any other, without a latency, for it is at the venue.
* The trigger of a trailing stop follows fresh marks from its arrival on, and is then looked at
  with the same mark.
* One print, and one level until it changes, is shared by all own orders, best price first, then
  by time; own orders never meet each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from desk.execution.draft import Draft, limit_text, quantity_text
from desk.execution.liquidity import best, is_usable, reaches, walk
from desk.execution.paper_order import PaperOrder
from desk.execution.port import BookLevels
from desk.execution.venue_refusals import (
    ALL_OR_NOTHING,
    post_only_text,
    refusal,
    refuses,
    waiting_refusal,
    worded,
)
from desk.model.instrument import Lots, Ticks
from desk.model.market_data import BookDelta, BookSnapshot, Level, Trade
from desk.model.numbers import plain
from desk.model.orders import Liquidity, Side, TimeInForce

Met: TypeAlias = Trade | BookDelta | BookSnapshot
"""What meets orders that rest; a mark triggers."""


def arrive(order: PaperOrder, book: BookLevels, draft: Draft) -> None:
    """Let a new order act on the book as it is."""
    refused = refusal(order, book, draft)
    if refused:
        draft.reject(order, refused)
        return
    wanted = draft.fillable(order)
    if wanted == 0:
        draft.cancel(order, draft.nothing_left(order))
        return
    takes = walk(draft.offered(order, book), order.side, order.limit, wanted)
    available = sum(lots for _, lots in takes)
    if takes and order.terms.post_only:
        # One that works already came back amended: the venue ends it (Binance, Modify Order).
        end = draft.cancel if order.accepted else draft.reject
        end(order, post_only_text(order))
    elif available < wanted and order.terms.tif is TimeInForce.FOK:
        _end_all_or_nothing(order, _too_little(order, wanted, available), draft)
    else:
        _take_and_rest(order, book, takes, draft)


def arrive_untriggered(order: PaperOrder, book: BookLevels | None, draft: Draft) -> None:
    """Let a new order with a trigger wait for it, unless the mark has come to it already."""
    refused = waiting_refusal(order, draft)
    if refused:
        draft.reject(order, refused)
        return
    if draft.fillable(order) == 0:
        draft.cancel(order, draft.nothing_left(order))
        return
    draft.wait(order)
    order.best = None  # it trails from now on, whatever an attempt that was dropped has seen
    trigger_reached([order], book, draft)


def trigger_reached(orders: Iterable[PaperOrder], book: BookLevels | None, draft: Draft) -> None:
    """Let the fresh mark trigger what waits for it; each then acts on the book at once."""
    for order in sorted(orders, key=lambda one: one.arrival):
        mark = draft.fresh_mark(order)
        if draft.is_closed(order) or mark is None:
            continue
        draft.trail(order, mark)
        if not order.terms.is_triggered_by(mark):
            continue
        draft.trigger(order, mark)
        if book is not None and is_usable(book):
            arrive(order, book, draft)


def amend(order: PaperOrder, draft: Draft) -> None:
    """Let an amendment reach the venue: it is taken, or it ends the order that has filled as much.

    Binance USDⓈ-M (Modify Order): an order whose new quantity has been executed is cancelled.
    """
    amendment = order.amendment
    assert amendment is not None
    refusal = order.why_not(amendment)
    if refusal:
        draft.refuse_amendment(order, refusal)
    elif amendment.quantity <= order.filled:
        text = plain(amendment.quantity)
        draft.cancel(order, f"amended to {text}, of which {plain(order.filled)} had filled")
    else:
        draft.amend(order)


def acts_by_itself(order: PaperOrder) -> bool:
    """Whether what is no price that it rests at may move it: its trigger, or a position gone."""
    return order.untriggered or order.is_held_to


def reaches_any(event: Met, book: BookLevels, resting: Iterable[PaperOrder]) -> bool:
    """Whether a print, or else the best of a book, is at the price of a resting order or beyond."""
    if isinstance(event, Trade):
        return any(reaches(order.side, order.limit, event.price) for order in resting)
    return any(
        (there := best(book, order.side.opposite)) is not None
        and reaches(order.side, order.limit, there)
        for order in resting
    )


def meet(event: Met, book: BookLevels, resting: Iterable[PaperOrder], draft: Draft) -> None:
    """Let a print, or else a book that moved, fill what rests."""
    if isinstance(event, Trade):
        match_print(event, resting, draft)
    else:
        match_book(book, resting, draft)


def see_levels(event: Met, book: BookLevels, orders: Iterable[PaperOrder]) -> None:
    """Let resting orders learn what the book shows at their prices."""
    for order in orders:
        if order.queue is not None:
            order.queue.see_level(book.lots_at(order.side, order.limit), event.ts_venue_ms)


def match_print(trade: Trade, orders: Iterable[PaperOrder], draft: Draft) -> None:
    """Let a print on the tape fill resting orders, and move the others forward."""
    left = int(trade.quantity)
    resting = list(orders)
    for side in (trade.side.opposite, trade.side):
        for order in _reached(resting, side, trade.price):
            if not draft.is_closed(order):
                lots = min(_left_for(order, trade, left), draft.fillable(order))
                left -= lots
                _fill_resting(order, lots, draft)


def match_book(book: BookLevels, orders: Iterable[PaperOrder], draft: Draft) -> None:
    """Let a book whose opposite side came to resting orders fill them at their own price."""
    resting = list(orders)
    for side in (Side.BUY, Side.SELL):
        opposite_best = best(book, side.opposite)
        if opposite_best is None:
            continue
        for order in _reached(resting, side, opposite_best):
            if not draft.is_closed(order):
                wanted = draft.fillable(order)
                takes = walk(draft.offered(order, book), side, order.limit, wanted)
                for ticks, lots in takes:
                    draft.take(order, book, ticks, lots)
                _fill_resting(order, sum(lots for _, lots in takes), draft)


def cancel_without_position(orders: Iterable[PaperOrder], draft: Draft) -> None:
    """End resting orders whose position is gone or on the other side, or whose coins are."""
    for order in orders:
        if order.is_held_to and draft.fillable(order) == 0:
            draft.cancel(order, draft.nothing_left(order))


def _take_and_rest(order: PaperOrder, book: BookLevels, takes: list[Level], draft: Draft) -> None:
    if takes or order.can_rest:
        draft.accept(order)
    for ticks, lots in takes:
        draft.take(order, book, ticks, lots)
        draft.fill(order, ticks, lots, Liquidity.TAKER)
    if draft.is_closed(order):
        return
    if draft.fillable(order) == 0:
        draft.cancel(order, draft.nothing_left(order))
    elif order.can_rest:
        draft.rest(order, book.lots_at(order.side, order.limit))
    else:
        draft.cancel(order, _nothing_more(order))


def _end_all_or_nothing(order: PaperOrder, why: str, draft: Draft) -> None:
    """Refuse an order that cannot be filled whole; one that the venue has taken it ends."""
    new = not draft.has(order) and refuses(order.instrument, ALL_OR_NOTHING)
    end = draft.reject if new else draft.cancel
    end(order, worded(order.instrument, ALL_OR_NOTHING, why))


def _left_for(order: PaperOrder, trade: Trade, left: int) -> int:
    """Return how many lots of a print, of which some are left, come to a resting order."""
    if order.queue is None:
        return 0
    if trade.price != order.limit:
        order.queue.jump_to_front()
        return left
    if trade.side is order.side:
        return 0
    return order.queue.see_print(left, trade.ts_venue_ms)


def _fill_resting(order: PaperOrder, lots: int, draft: Draft) -> None:
    if lots == 0:
        return
    draft.fill(order, order.limit, Lots(lots), Liquidity.MAKER)
    if not draft.is_closed(order) and draft.fillable(order) == 0:
        draft.cancel(order, draft.nothing_left(order))


def _reached(orders: Iterable[PaperOrder], side: Side, price: Ticks) -> list[PaperOrder]:
    """Return the orders of a side that may trade at a price, best price first, then by time."""
    there = [o for o in orders if o.side is side and reaches(side, o.limit, price)]
    return sorted(there, key=lambda order: order.priority)


def _too_little(order: PaperOrder, wanted: int, available: int) -> str:
    return (
        f"fill-or-kill: {quantity_text(order, available)} of {quantity_text(order, wanted)} "
        f"available at {limit_text(order)} or better"
    )


def _nothing_more(order: PaperOrder) -> str:
    has_price = order.terms.type.has_price
    what = "immediate-or-cancel" if has_price else "market order"
    edge = "within the limit" if has_price else "up to the collar"
    return f"{what}: nothing more in the book {edge} of {limit_text(order)}"
