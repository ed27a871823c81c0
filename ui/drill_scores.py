"""The drills' scores, kept with the window's own settings in the desk folder."""

from __future__ import annotations

import msgspec

from ui.viewmodels.drill import Score, Scores, with_score
from ui.window_file import WindowFile

_GROUP, _KEY = "drill", "scores"


class DrillScores:
    """Last and best; without a folder they last as long as the window."""

    def __init__(self, file: WindowFile) -> None:
        self._file = file
        self.scores = _read(file.group(_GROUP).get(_KEY, ""))

    def add(self, score: Score) -> None:
        """Keep a drill."""
        self.scores = with_score(self.scores, score)
        self._file.put(_GROUP, {_KEY: msgspec.json.encode(self.scores).decode()})
        self._file.write()


def _read(text: str) -> Scores:
    """What a file says; one that says nothing of the kind begins anew."""
    try:
        return msgspec.json.decode(text, type=Scores)
    except msgspec.DecodeError:
        return Scores()
