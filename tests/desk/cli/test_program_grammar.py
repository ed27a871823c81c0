"""Lines of several orders at once."""

from decimal import Decimal as D

import pytest

from desk.cli.grammar import parse
from desk.cli.words import LineError
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import PreviewOrder
from desk.model.order_commands import LadderWeight, ReversePosition, SubmitLadder, SubmitTwap
from desk.model.orders import Side

BTC = "BTCUSDT-PERP.BINANCE"

LADDER = f"ladder buy 1btc {BTC} from 60500 to 59500 orders 5"
TWAP = f"twap sell 5 {BTC} over 10m every 30s"


def test_a_ladder_is_read_with_all_that_it_may_carry():
    read = parse(f"{LADDER} rising post-only reduce-only confirm sl 58000 tp 62000 id X", "n")
    assert read == SubmitLadder(
        id="X",
        account=None,
        instrument=BTC,
        side=Side.BUY,
        quantity=Quantity(D(1), QuantityUnit.BASE, "BTC"),
        first_price=D(60500),
        last_price=D(59500),
        count=5,
        weight=LadderWeight.RISING,
        post_only=True,
        reduce_only=True,
        confirmed=True,
        stop_loss=D(58000),
        take_profit=D(62000),
    )


def test_a_twap_is_read_with_its_times():
    read = parse(f"{TWAP} limit 59000 reduce-only account perp-1", "n")
    assert read == SubmitTwap(
        id="n",
        account="perp-1",
        instrument=BTC,
        side=Side.SELL,
        quantity=Quantity(D(5)),
        over_s=600,
        every_s=30,
        limit=D(59000),
        reduce_only=True,
    )
    assert parse(f"twap buy 5 {BTC} over 90 every 30", "n").over_s == 90
    assert parse(f"twap buy 5 {BTC} over 2h every 1m", "n").over_s == 7200


def test_a_reversal_names_its_account():
    assert parse(f"reverse {BTC} account perp-1", "n") == ReversePosition(
        id="n", instrument=BTC, account="perp-1"
    )


@pytest.mark.parametrize("line", [LADDER, TWAP, f"reverse {BTC}"])
def test_each_can_be_previewed(line):
    assert parse(f"preview {line}", "n") == PreviewOrder(id="n", order=parse(line, "n"))


@pytest.mark.parametrize(
    ("line", "expected", "found"),
    [
        ("ladder hold 1", "buy or sell", "“hold”"),
        (LADDER.replace("from 60500 ", ""), "from", "the end of the line"),
        (LADDER.replace("60500", "1e3"), "a price after from", "“1e3”"),
        (LADDER.replace("orders 5", "orders five"), "a number of orders", "“five”"),
        (LADDER.replace("orders 5", "orders 99999999999"), "a number of orders", "“99999999999”"),
        (f"{LADDER} rising falling", "the end of the line", "“falling”"),
        (TWAP.replace("10m", "soon"), "a time such as 30s or 10m after over", "“soon”"),
        (TWAP.replace("every 30s", "every"), "a value after every", "the end of the line"),
        ("reverse", "an instrument", "the end of the line"),
    ],
)
def test_what_is_wrong_is_named(line, expected, found):
    with pytest.raises(LineError) as wrong:
        parse(line, "n")
    assert wrong.value.expected.startswith(expected)
    assert wrong.value.found == found
    assert wrong.value.column is not None
