"""Texts that others wrote, shown as they are.

Qt takes a text that looks like HTML for HTML, in labels and in tooltips: a venue's refusal, a note
or a file's name could then hide its own words, or show a picture from elsewhere.
"""

from __future__ import annotations

from PySide6.QtGui import Qt


def as_text(text: str) -> str:
    """Return a text for a tooltip, which has no other way to be told that it is plain."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
