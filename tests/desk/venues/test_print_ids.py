"""Prints by their ids: repeats are passed over, and one wrong id silences nothing."""

import pytest
from helpers import binance_frames as b
from helpers import coinbase_frames as c
from helpers import deribit_frames as d
from helpers import in_band_frames as f
from helpers import kraken_frames as k
from helpers.protocols import protocol

from desk.model.market_data import Trade
from desk.venues.print_ids import PrintIds

MAD = 999_999_999_999


def okx(number):
    return f.raw(f.okx_trades(f.okx_trade(number)))


def binance(number):
    return b.wrapped("btcusdt@trade", b.trade(number))


def deribit(number):
    return d.trades_frame(d.trade(number))


def kraken(number):
    return k.trades(k.trade(number))


FRAMES = {"okx": okx, "binance-usdm": binance, "deribit": deribit, "kraken": kraken}


def told(made, frame):
    made.receive_frame(frame, 5)
    return sum(isinstance(event, Trade) for event in made.events_received())


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize(
    ("ids", "are_told"),
    [
        ([100, 101, MAD, 102, 103, 103, 102, 104], [1, 1, 0, 1, 1, 0, 0, 1]),
        ([MAD, 101, 102, 103, 102], [1, 0, 1, 1, 0]),
        ([100, MAD, MAD + 1, MAD + 2], [1, 0, 1, 1]),
    ],
    ids=["one amid others", "the first", "numbered anew"],
)
def test_one_mad_id_silences_no_print_but_its_own(name, ids, are_told):
    made = protocol(name)
    for endpoint in made.endpoints():
        made.connection_made(endpoint.path, 1)
    made.events_received()
    assert [told(made, FRAMES[name](number)) for number in ids] == are_told
    assert made.counters.rejected == 0


def test_one_mad_id_silences_no_print_of_coinbase_but_its_own():
    venue = c.Venue()
    prints = [
        sum(isinstance(e, Trade) for e in venue.send("market_trades", c.trades(c.trade(number))))
        for number in (100, 101, MAD, 102, 103, 103)
    ]
    assert prints == [1, 1, 0, 1, 1, 0]


def test_prints_of_deribit_that_are_numbered_anew_are_none_that_were_missed():
    made = protocol("deribit")
    made.connection_made(made.endpoints()[0].path, 1)
    for number in (100, 103, MAD, MAD + 1):
        told(made, deribit(number))
    assert sum(made.missed_trades.values()) == 2


def test_a_repeat_of_the_last_prints_tells_none_of_them_again():
    ids = PrintIds()
    assert all(ids.is_new(number) for number in range(50_000, 51_000))
    assert not any(ids.is_new(number) for number in range(50_001, 51_000))
    assert ids.is_new(51_000)


def test_two_mad_ids_that_do_not_follow_each_other_are_both_passed_over():
    ids = PrintIds()
    assert [ids.is_new(number) for number in (100, MAD, MAD * 2, MAD * 3, 101)] == [
        *(True, False, False, False),
        True,
    ]
