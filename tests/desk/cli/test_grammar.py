from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.cli.grammar import ReadClient, ReadPortfolio, Wait, parse
from desk.cli.words import LineError, readable
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import (
    AddMargin,
    AmendOrder,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Draw,
    Kill,
    OverrideRule,
    Pledge,
    PledgeSecurities,
    PreviewChange,
    PreviewOrder,
    Rearm,
    Repay,
    SetCreditLimit,
    SetDailyLoss,
    SetExchangeRate,
    SetFirmCapital,
    SetLeverage,
    SetMarginMode,
    SubmitOco,
    SubmitOrder,
    Transfer,
    Withdraw,
)
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce

BTC = "BTCUSDT-PERP.BINANCE"


def order(**fields):
    given = {
        "id": "new",
        "account": None,
        "instrument": BTC,
        "side": Side.BUY,
        "quantity": Quantity(D("0.5")),
        "type": OrderType.LIMIT,
        "price": D(60900),
    }
    return SubmitOrder(**{**given, **fields})


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (f"buy 0.5 {BTC} limit 60900", order()),
        (
            f"buy 0.5 {BTC} limit 60900 gtc post-only id my-1",
            order(id="my-1", tif=TimeInForce.GTC, post_only=True),
        ),
        (
            f"buy 0.5 {BTC} limit 60900 gtd 2026-11-28T15:00Z post-only",
            order(tif=TimeInForce.GTD, expires_ms=1_795_878_000_000, post_only=True),
        ),
        (
            f"sell 0.5 {BTC} trail 500 reduce-only gtd 1h",
            order(
                side=Side.SELL,
                type=OrderType.TRAILING_STOP,
                price=None,
                trail=D(500),
                reduce_only=True,
                tif=TimeInForce.GTD,
                good_for_s=3_600,
            ),
        ),
        (
            f"buy 0.5 {BTC} trail 0.8%",
            order(type=OrderType.TRAILING_STOP, price=None, trail_rate=D("0.008")),
        ),
        (
            f"oco sell 0.5 {BTC} limit 62000 stop 59000 reduce-only id x",
            SubmitOco(
                id="x",
                first=order(id="", side=Side.SELL, price=D(62000), reduce_only=True),
                second=order(
                    id="",
                    side=Side.SELL,
                    type=OrderType.STOP,
                    price=None,
                    trigger=D(59000),
                    reduce_only=True,
                ),
            ),
        ),
        (
            f"oco sell 0.5 {BTC} stop 59000 stop-limit 58900 limit 62000 post-only gtd 90m",
            SubmitOco(
                id="new",
                first=order(
                    id="",
                    side=Side.SELL,
                    price=D(62000),
                    post_only=True,
                    tif=TimeInForce.GTD,
                    good_for_s=5_400,
                ),
                second=order(
                    id="",
                    side=Side.SELL,
                    type=OrderType.STOP_LIMIT,
                    price=D(58900),
                    trigger=D(59000),
                    tif=TimeInForce.GTD,
                    good_for_s=5_400,
                ),
            ),
        ),
        (
            f"oco buy 10% {BTC} take-profit 58000 trail 2% account perp-1",
            SubmitOco(
                id="new",
                first=order(
                    id="",
                    account="perp-1",
                    quantity=Quantity(D(10), QuantityUnit.PERCENT),
                    type=OrderType.TAKE_PROFIT,
                    price=None,
                    trigger=D(58000),
                ),
                second=order(
                    id="",
                    account="perp-1",
                    quantity=Quantity(D(10), QuantityUnit.PERCENT),
                    type=OrderType.TRAILING_STOP,
                    price=None,
                    trail_rate=D("0.02"),
                ),
            ),
        ),
        ("amend my-1 trail 400", AmendOrder(id="new", order_id="my-1", trail=D(400))),
        ("amend trail 2% my-1", AmendOrder(id="new", order_id="my-1", trail_rate=D("0.02"))),
        (
            f"buy 0.5 {BTC} limit 60900 gtd 90m",
            order(tif=TimeInForce.GTD, good_for_s=5_400),
        ),
        (
            f"buy 0.5 {BTC} gtd 2D limit 60900",
            order(tif=TimeInForce.GTD, good_for_s=172_800),
        ),
        (
            f"sell 10% {BTC} market reduce-only",
            order(
                side=Side.SELL,
                quantity=Quantity(D(10), QuantityUnit.PERCENT),
                type=OrderType.MARKET,
                price=None,
                reduce_only=True,
            ),
        ),
        (
            f"buy 5000usd {BTC} limit 60900 ioc",
            order(quantity=Quantity(D(5000), QuantityUnit.NOTIONAL, "USD"), tif=TimeInForce.IOC),
        ),
        (
            f"buy 0.5btc {BTC} limit 60900",
            order(quantity=Quantity(D("0.5"), QuantityUnit.BASE, "BTC")),
        ),
        (f"buy 12ct {BTC} limit 60900", order(quantity=Quantity(D(12), QuantityUnit.CONTRACTS))),
        (
            f"buy 0.5 {BTC} limit 60900 gtc post-only tp 62000 sl 60000 id my-1",
            order(
                id="my-1",
                tif=TimeInForce.GTC,
                post_only=True,
                take_profit=D(62000),
                stop_loss=D(60000),
            ),
        ),
        (
            f"buy risk 500usdt {BTC} limit 60900 sl 60000",
            order(quantity=Quantity(D(500), QuantityUnit.RISK, "USDT"), stop_loss=D(60000)),
        ),
        (
            f"buy risk 0.01btc {BTC} limit 60900 sl 60000",
            order(quantity=Quantity(D("0.01"), QuantityUnit.RISK, "BTC"), stop_loss=D(60000)),
        ),
        (
            f"sell 0.5 {BTC} stop 59000 reduce-only",
            order(
                side=Side.SELL,
                type=OrderType.STOP,
                price=None,
                trigger=D(59000),
                reduce_only=True,
            ),
        ),
        (
            f"sell 0.5 {BTC} stop 59000 limit 58900",
            order(side=Side.SELL, type=OrderType.STOP_LIMIT, price=D(58900), trigger=D(59000)),
        ),
        (
            f"sell 0.5 {BTC} take-profit 62000 reduce-only",
            order(
                side=Side.SELL,
                type=OrderType.TAKE_PROFIT,
                price=None,
                trigger=D(62000),
                reduce_only=True,
            ),
        ),
        (
            "amend my-1 price 60850 quantity 0.4",
            AmendOrder(id="new", order_id="my-1", price=D(60850), quantity=Quantity(D("0.4"))),
        ),
        (
            "amend my-1-sl trigger 59500 id a-1",
            AmendOrder(id="a-1", order_id="my-1-sl", trigger=D(59500)),
        ),
        (
            "amend my-1 quantity 5000usd",
            AmendOrder(
                id="new",
                order_id="my-1",
                quantity=Quantity(D(5000), QuantityUnit.NOTIONAL, "USD"),
            ),
        ),
        ("cancel my-1", CancelOrder(id="new", order_id="my-1")),
        ("cancel all", CancelAll(id="new")),
        (f"cancel all {BTC}", CancelAll(id="new", instrument=BTC)),
        (f"close {BTC} 50%", ClosePosition(id="new", instrument=BTC, fraction=D("0.5"))),
        ('kill "fat finger"', Kill(id="new", reason="fat finger")),
        ("kill wrong market", Kill(id="new", reason="wrong market")),
        ('kill all "fat finger"', Kill(id="new", reason="fat finger", everything=True)),
        ('rearm Ada "checked the book"', Rearm(id="new", name="Ada", reason="checked the book")),
        (
            "deposit 100000 USDT id dep-1",
            Deposit(id="dep-1", account="perp-1", asset="USDT", quantity=D(100000)),
        ),
        (
            "transfer 1000 USDT perp-1 spot-1",
            Transfer(id="new", source="perp-1", target="spot-1", asset="USDT", quantity=D(1000)),
        ),
        (f"leverage {BTC} 5", SetLeverage(id="new", instrument=BTC, leverage=D(5))),
        ("status", Ask(about="status")),
        (f"wait {BTC} ETHUSDT-PERP.BINANCE 5", Wait((BTC, "ETHUSDT-PERP.BINANCE"), D(5))),
        ("client set client.json", ReadClient("client.json", "new")),
        ("import doc.json", ReadPortfolio("doc.json", "new")),
        ("import doc.json id i-1", ReadPortfolio("doc.json", "i-1")),
        (f"preview buy 0.5 {BTC} limit 60900", PreviewOrder(id="new", order=order())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_is_read_as_its_command(line, command):
    assert parse(line, "new") == command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("pledge 2 btc loan-1",
         Pledge(id="new", account="loan-1", asset="BTC", quantity=D(2))),
        ("pledge -2 BTC loan-1 id p",
         Pledge(id="p", account="loan-1", asset="BTC", quantity=D(-2))),
        ("release 0.5 BTC loan-1 account spot-2",
         Pledge(id="new", account="loan-1", asset="BTC", quantity=D("-0.5"), source="spot-2")),
        ('securities 5000000 hkd "HK blue chips" loan-1 haircut 30%',
         PledgeSecurities(id="new", account="loan-1", description="HK blue chips",
                          market_value=D(5000000), currency="HKD", haircut=D("0.3"))),
        ("securities 5 USD bonds loan-1",
         PledgeSecurities(id="new", account="loan-1", description="bonds", market_value=D(5),
                          currency="USD", haircut=D(1))),
        ("draw 1000000 HKD loan-1",
         Draw(id="new", account="loan-1", asset="HKD", quantity=D(1000000))),
        ("draw 5 usd loan-1 rate 7.5% account spot-2",
         Draw(id="new", account="loan-1", asset="USD", quantity=D(5), target="spot-2",
              annual_rate=D("0.075"))),
        ("draw 5 HKD loan-1 rate 0.08",
         Draw(id="new", account="loan-1", asset="HKD", quantity=D(5), annual_rate=D("0.08"))),
        ("repay 500000 HKD loan-1",
         Repay(id="new", account="loan-1", asset="HKD", quantity=D(500000))),
        ("limit 3000000 HKD loan-1",
         SetCreditLimit(id="new", account="loan-1", asset="HKD", quantity=D(3000000))),
        ("capital 20000000 HKD", SetFirmCapital(id="new", asset="HKD", quantity=D(20000000))),
        ("rate 7.79 HKD/USD", SetExchangeRate(id="new", asset="HKD", per_usd=D("7.79"))),
        ("rate 7.79 hkd", SetExchangeRate(id="new", asset="HKD", per_usd=D("7.79"))),
    ],
)  # fmt: skip
def test_lines_about_loans(line, command):
    assert parse(line, "new") == command


