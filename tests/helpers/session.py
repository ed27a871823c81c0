"""One connection of the desk on a simulated venue, over a line that also brings what it should not.

Between two good moments of the venue anything may arrive; the protocol may not raise, what it
refuses may change nothing but that a book is lost, and what it takes has to be sane.
"""

import re
import time
from collections import defaultdict

from helpers.dialects import BEAT_MS, MS, Wire, World
from helpers.hostile import written
from helpers.hostile_messages import MESSAGES
from helpers.mutations import Mutator
from helpers.sanity import check_event

from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.market_data import BookLost, FeedStatus, Liquidation, Trade
from desk.venues.connections import protocol_of, venue_of
from desk.venues.protocol import RestRequest

COUNT = re.compile(rb'"sequence_num":\d+')

KEPT = 6
"""Frames of a kind that are damaged."""

ENTRIES = {"coinbase": b'"product_id"', "kraken": b'"symbol"'}
"""What stands in each entry of a frame, where one may be refused and the next one taken."""
STANDS = b'"liquidation":"'
"""Deribit's word beside a print: where it is of nobody it is refused, and the print stands."""


class Session:
    """A connection, its good frames by kind, and what came of all that arrived."""

    def __init__(self, dialect, connection, seed=1):
        self.connection = connection
        self.world = World(dialect, seed)
        self.instruments = self.world.listed(connection)
        self.protocol = protocol_of(connection, self.instruments)
        self.market = MarketState(Catalogue(self.instruments))
        self.slowest_ns = 0
        self.inputs = self.taken = 0
        self._venue = self.world.venues[connection]
        self.good = defaultdict(list)
        """Good frames, by kind."""
        self._wires = {}
        self._mutator = None
        for endpoint in self.protocol.endpoints():
            self._open(endpoint.path)

    def warm_up(self, ms, rng):
        """Hear the venue for a while, and keep frames of every kind."""
        for _ in range(ms // BEAT_MS):
            self.live()
        symbols = [i.symbol.encode() for i in self.instruments]
        for name, message in MESSAGES.items():
            frame = written(message.good)
            if name.startswith(venue_of(self.connection)) and any(s in frame for s in symbols):
                self.good[name] = [frame]
        self._mutator = Mutator(rng, list(self.good.values()))

    def live(self):
        """Let a moment pass as it should."""
        wanted = set().union(*(wire.streams for wire in self._wires.values()))
        for stream, payload in self._venue.frames(self.world.moment(), wanted):
            for wire in self._wires.values():
                if stream in wire.streams:
                    self._keep(stream.partition("@")[2], payload)
                    self._receive(self._numbered(payload))
        self.protocol.tick(self._now_ns)
        self._take_events()
        self._converse()

    def suffer(self):
        """Take one damaged frame."""
        self.inputs += 1
        rejected = self.protocol.counters.rejected
        frame = self._mutator.draw()
        kinds = self.take(frame)
        refused = self.protocol.counters.rejected > rejected
        self.taken += bool(kinds) and not refused
        entry = ENTRIES.get(venue_of(self.connection))
        if refused and (entry is None or frame.count(entry) < 2):
            stands = {Trade, Liquidation} if STANDS in frame else set()
            assert kinds <= {BookLost, FeedStatus, *stands}, "what is refused changes nothing"

    def take(self, frame):
        """Take a frame; return the kinds of its events."""
        self._receive(self._numbered(frame))
        return self._take_events()

    def answer_badly(self):
        """Answer each request there can be with a damaged answer, and with anything else."""
        for request in self._requests():
            for good in self.good.get(f"answer about {request.about}", ()):
                self._respond(request, self._mutator.damaged(good))
            self._respond(request, self._mutator.draw())
            self._take_events()

    def recover(self, ms):
        """Let the venue go on undisturbed, for so long or until all is well."""
        for _ in range(ms // BEAT_MS):
            self.live()
            if not self.wrong():
                return

    def wrong(self):
        """Return the instruments without a book or a mark.

        Marks may be stale: frames with stamps of another time that told it three times over were
        believed, as they have to be.
        """
        return [
            (market.instrument.id, market.book.lost_reason, market.mark_price)
            for market in self.market.all()
            if not market.book.synced or market.mark_price is None
        ]

    @property
    def _now_ns(self):
        return self.world.now_ms * MS

    def _open(self, path):
        wire = self._wires[path] = Wire(self.world, self.connection, path, len(self.good))
        self.protocol.connection_made(path, self._now_ns)
        for told in wire.welcome:
            self._receive(told.frame)

    def _converse(self):
        for path, wire in list(self._wires.items()):
            if self.protocol.roll_wanted(path):
                self.protocol.connection_lost(path, "left", self._now_ns)
                self._open(path)
                continue
            for frame in self.protocol.frames_to_send(path):
                for told in wire.hear(frame):
                    self._keep(f"answer {told.stream or ''}", told.frame)
                    self._receive(self._numbered(told.frame))
        for request in self.protocol.requests_to_send():
            body = self.world.answer(self.connection, request)
            self._keep(f"answer about {request.about}", body)
            self._respond(request, body)
        self._take_events()

    def _requests(self):
        if venue_of(self.connection) != "binance":
            return [RestRequest(self.connection, "", "BTC")]
        symbols = [i.symbol for i in self.instruments]
        return [
            *(self.protocol.snapshot_request(symbol) for symbol in symbols),
            RestRequest(self.connection, "", symbols[0], "open_interest"),
            RestRequest(self.connection, "", "fundingInfo", "funding"),
        ]

    def _keep(self, kind, frame):
        if len(self.good[kind]) < KEPT:
            self.good[kind].append(frame)

    def _numbered(self, frame):
        """Give a frame the number that is expected, where the venue counts: else none is read."""
        expected = getattr(self.protocol, "_next", None)
        return frame if expected is None else COUNT.sub(b'"sequence_num":%d' % expected, frame, 1)

    def _receive(self, frame):
        began = time.thread_time_ns()
        self.protocol.receive_frame(frame, self._now_ns)
        self.slowest_ns = max(self.slowest_ns, time.thread_time_ns() - began)

    def _respond(self, request, body):
        began = time.thread_time_ns()
        self.protocol.receive_response(request, body, self._now_ns)
        self.slowest_ns = max(self.slowest_ns, time.thread_time_ns() - began)

    def _take_events(self):
        """Hand on what was understood; return its kinds."""
        events = self.protocol.events_received()
        for event in events:
            check_event(event)
            self.market.apply(event)
        for instrument in self.market.take_distrusted():
            self.protocol.resync(instrument, self._now_ns)
            events += self.protocol.events_received()
        return {type(event) for event in events}
