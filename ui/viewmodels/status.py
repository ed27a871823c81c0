"""The status bar: may I trust the desk, what is its state, which account is worst."""

from __future__ import annotations

import msgspec

from desk.engine.snapshot import AccountView, DeskFrame, FeedView
from ui.viewmodels.text import UNKNOWN, age, clock, ratio
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone, rank

_SHORT_VENUES = {
    "BINANCE": "BIN",
    "BYBIT": "BYB",
    "COINBASE": "CB",
    "DERIBIT": "DRB",
    "HYPERLIQUID": "HL",
    "KRAKEN": "KRK",
}


class Lamp(msgspec.Struct, frozen=True):
    """One venue's feeds: shape, name, age; state is told by shape and words too."""

    name: str
    shape: str
    fill: str
    age: str
    tone: Tone
    tip: str


class StatusView(msgspec.Struct, frozen=True):
    """Everything the bar writes."""

    mode: str
    mode_token: str
    state: str
    latches: tuple[str, ...]
    durable: bool
    worst_account: str
    worst_ratio: str
    worst_level: str
    worst_tone: Tone
    lamps: tuple[Lamp, ...]
    client: str
    is_sample: bool
    engine_ms: str
    profile: str
    profile_hash: str
    hkt: str
    utc: str


def status_view(frame: DeskFrame) -> StatusView:
    """Make the bar's words of a frame."""
    worst = worst_account(frame.accounts)
    level = worst.level if worst else "UNKNOWN"
    return StatusView(
        mode=frame.mode,
        mode_token={"PAPER": "paper", "SIMULATED": "simulated", "REPLAY": "simulated"}.get(
            frame.mode, "live"
        ),
        state=frame.state,
        latches=tuple(frame.latches),
        durable=frame.durable,
        worst_account=worst.account if worst else UNKNOWN,
        worst_ratio=ratio(worst.margin_utilization) if worst else UNKNOWN,
        worst_level=LEVEL_WORDS.get(level, level),
        worst_tone=LEVEL_TONES.get(level, Tone.DANGER),
        lamps=tuple(lamp(feed) for feed in frame.feeds),
        client=frame.client or "no client record",
        is_sample="SAMPLE" in frame.client,
        engine_ms=f"{frame.engine_ms:.1f} ms",
        profile=frame.profile,
        profile_hash=frame.profile_hash[:8],
        hkt=clock(frame.wall_ms, 8),
        utc=clock(frame.wall_ms, 0),
    )


def worst_account(accounts: list[AccountView]) -> AccountView | None:
    """The account with the worst level, among equals the most used; spot has no margin."""
    margined = [account for account in accounts if account.kind != "spot"]

    def badness(account: AccountView) -> tuple[int, bool, float]:
        utilization = account.margin_utilization
        return rank(account.level), utilization is not None, float(utilization or 0)

    return max(margined, key=badness, default=None)


def lamp(feed: FeedView) -> Lamp:
    """Circle: as it should be; triangle: late; square: stale; hollow: never seen."""
    if feed.age_ms is None:
        shape, fill, tone = "hollow", "muted", Tone.MUTED
    elif feed.age_ms <= feed.amber_ms:
        shape, fill, tone = "circle", "safe_fill", Tone.TEXT2
    elif feed.age_ms <= feed.stale_ms:
        shape, fill, tone = "triangle", "warn_fill", Tone.WARNING
    else:
        shape, fill, tone = "square", "danger_fill", Tone.DANGER
    words = {"hollow": "never seen", "circle": "live", "triangle": "late", "square": "stale"}
    tip = (
        f"{feed.venue}: {words[shape]}, oldest needed stream {age(feed.age_ms)} ms old; "
        f"{feed.gaps} gaps, {feed.rejected} messages rejected. {feed.note}"
    )
    return Lamp(
        _SHORT_VENUES.get(feed.venue, feed.venue[:3]), shape, fill, age(feed.age_ms), tone, tip
    )
