"""The limits of a profile: each from its own rule, and 0 where the profile has none."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.order_contexts import HONG_KONG, context, order

from desk.model.events import Denial
from desk.risk.context import Limits
from desk.risk.denial import attributed, beside, deny, over, under, usd
from desk.risk.limits import limits_of
from desk.risk.profile import Profile

NUMBERS = {
    "ord.price_collar": "0.011",
    "ord.max_value": "785000",
    "perp.position_limit.instrument": "1200000",
    "perp.position_limit.account": "1300000",
    "perp.max_leverage": "4",
    "ord.max_messages": "17",
    "ord.max_messages.open_orders": "18",
    "price.mark_sources.divergence": "0.021",
    "price.mark_sources.dispersion": "0.022",
    "price.mark_sources": "6",
    "ord.max_value.max_btc": "70",
    "ord.max_value.max_eth": "80",
}

# 785,000 HKD ÷ 7.85, the weak edge of the peg band, are 100,000 USD.
READ = Limits(
    collar_rate=D("0.011"),
    max_value_usd=D(100_000),
    instrument_limit_usd=D(1_200_000),
    account_limit_usd=D(1_300_000),
    max_leverage=D(4),
    max_open_orders=18,
    divergence_rate=D("0.021"),
    dispersion_rate=D("0.022"),
    mark_sources=6,
    max_quantity={"BTC": D(70), "ETH": D(80)},
    allow_reduce_when_halted=True,
)

FIELDS = {
    "ord.price_collar": {"collar_rate": D(0)},
    "ord.max_value": {"max_value_usd": D(0)},
    "perp.position_limit.instrument": {"instrument_limit_usd": D(0)},
    "perp.position_limit.account": {"account_limit_usd": D(0)},
    "perp.max_leverage": {"max_leverage": D(0)},
    "ord.max_messages.open_orders": {"max_open_orders": 0},
    "price.mark_sources.divergence": {"divergence_rate": D(0)},
    "price.mark_sources.dispersion": {"dispersion_rate": D(0)},
    "price.mark_sources": {"mark_sources": 0},
    "ord.max_value.max_btc": {"max_quantity": {"BTC": D(0), "ETH": D(80)}},
    "ord.max_value.max_eth": {"max_quantity": {"BTC": D(70), "ETH": D(0)}},
    "kill.switch.allow_reduce": {"allow_reduce_when_halted": False},
}


def profile(missing=""):
    def written(rule):
        number = NUMBERS.get(rule.rule)
        return rule if number is None else msgspec.structs.replace(rule, value=D(number))

    rules = {one.rule: written(one) for one in HONG_KONG.rules() if one.rule != missing}
    return Profile("numbers", "HK_SFC", "numbers", rules)


def test_each_limit_is_read_from_its_own_rule():
    assert limits_of(profile()) == READ


@pytest.mark.fault("T31")
@pytest.mark.parametrize(("rule", "field"), FIELDS.items())
def test_a_limit_that_is_missing_is_zero_and_no_other_takes_its_place(rule, field):
    assert limits_of(profile(missing=rule)) == msgspec.structs.replace(READ, **field)


@pytest.mark.parametrize(
    ("amount", "limit", "places", "text"),
    [
        ("1234567.4", "1000000", 0, "1,234,567"),
        ("1000000.4", "1000000", 0, "1,000,001"),
        ("999999.6", "1000000", 0, "999,999"),
        ("1000000", "1000000", 0, "1,000,000"),
        ("5.0017", "5", 2, "5.01"),
        ("5.126", "5", 2, "5.13"),
        ("4.999", "5", 2, "4.99"),
        ("0.0001", "0", 2, "0.01"),
        ("108.34", "100", 1, "108.3"),
    ],
)
def test_a_figure_past_its_limit_is_never_written_as_the_limit(amount, limit, places, text):
    assert beside(D(amount), D(limit), places) == text


def test_what_is_asked_for_is_rounded_up_and_what_is_allowed_down():
    assert (over(D("2.001")), over(D("2.001"), 0), over(D("1000.2"), 1)) == ("2.01", "3", "1,000.2")
    assert (under(D("2.009")), under(D("2.9"), 0), under(D("1000.29"), 1)) == (
        "2.00",
        "2",
        "1,000.2",
    )
    assert beside(D("2.009"), D("2.01")) == "2.00"


def test_a_denial_has_plain_numbers_and_the_origin_of_its_rule():
    found = deny("CODE", "ord.max_value", "Said.", limit=D("1.500"), actual=D("2E+1"))
    assert found == Denial(
        code="CODE", rule="ord.max_value", message="Said.", limit="1.5", actual="20"
    )
    law, other = deny("A", "pi.gate", "a"), deny("B", "no.such.rule", "b")
    assert [d.origin for d in attributed([law, found, other], HONG_KONG)] == [
        "LAW",
        "HOUSE",
        "HOUSE",
    ]


def test_a_value_is_converted_from_the_settle_asset():
    # 2 BTC at 60,000 USDT, a USDT at 0.5 USD.
    assert usd(context(order(), usd_per_settle=D("0.5")), D(-2), D(60000)) == 60_000
