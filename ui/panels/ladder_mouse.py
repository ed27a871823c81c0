"""The mouse on the ladder: a click places, a drag moves, a right click cancels; each once.

Every gesture is decided where the button is let go and only if it was pressed there too; leaving
the cell, Escape, the other button, another instrument or a scale that moved in between abort it.
"""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent

from desk.model.numbers import plain
from desk.model.orders import Side
from ui.panels.ladder_aim import CTRL, PLAIN, SIDES, LadderAim
from ui.panels.ladder_places import Hit
from ui.under_pointer import NOT_AIMED_AT
from ui.viewmodels.gestures import intent_at
from ui.viewmodels.own_orders import Chip
from ui.viewmodels.translation import tr

WHEEL_ROWS = 3
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class LadderMouse(LadderAim):
    """Press, move, let go."""

    # ---- mouse ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if event.button() is not LEFT:
            held = self.is_busy()
            self.abort()
            if event.button() is RIGHT and not held:
                self._press_right(event)
            return
        self._right = ""
        pin = self.pin_at(event.position())
        hit = self.hit(event.position())
        if pin is not None:
            self.shown_asked.emit(pin.price)
        elif hit is not None and self._has_come(hit, event):
            self.told.emit(NOT_AIMED_AT, hit.row)
        elif hit is not None and hit.chip is not None:
            self.take_up(hit.chip, hit.row)
        elif hit is not None and event.modifiers() in (PLAIN, CTRL):
            self._pressed = (hit, event.modifiers())
        self._look(event.modifiers())

    def _press_right(self, event: QMouseEvent) -> None:
        hit = self.hit(event.position())
        if hit is None or hit.chip is None:
            return
        if self._has_come(hit, event):
            self.told.emit(NOT_AIMED_AT, hit.row)
        else:
            self._right = hit.chip.id

    def _has_come(self, hit: Hit, event: QMouseEvent) -> bool:
        """Whether it has come under a pointer that rests."""
        aimed = self._under.aimed(event.globalPosition(), _with_order(hit))
        if aimed is None or not _same(aimed[0], hit):
            return True
        return hit.chip is not None and hit.chip.id != aimed[1]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        hit = self.hit(event.position())
        self._under.moved(event.globalPosition(), _with_order(hit))
        if self.held is not None and not self._by_key:
            self.carry(hit.row if hit is not None else None)
        elif self._pressed is not None and not _same(hit, self._pressed[0]):
            self._pressed = None  # dragged out: that was not meant
        self._look(event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is RIGHT:
            chip, wanted = self._chip_under(event.position()), self._right
            self._right = ""
            if wanted and chip is not None and chip.id == wanted:
                self.cancel_asked.emit(wanted)
            return
        if event.button() is not LEFT:
            return
        pressed, self._pressed = self._pressed, None
        if self.held is not None and not self._by_key:
            # Where it is dropped it was brought by this hand: it may be pressed there at once.
            hit, order = self.hit(event.position()), self.held.order.id
            self._under.bring(event.globalPosition(), (hit, order))
            self._let_go()
        elif pressed is not None and event.modifiers() == pressed[1]:
            hit = self.hit(event.position())
            if hit is not None and _same(hit, pressed[0]):
                self._click(hit, stop=pressed[1] == CTRL)
        self._look(event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second press of a double click is no press: it is one order."""
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self._look(PLAIN)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the prices; never while a hand holds something."""
        event.accept()
        turned = event.angleDelta().y()
        if turned and not self.is_busy():
            self.scroll_asked.emit(-WHEEL_ROWS if turned > 0 else WHEEL_ROWS)
            self._under.bring(event.globalPosition(), _with_order(self.hit(event.position())))

    def _chip_under(self, at: QPointF) -> Chip | None:
        hit = self.hit(at)
        return hit.chip if hit is not None else None

    def _click(self, hit: Hit, *, stop: bool) -> None:
        if hit.column == "price" and not stop:
            self.priced.emit(plain(hit.price))
        elif (side := SIDES.get(hit.column)) is not None:
            self._mean(side, hit.price, hit.row, stop=stop)

    def _mean(self, side: Side, price: Decimal, row: int, *, stop: bool) -> None:
        """An order was meant: hand it on, or say why it is none."""
        if self.market is None:
            return
        intent = intent_at(side, price, self.market, self.terms, stop=stop)
        if not self.armed:
            self.told.emit(tr("The ladder is disarmed: nothing was sent."), row)
        elif intent.refusal:
            self.told.emit(intent.refusal, row)
        else:
            self.intended.emit(intent)


def _with_order(hit: Hit | None) -> tuple[Hit | None, str]:
    return hit, hit.chip.id if hit is not None and hit.chip is not None else ""


def _same(hit: Hit | None, pressed: Hit) -> bool:
    return hit is not None and (hit.price, hit.column) == (pressed.price, pressed.column)
