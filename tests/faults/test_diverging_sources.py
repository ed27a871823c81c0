"""T17: one source of three is wrong in every way: the index stays, it is left out, nobody is sold.

How votes are counted at each edge is shown in tests/desk/market/test_consensus.
"""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader

from desk.cli.shipped import shipped
from desk.market.consensus import Consensus, Vote
from desk.model.market_data import OpenInterest

MS = 1_000_000
LOOK_MS = 100
BEGINS_MS, LASTS_MS = 10_000, 20_000
MOST_OFF = D("0.001")
OUT_WITHIN_MS = 1_000
OFF = ["0.5", "0.9", "1.1", "2", "3", "5", "10", "25", "50"]
OTHERS = ("BTC-USDT-SWAP.OKX", "BTCUSDT-PERP.BYBIT")


def true_price(ms):
    """A market that climbs and falls by one percent in ten seconds."""
    phase = D(ms % 20_000) / 10_000
    return 60_000 * (1 + D("0.01") * (phase if phase < 1 else 2 - phase))


def wrong_by(percent):
    return lambda ms: true_price(ms) * (1 + D(percent) / 100)


WRONG = {
    **{f"{sign}{off} %": wrong_by(sign + off) for off in OFF for sign in "+-"},
    "stuck": lambda ms: true_price(BEGINS_MS),
    "5 s late": lambda ms: true_price(ms - 5_000),
    "a wick of one look": lambda ms: true_price(ms) / (2 if ms == BEGINS_MS else 1),
}


def worst(wrong):
    """How far the index was off at most, and how long what is 1 % off or more was counted."""
    consensus, off, counted_ms = Consensus(), D(0), 0
    for ms in range(0, BEGINS_MS + LASTS_MS, LOOK_MS):
        true = true_price(ms)
        said = wrong(ms) if ms >= BEGINS_MS else true
        prices = {"A": true * D("1.0002"), "B": true * D("0.9998"), "X": said}
        index = consensus.update({v: Vote(p, 0) for v, p in prices.items()}, ms * MS)
        off = max(off, abs(index.value / true - 1))
        (mad,) = [source for source in index.sources if source.venue == "X"]
        if abs(said / true - 1) > D("0.0105") and mad.standing == "counted":
            counted_ms += LOOK_MS
    return off, counted_ms


@pytest.mark.fault("T17")
def test_one_wrong_source_of_three_does_not_move_the_index_and_is_left_out(figure):
    found = {name: worst(wrong) for name, wrong in WRONG.items()}
    off = max(one[0] for one in found.values())
    out_ms = max(one[1] for one in found.values())
    figure(
        f"{len(WRONG)} ways to be wrong: index at most {off * 100:.3f} % off, counted beyond 1 %"
        f" for at most {out_ms} ms"
    )
    assert off <= MOST_OFF
    assert out_ms <= OUT_WITHIN_MS


def leveraged(mode="SIMULATED"):
    """Long one coin on 15,000: a fall by a quarter would be a close-out."""
    few = ("binance-spot", "binance-usdm", "okx", "bybit-linear")
    catalogue = shipped().catalogue
    traded = type(catalogue)([i for i in catalogue.all() if i.connection in few])
    trader = Trader(catalogue=traded, mode=mode)
    trader.deposit("15000")
    said(trader)
    trader.buy("1", "60000", id="open")
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == 1
    return trader


def said(trader, okx="60000", bybit="60000"):
    trader.market()
    for name, price in zip(OTHERS, (okx, bybit), strict=True):
        trader.mark(name, price)
    trader.hear(OpenInterest(instrument=BTC, quantity=D(80_000), ts_recv_ns=trader.now_ns))
    trader.run(100)


def closed_out(trader):
    return [row.entry.type for row in trader.rows if row.entry.type in {"close_out", "liquidation"}]


@pytest.mark.fault("T17")
@pytest.mark.parametrize("off", ["-50", "-25", "-10", "-3", "3", "10", "50"])
def test_no_price_of_another_venue_closes_anybody_out(off):
    trader, wrong = leveraged(), str(60_000 * (1 + D(off) / 100))
    said(trader)
    before = dict(trader.desk.levels)
    for _ in range(40):
        said(trader, okx=wrong)
    assert closed_out(trader) == []
    assert trader.desk.levels == before


@pytest.mark.fault("T17")
def test_a_wick_of_one_mark_at_the_venue_itself_closes_nobody_out():
    trader = leveraged()
    said(trader)
    trader.mark(BTC, "30000", index="60000")
    trader.tick(20)
    said(trader)
    trader.run(1_000)
    assert closed_out(trader) == []


@pytest.mark.fault("T17")
@pytest.mark.parametrize(("okx", "bybit"), [("66000", "54000"), ("66000", "66000")])
def test_two_wrong_sources_of_three_let_no_new_risk_in_and_the_way_out_open(okx, bybit):
    """Of live feeds: a simulated desk goes on by its one venue where no two agree."""
    trader = leveraged("PAPER")
    for _ in range(40):
        said(trader, okx=okx, bybit=bybit)
    answer = trader.buy("0.01", "60000", id="more")[-1]
    assert "MARK_SOURCES" in [denial.code for denial in answer.denials]
    trader.sell("0.5", None, id="out", reduce_only=True)
    assert "out" in trader.state.orders
    assert closed_out(trader) == []
