"""The status bar: may I trust the desk, what is its state, which account is worst."""

from __future__ import annotations

import msgspec

from desk.engine.snapshot import AccountView, DeskFrame, FeedView, TotalsView
from ui.viewmodels.consensus import diamond, heading_cells
from ui.viewmodels.executions import execution_lamp
from ui.viewmodels.lamps import Lamp, lamp_look
from ui.viewmodels.names import word
from ui.viewmodels.position_totals import is_live
from ui.viewmodels.text import (
    HONG_KONG,
    UNIVERSAL,
    UNKNOWN,
    ZONES,
    age,
    clock,
    ratio,
    short_venue,
    signed,
    skew,
    usd,
    zone_name,
)
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone, of_profit, rank
from ui.viewmodels.translation import said, tr

REPLAY = "REPLAY"
NO_CLIENT = tr("no client record")

AMBER_FLOOR_MS = 1_500
"""No stream is late before this, however quick its cadence."""


class StatusView(msgspec.Struct, frozen=True):
    """Everything the bar writes."""

    mode: str
    mode_token: str
    is_replay: bool
    state: str
    latches: tuple[str, ...]
    durable: bool
    worst_account: str
    worst_ratio: str
    worst_kind: str
    """Its level's code; the word is `worst_level`."""
    worst_level: str
    worst_tone: Tone
    lamps: tuple[Lamp, ...]
    """Of the feeds, and last of where orders go."""
    consensus: tuple[str, ...]
    consensus_tip: str
    client: str
    client_short: str
    is_sample: bool
    engine_ms: str
    engine_tip: str
    profile: str
    profile_hash: str
    clock: str
    zone: str
    """Of the clock that leads, as the trader chose."""
    other: str
    other_zone: str
    day_pnl: str
    day_tone: Tone
    day_parts: tuple[tuple[str, str], ...]
    """Label and figure of what the day's P&L is made of."""
    day_tip: str
    rest: tuple[str, ...]
    """What has no place of its own on a small screen."""


def status_view(frame: DeskFrame) -> StatusView:
    """Make the bar's words of a frame."""
    worst = worst_account(frame.accounts)
    level = worst.level if worst else "UNKNOWN"
    unsure = worst is not None and _is_unsure(worst)
    totals = frame.totals
    other = UNIVERSAL if zone_name() == HONG_KONG else HONG_KONG
    return StatusView(
        mode=frame.mode,
        mode_token={"PAPER": "paper", "SIMULATED": "simulated", "REPLAY": "simulated"}.get(
            frame.mode, "live"
        ),
        is_replay=frame.mode == REPLAY,
        state=frame.state,
        latches=tuple(frame.latches),
        durable=frame.durable,
        worst_account=worst.account if worst else UNKNOWN,
        worst_ratio=ratio(worst.margin_utilization) if worst else UNKNOWN,
        worst_kind="UNKNOWN" if unsure else level,
        worst_level=tr("STALE") if unsure else LEVEL_WORDS.get(level, level),
        worst_tone=Tone.STALE if unsure else LEVEL_TONES.get(level, Tone.DANGER),
        lamps=(
            *(lamp(feed) for feed in frame.feeds),
            *(execution_lamp(one, frame.wall_ms) for one in frame.executions),
        ),
        consensus=consensus_words(frame),
        consensus_tip="\n".join(consensus_tips(frame)),
        client=said(frame.client) or NO_CLIENT,
        client_short=_short_client(frame.client),
        is_sample="SAMPLE" in frame.client,
        engine_ms=f"{frame.engine_ms:.1f} ms",
        engine_tip=tr(
            "The engine is alive: its last picture took {time} ms", time=f"{frame.engine_ms:.1f}"
        ),
        profile=frame.profile,
        profile_hash=frame.profile_hash[:8],
        clock=clock(frame.wall_ms),
        zone=zone_name(),
        other=clock(frame.wall_ms, ZONES[other]),
        other_zone=other,
        day_pnl=UNKNOWN if totals is None else signed(totals.day_pnl),
        day_tone=of_profit(None if totals is None else totals.day_pnl, live=is_live(frame)),
        day_parts=() if totals is None else day_parts(totals),
        day_tip=_day_tip(totals),
        rest=_rest(frame, other),
    )


