"""Forms of a margin loan: pledge, securities, draw, repay, and what is agreed with the lender."""

from __future__ import annotations

from desk.engine.risk_snapshot import LoanView
from desk.engine.snapshot import DeskFrame
from desk.model.commands import (
    Deposit,
    Draw,
    Pledge,
    PledgeSecurities,
    Repay,
    SetCreditLimit,
    SetExchangeRate,
    SetFirmCapital,
)
from desk.model.numbers import plain
from ui.viewmodels.forms import Entry, Form, Values, amount, asset, percent, words
from ui.viewmodels.translation import tr


def pledge_form(loan: LoanView, frame: DeskFrame, coin: str = "", quantity: str = "") -> Form:
    """Coins from a spot account to the lender, or back."""

    def read(values: Values, identity: str) -> Pledge:
        return Pledge(
            id=identity,
            account=loan.account,
            asset=asset(values, "asset", tr("Asset")),
            quantity=amount(values, "quantity", tr("Quantity"), negative=True),
            source=values["spot"],
        )

    return Form(
        title=tr("Pledge to {account}", account=loan.account),
        about=tr(
            "Coins go from the spot account to the lender; a quantity below 0 takes them back."
        ),
        entries=(
            Entry(key="asset", label=tr("Asset"), value=coin or "BTC"),
            Entry(key="quantity", label=tr("Quantity"), value=quantity, is_figure=True),
            _spot(frame, tr("From")),
        ),
        send=tr("Pledge"),
        read=read,
    )


def securities_form(loan: LoanView) -> Form:
    """A line of securities as the broker values it."""

    def read(values: Values, identity: str) -> PledgeSecurities:
        return PledgeSecurities(
            id=identity,
            account=loan.account,
            description=words(values, "description", tr("Description")),
            market_value=amount(values, "value", tr("Market value"), zero=True),
            currency=asset(values, "currency", tr("Currency")),
            haircut=percent(values, "haircut", tr("Haircut")),
            confirmed=bool(values.get("confirmed")),
        )

    return Form(
        title=tr("Securities line of {account}", account=loan.account),
        about=tr(
            "As the broker's statement values it. The same description replaces its line; a "
            "market value of 0 takes it away."
        ),
        entries=(
            Entry(key="description", label=tr("Description")),
            Entry(key="value", label=tr("Market value"), is_figure=True),
            Entry(key="currency", label=tr("Currency"), value=loan.currency),
            Entry(key="haircut", label=tr("Haircut"), value="30", unit="%", is_figure=True),
            Entry(key="confirmed", label=tr("It is so, even if it brings a call"), is_tick=True),
        ),
        send=tr("Set the line"),
        read=read,
    )


def draw_form(loan: LoanView, frame: DeskFrame) -> Form:
    """Borrow more."""

    def read(values: Values, identity: str) -> Draw:
        written = values.get("rate", "").strip()
        return Draw(
            id=identity,
            account=loan.account,
            asset=asset(values, "asset", tr("Asset")),
            quantity=amount(values, "quantity", tr("Amount")),
            target=values["spot"],
            annual_rate=percent(values, "rate", tr("Rate a year")) if written else None,
        )

    return Form(
        title=tr("Draw from {account}", account=loan.account),
        about=tr(
            "The money arrives in the spot account. A rate holds for the whole loan in this asset "
            "from now on; left empty it stays as it is."
        ),
        entries=(
            Entry(key="asset", label=tr("Asset"), value=_owed_in(loan)),
            Entry(key="quantity", label=tr("Amount"), is_figure=True),
            Entry(key="rate", label=tr("Rate a year"), unit="%", is_figure=True),
            _spot(frame, tr("To")),
        ),
        send=tr("Draw"),
        read=read,
    )


