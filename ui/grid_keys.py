"""Keys for the table that has the focus: its menu, its order, the width of the column in hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from ui.grid import Grid
from ui.grid_hands import GridHands

if TYPE_CHECKING:
    from ui.panes import Panes


def table_keys() -> dict[str, Callable[[], None]]:
    """What the keys do; nothing without the focus on a table."""
    return {
        "table_menu": partial(_on_focused, GridHands.open_menu),
        "table_sort": partial(_on_focused, lambda hands: hands.sort(hands.column)),
        "table_wider": partial(_on_focused, lambda hands: hands.widen(1)),
        "table_narrower": partial(_on_focused, lambda hands: hands.widen(-1)),
    }


def _on_focused(do: Callable[[GridHands], None]) -> None:
    widget = QApplication.focusWidget()
    if isinstance(widget, Grid):
        do(widget.hands)


def name_tables(panes: Panes) -> None:
    """Ids by which what a trader makes of a table is kept."""
    feeds, orders = panes.feeds, panes.orders
    for table_id, grid in {
        "positions": panes.positions.grid,
        "watch": panes.watch.grid,
        "feeds": feeds.feeds,
        "streams": feeds.streams,
        "consensus": feeds.consensus,
        "orders": orders.orders,
        "fills": orders.fills,
        "blotter": orders.blotter.grid,
        "alerts": orders.alerts.raised,
        "alert_rules": orders.alerts.rules,
        "events": orders.events,
        "close_out": panes.close_out.steps,
        "rules": panes.rules.grid,
        "journal": panes.journal.grid,
    }.items():
        grid.table_id = table_id