@pytest.mark.parametrize(
    ("line", "expected", "found"),
    [
        ("bye", "one of", "“bye”"),
        ("buy", "a quantity", "the end of the line"),
        (f"buy 1e3 {BTC} limit 60900", "a quantity", "“1e3”"),
        (f"buy NaN {BTC} limit 60900", "a quantity", "“NaN”"),
        (f"buy 1 {BTC} limit nan", "a price", "“nan”"),
        (f"buy 1 {BTC} limit 60900 gtd", "a value after gtd", "the end of the line"),
        (f"buy 1 {BTC} limit 60900 gtd soon", "a time such as 2026-11-28T18:00Z", "“soon”"),
        (f"buy 1 {BTC} limit 60900 gtd 5m ioc", "the end of the line", "“ioc”"),
        (
            f"buy 1 {BTC} limit 60900 gtd 2026-11-28T18:00",
            "a time with its zone",
            "“2026-11-28T18:00”",
        ),
        (f"buy 1 {BTC} limit 60900 sl soon", "a price after sl", "“soon”"),
        (f"buy 1 {BTC} limit 60900 tp", "a value after tp", "the end of the line"),
        (f"buy 1 {BTC} stop", "a trigger", "the end of the line"),
        (f"buy 1 {BTC} stop 61000 limit x", "a price after limit", "“x”"),
        (f"buy 1 {BTC} trailing 5", "limit, market, stop, take-profit or trail", "“trailing”"),
        (f"sell 1 {BTC} trail", "a distance", "the end of the line"),
        (f"sell 1 {BTC} trail far", "a distance such as 500 or 1%", "“far”"),
        (f"oco hold 1 {BTC} limit 1 stop 2", "buy or sell", "“hold”"),
        (f"oco sell 1 {BTC} limit 62000", "two of limit, take-profit, stop and trail", "1 of them"),
        (f"oco sell 1 {BTC} limit 1 stop 2 trail 3", "two of limit", "3 of them"),
        (f"oco sell 1 {BTC} limit 1 stop-limit 2", "stop beside stop-limit", "none"),
        (f"oco sell 1 {BTC} limit 1 stop x", "a price after stop", "“x”"),
        (f"oco sell 1 {BTC} limit 1 stop 2 ioc tp 5", "the end of the line", "“tp 5”"),
        ("amend my-1 trail 1e3", "a distance such as 500 or 1%", "“1e3”"),
        (f"buy risk {BTC} limit 60900 sl 60000", "a quantity", f"“{BTC}”"),
        (f"buy risk 5% {BTC} limit 60900 sl 60000", "an amount to risk", "“5%”"),
        ("amend my-1", "price, trigger, trail or quantity", "none of them"),
        ("amend price 5", "an order id", "the end of the line"),
        ("amend my-1 price 5 now", "the end of the line", "“now”"),
        (f"close {BTC} 50", "a percentage", "“50”"),
        ('kill "no end', "closed quotes", "No closing quotation"),
        ("deposit 1,000 USDT", "an amount", "“1,000”"),
        ("status please", "the end of the line", "“please”"),
        ("pledge two BTC loan-1", "a quantity", "“two”"),
        ("pledge 2 BTC", "a financing account", "the end of the line"),
        ("release -2 BTC loan-1", "a quantity above 0 to release", "“-2”"),
        ("release 0 BTC loan-1", "a quantity above 0 to release", "“0”"),
        ('securities 5 HKD "chips" loan-1 haircut x', "a haircut such as 30%", "“x”"),
        ("draw 5 HKD loan-1 rate 1e1", "an annual rate such as 8%", "“1e1”"),
        ("draw 5 HKD loan-1 more", "the end of the line", "“more”"),
        ("rate 7.8 EUR/USD", "HKD/USD", "“EUR/USD”"),
    ],
)
def test_a_bad_line_says_what_was_expected_and_found(line, expected, found):
    with pytest.raises(LineError) as caught:
        parse(line, "new")
    assert expected in caught.value.expected
    assert found in caught.value.found


