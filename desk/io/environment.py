"""What this machine offers the desk: installed distributions, Qt's shared libraries, refused pairs.

Standard library only, and light to import: the launcher asks before anything is installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class SharedLibrary(NamedTuple):
    """A shared library that Qt loads, and the Debian package that brings it."""

    soname: str
    package: str


OFFSCREEN_LIBRARIES = (
    SharedLibrary("libGL.so.1", "libgl1"),
    SharedLibrary("libEGL.so.1", "libegl1"),
    SharedLibrary("libxkbcommon.so.0", "libxkbcommon0"),
    SharedLibrary("libdbus-1.so.3", "libdbus-1-3"),
    SharedLibrary("libfontconfig.so.1", "libfontconfig1"),
    SharedLibrary("libfreetype.so.6", "libfreetype6"),
    SharedLibrary("libglib-2.0.so.0", "libglib2.0-0"),
    SharedLibrary("libgthread-2.0.so.0", "libglib2.0-0"),
    SharedLibrary("libX11.so.6", "libx11-6"),
)
"""What QtWidgets itself needs, even where nothing is shown."""

XCB_LIBRARIES = (
    SharedLibrary("libX11-xcb.so.1", "libx11-xcb1"),
    SharedLibrary("libxcb-cursor.so.0", "libxcb-cursor0"),
    SharedLibrary("libxcb-icccm.so.4", "libxcb-icccm4"),
    SharedLibrary("libxcb-image.so.0", "libxcb-image0"),
    SharedLibrary("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    SharedLibrary("libxcb-randr.so.0", "libxcb-randr0"),
    SharedLibrary("libxcb-render.so.0", "libxcb-render0"),
    SharedLibrary("libxcb-render-util.so.0", "libxcb-render-util0"),
    SharedLibrary("libxcb-shape.so.0", "libxcb-shape0"),
    SharedLibrary("libxcb-shm.so.0", "libxcb-shm0"),
    SharedLibrary("libxcb-sync.so.1", "libxcb-sync1"),
    SharedLibrary("libxcb-util.so.1", "libxcb-util1"),
    SharedLibrary("libxcb-xfixes.so.0", "libxcb-xfixes0"),
    SharedLibrary("libxcb-xkb.so.1", "libxcb-xkb1"),
    SharedLibrary("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
)
"""What the xcb platform needs on top, to open a window under X (or XWayland)."""

_WINDOWLESS_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb")


def library_set(environ: Mapping[str, str]) -> str:
    """Which set the platform in QT_QPA_PLATFORM needs: `offscreen` or `xcb`."""
    platform = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    return "offscreen" if platform in _WINDOWLESS_PLATFORMS else "xcb"


def missing_libraries(wanted: str) -> tuple[SharedLibrary, ...]:
    """The libraries of a set (`offscreen` or `xcb`) that cannot be loaded here.

    Windows and macOS bring everything with Qt: nothing is missing there.
    """
    if not sys.platform.startswith("linux"):
        return ()
    libraries = OFFSCREEN_LIBRARIES + (XCB_LIBRARIES if wanted == "xcb" else ())
    return tuple(library for library in libraries if not _loads(library.soname))


def _loads(soname: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def packages_of(libraries: Iterable[SharedLibrary]) -> tuple[str, ...]:
    """The Debian packages that bring these libraries, each once, in order."""
    return tuple(dict.fromkeys(library.package for library in libraries))


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
