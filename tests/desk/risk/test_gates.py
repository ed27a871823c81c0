"""The gates on the client, with what each says: thresholds of Cap. 571D (regulation.md, 1.5)."""

from datetime import date
from decimal import Decimal as D

import pytest
from msgspec import structs

from desk.cli.shipped import shipped, shipped_profile
from desk.model.instrument import Kind
from desk.risk.client import ClientRecord, Knowledge, ProfessionalInvestor
from desk.risk.gates import Gate, client_gates, disclosure_gate, gates, investor_gate
from desk.risk.profile import Profile

HONG_KONG = shipped_profile("hk_sfc_2026")
EUROPE = shipped_profile("eu_retail")
TODAY = date(2026, 11, 22)
BTC = shipped().catalogue.get("BTCUSDT-PERP.BINANCE")
SPOT = shipped().catalogue.get("BTCUSDT.BINANCE")
SHEET = "BTCUSDT-PERP.BINANCE@1"


def investor(**changes):
    shown = {
        "category": "corporation",
        "basis": "portfolio",
        "amount": D(8_000_000),
        "currency": "HKD",
        "as_of": date(2026, 3, 1),
        "expires": date(2027, 3, 1),
    }
    return ProfessionalInvestor(**{**shown, **changes})


def client(evidence=None, **changes):
    known = {
        "professional_investor": evidence or investor(),
        "derivatives_knowledge": Knowledge(as_of=date(2026, 3, 1), expires=date(2027, 3, 1)),
        "securities_margin_client": True,
        "disclosures": (SHEET,),
    }
    return ClientRecord(**{**known, **changes})


def shown(profile=HONG_KONG, **changes):
    return investor_gate(client(investor(**changes)), profile, TODAY)


@pytest.mark.parametrize(
    ("category", "basis", "least"),
    [
        ("individual", "portfolio", 8_000_000),
        ("corporation", "portfolio", 8_000_000),
        ("corporation", "assets", 40_000_000),
        ("Corporation", "total assets", 40_000_000),
        ("partnership", "portfolio", 8_000_000),
        ("partnership", "assets", 40_000_000),
        ("trust", "assets", 40_000_000),
        ("trust corporation", "total_assets", 40_000_000),
    ],
)
def test_the_evidence_is_held_against_the_amount_of_its_class_and_basis(category, basis, least):
    assert shown(category=category, basis=basis, amount=D(least)).met
    short = shown(category=category, basis=basis, amount=D(least) - 1)
    assert not short.met
    assert short.rule == "pi.gate"
    assert short.said == (
        f"The evidence shows {least - 1:,} HKD of {basis}; a {category} has to show {least:,} HKD."
    )


def test_dollars_count_at_the_strong_edge_of_the_peg_band():
    # 8,000,000 ÷ 7.75 = 1,032,258.06…
    assert shown(amount=D("1032258.07"), currency="USD").met
    assert not shown(amount=D("1032258.06"), currency="USD").met


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"currency": "USDT"}, "The evidence is in USDT; it counts in HKD and USD."),
        ({"amount": D("NaN")}, "The amount of the evidence is no number."),
        ({"amount": D("Infinity")}, "The amount of the evidence is no number."),
        (
            {"category": "individual", "basis": "assets"},
            (
                "individual by assets makes nobody a professional investor; these do: "
                "individual by portfolio, corporation by portfolio, corporation by assets, "
                "partnership by portfolio, partnership by assets, trust by assets."
            ),
        ),
        (
            {"expires": date(2026, 11, 21)},
            "The professional investor evidence expired on 2026-11-21.",
        ),
        (
            {"as_of": date(2026, 11, 23)},
            "The professional investor evidence is of 2026-11-23, a day to come.",
        ),
    ],
)
def test_evidence_that_does_not_count_closes_the_gate(changes, said):
    gate = shown(**changes)
    assert (gate.met, gate.warns, gate.rule, gate.said) == (False, False, "pi.gate", said)


