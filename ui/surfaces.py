"""Dialogs and popovers: each opened from somewhere, fed by the newest frame, answered by number."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QWidget

from desk.engine.risk_snapshot import LoanView
from desk.engine.snapshot import DeskFrame
from desk.model.commands import Ask, SetClient
from desk.model.events import Answered, Denied
from ui.actions import new_id
from ui.dialog import Dialog
from ui.exchange import Answer, Exchange
from ui.panels.client import ClientDialog, SheetDialog
from ui.panels.close_out import PreferenceDialog
from ui.panels.cures import CuresDialog
from ui.panels.explain import FigurePopover
from ui.panels.form import FormDialog
from ui.panels.leverage import LeverageDialog
from ui.theme import Theme
from ui.viewmodels import loan_forms
from ui.viewmodels.client import client_form, sheet_view
from ui.viewmodels.close_out import Preference
from ui.viewmodels.cures import Cure, cures_of
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.figure_explained import figure_explained
from ui.viewmodels.financing import loan_of
from ui.viewmodels.forms import Form
from ui.viewmodels.rules import daily_loss_form, override_form, take_back_form
from ui.viewmodels.text import moment
from ui.viewmodels.ticket_limits import setting_of
from ui.viewmodels.translation import tr

LoanForm = Callable[[LoanView, DeskFrame], Form]

LOAN_FORMS: dict[str, LoanForm] = {
    "pledge": loan_forms.pledge_form,
    "securities": lambda loan, _: loan_forms.securities_form(loan),
    "draw": loan_forms.draw_form,
    "repay": loan_forms.repay_form,
    "credit_limit": lambda loan, _: loan_forms.credit_limit_form(loan),
    "firm_capital": lambda loan, _: loan_forms.firm_capital_form(loan.currency),
    "rate": lambda loan, _: loan_forms.exchange_rate_form(loan.currency),
}


class Surfaces(QObject):
    """Opens what the panels ask for; one dialog of a kind at a time."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        exchange: Exchange,
        frame: Callable[[], DeskFrame | None],
        stage: Callable[[Cure], None],
        say: Callable[[str], None],
    ) -> None:
        """`frame` gives the newest; `stage` fills in the ticket; `say` writes into the footer."""
        super().__init__(window)
        self._window, self._theme, self._exchange = window, theme, exchange
        self._frame, self._stage, self._say = frame, stage, say
        self.open: dict[str, Dialog] = {}

    def present(self, key: str, dialog: Dialog) -> None:
        """Show a dialog; one of its kind that is open goes."""
        if key in self.open:
            self.open[key].close()
        self.open[key] = dialog
        dialog.finished.connect(lambda: self._forget(key, dialog))
        dialog.present()

    def _forget(self, key: str, dialog: Dialog) -> None:
        if self.open.get(key) is dialog:
            del self.open[key]

    def _form(self, form: Form) -> None:
        dialog = FormDialog(self._theme, form, self._exchange, new_id, self._window)
        self.present("form", dialog)

    def _ask(self, asked: Ask, told: Callable[[Answered], None]) -> None:
        def answered(answer: Answer) -> None:
            if isinstance(answer, Answered):
                told(answer)
            elif isinstance(answer, Denied):
                self._say(" ".join(denial_sentence(denial) for denial in answer.denials))

        self._exchange.send(asked, answered)

    def show_frame(self, frame: DeskFrame) -> None:
        """Bring what is open up to date."""
        dialog = self.open.get("client")
        if isinstance(dialog, ClientDialog):
            dialog.show_client(frame.client_gates)
        dialog = self.open.get("leverage")
        if isinstance(dialog, LeverageDialog):
            dialog.show_setting(setting_of(frame, dialog.market))

    # ---- client -----------------------------------------------------------------------------

    def client(self) -> None:
        """The client's gates."""
        dialog = ClientDialog(self._theme, self._window)
        frame = self._frame()
        dialog.show_client(None if frame is None else frame.client_gates)
        dialog.edit_asked.connect(self.edit_client)
        dialog.clear_asked.connect(self._clear_client)
        self.present("client", dialog)

    def edit_client(self) -> None:
        """The record as it is, as a form."""
        self._ask(
            Ask(about="client"), lambda answer: self._form(client_form(answer.data.get("client")))
        )

    def _clear_client(self) -> None:
        self._exchange.send(SetClient(id=new_id(), record=None), lambda _: None)

    def disclosure(self, instrument: str) -> None:
        """The sheet of an instrument."""

        def told(answer: Answered) -> None:
            sheet = sheet_view(answer.data)
            if sheet is not None:
                dialog = SheetDialog(self._theme, sheet, self._exchange, new_id, self._window)
                self.present("sheet", dialog)

        self._ask(Ask(about="disclosure", of=instrument), told)

    # ---- loans and cures --------------------------------------------------------------------

    def loan(self, what: str, account: str) -> None:
        """What a button of the financing panel asks for."""
        frame = self._frame()
        loan = loan_of(frame, account)
        if what == "cures":
            self.cures(account)
        elif loan is not None and frame is not None:
            self._form(LOAN_FORMS[what](loan, frame))

    def cures(self, account: str) -> None:
        """The smallest cures of an account."""

        def told(answer: Answered) -> None:
            frame = self._frame()
            as_of = "" if frame is None else moment(frame.wall_ms)
            found = cures_of(answer.data)
            dialog = CuresDialog(self._theme, account, found, as_of, self._window)
            dialog.prepare_asked.connect(self.prepare)
            self.present("cures", dialog)

        self._ask(Ask(about="cure", of=account), told)

    def prepare(self, cure: Cure) -> None:
        """Fill in ticket or form; nothing is sent before a hand sends it."""
        frame = self._frame()
        loan = loan_of(frame, cure.account)
        if cure.kind == "reduce" and loan is None:
            self._stage(cure)
        elif loan is not None and frame is not None and cure.kind == "repay":
            self._form(loan_forms.repay_form(loan, frame, cure.what, cure.quantity))
        elif loan is not None and frame is not None and cure.kind in {"pledge", "add_collateral"}:
            self._form(loan_forms.pledge_form(loan, frame, cure.what, cure.quantity))
        else:
            self._form(loan_forms.deposit_form(cure.account, cure.what, cure.quantity))

    # ---- close-out and rules ----------------------------------------------------------------

    def prefer(self, account: str) -> None:
        """The trader's order of preference."""
        frame = self._frame()
        if frame is not None and account:
            preference = Preference(account, frame)
            dialog = PreferenceDialog(self._theme, preference, self._exchange, new_id, self._window)
            self.present("preference", dialog)

    def override(self, rule: str) -> None:
        """Two people set a benchmark aside."""
        frame = self._frame()
        if frame is not None:
            self._form(override_form(frame, rule))

    def take_back(self, rule: str) -> None:
        """Two people end an override."""
        frame = self._frame()
        found = [] if frame is None else [one for one in frame.overrides if one.rule == rule]
        if found:
            self._form(take_back_form(found[0]))

    def daily_loss(self) -> None:
        """What a day may lose."""
        frame = self._frame()
        if frame is not None:
            self._form(daily_loss_form(frame))

    # ---- explaining -------------------------------------------------------------------------

    def explain(self, figure: str, label: str, value: str, at: QPoint) -> None:
        """How a figure came about, in the engine's words, beside where it was asked."""

        def told(answer: Answered) -> None:
            frame = self._frame()
            if frame is None:
                return
            stand = (frame.wall_ms, frame.profile_hash, frame.journal_seq)
            said = figure_explained(figure, (label, value), answer.data, stand)
            if said is None:
                self._say(tr("The desk does not explain {figure}.", figure=figure))
                return
            FigurePopover(self._theme, said, self._window).show_at(at)

        self._ask(Ask(about="explain", of=figure), told)
