"""A window in a language that nobody speaks, and all that it says: run as a process of its own.

Tables hold words from when they are imported, so the language must be there before any panel is.
Every word of a translated text stands in ⟦ ⟧. Everything painted, labelled or told to a screen
reader is gathered from a rich desk, its dialogs and menus, and written as JSON: text → where.
"""

import json
import os
import sys

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QTabBar,
    QTableView,
    QWidget,
)

from ui.viewmodels import translation

OPEN, CLOSE = "⟦", "⟧"
READ = (
    "windowTitle", "toolTip", "accessibleName", "accessibleDescription", "placeholderText", "title",
)  # fmt: skip
"""What a widget may say beside its own text."""


def bracketed(text):
    """Word by word: a sentence that is wrapped must show it on every line."""
    return " ".join(f"{OPEN}{word}{CLOSE}" if word else "" for word in text.split(" "))


class Pseudo(translation.Catalogue):
    """Every text in brackets; the desk's sentences too."""

    def __init__(self):
        super().__init__()
        self.said = bracketed

    def fill(self, text, holes):
        shown = bracketed(text.partition(translation.CONTEXT)[0])
        return shown.format_map(holes) if holes else shown


class Gathered:
    """Texts → where each was met first."""

    def __init__(self):
        self.texts = {}

    def add(self, text, where):
        if isinstance(text, str) and text.strip():
            self.texts.setdefault(text, where)

    def listen_to_paint(self):
        """Whatever Python paints passes here."""
        draw = QPainter.drawText

        def heard(painter, *args):
            self.add(next((a for a in reversed(args) if isinstance(a, str)), ""), "painted")
            return draw(painter, *args)

        QPainter.drawText = heard

    def widgets(self, where):
        for widget in filter(QWidget.isVisible, QApplication.allWidgets()):
            self._widget(widget, f"{where}: {type(widget).__name__} {widget.objectName()}".strip())

    def _widget(self, widget, where):
        for read in READ:
            if callable(getattr(widget, read, None)):
                self.add(getattr(widget, read)(), f"{where} {read}")
        if isinstance(widget, QLabel | QAbstractButton):
            self.add(widget.text(), f"{where} text")
        self._parts(widget, where)
        if isinstance(widget, QTableView) and widget.model() is not None:
            self._table(widget.model(), where)

    def _parts(self, widget, where):
        texts = []
        if isinstance(widget, QComboBox):
            texts = [widget.itemText(number) for number in range(widget.count())]
        elif isinstance(widget, QTabBar):
            texts = [widget.tabText(number) for number in range(widget.count())]
        elif isinstance(widget, QMenu):
            texts = [action.text() for action in widget.actions()]
        for text in texts:
            self.add(text, f"{where} part")

    def _table(self, model: QAbstractItemModel, where):
        across = Qt.Orientation.Horizontal
        for column in range(model.columnCount()):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                self.add(model.headerData(column, across, role), f"{where} head")
        for row in getattr(model, "rows", ()):
            self.add(row.heading, f"{where} heading")
            for cell in row.cells:
                for text in (cell.text, cell.second, cell.unit):
                    self.add(text, f"{where} cell")


def main(report):
    translation._current = Pseudo()  # the one place that knows the language in force
    app = QApplication([])
    gathered = Gathered()
    gathered.listen_to_paint()
    from helpers.every_text_tour import tour  # imports the panels: only now

    tour(app, gathered)
    with open(report, "w", encoding="utf-8") as file:
        json.dump(gathered.texts, file, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)  # Qt is left as it stands
