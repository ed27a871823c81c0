"""Each rule with a number, as something that says whether a value of it is refused.

A judge takes a profile and a value in the rule's own unit, brings about a situation that has
exactly this value, and asks the desk's own predicate. `refused` says what is expected one step
below the limit, at it, and one step above.
"""

from datetime import date, timedelta
from decimal import Decimal as D
from types import SimpleNamespace
from typing import NamedTuple

import msgspec
from helpers.order_contexts import AROUND, ETH, TODAY, context, order, own

from desk.engine.pace import Pace
from desk.market.reference import Standing
from desk.model.commands import OverrideRule
from desk.model.orders import MarginMode, Side
from desk.risk import eligibility, limit_checks, margin_checks, market_checks
from desk.risk.advance import Advance, advance_denials
from desk.risk.client import ProfessionalInvestor, sample_client
from desk.risk.data_doubts import diverging, few_sources, unconfirmed
from desk.risk.gates import investor_gate
from desk.risk.limits import limits_of
from desk.risk.loan_level import cure_deadline_ms, next_loan_level
from desk.risk.loan_limits import loan_limits
from desk.risk.monitor import LevelMemory
from desk.risk.override import objections
from desk.risk.profile import Profile

HOUR_MS, MINUTE_MS, SECOND_NS = 3_600_000, 60_000, 1_000_000_000
BELOW_AT_ABOVE = (False, False, True)
"""Refused above: a most. The others: a least, and what is refused once it is reached."""
LEAST = (True, False, False)
REACHED = (False, True, True)


class Edge(NamedTuple):
    judge: object
    step: object
    refused: tuple = BELOW_AT_ABOVE
    missing: bool = True
    """Without the number the smallest value (of a least: any value) is refused."""


def at(profile, terms=None, **fields):
    """The context of an order under the limits of a profile."""
    given = context(*(() if terms is None else (terms,)), **fields)
    return msgspec.structs.replace(given, profile=profile, limits=limits_of(profile))


def market(mark="100000", **more):
    return {"mark": str(mark), **more}


# --- orders ---------------------------------------------------------------------------------------


def collar(profile, value):
    found = {
        market_checks.collar(
            at(profile, order(side, price=str(100_000 * (1 + sign * value))), market=market())
        )
        is not None
        for side in Side
        for sign in (1, -1)
    }
    (refused,) = found
    return refused


def move(profile, value):
    """Of a price beside the marks of the last minute."""
    around = msgspec.structs.replace(
        AROUND, lowest_mark=D(100_000), highest_mark=D(100_000) * (1 + value)
    )
    up = at(profile, order(price=str(100_000 * (1 + value))), around=around)
    return market_checks.collar_move(up) is not None


def max_value(profile, value):
    """In the profile's own money: what is in HKD is worth less in USD."""
    usd = profile.usd("ord.max_value") / (profile.number("ord.max_value") or 1)
    return limit_checks.value(at(profile, order(price=str(value * (usd or 1))))) is not None


def max_btc(profile, value):
    return limit_checks.max_quantity(at(profile, order(quantity=str(value)))) is not None


def max_eth(profile, value):
    terms = order(instrument=ETH, quantity=str(value), price="1")
    return limit_checks.max_quantity(at(profile, terms)) is not None


def instrument_limit(profile, value):
    return limit_checks.position_limit(at(profile, market=market(value))) is not None


def account_limit(profile, value):
    return limit_checks.account_limit(at(profile, market=market(value))) is not None


def open_interest(profile, value):
    around = msgspec.structs.replace(AROUND, open_interest=D(1_000))
    terms = order(quantity=str(value * 1_000))
    return limit_checks.concentration(at(profile, terms, around=around)) is not None


def open_orders(profile, value):
    working = tuple(own(id=f"o-{n}") for n in range(int(value)))
    return limit_checks.open_orders(at(profile, working=working)) is not None


def per_second(profile, value):
    """So many in a second, of one that had none to spare."""
    pace = pace_of(profile)
    while pace.take(0):
        pass
    step_ns = SECOND_NS // int(value)
    return not all(pace.take(n * step_ns) for n in range(1, int(value) + 1))


def burst(profile, value):
    pace = pace_of(profile)
    return not all(pace.take(0) for _ in range(int(value)))


def pace_of(profile):
    number = profile.number
    return Pace(
        messages_per_s=int(number("ord.max_messages")),
        burst=int(number("ord.max_messages", "burst")),
    )


# --- margin ---------------------------------------------------------------------------------------


def leverage(profile, value):
    """Of the setting, and of the account after the fill: the same."""
    known = at(profile, account=SimpleNamespace(leverages={order().instrument: value}))
    after = SimpleNamespace(after=SimpleNamespace(leverage=value))
    found = {
        bool(list(margin_checks.leverage_setting(known, after))),
        bool(list(margin_checks.account_leverage(known, after))),
    }
    (refused,) = found
    return refused


