from decimal import Decimal as D

import pytest
from helpers.frames import (
    WALL_MS,
    account,
    empty_desk,
    feed,
    frame,
    margin_call_desk,
    normal_desk,
    spot_account,
)
from helpers.seven_venues import troubled_venues

from ui.viewmodels.banner import banners, crashed, engine_lost, engine_silent
from ui.viewmodels.cells import in_words
from ui.viewmodels.events import EVENT_COLUMNS
from ui.viewmodels.risk import risk_view
from ui.viewmodels.status import lamp, status_view, worst_account
from ui.viewmodels.text import date_time, use_zone
from ui.viewmodels.tone import Tone, of_profit


@pytest.mark.parametrize(
    ("age_ms", "shape", "tone", "shown"),
    [
        (None, "hollow", Tone.MUTED, "—"),
        (0, "circle", Tone.TEXT2, "0"),
        (1_500, "circle", Tone.TEXT2, "1.5 s"),
        (1_501, "triangle", Tone.WARNING, "1.5 s"),
        (2_000, "triangle", Tone.WARNING, "2.0 s"),
        (6_400, "square", Tone.DANGER, "6.4 s"),
    ],
)
def test_lamp_tells_its_state_by_shape_and_age(age_ms, shape, tone, shown):
    seen = lamp(feed(age_ms=age_ms))
    assert (seen.shape, seen.tone, seen.age) == (shape, tone, shown)


def test_stale_beats_a_slow_cadence_and_no_stream_is_late_before_a_second_and_a_half():
    assert lamp(feed(age_ms=3_000, amber_ms=4_500, stale_ms=2_000)).shape == "square"
    assert lamp(feed(age_ms=1_400, amber_ms=150)).shape == "circle"
    assert lamp(feed(age_ms=4_000, amber_ms=4_500, stale_ms=5_000)).shape == "circle"
    assert lamp(feed(age_ms=-1)).shape == "square"


def test_tip_of_a_lamp_tells_age_limits_clock_and_counts():
    seen = lamp(
        feed("OKX", 61, skew_ms=-1_270, gaps=3, rejected=1, inactive=2, note="again in 2 s")
    )
    assert seen.tip.splitlines() == [
        "OKX: live",
        "Oldest needed stream: 61 ms (late above 1.5 s, stale above 2.0 s)",
        "Its clock against ours: −1.27 s",
        "Gaps 3 · rejected 1 · inactive streams 2",
        "again in 2 s",
    ]
    assert "it stamps nothing" in lamp(feed()).tip


def test_consensus_is_told_with_its_votes():
    assert status_view(troubled_venues()).consensus == ("BTC 61,004.2 ◆4", "ETH 2,601.74 ◇2")
    assert status_view(troubled_venues()).consensus_tip.splitlines() == [
        "BTC 61,004.2 ◆ CONSENSUS 4 OKX silent, HYPERLIQUID held, COINBASE silent",
        "ETH 2,601.74 ◇ THIN 2 widest −0.6 bp",
    ]
    assert status_view(frame()).consensus == ()


def test_replay_wears_the_colour_of_what_is_not_real_and_is_told_apart():
    view = status_view(frame(mode="REPLAY"))
    assert (view.mode, view.mode_token, view.is_replay) == ("REPLAY", "simulated", True)
    assert not status_view(frame(mode="SIMULATED")).is_replay


@pytest.mark.parametrize(
    ("client", "short"),
    [
        ("SAMPLE client, professional investor", "SAMPLE"),
        ("Kestrel Fund, professional investor", "Kestrel Fund"),
        ("", "no client record"),
    ],
)
def test_short_name_of_the_client_still_says_what_matters(client, short):
    assert status_view(frame(client=client)).client_short == short


def test_status_of_the_normal_desk():
    view = status_view(normal_desk())
    assert (view.mode, view.mode_token, view.state) == ("PAPER", "paper", "ACTIVE")
    assert (view.worst_account, view.worst_ratio, view.worst_level) == ("perp-1", "63.9%", "NORMAL")
    assert (view.clock, view.zone) == ("10:24:31", "HKT")
    assert (view.other, view.other_zone) == ("02:24:31", "UTC")
    assert view.is_sample
    assert view.profile_hash == "4f1c9ae2"


def test_mode_nobody_has_heard_of_wears_the_colour_of_real_money():
    assert status_view(frame(mode="BINANCE")).mode_token == "live"


