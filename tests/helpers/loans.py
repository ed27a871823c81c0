"""A desk with a margin loan, on the engine that `helpers.engines` drives."""

from decimal import Decimal as D

import msgspec
from helpers.engines import RULES, SPOT, Trader, full

from desk.cli.shipped import shipped
from desk.engine.loans import loan_of
from desk.model.commands import (
    Deposit,
    Draw,
    Kill,
    OverrideRule,
    Pledge,
    PledgeSecurities,
    Repay,
    SetCreditLimit,
    SetExchangeRate,
    SetFirmCapital,
)
from desk.risk.loan_limits import loan_limits

ETH_SPOT = "ETHUSDT.BINANCE"
GIVEN = "7.8"
"""HKD per USD in these tests."""

LOANS = loan_limits(shipped().profile("hk_sfc_2026"))
LOAN_RULES = msgspec.structs.replace(RULES, loans=LOANS)
DAY_MS = 86_400_000


class Lender(Trader):
    """Gives the commands of margin loans, each with an id of its own unless told one."""

    def __init__(self, rows=(), **fields):
        self._given = 0
        super().__init__(rows, **{"rules": LOAN_RULES, **fields})

    def market(self, btc="60000", eth="2500"):
        """Spot books so tight that the mid is the price."""
        self.book(SPOT, *_around(btc))
        self.book(ETH_SPOT, *_around(eth))
        self.tick(100)

    def agreed(self):
        """A market, coins, a limit, capital; no collateral yet."""
        self.market()
        self.fund("100", "BTC")
        self.fund("1000", "ETH")
        self.credit_limit("3000000")
        self.capital("100000000")
        return self

    def ready(self):
        """All that a draw needs: 2 BTC and securities for 5,000,000 HKD at 30 %."""
        self.market()
        self.fund("5", "BTC")
        self.credit_limit("5000000")
        self.capital("100000000")
        self.securities("5000000")
        self.pledge("2", "BTC")
        self.exchange_rate(GIVEN)
        return self

    def named(self, command, command_id=None):
        self._given += 1
        return self.give(
            msgspec.structs.replace(command, id=command_id or f"c-{len(self.rows)}-{self._given}")
        )

    def fund(self, quantity, asset):
        return self.named(Deposit(account="spot-1", asset=asset, quantity=D(quantity)))

    def pledge(self, quantity, asset, command_id=None):
        return self.named(Pledge(account="loan-1", asset=asset, quantity=D(quantity)), command_id)

    def release(self, quantity, asset, command_id=None):
        return self.pledge("-" + quantity, asset, command_id)

    def securities(
        self,
        value,
        haircut="0.3",
        description="HK blue chips",
        currency="HKD",
        command_id=None,
        confirmed=True,
    ):
        line = PledgeSecurities(
            account="loan-1",
            description=description,
            market_value=D(value),
            currency=currency,
            haircut=D(haircut),
            confirmed=confirmed,
        )
        return self.named(line, command_id)

    def draw(self, quantity, asset="HKD", rate=None, command_id=None):
        command = Draw(
            account="loan-1",
            asset=asset,
            quantity=D(quantity),
            annual_rate=None if rate is None else D(rate),
        )
        return self.named(command, command_id)

    def repay(self, quantity, asset="HKD", command_id=None):
        return self.named(Repay(account="loan-1", asset=asset, quantity=D(quantity)), command_id)

    def credit_limit(self, quantity, asset="HKD"):
        return self.named(SetCreditLimit(account="loan-1", asset=asset, quantity=D(quantity)))

    def capital(self, quantity, asset="HKD"):
        return self.named(SetFirmCapital(asset=asset, quantity=D(quantity)))

    def exchange_rate(self, per_usd):
        return self.named(SetExchangeRate(asset="HKD", per_usd=D(per_usd)))

    def set_aside(self, rule, value, minutes):
        """Two people set a benchmark aside."""
        return self.named(
            OverrideRule(
                rule=rule,
                value=D(value),
                reason="agreed with compliance",
                first_name="Ada",
                second_name="Bo",
                expires_ms=self.wall_ms + minutes * 60_000,
            )
        )

    def lend_for_real(self):
        """Make the loan a broker's, which the desk may not sell for."""
        account = self.state.accounts["loan-1"]
        self.state.accounts["loan-1"] = msgspec.structs.replace(account, execution="broker")

    def kill(self):
        return self.named(Kill(reason="drill"))

    def fill_disk(self):
        self.refuse = full()

    def accrue(self, days):
        """Let whole days pass, then hear the market until its clock is believed again."""
        for _ in range(days):
            self.tick(DAY_MS)
        for _ in range(10):
            self.market()

    def fills(self):
        return [fill.quantity for fill in self.state.fills]

    def loan(self):
        return loan_of(self.desk, self.state.accounts["loan-1"])

    def restarted(self, wall_ms=None, btc="60000", **fields):
        """The desk as it comes back from its journal, at a moment, with a market."""
        again = self.reborn(wall_ms, **fields)
        again.market(btc)
        return again

    def reborn(self, wall_ms=None, **fields):
        """The desk as it comes back from its journal, before any price."""
        return Lender(self.rows, wall_ms=wall_ms or self.wall_ms, **fields)


def _around(price):
    return (
        ((str(D(price) - D("0.01")), "100"),),
        ((str(D(price) + D("0.01")), "100"),),
    )
