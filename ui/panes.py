"""The window's parts and their places: panels, docks, bars; nothing here decides anything."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ui.actions import new_id
from ui.alert_place import AlertPlace
from ui.arming import SURFACES
from ui.charts import Charts
from ui.controls import Button, Field
from ui.docks import DockArea
from ui.focus_walk import walk
from ui.keys import Key, chord
from ui.late_imports import LateImports
from ui.late_panels import add_late_docks
from ui.lock import LockButton
from ui.paint import painting
from ui.panels.banner import BannerBar
from ui.panels.chart import ChartPanel
from ui.panels.close_out import CloseOutPanel
from ui.panels.command_line import CompletionList
from ui.panels.feeds import FeedsPanel
from ui.panels.financing import FinancingPanel
from ui.panels.footer import Footer
from ui.panels.journal import JournalPanel
from ui.panels.ladder import LadderPanel
from ui.panels.orders import OrdersPanel
from ui.panels.positions import PositionsPanel
from ui.panels.risk import RiskPanel
from ui.panels.rules import RulesPanel
from ui.panels.status import StatusBar
from ui.panels.strips import Strip
from ui.panels.ticket import TicketPanel
from ui.panels.watch import WatchPanel
from ui.theme import Theme
from ui.viewmodels.events import Line
from ui.viewmodels.positions import positions_note
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

COMPACT_BELOW = 1_600
LOCKED_DOCKS = tuple(surface for surface in SURFACES if surface != "command")
"""Docks that send; the typed line has its lock in the footer."""


def surface_names() -> dict[str, str]:
    """What the trading surfaces are called."""
    names = (tr("Ticket"), tr("Positions"), tr("Ladder"), tr("Chart"), tr("Command line"))
    return dict(zip(SURFACES, names, strict=True))


class Panes(QWidget):
    """Everything that is painted; the workspace says where."""

    painted = Signal()
    """Everything that waited to be painted has been."""
    late = Signal()
    """The first picture is painted, and what takes long is imported: what can wait is built."""
    placed = Signal()
    """The window lies elsewhere, or has another size."""
    resized = Signal()
    """It has become a small one, or a large one."""

    def __init__(self, theme: Theme, keys: Mapping[str, Key]) -> None:
        super().__init__()
        self.theme = theme
        self._late_imports = LateImports(self)
        self._late_imports.done.connect(self._load_late)
        self._build(keys)
        self._arrange()
        self.setWindowTitle(tr("Desk"))
        self.watch.grid.setFocus()  # else Qt gives it to the lock, and Space would arm

    def _build(self, keys: Mapping[str, Key]) -> None:
        theme = self.theme
        arm_key = chord(keys["arm"])
        self.status = StatusBar(theme, chord(keys["kill"]), arm_key)
        self.banner = BannerBar(theme)
        self.strip = Strip(theme)
        self.risk = RiskPanel(theme)
        self.positions = PositionsPanel(theme)
        self.chart = ChartPanel(theme)
        self.charts = Charts(self.chart)
        self.watch = WatchPanel(theme)
        self.feeds = FeedsPanel(theme)
        self.financing = FinancingPanel(theme)
        self.close_out = CloseOutPanel(theme)
        self.rules = RulesPanel(theme)
        self.journal = JournalPanel(theme)
        self.ladder = LadderPanel(theme)
        self.ticket = TicketPanel(theme, new_id, chord(keys["lock_ticket"]))
        self.orders = OrdersPanel(theme)
        self.footer = Footer(
            theme, chord(keys["help"]), chord(keys["command"]), chord(keys["panels"])
        )
        self.locks = {
            surface: LockButton(theme, surface, name, chord(keys[f"lock_{surface}"]))
            for surface, name in surface_names().items()
        }
        self.area = DockArea(theme)
        self.completions = CompletionList(theme, self)

    def _arrange(self) -> None:
        area = self.area
        area.add("risk", tr("Risk"), self.risk).bar.say(tr("worst first"))
        area.add("positions", tr("Positions"), self.positions).bar.say(positions_note(None))
        area.add("chart", tr("Chart"), self.chart)
        area.add("watch", tr("Market watch"), self.watch).bar.say(tr("perp and spot · age in ms"))
        feeds = area.add("feeds", tr("Feeds"), self.feeds)
        self.feeds.put_in(feeds.bar)
        feeds.visibilityChanged.connect(self.feeds.look_again)
        for key, title, panel, note in (
            ("financing", tr("Financing"), self.financing, tr("the lender's view")),
            (
                "close_out",
                tr("Plan the engine holds now"),
                self.close_out,
                tr("what the desk does by itself"),
            ),
            ("rules", tr("Rules"), self.rules, tr("the worst first")),
        ):
            dock = area.add(key, title, panel)
            dock.bar.say(note)
            panel.seen_with = dock.bar
            dock.visibilityChanged.connect(panel.look_again)
        area.add("journal", tr("Journal"), self.journal).bar.say(tr("Enter shows the screen"))
        area.add("ladder", tr("Ladder"), self.ladder)
        area.add("ticket", tr("Ticket"), self.ticket)
        orders = area.add("orders", tr("Orders"), self.orders)
        orders.bar.add_left(self.orders.tabs)
        self.cancel_all = Button(self.theme, tr("Cancel all"), "plain")
        self.cancel_all.pixels = 11
        self.cancel_all.setFixedHeight(20)
        orders.bar.add_right(self.cancel_all)
        AlertPlace(area, self.orders, area.add("alerts", tr("Alerts"), None))
        add_late_docks(area)
        for surface in LOCKED_DOCKS:
            area.docks[surface].bar.add_lock(self.locks[surface])
        self.footer.add_lock(self.locks["command"])
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.status, self.banner, self.strip):
            column.addWidget(widget)
        column.addWidget(area, 1)
        column.addWidget(self.footer)

    def put_strip_back(self) -> None:
        """The strip stood over something else: between banner and docks is its place."""
        self._column.insertWidget(2, self.strip)
        self.strip.setVisible(bool(self.strip.asking))

    def add_stage(self, bar: QWidget, stage: QWidget) -> None:
        """The bar goes above everything, the stage where the docks are; both stay hidden."""
        bar.hide()
        stage.hide()
        self._column.insertWidget(0, bar)
        self._column.addWidget(stage, 1)

    # ---- looks ------------------------------------------------------------------------------

    def dim(self, dimmed: bool) -> None:
        """Every figure in the colour of old figures, or back."""
        for grid in (
            self.watch.grid,
            self.orders.orders,
            self.orders.fills,
            self.orders.alerts.rules,
            self.close_out.steps,
            self.rules.grid,
        ):
            grid.dimmed = dimmed
            grid.viewport().update()
        self.feeds.set_dimmed(dimmed)
        self.positions.set_dimmed(dimmed)
        self.risk.set_dimmed(dimmed)
        self.financing.set_dimmed(dimmed)
        self.charts.set_dimmed(dimmed)
        self.ladder.set_dimmed(dimmed)
        self.status.show_gone(dimmed)

    def go_to(self, widget: QWidget) -> None:
        """Give a control the focus, from wherever the key was pressed and behind any tab."""
        self.activateWindow()
        self.area.bring_up(widget)
        if not (widget.isVisible() and widget.isEnabled()):
            self._go_nowhere(widget)
            return
        widget.setFocus()
        if isinstance(widget, Field):
            widget.selectAll()  # typed behind what stands there, 0.5 would be 10.5

    def _go_nowhere(self, widget: QWidget) -> None:
        """Qt leaves the focus where it was, and what is meant for one field went into another.

        A window has it then: from one without any Qt would give it to a lock.
        """
        before = QApplication.focusWidget()
        for one in (widget, before):
            if one is not None:
                one.window().setFocus()
        said = tr(
            "{what} cannot be reached now: what you type goes nowhere.",
            what=widget.accessibleName(),
        )
        self.say(said)

    def say(self, text: str, tone: Tone = Tone.TEXT2, icon: str = "info") -> None:
        """Something of the window's own, in the footer."""
        self.footer.say(Line(0, "", text, tone, icon))

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002
        return walk(lambda: super(Panes, self).focusNextPrevChild(next))

    def load_late(self) -> None:
        """After the first paint: what takes long to import."""
        self._late_imports.begin()

    def _load_late(self) -> None:
        self.late.emit()
        QTimer.singleShot(0, self.charts.load)

    def event(self, event: QEvent) -> bool:
        """Qt paints inside UpdateRequest: after it the frame is on the screen."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self.painted.emit()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        compact = event.size().width() < COMPACT_BELOW
        turns = compact != self.theme.compact
        if turns:
            self._set_compact(compact)
        super().resizeEvent(event)
        self.placed.emit()
        if turns:
            self.resized.emit()

    def take_size(self) -> None:
        """Lay everything out before it is shown, so that docks go to their final places."""
        self._set_compact(self.width() < COMPACT_BELOW)
        self._column.activate()

    def _set_compact(self, compact: bool) -> None:
        """Lower bars and tighter rows on a small screen."""
        self.theme.compact = compact
        self.status.set_compact(compact)
        self.footer.set_compact(compact)
        self.ticket.set_compact(compact)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self.theme) as ink:
            painter = ink.painter
            painter.fillRect(event.rect(), self.theme.color("bg"))
