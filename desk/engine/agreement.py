"""Whether a picture shows what the journal says: orders, fills and positions, to the digit."""

from __future__ import annotations

from collections.abc import Iterator

from desk.engine.frame import RECENT
from desk.engine.order_snapshot import OrderView
from desk.engine.order_views import fill_view, order_view
from desk.engine.snapshot import DeskFrame
from desk.engine.state import DeskState

# What a frame says of an order beyond the journal comes from the venue, and passes.
_COMPARED = (
    "account", "instrument", "side", "type", "quantity", "filled", "price", "tif", "reduce_only",
    "post_only", "status", "reason", "time_ms", "parent", "program", "stop_loss", "take_profit",
    "amending", "expires_ms", "oco",
)  # fmt: skip


def differences(state: DeskState, frame: DeskFrame) -> list[str]:
    """Compare a picture with the state of the journal at its row; the sentences say what differs.

    `state` has had every row up to the picture's `journal_seq` applied, and none behind it.
    """
    if state.seq != frame.journal_seq:
        return [f"The journal ends at #{state.seq}; the picture is of #{frame.journal_seq}."]
    return [*_orders(state, frame), *_fills(state, frame), *_positions(state, frame)]


def _orders(state: DeskState, frame: DeskFrame) -> Iterator[str]:
    live = [order.id for order in state.live_orders()][::-1]
    ended = [order.id for order in state.ended_orders(RECENT)]
    if [order.id for order in frame.orders] != [*live, *ended]:
        yield "The orders of the picture are not those of the journal."
        return
    for shown in frame.orders:
        said = order_view(state.orders[shown.id])
        for name in _wrong(shown, said):
            yield (
                f"Order {shown.id} shows {name} {getattr(shown, name)}; "
                f"the journal says {getattr(said, name)}."
            )


def _wrong(shown: OrderView, said: OrderView) -> list[str]:
    return [name for name in _COMPARED if getattr(shown, name) != getattr(said, name)]


def _fills(state: DeskState, frame: DeskFrame) -> Iterator[str]:
    if frame.fills != [fill_view(fill) for fill in state.fills[-RECENT:][::-1]]:
        yield "The fills of the picture are not those of the journal."


def _positions(state: DeskState, frame: DeskFrame) -> Iterator[str]:
    watched = {name for name, account in state.accounts.items() if account.watched}
    shown = {
        (one.account, one.instrument): (one.quantity, one.realized_pnl)
        for one in frame.positions
        if one.account not in watched
    }
    held = {
        key: (position.quantity, position.realized_pnl)
        for key, position in state.positions.items()
        if position.quantity
    }
    if shown != held:
        yield "The positions of the picture are not those of the journal."
