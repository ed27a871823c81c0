"""What a pre-trade check may look at: one order, and the desk as it stands at that moment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from desk.margin.inputs import AccountFigures, AccountInput
from desk.market.reference import Standing
from desk.model.events import Denial
from desk.model.instrument import FRESH_MS, Instrument
from desk.model.numbers import ZERO
from desk.model.orders import OrderTerms, OrderType, Side
from desk.model.trailing import better_mark, trailing_trigger
from desk.risk.client import ClientRecord
from desk.risk.profile import Profile


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers a profile enforces; what a profile lacks is 0, which refuses everything."""

    collar_rate: Decimal
    """Farthest a price may lie from the mark, a fraction."""
    max_value_usd: Decimal
    """Of one order; a HKD limit converted at the stricter edge of the peg band."""
    instrument_limit_usd: Decimal
    account_limit_usd: Decimal
    max_leverage: Decimal
    max_open_orders: int
    divergence_rate: Decimal
    """Farthest a mark may lie from the consensus, a fraction."""
    dispersion_rate: Decimal
    """Farthest it may lie from the venue's own index where there is no consensus."""
    mark_sources: int
    """Venues that must vote where so many are fed live; 0: no number of them is enough."""
    max_quantity: dict[str, Decimal]
    """Of one order, in base coin, by coin; a coin that is not here has no quantity limit."""
    allow_reduce_when_halted: bool


class WorkingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An own order that is not yet done."""

    id: str
    instrument: str
    side: Side
    remaining: Decimal
    price: Decimal | None
    reduce_only: bool
    waits: bool = False
    """For its trigger: it is in no book."""
    oco: str | None = None
    """Of two that are one or the other: what they have in common."""


class MarketNow(msgspec.Struct, frozen=True, kw_only=True):
    """The instrument's market at the moment of the decision."""

    mark: Decimal | None
    quality: str
    """`LIVE`, `STALE`, `UNKNOWN`."""
    mark_age_ms: int | None
    book_state: str
    expected_price: Decimal | None
    """Average over the book walk for this order; None where the book does not reach."""
    mark_limit_ms: int = FRESH_MS
    standing: Standing | None = None
    """Beside the other sources; None: of no underlying, or in a document, which cannot say."""
    venues_live: int = 0
    """Venues that are fed live; 0 on a simulated or recorded market."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a portfolio document has no field for; None where nobody has said."""

    live: bool
    """The venues themselves are heard: what they have not said denies. Recordings leave it out."""
    funding_interval_h: int | None = None
    open_interest: Decimal | None = None
    """Base coins, one side."""
    lowest_mark: Decimal | None = None
    """Of the collar's window of seconds."""
    highest_mark: Decimal | None = None
    anomaly_s: int | None = None
    """For how long the price has been running away; None: it is calm."""
    day_loss_unknown: bool = False
    """A day may lose only so much, and what it has lost cannot be said."""
    venue_doubt: str = ""
    """Why the venue cannot be relied on now; empty: it can."""
    unanswered: tuple[str, ...] = ()
    """Orders of the account of which nobody knows whether the venue has them."""


class OrderContext(msgspec.Struct, frozen=True, kw_only=True):
    """One order before the pipeline."""

    order: OrderTerms
    instrument: Instrument
    state: str
    state_reason: str
    closing: bool
    """Came as `close` or `flatten`: the ways out that a HALTED desk leaves open."""
    id_conflict: bool
    """The id was used for other content."""
    level: str
    position: Decimal
    working: tuple[WorkingOrder, ...]
    """Of the same account, this order excluded."""
    market: MarketNow
    doubted_elsewhere: tuple[str, ...]
    """Other instruments of the account whose mark allows no new risk: its margin stands on them."""
    permitted: bool
    account: AccountInput | None
    """None for a spot account."""
    free_balance: Decimal | None
    """Spot: what is free of the asset that this order pays with."""
    client: ClientRecord | None
    today: date
    profile: Profile
    limits: Limits
    usd_per_settle: Decimal
    over_rate: bool
    repeats: int
    """Identical orders in the last 60 s, this one excluded."""
    around: Surroundings | None
    """None: a document, of which these rules say nothing."""
    repeated_at_once: bool
    """An identical order within the last second, and no confirmation."""
    best_mark: Decimal | None = None
    """Of a trailing stop that works: the best mark since it was taken, as far as it was said."""
    now_ms: int | None = None
    """Wall clock, UTC; None: a document, in which nothing expires."""
    guarding: bool = False
    """A leg that the desk itself places behind a fill: wherever the market is by then."""

    @property
    def price(self) -> Decimal | None:
        """What it is valued at: limit, else trigger, else the book walk's average, else mark."""
        return self.order.price or self.trigger or self.market.expected_price or self.market.mark

    @property
    def trigger(self) -> Decimal | None:
        """The mark at which it would act: a trailing stop's lies behind the best fresh mark."""
        order, best = self.order, self.best
        if order.type is not OrderType.TRAILING_STOP:
            return order.trigger
        if best is None or (order.trail is None) is (order.trail_rate is None):
            return None
        return trailing_trigger(order, best, self.instrument.tick_size)

    @property
    def best(self) -> Decimal | None:
        """The mark that a trailing stop stays behind; None: there is no fresh one."""
        fresh = self.market.mark if self.market.quality == "LIVE" else None
        return better_mark(self.order.side, self.best_mark, fresh)

    @property
    def reducible(self) -> Decimal:
        """The largest quantity on this side that strictly reduces without reduce-only."""
        if self.position * self.order.side.sign >= 0:
            return ZERO
        return max(ZERO, abs(self.position) - self.beside)

    @property
    def beside(self) -> Decimal:
        """What the working orders on this side may add to this one, were all of them filled.

        Of two of which one cancels the other it is the larger; the rival of this one adds nothing.
        """
        alone, pairs = ZERO, dict[str, Decimal]()
        for own in self.working:
            if own.instrument != self.instrument.id or own.side is not self.order.side:
                continue
            if own.reduce_only:
                continue
            if own.oco is None:
                alone += own.remaining
            elif own.oco != self.order.oco:
                pairs[own.oco] = max(pairs.get(own.oco, ZERO), own.remaining)
        return alone + sum(pairs.values(), ZERO)

    @property
    def strictly_reduces(self) -> bool:
        """Whether this order can only bring the position nearer to flat.

        Opposite to the position, at most the position, and either reduce-only or, together
        with the working orders on its side that are not reduce-only, at most the position.
        """
        if self.position * self.order.side.sign >= 0:
            return False
        if self.order.quantity > abs(self.position):
            return False
        return self.order.reduce_only or self.order.quantity <= self.reducible


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline says of one order."""

    denials: tuple[Denial, ...]
    reduces: bool
    before: AccountFigures | None
    after: AccountFigures | None
    """After this fill, with the other orders still working."""

    @property
    def accepted(self) -> bool:
        """Whether the order may leave."""
        return not self.denials
