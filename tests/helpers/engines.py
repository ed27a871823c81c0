"""An engine with a market that the test writes, and a journal that is a list."""

from decimal import Decimal as D

import msgspec

from desk.cli.shipped import shipped_profile
from desk.engine.desk import Desk, Rules, Settings
from desk.engine.engine import Engine
from desk.engine.message import Clock, Committed, Given, Heard, NotCommitted
from desk.execution.paper import PaperVenue
from desk.io.resources import resource
from desk.margin.inputs import MarginTerms, Tier
from desk.model.catalogue import load_catalogue
from desk.model.command import Quantity
from desk.model.commands import Deposit, SubmitOrder
from desk.model.journal import Row
from desk.model.market_data import BookDelta, BookSnapshot, MarkPrice, Trade
from desk.model.orders import OrderType, Side
from desk.risk.context import Limits

BTC = "BTCUSDT-PERP.BINANCE"
ETH = "ETHUSDT-PERP.BINANCE"
SPOT = "BTCUSDT.BINANCE"
MS = 1_000_000
START_NS = 1_000_000 * MS
START_MS = 1_795_000_000_000  # 2026-11-18

CATALOGUE = load_catalogue(resource("instruments.toml"))

# Binance USDⓈ-M BTCUSDT, tiers 1-4 as of 2026-09 (maintenance amounts continue each other).
TIERS = tuple(
    Tier(
        notional_floor=D(floor),
        notional_cap=None if cap is None else D(cap),
        maintenance_rate=D(rate),
        maintenance_amount=D(amount),
        max_leverage=D(leverage),
    )
    for floor, cap, rate, amount, leverage in (
        ("0", "300000", "0.004", "0", "150"),
        ("300000", "800000", "0.005", "300", "100"),
        ("800000", "3000000", "0.0065", "1500", "75"),
        ("3000000", None, "0.01", "12000", "50"),
    )
)

LIMITS = Limits(
    collar_rate=D("0.03"),
    max_value_usd=D(2_500_000),
    instrument_limit_usd=D(50_000_000),
    account_limit_usd=D(100_000_000),
    max_leverage=D(5),
    max_open_orders=100,
    divergence_rate=D("0.03"),
    dispersion_rate=D("0.01"),
    mark_sources=3,
    max_quantity={"BTC": D(100), "ETH": D(1000)},
    allow_reduce_when_halted=True,
)

RULES = Rules(
    name="test",
    hash="0" * 64,
    limits=LIMITS,
    default_leverage=D(5),
    messages_per_s=20,
    message_burst=50,
    two_persons=False,
    repeat_limit=10,
    repeat_window_s=60,
    profile=shipped_profile("hk_sfc_2026"),
)