def _rest(frame: DeskFrame, other: str) -> tuple[str, ...]:
    """Engine, profile and the other clock, a line each."""
    return (
        f"{tr('Engine')} {frame.engine_ms:.1f} ms",
        f"{tr('Profile')} {frame.profile} {frame.profile_hash[:8]}",
        f"{clock(frame.wall_ms, ZONES[other])} {other}",
    )


def day_parts(totals: TotalsView) -> tuple[tuple[str, str], ...]:
    """Realized, unrealized, fees and funding since 00:00 HKT."""
    return (
        (tr("realized"), signed(totals.day_realized)),
        (tr("unrealized"), signed(totals.day_unrealized)),
        (tr("fees"), signed(totals.day_fees)),
        (tr("funding"), signed(totals.day_funding)),
    )


def _day_tip(totals: TotalsView | None) -> str:
    head = tr("Profit and loss since 00:00 HKT")
    if totals is None or totals.day_pnl is None:
        return tr("{head}: unknown, a price or a rate is missing", head=head)
    lines = [f"{head}: {signed(totals.day_pnl, 2)} {totals.currency}"]
    return "\n".join([*lines, *(f"{name} {figure}" for name, figure in day_parts(totals))])


def _short_client(client: str) -> str:
    """Where the whole does not fit: SAMPLE is said, or the first words."""
    if not client:
        return NO_CLIENT
    return tr("SAMPLE") if "SAMPLE" in client else client.partition(",")[0]


def worst_account(accounts: list[AccountView]) -> AccountView | None:
    """The desk's account with the worst level, among equals the most used; spot has no margin."""
    margined = [account for account in accounts if account.kind != "spot" and not account.watched]

    def badness(account: AccountView) -> tuple[int, bool, float]:
        utilization = account.margin_utilization
        level = "UNKNOWN" if _is_unsure(account) else account.level
        return rank(level), utilization is not None, float(utilization or 0)

    return max(margined, key=badness, default=None)


def _is_unsure(account: AccountView) -> bool:
    """That all is well is not known of old figures; a worse level stays one."""
    return account.quality != "LIVE" and account.level == "NORMAL"


def feed_state(feed: FeedView) -> str:
    """`live`, `late`, `stale`, `never seen`: a key of the lamps' shapes."""
    if feed.age_ms is None:
        return "never seen"
    if not 0 <= feed.age_ms <= feed.stale_ms:
        return "stale"
    return "live" if feed.age_ms <= max(AMBER_FLOOR_MS, feed.amber_ms) else "late"


def lamp(feed: FeedView) -> Lamp:
    """A venue's lamp: its shape tells the state, its tip the rest."""
    state = feed_state(feed)
    shape, fill, tone = lamp_look(state)
    tip = "\n".join([f"{feed.venue}: {word(state)}", *_lamp_lines(feed)])
    return Lamp(short_venue(feed.venue), shape, fill, age(feed.age_ms), tone, tip)


def _lamp_lines(feed: FeedView) -> list[str]:
    """How old, how far its clock is off, what went wrong, and what it says itself."""
    stamps = tr("it stamps nothing") if feed.skew_ms is None else skew(feed.skew_ms)
    return [
        tr(
            "Oldest needed stream: {age} (late above {late}, stale above {stale})",
            age=age_words(feed.age_ms),
            late=age_words(max(AMBER_FLOOR_MS, feed.amber_ms)),
            stale=age_words(feed.stale_ms),
        ),
        tr("Its clock against ours: {skew}", skew=stamps),
        tr(
            "Gaps {gaps} · rejected {rejected} · inactive streams {inactive}",
            gaps=feed.gaps,
            rejected=feed.rejected,
            inactive=feed.inactive,
        ),
        *(said(note) for note in (feed.down, feed.note) if note),
    ]


def age_words(ms: int | None) -> str:
    """An age in a sentence, where no column's head tells the unit."""
    text = age(ms)
    return f"{text} ms" if text.isdigit() else text


def consensus_words(frame: DeskFrame) -> tuple[str, ...]:
    """`BTC 61,012.3 ◆5`: the index, and a full diamond for a consensus with its votes."""
    return tuple(
        f"{index.base} {usd(index.value)} {diamond(index)}{index.votes}" for index in frame.indices
    )


def consensus_tips(frame: DeskFrame) -> list[str]:
    """An index a line: its value, its state, and who does not count."""
    return [
        " ".join((index.base, *(cell.text for cell in heading_cells(index))))
        for index in frame.indices
    ]
