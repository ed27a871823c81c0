"""The client in words, and the record as a form."""

import pytest
from helpers.frames import BTC, client, gate

from desk.model.commands import SetClient
from ui.viewmodels.client import (
    client_form,
    client_words,
    gate_rows,
    sheet_view,
    sheet_words,
)
from ui.viewmodels.forms import read_form

RECORD = {
    "name": "Ada Wong",
    "professional_investor": {
        "class": "corporation",
        "basis": "portfolio",
        "amount": "20000000",
        "currency": "HKD",
        "as_of": "2026-11-01",
        "expires": "2027-10-31",
    },
    "derivatives_knowledge": {"as_of": "2026-11-01", "expires": "2027-10-31"},
    "securities_margin_client": True,
    "disclosures": [f"{BTC}@1"],
}


def made(record, **values):
    form = client_form(record)
    filled = {entry.key: entry.value or (entry.choices or ("",))[0] for entry in form.entries}
    return read_form(form, filled | values, "w-1")


def test_gate_says_met_or_closed_in_words_with_origin_and_day():
    rows = [[cell.text for cell in row.cells] for row in gate_rows(client())]
    assert rows[0][:2] == ["✓ met", "pi.gate"]
    assert rows[0][3:] == ["SFC", "2027-11-18"]
    assert rows[2][0] == "✕ CLOSED"
    assert rows[2][-1] == "—"


def test_sample_client_is_said_aloud_and_nobody_is_said_too():
    assert "made up" in client_words(client())
    assert client_words(client(name="Ada Wong", sample=False)) == "Ada Wong"
    nobody = client(name="", sample=False, gates=[gate(met=False)], disclosures=[])
    assert client_words(nobody).startswith("No client record")
    assert client_words(None).startswith("No client record")
    assert gate_rows(None) == ()
    assert sheet_words(nobody) == "No disclosure sheet was acknowledged."
    assert f"(1): {BTC}@1" in sheet_words(client())


def test_showing_a_record_and_setting_it_changes_nothing():
    command, wrong = made(RECORD)
    assert wrong is None
    assert command == SetClient(id="w-1", record=RECORD)


def test_kind_that_the_form_does_not_know_is_kept():
    investor = {**RECORD["professional_investor"], "class": "trust_corporation"}
    command, _ = made({**RECORD, "professional_investor": investor})
    assert command.record["professional_investor"]["class"] == "trust_corporation"


def test_left_out_evidence_is_left_out_of_the_record():
    command, _ = made(None, name="Ada Wong")
    assert command.record == {
        "name": "Ada Wong",
        "securities_margin_client": False,
        "disclosures": [],
    }


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"name": " "}, "name", "Name is missing"),
        ({"amount": "much"}, "amount", "Amount: expected a number"),
        ({"pi_as_of": "1 Nov"}, "pi_as_of", "Evidence of: expected a day such as 2027-01-31"),
        ({"pi_expires": "2026-10-31"}, "pi_expires", "Evidence until: expected no day before it"),
        ({"knows_expires": ""}, "knows_expires", "Knowledge until: expected a day"),
    ],
)
def test_wrong_record_names_the_field(values, field, said):
    command, wrong = made(RECORD, **values)
    assert command is None
    assert wrong.field == field
    assert wrong.text.startswith(said)


def test_answer_that_is_no_sheet_shows_none():
    sheet = {
        "name": f"{BTC}@1", "instrument": BTC, "acknowledged": False, "profile": "hk_sfc_2026",
        "profile_hash": "b61beb4637b9", "sections": [{"title": "Leverage", "text": "At most 5×."}],
    }  # fmt: skip
    read = sheet_view(sheet)
    assert read.sections == (("Leverage", "At most 5×."),)
    assert read.proof == f"{BTC}@1 · hk_sfc_2026 b61beb46"
    assert sheet_view({}) is None
    assert sheet_view({**sheet, "sections": [{"title": 5}]}) is None
