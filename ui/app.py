"""The window process: first a painted frame, then everything that takes long."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from desk.crash import Reports, reported
from desk.log import LOG, WINDOW

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

    from ui.pump import Pump
    from ui.window import DeskWindow

EXIT_OK = 0
PROBES = {
    "DESK_TICKET_PROBE": ("ui.measure.typing", "TypingProbe"),
    "DESK_PANIC_PROBE": ("ui.measure.panic", "PanicProbe"),
    "DESK_ALERT_PROBE": ("ui.measure.alerts", "AlertProbe"),
    "DESK_PANELS_PROBE": ("ui.measure.panels", "PanelsProbe"),
    "DESK_EVENT_PROBE": ("ui.measure.events", "EventsProbe"),
    "DESK_START_PROBE": ("ui.measure.start", "StartProbe"),
}
"""Set by `desk bench`: what measures in the window, and where it writes its report."""


def run_window(
    connection: Connection, layout: str | None = None, folder: str | None = None
) -> None:
    """Run the window of one desk until the trader leaves or the engine ends.

    Its log is kept from before the first import of Qt on: what ends it there is reported too.
    """
    with reported(None if folder is None else Path(folder), WINDOW) as reports:
        _run(connection, layout, folder, reports)
    sys.exit(EXIT_OK)


def _run(connection: Connection, layout: str | None, folder: str | None, reports: Reports) -> None:
    """Open the window and run it.

    `connection` is the window's end of a duplex pipe; `layout` names the arrangement of docks;
    `folder` is the desk's, for a person's own keys and confirmations.
    Qt's update timer is set to the least: a frame is painted when it is taken in, not 5 ms later,
    and keys and timers that came due meanwhile have their turn between the two.
    """
    os.environ.setdefault("QT_QPA_UPDATE_IDLE_TIME", "1")
    gc.disable()  # until everything is imported: it would find nothing
    # The terminal's Ctrl+C and its end are the engine's to handle: it ends the window by the pipe.
    for name in {"SIGINT", "SIGHUP"} & set(dir(signal)):  # Windows has no SIGHUP
        signal.signal(getattr(signal, name), signal.SIG_IGN)

    from PySide6.QtCore import Qt, QTimer, qInstallMessageHandler
    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QApplication

    qInstallMessageHandler(_note_qt)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("desk")
    # A dialog of the system takes keys that we then never see, the panic keys among them.
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)

    from ui.language import speak_on_screen
    from ui.own_files import own_files

    own = own_files(folder)
    mute = speak_on_screen(app, own.preferences.language)

    # Tables hold words: nothing that has one is imported before the language is known.
    from ui.palette import palette
    from ui.shell import Shell
    from ui.viewmodels.text import use_zone
    from ui.window_place import put_back

    use_zone(own.preferences.zone)
    colours = palette(own.preferences.scheme)
    shell = Shell(QColor(colours.bg), QColor(colours.raised))
    misplaced = put_back(shell, own.file)
    shell.show()
    app.processEvents()

    from ui.theme import dress

    theme = dress(app, own.preferences.scheme, own.preferences.direction)

    from ui.pump import Pump
    from ui.viewmodels.banner import not_spoken
    from ui.window import DeskWindow
    from ui.wire import wire_for

    # What is imported stays for ever: looking through it again and again costs 25 ms a time.
    gc.freeze()
    gc.enable()
    pump = Pump(wire_for(connection))
    window = DeskWindow(theme, pump, own, layout=layout, size=shell.size())
    if misplaced:
        window.say(misplaced)
    _show_errors(window, reports)
    if mute:
        window.display.keep_fault(not_spoken(mute))
    shell.hold(window)
    window.command_desk.remember(own.file)
    QTimer.singleShot(0, pump.start)
    window.painted.connect(window.load_late)
    QTimer.singleShot(0, window.away.listen)
    if report := os.environ.get("DESK_WINDOW_PROBE"):
        _measure(window, pump, report)
    for variable, (module, kind) in PROBES.items():
        if report := os.environ.get(variable):
            getattr(importlib.import_module(module), kind)(window, report)
    app.exec()


def _note_qt(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """What Qt itself has to say: nothing below a warning."""
    from PySide6.QtCore import QtMsgType

    del context
    if kind not in {QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg}:
        LOG.warning("Qt: %s", text)


def _show_errors(window: DeskWindow, reports: Reports) -> None:
    """An error of ours ends nothing, but it is told, here and to the desk: what is shown may be
    wrong, and until a person has looked nothing may add risk."""
    from PySide6.QtCore import QTimer

    from desk.model.commands import WindowFailed
    from ui.viewmodels.banner import window_error

    def tell(what: str) -> None:
        QTimer.singleShot(0, window, lambda: say(what))  # whatever thread it was in

    def say(what: str) -> None:
        window.pump.send(WindowFailed(what=what), urgent=True)
        window.display.keep_fault(window_error(what))

    reports.tell_to(tell)


def _measure(window: DeskWindow, pump: Pump, report: str) -> None:
    """Put the probe of `desk bench window` in this window."""
    from ui.measure.probe import Probe
    from ui.pump import Link

    probe = Probe(report, window)
    seen = 0

    def painted() -> None:
        nonlocal seen
        frame = pump.frame
        if frame is not None and frame.seq != seen:
            seen = frame.seq
            probe.painted(frame.data_ns, frame.messages)

    def link_changed(link: Link) -> None:
        if link is Link.LOST:
            probe.finish()

    pump.link_changed.connect(link_changed)
    window.painted.connect(painted)
