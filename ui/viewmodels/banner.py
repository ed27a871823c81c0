"""What must be said across the screen: the worst thing as a banner, the next as a chip."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import AccountView, DeskFrame
from ui.viewmodels.executions import unknown_words
from ui.viewmodels.status import REPLAY, feed_state
from ui.viewmodels.text import age, clock, countdown, money, ratio

(
    ENGINE_LOST,
    NOT_DURABLE,
    HALTED,
    CLOSE_OUT,
    MARGIN_CALL,
    UNKNOWN_ORDERS,
    HOLE,
    REDUCING,
    STALE,
    WARNING,
    CRASHED,
) = range(11)


class Banner(msgspec.Struct, frozen=True):
    """One thing to say; `key` names it, so that an acknowledgement holds until it changes."""

    rank: int
    key: str
    is_danger: bool
    icon: str
    subject: str
    text: str
    countdown: str = ""
    action: str = ""
    """`rearm`, `restart`, `cures`, `close_out`: the button it offers."""
    of: str = ""
    """The account that the button is about."""


def engine_lost(reason: str, last_frame: str) -> Banner:
    """The engine has ended: nothing on the screen is live."""
    return Banner(
        ENGINE_LOST,
        "engine lost",
        True,
        "diamond",
        "Positions are not guarded",
        f"The desk's engine has ended ({reason}). Every figure below is of {last_frame} or older; "
        "nothing can be sent.",
        action="restart",
    )


def engine_silent(silent_ms: int) -> Banner:
    """The engine does not answer."""
    return Banner(
        ENGINE_LOST,
        "engine silent",
        True,
        "diamond",
        "The desk does not answer",
        f"No frame for {age(silent_ms)}. Every figure below is old; nothing can be sent.",
    )


def fault(text: str) -> Banner:
    """The pipe broke its promise."""
    return Banner(HOLE, f"fault {text}", True, "triangle", "Events are missing", text)


def window_error(what: str) -> Banner:
    """The window itself has failed somewhere: what it shows may be wrong."""
    text = f"{what}. What is shown may be wrong: close the window and open it again."
    return Banner(HOLE, f"error {what}", True, "triangle", "The window has an error", text)


def passed_over(complaint: str) -> Banner:
    """A file of a person's own could not be used."""
    text = f"{complaint}. What ships holds instead."
    return Banner(CRASHED, f"own {complaint}", False, "info", "Your file was passed over", text)


def crashed(report: str) -> Banner:
    """The window before this one crashed."""
    last = report.strip().splitlines()[-1] if report.strip() else ""
    return Banner(
        CRASHED, "crashed", False, "info", "The window was restarted", f"It had crashed: {last}"
    )


def banners(frame: DeskFrame) -> list[Banner]:
    """Everything a frame has to say, worst first."""
    found = [*_desk(frame), *_close_outs(frame), *_accounts(frame), *_feeds(frame), *_orders(frame)]
    return sorted(found, key=lambda banner: banner.rank)


def _desk(frame: DeskFrame) -> list[Banner]:
    found: list[Banner] = []
    why = " ".join(_ended(latch.removeprefix(f"{frame.state}: ")) for latch in frame.latches)
    if not frame.durable:
        found.append(
            Banner(
                NOT_DURABLE,
                "not durable",
                True,
                "diamond",
                "The journal cannot be written",
                "New risk is denied; cancels and reductions are carried out but not durable. "
                "Free the disk and restart the desk.",
            )
        )
    if frame.state == "HALTED":
        text = f"{why} Only cancels, close and flatten pass."
        found.append(
            Banner(HALTED, f"halted {why}", True, "shield", "Desk is HALTED", text, action="rearm")
        )
    elif frame.state != "ACTIVE":
        text = f"{why} Only cancels and reducing orders pass."
        subject = f"Desk is {frame.state}"
        found.append(
            Banner(REDUCING, f"{frame.state} {why}", False, "shield", subject, text, action="rearm")
        )
    return found


