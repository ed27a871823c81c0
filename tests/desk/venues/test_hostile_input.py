"""Every number of every message of every venue, replaced by what it must never be."""

import pytest
from helpers.bad_values import MISSING
from helpers.hostile import hostile, spoilt, twice, value_at, written
from helpers.hostile_messages import MESSAGES

from desk.model.market_data import BookLost

FIELDS = sum(len(message.fields) for message in MESSAGES.values())

every_message = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
every_field = pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name, message in MESSAGES.items() for path in message.fields],
    ids=lambda word: word.replace(" ", "-"),
)


def begun(message):
    """A protocol that has heard what comes before the message."""
    protocol = message.opened()
    for frame in message.before:
        protocol.receive_frame(frame, 3)
    protocol.events_received()
    assert protocol.counters.rejected == 0
    return protocol


def spoiling(message, path):
    """What a field must never be, by name."""
    return hostile(value_at(message.good, path), message.fields[path])


def refuses(message, frame):
    """Hear a frame that is none; nothing may come of it but that a book is lost."""
    protocol = begun(message)
    events = message.deliver(protocol, frame)
    assert protocol.counters.rejected == 1
    assert {type(event) for event in events} <= {BookLost}
    return protocol


def goes_on(message, protocol):
    events = [event for frame in message.after for event in message.deliver(protocol, frame)]
    return message.expects in {type(event) for event in events}


@every_message
def test_what_is_spoilt_here_is_good_as_it_stands(message):
    protocol = begun(message)
    message.deliver(protocol, written(message.good))
    assert protocol.counters.rejected == 0
    assert protocol.counters.unknown_events == 0
    assert goes_on(message, begun(message))


@pytest.mark.fault("T13")
@every_field
def test_what_is_no_such_number_is_counted_and_changes_nothing(name, path, figure):
    message = MESSAGES[name]
    for what, value in spoiling(message, path).items():
        protocol = refuses(message, written(spoilt(message.good, path, value)))
        assert goes_on(message, protocol), what
    cases = sum(len(spoiling(one, path)) for one in MESSAGES.values() for path in one.fields)
    figure(
        f"{len(MESSAGES)} messages of all venues, {FIELDS} fields, {cases:,} bad values: each"
        " refused and counted, the next good message taken"
    )


@pytest.mark.fault("T13")
@every_field
def test_a_number_that_is_told_twice_is_refused(name, path, figure):
    message = MESSAGES[name]
    frame = twice(message.good, path)
    if frame is not None:
        assert goes_on(message, refuses(message, frame))
    figure(f"each of {FIELDS} fields told twice: refused")


@pytest.mark.fault("T13")
@every_message
@pytest.mark.parametrize(
    "garbage",
    [b"", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000],
    ids=["nothing", "null", "list", "no text", "lists", "objects"],
)
def test_what_is_no_message_at_all_is_refused(message, garbage, figure):
    assert goes_on(message, refuses(message, garbage))
    figure(f"6 kinds of garbage in place of each of {len(MESSAGES)} messages: refused")


@every_message
def test_a_giant_is_refused_unread(message):
    frame = written(message.good)
    padded = frame[:-1] + b" " * (17 << 20) + frame[-1:]
    protocol = refuses(message, padded)
    assert protocol.counters.reasons == {"oversize": 1}
    assert goes_on(message, protocol)


def test_the_ways_to_spoil_a_field_are_told_by_its_kind():
    names = set(hostile("1", "price"))
    assert {"negative", "zero", "null", "missing", "empty", "swapped", "deepest"} < names
    assert names - set(hostile("1", "rate~")) == {"negative", "zero", "null", "missing", "empty"}
    assert spoilt({"a": [1, 2]}, "a.0", MISSING) == {"a": [2]}
    assert twice({"a": {"b": 1}}, "a.b") == b'{"a":{"b":1,"b":1}}'


@pytest.mark.fault("T13")
@pytest.mark.parametrize("name", ["okx index", "okx funding"])
def test_a_refused_figure_leaves_the_last_one_as_it_was(name, figure):
    message, mark = MESSAGES[name], MESSAGES["okx mark"]
    protocol = begun(message)
    message.deliver(protocol, written(message.good))
    (before,) = mark.deliver(protocol, written(mark.good))
    for path, kind in message.fields.items():
        for value in hostile(value_at(message.good, path), kind).values():
            message.deliver(protocol, written(spoilt(message.good, path, value)))
    assert mark.deliver(protocol, written(mark.good)) == [before]
    assert before.index is not None or before.funding_rate is not None
    figure("index and funding after every bad value: the last good one kept")
