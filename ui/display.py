"""From frame to panels: who gets which frame, and which instrument all of them follow."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desk.engine.snapshot import DeskFrame
from ui.arming import Arming
from ui.clock import boot_ns
from ui.pacing import Pacing, Show
from ui.panels.strips import Answer
from ui.panes import Panes
from ui.plain import as_text
from ui.pump import Pump
from ui.viewmodels.banner import Banner, banners
from ui.viewmodels.names import word
from ui.viewmodels.playback import Pictures
from ui.viewmodels.positions import positions_note
from ui.viewmodels.status import status_view
from ui.viewmodels.text import symbol
from ui.viewmodels.ticket import needs, needs_words
from ui.viewmodels.translation import tr
from ui.viewmodels.watch import first_choice, market_of

FAULTS_KEPT = 5
REST_MS = 4
"""After its prices a frame goes to a panel that waits for no key: they are painted by then."""


class Display(QObject):
    """Shows frames in the panes."""

    deposit_wanted = Signal()
    tour_wanted = Signal()
    begun = Signal()
    """There is money where there was none."""
    priced = Signal(object, object)
    """A frame and the chosen instrument, for what shows prices at once."""

    def __init__(self, panes: Panes, pump: Pump | Pictures, arming: Arming) -> None:
        super().__init__(panes)
        self._panes = panes
        self._pump = pump
        self._arming = arming
        self._faults: list[Banner] = []
        self.selected: str | None = None
        self._was_untouched = False
        self.offers_tour: Callable[[], bool] = lambda: False
        """Whether nobody has been shown round this desk yet."""
        # Milliseconds between two looks at what a person cannot read sixty times a second.
        tasks: list[tuple[int, Show]] = [
            (66, self._if_shown("positions", panes.positions.show_frame)),
            # Risk keeps half an hour of ratios, the ticket disarms on a stale mark: seen or not.
            (100, panes.risk.show_frame),
            (100, self._show_ticket),
            (200, self._show_desk),
            (200, self._if_shown("orders", panes.orders.show_frame)),
            (100, panes.charts.show_frame),
            (250, panes.feeds.show_frame),
            (250, panes.financing.show_frame),
            (200, panes.close_out.show_frame),
            (250, panes.rules.show_frame),
        ]
        self.pacing = Pacing(tasks, boot_ns)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setTimerType(Qt.TimerType.PreciseTimer)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._show_rest)

    def keep_fault(self, banner: Banner) -> None:
        """Something went wrong that no frame tells: it stays until it is acknowledged."""
        self._faults = [*self._faults, banner][-FAULTS_KEPT:]
        self.pacing.hurry()

    def end_fault(self, key: str) -> None:
        """It is not so any more."""
        kept = [banner for banner in self._faults if banner.key != key]
        if len(kept) < len(self._faults):
            self._faults = kept
            self.pacing.hurry()

    def show_frame(self, frame: DeskFrame) -> None:
        """Prices at once, the rest at its pace; without a choice the first instrument is it."""
        if self.selected is None and (first := first_choice(frame)) is not None:
            self.choose(first)  # shows this frame
            return
        self._pump.charts = self._panes.charts.take(frame, self.selected)
        self._pump.streams = self._panes.feeds.is_seen()
        if self._panes.area.docks["watch"].isVisible():
            self._panes.watch.show_frame(frame, self.selected)
        self.priced.emit(frame, self.selected)
        self._panes.area.fit_front()
        if not self.pacing.show(frame) and not self._rest.isActive():
            # Begun anew by every frame it would never end where frames come quicker than it.
            self._rest.start()

    @property
    def is_showing(self) -> bool:
        """Whether a panel is still to be given the newest frame."""
        return self._rest.isActive()

    def _show_rest(self) -> None:
        if self._pump.frame is not None:
            self.pacing.show_next(self._pump.frame)

    def _if_shown(self, key: str, show: Show) -> Show:
        """A panel whose dock is nowhere takes no frame; when it comes, it takes the newest."""
        dock = self._panes.area.docks[key]

        def show_it(frame: DeskFrame) -> None:
            if dock.isVisible():
                show(frame)

        return show_it

    def _show_ticket(self, frame: DeskFrame) -> None:
        self._panes.ticket.show_frame(frame, self.selected)

    def _show_desk(self, frame: DeskFrame) -> None:
        """Status, banner, footer, title, strip of a new desk."""
        view = status_view(frame)
        self._panes.status.show_status(view)
        self._panes.footer.show_journal(frame.journal_seq, durable=frame.durable)
        self._panes.banner.show_banners(
            sorted([*banners(frame), *self._faults], key=lambda b: b.rank)
        )
        self._arming.see_profile(frame.profile_hash)
        self._show_needs(frame)
        self._panes.setWindowTitle(f"{word(view.mode)} · {tr('Desk')} · {word(frame.state)}")
        self._panes.area.fit(held=len(frame.positions))
        self._offer_deposit(frame)

    def _show_needs(self, frame: DeskFrame) -> None:
        """What the surfaces stand on, with its ages; where only closing is left, in the title."""
        docks = self._panes.area.docks
        words = needs_words(needs(market_of(frame, self.selected)))
        for surface in ("chart", "ladder"):
            docks[surface].bar.setToolTip(as_text(words))
        docks["positions"].bar.say(positions_note(frame))

    def choose(self, instrument: str | None) -> None:
        """Follow an instrument in ticket, chart, ladder."""
        if instrument == self.selected or instrument is None:
            return
        self.selected = self._pump.selected = instrument
        self._panes.area.docks["ladder"].bar.say(symbol(instrument))
        self.pacing.hurry()
        if self._pump.frame is not None:
            self.show_frame(self._pump.frame)

    def _offer_deposit(self, frame: DeskFrame) -> None:
        """A desk without money says how to begin; the strip goes when money is there."""
        own = [account for account in frame.accounts if not account.watched]
        names = {account.account for account in own}
        moneyed = any(row.quantity for account in own for row in account.collateral)
        held = any(position.account in names for position in frame.positions)
        untouched = bool(own) and not (moneyed or held or frame.fills)
        if self._was_untouched and not untouched:
            self.begun.emit()
        self._was_untouched = untouched
        if untouched and not self._panes.strip.asking:
            self._panes.strip.ask(
                "deposit",
                tr("This desk is empty. Begin with a paper deposit of 100,000 USDT to perp-1?"),
                [
                    Answer("deposit", tr("Deposit 100,000 USDT"), "accent"),
                    *[Answer("tour", tr("Show me round"))] * self.offers_tour(),
                ],
                self._begun,
                focus=False,
            )
        elif self._panes.strip.asking == "deposit" and not untouched:
            self._panes.strip.dismiss()

    def _begun(self, answer: str, _: dict[str, str]) -> None:
        (self.tour_wanted if answer == "tour" else self.deposit_wanted).emit()
