"""A portfolio document to change, and what the desk makes of it."""

import copy
import json

from desk.cli.shipped import shipped
from desk.risk.report import risk_report
from desk.risk.situation import read_situation

SHIPPED = shipped()

BTC = "BTCUSDT-PERP.BINANCE"
ETH = "ETHUSDT-PERP.BINANCE"

DOCUMENT = {
    "schema": "desk.portfolio/1",
    "as_of": "2026-11-22T00:00:00Z",
    "currency": "USD",
    "prices": {"BTC": "61000", "ETH": "2600", "USDT": "1", "HKD": "0.1285"},
    "marks": {BTC: "61010.5"},
    "accounts": [
        {
            "id": "perp-1",
            "kind": "perpetual",
            "venue": "BINANCE",
            "balances": [
                {"asset": "USDT", "quantity": "100000"},
                {"asset": "BTC", "quantity": "1.5"},
            ],
            "haircuts": {"BTC": "0.05"},
            "positions": [
                {"instrument": BTC, "quantity": "2", "entry_price": "60000", "leverage": "5"}
            ],
            "orders": [
                {
                    "instrument": BTC,
                    "side": "SELL",
                    "quantity": "0.2",
                    "type": "LIMIT",
                    "price": "62000",
                }
            ],
        }
    ],
    "client": {
        "professional_investor": {
            "class": "corporation",
            "basis": "portfolio",
            "amount": "20000000",
            "currency": "HKD",
            "as_of": "2026-03-01",
            "expires": "2027-03-01",
        },
        "derivatives_knowledge": {"as_of": "2026-03-01", "expires": "2027-03-01"},
        "securities_margin_client": True,
        "disclosures": [f"{BTC}@1"],
    },
}

LOAN = {
    "id": "loan-1",
    "kind": "financing",
    "lender": "broker",
    "execution": "paper",
    "collateral": [
        {"asset": "BTC", "quantity": "2"},
        {
            "description": "HK blue chips",
            "market_value": "5000000",
            "currency": "HKD",
            "haircut": "0.3",
        },
    ],
    "loans": [
        {
            "asset": "HKD",
            "principal": "1000000",
            "accrued_interest": "1200",
            "annual_rate": "0.08",
        }
    ],
    "credit_limit": {"asset": "HKD", "quantity": "3000000"},
}

SPOT = {
    "id": "spot-1",
    "kind": "spot",
    "balances": [{"asset": "BTC", "quantity": "8"}, {"asset": "USD", "quantity": "1000"}],
}

GONE = object()


def document(*changes):
    """Return the document with (path, value) changes; GONE takes a field away."""
    changed = copy.deepcopy(DOCUMENT)
    for path, value in changes:
        *steps, last = [int(s) if s.isdigit() else s for s in path.split("/")]
        inside = changed
        for step in steps:
            inside = inside[step] if isinstance(step, int) else inside.setdefault(step, {})
        if value is GONE:
            del inside[last]
        elif isinstance(inside, list) and last == len(inside):
            inside.append(copy.deepcopy(value))
        else:
            inside[last] = copy.deepcopy(value)
    return changed


def situation(*changes, name="doc.json", line=None):
    return read_situation(json.dumps(document(*changes), indent=1).encode(), name, SHIPPED, line)


def report(*changes):
    return risk_report(situation(*changes))
