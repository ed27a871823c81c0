"""What this machine offers the desk: its platform, installed distributions, refused pairs.

Standard library only, and light to import: every start waits for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

_WINDOWLESS_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb")


def library_set(environ: Mapping[str, str]) -> str:
    """Which set the platform in QT_QPA_PLATFORM needs: `offscreen` or `xcb`."""
    platform = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    return "offscreen" if platform in _WINDOWLESS_PLATFORMS else "xcb"


def installed_distributions(folders: Iterable[str] | None = None) -> dict[str, str]:
    """Name → version of what is installed, names in lower case with `-`.

    Reads folder names alone: importlib.metadata takes longer to import than a start may take.
    """
    found: dict[str, str] = {}
    for folder in sys.path if folders is None else folders:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            stem, _, suffix = entry.rpartition(".")
            name, dash, version = stem.partition("-")
            if suffix in ("dist-info", "egg-info") and dash:
                found.setdefault(canonical_name(name), version.partition("-")[0])
    return found


def canonical_name(name: str) -> str:
    """One spelling for a distribution: `PySide6_Essentials` → `pyside6-essentials`."""
    return name.lower().replace("_", "-").replace(".", "-")


def qt_refusal(distributions: Mapping[str, str], python: tuple[int, int]) -> str | None:
    """Why the desk must not start with these distributions, or None.

    PySide6 6.12.0 gives back one reference too many to None and True on each call where the
    interpreter still counts them (Python < 3.12): the process aborts while it paints.
    """
    for name in ("pyside6-essentials", "pyside6", "shiboken6"):
        if python < (3, 12) and distributions.get(name) == "6.12.0":
            return (
                f"{name} 6.12.0 aborts a painting window on Python {python[0]}.{python[1]}: "
                "install PySide6-Essentials 6.11.3, or use Python 3.12 or newer"
            )
    if "pyqt6" in distributions:
        return (
            "PyQt6 stands in the same environment, and two Qt libraries in one process crash it: "
            "remove it with: python -m pip uninstall PyQt6"
        )
    return None