def _orders(frame: DeskFrame) -> list[Banner]:
    said = unknown_words(frame)
    if said is None:
        return []
    subject, text = said
    return [Banner(UNKNOWN_ORDERS, f"unknown {subject}", True, "triangle", subject, text)]


def _ended(sentence: str) -> str:
    """A sentence with its full stop."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _accounts(frame: DeskFrame) -> list[Banner]:
    told = {one.account for one in frame.close_outs if one.phase == "running"}
    return [
        banner
        for account in frame.accounts
        if account.account not in told and (banner := _account(account, frame)) is not None
    ]


WATCHED = "It is watched: the desk trades nothing there."
BLOCKED = "New risk is blocked; reducing and cancelling always pass."


def _close_outs(frame: DeskFrame) -> list[Banner]:
    """What the desk closes out now, or is about to: nothing may look calmer than this."""
    found: list[Banner] = []
    for one in frame.close_outs:
        name = one.account
        if one.phase == "running":
            since = "" if one.triggered_ms is None else f"since {clock(one.triggered_ms, 8)}. "
            done = sum(step.status == "done" for step in one.steps)
            text = f"{since}{done} of {len(one.steps)} steps done. {one.reason}"
            key, subject = f"closing {name} {one.triggered_ms}", f"{name} is being closed out"
            rank = CLOSE_OUT
        elif one.phase == "confirming":
            key, subject = f"confirming {name}", f"{name} close-out is confirming"
            text, rank = one.reason, MARGIN_CALL
        else:
            continue
        action = "close_out"
        found.append(Banner(rank, key, True, "square", subject, text, action=action, of=name))
    return found


def _account(account: AccountView, frame: DeskFrame) -> Banner | None:
    name = account.account
    since = "" if account.level_since_ms is None else f"since {clock(account.level_since_ms, 8)}. "
    used = f"Utilization {ratio(account.margin_utilization)} of 100%"
    key = f"{name} {account.level}"
    if account.level == "CLOSE_OUT":
        text = f"{since}Margin ratio {ratio(account.margin_ratio)}; the engine closes positions."
        subject = f"{name} is being closed out"
        if account.watched:
            subject, text = f"{name} is due to be closed out", f"{since}{used}. {WATCHED}"
        return Banner(CLOSE_OUT, key, True, "square", subject, text)
    if account.level == "MARGIN_CALL":
        missing = account.available_margin
        short = (
            f"; short by {money(-missing)} {account.currency}"
            if missing is not None and missing < Decimal(0)
            else f", margin ratio {ratio(account.margin_ratio)}"
        )
        left = account.cure_deadline_ms
        return Banner(
            MARGIN_CALL,
            key,
            True,
            "diamond",
            f"{name} margin call",
            f"{since}{used}{short}. {WATCHED if account.watched else BLOCKED}",
            countdown="" if left is None else f"{countdown(left - frame.wall_ms)} left",
            action="" if account.watched else "cures",
            of=name,
        )
    if account.level == "WARNING":
        text = f"{since}{used}, margin ratio {ratio(account.margin_ratio)}."
        return Banner(WARNING, key, False, "triangle", f"{name} warning", text)
    return None


def _feeds(frame: DeskFrame) -> list[Banner]:
    stale = [feed for feed in frame.feeds if feed_state(feed) == "stale"]
    unseen = [feed for feed in frame.feeds if feed_state(feed) == "never seen" and feed.down]
    said: list[str] = []
    if stale:
        names = ", ".join(f"{feed.venue} {age(feed.age_ms)}" for feed in stale)
        said.append(f"{names}: marks are stale, orders that add risk there are denied.")
        if frame.mode == REPLAY:
            # It may be over: then there is nothing wrong with a venue.
            said += dict.fromkeys(f"Note: {feed.note}." for feed in stale if feed.note)
    if unseen:
        names = ", ".join(feed.venue for feed in unseen)
        said.append(f"{names}: no marks yet ({unseen[0].down}), no new risk there.")
    if not said:
        return []
    key = "stale " + " ".join(feed.venue for feed in (*stale, *unseen))
    subject = "Feed stale" if stale else "No feed"
    return [Banner(STALE, key, False, "triangle", subject, " ".join(said))]
