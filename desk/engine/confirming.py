"""Whether a mark may close an account out: it must be fresh, and not stand alone.

Confirmed by the consensus within 3 %; where that is THIN, by the venue's own index (else its spot
mid) within 1 % on three marks in a row. A last trade confirms nothing (risk model, section 5).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from decimal import Decimal

from desk.engine.change import Unit
from desk.engine.desk import Desk
from desk.engine.quality import market_now
from desk.market.reference import Standing
from desk.risk.data_doubts import fresh_mark

CONSENSUS_RATE = Decimal("0.03")
OWN_INDEX_RATE = Decimal("0.01")
MARKS_IN_A_ROW = 3


class Confirmation:
    """Marks in a row that their venue's own index agrees with, while a close-out is at stake."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._in_a_row: dict[tuple[Unit, str], int] = {}

    def count(self, unit: Unit, instrument_id: str) -> None:
        """Take a mark that has just come in."""
        standing = self._standing(instrument_id)
        own = None if standing is None else standing.own_deviation
        agrees = own is not None and abs(own) <= OWN_INDEX_RATE
        before = self._in_a_row.get((unit, instrument_id), 0)
        self._in_a_row[unit, instrument_id] = before + 1 if agrees else 0

    def keep(self, account: str, units: Container[Unit]) -> None:
        """Count from the start again where nothing is at stake any more."""
        for key in [k for k in self._in_a_row if k[0][0] == account and k[0] not in units]:
            del self._in_a_row[key]

    def doubt(self, unit: Unit, instruments: Iterable[str]) -> str:
        """Return why one of these marks may not close anything out, or an empty text."""
        said = (self._doubt(unit, instrument) for instrument in instruments)
        return next((sentence for sentence in said if sentence), "")

    def confirmed_by(self, instrument_id: str) -> str:
        """Say what a mark without a doubt is confirmed by."""
        standing = self._standing(instrument_id)
        assert standing is not None, f"{instrument_id} was confirmed by nothing"
        if standing.state == "CONSENSUS":
            return f"the consensus of {standing.votes} venues"
        return f"its venue's own index on {MARKS_IN_A_ROW} marks in a row"

    def _standing(self, instrument_id: str) -> Standing | None:
        market = self._desk.market.get(instrument_id)
        return None if market is None else self._desk.reference.standing(market, self._desk.now_ns)

    def _doubt(self, unit: Unit, name: str) -> str:
        terms = self._desk.catalogue.get(name)
        assert terms is not None, f"a position in {name}, which the desk does not know"
        now = market_now(self._desk, terms)
        if old := fresh_mark(name, now, self._desk.rules.limits):
            self._in_a_row.pop((unit, name), None)
            return old.message
        standing = now.standing
        if standing is None:
            return f"Nothing stands beside the mark of {name}."
        if standing.state == "CONSENSUS":
            return _doubted_by_all(name, standing)
        return self._doubted_alone(unit, name, standing)

    def _doubted_alone(self, unit: Unit, name: str, standing: Standing) -> str:
        own = standing.own_deviation
        if own is None:
            return f"The mark of {name} has no index or spot price of its venue beside it."
        if abs(own) > OWN_INDEX_RATE:
            return (
                f"The mark of {name} lies {own * 100:+.2f}% off its venue's own index; it must be "
                f"within {OWN_INDEX_RATE * 100:.0f}% on {MARKS_IN_A_ROW} marks in a row."
            )
        count = self._in_a_row.get((unit, name), 0)
        if count >= MARKS_IN_A_ROW:
            return ""
        return (
            f"The mark of {name} is confirmed by its venue's own index on {count} of "
            f"{MARKS_IN_A_ROW} marks in a row."
        )


def _doubted_by_all(name: str, standing: Standing) -> str:
    if standing.deviation is None:
        return f"The mark of {name} cannot be compared with the consensus."
    if abs(standing.deviation) <= CONSENSUS_RATE:
        return ""
    return (
        f"The mark of {name} lies {standing.deviation * 100:+.2f}% from the consensus of "
        f"{standing.votes} venues; it must be within {CONSENSUS_RATE * 100:.0f}%."
    )
