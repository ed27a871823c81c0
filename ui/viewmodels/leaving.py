"""What a trader who leaves is told: all that would be left behind, the unknown first."""

from __future__ import annotations

from collections.abc import Sequence

from desk.model.events import ClosingAsked
from ui.viewmodels.text import symbol
from ui.viewmodels.translation import tr

NAMED = 3
"""More are counted, not named."""


def leaving_words(event: ClosingAsked) -> str:
    """One sentence for what works and is held, one each for what must not be overlooked."""
    orders = len(event.orders) - len(event.programs)
    held = ", ".join(symbol(instrument) for instrument in event.positions[:NAMED])
    positions = len(event.positions)
    said = [
        tr(
            "Leaving with {orders} working orders and {positions} positions ({held}).",
            orders=orders,
            positions=positions,
            held=held,
        )
        if held
        else tr("Leaving with {orders} working orders and 0 positions.", orders=orders)
    ]
    if event.unknown:
        said.append(
            tr(
                "{count} UNKNOWN at the venue: {orders}.",
                count=len(event.unknown),
                orders=_named(event.unknown),
            )
        )
    if event.programs:
        said.append(
            tr(
                "{count} programs end: {programs}.",
                count=len(event.programs),
                programs=_named(event.programs),
            )
        )
    said.append(tr("Positions are not guarded while the desk is closed."))
    return " ".join(said)


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    named = ", ".join(names[:NAMED])
    return tr("{named} and {more} more", named=named, more=more) if more > 0 else named
