"""Portfolio documents written in short, and the rows that `desk risk evaluate` makes of them."""

import json
from decimal import Decimal as D

from helpers.portfolios import SHIPPED

from desk.risk.report import risk_report
from desk.risk.situation import read_situation

TICK = "0.00000001"


def text(number):
    """A number as a document has it: exact text, never through binary floating point."""
    return f"{number if isinstance(number, D) else D(str(number)):f}"


def linear(model="binance", *, settle="USDT", **margin):
    """An instrument in full; without margin it has no tiers."""
    return _instrument("linear", "COIN", settle, margin and {"model": model, **margin})


def inverse(model="binance", *, size="1", **margin):
    return _instrument("inverse", "BTC", "BTC", margin and {"model": model, **margin}, size)


def _instrument(contract, base, settle, margin, size="1"):
    row = {
        "kind": "perpetual",
        "contract": contract,
        "base": base,
        "quote": "USD" if contract == "inverse" else settle,
        "settle": settle,
        "contract_size": size,
        "tick_size": TICK,
        "lot_size": TICK,
    }
    return row | ({"margin": margin} if margin else {})


def tier(rate="0.004", max_leverage="1000", **more):
    """One tier without an end."""
    return {
        "notional_floor": "0",
        "maintenance_rate": text(rate),
        "max_leverage": text(max_leverage),
    } | more


def held(instrument, quantity, entry, mark=None, **row):
    """One position: (instrument row, position row, mark)."""
    numbers = {"quantity": quantity, "entry_price": entry, **row}
    position = {name: v if name == "margin_mode" else text(v) for name, v in numbers.items()}
    return instrument, position, text(entry if mark is None else mark)


def isolated(instrument, quantity, entry, mark=None, **row):
    return held(instrument, quantity, entry, mark, margin_mode="isolated", **row)


def portfolio(*positions, settle="USDT", balances=None, haircuts=None, prices=None, orders=()):
    """A document of one perpetual account in its settle asset; one instrument a position."""
    ids = [f"P{number}-PERP.VENUE" for number in range(len(positions))]
    given = {settle: 0} if balances is None else balances
    return {
        "schema": "desk.portfolio/1",
        "as_of": "2026-11-22T00:00:00Z",
        "currency": settle,
        "prices": {asset: text(price) for asset, price in ({settle: 1} | (prices or {})).items()},
        "marks": {one: mark for one, (_, _, mark) in zip(ids, positions, strict=True)},
        "instruments": {one: row for one, (row, _, _) in zip(ids, positions, strict=True)},
        "accounts": [
            {
                "id": "perp-1",
                "kind": "perpetual",
                "balances": [{"asset": a, "quantity": text(q)} for a, q in given.items()],
                "haircuts": haircuts or {},
                "positions": [
                    {"instrument": one, **position}
                    for one, (_, position, _) in zip(ids, positions, strict=True)
                ],
                "orders": [{"instrument": ids[0], **order} for order in orders],
            }
        ],
    }


def loan(collateral, owed, currency="USD"):
    """A document of one financing account against securities without a haircut."""
    pledged = {
        "description": "collateral",
        "market_value": text(collateral),
        "currency": currency,
        "haircut": "0",
    }
    return {
        "schema": "desk.portfolio/1",
        "as_of": "2026-11-22T00:00:00Z",
        "currency": currency,
        "prices": {currency: "1"},
        "accounts": [
            {
                "id": "loan-1",
                "kind": "financing",
                "collateral": [pledged],
                "loans": [{"asset": currency, "principal": text(owed)}],
            }
        ],
    }


def evaluated(document):
    """What `desk risk evaluate` answers."""
    return risk_report(read_situation(json.dumps(document).encode(), "document.json", SHIPPED))


def account_of(document):
    return evaluated(document)["accounts"][0]


def account_row(*positions, **more):
    return account_of(portfolio(*positions, **more))


def position_row(*positions, **more):
    """The row of the first position."""
    return account_row(*positions, **more)["positions"][0]