def behind(profile, equity, look):
    """Whether a position of 1,000,000 with this equity is refused; the venue asks for nothing."""
    position = SimpleNamespace(
        quantity=D(1), margin_mode=MarginMode.CROSS, notional=D(1_000_000), instrument="x"
    )
    figures = SimpleNamespace(
        positions=[position], id="perp-1", collateral_value=equity, maintenance_margin=D(0)
    )
    return bool(list(look(at(profile), SimpleNamespace(after=figures))))


def maintenance(profile, value):
    buffer = profile.number("perp.maintenance_margin", "buffer")
    return behind(profile, value * buffer * 1_000_000, margin_checks.backed)


def buffer(profile, value):
    house = profile.number("perp.maintenance_margin")
    return behind(profile, value * house * 1_000_000, margin_checks.backed)


def slippage(profile, value):
    return behind(profile, value * 1_000_000, margin_checks.loss_limited)


# --- data -----------------------------------------------------------------------------------------


def seen(profile, look, votes=5, **more):
    standing = {"state": "CONSENSUS", "votes": votes, "deviation": D(0), "own_deviation": D(0)}
    now = at(profile, market={"standing": Standing(**standing | more), "venues_live": 9})
    return look("x", now.market, now.limits) is not None


def deviation(profile, value):
    (refused,) = {seen(profile, diverging, deviation=sign * value) for sign in (1, -1)}
    return refused


def own_deviation(profile, value):
    return seen(profile, unconfirmed, state="THIN", votes=2, own_deviation=value)


def sources(profile, value):
    return seen(profile, few_sources, votes=int(value))


def convergence(profile, value):
    around = msgspec.structs.replace(AROUND, funding_interval_h=int(value))
    return eligibility.convergence(at(profile, around=around)) is not None


def unresolved(profile, value):
    around = msgspec.structs.replace(AROUND, anomaly_s=int(value))
    return market_checks.anomaly(at(profile, around=around)) is not None


# --- client ---------------------------------------------------------------------------------------


def shown(category, basis):
    def judge(profile, value):
        evidence = investor(category=category, basis=basis, amount=value)
        return not investor_gate(evidence, profile, TODAY).met

    return judge


def investor(**fields):
    given = {
        "category": "corporation",
        "basis": "portfolio",
        "amount": D(10**9),
        "currency": "HKD",
        "as_of": TODAY,
        "expires": date(2099, 1, 1),
    }
    made = ProfessionalInvestor(**given | fields)
    return msgspec.structs.replace(sample_client([], TODAY), professional_investor=made)


def reviewed(profile, value):
    """Evidence of so many days ago."""
    evidence = investor(as_of=TODAY - timedelta(days=int(value)))
    return not investor_gate(evidence, profile, TODAY).met


def warned(profile, value):
    """No refusal: a warning that so many days are left."""
    evidence = investor(expires=TODAY + timedelta(days=int(value)))
    return investor_gate(evidence, profile, TODAY).warns


# --- loans ----------------------------------------------------------------------------------------


def lent(code, **figures):
    """Whether a draw with these figures of the loan is refused with a code."""

    def judge(profile, value):
        after = {
            "known": True,
            "loan": D(1),
            "largest_share": D(0),
            "group_share": D(0),
            "securities_share": D(2),
            "utilization": D(0),
        }
        after |= {name: value for name, theirs in figures.items() if theirs is VALUE}
        loans = value * 1_000 if "all_loans" in figures else D(0)
        asked = Advance(
            account="loan-1",
            currency="HKD",
            state="ACTIVE",
            smf_client=True,
            called=(),
            doubtful=(),
            after=SimpleNamespace(**after),
            eligible_value=D(1),
            credit_limit=D(10),
            all_loans=loans,
            capital=D(1_000),
            limits=loan_limits(profile),
        )
        return code in [denial.code for denial in advance_denials(asked)]

    return judge


VALUE = object()


def level(name):
    """Whether a loan of so much of its margin value has come to a level."""
    order_of = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT")

    def judge(profile, value):
        figures = SimpleNamespace(known=True, loan=value, margin_value=D(1))
        terms = loan_limits(profile).terms
        held = next_loan_level(LevelMemory("NORMAL"), figures, terms, 0, overdue=False)
        return order_of.index(held.level) >= order_of.index(name)

    return judge


def cured(profile, value):
    """Whether a call that stands for so many minutes is overdue."""
    ends_ms = cure_deadline_ms(0, loan_limits(profile).cure_minutes)
    return value * MINUTE_MS >= ends_ms


