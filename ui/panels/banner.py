"""The banner: the worst thing that is so, in a sentence; the next worst as a chip beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import icons
from ui.controls import Button
from ui.paint import painting
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.banner import Banner
from ui.viewmodels.translation import tr

ACTIONS = {
    "rearm": tr("Rearm…"),
    "restart": tr("Start a new desk on this folder"),
    "cures": tr("Show cures"),
    "close_out": tr("Show the steps"),
}


LASTING = {"restart", "close_out"}
"""Stays for as long as it is so: it cannot be acknowledged away."""


class BannerBar(QWidget):
    """36 high under the status bar; the docks shrink, nothing is covered."""

    acted = Signal(str, str)
    """The action, and the account it is about."""
    changed = Signal()
    """Something else is so than was."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._all: list[Banner] = []
        self._acknowledged: set[str] = set()
        self._held = False
        self._shown: Banner | None = None
        self._next: Banner | None = None
        self.setFixedHeight(36)
        self.action = Button(theme, "", "danger", name=tr("What to do"))
        self.acknowledge = Button(theme, tr("Acknowledge"), "plain")
        self.action.clicked.connect(self._act)
        self.acknowledge.clicked.connect(self._acknowledge)
        self._words = _Words(theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._words, 1)
        for button in (self.action, self.acknowledge):
            button.setFixedHeight(24)
            row.addWidget(button)
        self._chip = _NextChip(theme)
        row.addWidget(self._chip)
        self.hide()

    def show_banners(self, banners: list[Banner]) -> None:
        """Show the worst that was not acknowledged."""
        self._acknowledged &= {banner.key for banner in banners}
        self._take(banners)

    def show_alone(self, banner: Banner) -> None:
        """Show what hides everything else but ends none of it: it stays acknowledged."""
        self._take([banner])

    def _take(self, banners: list[Banner]) -> None:
        changed, self._all = banners != self._all, banners
        self._choose()
        if changed:
            self.changed.emit()

    @property
    def danger(self) -> Banner | None:
        """The worst that is a danger, acknowledged or not."""
        return next((banner for banner in self._all if banner.is_danger), None)

    def hold(self, held: bool) -> None:
        """Stay away while the window shows what is not live, whatever is so; or come back."""
        self._held = held
        self._show()

    def _show(self) -> None:
        self.setVisible(self._shown is not None and not self._held)

    def _choose(self) -> None:
        waiting = [banner for banner in self._all if banner.key not in self._acknowledged]
        shown = waiting[0] if waiting else None
        following = waiting[1] if len(waiting) > 1 else None
        if shown == self._shown and following == self._next:
            return
        self._shown, self._next = shown, following
        self._show()
        if shown is None:
            return
        self._words.show_banner(shown)
        self.setAccessibleName(f"{shown.subject}. {shown.text} {shown.countdown}")
        self.action.setVisible(bool(shown.action))
        if shown.action:
            self.action.say(ACTIONS[shown.action], kind="danger" if shown.is_danger else "warn")
        self.acknowledge.setVisible(shown.action not in LASTING)
        self._chip.show_banner(following)
        self.update()

    def _act(self) -> None:
        if self._shown is not None:
            self.acted.emit(self._shown.action, self._shown.of)

    def _acknowledge(self) -> None:
        if self._shown is not None:
            self._acknowledged.add(self._shown.key)
            self._choose()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            danger = self._shown is None or self._shown.is_danger
            box = QRectF(self.rect())
            painter.fillRect(box, self._theme.color("danger_tint" if danger else "warn_tint"))
            edge = self._theme.color("danger_fill" if danger else "warn_fill")
            painter.fillRect(QRectF(0, box.height() - 2, box.width(), 2), edge)


class _Words(QWidget):
    """Icon, subject, sentence, countdown; what does not fit is in the tool tip."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._banner: Banner | None = None

    def show_banner(self, banner: Banner) -> None:
        self._banner = banner
        self.setToolTip(as_text(f"{banner.subject}. {banner.text} {banner.countdown}".strip()))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._banner is None:
            return
        with painting(self, self._theme) as ink:
            painter = ink.painter
            theme, banner = self._theme, self._banner
            token = "danger" if banner.is_danger else "warning"
            height = float(self.height())
            color = theme.color(token).name()
            icons.draw(painter, banner.icon, color, QRectF(2, height / 2 - 8, 16, 16))
            x = 28.0
            x += (
                ink.text(token, theme.face(12, 600), banner.subject, QRectF(x, 0, 900, height)) + 12
            )
            if banner.countdown:
                box = QRectF(x, 0, 900, height)
                x += ink.text(token, theme.face(13, 600), banner.countdown, box) + 12
            ink.text("text", theme.face(12), banner.text, QRectF(x, 0, 4000, height))


class _NextChip(QWidget):
    """The next worst thing, in three words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._text = ""
        self._danger = False
        self.setFixedSize(0, 22)

    def show_banner(self, banner: Banner | None) -> None:
        self._text = "" if banner is None else banner.subject
        self._danger = banner is not None and banner.is_danger
        width = self._theme.face(11, 600).width(self._text) + 34 if self._text else 0
        self.setFixedWidth(int(width))
        self.setToolTip(as_text("" if banner is None else f"{banner.subject}. {banner.text}"))
        self.setAccessibleName(self._text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._text:
            return
        with painting(self, self._theme) as ink:
            painter = ink.painter
            token = "danger" if self._danger else "warning"
            tint = "danger_tint" if self._danger else "warn_tint"
            box = QRectF(self.rect())
            ink.frame(token, tint, box)
            color = self._theme.color(token).name()
            icons.draw(painter, "triangle", color, QRectF(8, box.center().y() - 6, 12, 12))
            ink.text(token, self._theme.face(11, 600), self._text, box.adjusted(26, 0, 0, 0))
