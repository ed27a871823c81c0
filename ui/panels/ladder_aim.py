"""What a hand on the ladder points at, and what a click there would do, said before it does it."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, Qt, Signal

from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.numbers import plain
from desk.model.orders import Side
from ui.panels.ladder_hand import LadderHand
from ui.panels.ladder_places import Hit
from ui.theme import Theme
from ui.under_pointer import UnderPointer
from ui.viewmodels.gestures import Intent, Terms, intent_at
from ui.viewmodels.names import word
from ui.viewmodels.scale import Scale
from ui.viewmodels.text import price
from ui.viewmodels.translation import tr

PLAIN, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SIDES = {"bid": Side.BUY, "ask": Side.SELL}


class LadderAim(LadderHand):
    """Pointer and cursor over the prices; it sends nothing itself."""

    intended = Signal(object)
    """An `Intent` was meant: send it."""
    aimed = Signal(object)
    """What a click would send now (an `Intent`), or None."""
    cancel_asked = Signal(str)
    priced = Signal(str)
    """A price was chosen for somewhere else."""
    scroll_asked = Signal(int)
    recentre_asked = Signal()
    shown_asked = Signal(object)
    """A pin was pressed: bring its price into sight."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.terms = Terms()
        self.cursor_price: Decimal | None = None
        self.verdict: tuple[str, str] = ("", "")
        """What the desk said of the aim: a word for the row and its token."""
        self._pointer: QPointF | None = None
        self._under = UnderPointer[tuple[Hit | None, str]]()
        """The cell, and the order in it, that the pointer was brought to."""
        self._modifiers = PLAIN
        self._aim: Intent | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Price ladder"))

    # ---- from the panel ---------------------------------------------------------------------

    def take(self, frame: DeskFrame, market: MarketView) -> None:
        """The newest frame: an order in the hand may have gone."""
        if self.market is not None and market.instrument != self.market.instrument:
            self.abort()
            self.cursor_price = None
        self.frame, self.market = frame, market
        if self.held is not None and (why := self.held.ended(frame)):
            self._tell_abort(why)
        self._look()

    def set_terms(self, terms: Terms) -> None:
        """What a click sends besides its price."""
        self.terms = terms
        self._look()

    def set_armed(self, armed: bool) -> None:
        """The lock; what is held when it closes is put back."""
        if armed != self.armed:
            self.armed = armed
            if not armed:
                self.abort()
            self._aim = None
            self._look()

    def rescale(self, scale: Scale) -> None:
        """Prices stand elsewhere now: what was pressed no longer means what it meant."""
        if scale != self.scale:
            self.abort()
            self.scale = scale
            self.measure(price(scale.price(0), scale.step))
            if self.cursor_price is not None:
                self.cursor_price = scale.price(scale.row(self.cursor_price))
            self.update()
            self._look()

    def is_attended(self) -> bool:
        """Whether a pointer or the keys are on it: nothing moves by itself then."""
        return self.hasFocus() or self._pointer is not None or self.is_busy()

    # ---- what a click would do --------------------------------------------------------------

    def hit(self, at: QPointF) -> Hit | None:
        """What is under a point; nothing where pins lie over it."""
        row = self.places.row_at(at.y())
        inside = 0 <= at.x() < self.width()
        is_open = row is not None and row in self.open_rows
        if row is None or not is_open or not inside or self.scale is None:
            return None
        shown = self.view.rows[row] if self.view and row < len(self.view.rows) else None
        chip = self.places.chip_at(row, shown, at) if shown else None
        return Hit(row, self.scale.price(row), self.places.column_at(at.x()), chip)

    def _look(self, modifiers: Qt.KeyboardModifier | None = None) -> None:
        """Bring hovered row, cursor, aim and tag in line with where hand and prices are.

        `modifiers`: the keys held now; None: as they were last seen.
        """
        if modifiers is not None:
            self._modifiers = modifiers
        before = (self.hovered, self.cursor_row, self.tag)
        hit = self.hit(self._pointer) if self._pointer is not None else None
        self.hovered = hit.row if hit is not None else None
        self.cursor_row = self.row_of_cursor()
        aim = None if self.held is not None else self._aim_of(hit, self._modifiers)
        if aim != self._aim:
            self._aim, self.verdict = aim, ("", "")
            self.aimed.emit(aim)
        self._write_tag(hit)
        now = (self.hovered, self.cursor_row, self.tag)
        if now != before:
            for hovered, cursor, tag in (before, now):
                self.look_again(hovered, cursor, tag[0] if tag else None)

    def _aim_of(self, hit: Hit | None, modifiers: Qt.KeyboardModifier) -> Intent | None:
        if self.market is None:
            return None
        if hit is not None:
            side = SIDES.get(hit.column)
            if side is None or modifiers not in (PLAIN, CTRL):
                return None
            return intent_at(side, hit.price, self.market, self.terms, stop=modifiers == CTRL)
        if self._pointer is None and self.hasFocus() and self.cursor_row is not None:
            mark, at = self.market.mark, self.cursor_price
            if mark is not None and at is not None:
                side = Side.BUY if at < mark else Side.SELL
                return intent_at(side, at, self.market, self.terms)
        return None

    def _write_tag(self, hit: Hit | None) -> None:
        aim, row = self._aim, hit.row if hit is not None else self.cursor_row
        if aim is None or row is None:
            self.tag = None
            return
        if aim.refusal:
            words, token = tr("no quantity"), "muted"
            if aim.terms.quantity > 0:
                words = tr("no {side} stop", side=word(aim.side.value))
                token = "warning"
        else:
            kind = f" {word('STOP')}" if aim.type.has_trigger else ""
            said, said_token = self.verdict
            words = f"{word(aim.side.value)} {plain(aim.terms.quantity)}{kind} {said}".rstrip()
            token = said_token or ("accent" if self.armed else "muted")
        self.tag = (row, aim.side.value, words, token)

    def judge(self, words: str, token: str) -> None:
        """Write what the desk said about the aim into its row."""
        self.verdict = (words, token)
        self._look()

    def row_of_cursor(self) -> int | None:
        """Where the cursor's price stands; None out of sight."""
        if self.scale is None or self.cursor_price is None:
            return None
        row = self.scale.row(self.cursor_price)
        return row if self.scale.shows(row) else None
