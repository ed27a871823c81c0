"""Nothing that a socket or an answer can bring raises, hangs, or passes for a value.

Good frames of every kind, from the simulated venues and made by hand, are cut, spliced, renumbered,
restructured, nested, repeated and blown up, and brought to a connection that is at work meanwhile.
"""

import random
import time
from functools import cache

import pytest
from helpers.dialects import DIALECTS
from helpers.heap import own_heap
from helpers.mutations import Mutator
from helpers.protocols import CONNECTIONS, protocol
from helpers.sanity import check_sane
from helpers.session import Session
from hypothesis import given
from hypothesis import strategies as st

from desk.venues.protocol import RestRequest

HANG_MS = 100
"""Of the thread's own time: what the machine does meanwhile does not count."""

RECOVERY_MS = 120_000


def sessions_of(dialect, seed):
    for connection in DIALECTS[dialect]:
        session = Session(dialect, connection, seed)
        if session.instruments:
            session.warm_up(3_000, random.Random(f"{connection} {seed}"))
            yield session


def storm(dialect, inputs, seed, every=50):
    """Bring so many damaged inputs, with a good moment now and then.

    Returns the sessions when they have recovered.
    """
    sessions = list(sessions_of(dialect, seed))
    for n in range(inputs):
        session = sessions[n % len(sessions)]
        session.suffer()
        if n % every < len(sessions):
            session.live()
            session.answer_badly()
    for session in sessions:
        session.recover(RECOVERY_MS)
        assert not session.wrong(), "the feed goes on"
    return sessions


@pytest.mark.fault("T14")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_damaged_frames_are_counted_and_change_nothing(dialect):
    for session in storm(dialect, 2_000, 20261123):
        assert session.protocol.counters.rejected > 300
        assert session.taken > 10, "some of it passes for good"


@pytest.mark.fault("T14")
@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_million_damaged_frames_raise_nothing_and_none_takes_long(dialect, figure):
    began = time.process_time()
    with own_heap():
        sessions = storm(dialect, 1_000_000, 7, every=100)
    inputs = sum(session.inputs for session in sessions)
    slowest_ms = max(session.slowest_ns for session in sessions) / 1e6
    rejected = sum(session.protocol.counters.rejected for session in sessions)
    taken = sum(session.taken for session in sessions)
    figure(
        f"{dialect}: {inputs:,} inputs, {rejected:,} rejected, {taken:,} taken for good; "
        f"0 raised, the slowest call took {slowest_ms:.1f} ms; "
        f"{time.process_time() - began:.0f} s of CPU"
    )
    assert inputs == 1_000_000
    assert slowest_ms <= HANG_MS


def test_an_answer_that_is_larger_than_any_the_venue_gives_is_refused_unread():
    session = Session("binance", "binance-usdm")
    levels = ",".join(f'["{60_000 + n}.0","1"]' for n in range(90_000))
    body = f'{{"lastUpdateId":1,"bids":[{levels}],"asks":[]}}'.encode()
    session.protocol.receive_response(session.protocol.snapshot_request("BTCUSDT"), body, 1)
    assert session.protocol.counters.reasons == {"oversize": 1}


@cache
def corpora():
    """Good frames by kind, by connection."""
    sessions = [session for dialect in DIALECTS for session in sessions_of(dialect, 1)]
    return {session.connection: list(session.good.values()) for session in sessions}


def begun(connection):
    made = protocol(connection)
    for endpoint in made.endpoints():
        made.connection_made(endpoint.path, 1)
    made.events_received()
    return made


def take(made, inputs):
    answered = RestRequest(made.connection, "", "BTCUSDT")
    for n, frame in enumerate(inputs):
        made.receive_frame(frame, n)
        made.receive_response(answered, frame, n)
        made.tick(n)
    check_sane(made)


@pytest.mark.fault("T14")
@given(st.data(), st.randoms(use_true_random=False), st.integers(1, 30))
@pytest.mark.thorough
def test_any_damage_to_a_young_connection(data, rng, inputs):
    connection = data.draw(st.sampled_from(sorted(corpora())))
    mutator = Mutator(rng, corpora()[connection])
    take(begun(connection), [mutator.draw() for _ in range(inputs)])


@pytest.mark.fault("T14")
@given(st.sampled_from(CONNECTIONS), st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes(connection, inputs):
    made = begun(connection)
    take(made, inputs)
    assert made.counters.messages == 2 * len(inputs)
