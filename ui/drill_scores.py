"""The drills' scores, kept with the window's own settings in the desk folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QSettings

from ui.viewmodels.drill import Score, Scores, with_score

FILE = "window.ini"
_KEY = "drill/scores"


class DrillScores:
    """Last and best; without a folder they last as long as the window."""

    def __init__(self, folder: str | None) -> None:
        self._settings = None
        self.scores = Scores()
        if folder is not None:
            path = str(Path(folder) / FILE)
            self._settings = QSettings(path, QSettings.Format.IniFormat)
            self.scores = _read(str(self._settings.value(_KEY, "")))

    def add(self, score: Score) -> None:
        """Keep a drill."""
        self.scores = with_score(self.scores, score)
        if self._settings is not None:
            self._settings.setValue(_KEY, msgspec.json.encode(self.scores).decode())


def _read(text: str) -> Scores:
    """What a file says; one that says nothing of the kind begins anew."""
    try:
        return msgspec.json.decode(text, type=Scores)
    except msgspec.DecodeError:
        return Scores()
