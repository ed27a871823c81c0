"""`desk doctor`: whether the desk can start here, and what a trader would miss.

A row that is not ok prevents a start, unless its note begins with "warning". Qt is tried in a
process of its own, with the platform of QT_QPA_PLATFORM: whatever it does there, this one answers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import msgspec

import desk
from desk.io.clock import SystemClock
from desk.io.disk import PRIVATE_FOLDER_MODE, free_bytes, open_private, sync_file
from desk.io.environment import installed_distributions, library_set, qt_refusal
from desk.io.folder import desk_folder
from desk.io.libraries import missing_libraries, packages_of
from desk.model.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A wall clock before the desk was written is one that was never set.
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_MIB = 1 << 20
# The journal's reserve is 16 MiB; with less than twice that no day can be recorded.
_FREE_MIB_MIN = 32
_SYNC_ROUNDS = 15
_SYNC_BYTES = 4096
# An acknowledgement waits for the sync: slower than this is felt on every order.
_SYNC_SLOW_MS = 20.0
_PROBE_TIMEOUT_S = 60.0

_QT_PROBE = """
import json
from PySide6.QtGui import QFontDatabase, QGuiApplication
from ui.fonts import (
    CODE_FAMILY, TEXT_FAMILY, chinese_family, load_code_font, load_text_font
)
app = QGuiApplication([])
load_text_font(), load_code_font()
size = app.primaryScreen().size()
families = QFontDatabase.families()
print(json.dumps({
    "platform": app.platformName(),
    "screen": f"{size.width()}x{size.height()}",
    "text": TEXT_FAMILY if TEXT_FAMILY in families else None,
    "code": CODE_FAMILY if CODE_FAMILY in families else None,
    "chinese": chinese_family() or None,
}))
"""

_KEYRING_PROBE = """
import json
from desk.io.credentials import system_credentials
found = system_credentials()
print(json.dumps({"place": found.place, "durable": found.durable, "name": found.name}))
"""


class Row(msgspec.Struct):
    """One thing looked at."""

    name: str
    value: str | None
    unit: str | None
    ok: bool
    note: str


class _Arguments(argparse.ArgumentParser):
    """Bad usage is bad input: one line from the entry point, not argparse's own exit."""

    def error(self, message: str) -> NoReturn:
        raise InputError(source=self.prog, expected="[--account DIR]", found=message)


def run(argv: Sequence[str]) -> int:
    """Print the rows as JSON; 1 if something prevents a start on the platform in QT_QPA_PLATFORM.

    Raises InputError for bad usage.
    """
    parser = _Arguments(
        prog="desk doctor", description="Check whether the desk can run.", allow_abbrev=False
    )
    parser.add_argument("--account", metavar="DIR", help="the desk folder")
    parser.add_argument("--json", action="store_true", help="the only form there is")
    arguments = parser.parse_args(argv)
    rows = [
        *_python_rows(),
        *_qt_rows(os.environ),
        *_clock_rows(SystemClock()),
        *folder_rows(desk_folder(arguments.account)),
        _keyring_row(),
    ]
    print(msgspec.json.encode({"rows": rows}).decode())
    return int(any(prevents_start(row) for row in rows))


def prevents_start(row: Row) -> bool:
    """Whether the desk cannot start for this."""
    return not row.ok and not row.note.startswith("warning")


def _python_rows() -> Iterator[Row]:
    version = sys.version.split()[0]
    yield Row("python", version, None, sys.version_info >= (3, 11), sys.executable)
    installed = installed_distributions()
    pair = installed.get("pyside6-essentials") or installed.get("pyside6")
    refusal = qt_refusal(installed, (sys.version_info[0], sys.version_info[1]))
    if pair is None:
        refusal = "PySide6-Essentials is not installed"
    yield Row("qt", pair, None, refusal is None, refusal or "PySide6-Essentials")


def _qt_rows(environ: Mapping[str, str]) -> Iterator[Row]:
    wanted = library_set(environ)
    missing = missing_libraries(wanted)
    names = ", ".join(library.soname for library in missing)
    advice = f"missing: {names}; apt-get install -y {' '.join(packages_of(missing))}"
    yield Row(
        f"system libraries ({wanted})",
        str(len(missing)),
        "missing",
        not missing,
        advice if missing else "all found",
    )
    found, problem = _probe(_QT_PROBE, environ)
    shown = found.get("screen")
    fonts = found or _probe(_QT_PROBE, {**environ, "QT_QPA_PLATFORM": "offscreen"})[0]
    yield Row("window platform", found.get("platform"), None, problem is None, problem or "starts")
    yield _display_row(environ, wanted, shown)
    yield _font_row("text font", fonts.get("text"), "Inter comes with fontpkg-inter")
    yield _font_row("code font", fonts.get("code"), "it comes with fontpkg-jetbrains-mono")
    advice = "the window stays English; on Debian: apt-get install -y fonts-noto-cjk"
    yield _font_row("chinese font", fonts.get("chinese"), advice)


