"""Which position has lost the stop that stood behind it: also by a reversal, whole or short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.reversing import closing_half
from desk.execution.order import Order
from desk.model.events import Alerted, AnyEvent
from desk.model.numbers import ZERO, plain
from desk.model.orders import OrderStatus, OrderType

Key = tuple[str, str]


def turned(desk: Desk, changes: Iterable[Change]) -> list[AnyEvent]:
    """Say what a reversal that has ended did not do, and what it left without a stop."""
    outcomes = (change.outcome for change in changes)
    told = {one.order_id for one in outcomes if one is not None}
    state = desk.state
    names = [name for name in state.turns if not told.isdisjoint({name, closing_half(name)})]
    pairs = [(state.orders[name], state.orders[closing_half(name)]) for name in names]
    over = (opens for opens, closes in pairs if not (opens.is_live or closes.is_live))
    return [event for opens in over for event in _said(desk, opens)]


def _said(desk: Desk, order: Order) -> Iterator[AnyEvent]:
    terms = order.terms
    key = terms.account, terms.instrument
    held, meant = desk.held(*key), terms.quantity * terms.side.sign
    if held != meant:
        why = f"; {order.reason}" if order.reason else ""
        message = (
            f"{order.id} did not turn {terms.instrument} round as meant: {plain(held)} is held, "
            f"{plain(meant)} was meant{why}."
        )
        yield _danger("REVERSED_SHORT", message, key)
    left = bare(desk, key)
    if left > 0 and had_stop(desk, order):
        message = (
            f"{plain(left)} of {terms.instrument} is NOT protected: the stop it had does not "
            f"stand behind what {order.id} has left."
        )
        yield _danger("UNPROTECTED", message, key)


def had_stop(desk: Desk, reversal: Order) -> bool:
    """Whether a stop stood behind the position that was to be turned round."""
    return any(is_stop(desk.state.orders[name]) for name in desk.state.turns[reversal.id])


def is_stop(order: Order) -> bool:
    """Whether an order gets out of a position that goes wrong."""
    terms = order.terms
    return terms.reduce_only and terms.type.has_trigger and terms.type is not OrderType.TAKE_PROFIT


def bare(desk: Desk, key: Key) -> Decimal:
    """Return how much of a position no stop is known to stand behind, without its sign."""
    account, instrument = key
    held = desk.held(account, instrument)
    behind = (
        order.remaining
        for order in desk.state.live_orders(account)
        if order.terms.instrument == instrument
        and order.terms.side.sign * held < 0
        and is_stop(order)
        and order.status is not OrderStatus.UNKNOWN
        and order.id not in desk.state.cancels
    )
    return max(ZERO, abs(held) - sum(behind, ZERO))


def still_bare(desk: Desk) -> Iterator[tuple[Key, Decimal]]:
    """Yield the positions that have lost a stop, or all they had, and how much has none now."""
    for key, position in sorted(desk.state.positions.items()):
        if position.quantity:
            left = min(bare(desk, key), _lost(desk, key))
            if left > 0:
                yield key, left


def _lost(desk: Desk, key: Key) -> Decimal:
    """Return how much of a position is meant to have a stop, of one that has lost one."""
    held, since_ms = desk.held(*key), desk.state.opened_ms.get(key, 0)
    if _has_turned(desk, key) or _is_half_closed(desk, key):
        return abs(held)
    meant, lost = ZERO, False
    for parent, lost_one in desk.state.brackets.stopped():
        terms = parent.terms
        of_this = (terms.account, terms.instrument) == key and terms.side.sign * held > 0
        if of_this and parent.fills and parent.fills[-1].time_ms >= since_ms:
            meant += desk.state.brackets.left(parent.id)
            lost = lost or lost_one
    return meant if lost else ZERO


def _has_turned(desk: Desk, key: Key) -> bool:
    """Whether a reversal made the position what it is, from one that had a stop."""
    for name in reversed(desk.state.turns):
        order = desk.state.orders[name]
        if (order.terms.account, order.terms.instrument) == key and not order.is_live:
            since_ms = desk.state.opened_ms.get(key, 0)
            return (order.closed_ms or 0) >= since_ms and had_stop(desk, order)
    return False


def _is_half_closed(desk: Desk, key: Key) -> bool:
    """Whether the other order of a pair has filled in part, which ended the position's stop."""
    for order in desk.state.live_orders(key[0]):
        rival = desk.state.rival(order)
        if rival is None or order.terms.instrument != key[1] or not order.fills:
            continue
        if not rival.is_live and is_stop(rival):
            return True
    return False


def _danger(code: str, message: str, key: Key) -> Alerted:
    account, instrument = key
    return Alerted(
        severity="danger", code=code, message=message, account=account, instrument=instrument
    )
