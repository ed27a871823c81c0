"""The numbers of a profile as loans use them: what is missing refuses, never permits."""

from decimal import Decimal as D

from helpers.portfolios import SHIPPED

from desk.margin.financing import LoanTerms
from desk.risk.loan_limits import LoanLimits, loan_limits, loan_shocks, loan_terms
from desk.risk.profile import Profile

PROFILE = SHIPPED.profile("hk_sfc_2026")
EMPTY = Profile("empty", "NONE", "nothing", {})


def test_every_number_comes_from_the_profile():
    assert loan_limits(PROFILE) == LoanLimits(
        eligible=("BTC", "ETH"),
        haircut=D("0.60"),
        securities_share=D("0.50"),
        terms=LoanTerms(
            single_cap=D("0.40"),
            group_cap=D("0.50"),
            warn=D("0.80"),
            call=D("1.00"),
            close_out=D("1.25"),
        ),
        loans_to_capital=D("5.0"),
        client_concentration=D("0.40"),
        annual_rate=D("0.08"),
        cure_minutes=D(120),
        shocks=(D("-0.10"), D("-0.20"), D("-0.25"), D("-0.30"), D("-0.50")),
        origins={
            "client.smf_client": "SFC",
            "kill.switch": "FOREIGN",
            "vaf.client_concentration": "BENCHMARK",
            "vaf.collateral_concentration": "HOUSE",
            "vaf.credit_limit": "SFC",
            "vaf.eligible_collateral": "SFC",
            "vaf.haircut": "SFC",
            "vaf.loans_to_capital": "BENCHMARK",
            "vaf.margin_call": "HOUSE",
            "vaf.securities_collateral_present": "HOUSE",
            "vaf.stop_advances": "SFC",
        },
    )


def test_a_profile_without_rules_of_loans_lends_nothing():
    limits = loan_limits(EMPTY)
    assert limits == LoanLimits()
    assert limits.eligible == ()
    assert limits.haircut == 1
    assert limits.securities_share == 1
    assert limits.terms == LoanTerms(
        single_cap=D(0), group_cap=D(0), warn=D(0), call=D(0), close_out=D(0)
    )
    assert (limits.loans_to_capital, limits.client_concentration) == (0, 0)
    assert limits.annual_rate is None
    assert limits.cure_minutes == 0
    assert limits.shocks == ()
    assert limits.origin("vaf.haircut") == "HOUSE"
    assert loan_terms(EMPTY) == limits.terms
    assert loan_shocks(EMPTY) == ()


def test_an_origin_is_that_of_the_rule():
    limits = loan_limits(PROFILE)
    assert limits.origin("vaf.haircut") == "SFC"
    assert limits.origin("vaf.nothing") == "HOUSE"


def test_the_other_profiles_have_what_loans_need():
    for name in ("hkma_2026", "eu_retail", "house_strict"):
        limits = loan_limits(SHIPPED.profile(name))
        assert limits.annual_rate is not None, name
        assert 0 < limits.terms.call <= 1, name
        assert limits.loans_to_capital > 0, name
