"""The window: what the desk says goes to the panes, what the hands do goes to the desk."""

from __future__ import annotations

from PySide6.QtCore import QProcess, QSize
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication

from desk.engine.snapshot import EventMessage, Hello
from desk.model.commands import ClosePosition, ReversePosition
from desk.model.events import Acknowledged, Denied
from ui.actions import Actions
from ui.alert_desk import AlertDesk
from ui.arming import Arming
from ui.away import Away
from ui.chart_desk import ChartDesk
from ui.chart_hands import ChartHands
from ui.closing import Closing
from ui.desk_menu import DeskMenu
from ui.display import Display
from ui.drill import Drill
from ui.drill_scores import DrillScores
from ui.grid_keys import name_tables
from ui.grid_memory import GridMemory
from ui.journal_desk import JournalDesk
from ui.key_actions import key_actions
from ui.keys import bind
from ui.ladder_hands import LadderHands
from ui.last_seen import LastSeen
from ui.late_panels import LatePanels
from ui.order_desk import OrderDesk
from ui.order_hands import OrderHands
from ui.own_files import OwnFiles, own_files
from ui.panels.key_help import KeyHelp
from ui.panes import LOCKED_DOCKS, Panes
from ui.panic import Panic
from ui.panic_keys import PanicKeys
from ui.pump import Link, Pump
from ui.settings_desk import SettingsDesk
from ui.shell import fitting_size
from ui.strip_host import StripHost
from ui.surfaces import Surfaces
from ui.theme import Theme
from ui.ticket_desk import wire_hands, write_cure
from ui.viewmodels.banner import (
    asked_as_before,
    crashed,
    engine_lost,
    engine_silent,
    fault,
    passed_over,
    unanswered,
    unanswered_key,
)
from ui.viewmodels.cures import Cure
from ui.viewmodels.gestures import Terms
from ui.viewmodels.risk import risk_view
from ui.viewmodels.text import clock
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr
from ui.wiring import wire
from ui.workspace import Workspace
from ui.workspace_desk import WorkspaceDesk

REASONS = {Link.SILENT: tr("the desk does not answer"), Link.LOST: tr("the engine has ended")}


