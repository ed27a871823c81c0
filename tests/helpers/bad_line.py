"""A line that loses, repeats, swaps and cuts frames, stream by stream, by seeded dice."""

import random
from collections import Counter

FAULTS = ("dropped", "doubled", "swapped", "cut off")


class BadLine:
    """Takes frames in order; hands on what arrives.

    A frame that is swapped arrives right after the next one of its stream.
    """

    def __init__(self, seed, rate):
        self.rate = rate
        self.done = Counter()
        self._random = random.Random(seed)
        self._held = {}

    def carry(self, sent):
        """Return what arrives when a frame is sent."""
        held = self._held.pop(sent.stream, None)
        if held is not None:
            return [sent, held]
        fault = None if sent.stream is None else self._fault()
        self.done[fault] += 1
        if fault == "swapped":
            self._held[sent.stream] = sent
        arriving = {"dropped": [], "swapped": [], "doubled": [sent, sent]}
        return [sent.cut_off()] if fault == "cut off" else arriving.get(fault, [sent])

    def cut(self):
        """Forget what is held: the socket is gone."""
        self._held.clear()

    def heal(self):
        """Do nothing to what comes from now on."""
        self.rate = 0

    def _fault(self):
        draw = self._random.random()
        return FAULTS[int(draw / self.rate * len(FAULTS))] if draw < self.rate else None
