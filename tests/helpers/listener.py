"""One connection of the desk at the end of a bad line, held against the truth frame by frame."""

from typing import NamedTuple

from helpers.dialects import MS, Told, Wire
from helpers.true_books import NOWHERE, Place

from desk.market.state import MarketState
from desk.model.catalogue import Catalogue
from desk.model.instrument import Kind
from desk.model.market_data import BookDelta, BookLost, BookSnapshot
from desk.venues.connections import protocol_of


class Sent(NamedTuple):
    """A frame with its place in the truth."""

    told: Told
    place: Place

    @property
    def stream(self):
        return self.told.stream

    def cut_off(self):
        """Return what is left of it: nothing that could be read."""
        told = Told(self.stream, self.told.frame[: len(self.told.frame) // 2], None)
        return Sent(told, NOWHERE)


class Listener:
    """One connection of the desk: its protocol, its books, and the truth beside them.

    For each book a gap is expected as soon as the line withholds a change from it, and has to be
    found at the next frame of that stream; where the venue counts all frames of the connection,
    at the next frame of any stream.
    """

    def __init__(self, world, connection, truth, line, tally):
        self.world, self.connection = world, connection
        self.truth, self.line, self.tally = truth, line, tally
        instruments = [book.instrument for book in truth.of.values()]
        self.instruments = {i.symbol: i for i in instruments}
        self.market = MarketState(Catalogue(instruments))
        self.protocol = protocol_of(connection, instruments)
        self._symbols = {i.id: i.symbol for i in instruments}
        self._stands = dict.fromkeys(self.instruments)
        """The version that each book is; None while it is lost."""
        self._begun = dict.fromkeys(self.instruments, 0)
        """Index of the frame that it began with."""
        self._lost_at = dict.fromkeys(self.instruments)
        self._withheld = set()
        """Symbols that miss a change and cannot know it yet; or the connection."""
        self._wires, self._coming = {}, {}
        self._expected = 0
        """Number of the next frame, where the venue counts those of a connection."""
        for endpoint in self.protocol.endpoints():
            self._open(endpoint.path)
        self.converse()

    def hear(self, frames, pulses):
        """Take what the venue tells in a moment, after what it has answered before."""
        for path, wire in self._wires.items():
            coming, self._coming[path] = self._coming[path], []
            for stream, payload, place in frames:
                if stream in wire.streams:
                    coming.append(Sent(wire.told(payload, stream), place))
            coming += [Sent(wire.told(frame), NOWHERE) for frame in pulses.get(wire.id, ())]
            for sent in coming:
                self._carry(sent)
        self.protocol.tick(self._now_ns)
        self._apply(NOWHERE)

    def converse(self):
        """Carry requests to the venue; what it answers on a socket comes with the next moment."""
        for path in self._wires:
            if self.protocol.roll_wanted(path):
                self.protocol.connection_lost(path, "left", self._now_ns)
                self.line.cut()
                self._open(path)
        for path, wire in self._wires.items():
            for frame in self.protocol.frames_to_send(path):
                self._coming[path] += self._placed(wire.hear(frame))
        for request in self.protocol.requests_to_send():
            body = self.world.answer(self.connection, request)
            if request.about == "book":
                self.truth.of[request.key].take_answer(body)
            self.protocol.receive_response(request, body, self._now_ns)
        self._apply(NOWHERE)

    def wanted(self):
        """Return the streams that somebody is subscribed to."""
        return {stream for wire in self._wires.values() for stream in wire.streams}

    def wrong(self):
        """Yield what is not as it should be on a good line."""
        yield from self.wrong_books()
        for instrument in self.instruments.values():
            if self.market.quality(instrument.id, self._now_ns) != "LIVE":
                yield instrument.id, "not live"
        yield from (s.name for s in self.protocol.streams() if not s.active)
        yield from self._withheld

    def wrong_books(self):
        """Yield the books that are not the venue's own."""
        for symbol, stands in self._stands.items():
            last = self.truth.of[symbol].last
            if stands is None or (stands.bids, stands.asks) != (last.bids, last.asks):
                yield symbol, self._book(symbol).lost_reason

    def meet_newcomer(self, venue):
        """Hold what all changes have come to against what the venue tells whole."""
        for stream in self.wanted():
            if (greeting := venue.greeting(stream)) is not None:
                self.truth.place(stream, greeting)
        for symbol, request in self.truth.requests.items():
            book = self.truth.of[symbol]
            book.take_answer(self.world.answer(self.connection, request))
            assert book.last[2:] == book.versions[-2][2:]

    def wires(self):
        """Return the ids of the open sockets."""
        return [wire.id for wire in self._wires.values()]

    @property
    def _now_ns(self):
        return self.world.now_ms * MS

    def _book(self, symbol):
        return self.market.books[self.instruments[symbol].id]

    # ------------------------------------------------------------------ the line

    def _open(self, path):
        self.tally["sockets"] += 1
        wire = Wire(self.world, self.connection, path, self.tally["sockets"])
        self._wires[path], self._coming[path] = wire, self._placed(wire.welcome)
        self._expected = 0
        self.protocol.connection_made(path, self._now_ns)

    def _placed(self, answers):
        return [Sent(told, self.truth.place(told.stream, told.frame)) for told in answers]

    def _carry(self, sent):
        self._recognise(sent.place)
        arriving = self.line.carry(sent)
        if sent not in arriving:
            self._withhold(sent)
        for arrived in arriving:
            self._deliver(arrived)

    def _recognise(self, place):
        """A whole book that was asked for may be what only the next change brings the others to."""
        before = self._stands.get(place.symbol)
        if before is not None and before.number is not None:
            self._stands[place.symbol] = self.truth.of[place.symbol].at(before.number)

    def _withhold(self, sent):
        """Expect a gap, unless there is one already or there is nothing to miss."""
        place = sent.place
        if sent.told.number is not None:
            key, stands = self.connection, any(self._stands.values())
        elif place.index and not place.whole:
            before = self._stands[place.symbol]
            key, stands = place.symbol, before is not None and before.index < place.index
        else:
            return
        if stands and key not in self._withheld:
            self._expect(key)

    def _expect(self, key):
        self._withheld.add(key)
        self.tally["gaps"] += 1

    # ------------------------------------------------------------------ what the desk makes of it

    def _deliver(self, sent):
        self.tally["messages"] += 1
        place, before = sent.place, self._stands.get(sent.place.symbol)
        self.protocol.receive_frame(sent.told.frame, self._now_ns)
        losses = self._apply(place)
        if sent.told.number is not None:
            self._judge_count(sent.told.number, place, losses)
            return
        assert losses <= {place.symbol}, "only that instrument is lost"
        if place.index and before is not None and not place.whole:
            self._judge_change(place, before)

    def _judge_change(self, place, before):
        after = self._stands[place.symbol]
        if place.index > before.index + 1:
            if place.symbol not in self._withheld:  # its snapshot came after its first change
                self._expect(place.symbol)
            self._settle(place.symbol, found=after is None)
            assert after is None or (after.index == place.index and self.truth.is_summed), "missed"
        elif place.index == before.index + 1:
            assert after is not None, "nothing is missing"
            assert after.index == place.index
        elif after is None:  # an older change undoes a newer, or looks like one of a restart
            assert self.truth.is_summed or place.index <= self._begun[place.symbol]
            self.tally["needless"] += 1
        else:
            self.tally["ignored"] += 1

    def _judge_count(self, number, place, losses):
        if number > self._expected:
            standing = {symbol for symbol, version in self._stands.items() if version is not None}
            assert standing <= ({place.symbol} if place.whole else set()), "missed"
            self._settle(self.connection, found=bool(losses))
        else:
            assert not losses
            self.tally["ignored"] += number < self._expected
        self._expected = max(self._expected, number + 1)

    def _settle(self, key, *, found):
        if key in self._withheld:
            self._withheld.discard(key)
            self.tally["found" if found else "harmless"] += 1

    def _apply(self, place):
        """Hand the events on and look at the books they are about; return those that are lost."""
        touched, losses = {}, set()
        for event in self.protocol.events_received():
            self.market.apply(event)
            if isinstance(event, BookLost):
                losses.add(self._symbols[event.instrument])
                self.tally["lost: " + event.reason] += 1
            if isinstance(event, BookDelta | BookSnapshot | BookLost):
                touched[self._symbols[event.instrument]] = event
        assert not self.market.take_distrusted(), "crossed"
        for symbol in touched:
            self._compare(symbol, place)
        return losses

    def _compare(self, symbol, place):
        """Hold a book against the truth; note when it was lost, and when it is there again."""
        book, before = self._book(symbol), self._stands[symbol]
        newest = self.truth.of[symbol].last.index
        if not book.synced:
            if before is not None:
                self._lost_at[symbol] = newest
            self._stands[symbol] = None
            if place.index == 0:
                self._overtaken(symbol)
            return
        held = book._bids, book._asks  # sorting them each time would take most of a run
        now = self.truth.version(symbol, book.last_id, held, before, place.index)
        self._stands[symbol] = now
        self._check_mark(symbol, now)
        if before is None:
            self._begun[symbol] = now.index
            self._note_return(symbol, newest)

    def _overtaken(self, symbol):
        """A book was lost for another reason before its gap could be found."""
        if symbol in self._withheld:
            self._withheld.discard(symbol)
            self.tally["overtaken"] += 1

    def _note_return(self, symbol, newest):
        lost_at = self._lost_at[symbol]
        if lost_at is not None:
            waited = newest - lost_at
            self.tally["resyncs"] += 1
            self.tally["waited"] += waited
            self.tally["longest"] = max(self.tally["longest"], waited)

    def _check_mark(self, symbol, version):
        instrument = self.instruments[symbol]
        if instrument.kind is Kind.SPOT:
            mid = (max(version.bids) + min(version.asks)) * instrument.tick_size / 2
            assert self.market.mark_price(instrument.id) == mid
