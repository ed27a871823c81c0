"""Leverage, margin mode, client record, disclosures."""

from __future__ import annotations

import msgspec

from desk.engine.accounts import Account
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.ordering import find_instrument
from desk.engine.plan import Plan, refuse
from desk.model.commands import (
    AcknowledgeDisclosure,
    SetClient,
    SetCloseOutOrder,
)
from desk.model.instrument import Instrument, Kind
from desk.risk.client import ClientRecord, disclosure


def perpetual(desk: Desk, instrument_id: str, account: str | None) -> tuple[Instrument, Account]:
    """Return a perpetual and its account, or refuse."""
    instrument, found = find_instrument(desk, instrument_id, account)
    if instrument.kind is not Kind.PERPETUAL:
        raise refuse("SPOT", f"{instrument.id} is spot and has no margin.")
    return instrument, found


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
    instrument = desk.catalogue.get(command.disclosure.partition("@")[0])
    current = None if instrument is None else disclosure(instrument.id)
    if command.disclosure != current:
        known = "it is no instrument here" if current is None else f"the current one is {current}"
        said = f"There is no sheet {command.disclosure}: {known}."
        raise refuse("DISCLOSURE", said, "disc.kfs")
    plan.add(
        plan.about,
        Change(what={"sheet": command.disclosure}, disclosure=command.disclosure),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
    )
