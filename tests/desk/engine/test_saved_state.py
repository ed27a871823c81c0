"""A saved state is the state: value for value, in the same order, after any row."""

import random
from datetime import date
from decimal import Decimal as D
from operator import attrgetter

import pytest
from helpers.engines import BTC, CATALOGUE, ETH, START_MS
from helpers.portfolios import situation
from helpers.stories import journals_of_stories

from desk.engine.alert_book import AlertBook, OwedFill
from desk.engine.bracket_book import BracketBook, Role
from desk.engine.change import Liquidation
from desk.engine.lending import Lending
from desk.engine.program_book import Program, ProgramBook, Progress
from desk.engine.rule_state import DailyLoss, DayStart, RuleState
from desk.engine.saved_state import LISTS, ORDERS, PARTS, UnfitSnapshot, restored, saved
from desk.engine.state import DeskState
from desk.execution.order import Order, apply
from desk.execution.outcome import Filled
from desk.ledger.book import Ledger
from desk.model.journal import Row
from desk.model.orders import Fill, Liquidity, OrderTerms, OrderType, Side
from desk.risk.client import sample_client
from desk.risk.override import Override

BOOKS = {
    "ledger": Ledger,
    "brackets": BracketBook,
    "lending": Lending,
    "rules": RuleState,
    "programs": ProgramBook,
    "alerts": AlertBook,
}
NOT_FOLDED = {"_catalogue", "brackets._orders", "brackets.tended_at"}
"""The instruments; the desk's own table of orders; what a running engine remembers."""


@pytest.fixture(scope="module")
def journals():
    return journals_of_stories()


def folded(rows, catalogue=CATALOGUE, state=None):
    state = state or DeskState(catalogue)
    for seq, row in enumerate(rows[state.seq :], start=state.seq + 1):
        state.apply(Row(seq=seq, entry=row.entry, hash=""))
    return state


def stuffed():
    """Save and restore a state that holds what no story ends with; its parts that are not empty."""
    state = DeskState(CATALOGUE)
    fill = Fill(
        id="f",
        order_id="o",
        account="perp-1",
        instrument=BTC,
        side=Side.BUY,
        quantity=D("0.10"),
        price=D(60000),
        fee=D("-0.0"),
        fee_asset="USDT",
        liquidity=Liquidity.MAKER,
        time_ms=START_MS,
    )
    terms = OrderTerms(
        id="o",
        account="perp-1",
        instrument=BTC,
        side=Side.BUY,
        quantity=D("0.10"),
        type=OrderType.LIMIT,
        price=D("60000.0"),
    )
    order = apply(Order(terms=terms, created_ms=START_MS), Filled(fill=fill))
    program = Program(
        id="t", kind="twap", account="perp-1", instrument=BTC, side=Side.BUY, parts=(D(1), D(2))
    )
    state.orders["o"] = order
    state.fills.append(fill)
    state.alerts.owed["a"] = OwedFill(fill, 2)
    state.alerts.seen = 3
    state.brackets._lost |= {("o", Role.STOP_LOSS), ("o", Role.TAKE_PROFIT)}
    state.cancels |= {"z", "o"}
    state.client, state.client_set = sample_client(CATALOGUE.all(), date(2026, 11, 18)), True
    state.close_out_orders["perp-1"] = (BTC, ETH)
    state.disclosures |= {"perpetual", "spot"}
    state.funded_ms["perp-1", BTC] = START_MS
    state.leverages["perp-1", BTC] = D("3.0")
    for unit in (("perp-1", None), ("perp-1", BTC)):
        account, instrument = unit
        state.liquidating[unit] = Liquidation(
            account=account, instrument=instrument, number=1, orders=(terms,), fills=(fill,)
        )
    state.liquidations = 2
    state.programs._known["t"] = Progress(
        program=program, started_ms=1, due_ms=2, reached=1, missed_quantity=D("0.0")
    )
    state.programs._running["t"] = None
    state.rules.daily_loss = DailyLoss(limit=None)
    amounts = {"USDT": D("1.50")}
    state.rules.day = DayStart(
        day="2026-11-18",
        realized=amounts,
        unrealized={},
        fees=amounts,
        funding=amounts,
        marks={BTC: D(1)},
    )
    state.rules.overrides["r"] = Override(
        rule="r", value=D(2), reason="a reason", names=("Ada", "Bob"), since_ms=1, expires_ms=2
    )
    state.turns["o"] = ("p", "q")
    state._order_hashes[1] = state._id_hashes[2] = "ab" * 32
    state.imported = situation().portfolio
    again = restored(CATALOGUE, saved(state))
    assert differing(state, again) == []
    assert again.hash() == state.hash()
    return {name for name in PARTS if attrgetter(name)(state)}


