"""Levels grouped in whole ticks, and volume by price."""

from desk.market.grouping import edge, grouped
from desk.market.traded import TradedVolume
from desk.model.orders import Side

BIDS = [(600_009, 5), (600_005, 1), (599_999, 2), (599_990, 4), (599_989, 8)]
ASKS = [(600_010, 3), (600_011, 1), (600_020, 2), (600_021, 7)]


def test_bids_are_grouped_down_and_asks_up():
    assert grouped(BIDS, Side.BUY, 10, 9) == [(600_000, 6), (599_990, 6), (599_980, 8)]
    assert grouped(ASKS, Side.SELL, 10, 9) == [(600_010, 3), (600_020, 3), (600_030, 7)]


def test_a_group_of_one_tick_is_the_book_itself():
    assert grouped(BIDS, Side.BUY, 1, 9) == BIDS
    assert grouped(ASKS, Side.SELL, 1, 2) == ASKS[:2]


def test_the_last_group_that_is_asked_for_is_whole():
    assert grouped(BIDS, Side.BUY, 10, 2) == [(600_000, 6), (599_990, 6)]
    assert grouped([], Side.BUY, 10, 2) == []


def test_grouping_keeps_every_lot_and_never_lifts_a_bid_nor_lowers_an_ask():
    for group in (1, 2, 5, 10, 1000):
        for side, levels in ((Side.BUY, BIDS), (Side.SELL, ASKS)):
            assert sum(lots for _, lots in grouped(levels, side, group, 99)) == sum(
                lots for _, lots in levels
            )
            assert all((ticks - edge(side, ticks, group)) * side.sign >= 0 for ticks, _ in levels)


def test_volume_adds_up_by_price_and_is_read_by_range():
    traded = TradedVolume()
    for price, lots in ((100, 1), (101, 2), (100, 3), (250, 9)):
        traded.add(price, lots)
    assert sorted(traded.between(100, 101)) == [(100, 4), (101, 2)]
    assert sorted(traded.between(0, 10**9)) == [(100, 4), (101, 2), (250, 9)]
    assert list(traded.between(102, 249)) == []


def test_volume_forgets_what_lies_farthest_when_it_is_full():
    traded = TradedVolume(capacity=10)
    for price in range(1_000, 1_010):
        traded.add(price, 1)
    traded.add(1_010, 1)
    assert sorted(ticks for ticks, _ in traded.between(0, 9_999)) == [*range(1_006, 1_011)]
    for price in range(100_000):
        traded.add(price, 1)
    assert len(traded) <= 10
