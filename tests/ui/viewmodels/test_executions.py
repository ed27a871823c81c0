"""Where orders go, in words and shapes: up, being compared, unknown, down."""

import pytest
from helpers.frames import normal_desk

from desk.engine.order_snapshot import ExecutionView
from desk.model.events import ClosingAsked
from ui.viewmodels.banner import UNKNOWN_ORDERS, banners
from ui.viewmodels.executions import execution_lamp, execution_needs
from ui.viewmodels.leaving import leaving_words
from ui.viewmodels.status import status_view
from ui.viewmodels.tone import Tone

NOW_MS = 1_795_000_000_000


def venue(**fields):
    given = {"venue": "BINANCE", "is_paper": True, "up": True, "since_ms": NOW_MS - 6_900,
             "note": "", "unknown": 0, "types": [], "tifs": [], "post_only": True,
             "reduce_only": True, "amend": True, "cancel_on_disconnect_s": None,
             "latency_ms": 50}  # fmt: skip
    return ExecutionView(**given | fields)


@pytest.mark.parametrize(
    ("fields", "word", "shape", "tone", "need"),
    [
        ({}, "up", "circle", Tone.TEXT2, ("up 50 ms", Tone.TEXT2)),
        ({"latency_ms": None}, "up", "circle", Tone.TEXT2, ("up", Tone.TEXT2)),
        ({"note": "it is compared"}, "comparing", "triangle", Tone.WARNING,
         ("comparing", Tone.WARNING)),
        ({"unknown": 2}, "2 unknown", "square", Tone.DANGER, ("2 unknown", Tone.WARNING)),
        ({"up": False, "unknown": 2}, "down 6 s", "square", Tone.DANGER,
         ("down 6 s", Tone.DANGER)),
        ({"up": False, "since_ms": None}, "down", "square", Tone.DANGER, ("down", Tone.DANGER)),
        ({"up": False, "since_ms": NOW_MS + 5}, "down 0 s", "square", Tone.DANGER,
         ("down 0 s", Tone.DANGER)),
    ],
)  # fmt: skip
def test_a_venue_is_told_by_word_shape_and_hue(fields, word, shape, tone, need):
    lamp = execution_lamp(venue(**fields), NOW_MS)
    assert (lamp.age, lamp.shape, lamp.tone) == (word, shape, tone)
    frame = normal_desk(executions=[venue(**fields)], wall_ms=NOW_MS)
    assert execution_needs(frame) == (("venue", *need),)


def test_its_tip_tells_since_when_what_is_unknown_and_why():
    lamp = execution_lamp(venue(up=False, unknown=1, note="the connection broke"), NOW_MS)
    assert lamp.tip.splitlines() == [
        "Orders go to BINANCE (practice): down since 19:06:33 HKT",
        "Orders UNKNOWN: 1",
        "There and back 50 ms",
        "the connection broke",
    ]


def test_it_stands_beside_the_feeds():
    names = [lamp.name for lamp in status_view(normal_desk(executions=[venue()])).lamps]
    assert names[-1] == "→ BIN"
    assert len(names) == len(normal_desk().feeds) + 1


def test_orders_that_nobody_knows_of_are_a_banner_with_the_age_of_the_oldest():
    known = normal_desk()
    assert not [b for b in banners(known) if b.rank == UNKNOWN_ORDERS]
    lost = [
        type(one)(**{name: getattr(one, name) for name in one.__struct_fields__}
                  | {"status": "UNKNOWN", "unanswered_since_ms": known.wall_ms - age_ms})
        for one, age_ms in zip(known.orders[:2], (7_000, 3_000), strict=True)
    ]  # fmt: skip
    frame = normal_desk(orders=lost, executions=[venue(unknown=2)])
    (said,) = [b for b in banners(frame) if b.rank == UNKNOWN_ORDERS]
    assert (said.subject, said.is_danger) == ("2 orders are UNKNOWN", True)
    assert "The oldest for 7.0 s." in said.text
    counted = normal_desk(orders=[], executions=[venue(unknown=1)])
    assert banners(counted)[0].subject == "1 order is UNKNOWN"


def test_who_leaves_is_told_of_the_unknown_and_of_programs():
    names = [f"t-{n}" for n in range(5)]
    said = leaving_words(
        ClosingAsked(orders=[*names, "T"], positions=[], unknown=names, programs=["T"])
    )
    assert "5 working orders and 0 positions." in said
    assert "5 UNKNOWN at the venue: t-0, t-1, t-2 and 2 more." in said
    assert "1 programs end: T." in said