@given(st.text(max_size=80))
@pytest.mark.thorough
def test_any_text_is_a_command_or_a_line_error(text):
    said = None
    try:
        parse(text, "new")
    except LineError as error:
        said = (error.expected, error.found)
    assert said is None or all(said)


def test_an_override_names_rule_number_end_people_and_reason():
    line = 'override vaf.loans_to_capital 5.5 until 2026-11-28T18:00Z Ada Ben "accounts are late"'
    assert parse(line, "n") == OverrideRule(
        id="n",
        rule="vaf.loans_to_capital",
        value=D("5.5"),
        reason="accounts are late",
        first_name="Ada",
        second_name="Ben",
        expires_ms=1_795_888_800_000,
    )
    off = parse('override vaf.loans_to_capital off Ada Ben "accounts are late"', "n")
    assert (off.value, off.expires_ms) == (None, 0)
    east = parse('override r 1 until 2026-11-29T02:00+08:00 Ada Ben "why"', "n")
    assert east.expires_ms == 1_795_888_800_000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("override", "expected a rule, found the end of the line"),
        ("override r", "expected a number, or off, found the end of the line"),
        (
            "override r x until 2026-11-28T18:00Z A B c",
            "expected a number, or off, found “x”",
        ),
        ("override r 1 til 2026-11-28T18:00Z A B c", "expected until, found “til”"),
        (
            "override r 1 until noon A B c",
            "expected a time such as 2026-11-28T18:00Z, found “noon”",
        ),
        (
            "override r 1 until 2026-11-28T18:00 A B c",
            "expected a time with its zone (Z is UTC), found “2026-11-28T18:00”",
        ),
        ("override r off A B", "expected a reason in quotes, found the end of the line"),
        ("override r off A B c d", "expected the end of the line, found “d”"),
    ],
)
def test_an_override_that_is_none_says_what_is_missing(line, said):
    with pytest.raises(LineError) as wrong:
        parse(line, "n")
    assert str(wrong.value) == said


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (f"leverage {BTC} 5", SetLeverage(id="n", instrument=BTC, leverage=D(5))),
        (f"mode {BTC} isolated", SetMarginMode(id="n", instrument=BTC, mode=MarginMode.ISOLATED)),
        (f"margin {BTC} +500", AddMargin(id="n", instrument=BTC, amount=D(500))),
        ("withdraw 5 usdt", Withdraw(id="n", account="perp-1", asset="USDT", quantity=D(5))),
        (
            "transfer 5 USDT perp-1 spot-1",
            Transfer(id="n", source="perp-1", target="spot-1", asset="USDT", quantity=D(5)),
        ),
    ],
)
def test_a_change_of_an_account_can_be_previewed(line, change):
    assert parse(line, "n") == change
    assert parse(f"preview {line}", "n") == PreviewChange(id="n", change=change)


