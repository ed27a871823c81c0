"""The journal of a day as rows and marks; the replay as questions and answers."""

import msgspec
import pytest
from helpers.frames import WALL_MS, normal_desk

from desk.engine.snapshot import FilmFrame
from desk.model.events import Alerted, LevelChanged, StateChanged
from desk.model.film import AskFilm, CheckFilm, DaySeal, FilmChecked, FilmSpan, Moment, MomentsPage
from ui.viewmodels import journal
from ui.viewmodels.journal import JournalDay, Mark
from ui.viewmodels.playback import HOLE_MS, Playback, live_news
from ui.viewmodels.tone import Tone

FRAME = normal_desk()


def moment(seq, kind="order", part=0, text=""):
    return Moment(seq=seq, part=part, time_ms=WALL_MS + seq * 1_000, kind=kind, text=text or kind)


def page(rows, next_seq=None, **fields):
    given = {
        "day": "2026-11-19",
        "days": ["2026-11-19"],
        "rows": rows,
        "next_seq": next_seq,
        "newest_seq": max((row.seq for row in rows), default=0),
        "anchor_seq": 9,
        "anchor_hash": "ab" * 32,
        "film": [FilmSpan(from_ms=WALL_MS, to_ms=WALL_MS + 9_000)],
        "film_note": "",
    }
    return msgspec.to_builtins(MomentsPage(**given | fields))


def day_of(*pages):
    day = JournalDay()
    asked = day.begin("")
    for data in pages:
        assert day.take(data, *asked)
        asked = day.older() or asked
    return day


def test_pages_follow_each_other_and_what_comes_later_is_added_once():
    day = day_of(page([moment(5), moment(4)], next_seq=4), page([moment(3), moment(1)]))
    assert [one.seq for one in day.moments] == [1, 3, 4, 5]
    assert day.older() is None
    asked, generation = day.newer()
    assert asked.after_seq == 5
    assert day.take(page([moment(6, part=1), moment(6), moment(5)]), asked, generation)
    assert [(one.seq, one.part) for one in day.moments][-3:] == [(5, 0), (6, 0), (6, 1)]
    assert day.of("6.1") == moment(6, part=1)
    assert day.of("7.0") is day.of("") is None


def test_more_than_a_page_of_news_leaves_no_hole():
    day = day_of(page([moment(2), moment(1)]))
    assert day.take(page([moment(9), moment(8)], next_seq=8), *day.newer())
    asked, generation = day.older()
    assert (asked.before_seq, asked.after_seq) == (8, 0)
    rows = [moment(seq) for seq in range(7, 0, -1)]
    assert day.take(page(rows), asked, generation)
    assert [one.seq for one in day.moments] == [*range(1, 10)]
    assert day.older() is None


def test_rows_of_what_a_hole_has_thrown_away_are_not_kept():
    day = day_of(page([moment(2), moment(1)]))
    day.rows()
    assert day.take(page([moment(9), moment(8)], next_seq=8), *day.newer())
    assert [row.key for row in day.rows()] == ["9.0", "8.0"]
    assert [*day._rows] == ["9.0", "8.0"]


def test_a_desk_that_runs_all_day_keeps_as_much_as_one_that_looks_back(monkeypatch):
    monkeypatch.setattr(journal, "MOST_MOMENTS", 3)
    day = day_of(page([moment(2), moment(1)]))
    day.rows()
    assert day.take(page([moment(4), moment(3)]), *day.newer())
    assert [row.key for row in day.rows()] == ["4.0", "3.0", "2.0"]
    assert len(day._rows) == 3


def test_an_answer_about_another_day_is_nobodys():
    day = JournalDay()
    asked, generation = day.begin("2026-11-18")
    day.begin("2026-11-19")
    assert not day.take(page([moment(1)]), asked, generation)
    assert day.moments == []


def test_marks_differ_by_shape_and_the_steps_go_from_one_to_the_next():
    kinds = ["money", "fill", "order", "denial", "level", "close_out", "state"]
    day = day_of(page([moment(n, kind) for n, kind in enumerate(kinds, 1)][::-1]))
    marks = day.marks()
    assert [mark.shape for mark in marks] == ["circle", "hollow", "triangle", "square", "square"]
    assert marks[0] == Mark(WALL_MS + 2_000, "circle", Tone.ACCENT)
    assert day.step(WALL_MS + 2_000, 1) == moment(4, "denial")
    assert day.step(WALL_MS + 4_000, -1) == moment(2, "fill")
    assert day.step(WALL_MS + 2_000, -1) is day.step(WALL_MS + 7_000, 1) is None


