"""A margin loan: what its collateral counts for, and how far virtual assets may fall.

Haircuts and caps are those of hk_sfc_2026.
"""

from dataclasses import dataclass
from fractions import Fraction as F
from itertools import pairwise

from oracle.document import asset_price, number

VIRTUAL = {"BTC", "ETH"}
"""SFC circular 26EC5: eligible are BTC and ETH, no other virtual asset."""

MONEY = {"USD", "HKD", "EUR"}
HAIRCUT = F(6, 10)
SINGLE_CAP, GROUP_CAP = F(4, 10), F(5, 10)
WARN, CALL, CLOSE_OUT = F(8, 10), F(1), F(125, 100)


@dataclass(frozen=True)
class Pledged:
    """What is pledged: value in the document's currency, and what counts of it before caps."""

    asset: str | None
    market_value: F
    raw: F

    @property
    def virtual(self):
        return self.asset is not None and self.asset not in MONEY


@dataclass(frozen=True)
class Loan:
    """A financing account."""

    pledges: tuple[Pledged, ...]
    owed: F


def loans(document):
    """Return every financing account by its id; None where a price is missing."""
    return {
        account["id"]: _loan(document, account)
        for account in document["accounts"]
        if account["kind"] == "financing"
    }


def _loan(document, account):
    pledges = [_pledged(document, row) for row in account["collateral"]]
    owed = [_owed(document, row) for row in account["loans"]]
    if None in pledges or None in owed:
        return None
    return Loan(tuple(pledges), sum(owed, F(0)))


def _owed(document, row):
    amount = F(row["principal"]) + F(row.get("accrued_interest", 0))
    return _worth(document, row["asset"], amount)


def _worth(document, asset, amount):
    """What an amount is worth in the document's currency; nothing needs no price."""
    price = asset_price(document, asset)
    if not amount:
        return F(0)
    return None if price is None else amount * price


def _pledged(document, row):
    asset = row.get("asset")
    if asset is None:
        worth = _worth(document, row["currency"], F(row["market_value"]))
        return None if worth is None else Pledged(None, worth, worth * (1 - F(row["haircut"])))
    worth = _worth(document, asset, F(row["quantity"]))
    if worth is None:
        return None
    given = number(row.get("haircut"))
    if asset in MONEY:
        return Pledged(asset, worth, worth * (1 - (given or F(0))))
    if asset not in VIRTUAL:
        return Pledged(asset, worth, F(0))
    return Pledged(asset, worth, worth * (1 - (HAIRCUT if given is None else max(given, HAIRCUT))))


def market_value(loan, left=F(1)):
    """What all is worth when virtual assets keep this share of their price."""
    return sum((p.market_value * (left if p.virtual else 1) for p in loan.pledges), F(0))


def _by_coin(loan):
    coins = {}
    for pledge in loan.pledges:
        if pledge.virtual:
            coins[pledge.asset] = coins.get(pledge.asset, F(0)) + pledge.raw
    return list(coins.values())


def _rest(loan):
    return sum((p.raw for p in loan.pledges if not p.virtual), F(0))


def margin_value(loan, left=F(1)):
    """What counts: each coin up to 40 % of all before any cut, then coins together up to 50 %."""
    coins, rest = [coin * left for coin in _by_coin(loan)], _rest(loan)
    whole = sum(coins, rest)
    kept = sum((min(coin, SINGLE_CAP * whole) for coin in coins), F(0))
    return rest + min(kept, GROUP_CAP * whole)


def _bends(loan):
    """Every share left at which a cap begins or ends to bind."""
    coins, rest = _by_coin(loan), _rest(loan)
    whole = sum(coins, F(0))
    bends = {F(0), F(1)}
    for coin in coins:
        if coin > SINGLE_CAP * whole:
            bends.add(SINGLE_CAP * rest / (coin - SINGLE_CAP * whole))
    for left, right in pairwise(sorted(bends)):
        # Between single caps the group is a straight line; where does it cross its own cap?
        inside = [left + (right - left) / 3, left + (right - left) * 2 / 3]
        over = [
            sum((min(c * y, SINGLE_CAP * (rest + whole * y)) for c in coins), F(0))
            - GROUP_CAP * (rest + whole * y)
            for y in inside
        ]
        if over[0] != over[1]:
            slope = (over[1] - over[0]) / (inside[1] - inside[0])
            bends.add(inside[0] - over[0] / slope)
    return sorted(y for y in bends if 0 <= y <= 1)


def fall_to(loan, threshold):
    """The least fall of virtual assets that makes loan ≥ threshold × margin value.

    Nobody is called for a loan of nothing.
    """
    return _fall(loan, lambda left: threshold * margin_value(loan, left), _bends(loan))


def fall_to_shortfall(loan):
    """The fall beyond which the loan is more than everything pledged is worth."""
    if loan.owed == market_value(loan, F(0)):
        return None
    return _fall(loan, lambda left: market_value(loan, left), [F(0), F(1)])


def _fall(loan, backing, bends):
    owed = loan.owed
    if not owed:
        return None
    if owed >= backing(F(1)):
        return F(0)
    if owed < backing(F(0)):
        return None
    for low, high in reversed(list(pairwise(bends))):
        below, above = backing(low), backing(high)
        if below <= owed < above:
            return 1 - (low + (owed - below) * (high - low) / (above - below))
    raise AssertionError("backing falls from above the loan to below it without passing it")


def level(loan):
    """NORMAL to CLOSE_OUT as 0 to 3, by utilization."""
    backing = margin_value(loan)
    if backing <= 0:
        return 3 if loan.owed else 0
    used = loan.owed / backing
    return sum(used >= threshold for threshold in (WARN, CALL, CLOSE_OUT))