def _display_row(environ: Mapping[str, str], wanted: str, screen: str | None) -> Row:
    if not sys.platform.startswith("linux"):
        return Row("display", screen, "px", screen is not None, "the system's own")
    server = environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY")
    if server:
        return Row("display", screen, "px", screen is not None or wanted == "offscreen", server)
    note = "neither DISPLAY nor WAYLAND_DISPLAY is set"
    if wanted == "offscreen":
        note = f"warning: {note}; only windowless platforms can start"
    return Row("display", None, "px", ok=False, note=note)


def _font_row(name: str, family: str | None, advice: str) -> Row:
    if family is not None:
        return Row(name, family, None, ok=True, note="found")
    return Row(name, None, None, ok=False, note=f"warning: not found; {advice}")


def _clock_rows(clock: SystemClock) -> Iterator[Row]:
    boot_s = clock.boot_ns() / 1e9
    counts_suspend = hasattr(time, "CLOCK_BOOTTIME") or not sys.platform.startswith("linux")
    note = "counts time asleep" if counts_suspend else "warning: stops while the machine sleeps"
    yield Row("age clock", f"{boot_s:.3f}", "s since boot", counts_suspend, note)
    now = _EPOCH + timedelta(milliseconds=clock.wall_ms())
    sane = _EARLIEST <= now <= _LATEST
    text = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    note = "plausible" if sane else "warning: set the clock; stamps and certificates depend on it"
    yield Row("wall clock", text, "UTC", sane, note)


def folder_rows(folder: Path) -> Iterator[Row]:
    """Whether the desk folder can be used; a folder that is not there yet is not made."""
    place = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    problem = _folder_problem(folder, place)
    note = problem or ("ready" if place == folder else "made at the first start")
    yield Row("desk folder", str(folder), None, problem is None, note)
    if problem is not None and not problem.startswith("warning"):
        return
    free_mib = free_bytes(place) // _MIB
    enough = free_mib >= _FREE_MIB_MIN
    note = "enough" if enough else f"the journal and its reserve need {_FREE_MIB_MIN} MiB"
    yield Row("free space", str(free_mib), "MiB", enough, note)
    yield _sync_row(place)


def _folder_problem(folder: Path, place: Path) -> str | None:
    if not place.is_dir():
        return f"{place} is not a folder"
    if not os.access(place, os.W_OK | os.X_OK):
        return f"{place} is not writable"
    mode = folder.stat().st_mode & 0o777 if place == folder else PRIVATE_FOLDER_MODE
    if os.name == "posix" and mode & ~PRIVATE_FOLDER_MODE:
        return f"warning: others may read it (mode {mode:04o}): chmod 700 {folder}"
    return None


def _sync_row(place: Path) -> Row:
    try:
        with tempfile.TemporaryDirectory(prefix=".desk-doctor-", dir=place) as folder:
            times_ms = _sync_times_ms(Path(folder) / "sync")
    except OSError as error:
        return Row("disk sync", None, "ms", ok=False, note=f"{place}: {error.strerror or error}")
    median_ms = statistics.median(times_ms)
    slow = "" if median_ms <= _SYNC_SLOW_MS else "warning: slow, every order waits for it; "
    note = f"{slow}median of {len(times_ms)}, slowest {max(times_ms):.3f}"
    return Row("disk sync", f"{median_ms:.3f}", "ms", not slow, note)


def _sync_times_ms(path: Path) -> list[float]:
    times_ms: list[float] = []
    with open_private(path) as file:
        for _ in range(_SYNC_ROUNDS):
            file.write(os.urandom(_SYNC_BYTES))
            began_s = time.perf_counter()
            sync_file(file)
            times_ms.append((time.perf_counter() - began_s) * 1e3)
    return times_ms


def _keyring_row() -> Row:
    found, problem = _probe(_KEYRING_PROBE, os.environ)
    usable = bool(found.get("durable"))
    place = found.get("place") or f"Credentials cannot be kept: {problem}."
    return Row("keyring", found.get("name"), None, usable, place if usable else f"warning: {place}")


def _probe(code: str, environ: Mapping[str, str]) -> tuple[Mapping[str, Any], str | None]:
    """Run a few lines in a fresh interpreter: what they print as JSON, or why they did not."""
    root = str(Path(desk.__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, environ.get("PYTHONPATH"))))
    try:
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env={**environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {}, f"gave no answer within {_PROBE_TIMEOUT_S:.0f} s"
    if ended.returncode == 0:
        return msgspec.json.decode(ended.stdout, type=dict[str, Any]), None
    said = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    if not said:
        return {}, f"ended with {ended.returncode}"
    return {}, said[-1] if said[0].startswith("Traceback") else said[0]
