"""Which protective legs stand behind which order, and how much each still has to cover.

A leg covers what its parent filled, less what the other leg has closed: so the legs grow with the
parent's fills, and one shrinks as the other fills. What a leg that has ended stood for is done
with; what the parent fills afterwards gets a new leg. Everything here follows from the rows of
the journal in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum

from desk.execution.order import Order
from desk.model.numbers import ZERO, plain
from desk.model.orders import OrderStatus, OrderTerms, OrderType


class Role(Enum):
    """What a leg is for."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"

    @property
    def type(self) -> OrderType:
        """The type of order that plays it."""
        return OrderType.STOP if self is Role.STOP_LOSS else OrderType.TAKE_PROFIT

    @property
    def suffix(self) -> str:
        """What a leg's id ends in, behind its parent's."""
        return "sl" if self is Role.STOP_LOSS else "tp"

    def trigger(self, parent: OrderTerms) -> Decimal | None:
        """Return the trigger that a parent gives the leg; None: it wants no such leg."""
        return parent.stop_loss if self is Role.STOP_LOSS else parent.take_profit


def role_of(terms: OrderTerms) -> Role | None:
    """Return what a leg is for; None for an order that is no leg."""
    if terms.parent is None:
        return None
    return Role.STOP_LOSS if terms.type is OrderType.STOP else Role.TAKE_PROFIT


class BracketBook:
    """Every bracket of the desk; `orders` is the desk's own table, as it changes."""

    def __init__(self, orders: Mapping[str, Order]) -> None:
        self._orders = orders
        self._legs: dict[str, dict[Role, list[str]]] = {}
        self._done: dict[tuple[str, Role], Decimal] = {}
        """What the legs that have ended stood for."""
        self._lost: set[tuple[str, Role]] = set()
        """Legs that ended unasked and unfilled, or were never placed."""
        self._open: dict[str, None] = {}
        self.tended_at: int | None = None
        """The change of the desk after which nothing was wanting."""

    @property
    def open(self) -> list[str]:
        """The parents of which something may still be asked, oldest first."""
        return list(self._open)

    def add(self, terms: OrderTerms) -> None:
        """Take an order that leaves the desk."""
        role = role_of(terms)
        if terms.parent is not None and role is not None:
            self._legs[terms.parent][role].append(terms.id)
        roles = [role for role in Role if role.trigger(terms) is not None]
        if roles:
            self._legs[terms.id] = {role: [] for role in roles}
            self._open[terms.id] = None

    def ended(self, order: Order, *, asked: bool) -> None:
        """Take note of a leg's end: a filled one is done with its fills, another with all.

        `asked` says that its cancel was asked for.
        """
        parent, role = order.terms.parent, role_of(order.terms)
        if parent is None or role is None:
            return
        if order.status is OrderStatus.FILLED:
            done = self._done.get((parent, role), ZERO) + order.filled
        else:
            done = self._net(parent, role)
            if not asked:
                self._lost.add((parent, role))
        self._done[parent, role] = done

    def give_up(self, parent: str, role: Role) -> None:
        """Stop asking for a leg, or for more of it, for what has filled so far."""
        live = self.live(parent, role)
        covered = ZERO if live is None else live.terms.quantity
        self._done[parent, role] = self._net(parent, role) - covered
        self._lost.add((parent, role))

    def settle(self, parent: str) -> None:
        """Forget a bracket whose orders have all ended."""
        self._open.pop(parent, None)

    def stopped(self) -> Iterator[tuple[Order, bool]]:
        """Yield the parents that want a stop, and whether one was lost or never placed."""
        for parent, legs in self._legs.items():
            if Role.STOP_LOSS in legs:
                yield self._orders[parent], (parent, Role.STOP_LOSS) in self._lost

    def roles(self, parent: str) -> list[Role]:
        """Return the legs that a parent wants."""
        return list(self._legs[parent])

    def legs(self, parent: str, role: Role | None = None) -> list[Order]:
        """Return the legs of a parent, all or of one role, oldest first."""
        return [
            self._orders[leg]
            for one, legs in self._legs[parent].items()
            for leg in legs
            if role in {None, one}
        ]

    def live(self, parent: str, role: Role) -> Order | None:
        """Return the leg that works now."""
        return next((leg for leg in self.legs(parent, role) if leg.is_live), None)

    def wanted(self, parent: str, role: Role) -> Decimal:
        """Return the quantity that the leg of a role should have; not above 0: none."""
        return self._net(parent, role) - self._done.get((parent, role), ZERO)

    def left(self, parent: str) -> Decimal:
        """Return what a parent has filled and no leg has closed."""
        closed = (leg.filled for leg in self.legs(parent))
        return self._orders[parent].filled - sum(closed, ZERO)

    def _net(self, parent: str, role: Role) -> Decimal:
        closed = (leg.filled for leg in self.legs(parent) if role_of(leg.terms) is not role)
        return self._orders[parent].filled - sum(closed, ZERO)

    def document(self) -> dict[str, str]:
        """Return what the legs that have ended stood for, as plain values."""
        return {f"{p} {role.value}": plain(done) for (p, role), done in self._done.items()}