def haircut(profile, value):
    """A haircut on the client's own word; less than the rule's does not count."""
    return value < loan_limits(profile).haircut


# --- overrides ------------------------------------------------------------------------------------


def wish(profile, **fields):
    """Whether a benchmark is not set aside: of a profile without one, a rule made to be one."""
    rules = {rule.rule: rule for rule in profile.rules()}
    name = "vaf.loans_to_capital"
    rules[name] = msgspec.structs.replace(rules[name], origin="BENCHMARK", overridable=True)
    given = {
        "id": "x",
        "rule": name,
        "value": D(1),
        "expires_ms": HOUR_MS,
        "reason": "x" * 200,
        "first_name": "Ada",
        "second_name": "Grace",
    }
    benchmarks = Profile(profile.name, profile.regime, profile.title, rules)
    return bool(objections(OverrideRule(**given | fields), benchmarks, 0, in_force=False))


def lasting(profile, value):
    return wish(profile, expires_ms=int(value * HOUR_MS))


def reason(profile, value):
    return wish(profile, reason="because it is well thought over by both"[: int(value)])


MILLIONTH, CENT = D("0.000001"), D("0.01")

EDGES = {
    "ord.price_collar": Edge(collar, MILLIONTH),
    # A second collar is a profile's own addition: without one there is the first.
    "ord.price_collar.move": Edge(move, MILLIONTH, missing=False),
    "ord.max_value": Edge(max_value, CENT),
    "ord.max_value.max_btc": Edge(max_btc, D("0.001")),
    "ord.max_value.max_eth": Edge(max_eth, D("0.001")),
    "ord.max_messages": Edge(per_second, 1, missing=False),
    "ord.max_messages.burst": Edge(burst, 1),
    "ord.max_messages.open_orders": Edge(open_orders, 1, REACHED),
    "perp.position_limit.instrument": Edge(instrument_limit, CENT),
    "perp.position_limit.account": Edge(account_limit, CENT),
    "perp.position_limit.open_interest_share": Edge(open_interest, MILLIONTH),
    "perp.max_leverage": Edge(leverage, CENT),
    "perp.maintenance_margin": Edge(maintenance, MILLIONTH, LEAST),
    "perp.maintenance_margin.buffer": Edge(buffer, MILLIONTH, LEAST),
    "perp.loss_limited_to_margin.slippage_reserve": Edge(slippage, MILLIONTH, LEAST),
    "perp.convergence": Edge(convergence, 1),
    "price.mark_sources": Edge(sources, 1, LEAST),
    "price.mark_sources.divergence": Edge(deviation, MILLIONTH),
    "price.mark_sources.dispersion": Edge(own_deviation, MILLIONTH),
    "price.anomaly.unresolved_s": Edge(unresolved, 1, REACHED),
    "pi.gate.individual_portfolio": Edge(shown("individual", "portfolio"), CENT, LEAST),
    "pi.gate.corporation_portfolio": Edge(shown("corporation", "portfolio"), CENT, LEAST),
    "pi.gate.corporation_assets": Edge(shown("corporation", "assets"), CENT, LEAST),
    "pi.gate.trust_assets": Edge(shown("trust", "assets"), CENT, LEAST),
    "pi.gate.review_days": Edge(reviewed, 1),
    "pi.gate.warn_days": Edge(warned, 1, (True, True, False), missing=False),
    "vaf.haircut": Edge(haircut, CENT, LEAST),
    "vaf.securities_collateral_present": Edge(
        lent("SECURITIES_SHARE", securities_share=VALUE), MILLIONTH, LEAST
    ),
    "vaf.collateral_concentration": Edge(lent("CONCENTRATION", largest_share=VALUE), MILLIONTH),
    "vaf.collateral_concentration.correlated_group": Edge(
        lent("GROUP_CONCENTRATION", group_share=VALUE), MILLIONTH
    ),
    "vaf.client_concentration": Edge(lent("CLIENT_CONCENTRATION", all_loans=VALUE), MILLIONTH),
    "vaf.loans_to_capital": Edge(lent("LOANS_TO_CAPITAL", all_loans=VALUE), MILLIONTH),
    "vaf.margin_warn": Edge(level("WARNING"), MILLIONTH, REACHED),
    "vaf.margin_call": Edge(level("MARGIN_CALL"), MILLIONTH, REACHED),
    "vaf.margin_call.cure_minutes": Edge(cured, 1, REACHED),
    "vaf.margin_closeout": Edge(level("CLOSE_OUT"), MILLIONTH, REACHED),
    "rule.override": Edge(lasting, D(1) / HOUR_MS),
    # Ten characters it is whatever a profile leaves out.
    "rule.override.min_reason": Edge(reason, 1, LEAST, missing=False),
}
