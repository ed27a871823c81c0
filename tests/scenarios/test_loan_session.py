"""A margin loan in the console: the real program, real sockets, a restart in between."""

import pytest
from helpers.processes import Console, Market, journal_rows

SPOT = "BTCUSDT.BINANCE"


pytestmark = pytest.mark.xdist_group("loan session")  # they share what is slow to make


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with Market(tmp_path_factory.mktemp("market")) as running:
        yield running


@pytest.mark.thorough
def test_a_loan_from_pledge_to_repayment(tmp_path, market):
    folder = tmp_path / "desk"
    with Console(folder, "--market", str(market.ready)) as console:
        denied = console.ask("draw 1000000 HKD loan-1 id too-soon")
        codes = [denial["code"] for denial in denied["denials"]]
        assert codes == ["NO_COLLATERAL"]  # limit and capital are the sample's
        console.ask(f"wait {SPOT} 30")
        for line in (
            "deposit 5 BTC account spot-1 id coins",
            'securities 5000000 HKD "HK blue chips" loan-1 haircut 30% id lines',
            "limit 3000000 HKD loan-1 id limit",
            "capital 50000000 HKD id capital",
            "rate 7.8 HKD/USD id rate",
            "pledge 2 BTC loan-1 id pledge",
        ):
            assert console.ask(line)["type"] == "ack", line
        drawn = console.ask("draw 1000000 HKD loan-1 rate 7% id draw")
        assert drawn["type"] == "ack"
        assert drawn["data"]["level_after"] == "NORMAL"
        (loan,) = console.ask("risk")["data"]["loans"]
        assert (loan["loan"], loan["level"]) == ("1000000", "NORMAL")
        # 3,500,000 of securities and 2 coins near 61,000 USD at 7.8 and 60 %: about 3,880,000.
        assert 0.24 < float(loan["utilization"]) < 0.28
        assert [line["annual_rate"] for line in loan["loans"]] == ["0.07"]
        over = console.ask("draw 2000000.01 HKD loan-1")
        assert [denial["code"] for denial in over["denials"]] == ["CREDIT_LIMIT"]
        assert over["denials"][0]["origin"] == "SFC"
        assert console.ask("repay 400000 HKD loan-1 id repay")["data"]["owed_after"] == "600000"
        assert console.ask("release 1 BTC loan-1 id back")["type"] == "ack"
        more = console.ask("repay 600000.01 HKD loan-1")
        assert more["denials"][0]["code"] == "MORE_THAN_OWED"
        before = console.ask("status")["data"]
        console.end()
    accounts = {account["id"]: account["balances"] for account in before["accounts"]}
    assert accounts["loan-1"] == [{"asset": "BTC", "quantity": "1"}]
    assert {"asset": "HKD", "quantity": "600000"} in accounts["spot-1"]
    with Console(folder, "--market", str(market.ready)) as console:
        after = console.ask("status")["data"]
        console.end()
    assert after["state_hash"] == before["state_hash"]
    kinds = [(row["type"], row["id"]) for row in journal_rows(folder) if row["type"] != "denial"]
    assert kinds == [
        ("deposit", "coins"),
        ("pledge_securities", "lines"),
        ("credit_limit", "limit"),
        ("firm_capital", "capital"),
        ("exchange_rate", "rate"),
        ("pledge", "pledge"),
        ("draw", "draw"),
        ("repay", "repay"),
        ("pledge", "back"),
    ]
