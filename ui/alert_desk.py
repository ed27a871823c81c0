"""What alerts do outside their panel: sound, tray, acknowledgement, and the form that sets one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QStyle, QSystemTrayIcon, QWidget

from desk.engine.alert_snapshot import AlertView
from desk.engine.snapshot import DeskFrame
from desk.model.alert_commands import AcknowledgeAlert, RemoveAlert
from desk.model.command import Command
from ui.actions import new_id
from ui.alert_sound import AlertSound
from ui.exchange import Exchange
from ui.panels.alerts import AlertsPage
from ui.panels.form import FormDialog
from ui.panels.orders import OrdersPanel
from ui.theme import Theme
from ui.viewmodels.alerts import alert_form, unseen
from ui.viewmodels.translation import said, tr


class AlertDesk(QObject):
    """Connects the alerts' page with the desk and with the trader's ears."""

    noticed = Signal(object)
    """An alert that is shown for the first time."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        page: AlertsPage,
        exchange: Exchange,
        send: Callable[[Command], int | None],
    ) -> None:
        super().__init__(window)
        self._window, self._theme, self._page = window, theme, page
        self._exchange, self._send = exchange, send
        self._frame: DeskFrame | None = None
        self._known = 0
        """The highest number that was noticed."""
        self._tray: QSystemTrayIcon | None = None
        self.selected: Callable[[], str | None] = lambda: None
        self.sound = AlertSound(self)
        self.form: FormDialog | None = None
        page.seen_asked.connect(self.acknowledge)
        page.removed.connect(self._remove)
        page.add_asked.connect(self.ask)
        page.muted.connect(self._mute)

    def show_frame(self, frame: DeskFrame) -> None:
        """Notice what is new; go on sounding while danger waits."""
        self._frame = frame
        waiting = unseen(frame)
        fresh = [alert for alert in waiting if alert.number > self._known]
        self._known = max([self._known, *(alert.number for alert in frame.alerts)])
        if any(alert.sound for alert in fresh):
            self.sound.sound()
        self.sound.repeat(any(a.sound and a.severity == "danger" for a in waiting))
        for alert in reversed(fresh):
            self.noticed.emit(alert)
        if fresh:
            self._show_in_tray(fresh[0], len(fresh) - 1)
        self._page.show_frame(frame)

    def keys(
        self, go_to: Callable[[QWidget], None], orders: OrdersPanel
    ) -> dict[str, Callable[[], None]]:
        """Return what the keys of alerts and blotter do."""

        def open_page(page: QWidget, widget: QWidget) -> None:
            orders.open_page(page)
            go_to(widget)

        def open_alerts() -> None:
            open_page(orders.alerts, orders.alerts.raised)

        def see_all() -> None:
            """Only what is on the screen can have been seen: else it is brought there."""
            if orders.alerts.isVisible():
                orders.alerts.see_all()
            elif self._frame is not None and unseen(self._frame):
                open_alerts()

        return {
            "focus_alerts": open_alerts,
            "focus_blotter": lambda: open_page(orders.blotter, orders.blotter.filter),
            "alerts_seen": see_all,
            "set_alert": self.ask,
        }

    def lose(self) -> None:
        """The desk is gone: its alerts cannot be acknowledged, so they do not sound on."""
        self.sound.repeat(False)

    def acknowledge(self, number: int) -> None:
        """Somebody has seen everything up to a number."""
        self._send(AcknowledgeAlert(id=new_id(), number=number))

    def ask(self, instrument: str | None = None, price: Decimal | None = None) -> None:
        """Open the form, filled in for an instrument and perhaps a price."""
        if self._frame is None:
            return
        if self.form is not None:
            self.form.close()
        form = alert_form(self._frame, instrument or self.selected(), price)
        self.form = FormDialog(self._theme, form, self._exchange, new_id, self._window)
        self.form.finished.connect(self._forget)
        self.form.present()

    def _forget(self) -> None:
        if self.form is not None and self.form.is_gone:
            self.form = None

    def _remove(self, alert: str) -> None:
        self._send(RemoveAlert(id=new_id(), alert=alert))

    def _mute(self, muted: bool) -> None:
        self.sound.muted = muted

    def _show_in_tray(self, alert: AlertView, more: int) -> None:
        """Say it where the platform says such things, when the window is not in front."""
        if self._window.isActiveWindow() or not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._tray is None:
            icon = QApplication.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
            self._tray = QSystemTrayIcon(icon, self)
            self._tray.setToolTip(tr("Desk"))
            self._tray.show()
        text = said(alert.message)
        if more:
            text = tr("{text} (and {more} more)", text=text, more=more)
        kinds = QSystemTrayIcon.MessageIcon
        kind = kinds.Critical if alert.severity == "danger" else kinds.Warning
        self._tray.showMessage(tr("Desk alert"), text, kind)
