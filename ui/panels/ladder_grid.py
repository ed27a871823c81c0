"""The ladder by keys alone: a cursor on a price, and the same hands as the mouse has."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent

from desk.model.orders import Side
from ui.panels.ladder_aim import PLAIN
from ui.panels.ladder_mouse import LadderMouse
from ui.viewmodels.ladder import row_words
from ui.viewmodels.own_orders import Chip
from ui.viewmodels.translation import tr

_HELD = {
    Qt.Key.Key_Control: Qt.KeyboardModifier.ControlModifier,
    Qt.Key.Key_Alt: Qt.KeyboardModifier.AltModifier,
    Qt.Key.Key_Shift: Qt.KeyboardModifier.ShiftModifier,
    Qt.Key.Key_Meta: Qt.KeyboardModifier.MetaModifier,
}


class LadderGrid(LadderMouse):
    """Bare keys move and abort; what sends needs a chord of the key map."""

    # ---- keys -------------------------------------------------------------------------------

    def place_cursor(self, price: Decimal) -> None:
        """Put the cursor on the row of a price."""
        if self.scale is not None:
            self.cursor_price = self.scale.price(self.scale.row(price))
            self._look()
            self._say_row()

    def step(self, rows: int) -> None:
        """Move the cursor; at an end the prices come to meet it."""
        if self.scale is None or self.cursor_price is None:
            return
        target = self.cursor_price - rows * self.scale.step
        row = self.scale.row(target)
        if not self.scale.shows(row):
            self.scroll_asked.emit(row if row < 0 else row - self.scale.count + 1)
        if self.scale.shows(self.scale.row(target)):
            self.cursor_price = target
        self._pointer = None
        self._look()
        self._say_row()

    def _say_row(self) -> None:
        """Tell a reader where the cursor has come to."""
        row = self.row_of_cursor()
        if self.view is not None and row is not None and row < len(self.view.rows):
            self.setAccessibleDescription(row_words(self.view.rows[row]))

    def place_at_cursor(self, side: Side, *, stop: bool = False) -> None:
        """By key: what a click in the cursor's row would do."""
        row = self.row_of_cursor()
        if row is None or self.cursor_price is None or self.held is not None:
            self.told.emit(tr("Put the ladder's cursor on a price first."), None)
        else:
            self._mean(side, self.cursor_price, row, stop=stop)

    def cancel_at_cursor(self) -> None:
        """By key: cancel the order in the cursor's row."""
        chip = self._chip_at_cursor()
        if chip is not None:
            self.cancel_asked.emit(chip.id)

    def carry_by_key(self, rows: int) -> None:
        """Take up the order at the cursor and carry it a row; letting the keys go amends it."""
        if self.held is None:
            chip = self._chip_at_cursor()
            if chip is None or self.cursor_row is None or not self.take_up(chip, self.cursor_row):
                return
            self._by_key = True
        move, scale = self.held, self.scale
        if self._by_key and move is not None and move.target is not None and scale is not None:
            row = scale.row(move.target, up=move.order.side == "SELL") + rows
            if scale.shows(row):
                self.carry(row)
                self.cursor_price = scale.price(row)
                self._look()

    def _chip_at_cursor(self) -> Chip | None:
        """The own order in the cursor's row; it says so where there is none, or more than one."""
        row = self.row_of_cursor()
        chips = self.view.rows[row].chips if self.view is not None and row is not None else ()
        if len(chips) == 1:
            return chips[0]
        words = tr("No own order stands at the cursor.")
        if chips:
            words = tr(
                "Several own orders stand at the cursor: make the rows finer, or choose one among"
                " the orders."
            )
        self.told.emit(words, self.cursor_row)
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the cursor, Space recentres, Escape aborts: none of them sends."""
        key, page = event.key(), max(1, self.places.count - 2)
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1,
                 Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}  # fmt: skip
        if key == Qt.Key.Key_Escape and (self.is_busy() or self._right):
            self.abort()
            self._look()
        elif event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or self.is_busy():
            super().keyPressEvent(event)
        elif key in steps:
            self.step(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Home):
            self.recentre_asked.emit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The last key of a carrying hand is let go: amend."""
        super().keyReleaseEvent(event)
        if self.held is None or not self._by_key or event.isAutoRepeat():
            return
        own = _HELD.get(Qt.Key(event.key()), PLAIN)
        if not event.modifiers() & ~own & ~Qt.KeyboardModifier.KeypadModifier:
            self._let_go()

    def event(self, e: QEvent) -> bool:
        """Escape is the hand's own while it holds something."""
        is_escape = isinstance(e, QKeyEvent) and e.key() == Qt.Key.Key_Escape
        if e.type() == QEvent.Type.ShortcutOverride and is_escape and self.is_busy():
            e.accept()
            return True
        return super().event(e)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        mark = self.market.mark if self.market is not None else None
        if self.row_of_cursor() is None and mark is not None:
            self.place_cursor(mark)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys have gone elsewhere: what they held is put down where it was."""
        super().focusOutEvent(event)
        if self._by_key:
            self.abort()
        self._look()
        self.update()
