"""Where orders go, as screen and console show it."""

from __future__ import annotations

from desk.engine.desk import Desk
from desk.engine.execution_state import unknown_orders
from desk.engine.order_snapshot import ExecutionView
from desk.execution.port import Link


def execution_views(desk: Desk) -> list[ExecutionView]:
    """Return the venue that takes this desk's orders: what it can do, and whether it answers."""
    can, link = desk.venue.capabilities, desk.venue.link
    traded = sorted({i.venue for i in desk.catalogue.all() if i.connection in desk.settings.traded})
    view = ExecutionView(
        venue=", ".join(traded),
        is_paper=can.is_paper,
        up=link.up,
        since_ms=link.since_ms,
        note=_note(desk, link),
        unknown=len(unknown_orders(desk)),
        types=sorted(kind.value for kind in can.types),
        tifs=sorted(tif.value for tif in can.tifs),
        post_only=can.post_only,
        reduce_only=can.reduce_only,
        amend=can.amend,
        cancel_on_disconnect_s=can.cancel_on_disconnect_s,
        latency_ms=can.latency_ms,
        reconciled_ms=desk.execution.equal_ms,
    )
    return [view]


def _note(desk: Desk, link: Link) -> str:
    state = desk.execution
    return state.doubt(link) or (state.note if link.session else "")
