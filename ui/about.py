"""About: what runs here, to read and to copy for support."""

from __future__ import annotations

import platform
import sqlite3
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QWidget

from desk.engine.snapshot import DeskFrame, Hello
from ui.dialog import Dialog
from ui.theme import Theme
from ui.viewmodels.about import about, as_text, product
from ui.viewmodels.translation import tr
from ui.words import PlainWords

LABEL_WIDTH, VALUE_WIDTH = 130, 470


class AboutDialog(Dialog):
    """Product, versions, engine, profile, journal, fonts."""

    def __init__(
        self, theme: Theme, hello: Hello | None, frame: DeskFrame | None, parent: QWidget
    ) -> None:
        super().__init__(theme, tr("About the desk"), parent, LABEL_WIDTH + VALUE_WIDTH + 48)
        lines = about(versions(), hello, frame)
        self.text = as_text(lines)
        self.body.addWidget(PlainWords(theme, tr("Desk"), "text", VALUE_WIDTH, pixels=20))
        self.body.addWidget(PlainWords(theme, product(), "text2", LABEL_WIDTH + VALUE_WIDTH))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, line in enumerate(lines):
            label = PlainWords(theme, line.label, "muted", LABEL_WIDTH)
            label.setFixedWidth(LABEL_WIDTH)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            value = PlainWords(theme, line.value, "text", VALUE_WIDTH, code=line.code)
            grid.addWidget(value, row, 1)
        self.body.addLayout(grid)
        self.body.addStretch(1)
        self.copy = self.add_button(tr("Copy"), "accent")
        self.copy.setToolTip(tr("Copy all of it as plain text, for support"))
        self.copy.clicked.connect(self._copy)
        self.add_close()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self.copy.say(tr("Copied"))


def versions() -> dict[str, str]:
    """Return what is installed here, by name."""
    return {
        "desk": _desk_version(),
        "Python": platform.python_version(),
        "Qt": qVersion(),
        "PySide6": _version("PySide6-Essentials"),
        "pyqtgraph": _version("pyqtgraph"),
        "SQLite": sqlite3.sqlite_version,
        tr("Platform"): f"{platform.platform()} · {QGuiApplication.platformName()}",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return tr("not installed")


def _desk_version() -> str:
    """Of the installed package, else of the checkout that runs."""
    try:
        return version("desk")
    except PackageNotFoundError:
        project = Path(__file__).resolve().parents[1] / "pyproject.toml"
        if not project.is_file():
            return tr("not installed")
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
