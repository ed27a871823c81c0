"""A stage for the paper venue: books, a clock in milliseconds, positions, and the desk's side.

It plays the engine's part: decide, (journal,) commit, fold.
"""

from decimal import Decimal as D

from desk.execution.order import Order, apply, asked
from desk.execution.outcome import Cancelled, Filled
from desk.execution.paper import PaperVenue
from desk.market.book import Book
from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, MarkPrice, Trade
from desk.model.orders import Amendment, OrderTerms, OrderType, Side, TimeInForce

WALL_MS = 1_800_000_000_000
MS = 1_000_000

TERMS = {
    "venue": "TEST",
    "connection": "test",
    "kind": Kind.PERPETUAL,
    "contract": Contract.LINEAR,
    "base": "BTC",
    "quote": "USDT",
    "settle": "USDT",
    "contract_size": D(1),
    "tick_size": D("0.1"),
    "lot_size": D("0.001"),
    "min_quantity": D("0.001"),
    "min_notional": D(5),
    "maker_fee_rate": D("0.0002"),
    "taker_fee_rate": D("0.0005"),
}
PERP = Instrument(id=InstrumentId("BTCUSDT-PERP.TEST"), symbol="BTCUSDT", **TERMS)
OTHER = Instrument(id=InstrumentId("ETHUSDT-PERP.TEST"), symbol="ETHUSDT", **TERMS)
INVERSE = Instrument(
    id=InstrumentId("BTCUSD-PERP.TEST"),
    symbol="BTCUSD",
    **TERMS
    | {
        "contract": Contract.INVERSE,
        "quote": "USD",
        "settle": "BTC",
        "contract_size": D(100),
        "lot_size": D(1),
    },
)
SPOT = Instrument(
    id=InstrumentId("BTCUSDT.TEST"), symbol="BTCUSDT", **TERMS | {"kind": Kind.SPOT, "settle": "X"}
)

BUY, SELL = Side.BUY, Side.SELL


def terms(order_id, side, quantity, price=None, instrument=PERP, **changes):
    """Return an order: LIMIT with a price, MARKET without."""
    return OrderTerms(
        id=order_id,
        account=changes.pop("account", "perp-1"),
        instrument=instrument.id,
        side=side,
        quantity=D(quantity),
        type=changes.pop("type", OrderType.MARKET if price is None else OrderType.LIMIT),
        price=None if price is None else D(price),
        tif=changes.pop("tif", TimeInForce.GTC),
        **changes,
    )


def levels(instrument, rows):
    return [(instrument.ticks(D(price)), instrument.lots(D(quantity))) for price, quantity in rows]


