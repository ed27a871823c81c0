"""The door between processes: what the engine may import of the window, which is nothing of it."""

from __future__ import annotations

from multiprocessing.connection import Connection


def open_window(connection: Connection, layout: str | None, folder: str | None = None) -> None:
    """Run the window in this process until it ends; Qt is imported here and not before."""
    from ui.app import run_window

    run_window(connection, layout, folder)