class DeskWindow(Panes):
    """One window of one desk."""

    def __init__(
        self,
        theme: Theme,
        pump: Pump,
        own: OwnFiles | None = None,
        *,
        layout: str | None = None,
        size: QSize | None = None,
    ) -> None:
        own = own or own_files(None)
        self.keys = own.keys
        super().__init__(theme, self.keys)
        self.resize(size or fitting_size())
        self.pump = pump
        self.arming = Arming(self)
        self.display = Display(self, pump, self.arming)
        self.commands = Actions(pump, self.arming, self.strip, self.ticket)
        self.commands.confirming.policy = own.policy
        self.panic = Panic(
            self.commands.send,
            self.commands.confirming,
            self.strip,
            StripHost(self, self.strip, self.put_strip_back),
            self.arming,
            lambda: pump.frame,
        )
        self.panic_keys = PanicKeys(self.keys, self)
        self.drill = self.panic.drill = Drill(self.strip, self.keys, own.policy, lambda: pump.frame)
        self.drill_scores = DrillScores(own.file)
        self.away = Away(self)
        self.closing = Closing(pump, self.strip)
        self.exchange = self.commands.exchange
        self.surfaces = Surfaces(
            self, theme, self.exchange, lambda: pump.frame, self._write_cure, self._say_plainly
        )
        self.order_hands = OrderHands(self.exchange, self.arming, self.commands.confirming)
        self.ladder_hands = LadderHands(
            self.ladder, self.order_hands, self.exchange, self.arming, pump
        )
        self.chart_hands = ChartHands(
            self.chart, theme, self.order_hands, self.arming, self._chart_terms
        )
        self.alerts = AlertDesk(self, theme, self.orders.alerts, self.exchange, self.commands.send)
        self.order_desk = OrderDesk(
            self,
            theme,
            self.orders.orders,
            self.exchange,
            self.arming,
            lambda: pump.frame,
            self._say_plainly,
        )
        self.hello: Hello | None = None
        self._may_close = False
        self.settings = SettingsDesk(self, own)
        self.journal_desk = JournalDesk(self)
        self.help = KeyHelp(theme, self.keys, self)
        self.desk_menu = DeskMenu(self)
        self.command_desk = wire_hands(self)
        self.workspace = Workspace(self, self.area, own.file)
        self._opening = self.workspace.begin(layout)
        self.workspace_desk = WorkspaceDesk(self)
        self.chart_desk = ChartDesk(self)
        name_tables(self)
        self.tables = GridMemory(self, own.file)
        self.tables.changed.connect(self.workspace.note)
        self.command_desk.kept.connect(self.workspace.note)
        self.late_panels = LatePanels(self)
        self.last_seen = LastSeen(self, pump)
        self.late.connect(self.late_panels.begin)
        self.late_panels.done.connect(pump.be_whole)
        self._wire()
        for complaint in (*own.complaints, *self.workspace.complaints, *self.tables.complaints):
            self.display.keep_fault(passed_over(complaint))
        if own.doubt:
            self.display.keep_fault(asked_as_before(own.doubt))

    def _wire(self) -> None:
        pump = self.pump
        pump.greeted.connect(self._greet)
        pump.framed.connect(self.display.show_frame)
        pump.happened.connect(self._take_event)
        pump.told.connect(self.footer.paint_now)  # before the prices that came with it
        pump.told.connect(self.orders.show_log)  # once, however many have come
        pump.link_changed.connect(self._show_link)
        pump.still_silent.connect(self._show_silence)
        pump.faulted.connect(self._show_fault)
        self.painted.connect(pump.painted)
        self.commands.unsent.connect(self._say_danger)
        self.commands.unanswered.connect(self._say_unanswered)
        self.arming.changed.connect(self._show_arming)
        self.arming.disarmed.connect(self._say_disarmed)
        self.away.left.connect(self.arming.disarm)
        self.banner.acted.connect(self._act_on_banner)
        self.closing.may_go.connect(self._go)
        wire(self)
        self.shortcuts = bind(self, self.keys, key_actions(self))

    # ---- from the desk ----------------------------------------------------------------------

    def _greet(self, hello: Hello) -> None:
        self.hello = hello
        if hello.crash_report:
            self.display.keep_fault(crashed(hello.crash_report))

    def _take_event(self, message: EventMessage) -> None:
        event = message.event
        frame = self.pump.frame
        wall_ms = 0
        if frame is not None:
            wall_ms = frame.wall_ms + (message.sent_ns - frame.ts_ns) // 1_000_000
        line = self.orders.log.add(message.number, wall_ms, event)
        if line is not None:
            self.footer.say(line)
        self.ticket.take_event(event)
        self.closing.take_event(event)
        self.exchange.take_event(event)
        if isinstance(event, Acknowledged | Denied):
            self.display.end_fault(unanswered_key(event.id))  # an answer that came late

    def _chart_terms(self) -> Terms:
        return self.chart_desk.terms()

    def _say_plainly(self, text: str) -> None:
        self.say(text)

    def _say_danger(self, text: str) -> None:
        self.say(text, Tone.DANGER, "triangle")

    def _say_unanswered(self, trade: ClosePosition | ReversePosition) -> None:
        banner = unanswered(trade)
        self._say_danger(f"{banner.subject}: {banner.text}")
        self.display.keep_fault(banner)

    def _say_disarmed(self, why: str) -> None:
        self.say(tr("Disarmed: {why}", why=why), Tone.TEXT2, "lock")

    # ---- link -------------------------------------------------------------------------------

    def _show_link(self, link: Link) -> None:
        live = link is Link.LIVE
        self.arming.allow(live, REASONS.get(link, ""))
        self.dim(link in REASONS)
        self.last_seen.show(link in REASONS)
        self.late_panels.set_dimmed(link in REASONS)
        if live:
            self.say(self._opening or tr("The desk is running."), icon="tick")
            self._opening = ""
        self.ticket.set_connected(live)
        self.cancel_all.setEnabled(live)
        if not live:
            self.exchange.lose()
            self.alerts.lose()
        if link is Link.LOST:
            self.drill.end(tr("the engine has ended"))
            self.strip.dismiss()
            frame = self.pump.frame
            last = tr("before the first frame") if frame is None else clock(frame.wall_ms)
            self.banner.show_alone(engine_lost(self.pump.why_lost, last))
        elif link is Link.SILENT:
            self._show_silence()
        self.display.pacing.hurry()

    def _show_silence(self) -> None:
        self.banner.show_alone(engine_silent(self.pump.silent_ms()))

    def _show_fault(self, text: str) -> None:
        self.display.keep_fault(fault(text))
        self.say(text, Tone.DANGER, "triangle")

    def _act_on_banner(self, action: str, of: str) -> None:
        if action == "restart":
            self._start_again()
        elif action == "cures":
            self.surfaces.cures(of)
        elif action == "close_out":
            self.go_to(self.close_out.steps)
        else:
            self.commands.rearm()

    def cure_worst(self) -> None:
        """The key for what the risk panel's button does."""
        frame = self.pump.frame
        called = "" if frame is None else risk_view(frame).called
        if called:
            self.surfaces.cures(called)
        else:
            self.say(tr("No account needs a cure."))

    def _write_cure(self, cure: Cure) -> None:
        write_cure(self, cure)

    def _start_again(self) -> None:
        """Start a new desk on the same folder, free of this process, and end."""
        if self.hello is not None and self.hello.restart_argv:
            program, *arguments = self.hello.restart_argv
            desk = QProcess()
            desk.setProgram(program)
            desk.setArguments(arguments)
            desk.setStandardInputFile(QProcess.nullDevice())
            desk.setStandardOutputFile(QProcess.nullDevice())
            desk.setStandardErrorFile(QProcess.nullDevice())
            desk.startDetached()
        self._go()

    # ---- the window itself ------------------------------------------------------------------

    def _show_arming(self) -> None:
        armed = self.arming.is_armed
        self.status.show_arming(len(self.arming.armed), self.arming.seconds_left())
        self.ticket.set_armed(armed("ticket"))
        self.positions.set_armed(armed("positions"))
        for surface, lock in self.locks.items():
            lock.set_armed(armed(surface))
        for surface in LOCKED_DOCKS:
            self.area.docks[surface].set_armed(armed(surface))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leaving is a question first; `Closing` decides."""
        if self._may_close or self.pump.link is Link.LOST:
            event.accept()
            self._leave()
            return
        event.ignore()
        self.closing.begin()

    def let_go(self) -> None:
        """Close without asking from now on."""
        self._may_close = True

    def _go(self) -> None:
        self.let_go()
        self.close()

    def _leave(self) -> None:
        self.workspace.leave()
        self.pump.stop()
        app = QApplication.instance()
        if app is not None:
            app.quit()