def differing(one, other):
    """The parts that are not the same, order of keys and kinds of containers included."""
    found = []
    for name in sorted(PARTS):
        a, b = attrgetter(name)(one), attrgetter(name)(other)
        same = type(a) is type(b) and a == b
        if not same or (isinstance(a, dict) and list(a) != list(b)):
            found.append(name)
    return found


@pytest.mark.fault("T30")
def test_every_attribute_that_the_fold_writes_is_a_part_of_a_saved_state():
    state = DeskState(CATALOGUE)
    names = set()
    for name, value in vars(state).items():
        if name in BOOKS:
            assert type(value) is BOOKS[name]
            names |= {f"{name}.{attribute}" for attribute in vars(value)}
        else:
            names.add(name)

    assert names - NOT_FOLDED == PARTS


@pytest.mark.thorough
@pytest.mark.fault("T30")
def test_a_state_comes_back_as_it_was_saved_and_goes_on_as_if_it_had_never_been(journals, figure):
    filled, cuts, seed = stuffed(), 0, random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    for rows, catalogue in journals:
        whole = folded(rows, catalogue)
        filled |= {name for name in PARTS if attrgetter(name)(whole)}
        anywhere = {dice.randrange(len(rows)) for _ in range(2)}
        for cut in sorted({0, 1, len(rows) // 2, len(rows) - 1, len(rows)} | anywhere):
            cuts += 1
            before = folded(rows[:cut], catalogue)
            again = restored(catalogue, saved(before))
            assert differing(before, again) == [], f"cut at {cut}, seed {seed}"
            assert again.hash() == before.hash()
            assert differing(folded(rows, catalogue, again), whole) == [], f"{cut}, seed {seed}"
    figure(f"{len(journals)} desks' journals cut at {cuts} rows, seed {seed}: 0 differ from replay")

    # What is empty in every story, and below, proves nothing.
    assert " ".join(sorted(PARTS - filled)) == ""


@pytest.mark.thorough
def test_the_orders_of_a_restored_state_stand_in_one_table_with_one_id(journals):
    rows, catalogue = max(journals, key=lambda one: len(one[0]))
    again = restored(catalogue, saved(folded(rows, catalogue)))

    assert again.brackets._orders is again.orders
    assert all(key is again.orders[key].id for key in [*again._live, *again._ended])


@pytest.mark.fault("T30")
@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ([], "no end"),
        ([("nothing", b"\x90")], "nothing"),
        ([(ORDERS, b"\x91\x01")], "does not read"),
        ([("fills", b"\xc1")], "does not read"),
        ([("", b"\x80")], "does not read"),
    ],
    ids=["empty", "unknown", "type", "bytes", "lacking"],
)
def test_what_is_no_state_is_refused(sections, why):
    with pytest.raises(UnfitSnapshot, match=why):
        restored(CATALOGUE, sections)


@pytest.mark.fault("T30")
def test_a_fill_of_an_order_that_is_not_there_is_refused(journals):
    rows, catalogue = max(journals, key=lambda one: len(one[0]))
    state = folded(rows, catalogue)
    assert state.fills
    assert "fills" in LISTS
    sections = [section for section in saved(state) if section[0] != ORDERS]

    with pytest.raises(UnfitSnapshot):
        restored(catalogue, sections)
