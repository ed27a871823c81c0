"""Every published figure of the shared collection: what the desk makes of its inputs, and why not.

Positions and loans go through a portfolio document, as `desk risk evaluate` reads it; the rest
through the functions that the desk itself uses (tests/helpers/published_*.py).
"""

import json

import pytest
from helpers import published_money, published_positions, published_requirements
from helpers.shared import shared

FAMILIES = published_positions.FAMILIES | published_requirements.FAMILIES | published_money.FAMILIES

NOT_COVERED = {
    "no such feature": {
        "bybit-adl-alert-2",
        "dydx-fillable-long-ba2",
        "dydx-fillable-long-slight",
        "dydx-fillable-long-smmr20",
        "dydx-fillable-short-ba2",
        "dydx-fillable-short-slight",
        "dydx-fillable-smmr-1",
        "dydx-funding-long-neg",
        "dydx-funding-short-pos",
        "dydx-oimf-above",
        "dydx-oimf-lower",
        "dydx-oimf-mid",
        "dydx-oimf-upper",
        "okx-iso-spot-margin-open",
        "dederi-pm-future-grid",
        "ft-liq-buffer-doc",
    },
    "the bankruptcy price of a cross account is null (risk-model.md section 2)": {
        "dydx-bankr-two-longs",
    },
    "a peer's mistake: maintenance or a margin rate divided by leverage (margin.md section 4)": {
        "nt-margin-im-lev10",
        "nt-margin-mm-inv-lev10",
    },
    "a deduction without a rate makes maintenance negative: the desk holds it to 0": {
        "bybit-short-mmdeduction-110.5",
    },
    "a model that comes next": {
        "bybit-usdt-iso-long-funding-legacy",
        "bybit-usdt-iso-short-extra-legacy",
        "ft-bybit-iso-01",
        "ft-bybit-iso-03",
        "ft-bybit-iso-07",
        "ft-bybit-iso-08",
        "bybit-short-extra-115",
        "bybit-uta-iso-long-2026",
        "ft-okxgate-iso-02",
        "ft-okxgate-iso-04",
        "ft-okxgate-iso-06",
        "ft-okxgate-iso-08",
        "okx-calculator-iso-long",
        "phemex-usdtm-iso-long",
        "deribit-linear-btc-350",
        "deribit-linear-sol-25",
        "bybit-uta-mm-incl-fee",
        "bybit-order-cost-usdt-long",
        "bybit-order-cost-inverse",
        "bybit-roi-linear",
        "bybit-tier-lookup-2.6M",
    },
}
"""Reason → cases. dYdX, auto-deleveraging, spot margin and dated futures are not modelled here."""


@pytest.fixture(scope="module")
def vectors():
    return json.loads(shared("data/margin/vectors.json").read_text())


def test_every_case_is_either_covered_or_named_with_a_reason(vectors):
    left_out = [case for cases in NOT_COVERED.values() for case in cases]
    known = {vector["id"] for vector in vectors}
    assert len(left_out) == len(set(left_out))
    assert set(left_out) <= known
    covered = [vector for vector in vectors if vector["id"] not in left_out]
    assert {vector["family"] for vector in covered} <= set(FAMILIES)
    assert (len(covered), len(left_out), len(known)) == (94, 41, 135)


def test_every_published_figure_that_is_covered_comes_out(vectors):
    left_out = {case for cases in NOT_COVERED.values() for case in cases}
    wrong, judged = [], 0
    for vector in vectors:
        if vector["id"] in left_out:
            continue
        found = FAMILIES[vector["family"]](vector["inputs"])
        found = found.get(vector["venue"], found)
        for name, expected in vector["expected"].items():
            allowed = vector["tolerance"]
            room = allowed["abs"] if allowed["abs"] is not None else allowed["rel"] * abs(expected)
            judged += 1
            if name not in found or not abs(float(found[name]) - expected) <= room:
                wrong.append((vector["id"], name, expected, found.get(name)))
    assert wrong == []
    assert judged == 115  # so that none is lost in silence
