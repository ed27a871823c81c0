"""How long a connection that is refused waits: on simulated time, whatever the dice say."""

import itertools
import random

import pytest

from desk.io.clock import ManualClock
from desk.io.connect_limits import LIMITS, ConnectLimits
from desk.io.retry import Retries, asked_wait_s, backoff_s

S = 1_000_000_000
WALL_MS = 1_795_780_800_000  # 2026-11-27T12:00:00Z


def refused(jitter, *, minutes, sockets=1, takes_s=0.0):
    """When the sockets of a connection knock while nobody is let in, in nanoseconds."""
    retries, clock, knocks = Retries(jitter), ManualClock(boot_ns=5 * S), []
    failed = [False] * sockets
    while clock.boot_ns() < minutes * 60 * S:
        for n in range(sockets):
            if retries.wait_s(clock.boot_ns(), failed=failed[n]) > 0:
                continue
            knocks.append(clock.boot_ns())
            retries.begin(clock.boot_ns())
            clock.advance_ms(round(takes_s * 1_000))
            retries.end()
            retries.fail(clock.boot_ns())
            failed[n] = True
        clock.advance_ms(20)
    return knocks


def most_in_ten_minutes(knocks):
    return max(sum(first <= k < first + 600 * S for k in knocks) for first in knocks)


@pytest.mark.parametrize("failures", range(1, 40))
def test_a_wait_is_spread_over_its_whole_range(failures):
    longest = min(60.0, 0.5 * 2.0 ** (failures - 1))
    assert backoff_s(failures, 0.0) == 0
    assert backoff_s(failures, 0.5) == longest / 2
    assert backoff_s(failures, 1.0) == longest


def waits_of(seed, sockets):
    """The waits of ten minutes of refusals, and how often it was tried, without stepping time."""
    retries, now, waits = Retries(random.Random(seed).random), 5 * S, []
    failed, knocks = [False] * sockets, 0
    while now < 605 * S:
        by_wait = sorted((retries.wait_s(now, failed=failed[n]), n) for n in range(sockets))
        wait, n = by_wait[0]
        now += round(wait * S)
        if now >= 605 * S:
            break
        waits.append(wait)
        retries.begin(now)
        retries.end()
        retries.fail(now)
        failed[n] = True
        knocks += 1
    return waits, knocks


