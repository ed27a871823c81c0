"""The client record and the disclosure sheets on a desk."""

import pytest
from helpers.engines import BTC, Trader

from desk.engine.frame import build_frame
from desk.model.commands import AcknowledgeDisclosure, Ask, NextFrame, SetClient
from desk.model.events import Acknowledged, Answered, Denied

RECORD = {
    "name": "Harbour Fund",
    "professional_investor": {
        "class": "corporation",
        "basis": "portfolio",
        "amount": "20000000",
        "currency": "HKD",
        "as_of": "2026-03-01",
        "expires": "2027-03-01",
    },
    "derivatives_knowledge": {"as_of": "2026-03-01", "expires": "2027-03-01"},
    "securities_margin_client": True,
}


@pytest.fixture
def trader():
    trader = Trader(sample_client=False)
    trader.deposit()
    trader.market()
    return trader


def framed(trader):
    frame = build_frame(trader.desk, NextFrame(), number=1, engine_ms=0.0, notes={})
    return frame.client_gates


def met(trader):
    return {gate.rule: gate.met for gate in framed(trader).gates}


def denied(events):
    return [(d.code, d.origin) for e in events if isinstance(e, Denied) for d in e.denials]


def test_without_a_record_all_gates_are_shown_closed(trader):
    view = framed(trader)
    assert (view.name, view.sample, view.disclosures) == ("", False, [])
    assert set(met(trader).values()) == {False}
    assert {gate.rule: gate.origin for gate in view.gates} == {
        "pi.gate": "LAW",
        "client.derivatives_knowledge": "SFC",
        "client.smf_client": "SFC",
    }


def test_the_sample_client_is_named_so_and_a_person_s_record_is_not(trader):
    assert framed(Trader()).sample is True
    trader.give(SetClient(id="c", record=RECORD))
    view = framed(trader)
    assert (view.name, view.sample) == ("Harbour Fund", False)
    assert set(met(trader).values()) == {True}
    assert view.gates[0].expires == "2027-03-01"


def test_a_sheet_is_read_acknowledged_and_then_opens_the_gate(trader):
    trader.give(SetClient(id="c", record=RECORD))
    trader.market()
    assert denied(trader.buy("0.1", "60000", id="a")) == [("DISCLOSURE", "SFC")]
    (answer,) = trader.give(Ask(about="disclosure", of=BTC), 7)
    assert isinstance(answer, Answered)
    assert (answer.command, answer.data["name"]) == (7, f"{BTC}@1")
    assert answer.data["acknowledged"] is False
    assert len(answer.data["sections"]) == 8
    trader.give(AcknowledgeDisclosure(id="ack", disclosure=f"{BTC}@1"))
    (answer,) = trader.give(Ask(about="disclosure", of=BTC))
    assert answer.data["acknowledged"] is True
    assert framed(trader).disclosures == [f"{BTC}@1"]
    trader.market()
    assert denied(trader.buy("0.1", "60000", id="b")) == []


@pytest.mark.parametrize(
    ("sheet", "known"),
    [(f"{BTC}@2", f"the current one is {BTC}@1"), ("NOPE@1", "it is no instrument here")],
)
def test_a_sheet_that_is_none_is_named_with_the_current_one(trader, sheet, known):
    (answer,) = trader.give(AcknowledgeDisclosure(id="ack", disclosure=sheet))
    assert [d.message for d in answer.denials] == [f"There is no sheet {sheet}: {known}."]


def test_there_is_no_sheet_of_what_is_not_there_and_asking_is_not_journaled(trader):
    rows = len(trader.rows)
    (answer,) = trader.give(Ask(about="disclosure", of="NOPE"), 3)
    assert isinstance(answer, Denied)
    assert answer.command == 3
    assert [(d.code, d.rule, d.origin, d.message) for d in answer.denials] == [
        ("UNKNOWN_INSTRUMENT", "disc.kfs", "SFC", "There is no instrument NOPE.")
    ]
    assert len(trader.rows) == rows


@pytest.mark.parametrize("amount", ["NaN", "-Infinity", "sNaN", "-1", "many", None, [], 1e999])
def test_a_record_with_an_amount_that_is_none_is_refused(trader, amount):
    investor = {**RECORD["professional_investor"], "amount": amount}
    answer = trader.give(SetClient(id="c", record={**RECORD, "professional_investor": investor}))
    assert denied(answer) == [("CLIENT", "LAW")]
    assert trader.state.client is None
    assert trader.restarted(sample_client=False).state.hash() == trader.state.hash()


def test_the_client_answer_tells_every_gate(trader):
    trader.give(SetClient(id="c", record=RECORD))
    (answer,) = trader.give(Ask(about="client"))
    assert [gate["rule"] for gate in answer.data["gates"]] == [
        "pi.gate",
        "client.derivatives_knowledge",
        "client.smf_client",
    ]
    assert isinstance(trader.give(SetClient(id="d", record=None))[-1], Acknowledged)
    assert set(met(trader).values()) == {False}
