"""What is told of loans: securities, credit limit, the firm's capital, a rate of exchange."""

from __future__ import annotations

from desk.engine.conversion import HKD, HKD_PER_USD_HIGH, HKD_PER_USD_LOW
from desk.engine.desk import Desk
from desk.engine.financing import inputs_of
from desk.engine.financing_checks import (
    CASH,
    check_amount,
    check_asset,
    financing_account,
    record,
)
from desk.engine.lending import DatedRate, LendingChange, Money, SecuritiesLine
from desk.engine.loans import loan_of
from desk.engine.plan import Plan, refuse
from desk.engine.state import CALLED
from desk.model.commands import (
    PledgeSecurities,
    SetCreditLimit,
    SetExchangeRate,
    SetFirmCapital,
)
from desk.model.numbers import plain

LONGEST = 100
"""Characters of a description."""


def securities(desk: Desk, command: PledgeSecurities, plan: Plan) -> None:
    """Take a line of securities as the broker states it: a fact, which nothing here can refuse.

    A slip of the finger is no fact: what brings a call, or a close-out, is asked about first.
    """
    account = financing_account(desk, command.account)
    description = command.description.strip()
    if not 0 < len(description) <= LONGEST:
        raise refuse("DESCRIPTION", f"A line is described in 1 to {LONGEST} characters.")
    check_asset(command.currency, CASH)
    if command.market_value:
        check_amount(command.market_value)
    if not command.haircut.is_finite() or not 0 <= command.haircut <= 1:
        raise refuse("HAIRCUT", "A haircut is between 0% and 100%.", "vaf.haircut")
    line = SecuritiesLine(
        description=description,
        market_value=command.market_value,
        currency=command.currency,
        haircut=command.haircut,
    )
    what: dict[str, object] = {
        "description": description,
        "market_value": plain(command.market_value),
        "currency": command.currency,
        "haircut": plain(command.haircut),
    }
    before, after = loan_of(desk, account).figures, loan_of(desk, account, line=line).figures
    if after.level in CALLED and after.level != before.level and not command.confirmed:
        raise refuse(
            "LINE_BRINGS_CALL",
            f"With this line {account.id} would be in {after.level.lower().replace('_', ' ')}: "
            "say so again with confirm, if it is what the broker states.",
            "vaf.margin_call",
        )
    told = inputs_of(desk, loan_of(desk, account, line=line))
    what |= {name: told[name] for name in ("utilization_after", "level_after", "profile_hash")}
    lending = LendingChange(account=account.id, securities=line)
    record(desk, plan, account, what, lending=lending)


def credit_limit(desk: Desk, command: SetCreditLimit, plan: Plan) -> None:
    """Note the limit that was agreed; the desk itself never raises one."""
    account = financing_account(desk, command.account)
    check_asset(command.asset, CASH)
    if command.quantity:
        check_amount(command.quantity)
    money = Money(command.asset, command.quantity)
    before = desk.state.lending.credit_limits.get(account.id)
    what = {
        "asset": command.asset,
        "quantity": plain(command.quantity),
        "before": None if before is None else f"{plain(before.quantity)} {before.asset}",
    }
    lending = LendingChange(account=account.id, credit_limit=money)
    record(desk, plan, account, what, lending=lending)


def firm_capital(desk: Desk, command: SetFirmCapital, plan: Plan) -> None:
    """Note the capital of the lending firm."""
    check_asset(command.asset, CASH)
    if command.quantity:
        check_amount(command.quantity)
    money = Money(command.asset, command.quantity)
    what = {"asset": command.asset, "quantity": plain(command.quantity)}
    record(desk, plan, None, what, lending=LendingChange(firm_capital=money))


def exchange_rate(desk: Desk, command: SetExchangeRate, plan: Plan) -> None:
    """Note what a US dollar costs in Hong Kong dollars, inside the band it is held in."""
    check_asset(command.asset, (HKD,))
    rate = command.per_usd
    if not rate.is_finite() or not HKD_PER_USD_LOW <= rate <= HKD_PER_USD_HIGH:
        raise refuse(
            "OUTSIDE_PEG",
            f"A US dollar costs between {HKD_PER_USD_LOW} and {HKD_PER_USD_HIGH} HKD; "
            f"{plain(rate)} was entered.",
        )
    dated = DatedRate(asset=HKD, per_usd=rate, as_of_ms=desk.wall_ms)
    what = {"asset": HKD, "per_usd": plain(rate)}
    record(desk, plan, None, what, lending=LendingChange(rate=dated))
