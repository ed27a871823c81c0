"""The look in force: colours by token, fonts by size, Fusion dressed in our own palette."""

from __future__ import annotations

import gc
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from ui.fonts import chinese_family, figure_font, load_code_font, load_text_font
from ui.palette import Palette, palette
from ui.viewmodels.translation import CHINESE, language

if TYPE_CHECKING:
    from ui.glyphs import Glyphs

WIDTHS_KEPT = 4_096


class _Advances(dict[str, float]):
    """Width of one character, measured when first met."""

    def __init__(self, metrics: QFontMetricsF) -> None:
        super().__init__()
        self._metrics = metrics

    def __missing__(self, character: str) -> float:
        width = self[character] = self._metrics.horizontalAdvance(character)
        return width


class Face:
    """A font with its measures: widths are sums, because kerning is off."""

    __slots__ = ("_advance", "cap_height", "font", "height", "width")

    def __init__(self, font: QFont) -> None:
        metrics = QFontMetricsF(font)
        self.font = font
        self.cap_height = metrics.capHeight()
        self.height = metrics.height()
        self._advance = _Advances(metrics).__getitem__
        self.width = lru_cache(WIDTHS_KEPT)(self._measure)
        """Width of a line of text in pixels; most texts come again with the next frame."""

    def _measure(self, text: str) -> float:
        return sum(map(self._advance, text))


class Theme:
    """Colours and faces for every painter; one object shared by all panels."""

    def __init__(
        self,
        scheme: str = "dark",
        direction: str = "green-red",
        text_family: str = "Inter",
        code_family: str = "JetBrains Mono",
        beside: str = "",
    ) -> None:
        """`beside` is the family of characters that neither has."""
        self.compact = False
        """True on a small screen: tighter rows, fewer columns."""
        self._families = (text_family, code_family)
        self._beside = beside
        self._faces: dict[tuple[float, int, bool], Face] = {}
        self.glyphs: dict[tuple[float, ...], Glyphs] = {}
        """What `ui.glyphs` keeps of its faces, by the screen's scale."""
        self._colors: dict[str, QColor] = {}
        self.use(scheme, direction)

    def use(self, scheme: str, direction: str) -> None:
        """Change scheme and direction pair; the caller repaints."""
        self.palette: Palette = palette(scheme, direction)
        self.scheme = scheme
        self.direction = direction
        self._colors = {name: QColor(value) for name, value in self.palette.tokens().items()}
        self.frames: dict[tuple[str, str | None, int, int, float, float], QPixmap] = {}
        """Drawn frames, by what they look like; forgotten with the scheme."""

    def color(self, token: str) -> QColor:
        """Return a token's colour; KeyError for a name that is not in the palette."""
        return self._colors[token]

    def face(self, pixels: float, weight: int = 400, *, code: bool = False) -> Face:
        """Return the face of a size and weight."""
        key = (pixels, weight, code)
        face = self._faces.get(key)
        if face is None:
            font = figure_font(self._families[code], pixels, weight, self._beside)
            face = self._faces[key] = Face(font)
        return face

    def qt_palette(self) -> QPalette:
        """The tokens as Qt's own roles, for the widgets that Fusion paints."""
        tokens = self._colors
        roles = QPalette.ColorRole
        filled = QPalette()
        for role, token in (
            (roles.Window, "panel"),
            (roles.WindowText, "text"),
            (roles.Base, "field"),
            (roles.AlternateBase, "raised"),
            (roles.Text, "text"),
            (roles.Button, "raised"),
            (roles.ButtonText, "text"),
            (roles.BrightText, "danger"),
            (roles.Highlight, "accent"),
            (roles.HighlightedText, "on_accent"),
            (roles.ToolTipBase, "raised"),
            (roles.ToolTipText, "text"),
            (roles.PlaceholderText, "muted"),
            (roles.Link, "accent"),
            (roles.Accent, "accent"),
            (roles.Light, "line"),
            (roles.Midlight, "line"),
            (roles.Mid, "line"),
            (roles.Dark, "bg"),
            (roles.Shadow, "bg"),
        ):
            filled.setColor(role, tokens[token])
        disabled = QPalette.ColorGroup.Disabled
        for role in (roles.Text, roles.WindowText, roles.ButtonText, roles.HighlightedText):
            filled.setColor(disabled, role, tokens["muted"])
        filled.setColor(disabled, roles.Highlight, tokens["sel"])
        return filled


def dress(app: QApplication, scheme: str = "dark", direction: str = "green-red") -> Theme:
    """Load the fonts, set Fusion with our palette on the application, return the theme."""
    app.setStyle("fusion")
    beside = chinese_family() if language() == CHINESE else ""
    theme = Theme(scheme, direction, load_text_font(), load_code_font(), beside)
    app.setFont(theme.face(12).font)
    app.setPalette(theme.qt_palette())
    return theme


@runtime_checkable
class Dressed(Protocol):
    """A widget that keeps colours of its own: it takes the theme's again when told to."""

    def dress(self) -> None: ...


def set_look(app: QApplication, theme: Theme, scheme: str, direction: str) -> None:
    """Change the look at run time and repaint everything: docks that float, dialogs, plots."""
    theme.use(scheme, direction)
    app.setPalette(theme.qt_palette())
    for widget in _widgets(app):
        if isinstance(widget, Dressed):
            widget.dress()
        widget.update()


def _widgets(app: QApplication) -> list[QWidget]:
    """While Qt's list is made into ours, no widget of it may be collected: that is a crash."""
    gc.disable()
    try:
        return app.allWidgets()
    finally:
        gc.enable()
