"""The client: each gate with what is known of it, the record as a form, a sheet to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from desk.engine.risk_snapshot import ClientView, GateView
from desk.model.commands import SetClient
from desk.model.numbers import plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.forms import Entry, Form, FormError, Values, amount, day, words
from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

GATE_COLUMNS = (
    Column("met", "Gate", "✕ CLOSED", Side.LEFT),
    Column("rule", "Rule", "client.derivatives_knowledge", Side.LEFT),
    Column("text", "What is known", "", Side.LEFT, width=260, grow=True),
    Column("origin", "Origin", "BENCHMARK", Side.LEFT),
    Column("expires", "Until", "2027-12-31"),
)

NO_EVIDENCE = "none"
CLASSES = (NO_EVIDENCE, "individual", "corporation", "partnership", "trust")
BASES = ("portfolio", "assets")
CURRENCIES = ("HKD", "USD")


def gate_rows(client: ClientView | None) -> tuple[Row, ...]:
    """A row a gate; open or closed is said in a word and a sign."""
    return () if client is None else tuple(_gate(gate) for gate in client.gates)


def _gate(gate: GateView) -> Row:
    word = Cell(f"✓ {tr('met')}", Tone.TEXT) if gate.met else _closed()
    return Row(
        gate.rule,
        (
            word,
            Cell(gate.rule),
            Cell(said(gate.said), Tone.TEXT if gate.met else Tone.WARNING),
            Cell(said(gate.origin), Tone.MUTED),
            Cell(gate.expires or UNKNOWN, Tone.TEXT2 if gate.expires else Tone.MUTED),
        ),
    )


def _closed() -> Cell:
    return Cell(f"✕ {tr('CLOSED')}", Tone.WARNING, strong=True, chip="warn")


def client_words(client: ClientView | None) -> str:
    """Who the client is, on one line."""
    if client is None or not (client.name or any(gate.met for gate in client.gates)):
        return tr("No client record: perpetuals and loans are closed.")
    name = client.name or tr("A client without a name")
    if client.sample:
        return tr("{name}: made up for the simulated desk, nobody was checked", name=name)
    return name


def sheet_words(client: ClientView | None) -> str:
    """Which sheets were acknowledged."""
    read = [] if client is None else client.disclosures
    if not read:
        return tr("No disclosure sheet was acknowledged.")
    return tr(
        "Disclosure sheets acknowledged ({count}): {sheets}",
        count=len(read),
        sheets=", ".join(read),
    )


# ---- the record ----------------------------------------------------------------------------------


def client_form(record: Mapping[str, Any] | None) -> Form:
    """The record as it is, to be changed; sheets that were acknowledged stay so."""
    record = record or {}
    investor: Mapping[str, Any] = record.get("professional_investor") or {}
    known: Mapping[str, Any] = record.get("derivatives_knowledge") or {}
    sheets = [str(sheet) for sheet in record.get("disclosures", ())]

    def read(values: Values, identity: str) -> SetClient:
        return SetClient(id=identity, record=_record(values, sheets))

    def text(given: Mapping[str, Any], key: str) -> str:
        return str(given.get(key) or "")

    return Form(
        title=tr("Client record"),
        about=tr(
            "What stands here decides the gates: professional investor (Cap. 571D), knowledge of "
            "derivatives, securities margin client. What is left out closes a gate."
        ),
        entries=(
            Entry(key="name", label=tr("Name"), value=text(record, "name")),
            Entry(
                key="class",
                label=tr("Professional investor"),
                value=text(investor, "class") or NO_EVIDENCE,
                choices=_with(CLASSES, text(investor, "class")),
            ),
            Entry(
                key="basis",
                label=tr("Shown by"),
                value=text(investor, "basis"),
                choices=_with(BASES, text(investor, "basis")),
            ),
            Entry(key="amount", label=tr("Amount"), value=text(investor, "amount"), is_figure=True),
            Entry(
                key="currency",
                label=tr("Currency"),
                value=text(investor, "currency"),
                choices=_with(CURRENCIES, text(investor, "currency")),
            ),
            Entry(key="pi_as_of", label=tr("Evidence of (day)"), value=text(investor, "as_of")),
            Entry(key="pi_expires", label=tr("Evidence until"), value=text(investor, "expires")),
            Entry(key="knows_as_of", label=tr("Knowledge assessed on"), value=text(known, "as_of")),
            Entry(key="knows_expires", label=tr("Knowledge until"), value=text(known, "expires")),
            Entry(
                key="margin",
                label=tr("Securities margin client"),
                value="yes" if record.get("securities_margin_client") else "",
                is_tick=True,
            ),
        ),
        send=tr("Set the record"),
        read=read,
    )


def _with(choices: tuple[str, ...], present: str) -> tuple[str, ...]:
    """The choices, and the present one where it is another: showing a record changes nothing."""
    return choices if not present or present in choices else (*choices, present)


def _record(values: Values, sheets: list[str]) -> dict[str, object]:
    record: dict[str, object] = {
        "name": words(values, "name", tr("Name")),
        "securities_margin_client": bool(values.get("margin")),
        "disclosures": sheets,
    }
    if values["class"] != NO_EVIDENCE:
        record["professional_investor"] = {
            "class": values["class"],
            "basis": values["basis"],
            "amount": plain(amount(values, "amount", tr("Amount"))),
            "currency": values["currency"],
            "as_of": day(values, "pi_as_of", tr("Evidence of")),
            "expires": _later(values, "pi_as_of", "pi_expires", tr("Evidence until")),
        }
    if values.get("knows_as_of", "").strip() or values.get("knows_expires", "").strip():
        record["derivatives_knowledge"] = {
            "as_of": day(values, "knows_as_of", tr("Knowledge assessed on")),
            "expires": _later(values, "knows_as_of", "knows_expires", tr("Knowledge until")),
        }
    return record


def _later(values: Values, start: str, end: str, label: str) -> str:
    until = day(values, end, label)
    if until < day(values, start, label):
        raise FormError(end, tr("{label}: expected no day before it begins", label=label))
    return until


# ---- disclosure sheets ---------------------------------------------------------------------------


class _Section(msgspec.Struct, frozen=True):
    title: str
    text: str


class _Sheet(msgspec.Struct, frozen=True):
    """The desk's answer."""

    name: str
    instrument: str
    sections: tuple[_Section, ...]
    acknowledged: bool
    profile: str
    profile_hash: str


class SheetView(msgspec.Struct, frozen=True):
    """One sheet, as the desk wrote it."""

    name: str
    title: str
    sections: tuple[tuple[str, str], ...]
    acknowledged: bool
    proof: str


def sheet_view(data: Mapping[str, Any]) -> SheetView | None:
    """Read the desk's answer; None if it is no sheet."""
    try:
        sheet = msgspec.convert(data, _Sheet)
    except msgspec.ValidationError:
        return None
    return SheetView(
        name=sheet.name,
        title=tr("Disclosure {instrument}", instrument=sheet.instrument),
        sections=tuple((said(part.title), said(part.text)) for part in sheet.sections),
        acknowledged=sheet.acknowledged,
        proof=f"{sheet.name} · {sheet.profile} {sheet.profile_hash[:8]}",
    )
