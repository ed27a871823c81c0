"""What the window costs, measured by the window itself; and the control it is measured against."""

from __future__ import annotations

from multiprocessing.connection import Connection


def open_control(connection: Connection, symbols: int, report: str) -> None:
    """Run the naive table in this process; Qt is imported here and not before."""
    from ui.measure.naive import run_control

    run_control(connection, symbols, report)


def open_grids(connection: Connection) -> None:
    """Paint two tables in this process, as it is told through the pipe."""
    from ui.measure.grids import run_grids

    run_grids(connection)


def open_line(connection: Connection, /, *, report: str) -> None:
    """Show one event after the other as a line of text in this process."""
    from ui.measure.events import run_line

    run_line(connection, report)
