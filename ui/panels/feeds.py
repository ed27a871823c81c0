"""Feeds: venues, every stream, the consensus; three tables behind tabs, or all three at once."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui.controls import Check, Field
from ui.dock import TitleBar
from ui.grid import Grid
from ui.paint import Ink
from ui.tabs import Tabs
from ui.theme import Theme
from ui.viewmodels.cells import Cell, Column, Row, keep_order, not_known
from ui.viewmodels.consensus import SOURCE_COLUMNS, consensus_rows, diamond
from ui.viewmodels.feeds import FEED_COLUMNS, feed_rows
from ui.viewmodels.lamps import STATES, lamp_look
from ui.viewmodels.streams import STREAM_COLUMNS, RateMeter, stream_rows, wrong_count
from ui.viewmodels.translation import tr

TALL = 560
"""Height from which all three tables are shown, one above the other."""

FEEDS, STREAMS, CONSENSUS = range(3)
NARROW = 700
"""Below this width the title bar holds fewer words."""
SLIM = 520
"""Below this width it holds the tabs alone, and one table is shown at a time."""


NOW = frozenset({"lamp", "age", "rate", "active", "inactive", "wrong", "state", "standing"})
"""Columns that say how a source is doing: known of a desk that answers, and of no other."""


class FeedsPanel(QWidget):
    """Where every number comes from and how old it is; makes no row while nobody sees it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.tabs = Tabs(theme, [tr("Feeds"), tr("Streams"), tr("Consensus")])
        self.words = Field(theme, tr("Find"), figure=False)
        self.words.setPlaceholderText(tr("venue, stream, kind"))
        self.words.setFixedSize(180, 22)
        self.only_wrong = Check(theme, tr("Only what is wrong"))
        self.filters = _side_by_side(self.words, self.only_wrong)
        self.feeds = FeedsGrid(theme)
        self.streams = Grid(theme, STREAM_COLUMNS, tr("Streams"), padding=6)
        self.consensus = Grid(theme, SOURCE_COLUMNS, tr("Consensus"), padding=6)
        self.grids = (self.feeds, self.streams, self.consensus)
        self._bar: TitleBar | None = None
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for grid, share in zip(self.grids, (2, 4, 3), strict=True):
            column.addWidget(grid, share)
        self._meter = RateMeter()
        self._frame: DeskFrame | None = None
        self._gone = False
        self.page = FEEDS
        self.tabs.chosen.connect(self.show_page)
        self.words.textChanged.connect(self._refresh)
        self.only_wrong.toggled.connect(self._refresh)
        self.feeds.opened.connect(self._open_venue)
        self._arrange()

    def put_in(self, bar: TitleBar) -> None:
        """Tabs and filters stand in a dock's title, the filters under it where it is slim."""
        self._bar = bar
        bar.add_left(self.tabs)
        bar.add_right(self.filters)

    def _place_filters(self, *, slim: bool) -> None:
        within = self.filters.parentWidget() is self
        self.filters.setContentsMargins(*((6, 4, 6, 0) if slim else (0, 0, 0, 0)))
        if slim and not within:
            self._column.insertWidget(0, self.filters)
        elif within and not slim and self._bar is not None:
            self._column.removeWidget(self.filters)
            self._bar.add_right(self.filters)

    def show_frame(self, frame: DeskFrame) -> None:
        """Keep a frame, and show it if the panel is on the screen."""
        self._frame = frame
        if self.is_seen():
            self._meter.take(frame)
            self._refresh()
        else:
            self._meter.forget()

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: how anything is doing now is not known, or is again."""
        self._gone = dimmed
        for grid in self.grids:
            grid.dimmed = dimmed
            grid.viewport().update()
        self._refresh()

    def _as_known(self, rows: tuple[Row, ...], columns: tuple[Column, ...]) -> tuple[Row, ...]:
        return not_known(rows, columns, NOW) if self._gone else rows

    def is_seen(self) -> bool:
        """Behind another tab a dock stays visible to Qt, but no part of a table is."""
        return any(not grid.viewport().visibleRegion().isEmpty() for grid in self.grids)

    def look_again(self) -> None:
        """The dock came to the front, or went: the next frame may be far."""
        if self._frame is not None:
            self.show_frame(self._frame)

    def show_page(self, page: int) -> None:
        """Show one of the three tables."""
        self.page = page
        self._arrange()
        self._refresh()

    def _arrange(self) -> None:
        tall = self._has_room_for_all(self.size())
        for number, grid in enumerate(self.grids):
            grid.setVisible(tall or number == self.page)
        self.filters.setVisible(tall or self.page == STREAMS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        narrow, slim = width < NARROW, width < SLIM
        self._place_filters(slim=slim)
        self.words.setFixedWidth(112 if narrow and not slim else 180)
        self.only_wrong.setText(tr("Wrong") if narrow else tr("Only what is wrong"))
        self.only_wrong.updateGeometry()
        before, now = map(self._has_room_for_all, (event.oldSize(), event.size()))
        self._arrange()
        if before != now:
            self._refresh()

    @staticmethod
    def _has_room_for_all(size: QSize) -> bool:
        return size.height() >= TALL and size.width() >= SLIM

    def _refresh(self) -> None:
        frame = self._frame
        if frame is None or not self.is_seen():
            return
        self._name_tabs(frame)
        if self.feeds.isVisible():
            self.feeds.show_rows(self._as_known(feed_rows(frame), FEED_COLUMNS))
        if self.streams.isVisible():
            self._show_streams(frame)
        if self.consensus.isVisible():
            self.consensus.show_rows(self._as_known(consensus_rows(frame), SOURCE_COLUMNS))

    def _show_streams(self, frame: DeskFrame) -> None:
        rows = stream_rows(
            frame, self._meter, self.words.text(), only_wrong=self.only_wrong.isChecked()
        )
        if self.streams.underMouse():
            rows = keep_order(rows, [row.key for row in self.streams.grid.rows])
        self.streams.show_rows(self._as_known(rows, STREAM_COLUMNS))

    def _name_tabs(self, frame: DeskFrame) -> None:
        wrong = wrong_count(frame)
        feeds, streams, consensus = self.tabs.tabs
        feeds.say(tr("Feeds {feeds}", feeds=len(frame.feeds)))
        streams.say(
            tr("Streams {wrong} wrong", wrong=wrong)
            if wrong
            else tr("Streams {streams}", streams=len(frame.streams))
        )
        votes = " ".join(f"{diamond(index)}{index.votes}" for index in frame.indices)
        narrow = self.width() < NARROW
        consensus.say(tr("Consensus") if narrow else f"{tr('Consensus')} {votes}".strip())

    def _open_venue(self, venue: str) -> None:
        """The streams of one venue."""
        self.words.setText(venue.lower())
        self.tabs.tabs[STREAMS].setChecked(True)
        self.streams.setFocus()


class FeedsGrid(Grid):
    """Venues with their lamps; Return or a double click opens a venue's streams."""

    opened = Signal(str)
    drawn_columns = frozenset({"lamp"})

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, FEED_COLUMNS, tr("Feeds"), padding=6)
        self.doubleClicked.connect(self._open)

    def _open(self) -> None:
        if key := self.selected_key():
            self.opened.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def paint_cell(self, ink: Ink, row: Row, number: int, cell: Cell, box: QRectF) -> None:
        """The lamp and its word."""
        shape, fill, tone = lamp_look(STATES.get(cell.text, "never seen"))
        size = 8 if shape == "circle" else 10
        lamp = QRectF(box.left() + 5 - size / 2, box.center().y() - size / 2, size, size)
        ink.shape("hollow" if self.dimmed else shape, "stale" if self.dimmed else fill, lamp)
        token = "stale" if self.dimmed else tone.value
        ink.text(token, self.theme.face(12), cell.text, box.adjusted(16, 0, 0, 0))


def _side_by_side(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return holder