class Trader:
    """Drives an engine as the runtime does: journal first, then act, then say."""

    def __init__(
        self,
        rows=(),
        *,
        sample_client=True,
        rules=RULES,
        catalogue=CATALOGUE,
        mode="SIMULATED",
        wall_ms=START_MS,
        venue=None,
        now_ns=START_NS,
    ):
        terms = {i: MarginTerms(model="binance", tiers=TIERS) for i in (BTC, ETH)}
        settings = Settings(
            mode=mode,
            sample_client=sample_client,
            fed=frozenset(catalogue.connections()) - {"binance-coinm"},
            traded=frozenset({"binance-spot", "binance-usdm"}),
        )
        self.desk = Desk(
            catalogue=catalogue,
            terms=lambda day: terms,
            rules=rules,
            settings=settings,
            venue=venue or PaperVenue(latency_ms=50),
        )
        self.engine = Engine(self.desk)
        self.rows = list(rows)
        self.events = []
        self.refuse = None
        """A NotCommitted to answer every append with."""
        self.now_ns, self.wall_ms = now_ns, wall_ms
        self._book_ids = {}
        self._trades = 0
        self.engine.replay(self.rows)
        self.tick()
        self.engine.resume()

    @property
    def state(self):
        return self.desk.state

    def process(self, message):
        work = self.engine.handle(message)
        self.events += work.events
        while work.entries:
            work = self.engine.handle(self._answer(work.entries))
            self.events += work.events
        return self.events

    def _answer(self, entries):
        if self.refuse is not None and (
            not self.refuse.full or not all(entry.reserve for entry in entries)
        ):
            return self.refuse
        new = [
            Row(seq=len(self.rows) + n, entry=_stored(entry), hash="")
            for n, entry in enumerate(entries, start=1)
        ]
        self.rows += new
        return Committed(new)

    def tick(self, ms=0):
        self.now_ns += ms * MS
        self.wall_ms += ms
        return self.process(Clock(self.now_ns, self.wall_ms))

    def run(self, ms, step=20):
        for _ in range(0, ms, step):
            self.tick(step)

    def give(self, command, number=None):
        """Give a command and return the events it caused, its answer last."""
        self.tick()
        before = len(self.events)
        self.process(Given(command, number))
        return self.events[before:]

    def hear(self, event):
        self.tick()
        before = len(self.events)
        self.process(Heard(event))
        return self.events[before:]

    def mark(self, instrument=BTC, price="60000", index=None, rate="0.0001"):
        return self.hear(
            MarkPrice(
                instrument=instrument,
                mark=D(price),
                index=D(index or price),
                funding_rate=D(rate),
                next_funding_ms=self.wall_ms + 3_600_000,
                ts_recv_ns=self.now_ns,
                ts_venue_ms=self.wall_ms,
                funding_interval_h=8,
            )
        )

    def book(self, instrument=BTC, bids=(("59999.9", "10"),), asks=(("60000.0", "10"),)):
        terms = self.desk.catalogue.get(instrument)
        self._book_ids[instrument] = 1
        return self.hear(
            BookSnapshot(
                instrument=instrument,
                last_id=1,
                bids=_levels(terms, bids),
                asks=_levels(terms, asks),
                ts_recv_ns=self.now_ns,
                ts_venue_ms=self.wall_ms,
            )
        )

    def delta(self, instrument=BTC, bids=(), asks=()):
        terms = CATALOGUE.get(instrument)
        self._book_ids[instrument] += 1
        number = self._book_ids[instrument]
        return self.hear(
            BookDelta(
                instrument=instrument,
                first_id=number,
                last_id=number,
                bids=_levels(terms, bids),
                asks=_levels(terms, asks),
                ts_recv_ns=self.now_ns,
                ts_venue_ms=self.wall_ms,
            )
        )

    def trade(self, price, quantity, side=Side.SELL, instrument=BTC):
        terms = CATALOGUE.get(instrument)
        self._trades += 1
        return self.hear(
            Trade(
                instrument=instrument,
                trade_id=self._trades,
                price=terms.ticks(price),
                quantity=terms.lots(quantity),
                side=side,
                ts_recv_ns=self.now_ns,
                ts_venue_ms=self.wall_ms,
            )
        )

    def market(self):
        """A quiet market: fresh marks and synced books in both perpetuals."""
        self.mark(BTC, "60000")
        self.book(BTC)
        self.mark(ETH, "2500")
        self.book(ETH, bids=(("2499.99", "500"),), asks=(("2500.00", "500"),))

    def deposit(self, quantity="100000", asset="USDT", account="perp-1", command_id="dep-1"):
        return self.give(Deposit(id=command_id, account=account, asset=asset, quantity=D(quantity)))

    def buy(self, quantity="1", price="60000", **fields):
        return self.give(order(Side.BUY, quantity, price, **fields))

    def sell(self, quantity="1", price="60000", **fields):
        return self.give(order(Side.SELL, quantity, price, **fields))

    def restarted(self, **fields):
        """The desk as it comes back from its journal."""
        return Trader(self.rows, **fields)


def order(side, quantity="1", price="60000", **fields):
    """An order as the console would read it; price None is a market order."""
    given = {
        "id": f"{side.value}-{quantity}-{price}",
        "account": None,
        "instrument": BTC,
        "side": side,
        "quantity": quantity if isinstance(quantity, Quantity) else Quantity(D(quantity)),
        "type": OrderType.MARKET if price is None else OrderType.LIMIT,
        "price": None if price is None else D(price),
    }
    return SubmitOrder(**{**given, **fields})


def decided(rows):
    """Rows without the records of what was raised."""
    return [row for row in rows if row.entry.type != "alert"]


def full(reason="the disk is full"):
    return NotCommitted(full=True, reason=reason)


def unwritable(reason="a sync failed"):
    return NotCommitted(full=False, reason=reason)


def _levels(terms, levels):
    return [(terms.ticks(price), terms.lots(quantity)) for price, quantity in levels]


def _stored(entry):
    """An entry as it comes back from text: what cannot be stored is found here."""
    return msgspec.json.decode(msgspec.json.encode(entry), type=type(entry))
