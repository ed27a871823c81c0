"""Panels that share a place: no word is made for one that nobody sees."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desk.engine.snapshot import DeskFrame


class SeenPanel(QWidget):
    """Keeps the newest frame and shows it while something of the panel is on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._frame: DeskFrame | None = None
        self.seen_with: QWidget = self
        """What is on the screen when the panel is: its dock's title, which nothing covers."""

    def show_frame(self, frame: DeskFrame) -> None:
        """Keep a frame, and show it if somebody looks."""
        self._frame = frame
        # Behind another tab a panel stays visible to Qt, but no part of it is.
        if not self.seen_with.visibleRegion().isEmpty():
            self.show_seen(frame)

    def look_again(self) -> None:
        """The dock came to the front, or went: the next frame may be far."""
        if self._frame is not None:
            self.show_frame(self._frame)

    def show_seen(self, frame: DeskFrame) -> None:
        """Show a frame that somebody sees."""
        raise NotImplementedError
