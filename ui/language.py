"""The trader's language: its catalogue, checked and read; Qt's own words; a font that has it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

from ui.fonts import chinese_family
from ui.viewmodels.translation import CHINESE, ENGLISH, LANGUAGES, speak

QT_WORDS = "qtbase_zh_TW"
"""Qt has no words of Hong Kong's own; the few that can be met are the same."""
NO_FONT = (
    "No Chinese font is installed, so the window stays English; "
    "on Debian: apt-get install -y fonts-noto-cjk"
)

DESKS_OWN = "desk_"
"""How the files of the desk's sentences begin; the others hold what the window says."""

_HOLE = re.compile(r"\{(\w*)\}")


class CatalogueError(ValueError):
    """The files of a language contradict each other or their English."""


def catalogue(language: str) -> dict[str, str]:
    """Read every file of a language: English → its words; English itself has none.

    Where the window and the desk say the same and mean another thing, it is the window's.
    """
    return {**sentences(language), **_read_all(language, desks=False)}


def sentences(language: str) -> dict[str, str]:
    """Read what the desk says: only this is looked for in its sentences, which have patterns."""
    return _read_all(language, desks=True)


def _read_all(language: str, *, desks: bool) -> dict[str, str]:
    if language == ENGLISH:
        return {}
    folder = files("resources").joinpath("translations").joinpath(language)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    chosen = [name for name in names if name.startswith(DESKS_OWN) is desks]
    return joined((name, folder.joinpath(name).read_text(encoding="utf-8")) for name in chosen)


def joined(sources: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join files of (name, text).

    Raises CatalogueError for a text with two different translations, and for holes that differ.
    """
    found: dict[str, str] = {}
    for name, text in sources:
        for english, words in _read(name, text).items():
            if sorted(_HOLE.findall(english)) != sorted(_HOLE.findall(words)):
                raise CatalogueError(f"{name}: the holes of {english!r} differ in {words!r}")
            if found.setdefault(english, words) != words:
                raise CatalogueError(
                    f"{name}: {english!r} is {words!r} here and {found[english]!r} elsewhere"
                )
    return found


def _read(name: str, text: str) -> dict[str, str]:
    try:
        texts = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{name}: {error}") from error
    odd = [english for english, words in texts.items() if not isinstance(words, str) or not words]
    if odd:
        raise CatalogueError(f"{name}: expected a text for {odd[0]!r}")
    return texts


def speak_language(language: str) -> None:
    """Speak a language from now on; before the first panel is imported, for tables hold words.

    An unheard-of language is English, which is never missing.
    """
    known = language if language in LANGUAGES else ENGLISH
    speak(known, catalogue(known), sentences(known))


def speak_on_screen(app: QCoreApplication, language: str) -> str:
    """Speak a language in a window, Qt's own words too.

    Returns why it is English instead, or nothing: without a font Chinese would be boxes.
    """
    if language == CHINESE and not chinese_family():
        speak_language(ENGLISH)
        return NO_FONT
    speak_language(language)
    if language == CHINESE:
        words = QTranslator(app)
        if words.load(QT_WORDS, QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            app.installTranslator(words)
    return ""
