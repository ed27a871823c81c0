"""Every dialect of the simulator without sockets: one market, and what a venue says of it.

Time is the market's own and passes when it is told to. Binance's dialect has another shape than
the others; here each of its sections is a venue like them.
"""

from collections import defaultdict
from typing import NamedTuple

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.sim.binance.commands import obey
from desk.sim.binance.dialect import CONNECTIONS as BINANCE_SECTIONS
from desk.sim.binance.dialect import BinanceDialect
from desk.sim.binance.rest import RestDesk
from desk.sim.binance.streams import is_carried, parse_route
from desk.sim.bybit.venue import BybitVenue
from desk.sim.candles import History
from desk.sim.coinbase.venue import HABITS as COINBASE_HABITS
from desk.sim.coinbase.venue import CoinbaseVenue
from desk.sim.deribit.venue import DeribitVenue
from desk.sim.dialect import Moment, Stage
from desk.sim.hyperliquid.venue import HyperliquidVenue
from desk.sim.injector import FaultInjector
from desk.sim.kraken.venue import HABITS as KRAKEN_HABITS
from desk.sim.kraken.venue import KrakenVenue
from desk.sim.market import Market
from desk.sim.okx.venue import OkxVenue
from desk.sim.speech import Posting, Reply
from desk.sim.stablecoins import ASSETS
from desk.sim.subscriber import NO_HABITS
from desk.venues.connections import LISTINGS, venue_of

START_MS = 1_795_392_000_000  # 2026-11-23T00:00:00Z
BEAT_MS = 50
MS = 1_000_000

DIALECTS = {
    "binance": tuple(BINANCE_SECTIONS),
    "okx": ("okx",),
    "bybit": ("bybit-linear", "bybit-spot", "bybit-inverse"),
    "deribit": ("deribit",),
    "hyperliquid": ("hyperliquid",),
    "coinbase": ("coinbase",),
    "kraken": ("kraken",),
}
"""The connections that each dialect is heard by."""

VENUES = {
    "okx": OkxVenue,
    "bybit": BybitVenue,
    "deribit": DeribitVenue,
    "hyperliquid": HyperliquidVenue,
    "coinbase": CoinbaseVenue,
    "kraken": KrakenVenue,
}
HABITS = {"coinbase": COINBASE_HABITS, "kraken": KRAKEN_HABITS}


class Section:
    """One section of Binance, with the words of `desk.sim.speech.Venue`."""

    def __init__(self, name, parts, speed=1):
        self._name = name
        self._parts = {part.symbol.lower(): part for part in parts if part.section == name}
        feeds = {part.symbol: part.feed for part in self._parts.values()}
        self._rest = RestDesk(name, feeds, speed)
        self._streams = defaultdict(set)

    def obey(self, route, text, connection_id):
        streams = self._streams[connection_id]
        answer = obey(text, streams)
        carries = parse_route(route, self._name).carries
        return Reply((answer,), joined=tuple(s for s in streams if is_carried(s, carries)))

    def rest(self, path, now_ms):
        return self._rest.answer(path, now_ms)

    def greeting(self, stream):
        return None

    def frames(self, moment, wanted):
        for symbol, part in self._parts.items():
            kinds = {s.partition("@")[2] for s in wanted if s.startswith(f"{symbol}@")}
            events = part.events(moment, kinds)
            for kind, payload in part.feed.frames(events, moment.until_us, kinds):
                stream = f"{symbol}@{kind}"
                yield stream, b'{"stream":"%b","data":%b}' % (stream.encode(), payload)


class World:
    """A market and the venues of one dialect."""

    def __init__(self, dialect, seed):
        catalogue = load_catalogue(resource("instruments.toml")).all()
        instruments = [i for i in catalogue if i.connection in ("binance-spot", "binance-usdm")]
        self.market = Market(instruments, seed=seed, start_ms=START_MS, stablecoins=ASSETS)
        self.market.advance(START_MS + 1_000)  # there is a mark
        traded = (*self.market.listings, *self.market.stablecoins)
        self.stage = Stage(
            listings=self.market.listings,
            stablecoins=self.market.stablecoins,
            history={name: History() for name in traded},
            speed=1,
            now_us=self.market.time_ms * 1_000,
            wall_ms=lambda: self.now_ms,
            faults=FaultInjector([], seed),
        )
        self.now_ms = self.market.time_ms
        if dialect == "binance":
            parts = BinanceDialect(self.stage)._parts
            self.venues = {c: Section(name, parts) for c, name in BINANCE_SECTIONS.items()}
        else:
            venue = VENUES[dialect](self.stage)
            self.venues = dict.fromkeys(DIALECTS[dialect], venue)

    def moment(self, ms=BEAT_MS, *, still=False):
        """Let time pass; `still`: let nothing happen meanwhile."""
        self.now_ms += ms
        events = {name: [] for name in self.stage.history}
        if still:
            self.market.stand_still(self.now_ms)
        else:
            events |= self.market.advance(self.now_ms)
        elapsed_ms = self.now_ms - START_MS
        until_us = self.now_ms * 1_000
        return Moment(events=events, until_us=until_us, elapsed_ms=elapsed_ms, happening=[])

    def answer(self, connection, request):
        """The body that answers a request."""
        venue = self.venues[connection]
        if request.body is not None:
            assert isinstance(venue, Posting)
            return venue.post(request.path, request.body, self.now_ms)[1]
        return venue.rest(request.path, self.now_ms)[1]

    def listed(self, connection):
        """The connection's instruments, as the venue lists them."""
        source = LISTINGS[connection]
        listings = [source.read(r, self.answer(connection, r)) for r in source.requests]
        assert not any(listing.refused for listing in listings)
        return [i for x in listings for i in x.instruments if i.connection == connection]


class Told(NamedTuple):
    """One frame on its way to a client; `stream` is None for what is told to it alone."""

    stream: str | None
    frame: bytes
    number: int | None
    """Of the connection, where the venue counts its frames."""


class Wire:
    """One socket of a client, at the venue's end."""

    def __init__(self, world, connection, path, number):
        self._venue = world.venues[connection]
        habits = HABITS.get(venue_of(connection), NO_HABITS)
        is_section = isinstance(self._venue, Section)
        self._route = path if is_section else self._venue.route(path)
        assert self._route is not None, path
        self.id = f"{number:08x}"
        self.streams = set()
        self._seal = habits.seal
        self._number = 0
        self.welcome = [] if habits.welcome is None else [self.told(habits.welcome(self.id))]

    def hear(self, frame):
        """Take a client's request; return what answers it."""
        reply = self._venue.obey(self._route, frame.decode(), self.id)
        answers = [self.told(answer) for answer in reply.answers]
        self.streams.difference_update(reply.left)
        for stream in reply.joined:
            self.streams.add(stream)
            greeting = self._venue.greeting(stream) if reply.is_greeted else None
            if greeting is not None:
                answers.append(self.told(greeting, stream))
        if reply.summary is not None:
            answers.append(self.told(reply.summary(self.streams)))
        return answers

    def told(self, payload, stream=None):
        """Return a frame as this client gets it."""
        sealed = None if self._seal is None else self._seal(payload, self._number)
        if sealed is None:
            return Told(stream, payload, None)
        self._number += 1
        return Told(stream, sealed, self._number - 1)
