"""Inter and JetBrains Mono from their packages, with figures that stand in columns."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtGui import QFont, QFontDatabase

TEXT_FAMILY = "Inter"
CODE_FAMILY = "JetBrains Mono"

CHINESE_FAMILIES = (
    "Noto Sans CJK HK",
    "Noto Sans HK",
    "Source Han Sans HC",
    "PingFang HK",
    "Noto Sans CJK TC",
    "Noto Sans TC",
    "Microsoft JhengHei UI",
    "Microsoft JhengHei",
    "PingFang TC",
)
"""Glyphs of Hong Kong first, of Taiwan after; the system's own choice is often of Japan."""

_TABULAR = QFont.Tag("tnum")


def _family(package: str, start: str, wanted: str) -> str:
    """Load one font file of a package; the family it brought, or what the system has."""
    try:
        entries = sorted(files(package).joinpath("files").iterdir(), key=lambda entry: entry.name)
        data = next(
            entry.read_bytes()
            for entry in entries
            if entry.name.startswith(start) and entry.name.endswith(".ttf")
        )
    except (ModuleNotFoundError, FileNotFoundError, StopIteration):
        return wanted
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFontFromData(data))
    return families[0] if families else wanted


def load_text_font() -> str:
    """Load the text font (before the first paint) and return its family."""
    return _family("fontpkg_inter", "Inter[", TEXT_FAMILY)


def load_code_font() -> str:
    """Load the font of hashes and codes (after the first paint) and return its family."""
    return _family("fontpkg_jetbrains_mono", "JetBrainsMono[", CODE_FAMILY)


def chinese_family() -> str:
    """The system's best family for Traditional Chinese; empty: it has none."""
    found = QFontDatabase.families(QFontDatabase.WritingSystem.TraditionalChinese)
    preferred = (family for family in CHINESE_FAMILIES if family in found)
    return next(preferred, found[0] if found else "")


def figure_font(family: str, pixels: float, weight: int = 400, beside: str = "") -> QFont:
    """Return a font with tabular figures; kerning off, so a width is the sum of its advances.

    Unhinted: hinting rounds every advance to a pixel and leaves holes around hyphens and dots.
    `beside` is the family of characters that the first has not.
    """
    font = QFont()
    font.setFamilies([family, beside] if beside else [family])
    font.setPixelSize(round(pixels))
    font.setWeight(QFont.Weight(weight))
    font.setKerning(False)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(_TABULAR, 1)
    return font
