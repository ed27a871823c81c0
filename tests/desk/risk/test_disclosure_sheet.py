"""What a client is told of an instrument: from its terms, its margin table and the profile."""

from decimal import Decimal as D

import msgspec

from desk.cli.shipped import shipped, shipped_profile
from desk.margin.inputs import MarginTerms, Tier
from desk.model.instrument import Contract
from desk.risk.disclosure_sheet import disclosure_sheet

CATALOGUE = shipped().catalogue
BTC = CATALOGUE.get("BTCUSDT-PERP.BINANCE")
TERMS = MarginTerms(
    model="binance",
    tiers=tuple(
        Tier(
            notional_floor=D(floor),
            notional_cap=None,
            maintenance_rate=D(rate),
            maintenance_amount=D(0),
            max_leverage=D(leverage),
        )
        for floor, rate, leverage in (("0", "0.004", "150"), ("300000", "0.005", "100"))
    ),
)


def sheet(instrument=BTC, terms=TERMS, profile="hk_sfc_2026", paper=True):
    return disclosure_sheet(instrument, terms, shipped_profile(profile), paper=paper)


def told(**given):
    return {section.title: section.text for section in sheet(**given).sections}


def test_a_sheet_is_named_by_instrument_and_version_and_by_the_rules_it_tells_of():
    found = sheet()
    assert (found.name, found.version) == ("BTCUSDT-PERP.BINANCE@1", 1)
    assert found.instrument == "BTCUSDT-PERP.BINANCE"
    assert found.profile == "hk_sfc_2026"
    assert found.profile_hash == shipped_profile("hk_sfc_2026").hash


def test_a_perpetual_s_sheet_tells_what_the_rule_asks_for():
    """Regulation.md, section 6, row disc.kfs."""
    listed = msgspec.structs.replace(BTC, funding_interval_h=8)
    assert told(instrument=listed) == {
        "What it is": "A perpetual contract on BTC in USDT at BINANCE: it has no expiry and is "
        "settled in USDT. One contract is 1 BTC.",
        "Maximum loss": "The margin that was posted, all of it: an isolated position may lose its "
        "own margin, a cross position the whole USDT collateral of its account, and no more. "
        "0.5% of the position is set aside for slippage when it is opened.",
        "Leverage": "At most 5× on this desk (HOUSE): a loss is up to 5 times that of the price. "
        "The venue itself would allow 150×.",
        "Liquidation": "Positions are closed at market, step by step and without asking, once "
        "maintenance margin reaches collateral value on a fresh and confirmed mark. No new risk "
        "is taken while equity is below 1.25 times maintenance margin, of which the desk asks for "
        "10% of the position where the venue asks for less; the venue asks for 0.4% to 0.5% by "
        "size.",
        "Funding": "Longs and shorts pay each other every 8 h, so that the price stays near that "
        "of BTC: at a positive rate longs pay. The rate changes and may be high. A contract that "
        "is settled less often than every 24 h is not traded here.",
        "Mark price": "Margin stands on the mark that BINANCE publishes, at most 2 s old. Beside "
        "it the desk holds the median index of 3 venues or more; farther apart than 3%, no new "
        "risk is taken.",
        "Loss allocation": "What a position or an account loses beyond its margin is booked to "
        "the loss-allocation account of this desk and not to the client (SFC).",
        "Affiliated market makers": "The other side of every fill is this desk's own paper "
        "market, which is an affiliate: it sees the order, and no money of a third party stands "
        "behind it.",
    }


def test_the_numbers_are_those_of_the_profile():
    strict = told(profile="house_strict")
    assert strict["Leverage"].startswith("At most 2× on this desk (HOUSE)")
    assert "below 1.5 times" in strict["Liquidation"]
    assert "farther apart than 2%" in strict["Mark price"]
    assert "(FOREIGN)" in told(profile="eu_retail")["Leverage"]


def test_what_the_desk_does_not_know_it_says_so():
    bare = told(terms=None, instrument=msgspec.structs.replace(BTC, funding_interval_h=None))
    assert bare["Leverage"].endswith(" The venue's own limit is not known to the desk.")
    assert bare["Liquidation"].endswith(
        "asks for less. The venue's own maintenance rates are not known to the desk."
    )
    assert bare["Funding"].startswith("Longs and shorts pay each other as often as the venue says")
    assert told(paper=False)["Affiliated market makers"] == (
        "Market makers of the venue's own group may be the other side of a fill."
    )


def test_an_inverse_contract_is_counted_in_dollars_and_settled_in_coin():
    inverse = CATALOGUE.get("BTCUSD-PERP.BINANCE")
    assert inverse.contract is Contract.INVERSE
    assert told(instrument=inverse)["What it is"] == (
        "A perpetual contract on BTC in USD at BINANCE: it has no expiry and is settled in BTC. "
        "One contract is 100 USD."
    )


def test_every_instrument_that_ships_has_a_sheet():
    titles = {i.id: [s.title for s in sheet(i, None).sections] for i in CATALOGUE.all()}
    assert titles["BTCUSDT.BINANCE"] == ["What it is", "Maximum loss", "Affiliated market makers"]
    assert all(titles.values())
    spot = told(instrument=CATALOGUE.get("BTCUSDT.BINANCE"))
    assert spot["What it is"] == (
        "BTC against USDT at BINANCE, bought and sold in full, without credit."
    )
    assert spot["Maximum loss"] == "All that was paid: BTC may become worthless."
