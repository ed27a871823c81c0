"""A screen of its own (Xvfb), and a keyboard that the X server cannot tell from a real one (XTEST).

Keys are sent by this process itself: starting xdotool takes longer than what is measured here.
"""

import ctypes
import ctypes.util
import os
import shutil
import subprocess

from desk.io.clock import SystemClock

XTEST = ctypes.util.find_library("Xtst")
MISSING = [
    *(program for program in ("Xvfb", "xdotool") if shutil.which(program) is None),
    *([] if XTEST else ["libXtst"]),
]
PATIENCE_S = 60


class Screen:
    """An X server without a window manager, as large as a desk."""

    def __init__(self, size="1920x1080"):
        there, here = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(here), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
            pass_fds=[here],
            stderr=subprocess.DEVNULL,
        )
        os.close(here)
        with open(there, encoding="ascii") as said:
            self.name = f":{said.readline().strip()}"
        self._x = ctypes.CDLL(ctypes.util.find_library("X11"))
        self._test = ctypes.CDLL(XTEST)
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(self.name.encode()))
        assert self._display.value, f"no display {self.name}"

    @property
    def environment(self):
        """What a program needs to be shown here."""
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb"}

    def press(self, chord):
        """Press and let go, such as `ctrl+shift+x`; when its last key went down, in ns (wall)."""
        codes = [self._code(name) for name in chord.split("+")]
        for code in codes[:-1]:
            self._test.XTestFakeKeyEvent(self._display, code, 1, 0)
        self._x.XFlush(self._display)
        pressed_ns = SystemClock().wall_ns()
        self._test.XTestFakeKeyEvent(self._display, codes[-1], 1, 0)
        for code in reversed(codes):
            self._test.XTestFakeKeyEvent(self._display, code, 0, 0)
        self._x.XFlush(self._display)
        return pressed_ns

    def _code(self, name):
        symbol = self._x.XStringToKeysym(NAMES.get(name, name).encode())
        assert symbol, f"no key {name}"
        return self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(symbol))

    def ask(self, *words):
        """What xdotool answers."""
        return subprocess.run(
            ["xdotool", *map(str, words)],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        ).stdout.strip()

    def count(self):
        """How many windows are shown, lists and menus among them."""
        return len(self.ask("search", "--onlyvisible", "--class", "").split())

    def titles(self):
        """Titles of the windows that are shown, by id."""
        found = self.ask("search", "--onlyvisible", "--name", ".").split()
        return {window: self.ask("getwindowname", window) for window in found}

    def close(self):
        """End the server."""
        self._x.XCloseDisplay(self._display)
        self._server.terminate()
        self._server.wait(PATIENCE_S)


NAMES = {"ctrl": "Control_L", "shift": "Shift_L", "alt": "Alt_L"}
