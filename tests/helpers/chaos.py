"""Desks that hear a dialect over bad lines, and what became of their books."""

from collections import Counter, defaultdict

from helpers.bad_line import BadLine
from helpers.dialects import BEAT_MS, DIALECTS, START_MS, World
from helpers.listener import Listener
from helpers.true_books import TrueBooks

from desk.sim.speech import Pulsing

PATIENCE_MS = 70_000
"""On a good line every book is back by then: requests are at most 30 s apart."""


class Chaos:
    """A dialect, the desks that hear it, each by every connection, and the lines between."""

    def __init__(self, dialect, seed, *, desks=1, rate=0.01):
        self.world = World(dialect, seed)
        self.tally = Counter()
        self.lines, self._ears = [], defaultdict(list)
        for connection in DIALECTS[dialect]:
            if instruments := self.world.listed(connection):
                self._join(connection, instruments, [(seed, n) for n in range(desks)], rate)

    def _join(self, connection, instruments, seeds, rate):
        truth = TrueBooks(connection, instruments)
        for symbol, request in truth.requests.items():
            truth.of[symbol].take_answer(self.world.answer(connection, request))
        for seed in seeds:
            line = BadLine(f"{connection} {seed}", rate)
            self.lines.append(line)
            listener = Listener(self.world, connection, truth, line, self.tally)
            self._ears[self.world.venues[connection]].append(listener)

    @property
    def listeners(self):
        return [listener for listeners in self._ears.values() for listener in listeners]

    def run(self, messages):
        """Let so many messages arrive, then let the line be good until all is well."""
        while self.tally["messages"] < messages:
            self._step()
        for line in self.lines:
            line.heal()
        until_ms = self.world.now_ms + PATIENCE_MS
        while self._wrong() and self.world.now_ms < until_ms:
            self._step()
        assert not self._wrong()
        self._check_own()
        return self.tally

    def faults_done(self):
        """Count what the lines have done, by kind."""
        return sum((line.done for line in self.lines), Counter())

    def step(self, ms):
        """Let time pass."""
        for _ in range(ms // BEAT_MS):
            self._step()

    def _wrong(self):
        return [wrong for listener in self.listeners for wrong in listener.wrong()]

    def _check_own(self):
        """When nothing happens any more, the desks hold what the venue tells a newcomer."""
        for _ in range(4):
            self._step(self.world.moment(150, still=True))
        for venue, listeners in self._ears.items():
            for listener in listeners:
                listener.meet_newcomer(venue)
                assert not list(listener.wrong_books())

    def _step(self, moment=None):
        moment = self.world.moment() if moment is None else moment
        for venue, listeners in self._ears.items():
            frames = self._framed(venue, listeners, moment)
            pulses = self._pulses(venue, listeners)
            for listener in listeners:
                listener.hear(frames[listener.connection], pulses)
            for listener in listeners:
                listener.converse()

    @staticmethod
    def _framed(venue, listeners, moment):
        """Return the frames with their places, by connection."""
        wanted = defaultdict(set)
        for listener in listeners:
            wanted[listener.connection] |= listener.wanted()
        truths = {listener.connection: listener.truth for listener in listeners}
        told = list(venue.frames(moment, set().union(*wanted.values())))
        return {
            connection: [(s, frame, truth.place(s, frame)) for s, frame in told if s in streams]
            for connection, streams in wanted.items()
            for truth in [truths[connection]]
        }

    def _pulses(self, venue, listeners):
        pulses = defaultdict(list)
        if isinstance(venue, Pulsing):
            live = [wire for listener in listeners for wire in listener.wires()]
            for wire, frame in venue.pulse(live, self.world.now_ms - START_MS):
                assert frame is not None, "the desk has not answered"
                pulses[wire].append(frame)
        return pulses
