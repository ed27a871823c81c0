"""Figures of a painted panel that can be asked about: by pointer, or from a menu by key."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from ui.menus import passing_menu
from ui.paint import Ink, Spot
from ui.plain import as_text
from ui.viewmodels.translation import tr


class Spots(QWidget):
    """A widget that remembers where it painted which figure."""

    explain_asked = Signal(str, str, str, QPoint)
    """Figure, its label, its value as shown, and where on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.spots: list[Spot] = []
        self._over: str = ""
        """The figure under the pointer."""
        self._asked: str = ""
        """The figure that was asked about, until the pointer moves on."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keep_spots(self, ink: Ink) -> None:
        """After painting: remember what was painted where, and show that the focus is here."""
        self.spots = ink.spots
        self._paint_marks(ink)
        if self.hasFocus():
            ink.frame("accent", None, QRectF(self.rect()), radius=0)
            ink.frame("accent", None, QRectF(self.rect()).adjusted(1, 1, -1, -1), radius=0)

    def spot_at(self, point: QPoint) -> Spot | None:
        """The figure under a point."""
        return next((spot for spot in self.spots if spot.box.contains(QPointF(point))), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """What can be explained shows it under the pointer."""
        found = self.spot_at(event.position().toPoint())
        self._point_at("" if found is None else found.figure)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at("")

    def _point_at(self, figure: str) -> None:
        if (figure, "") != (self._over, self._asked):
            self._over, self._asked = figure, ""
            self.update()

    def _paint_marks(self, ink: Ink) -> None:
        """A dotted line under what the pointer is on, a box around what was asked about."""
        for spot in self.spots:
            if spot.figure and spot.figure == self._asked:
                ink.frame("accent", None, spot.box.adjusted(-4, -1, 4, 1), radius=3)
            elif spot.figure and spot.figure == self._over:
                box = spot.box
                right = box.left() + min(box.width(), ink.theme.face(13, 500).width(spot.value))
                ink.painter.setPen(QPen(ink.theme.color("muted"), 1, Qt.PenStyle.DotLine))
                ink.painter.drawLine(QPointF(box.left(), box.bottom() - 1),
                                     QPointF(right, box.bottom() - 1))  # fmt: skip

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By mouse the figure under it; by the menu key a list of all."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._offer(event.globalPos())
        elif (spot := self.spot_at(event.pos())) is not None and spot.figure:
            self._ask(spot, event.globalPos())

    def _offer(self, at: QPoint) -> None:
        menu = passing_menu(self)
        for spot in self.spots:
            if spot.figure:
                words = f"{spot.figure.partition('.')[0]}: {spot.label} {spot.value}"
                menu.addAction(words).triggered.connect(partial(self._ask_later, spot, at))
        if not menu.isEmpty():
            menu.popup(at)

    def _ask_later(self, spot: Spot, at: QPoint, _: bool = False) -> None:
        self._ask(spot, at)

    def _ask(self, spot: Spot, at: QPoint) -> None:
        self._asked = spot.figure
        self.update()
        under = self.mapToGlobal(QPointF(spot.box.center().x(), spot.box.bottom()).toPoint())
        at = under if self.rect().contains(spot.box.center().toPoint()) else at
        self.explain_asked.emit(spot.figure, spot.label, spot.value, at)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (spot := self.spot_at(event.pos())) is not None:
            asked = tr("Right-click: how this came about") if spot.figure else ""
            QToolTip.showText(
                event.globalPos(), as_text("\n".join(filter(None, (spot.tip, asked)))), self
            )
            return True
        return super().event(event)
