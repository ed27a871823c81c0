"""The exchange of practice: its truth outlives the desk, and a desk finds there what it missed."""

import pytest
from helpers.engines import BTC, START_MS, START_NS, Trader
from helpers.linked import live

from desk.app.options import arguments, options
from desk.app.practice import FILE, Practice, close_exchange
from desk.execution.outcome import Unanswered
from desk.execution.port import Decision
from desk.model.errors import InputError
from desk.model.orders import OrderStatus


def desk_on(folder, rows=(), *, spec="delay:p=0", like=None):
    """A desk on an exchange whose truth is in a folder."""
    practice = Practice(folder, spec, "1", cancel_after_s=5, latency_ms=50)
    now = {} if like is None else {"now_ns": like.now_ns, "wall_ms": like.wall_ms}
    trader = Trader(rows, venue=practice.venue, **now)
    practice.open(trader.state, trader.desk.catalogue, trader.now_ns)
    trader.market()
    if not rows:
        trader.deposit()
    live(trader, 1000)
    return practice, trader


def test_what_filled_while_the_desk_was_not_told_is_found_after_a_restart(tmp_path):
    practice, trader = desk_on(tmp_path)
    trader.buy("1", "60000", id="o")
    trader.buy("1", "59000", id="rests")
    trader.run(40)  # it has arrived, and its answer has not
    practice.close()
    practice, back = desk_on(tmp_path, trader.rows, like=trader)
    live(back, 2000)
    assert back.state.orders["o"].status is OrderStatus.FILLED
    assert back.state.position("perp-1", BTC).quantity == 1
    back.trade("58999", "1")
    back.run(200)
    assert back.state.orders["rests"].status is OrderStatus.FILLED
    practice.close()


def test_a_line_that_a_crash_cut_off_was_told_to_nobody(tmp_path):
    practice, trader = desk_on(tmp_path)
    trader.buy("1", "59000", id="o")
    trader.run(200)
    practice.close()
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"outcome":"fil')
    practice, back = desk_on(tmp_path, trader.rows, like=trader)
    assert path.read_bytes() == whole
    assert back.state.orders["o"].status is OrderStatus.WORKING
    practice.close()


def test_a_line_that_is_none_is_named_and_never_passed_over(tmp_path):
    (tmp_path / FILE).write_bytes(b'{"outcome":"taken"}\n')
    with pytest.raises(InputError, match=r"exchange\.jsonl:1: expected what an exchange keeps"):
        desk_on(tmp_path)


def test_a_new_exchange_begins_with_what_the_desk_holds(tmp_path):
    paper = Trader()
    paper.market()
    paper.deposit()
    paper.buy("1", "60000", id="in")
    paper.buy("0.5", "59000", id="rests")
    paper.run(200)
    practice, trader = desk_on(tmp_path, paper.rows, like=paper)
    live(trader, 3000)
    assert trader.state.latches == {}
    assert trader.desk.execution.equal_ms is not None
    trader.trade("58999", "1")
    trader.run(200)
    assert trader.state.orders["rests"].status is OrderStatus.FILLED
    assert trader.state.position("perp-1", BTC).quantity == 1.5
    practice.close()
    close_exchange(tmp_path)
    assert not (tmp_path / FILE).exists()
    close_exchange(tmp_path)


def test_an_order_that_is_unknown_when_the_paper_venue_comes_back_is_not_sent(tmp_path):
    practice, trader = desk_on(tmp_path)
    practice.venue._wire.suffer(())
    practice.venue.submit = lambda *_: None
    trader.buy("1", "60000", id="lost")
    trader.tick()
    practice.close()
    said = Unanswered(order_id="lost", since_ms=START_MS, time_ms=START_MS + 2000)
    trader.desk.venue.on_time = lambda *_: Decision((said,), 1)
    trader.desk.venue.commit = lambda _: None
    trader.tick()
    assert trader.state.orders["lost"].status is OrderStatus.UNKNOWN
    paper = Trader(trader.rows, now_ns=START_NS, wall_ms=trader.wall_ms)
    paper.market()
    paper.run(200)
    assert paper.state.orders["lost"].status is OrderStatus.CANCELLED
    assert paper.state.position("perp-1", BTC).quantity == 0


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("loose", "loose"),
        ("lose:p=2", "p=2"),
        ("lose:by=3s", "lose:by=3s"),
        ("down:p=0.1", "down:p=0.1"),
        ("lose:p=0.1:p=0.2", "lose:p=0.1:p=0.2"),
        ("lose:x=1", "x=1"),
        ("delay:by=-1s", "by=-1s"),
        ("lose,", "nothing"),
        ("", "nothing"),
        ("lose:p=1e999", "p=1e999"),
        ("lose:p=NaN", "p=NaN"),
    ],
)
def test_a_specification_that_is_none_is_refused_with_its_part(spec, found):
    parsed = arguments("desk console", "").parse_args(["--venue-faults", spec])
    with pytest.raises(InputError) as caught:
        options(parsed)
    assert (caught.value.source, caught.value.found) == ("--venue-faults", found)


def test_a_specification_that_can_be_read_is_kept():
    spec = "lose:p=0.05,delay:p=0.1:by=1.5s,duplicate:p=0.1,down:at=20s:for=10s,stall,error"
    parsed = arguments("desk console", "").parse_args(["--venue-faults", spec])
    assert options(parsed).venue_faults == spec