def test_what_cannot_be_previewed_says_what_can():
    with pytest.raises(LineError) as wrong:
        parse("preview kill all", "n")
    assert str(wrong.value) == (
        "expected one of buy, sell, oco, ladder, twap, reverse, leverage, mode, margin, "
        "withdraw, transfer, found “kill”"
    )


def test_a_sheet_is_asked_for_by_its_instrument():
    assert parse(f"disclosure {BTC}", "n") == Ask(about="disclosure", of=BTC)


def test_a_day_s_loss_names_its_people_and_the_reason():
    alone = parse('daily-loss 1000 Ada "a hard week"', "n")
    assert alone == SetDailyLoss(id="n", limit=D(1000), first_name="Ada", reason="a hard week")
    both = parse('daily-loss off Ada Ben "all is well"', "n")
    assert (both.limit, both.second_name, both.reason) == (None, "Ben", "all is well")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("daily-loss", "expected an amount in USD, or off, found the end of the line"),
        ("daily-loss much Ada why", "expected an amount in USD, or off, found “much”"),
        (
            "daily-loss 5 Ada",
            "expected a second name, or a reason in quotes, found the end of the line",
        ),
        ("daily-loss 5 Ada Ben why not", "expected the end of the line, found “not”"),
    ],
)
def test_a_day_s_loss_that_is_none_says_what_is_missing(line, said):
    with pytest.raises(LineError) as wrong:
        parse(line, "n")
    assert str(wrong.value) == said


def test_what_is_no_character_is_replaced_before_a_line_is_read():
    assert readable("kill \udcff drill") == "kill ? drill"
    assert readable("kill “漲” drill") == "kill “漲” drill"
