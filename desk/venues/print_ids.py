"""Tell new prints from those that were told, where the venue's ids of one instrument ascend.

An id no higher than the last is a repeat. One that is far from it, above or below, is doubted, for
a single wrong one would make a repeat of all that follow: its print is passed over, and believed
are the ids only where the next one goes on from there.
"""

from __future__ import annotations

_FAR = 10_000
"""Ids apart. Those of an instrument have few holes, and a venue that tells prints again tells the
last ones."""


def follows(trade_id: int, last: int) -> bool:
    """Return whether an id goes on from the last one, with a hole at most."""
    return 0 < trade_id - last < _FAR


class PrintIds:
    """The ids of one instrument's prints, in the order of their coming."""

    __slots__ = ("_doubted", "last")

    def __init__(self) -> None:
        self.last: int | None = None
        """Of the last new print; None: there was none yet."""
        self._doubted: int | None = None
        """Of the print before, where it was far from the last."""

    def is_new(self, trade_id: int) -> bool:
        """Return whether a print is new and its id can be believed; it is the last one then."""
        if self.last is None or follows(trade_id, self.last):
            self.last, self._doubted = trade_id, None
            return True
        doubted, self._doubted = self._doubted, None
        if abs(trade_id - self.last) < _FAR:
            return False
        if doubted is not None and follows(trade_id, doubted):
            self.last = trade_id
            return True
        self._doubted = trade_id
        return False