def test_evidence_counts_on_its_last_day_and_is_warned_of_for_thirty_days():
    far = shown(expires=date(2026, 12, 23))
    assert (far.met, far.warns, far.expires) == (True, False, date(2026, 12, 23))
    assert far.said == (
        "Professional investor: corporation, portfolio of 8,000,000 HKD as of 2026-03-01; "
        "expires on 2026-12-23."
    )
    near = shown(expires=date(2026, 12, 22))
    assert (near.met, near.warns) == (True, True)
    assert near.said.endswith("; expires on 2026-12-22, in 30 days.")
    assert shown(expires=TODAY).met


def test_evidence_is_reviewed_after_a_year_whatever_its_own_end():
    last = shown(as_of=date(2025, 11, 22), expires=date(2028, 1, 1))
    assert (last.met, last.warns, last.expires) == (True, True, TODAY)
    over = shown(as_of=date(2025, 11, 21), expires=date(2028, 1, 1))
    assert (over.met, over.rule) == (False, "pi.gate.review_days")
    assert over.said == (
        "The professional investor evidence is of 2025-11-21; it is reviewed after 365 days."
    )
    assert HONG_KONG.get(over.rule).origin == "HOUSE"
    assert shown(as_of=date(2026, 1, 1), expires=date.max).expires == date(2027, 1, 1)


def test_a_profile_without_an_amount_lets_nobody_in():
    bare = Profile("bare", "NONE", "Bare", {})
    gate = shown(bare, as_of=TODAY)
    assert not gate.met
    assert gate.said == "bare does not say what a corporation has to show."


def codes(record, profile=HONG_KONG, instrument=BTC):
    return [(d.code, d.rule) for d in gates(record, instrument, TODAY, profile)]


def test_a_complete_client_passes_and_spot_asks_for_none():
    assert codes(client()) == []
    assert SPOT.kind is Kind.SPOT
    assert codes(None, instrument=SPOT) == []


def test_without_a_record_one_thing_is_said():
    (found,) = gates(None, BTC, TODAY, HONG_KONG)
    assert (found.code, found.rule) == ("PI_GATE", "pi.gate")
    assert found.message == (
        "No client record: perpetuals are for professional investors, and nobody is known to be "
        "one."
    )


def test_every_closed_gate_is_named_at_once():
    found = gates(ClientRecord(), BTC, TODAY, HONG_KONG)
    assert [(d.code, d.rule, d.message) for d in found] == [
        ("PI_GATE", "pi.gate", ("No evidence that the client is a professional investor "
         "(Cap. 571D).")),
        ("KNOWLEDGE_GATE", "client.derivatives_knowledge",
         "No assessment of derivatives knowledge."),
        ("DISCLOSURE", "disc.kfs", (f"The disclosure sheet {SHEET} is not acknowledged: read it "
         f"(disclosure BTCUSDT-PERP.BINANCE), then acknowledge {SHEET}.")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "expires", "said"),
    [
        (date(2026, 1, 1), date(2026, 11, 21), "The knowledge assessment expired on 2026-11-21."),
        (
            date(2026, 11, 23),
            date(2027, 1, 1),
            "The knowledge assessment is of 2026-11-23, a day to come.",
        ),
    ],
)
def test_an_assessment_out_of_its_time_closes_the_gate(as_of, expires, said):
    record = client(derivatives_knowledge=Knowledge(as_of=as_of, expires=expires))
    (found,) = gates(record, BTC, TODAY, HONG_KONG)
    assert (found.code, found.message) == ("KNOWLEDGE_GATE", said)


def test_an_assessment_counts_on_its_last_day_and_is_warned_of():
    record = client(derivatives_knowledge=Knowledge(as_of=TODAY, expires=TODAY))
    gate = client_gates(record, HONG_KONG, TODAY)[1]
    assert (gate.met, gate.warns) == (True, True)
    assert gate.said == (
        "Derivatives knowledge assessed on 2026-11-22; expires on 2026-11-22, in 0 days."
    )


