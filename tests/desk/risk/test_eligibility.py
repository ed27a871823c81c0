"""May this account trade this at all: all that each denial says."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.order_contexts import AROUND, BTC, ETH, HONG_KONG, SPOT, context, order, said

from desk.risk import eligibility
from desk.risk.profile import Profile

RULE, NAMED = "perp.ref_eligible", "perp.convergence"


def words(rule, *listed):
    """The Hong Kong profile with another list in a rule."""
    rules = {one.rule: one for one in HONG_KONG.rules()}
    return Profile(
        "list", "HK_SFC", "list", rules | {rule: msgspec.structs.replace(rules[rule], value=listed)}
    )


@pytest.mark.parametrize(
    ("listed", "permitted", "passes"),
    [
        (("*",), True, True),
        ((BTC,), True, True),
        ((ETH, BTC), True, True),
        ((ETH,), True, False),
        ((), True, False),
        (("*",), False, False),
    ],
)
def test_an_instrument_is_permitted_by_the_desk_and_by_the_house(listed, permitted, passes):
    at = context(profile=words("ord.permission", *listed), permitted=permitted)
    denied = ("PERMISSION", "ord.permission", f"{BTC} is not permitted on this desk.", None, None)
    assert said(eligibility.permission(at)) == (None if passes else denied)


@pytest.mark.parametrize(
    ("level", "what"),
    [
        ("NORMAL", None),
        ("WARNING", None),
        ("MARGIN_CALL", "is in margin call"),
        ("CLOSE_OUT", "is in close-out"),
        ("UNKNOWN", "has figures that are unknown"),
    ],
)
def test_an_account_that_was_called_takes_no_new_risk(level, what):
    until = "they are known" if level == "UNKNOWN" else "it is cured"
    message = f"perp-1 {what}: no new risk until {until}."
    denied = (f"LEVEL_{level}", "vaf.stop_advances", message, None, None)
    assert said(eligibility.level(context(level=level))) == (None if what is None else denied)


@pytest.mark.parametrize(
    ("listed", "eligible"),
    [(("BTC", "ETH"), None), (("ETH", "SOL"), "ETH, SOL"), (("ETH",), "ETH"), ((), "none")],
)
def test_a_perpetual_refers_to_an_eligible_asset(listed, eligible):
    message = f"{BTC} refers to BTC; eligible are {eligible}."
    denied = ("REF_NOT_ELIGIBLE", RULE, message, None, None)
    found = eligibility.reference(context(profile=words(RULE, *listed)))
    assert said(found) == (None if eligible is None else denied)
    spot = context(order(instrument=SPOT), profile=words(RULE, *listed))
    assert eligibility.reference(spot) is None


@pytest.mark.parametrize(
    ("hours", "live", "found"),
    [
        (8, True, None),
        (24, True, None),
        (25, True, (f"{BTC} is funded every 25 h; at least every 24 h is asked for.", "24", "25")),
        (25, False, (f"{BTC} is funded every 25 h; at least every 24 h is asked for.", "24", "25")),
        (None, True, (f"How often {BTC} is funded is unknown.", "24", None)),
        (None, False, None),
    ],
)
def test_a_perpetual_converges_at_least_daily(hours, live, found):
    around = msgspec.structs.replace(AROUND, live=live, funding_interval_h=hours)
    wanted = None if found is None else ("CONVERGENCE", NAMED, *found)
    assert said(eligibility.convergence(context(around=around))) == wanted
    assert eligibility.convergence(context(order(instrument=SPOT), around=around)) is None
    assert eligibility.convergence(context(around=None)) is None


def test_a_denial_names_what_would_pass_where_the_order_would_flip():
    flips = context(order(side=order().side.opposite, quantity="3"), position=D(2))
    found = eligibility.level(msgspec.structs.replace(flips, level="CLOSE_OUT"))
    assert found.message == (
        "perp-1 is in close-out: no new risk until it is cured. "
        "Up to 2 reduces the position and would pass."
    )