def test_what_the_panel_says_of_chain_and_film():
    day = day_of(page([moment(1)]))
    assert day.chain_words() == "Chain verified · sealed to #9 · abababababab"
    assert day.film_words() == "Film 10:24:31–10:24:40 HKT"
    assert day_of(page([], film=[])).film_words() == "There is no film of this day."
    assert day_of(page([], film_note="Damaged.")).film_words() == "Damaged."


def test_a_finished_day_shows_its_seal_and_gives_all_of_it_to_copy():
    day = day_of(page([moment(1)], seal=DaySeal(first_seq=1, last_seq=4_096, seal="cd" * 32)))
    assert day.chain_words() == "Day sealed · #1–#4,096 · cdcdcdcdcdcd"
    assert day.seal_text() == f"2026-11-19  #1-#4096  {'cd' * 32}"
    day.begin("2026-11-20")
    assert day.seal_text() == ""


class Asked:
    """Takes questions under rising numbers."""

    def __init__(self):
        self.commands = []

    def __call__(self, command):
        self.commands.append(command)
        return len(self.commands)


def film(number, at_ms=0, next_ms=None):
    frame = msgspec.structs.replace(FRAME, wall_ms=WALL_MS + at_ms)
    return FilmFrame(
        number=number, frame=frame, next_ms=None if next_ms is None else WALL_MS + next_ms
    )


@pytest.fixture
def asked():
    return Asked()


def test_one_question_at_a_time_and_the_last_one_is_shown(asked):
    playback = Playback(asked)
    playback.go(at_ms=WALL_MS)
    playback.go(at_ms=WALL_MS + 1)
    playback.go(seq=7)
    assert asked.commands == [AskFilm(at_ms=WALL_MS)]
    assert not playback.take(film(1))
    assert asked.commands[1:] == [AskFilm(seq=7)]
    assert not playback.take(film(1))
    assert playback.take(film(2, 500))
    assert playback.at_ms == WALL_MS + 500


def test_it_plays_at_its_speed_passes_over_holes_and_ends_with_the_film(asked):
    playback = Playback(asked)
    playback.go(at_ms=WALL_MS)
    playback.take(film(1, 0, 2_000))
    playback.playing, playback.speed = True, 10
    playback.advance(100)
    assert len(asked.commands) == 1
    playback.advance(100)
    assert asked.commands[-1] == AskFilm(at_ms=WALL_MS + 2_000)
    playback.advance(100)  # the answer is on its way
    playback.take(film(2, 2_000, 10 * HOLE_MS))
    playback.advance(100)
    assert asked.commands[-1] == AskFilm(at_ms=WALL_MS + 10 * HOLE_MS)
    playback.take(film(3, 10 * HOLE_MS))
    playback.advance(100)
    assert not playback.playing


def test_the_proof_is_of_the_picture_that_is_shown(asked):
    playback = Playback(asked)
    playback.go(at_ms=WALL_MS)
    playback.take(film(1))
    playback.check()
    playback.check()
    assert asked.commands[1:] == [CheckFilm(at_ms=WALL_MS)]
    good = FilmChecked(seq=48_211, differences=[])
    assert not playback.take_check(9, good)
    assert playback.take_check(2, good)
    assert playback.agreement == "agrees with the journal at #48,211"
    playback.go(at_ms=WALL_MS + 1)
    playback.take(film(3, 1))
    assert playback.agreement == ""
    playback.check()
    playback.take_check(4, FilmChecked(seq=8, differences=["The fills differ."]))
    assert (playback.agrees, playback.agreement) == (
        False,
        "DIFFERS from the journal at #8: The fills differ.",
    )


def test_a_picture_that_cannot_be_had_stops_it_with_the_reason(asked):
    playback = Playback(asked)
    playback.go(at_ms=WALL_MS)
    assert not playback.take_denial(None, "no")
    assert playback.take_denial(1, "There is no picture of that time.")
    assert (playback.trouble, playback.playing) == ("There is no picture of that time.", False)
    playback.reset()
    assert not playback.take(film(1))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (LevelChanged(account="a", before="", after="CLOSE_OUT", marks={}), "a: CLOSING OUT"),
        (LevelChanged(account="a", before="", after="NORMAL", marks={}), ""),
        (StateChanged(before="ACTIVE", after="HALTED", reason="kill"), "HALTED: kill"),
        (Alerted(severity="danger", message="Margin."), "Margin."),
        (Alerted(severity="info", message="Margin."), ""),
    ],
)
def test_news_of_the_live_desk(event, words):
    assert live_news(event) == words
