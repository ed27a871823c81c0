"""Commands of every kind that a desk takes, with sound and with odd arguments: a strategy."""

from decimal import Decimal as D

import msgspec
from helpers.engines import BTC, ETH, SPOT, START_MS
from helpers.watchers import BROKER, COLD, FUND, portfolio
from hypothesis import strategies as st

from desk.engine.foresight import QUESTIONS
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import (
    AcknowledgeDisclosure,
    AddMargin,
    AmendOrder,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Draw,
    ImportAccounts,
    OverrideRule,
    Pledge,
    PledgeSecurities,
    PreviewChange,
    PreviewOrder,
    Repay,
    ReversePosition,
    SetClient,
    SetCloseOutOrder,
    SetCreditLimit,
    SetDailyLoss,
    SetExchangeRate,
    SetFirmCapital,
    SetLeverage,
    SetMarginMode,
    SubmitLadder,
    SubmitOrder,
    SubmitTwap,
    Transfer,
    WindowClosing,
    Withdraw,
)
from desk.model.order_commands import CancelScope, LadderWeight, SubmitOco
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce

ODD = [
    D(text) for text in ("NaN", "sNaN", "-Infinity", "1e999", "-1", "0", "1e-30", "9e23", "1e-8")
]


def amounts(*sound):
    """Mostly a sound number, now and then an odd one."""
    given = [D(text) for text in sound]
    return st.one_of(*[st.sampled_from(given)] * 4, st.sampled_from(ODD))


def names(*sound):
    return st.one_of(*[st.sampled_from(sound)] * 4, st.sampled_from(["nobody", ""]))


perp, spot, loan = names("perp-1"), names("spot-1"), names("loan-1")
accounts = names("perp-1", "spot-1", "loan-1", "fund-1")
instruments = names(BTC, ETH, SPOT)
assets = names("USDT", "HKD", "BTC", "USD", "ETH")
prices = amounts("60000", "2500", "57000.5", "63000")
quantities = st.builds(
    Quantity,
    amounts("0.5", "1", "25", "100", "5000"),
    st.sampled_from(QuantityUnit),
    st.sampled_from(["", "BTC", "USDT"]),
)
maybe = st.one_of(st.none(), prices)
trails = st.one_of(st.none(), st.none(), amounts("500", "20", "0.1", "0.05"))
rates = st.one_of(st.none(), st.none(), amounts("0.01", "0.2", "1"))
spans = st.sampled_from([None, None, 60, 1, 0, -5, 400 * 86_400, 10**30])
moments = st.sampled_from([None, None, START_MS + 60_000, START_MS, 0, -1, 10**18, -(10**30)])
orders = st.builds(
    SubmitOrder,
    account=st.one_of(st.none(), accounts),
    instrument=instruments,
    side=st.sampled_from(Side),
    quantity=quantities,
    type=st.sampled_from(OrderType),
    price=maybe,
    tif=st.one_of(st.none(), st.sampled_from(TimeInForce)),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
    confirmed=st.booleans(),
    trigger=maybe,
    stop_loss=maybe,
    take_profit=maybe,
    trail=trails,
    trail_rate=rates,
    good_for_s=spans,
    expires_ms=moments,
)


def around(side, quantity, away, trail, reduce_only):
    """A pair that mostly passes: a limit on the far side of the mark, and a stop that trails."""
    like = {"account": None, "instrument": BTC, "side": side, "quantity": Quantity(quantity)}
    like["reduce_only"] = reduce_only
    limit = SubmitOrder(type=OrderType.LIMIT, price=D(60000) - side.sign * away, **like)
    return SubmitOco(
        first=limit, second=SubmitOrder(type=OrderType.TRAILING_STOP, trail=trail, **like)
    )


pairs = st.one_of(
    st.builds(SubmitOco, first=orders, second=orders),
    st.builds(
        around,
        st.sampled_from(Side),
        st.sampled_from([D("0.5"), D("0.1")]),
        st.sampled_from([D(100), D(600)]),
        st.sampled_from([D(300), D(900)]),
        st.booleans(),
    ),
)
ladders = st.builds(
    SubmitLadder,
    account=st.one_of(st.none(), accounts),
    instrument=instruments,
    side=st.sampled_from(Side),
    quantity=quantities,
    first_price=amounts("60000", "2500", "59000"),
    last_price=amounts("60500", "2450", "58500"),
    count=st.sampled_from([2, 3, 5, 50, 1, 0, -3, 10**9]),
    weight=st.sampled_from(LadderWeight),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
    stop_loss=maybe,
    take_profit=maybe,
    confirmed=st.booleans(),
)
twaps = st.builds(
    SubmitTwap,
    account=st.one_of(st.none(), accounts),
    instrument=instruments,
    side=st.sampled_from(Side),
    quantity=quantities,
    over_s=st.sampled_from([10, 60, 3600, 86_400, 0, -5, 10**9]),
    every_s=st.sampled_from([5, 10, 600, 1, 0, -5, 10**9]),
    limit=maybe,
    reduce_only=st.booleans(),
    confirmed=st.booleans(),
)
programs = st.one_of(ladders, twaps)
leverages = st.builds(SetLeverage, instrument=instruments, leverage=amounts("1", "3", "5"))
modes = st.builds(SetMarginMode, instrument=instruments, mode=st.sampled_from(MarginMode))
margins = st.builds(AddMargin, instrument=instruments, amount=amounts("500", "-200"))
withdrawals = st.builds(Withdraw, account=accounts, asset=assets, quantity=amounts("1000", "1"))
transfers = st.builds(
    Transfer, source=accounts, target=accounts, asset=assets, quantity=amounts("1000", "1")
)
changes = st.one_of(leverages, modes, margins, withdrawals, transfers)

