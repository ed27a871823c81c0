"""An order as the paper venue holds it: in ticks and lots, with when it acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from desk.execution.outcome import Trailed
from desk.execution.queue_position import QueuePosition
from desk.model.instrument import IncrementError, Instrument, Kind, Lots, Ticks
from desk.model.numbers import ZERO
from desk.model.orders import Amendment, OrderTerms, OrderType, Side, TimeInForce
from desk.model.trailing import better_mark, distance, trailing_trigger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_10000_MS = 253_402_300_800_000

TOLD_PARTS = 20
"""A trigger that moves is said each time it has moved by this part of its distance."""


@dataclass(slots=True, kw_only=True)
class PaperOrder:
    """A live order at the paper venue; only a committed decision changes its quantities."""

    terms: OrderTerms
    instrument: Instrument
    arrival: int
    """Counts orders in the order they were sent: time priority."""
    acts_at_ns: int
    limit: Ticks
    """Limit price, or the collar of what takes at market: 0 before its trigger."""
    remaining: Lots
    filled: Decimal = ZERO
    refusal: str = ""
    """Why it will be rejected, or nothing."""
    fill_count: int = 0
    accepted: bool = False
    """The venue has said that it has it."""
    untriggered: bool = False
    """It has arrived, and waits for its trigger."""
    queue: QueuePosition | None = None
    """None while it does not rest in the book."""
    waits: bool = False
    """It has arrived, and waits for a book that can be used."""
    cancel_at_ns: int | None = None
    cancel_reason: str = ""
    amendment: Amendment | None = None
    amend_at_ns: int | None = None
    best: Decimal | None = None
    """Of a trailing stop: the best fresh mark since it arrived. It follows the market at once."""
    said: Trailed | None = None
    """What was last said of its trigger."""
    number: int = 0
    """Its last amendment that was answered."""
    rival: PaperOrder | None = field(default=None, repr=False, compare=False)
    """The order that this one's first fill cancels."""
    expired: bool = False
    """Its time was up once: a wall clock that is put back revives nothing."""

    @property
    def is_held_to(self) -> bool:
        """Whether it fills no more than there is to sell or to close: reduce-only, and every sale
        of coins, for another order may have sold what it had reserved."""
        sells_coins = self.instrument.kind is Kind.SPOT and self.terms.side is Side.SELL
        return self.terms.reduce_only or sells_coins

    @property
    def id(self) -> str:
        """The client order id."""
        return self.terms.id

    @property
    def side(self) -> Side:
        """The side of the book it rests on; it takes from the opposite one."""
        return self.terms.side

    @property
    def can_rest(self) -> bool:
        """Whether what cannot be taken at once stays in the book."""
        return self.terms.type.has_price and self.terms.tif.rests

    @property
    def priority(self) -> tuple[int, int]:
        """Price, then time: the smallest goes first among orders of one side."""
        return -self.limit * self.side.sign, self.arrival

    def due_ns(self) -> tuple[int, ...]:
        """Return when it arrives, is amended and is cancelled, as far as that lies ahead."""
        arrives = None if self.has_arrived else self.acts_at_ns
        moments = (arrives, self.amend_at_ns, self.cancel_at_ns)
        return tuple(moment for moment in moments if moment is not None)

    @property
    def has_arrived(self) -> bool:
        """Whether it rests in the book or waits for its trigger."""
        return self.queue is not None or self.untriggered

    def meet(self, other: PaperOrder) -> None:
        """Take the other of a pair; each cancels the other by filling."""
        if other is not self:
            self.rival, other.rival = other, self

    def part(self) -> None:
        """Leave the other of the pair alone: this one has ended."""
        if self.rival is not None:
            self.rival.rival = self.rival = None

    def expires(self, time_ms: int) -> bool:
        """Return whether its time is up, or was once; `time_ms` is the wall clock."""
        until_ms = self.terms.expires_ms
        self.expired = self.expired or (until_ms is not None and time_ms >= until_ms)
        return self.expired

    @property
    def expiry_reason(self) -> str:
        """What is said of it when its time is up."""
        until = EPOCH + timedelta(milliseconds=self.terms.expires_ms or 0)
        return f"its time was up: it was good till {until:%Y-%m-%d %H:%M:%S} UTC"

    def trail(self, mark: Decimal) -> None:
        """Let the trigger of a trailing stop follow a fresh mark."""
        best = better_mark(self.side, self.best, mark)
        if self.terms.type is not OrderType.TRAILING_STOP or best is None or best == self.best:
            return
        self.best = best
        trigger = trailing_trigger(self.terms, best, self.instrument.tick_size)
        if trigger != self.terms.trigger:
            self.terms = msgspec.structs.replace(self.terms, trigger=trigger)

    def is_to_say(self, *, reached: bool) -> bool:
        """Return whether its trigger has moved far enough since it was said last."""
        if self.best is None or self.terms.trigger is None:
            return False
        if self.said is None:
            return True
        moved = abs(self.terms.trigger - self.said.trigger)
        far = moved * TOLD_PARTS >= distance(self.terms, self.best, self.instrument.tick_size)
        return far or (reached and moved > 0)

    def count(self, lots: Lots, fills: int) -> None:
        """Count committed fills: their lots together, and how many they are."""
        self.remaining = Lots(self.remaining - lots)
        self.filled += self.instrument.quantity(lots)
        self.fill_count += fills

    def trigger(self) -> None:
        """Let it act from now on; unless it rests already, on the first book that can be used."""
        self.untriggered = False
        if self.queue is None:
            self.waits, self.acts_at_ns = True, 0

    def terms_after(self, amendment: Amendment) -> OrderTerms:
        """Return what it would be amended; a trailing stop of another distance has its trigger
        there."""
        terms = amendment.of(self.terms)
        if terms.type is not OrderType.TRAILING_STOP or self.best is None:
            return terms
        trigger = trailing_trigger(terms, self.best, self.instrument.tick_size)
        return msgspec.structs.replace(terms, trigger=trigger)

    def amend(self, arrival: int) -> None:
        """Become what was asked; `arrival` counts it anew where it loses its place.

        The place is kept where only the quantity falls, as at the venues (Binance USDⓈ-M, Modify
        Order). Elsewhere it leaves the queue and arrives again, behind everybody.
        """
        amendment = self.amendment
        assert amendment is not None, f"order {self.id} is not being amended"
        before, fell = self.limit, amendment.quantity <= self.terms.quantity
        self.terms = self.terms_after(amendment)
        self.remaining = self.instrument.lots(self.terms.quantity - self.filled)
        if self.terms.type.has_price:
            self.limit = _limit(self.terms, self.instrument, None)
        self.number = amendment.number
        self.amendment = self.amend_at_ns = None
        if self.queue is not None and not (fell and self.limit == before):
            self.queue, self.waits = None, True
            self.arrival, self.acts_at_ns = arrival, 0

    def why_not(self, amendment: Amendment) -> str:
        """Return why the venue would not take an amendment, or nothing."""
        return paper_order(amendment.of(self.terms), self.instrument, 0, 0, Decimal(1)).refusal


