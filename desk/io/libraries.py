"""Qt's shared libraries: which it loads here, and the Debian packages that bring them.

Standard library only: the set-up asks before anything is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
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