loans = st.one_of(
    st.builds(Deposit, account=accounts, asset=assets, quantity=amounts("100000", "5")),
    st.builds(Pledge, account=loan, asset=assets, quantity=amounts("2", "-1", "0.3"), source=spot),
    st.builds(
        PledgeSecurities,
        account=loan,
        description=st.sampled_from(["blue chips", "bonds", " "]),
        market_value=amounts("3000000", "0"),
        currency=st.sampled_from(["HKD", "USD", "BTC"]),
        haircut=amounts("0.3", "0.5"),
    ),
    st.builds(
        Draw,
        account=loan,
        asset=assets,
        quantity=amounts("100000", "900000"),
        target=spot,
        annual_rate=st.one_of(st.none(), amounts("0.05")),
    ),
    st.builds(Repay, account=loan, asset=assets, quantity=amounts("1000", "90000"), source=spot),
    st.builds(SetCreditLimit, account=loan, asset=assets, quantity=amounts("9000000")),
    st.builds(SetFirmCapital, asset=assets, quantity=amounts("90000000")),
    st.builds(SetExchangeRate, asset=assets, per_usd=amounts("7.8")),
)
people = st.sampled_from(["Ada", "Ben", "ada ", ""])
rules = st.one_of(
    st.builds(
        OverrideRule,
        rule=names("vaf.loans_to_capital", "vaf.client_concentration", "perp.max_leverage"),
        value=st.one_of(st.none(), amounts("0.7", "3")),
        reason=st.just("because we must"),
        first_name=people,
        second_name=people,
        expires_ms=st.integers(START_MS - 1, START_MS + 7_200_000),
    ),
    st.builds(
        SetDailyLoss,
        limit=st.one_of(st.none(), amounts("500", "5000")),
        first_name=people,
        second_name=people,
        reason=st.just("because we must"),
    ),
    st.builds(SetClient, record=st.sampled_from([None, {}, {"name": 1}, {"disclosures": ["x"]}])),
    st.builds(AcknowledgeDisclosure, disclosure=st.sampled_from(["x", f"{BTC}@1"])),
    st.builds(
        SetCloseOutOrder,
        account=perp,
        instruments=st.lists(instruments, max_size=3).map(tuple),
    ),
    st.builds(WindowClosing, choice=st.sampled_from(["stay", "leave_positions", "cancel_all"])),
)
working = st.one_of(
    orders,
    st.builds(
        AmendOrder,
        order_id=st.integers(1, 40).map(lambda n: f"m-{n}"),
        price=maybe,
        trigger=maybe,
        quantity=st.one_of(st.none(), quantities),
        trail=trails,
        trail_rate=rates,
    ),
    pairs,
    st.builds(CancelOrder, order_id=st.integers(1, 40).map(lambda n: f"m-{n}-sl")),
    st.builds(CancelOrder, order_id=st.integers(1, 40).map(lambda n: f"m-{n}")),
    st.builds(
        CancelAll,
        instrument=st.one_of(st.none(), instruments),
        account=st.one_of(st.none(), accounts),
        side=st.one_of(st.none(), st.sampled_from(Side)),
        scope=st.sampled_from(CancelScope),
    ),
    programs,
    st.builds(ReversePosition, instrument=instruments, account=st.one_of(st.none(), accounts)),
    st.builds(ClosePosition, instrument=instruments, fraction=amounts("0.3", "1")),
)
held = st.lists(st.sampled_from([FUND, BROKER, COLD]), max_size=3, unique_by=lambda a: a["id"])
imports = st.builds(
    lambda given, mark: ImportAccounts(document=portfolio(*given, marks={BTC: mark})),
    held,
    st.sampled_from(["60000", "1", "-1", "x"]),
)
questions = st.one_of(
    st.builds(PreviewOrder, order=st.one_of(orders, programs, pairs)),
    st.builds(PreviewChange, change=changes),
    st.builds(
        Ask,
        about=names(
            *sorted({*QUESTIONS} - {"stress"}),
            *("status", "positions", "orders", "risk", "rules", "client", "disclosure"),
        ),
        of=st.one_of(accounts, instruments, st.just("perp-1.margin_ratio")),
        shocks=st.dictionaries(
            st.sampled_from(["BTC", "ETH", "X"]), amounts("-0.3", "0.5"), max_size=2
        ),
    ),
)
commands = st.one_of(loans, loans, rules, working, working, changes, imports, questions)


def named(command, command_id):
    """Return a command with an id of its own."""
    return msgspec.structs.replace(command, id=command_id)
