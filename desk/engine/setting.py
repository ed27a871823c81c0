"""Leverage, margin mode, client record, disclosures."""

from __future__ import annotations

import msgspec

from desk.engine.accounts import Account
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.ordering import find_instrument
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.quality import mark_doubts
from desk.margin.account import account_figures
from desk.model.commands import (
    AcknowledgeDisclosure,
    SetClient,
    SetCloseOutOrder,
    SetLeverage,
    SetMarginMode,
)
from desk.model.instrument import Instrument, Kind
from desk.model.numbers import plain
from desk.risk.client import ClientRecord, disclosure


def perpetual(desk: Desk, instrument_id: str, account: str | None) -> tuple[Instrument, Account]:
    """Return a perpetual and its account, or refuse."""
    instrument, found = find_instrument(desk, instrument_id, account)
    if instrument.kind is not Kind.PERPETUAL:
        raise refuse("SPOT", f"{instrument.id} is spot and has no margin.")
    return instrument, found


def leverage(desk: Desk, command: SetLeverage, plan: Plan) -> None:
    """Set the leverage of an instrument, if margin still suffices with it."""
    instrument, account = perpetual(desk, command.instrument, command.account)
    cap = desk.rules.limits.max_leverage
    if not 1 <= command.leverage <= cap:
        raise refuse(
            "LEVERAGE_SETTING",
            f"Leverage is between 1× and {plain(cap)}×; {plain(command.leverage)}× was asked for.",
            "perp.max_leverage",
        )
    before = desk.leverage(account.id, instrument.id)
    if command.leverage > before and desk.state.state != "ACTIVE":
        raise refuse(
            f"STATE_{desk.state.state}", "Leverage is raised only while ACTIVE.", "kill.switch"
        )
    if command.leverage > before and instrument.id in desk.needed_marks(account.id):
        _check_mark(desk, instrument)
    if command.leverage < before:
        _check_margin(desk, account.id, instrument, command)
    plan.add(
        plan.about,
        Change(
            what={
                "instrument": instrument.id,
                "before": plain(before),
                "after": plain(command.leverage),
            },
            leverage=(account.id, instrument.id, command.leverage),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=account.id,
    )


def _check_mark(desk: Desk, instrument: Instrument) -> None:
    """A higher leverage sets margin free: on a mark that may be wrong that is new risk."""
    if doubted := mark_doubts(desk, {instrument.id}):
        raise Refusal(*doubted)


def _check_margin(desk: Desk, account: str, instrument: Instrument, command: SetLeverage) -> None:
    pool = desk.account_input(account)
    changed = msgspec.structs.replace(
        pool,
        leverages={**pool.leverages, instrument.id: command.leverage},
        positions=tuple(
            msgspec.structs.replace(p, leverage=command.leverage)
            if p.instrument.id == instrument.id
            else p
            for p in pool.positions
        ),
    )
    after = account_figures(changed)
    if (pool.positions or pool.orders) and (
        after.available_margin is None or after.available_margin < 0
    ):
        raise refuse(
            "MARGIN_AFTER_CHANGE",
            f"At {plain(command.leverage)}× initial margin would exceed the collateral.",
            "perp.margin_first",
        )


def mode(desk: Desk, command: SetMarginMode, plan: Plan) -> None:
    """Set cross or isolated while flat and without working orders."""
    instrument, account = perpetual(desk, command.instrument, command.account)
    if desk.state.position(account.id, instrument.id).quantity:
        raise refuse("NOT_FLAT", f"The margin mode of {instrument.id} changes only when flat.")
    if any(o.terms.instrument == instrument.id for o in desk.state.live_orders(account.id)):
        raise refuse("WORKING_ORDERS", f"Cancel the working orders in {instrument.id} first.")
    plan.add(
        plan.about,
        Change(
            what={"instrument": instrument.id, "mode": command.mode.value},
            mode=(account.id, instrument.id, command.mode),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=account.id,
    )


def close_out_order(desk: Desk, command: SetCloseOutOrder, plan: Plan) -> None:
    """Set which positions a close-out reduces first; none: by most margin relief per cost."""
    account = desk.state.accounts.get(command.account)
    if account is None or account.kind != "perpetual" or account.watched:
        raise refuse("ACCOUNT", f"{command.account} is no perpetual account of this desk.")
    for name in command.instruments:
        perpetual(desk, name, command.account)
    if len(set(command.instruments)) < len(command.instruments):
        raise refuse("REPEATED", "An order of preference names an instrument once.")
    plan.add(
        plan.about,
        Change(
            what={"instruments": list(command.instruments)},
            close_out_order=(command.account, command.instruments),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=command.account,
    )


def client(desk: Desk, command: SetClient, plan: Plan) -> None:
    """Replace or clear the client record."""
    record = command.record
    if record is not None:
        _check_record(record)
    plan.add(
        plan.about,
        Change(what={"cleared": record is None}, client=record, client_cleared=record is None),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
    )


def _check_record(record: dict[str, object]) -> None:
    try:
        client = msgspec.convert(record, ClientRecord)
    except (msgspec.ValidationError, ArithmeticError) as error:
        raise refuse("CLIENT", f"The client record is refused: {error}.", "pi.gate") from None
    investor = client.professional_investor
    if investor is not None and not (investor.amount.is_finite() and investor.amount >= 0):
        said = "The client record is refused: the amount of the evidence is no number of 0 or more."
        raise refuse("CLIENT", said, "pi.gate")


def acknowledge(desk: Desk, command: AcknowledgeDisclosure, plan: Plan) -> None:
    """Record that the disclosure sheet of an instrument was read."""
    current = [disclosure(instrument.id) for instrument in desk.catalogue.all()]
    if command.disclosure not in current:
        raise refuse(
            "DISCLOSURE",
            f"There is no sheet {command.disclosure}; there are {', '.join(current)}.",
            "disc.kfs",
        )
    plan.add(
        plan.about,
        Change(what={"sheet": command.disclosure}, disclosure=command.disclosure),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
    )
