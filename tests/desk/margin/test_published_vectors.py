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
    "dYdX's own mechanics (fillable price, funding index, margin by open interest)": {
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
    },
    "the bankruptcy price of a cross account is null (risk-model.md section 2)": {
        "dydx-bankr-two-longs",
    },
    "auto-deleveraging is the venue's: the desk has none, and the page contradicts itself": {
        "bybit-adl-alert-2",
    },
    "borrowing on spot margin is not modelled: a loan is a financing account": {
        "okx-iso-spot-margin-open",
    },
    "a dated future priced off the index, with a contingency charge: only perpetuals here": {
        "dederi-pm-future-grid",
    },
    "a peer's own buffer around the venue's liquidation price": {
        "ft-liq-buffer-doc",
    },
    "a peer's mistake: a margin rate divided by leverage (margin.md section 4)": {
        "nt-margin-im-lev10",
        "nt-margin-mm-inv-lev10",
    },
    "a deduction without a rate makes maintenance negative, which the desk holds to 0": {
        "bybit-short-mmdeduction-110.5",
    },
}
"""Reason → cases. What margin.md section 3 says does not reproduce is not in the collection."""


@pytest.fixture(scope="module")
def vectors():
    return json.loads(shared("data/margin/vectors.json").read_text())


def test_every_case_is_either_covered_or_named_with_a_reason(vectors):
    left_out = [case for cases in NOT_COVERED.values() for case in cases]
    known = {vector["id"] for vector in vectors}
    assert len(left_out) == len(set(left_out))
    assert set(left_out) <= known
    covered = [vector for vector in vectors if vector["id"] not in left_out]
    assert {vector["family"] for vector in covered} == set(FAMILIES)
    assert (len(covered), len(left_out), len(known)) == (115, 20, 135)


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
    assert judged == 148  # so that none is lost in silence
