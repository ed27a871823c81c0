"""A desk that watches imported accounts, on the engine that `helpers.engines` drives."""

import copy

from helpers.engines import BTC
from helpers.loans import Lender

from desk.engine.frame import build_frame
from desk.engine.questions import answer
from desk.model.commands import Ask, ImportAccounts, NextFrame

COIN = "BTCUSD-PERP.BINANCE"
"""In the catalogue, of a connection that is not fed here."""

ELSEWHERE = "SOLUSDT-PERP.ELSEWHERE"

FUND = {
    "id": "fund-1",
    "kind": "perpetual",
    "balances": [{"asset": "USDT", "quantity": "200000"}],
    "positions": [{"instrument": BTC, "quantity": "10", "entry_price": "60000", "leverage": "5"}],
}
BROKER = {
    "id": "fund-loan",
    "kind": "financing",
    "lender": "bank",
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
    "loans": [{"asset": "HKD", "principal": "3799000", "accrued_interest": "1000"}],
    "credit_limit": {"asset": "HKD", "quantity": "7800000"},
}
COLD = {
    "id": "cold",
    "kind": "spot",
    "balances": [{"asset": "BTC", "quantity": "2"}, {"asset": "USD", "quantity": "1000"}],
}
SOL_TERMS = {
    "kind": "perpetual",
    "contract": "linear",
    "base": "SOL",
    "quote": "USDT",
    "settle": "USDT",
    "contract_size": "1",
    "tick_size": "0.01",
    "lot_size": "1",
    "margin": {
        "model": "binance",
        "tiers": [
            {
                "notional_floor": "0",
                "notional_cap": None,
                "maintenance_rate": "0.01",
                "max_leverage": "50",
            }
        ],
    },
}


def portfolio(*accounts, **changes):
    """A document of these accounts, as a person would write it."""
    given = {
        "schema": "desk.portfolio/1",
        "as_of": "2026-11-01T00:00:00Z",
        "currency": "USD",
        "prices": {"BTC": "90000", "ETH": "3000", "USDT": "1", "HKD": "0.1285", "SOL": "150"},
        "marks": {BTC: "90000", COIN: "90000", ELSEWHERE: "150"},
        "instruments": {ELSEWHERE: SOL_TERMS},
        "accounts": [copy.deepcopy(account) for account in accounts],
    }
    return {**given, **changes}


class Watcher(Lender):
    """Imports documents and looks at what is watched."""

    def take(self, *accounts, command_id=None, **changes):
        """Import a document of these accounts and return the last event: the answer."""
        return self.take_document(portfolio(*accounts, **changes), command_id)

    def take_document(self, document, command_id=None):
        return self.named(ImportAccounts(document=document), command_id)[-1]

    def frame(self):
        return build_frame(self.desk, NextFrame(), number=1, engine_ms=0, notes={})

    def account(self, name="fund-1"):
        return next(view for view in self.frame().accounts if view.account == name)

    def position(self, instrument=BTC, account="fund-1"):
        held = [p for p in self.frame().positions if p.account == account]
        return next(p for p in held if p.instrument == instrument)

    def loan(self, name="fund-loan"):
        return next(view for view in self.frame().loans if view.account == name)

    def status(self):
        return answer(self.desk, "status")

    def ask(self, about, **more):
        return self.give(Ask(about=about, **more))[-1]

    def levels(self, name="fund-1"):
        return [
            (row.entry.data["what"]["before"], row.entry.data["what"]["after"])
            for row in self.rows
            if row.entry.type == "level" and row.entry.account == name
        ]

    def hold(self, price, seconds):
        """Keep a mark for so long."""
        for _ in range(seconds):
            self.tick(1_000)
            self.mark(BTC, price)

    def again(self):
        """The desk as it comes back from its journal, before any price."""
        return Watcher(self.rows, wall_ms=self.wall_ms)