def repay_form(loan: LoanView, frame: DeskFrame, coin: str = "", quantity: str = "") -> Form:
    """Pay back, interest first."""

    def read(values: Values, identity: str) -> Repay:
        return Repay(
            id=identity,
            account=loan.account,
            asset=asset(values, "asset", tr("Asset")),
            quantity=amount(values, "quantity", tr("Amount")),
            source=values["spot"],
        )

    owed = "; ".join(
        tr(
            "{principal} {asset} + {interest} interest",
            principal=plain(line.principal),
            asset=line.asset,
            interest=plain(line.accrued_interest),
        )
        for line in loan.loans
    )
    return Form(
        title=tr("Repay {account}", account=loan.account),
        about=tr(
            "Interest is paid first, then principal. Owed: {owed}.", owed=owed or tr("nothing")
        ),
        entries=(
            Entry(key="asset", label=tr("Asset"), value=coin or _owed_in(loan)),
            Entry(key="quantity", label=tr("Amount"), value=quantity, is_figure=True),
            _spot(frame, tr("From")),
        ),
        send=tr("Repay"),
        read=read,
    )


def credit_limit_form(loan: LoanView) -> Form:
    """The most that may be drawn."""

    def read(values: Values, identity: str) -> SetCreditLimit:
        return SetCreditLimit(
            id=identity,
            account=loan.account,
            asset=asset(values, "asset", tr("Currency")),
            quantity=amount(values, "quantity", tr("Limit"), zero=True),
        )

    limit = "" if loan.credit_limit is None else plain(loan.credit_limit)
    return Form(
        title=tr("Credit limit of {account}", account=loan.account),
        about=tr("As agreed with the lender; virtual assets never raise it."),
        entries=(
            Entry(key="quantity", label=tr("Limit"), value=limit, is_figure=True),
            Entry(key="asset", label=tr("Currency"), value=loan.currency),
        ),
        send=tr("Set the limit"),
        read=read,
    )


def firm_capital_form(currency: str) -> Form:
    """What the firm's loans are measured by."""

    def read(values: Values, identity: str) -> SetFirmCapital:
        return SetFirmCapital(
            id=identity,
            asset=asset(values, "asset", tr("Currency")),
            quantity=amount(values, "quantity", tr("Capital"), zero=True),
        )

    return Form(
        title=tr("Capital of the lending firm"),
        about=tr("All its loans are measured by it: loans to capital, one client's share."),
        entries=(
            Entry(key="quantity", label=tr("Capital"), is_figure=True),
            Entry(key="asset", label=tr("Currency"), value=currency),
        ),
        send=tr("Set the capital"),
        read=read,
    )


def exchange_rate_form(currency: str) -> Form:
    """A rate that no venue here gives."""

    def read(values: Values, identity: str) -> SetExchangeRate:
        return SetExchangeRate(
            id=identity,
            asset=asset(values, "asset", tr("Currency")),
            per_usd=amount(values, "rate", tr("Rate")),
        )

    return Form(
        title=tr("Exchange rate of today"),
        about=tr("What one US dollar costs; it holds from today, and grows old like any price."),
        entries=(
            Entry(key="asset", label=tr("Currency"), value=currency),
            Entry(key="rate", label=tr("Per US dollar"), is_figure=True),
        ),
        send=tr("Set the rate"),
        read=read,
    )


def deposit_form(account: str, coin: str, quantity: str) -> Form:
    """Money comes in from outside."""

    def read(values: Values, identity: str) -> Deposit:
        return Deposit(
            id=identity,
            account=account,
            asset=asset(values, "asset", tr("Asset")),
            quantity=amount(values, "quantity", tr("Quantity")),
        )

    return Form(
        title=tr("Deposit to {account}", account=account),
        about=tr("What has arrived from outside; the desk takes your word for it."),
        entries=(
            Entry(key="asset", label=tr("Asset"), value=coin),
            Entry(key="quantity", label=tr("Quantity"), value=quantity, is_figure=True),
        ),
        send=tr("Deposit"),
        read=read,
    )


def _spot(frame: DeskFrame, label: str) -> Entry:
    names = [a.account for a in frame.accounts if a.kind == "spot" and not a.watched]
    return Entry(key="spot", label=label, choices=tuple(names) or ("spot-1",))


def _owed_in(loan: LoanView) -> str:
    return loan.loans[0].asset if loan.loans else loan.currency
