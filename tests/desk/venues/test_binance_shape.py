"""Keys that stand twice in a frame, and what is remembered of those that had none."""

import pytest

from desk.venues.binance_shape import Shapes
from desk.venues.unreadable import Unusable

LONG = 10_000


def kept(shapes):
    return sum(map(len, shapes._known | shapes._whole))


@pytest.mark.parametrize(
    "frame",
    [
        b'{"a":"%b"}' % (b"x" * LONG),
        b'{"%b":1}' % (b"x" * LONG),
        b'{"a":[%b"1"]}' % (b'"1",' * LONG),
        b'{"a":[%b1]}' % (b"{}," * LONG),
    ],
    ids=["a long value", "a long name", "many numbers", "many objects"],
)
def test_of_long_frames_little_is_remembered(frame):
    shapes = Shapes()
    for _ in range(3):
        shapes.check(frame)
    assert kept(shapes) < LONG


def test_a_key_that_stands_twice_is_refused_in_a_long_frame_too():
    shapes = Shapes()
    shapes.check(b'{"a":"%b"}' % (b"x" * LONG))
    with pytest.raises(Unusable):
        shapes.check(b'{"a":"%b","a":1}' % (b"x" * LONG))


def test_the_usual_frame_is_known_from_its_second_time_on():
    shapes = Shapes()
    for number in (1, 22):
        shapes.check(b'{"a":%d}' % number)
        before = kept(shapes)
    shapes.check(b'{"a":333}')
    assert kept(shapes) == before > 0