def collar_ticks(instrument: Instrument, side: Side, collar_price: Decimal | None) -> Ticks:
    """Return a collar in ticks, rounded inwards; 0 when there is none."""
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    collar = ZERO if collar_price is None else collar_price
    return Ticks(int((collar / instrument.tick_size).to_integral_value(rounding)))


def paper_order(
    terms: OrderTerms,
    instrument: Instrument,
    arrival: int,
    acts_at_ns: int,
    collar_price: Decimal | None,
    filled: Decimal = ZERO,
) -> PaperOrder:
    """Read an order in ticks and lots; one that cannot be read carries why it is refused."""
    limit, remaining, refusal = Ticks(0), Lots(0), _refusal(terms, instrument)
    if not refusal:
        try:
            remaining = instrument.lots(terms.quantity - filled)
            limit = _limit(terms, instrument, collar_price)
        except IncrementError as error:
            refusal = str(error)
        except (ArithmeticError, ValueError):
            refusal = "the price or quantity is no number that this instrument can count"
        else:
            refusal = _missing(terms, limit, remaining)
    return PaperOrder(
        terms=terms,
        instrument=instrument,
        arrival=arrival,
        acts_at_ns=acts_at_ns,
        limit=limit,
        remaining=remaining,
        filled=filled,
        refusal=refusal,
    )


def _refusal(terms: OrderTerms, instrument: Instrument) -> str:
    if terms.instrument != instrument.id:
        return f"the order is for {terms.instrument}, not for {instrument.id}"
    if terms.post_only and not (terms.type is OrderType.LIMIT and terms.tif.rests):
        return "only a limit order that is good till cancelled, or till a date, can be post-only"
    if (terms.tif is TimeInForce.GTD) is not (terms.expires_ms is not None):
        return "an order that is good till a date, and no other, has that date"
    if terms.expires_ms is not None and not 0 < terms.expires_ms < YEAR_10000_MS:
        return "the date that it is good till is none"
    if terms.type is OrderType.TRAILING_STOP:
        return _trail_refusal(terms, instrument)
    if terms.type.has_trigger and (terms.trigger is None or not terms.trigger > 0):
        return "it needs a positive trigger"
    return ""


def _trail_refusal(terms: OrderTerms, instrument: Instrument) -> str:
    trail, rate = terms.trail, terms.trail_rate
    if (trail is None) is (rate is None):
        return "it trails at a distance or at a fraction of the mark, one of the two"
    if trail is not None and not (trail.is_finite() and trail >= instrument.tick_size):
        return "it trails at a tick at least"
    if rate is not None and not (rate.is_finite() and 0 < rate < 1):
        return "it trails at a fraction between 0 and 1"
    return ""


def _missing(terms: OrderTerms, limit: Ticks, remaining: Lots) -> str:
    if remaining <= 0:
        return f"quantity {terms.quantity} is not positive"
    if terms.type.has_price and not limit > 0:
        return "a limit order needs a positive price"
    if terms.type is OrderType.MARKET and not limit > 0:
        return "a market order needs a collar price"
    return ""


def _limit(terms: OrderTerms, instrument: Instrument, collar_price: Decimal | None) -> Ticks:
    """Return the worst price in ticks; 0 when none is given."""
    if terms.type.has_price:
        return instrument.ticks(ZERO if terms.price is None else terms.price)
    return collar_ticks(instrument, terms.side, collar_price)
