"""How the totals came about, what spot accounts are worth, and where rules have their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desk.model.numbers import parse_decimal
from desk.risk.evaluation import Evaluation, delta_parts, equity
from desk.risk.filled import Explained, added, num
from desk.risk.portfolio import SpotAccount
from desk.risk.prices import price_of
from desk.risk.profile import Profile
from desk.risk.report_rows import text
from desk.risk.rule_line import RuleLine


def explain_spot(evaluation: Evaluation, account: SpotAccount) -> Iterator[Explained]:
    """Return how the equity of a spot account came about."""
    portfolio = evaluation.situation.portfolio
    rows = [row for row in account.balances if row.quantity]
    yield Explained(
        "equity",
        "sum of balance × price",
        added(f"{num(row.quantity)} × {num(price_of(portfolio, row.asset))}" for row in rows),
        {f"price of {row.asset}": text(price_of(portfolio, row.asset)) for row in rows},
    )


def explain_totals(evaluation: Evaluation) -> Iterator[Explained]:
    """Return how the totals of the whole portfolio came about."""
    names = [account.id for account in evaluation.situation.portfolio.accounts]
    worths = {name: equity(evaluation, name) for name in names}
    yield Explained(
        "equity",
        "sum of the equity of all accounts; of a loan market value − loan",
        added(num(worth) for worth in worths.values()),
        {name: text(worth) for name, worth in worths.items()},
    )
    for coin in ("BTC", "ETH"):
        parts = delta_parts(evaluation, coin)
        yield Explained(
            f"{coin.lower()}_delta",
            "sum of balances, pledges and isolated wallets in the coin, less debts in it, + linear "
            "positions by quantity × size, inverse ones by quantity × size / entry_price",
            added(num(part) for part in parts),
            {},
        )
    capital = {name: loan.figures.capital_value for name, loan in evaluation.loans.items()}
    yield Explained(
        "capital_view",
        "sum of what secures the firm's loans, virtual assets 0",
        added(num(value) for value in capital.values()),
        {name: text(value) for name, value in capital.items()},
    )


def explain_rules(lines: Iterable[RuleLine], profile: Profile) -> Iterator[Explained]:
    """Return where each rule that has a number for its value has its limit from."""
    for line in lines:
        rule = profile.get(line.rule)
        value = None if line.value is None else parse_decimal(line.value)
        if rule is None or value is None:
            continue
        yield Explained(
            line.rule,
            f"{line.message} The value is held against the limit.",
            num(value),
            {
                "limit": line.limit,
                "unit": rule.unit,
                "origin": rule.origin,
                "source": rule.source,
                "as of": rule.as_of.isoformat(),
                "profile": f"{profile.name} {profile.hash}",
            },
        )
