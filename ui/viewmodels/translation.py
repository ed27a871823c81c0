"""The screen's language: texts by their English form, with holes for what varies.

`tr` is for what the window says itself; `said` for sentences that the desk wrote in English (a
denial, an alert): they are recognised by their pattern. What has no translation stays English,
so nothing is ever left unsaid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.viewmodels.sentences import Sentences

ENGLISH = "en"
CHINESE = "zh_HK"
LANGUAGES = {ENGLISH: "English", CHINESE: "繁體中文"}
"""Every language, in its own words."""


class Catalogue:
    """The texts of one language: English with `{holes}` → the same holes in other words."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts = dict(texts or {})
        self.said = Sentences(self.texts)

    def fill(self, text: str, holes: Mapping[str, Any]) -> str:
        """Return a text with its holes filled, a sentence or word of the desk in them too."""
        found = self.texts.get(text, text)
        return found.format_map(holes) if holes else found


_current = Catalogue()
_language = ENGLISH


def speak(language: str, texts: Mapping[str, str]) -> None:
    """Speak a language from now on; what was built before keeps its words."""
    global _current, _language
    _current, _language = Catalogue(texts), language


def language() -> str:
    """Return the language in force: `en`, `zh_HK`."""
    return _language


def tr(text: str, /, **holes: object) -> str:
    """Return a text of the screen in the trader's language, its `{holes}` filled."""
    return _current.fill(text, holes)


def said(sentence: str, /) -> str:
    """Return a sentence of the desk in the trader's language."""
    return _current.said(sentence)
