"""What an empty place teaches: what will stand there, and how it comes there."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF

from ui.paint import Align, Ink, wrap

LINE = 16
MOST_WIDTH = 460


class Lesson(NamedTuple):
    """A heading and a sentence or two."""

    title: str
    words: str

    @property
    def said(self) -> str:
        """All of it, for who does not see it."""
        return f"{self.title}. {self.words}"


def paint_lesson(ink: Ink, lesson: Lesson, box: QRectF) -> None:
    """Paint it in the middle of a box; where that is low, as many of its lines as fit."""
    theme = ink.theme
    face = theme.face(11)
    width = int(min(MOST_WIDTH, box.width() - 16))
    lines = wrap(face, lesson.words, width) if width > 0 else []
    fitting = max(0, int(box.height() - LINE) // LINE)
    lines = lines if len(lines) <= fitting else lines[:fitting]
    top = box.center().y() - LINE * (len(lines) + 1) / 2
    title = QRectF(box.left(), top, box.width(), LINE)
    ink.text("text2", theme.face(12, 600), lesson.title, title, Align.CENTER)
    for number, line in enumerate(lines, start=1):
        ink.text("muted", face, line, title.translated(0, number * LINE + 2), Align.CENTER)