class Stage:
    """A venue with its market; every method returns the outcomes it caused."""

    def __init__(self, latency_ms=50, instruments=(PERP, OTHER)):
        self.venue = PaperVenue(latency_ms)
        self.instruments = {i.id: i for i in instruments}
        self.books = {i.id: Book(i.id) for i in instruments}
        self.positions = {}
        self.marks = {}
        """Fresh marks; one that is taken out is stale."""
        self.short_of_margin = set()
        self.orders = {}
        self.log = []
        self.now_ms = 0
        self.wall_ms = WALL_MS
        """The wall clock when `now_ms` is 0: to be put back or forward."""

    def held(self, account, instrument):
        return self.position(account, instrument)

    def fresh_mark(self, instrument):
        return self.marks.get(instrument)

    def filled(self, order_id):
        return self.orders[order_id].filled

    def guarded(self, order):
        return None

    def lacks_margin(self, order):
        return order.account in self.short_of_margin

    def collar(self, order):
        """The worst price from here: the mark ± 3 %, as the desk gives it."""
        mark = self.marks.get(order.instrument)
        return None if mark is None else mark * (1 + D("0.03") * order.side.sign)

    def position(self, account, instrument):
        return self.positions.get((account, instrument), D(0))

    def submit(self, order, collar=None):
        """Send an order now; nothing happens before its latency has passed."""
        instrument = self.instruments[order.instrument]
        if order.id not in self.orders:
            self.orders[order.id] = Order(terms=order, created_ms=WALL_MS + self.now_ms)
        collar = None if collar is None else D(collar)
        self.venue.submit(order, instrument, self.now_ms * MS, collar)

    def cancel(self, order_id):
        return self.venue.cancel(order_id, self.now_ms * MS)

    def place(self, order, collar=None):
        """Send an order and let its latency pass."""
        self.submit(order, collar)
        return self.at(self.now_ms + 50)

    def at(self, now_ms):
        """Let time pass, and ask until nothing more is due, as the engine does."""
        self.now_ms, said = now_ms, []
        while outcomes := self._happen(
            self.venue.on_time(now_ms * MS, self.wall_ms + now_ms, self.books, self)
        ):
            said += outcomes
        return said

    def snapshot(self, bids, asks, instrument=PERP):
        return self.market(
            BookSnapshot(
                instrument.id,
                1,
                levels(instrument, bids),
                levels(instrument, asks),
                self.now_ms * MS,
                self.now_ms,
            )
        )

    def delta(self, bids=(), asks=(), instrument=PERP, venue_ms=None):
        return self.market(
            BookDelta(
                instrument.id,
                1,
                1,
                levels(instrument, bids),
                levels(instrument, asks),
                self.now_ms * MS,
                self.now_ms if venue_ms is None else venue_ms,
            )
        )

    def trade(self, price, quantity, taker, instrument=PERP, venue_ms=None):
        venue_ms = self.now_ms if venue_ms is None else venue_ms
        ticks, lots = levels(instrument, [(price, quantity)])[0]
        return self.market(Trade(instrument.id, 1, ticks, lots, taker, self.now_ms * MS, venue_ms))

    def mark(self, price, instrument=PERP):
        """A fresh mark, which is published."""
        self.marks[instrument.id] = D(price)
        return self.market(
            MarkPrice(instrument.id, D(price), None, None, None, self.now_ms * MS, self.now_ms)
        )

    def amend(self, order_id, quantity=None, price=None, trigger=None, trail=None):
        """Ask to amend, as the desk does: what is not named stays."""
        order = self.orders[order_id]
        if not order.is_live:
            return False
        terms = order.terms
        amendment = Amendment(
            order_id=order_id,
            number=order.amendments + 1,
            quantity=terms.quantity if quantity is None else D(quantity),
            price=terms.price if price is None else D(price),
            trigger=terms.trigger if trigger is None else D(trigger),
            trail=terms.trail if trail is None else D(trail),
            trail_rate=terms.trail_rate if trail is None else None,
        )
        self.orders[order_id] = asked(order, amendment)
        return self.venue.amend(amendment, self.now_ms * MS)

    def lose(self, instrument=PERP):
        return self.market(BookLost(instrument.id, None, None, "gap", self.now_ms * MS))

    def market(self, event):
        """Bring a market event as the engine does: due orders, the book, resting orders."""
        due = self.at(self.now_ms)
        book = self.books[event.instrument]
        match event:
            case BookSnapshot():
                book.apply_snapshot(event)
            case BookDelta():
                book.apply_delta(event)
            case BookLost():
                book.lose(event.reason)
        return due + self._happen(
            self.venue.on_market(event, book, self.wall_ms + self.now_ms, self)
        )

    def restart(self):
        """Replace the venue by one rebuilt from the orders; the books start anew."""
        self.venue = PaperVenue()
        self.books = {instrument: Book(instrument) for instrument in self.instruments}
        for order in self.orders.values():
            instrument = self.instruments[order.terms.instrument]
            self.venue.restore(order, instrument, self.now_ms * MS, D(10**6))

    def _happen(self, decision):
        self.venue.commit(decision)
        for outcome in decision.outcomes:
            order_id = outcome.order_id
            self.orders[order_id] = apply(self.orders[order_id], outcome)
            if isinstance(outcome, Filled):
                fill = outcome.fill
                key = (fill.account, fill.instrument)
                self.positions[key] = self.position(*key) + fill.side.sign * fill.quantity
        self.log.extend(decision.outcomes)
        return list(decision.outcomes)


def fills(outcomes):
    """Return (order id, quantity, price) of each fill, as text."""
    return [
        (o.fill.order_id, str(o.fill.quantity), str(o.fill.price))
        for o in outcomes
        if isinstance(o, Filled)
    ]


def reasons(outcomes):
    return [o.reason for o in outcomes if isinstance(o, Cancelled)]


def words(outcomes):
    """Return what kind each outcome is."""
    return [type(o).__name__ for o in outcomes]
