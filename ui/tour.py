"""The tour on the screen: a card beside what it tells of, a frame around that, nothing blocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Button
from ui.keys import chord
from ui.paint import painting
from ui.theme import Theme
from ui.viewmodels.settings import YES
from ui.viewmodels.tour import Box, Step, place, steps
from ui.viewmodels.translation import tr
from ui.words import PlainWords

if TYPE_CHECKING:
    from ui.window import DeskWindow

WIDTH = 340


class _Frame(QWidget):
    """Three pixels of accent around what is told of; the mouse goes through it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            for inset in range(3):
                ink.frame("accent", None, box.adjusted(inset, inset, -inset, -inset), radius=3)


class TourCard(QWidget):
    """A step's words and the ways on; Escape ends the tour."""

    def __init__(self, theme: Theme, tour: Tour, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._tour = theme, tour
        self.title = PlainWords(theme, "", "text", WIDTH - 32, pixels=14)
        self.text = PlainWords(theme, "", "text2", WIDTH - 32)
        self.count = PlainWords(theme, "", "muted", 60, pixels=11)
        self.end = Button(theme, tr("End the tour"), "quiet")
        self.back = Button(theme, tr("Back¦tour"))
        self.next = Button(theme, tr("Next"), "accent")
        self.end.clicked.connect(tour.end)
        self.back.clicked.connect(lambda: tour.go(-1))
        self.next.clicked.connect(lambda: tour.go(1))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.text)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        for button in (self.end, self.back, self.next):
            row.addWidget(button)
        column.addLayout(row)
        self.setFixedWidth(WIDTH)

    def show_step(self, step: Step, number: int, of: int) -> None:
        """Show a step."""
        self.title.say(step.title)
        self.text.say(step.text)
        self.count.say(f"{number + 1} / {of}")
        self.back.setEnabled(number > 0)
        self.next.say(tr("Done") if number == of - 1 else tr("Next"))
        self.setAccessibleName(f"{number + 1} / {of}: {step.title}. {step.text}")
        layout = self.layout()
        height = 0 if layout is None else layout.heightForWidth(WIDTH)
        self.resize(WIDTH, max(height, self.minimumSizeHint().height()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._tour.end()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            box = QRectF(self.rect())
            ink.fill("raised", box)
            ink.frame("accent", None, box, radius=0)


class Tour(QObject):
    """Begun from the strip of an empty desk or the desk's menu; over, it is not offered again."""

    def __init__(self, window: DeskWindow) -> None:
        super().__init__(window)
        self._window = window
        keys = window.keys
        self.steps = steps(*(chord(keys[name]) for name in ("arm", "kill", "help")))
        self.at = -1
        self.card: TourCard | None = None
        self._frame: _Frame | None = None
        window.display.offers_tour = self._is_offered
        window.display.tour_wanted.connect(self.begin)

    def _is_offered(self) -> bool:
        """Never where nothing could be remembered of it."""
        desk = self._window.settings
        return bool(desk.folder) and not desk.preferences.tour_seen and self.card is None

    def begin(self) -> None:
        """Show the first step, with the focus on the way on."""
        if self.card is None:
            theme = self._window.theme
            self._frame = _Frame(theme, self._window)
            self.card = TourCard(theme, self, self._window)
            self._window.installEventFilter(self)
        self.at = -1
        self.go(1)
        self.card.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def go(self, by: int) -> None:
        """Show the step after or before; past the last the tour is over."""
        if not 0 <= self.at + by < len(self.steps):
            self.end()
            return
        self.at += by
        step = self.steps[self.at]
        dock = self._window.area.docks.get(step.at)
        if dock is not None:
            dock.raise_()
        self._stand()

    def end(self) -> None:
        """Take it away; it is not offered again."""
        card, frame, self.card, self._frame = self.card, self._frame, None, None
        if card is None or frame is None:
            return
        self._window.removeEventFilter(self)
        for widget in (card, frame):
            widget.hide()
            widget.deleteLater()
        self._window.settings.change("tour_seen", YES)
        self._window.watch.grid.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window has another size: what is pointed at lies elsewhere."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest}:
            self._stand()
        return False

    def _stand(self) -> None:
        card, frame = self.card, self._frame
        if card is None or frame is None:
            return
        window, target = self._window, self._target()
        card.show_step(self.steps[self.at], self.at, len(self.steps))
        x, y = place((card.width(), card.height()), target, (window.width(), window.height()))
        card.move(x, y)
        frame.setVisible(target is not None)
        if target is not None:
            frame.setGeometry(target.x - 2, target.y - 2, target.width + 4, target.height + 4)
        frame.raise_()
        card.show()
        card.raise_()

    def _target(self) -> Box | None:
        """Where in the window that is which the step tells of; None: not to be seen there."""
        at, window = self.steps[self.at].at, self._window
        buttons = {"arm": window.status.arm, "kill": window.status.kill}
        widget = buttons.get(at) or window.area.docks.get(at)
        if widget is None or widget.isHidden() or widget.window() is not window.window():
            return None
        corner = widget.mapTo(window, QPoint(0, 0))
        return Box(corner.x(), corner.y(), widget.width(), widget.height())
