"""The screen's language: texts by their English form, with holes for what varies.

`tr` is for what the window says itself; `said` for sentences that the desk wrote in English (a
denial, an alert): they are recognised by their pattern. What has no translation stays English,
so nothing is ever left unsaid. A text that means two things names which after a bar, as in
`tr("Limit¦order type")`: the bar and what follows it are never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.viewmodels.sentences import Sentences

ENGLISH = "en"
CHINESE = "zh_HK"
LANGUAGES = {ENGLISH: "English", CHINESE: "繁體中文"}
"""Every language, in its own words."""

CONTEXT = "¦"


class Catalogue:
    """The texts of one language: English with `{holes}` → the same holes in other words."""

    def __init__(
        self, texts: Mapping[str, str] | None = None, sentences: Mapping[str, str] | None = None
    ) -> None:
        self.texts = dict(texts or {})
        self._sentences = Sentences(self.texts if sentences is None else sentences)

    def said(self, sentence: str) -> str:
        """Return a sentence or a word of the desk; one that the desk's do not know as a text."""
        words = self._sentences(sentence)
        return self.texts.get(sentence, sentence) if words is sentence else words

    def fill(self, text: str, holes: Mapping[str, Any]) -> str:
        """Return a text with its holes filled."""
        found = self.texts.get(text) or text.partition(CONTEXT)[0]
        return found.format_map(holes) if holes else found


_current = Catalogue()
_language = ENGLISH


def speak(
    language: str, texts: Mapping[str, str], sentences: Mapping[str, str] | None = None
) -> None:
    """Speak a language from now on; what was built before keeps its words.

    `sentences`: those of the texts that are the desk's, in whose patterns `said` looks.
    """
    global _current, _language
    _current, _language = Catalogue(texts, sentences), language


def language() -> str:
    """Return the language in force: `en`, `zh_HK`."""
    return _language


def tr(text: str, /, **holes: object) -> str:
    """Return a text of the screen in the trader's language, its `{holes}` filled."""
    return _current.fill(text, holes)


def said(sentence: str, /) -> str:
    """Return a sentence of the desk in the trader's language."""
    return _current.said(sentence)