def test_worst_level_beats_higher_utilization():
    called = account("a", level="MARGIN_CALL", margin_utilization=D("0.5"))
    used = account("b", level="NORMAL", margin_utilization=D("0.79"))
    odd = account("c", level="SOMETHING", margin_utilization=D("0.1"))
    assert worst_account([used, called]).account == "a"
    assert worst_account([used, called, odd]).account == "c"
    assert worst_account([spot_account()]) is None
    old = account("d", quality="STALE", margin_utilization=D("0.1"))
    assert worst_account([used, old]).account == "d", "what is not known to be well comes first"
    assert worst_account([used, old, called]).account == "a"


def test_a_level_that_rests_on_an_old_mark_is_not_called_normal():
    old = account(quality="STALE")
    view = status_view(normal_desk(accounts=[old]))
    assert (view.worst_level, view.worst_kind) == ("STALE", "UNKNOWN")
    assert view.worst_tone is view.day_tone is Tone.STALE
    assert of_profit(None, live=False) is Tone.MUTED, "what is unknown is not old"
    called = account(quality="STALE", level="MARGIN_CALL")
    view = status_view(normal_desk(accounts=[called]))
    assert (view.worst_level, view.worst_tone) == ("MARGIN CALL", Tone.DANGER)
    view = status_view(normal_desk())
    assert (view.worst_level, view.worst_tone) == ("NORMAL", Tone.TEXT)


def test_calm_desk_says_nothing():
    assert banners(normal_desk()) == []
    assert banners(empty_desk()) == []


def test_margin_call_is_one_sentence_with_value_limit_and_shortfall():
    (banner,) = banners(margin_call_desk())
    assert banner.subject == "perp-1 margin call"
    assert banner.countdown == "1:53:28 left"
    assert "since 15:01:12. Utilization 105.7% of 100%; short by 77,244 USDT." in banner.text


def test_worst_comes_first():
    desk = margin_call_desk(
        durable=False,
        state="HALTED",
        latches=["killed by ada."],
        feeds=[feed(age_ms=6_400)],
    )
    assert [banner.subject for banner in banners(desk)] == [
        "The journal cannot be written",
        "Desk is HALTED",
        "perp-1 margin call",
        "Feed stale",
    ]


def test_a_venue_that_never_came_is_told_once_something_was_tried():
    assert banners(frame(feeds=[feed(age_ms=None)])) == []
    gone = feed("OKX", age_ms=None, down="cannot connect")
    (banner,) = banners(frame(feeds=[feed(), gone]))
    assert banner.subject == "No feed"
    assert banner.text == "OKX: no marks yet (cannot connect), no new risk there."
    (banner,) = banners(frame(feeds=[feed(age_ms=6_400), gone]))
    assert banner.subject == "Feed stale"
    assert "BINANCE 6.4 s" in banner.text
    assert "OKX: no marks yet" in banner.text


def test_a_replay_that_is_over_says_so():
    over = feed(age_ms=6_400, note="the recording has ended")
    (banner,) = banners(frame(mode="REPLAY", feeds=[over]))
    assert banner.text.endswith("Note: the recording has ended.")
    (banner,) = banners(frame(mode="PAPER", feeds=[over]))
    assert "Note" not in banner.text


def test_halted_names_its_reason_and_offers_to_rearm():
    (banner,) = banners(
        frame(state="HALTED", latches=["HALTED: killed by ada: fat finger", "feed lost."])
    )
    assert banner.text.startswith("killed by ada: fat finger. feed lost. Only cancels,")
    assert banner.action == "rearm"


def test_lost_engine_says_positions_are_not_guarded():
    banner = engine_lost("closed", "10:24:31")
    assert banner.subject == "Positions are not guarded"
    assert "10:24:31" in banner.text
    assert banner.action == "restart"
    assert engine_silent(1_300).rank == banner.rank


def test_crash_of_the_window_before_is_told_by_its_last_line():
    assert "signal 9" in crashed("Traceback\nthe window was ended by signal 9").text


@pytest.fixture
def universal():
    use_zone("UTC")
    yield
    use_zone("HKT")


def test_every_clock_follows_the_zone_that_was_chosen(universal):
    view = status_view(normal_desk())
    assert (view.clock, view.zone) == ("02:24:31", "UTC")
    assert (view.other, view.other_zone) == ("10:24:31", "HKT")
    called = margin_call_desk()
    assert risk_view(called).cards[0].since.endswith("07:01:12 UTC")
    assert "since 07:01:12." in banners(called)[0].text
    assert in_words(EVENT_COLUMNS)[0].title == "UTC"
    assert date_time(WALL_MS) == "2026-11-19 02:24"
