"""Where a resting order stands in the queue at its price, judged on the careful side."""

from __future__ import annotations

from dataclasses import dataclass

from desk.model.instrument import Lots


@dataclass(slots=True)
class QueuePosition:
    """The quantity of others that must trade, at the order's price, before the order does.

    Prints at the price take from the front. A level that shrinks is taken to shrink from behind:
    it moves the order forward only where less is left than was thought to be ahead. A book update
    may arrive before the print that caused it; a print that the shrunken level already contained
    does not move the order forward a second time.
    """

    ahead: Lots | None = None
    """None until the level has been seen: everything there then is ahead."""
    shrunk: int = 0
    """How far the shrinking level moved the order forward, beyond what prints explain."""
    shrunk_ms: int | None = None
    """The venue's time of that; None where the venue stamps nothing."""

    def see_level(self, shown: Lots, venue_ms: int | None) -> None:
        """Learn the quantity that the book shows at the order's price."""
        if self.ahead is None:
            self.ahead = shown
        elif shown < self.ahead:
            self.shrunk += self.ahead - shown
            self.shrunk_ms = venue_ms
            self.ahead = shown

    def see_print(self, lots: int, venue_ms: int) -> int:
        """Learn that lots traded at the order's price; return how many of them reach the order."""
        if self.ahead is None:
            return 0
        if self.shrunk_ms is None or venue_ms <= self.shrunk_ms:
            known = min(lots, self.shrunk)
            self.shrunk -= known
            lots -= known
        else:
            self.shrunk = 0
        reached = max(0, lots - self.ahead)
        self.ahead = Lots(max(0, self.ahead - lots))
        return reached

    def jump_to_front(self) -> None:
        """Learn that the market traded beyond the order's price: nobody is ahead any more."""
        self.ahead = Lots(0)
        self.shrunk = 0