@pytest.mark.parametrize("sockets", [1, 2])
def test_ten_minutes_of_refusals_are_thirty_attempts_at_most_for_a_thousand_seeds(sockets):
    runs = [waits_of(seed, sockets) for seed in range(1_000)]
    assert max(knocks for _, knocks in runs) <= 30
    assert min(knocks for _, knocks in runs) >= 15
    longest = [max(waits) for waits, _ in runs]
    assert max(longest) <= 60.0
    late = sorted(wait for waits, _ in runs for wait in waits[9:])
    spread = late[len(late) * 95 // 100] - late[len(late) * 5 // 100]
    assert spread >= 30.0, "half of the longest wait"


def test_dice_that_always_say_at_once_are_bounded_too():
    knocks = refused(lambda: 0.0, minutes=40, sockets=2)
    assert most_in_ten_minutes(knocks) <= 30
    assert knocks[-1] > 38 * 60 * S, "it never gives up"


@pytest.mark.thorough
def test_it_never_gives_up():
    knocks = refused(random.Random(3).random, minutes=300, takes_s=3.0)
    assert most_in_ten_minutes(knocks) <= 30
    assert max(b - a for a, b in itertools.pairwise(knocks)) <= 64 * S
    assert len(knocks) > 300 * 60 / 64


def test_one_socket_knocks_for_all_while_nobody_is_let_in():
    retries = Retries(lambda: 0.5)
    retries.begin(0)
    assert not retries.is_probing, "at the start all may go at once"
    retries.end()
    retries.fail(0)
    retries.begin(S)
    assert retries.is_probing
    retries.end()
    assert not retries.is_probing


def test_a_socket_that_held_starts_from_the_quickest_retry():
    retries = Retries(lambda: 1.0)
    for n in range(12):
        retries.begin(n)
        retries.end()
        retries.fail(n)
    assert retries.wait_s(12, failed=True) > 30
    assert retries.wait_s(12, failed=False) == 0
    retries.settle()
    retries.fail(12)
    assert retries.wait_s(12, failed=True) == 0.5


def test_a_socket_that_held_does_not_undo_what_the_venue_asks_for():
    """The other socket of a connection may end by itself in the hour for which it is banned."""
    retries = Retries(lambda: 0.1)
    retries.fail(0, asked_s=3_600)
    retries.settle()
    assert retries.wait_s(10 * S, failed=False) == 3_590
    retries.move()
    assert retries.wait_s(10 * S, failed=False) == 0, "other addresses have asked for nothing"


def test_what_the_venue_asks_for_binds_every_socket():
    retries = Retries(lambda: 0.1)
    retries.fail(0, asked_s=90)
    assert retries.wait_s(0, failed=True) == retries.wait_s(0, failed=False) == 90
    assert retries.wait_s(90 * S, failed=False) == 0


@pytest.mark.parametrize(
    ("status", "said", "wait_s"),
    [
        (503, "7", 7),
        (429, "0", 0),
        (429, "86400", 3_600),
        (429, "9" * 5_000, 3_600),
        (503, "Fri, 27 Nov 2026 12:01:30 GMT", 90),
        (503, "Friday, 27-Nov-26 12:01:30 GMT", 90),
        (503, "Fri, 27 Nov 2026 12:01:30 -0000", 90),
        (503, "Fri, 27 Nov 2026 11:00:00 GMT", 0),
        (503, "Fri, 27 Nov 2099 11:00:00 GMT", 3_600),
        (503, "", 0),
        (503, "soon", 0),
        (503, "-1", 0),
        (503, "1e9", 0),
        (503, "٣", 0),
        (503, "Fri, 99 Nov 2026 11:00:00 GMT", 0),
        (429, "", 10),
        (429, "soon", 10),
        (418, "", 120),
        (418, "300", 300),
        (451, "", 60),
    ],
)
def test_a_refusal_says_how_long_it_wants_to_be_left_alone(status, said, wait_s):
    assert asked_wait_s(status, said, WALL_MS) == pytest.approx(wait_s)


@pytest.mark.parametrize(
    "said",
    [
        f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT",
        f"Mon, 01 Jan 2030 00:00:{'9' * 20} GMT",
        f"Mon, 01 Jan 2030 00:00:00 +{'9' * 20}",
    ],
)
def test_a_date_that_no_calendar_has_asks_for_nothing(said):
    assert asked_wait_s(429, said, WALL_MS) == asked_wait_s(429, "", WALL_MS)


@pytest.mark.parametrize(
    ("connection", "most", "seconds"),
    [
        ("binance-usdm", 300, 300),
        ("okx", 3, 1),
        ("bybit-linear", 500, 300),
        ("coinbase", 8, 1),
        ("hyperliquid", 30, 60),
        ("kraken", 150, 600),
    ],
)
def test_no_venue_sees_more_connects_than_it_allows(connection, most, seconds):
    limits, times = ConnectLimits(), []
    for ms in range(0, 2_000 * seconds, max(1, seconds)):
        while limits.take(connection, ms * 1_000_000):
            times.append(ms)
    in_window = max(sum(t <= other < t + seconds * 1_000 for other in times) for t in times)
    assert most / 2 <= in_window <= most
    assert set(LIMITS) >= {connection.split("-")[0]}


def test_connections_of_a_venue_share_its_limit():
    limits = ConnectLimits()
    while limits.take("binance-spot", 0):
        pass
    assert not limits.take("binance-usdm", 0)
    assert limits.take("okx", 0)
