"""An order as the paper venue holds it: in ticks and lots, with when it acts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from desk.execution.queue_position import QueuePosition
from desk.model.instrument import IncrementError, Instrument, Lots, Ticks
from desk.model.numbers import ZERO
from desk.model.orders import OrderTerms, OrderType, Side, TimeInForce


@dataclass(slots=True, kw_only=True)
class PaperOrder:
    """A live order at the paper venue; only a committed decision changes its quantities."""

    terms: OrderTerms
    instrument: Instrument
    arrival: int
    """Counts orders in the order they were sent: time priority."""
    acts_at_ns: int
    limit: Ticks
    """Limit price, or the collar of a MARKET order."""
    remaining: Lots
    filled: Decimal = ZERO
    refusal: str = ""
    """Why it will be rejected, or nothing."""
    fill_count: int = 0
    queue: QueuePosition | None = None
    """None while it does not rest in the book."""
    waits: bool = False
    """It has arrived, and waits for a book that can be used."""
    cancel_at_ns: int | None = None
    cancel_reason: str = ""

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
        return self.terms.type is OrderType.LIMIT and self.terms.tif is TimeInForce.GTC

    @property
    def priority(self) -> tuple[int, int]:
        """Price, then time: the smallest goes first among orders of one side."""
        return -self.limit * self.side.sign, self.arrival

    def due_ns(self) -> tuple[int, ...]:
        """Return the moments at which it will arrive and be cancelled, as far as they lie ahead."""
        arrives = () if self.queue is not None else (self.acts_at_ns,)
        return arrives if self.cancel_at_ns is None else (*arrives, self.cancel_at_ns)

    def count(self, lots: Lots, fills: int) -> None:
        """Count committed fills: their lots together, and how many they are."""
        self.remaining = Lots(self.remaining - lots)
        self.filled += self.instrument.quantity(lots)
        self.fill_count += fills


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
    rests = terms.type is OrderType.LIMIT and terms.tif is TimeInForce.GTC
    if terms.post_only and not rests:
        return "only a good-till-cancelled limit order can be post-only"
    return ""


def _missing(terms: OrderTerms, limit: Ticks, remaining: Lots) -> str:
    if remaining <= 0:
        return f"quantity {terms.quantity} is not positive"
    if limit > 0:
        return ""
    if terms.type is OrderType.LIMIT:
        return "a limit order needs a positive price"
    return "a market order needs a collar price"


def _limit(terms: OrderTerms, instrument: Instrument, collar_price: Decimal | None) -> Ticks:
    """Return the worst price in ticks; 0 when none is given. A collar is rounded inwards."""
    if terms.type is OrderType.LIMIT:
        return instrument.ticks(ZERO if terms.price is None else terms.price)
    rounding = ROUND_FLOOR if terms.side is Side.BUY else ROUND_CEILING
    collar = ZERO if collar_price is None else collar_price
    return Ticks(int((collar / instrument.tick_size).to_integral_value(rounding)))