def test_an_older_version_of_a_sheet_is_not_the_sheet():
    assert codes(client(disclosures=("BTCUSDT-PERP.BINANCE@0",))) == [("DISCLOSURE", "disc.kfs")]


def test_a_waived_gate_stands_open_and_a_missing_rule_does_not():
    assert codes(client(professional_investor=None), EUROPE) == []
    assert codes(None, EUROPE) == [("KNOWLEDGE_GATE", "client.derivatives_knowledge")]
    bare = Profile("bare", "NONE", "Bare", {})
    assert codes(ClientRecord(), bare)[0] == ("PI_GATE", "pi.gate")


def test_a_gate_that_nobody_asks_for_says_so():
    rules = {one.rule: one for one in HONG_KONG.rules()}
    names = ("pi.gate", "client.derivatives_knowledge", "client.smf_client", "disc.kfs")
    waived = {name: structs.replace(rules[name], value=False) for name in names}
    open_to_all = Profile("open", "NONE", "Open", waived)
    found = [*client_gates(None, open_to_all, TODAY), disclosure_gate(None, BTC, open_to_all)]
    assert found == [
        Gate(rule=names[0], met=True, said="No professional investor is asked for."),
        Gate(rule=names[1], met=True, said="No assessment of derivatives knowledge is asked for."),
        Gate(rule=names[2], met=True, said="No securities margin client is asked for."),
        Gate(rule=names[3], met=True, said="No disclosure sheet is asked for."),
    ]


def test_each_gate_is_whole_open_and_closed():
    last = date(2027, 3, 1)
    shown_by = "corporation, portfolio of 8,000,000 HKD as of 2026-03-01"
    sheet = disclosure_gate(client(), BTC, HONG_KONG)
    assert [*client_gates(client(), HONG_KONG, TODAY), sheet] == [
        Gate(rule="pi.gate", met=True, expires=last,
             said=f"Professional investor: {shown_by}; expires on 2027-03-01."),
        Gate(rule="client.derivatives_knowledge", met=True, expires=last,
             said="Derivatives knowledge assessed on 2026-03-01; expires on 2027-03-01."),
        Gate(rule="client.smf_client", met=True,
             said="The client is a securities margin client."),
        Gate(rule="disc.kfs", met=True, said=f"The disclosure sheet {SHEET} is acknowledged."),
    ]  # fmt: skip
    ended = date(2026, 11, 21)
    late = client(
        investor(expires=ended), derivatives_knowledge=Knowledge(as_of=ended, expires=ended)
    )
    assert client_gates(late, HONG_KONG, TODAY)[:2] == [
        Gate(rule="pi.gate", met=False, expires=ended,
             said="The professional investor evidence expired on 2026-11-21."),
        Gate(rule="client.derivatives_knowledge", met=False, expires=ended,
             said="The knowledge assessment expired on 2026-11-21."),
    ]  # fmt: skip
    early = Knowledge(as_of=date(2026, 11, 23), expires=last)
    assert client_gates(client(derivatives_knowledge=early), HONG_KONG, TODAY)[1].expires == last


def test_evidence_short_by_a_fraction_is_not_said_to_be_enough():
    # 1,032,258.06 × 7.75 = 7,999,999.965
    gate = shown(amount=D("1032258.06"), currency="USD")
    assert gate.said == (
        "The evidence shows 7,999,999 HKD of portfolio; a corporation has to show 8,000,000 HKD."
    )


def test_loans_are_for_securities_margin_clients():
    met, closed = (
        client_gates(client(securities_margin_client=known), HONG_KONG, TODAY)[2]
        for known in (True, False)
    )
    assert (met.rule, met.met) == ("client.smf_client", True)
    assert met.said == "The client is a securities margin client."
    assert (closed.met, closed.denial().code) == (False, "SMF_GATE")
    assert closed.said == "The client is not a securities margin client."
    assert [gate.met for gate in client_gates(None, HONG_KONG, TODAY)] == [False] * 3
