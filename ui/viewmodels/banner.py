"""What must be said across the screen: the worst thing as a banner, the next as a chip."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.snapshot import AccountView, DeskFrame
from desk.model.commands import ClosePosition, ReversePosition
from ui.viewmodels.events import UNANSWERED
from ui.viewmodels.executions import unknown_words
from ui.viewmodels.names import word
from ui.viewmodels.status import REPLAY, feed_state
from ui.viewmodels.text import age, clock, countdown, money, ratio, symbol
from ui.viewmodels.translation import said, tr

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
        tr("Positions are not guarded"),
        tr(
            "The desk's engine has ended ({reason}). Every figure below is of {last_frame} or "
            "older; nothing can be sent.",
            reason=said(reason),
            last_frame=last_frame,
        ),
        action="restart",
    )


def engine_silent(silent_ms: int) -> Banner:
    """The engine does not answer."""
    return Banner(
        ENGINE_LOST,
        "engine silent",
        True,
        "diamond",
        tr("The desk does not answer"),
        tr(
            "No frame for {time}. Every figure below is old; nothing can be sent.",
            time=age(silent_ms),
        ),
    )


def fault(text: str) -> Banner:
    """The pipe broke its promise."""
    return Banner(HOLE, f"fault {text}", True, "triangle", tr("Events are missing"), text)


def unanswered(trade: ClosePosition | ReversePosition) -> Banner:
    """A trade of a position was sent, and nobody knows what became of it."""
    subject = f"{trade.account} {symbol(trade.instrument)}"
    key = unanswered_key(trade.id)
    return Banner(UNKNOWN_ORDERS, key, True, "triangle", subject, UNANSWERED)


def unanswered_key(command: str) -> str:
    """What names the doubt about a command, by its id."""
    return f"unanswered {command}"


def window_error(what: str) -> Banner:
    """The window itself has failed somewhere: what it shows may be wrong."""
    text = tr("{what}. What is shown may be wrong: close the window and open it again.", what=what)
    return Banner(HOLE, f"error {what}", True, "triangle", tr("The window has an error"), text)


def passed_over(complaint: str) -> Banner:
    """A file of a person's own could not be used."""
    text = tr("{complaint}. What ships holds instead.", complaint=complaint)
    subject = tr("Your file was passed over")
    return Banner(CRASHED, f"own {complaint}", False, "info", subject, text)


def asked_as_before(doubt: str) -> Banner:
    """The file of confirmations is not what was chosen."""
    text = tr(
        "{doubt}. You are asked as was last chosen, or before every action: see the settings.",
        doubt=doubt,
    )
    subject = tr("Your confirmations were kept")
    return Banner(CRASHED, f"asked {doubt}", False, "info", subject, text)


def crashed(report: str) -> Banner:
    """The window before this one crashed."""
    last = report.strip().splitlines()[-1] if report.strip() else ""
    text = tr("It had crashed: {last}", last=last)
    return Banner(CRASHED, "crashed", False, "info", tr("The window was restarted"), text)


def not_spoken(why: str) -> Banner:
    """The language that was chosen cannot be shown."""
    return Banner(CRASHED, "not spoken", False, "info", tr("Chinese cannot be shown"), why)


def banners(frame: DeskFrame) -> list[Banner]:
    """Everything a frame has to say, worst first."""
    found = [*_desk(frame), *_close_outs(frame), *_accounts(frame), *_feeds(frame), *_orders(frame)]
    return sorted(found, key=lambda banner: banner.rank)


def _desk(frame: DeskFrame) -> list[Banner]:
    found: list[Banner] = []
    why = " ".join(_ended(said(latch.removeprefix(f"{frame.state}: "))) for latch in frame.latches)
    if not frame.durable:
        found.append(
            Banner(
                NOT_DURABLE,
                "not durable",
                True,
                "diamond",
                tr("The journal cannot be written"),
                tr(
                    "New risk is denied; cancels and reductions are carried out but not durable. "
                    "Free the disk and restart the desk."
                ),
            )
        )
    if frame.state == "HALTED":
        text = tr("{why} Only cancels, close and flatten pass.", why=why)
        found.append(
            Banner(
                HALTED, f"halted {why}", True, "shield", tr("Desk is HALTED"), text, action="rearm"
            )
        )
    elif frame.state != "ACTIVE":
        text = tr("{why} Only cancels and reducing orders pass.", why=why)
        subject = tr("Desk is {state}", state=word(frame.state))
        found.append(
            Banner(REDUCING, f"{frame.state} {why}", False, "shield", subject, text, action="rearm")
        )
    return found


def _orders(frame: DeskFrame) -> list[Banner]:
    unknown = unknown_words(frame)
    if unknown is None:
        return []
    subject, text = unknown
    return [Banner(UNKNOWN_ORDERS, f"unknown {subject}", True, "triangle", subject, text)]


def _ended(sentence: str) -> str:
    """A sentence with its full stop."""
    return sentence if sentence.endswith(tuple(".!?。！？")) else f"{sentence}."


def _accounts(frame: DeskFrame) -> list[Banner]:
    told = {one.account for one in frame.close_outs if one.phase == "running"}
    return [
        banner
        for account in frame.accounts
        if account.account not in told and (banner := _account(account, frame)) is not None
    ]


WATCHED = tr("It is watched: the desk trades nothing there.")
BLOCKED = tr("New risk is blocked; reducing and cancelling always pass.")


def _close_outs(frame: DeskFrame) -> list[Banner]:
    """What the desk closes out now, or is about to: nothing may look calmer than this."""
    found: list[Banner] = []
    for one in frame.close_outs:
        name = one.account
        if one.phase == "running":
            text = tr(
                "{since}{done} of {all} steps done. {reason}",
                since=_since(one.triggered_ms),
                done=sum(step.status == "done" for step in one.steps),
                all=len(one.steps),
                reason=said(one.reason),
            )
            key = f"closing {name} {one.triggered_ms}"
            subject = tr("{account} is being closed out", account=name)
            rank = CLOSE_OUT
        elif one.phase == "confirming":
            key = f"confirming {name}"
            subject = tr("{account} close-out is confirming", account=name)
            text, rank = said(one.reason), MARGIN_CALL
        else:
            continue
        action = "close_out"
        found.append(Banner(rank, key, True, "square", subject, text, action=action, of=name))
    return found


def _since(moment_ms: int | None) -> str:
    """`since 10:24:31. `, or nothing where nobody knows."""
    return "" if moment_ms is None else tr("since {time}. ", time=clock(moment_ms))


def _account(account: AccountView, frame: DeskFrame) -> Banner | None:
    key = f"{account.account} {account.level}"
    if account.level == "CLOSE_OUT":
        return _closing(account, key)
    if account.level == "MARGIN_CALL":
        return _called(account, key, frame.wall_ms)
    if account.level == "WARNING":
        subject = tr("{account} warning", account=account.account)
        text = f"{_since(account.level_since_ms)}{_used(account)}"
        return Banner(WARNING, key, False, "triangle", subject, text)
    return None


def _used(account: AccountView) -> str:
    return tr(
        "Utilization {used} of 100%, margin ratio {ratio}.",
        used=ratio(account.margin_utilization),
        ratio=ratio(account.margin_ratio),
    )


def _closing(account: AccountView, key: str) -> Banner:
    name, since = account.account, _since(account.level_since_ms)
    if account.watched:
        subject = tr("{account} is due to be closed out", account=name)
        used = tr("Utilization {used} of 100%.", used=ratio(account.margin_utilization))
        return Banner(CLOSE_OUT, key, True, "square", subject, f"{since}{used} {WATCHED}")
    text = tr(
        "{since}Margin ratio {ratio}; the engine closes positions.",
        since=since,
        ratio=ratio(account.margin_ratio),
    )
    subject = tr("{account} is being closed out", account=name)
    return Banner(CLOSE_OUT, key, True, "square", subject, text)


def _called(account: AccountView, key: str, wall_ms: int) -> Banner:
    missing, left = account.available_margin, account.cure_deadline_ms
    used = _used(account)
    if missing is not None and missing < Decimal(0):
        used = tr(
            "Utilization {used} of 100%; short by {missing} {currency}.",
            used=ratio(account.margin_utilization),
            missing=money(-missing),
            currency=account.currency,
        )
    after = WATCHED if account.watched else BLOCKED
    return Banner(
        MARGIN_CALL,
        key,
        True,
        "diamond",
        tr("{account} margin call", account=account.account),
        f"{_since(account.level_since_ms)}{used} {after}",
        countdown="" if left is None else tr("{time} left", time=countdown(left - wall_ms)),
        action="" if account.watched else "cures",
        of=account.account,
    )


def _feeds(frame: DeskFrame) -> list[Banner]:
    stale = [feed for feed in frame.feeds if feed_state(feed) == "stale"]
    unseen = [feed for feed in frame.feeds if feed_state(feed) == "never seen" and feed.down]
    told: list[str] = []
    if stale:
        names = ", ".join(f"{feed.venue} {age(feed.age_ms)}" for feed in stale)
        told.append(
            tr("{names}: marks are stale, orders that add risk there are denied.", names=names)
        )
        if frame.mode == REPLAY:
            # It may be over: then there is nothing wrong with a venue.
            notes = dict.fromkeys(feed.note for feed in stale if feed.note)
            told += [tr("Note: {note}.", note=said(note)) for note in notes]
    if unseen:
        names = ", ".join(feed.venue for feed in unseen)
        told.append(
            tr(
                "{names}: no marks yet ({why}), no new risk there.",
                names=names,
                why=said(unseen[0].down or ""),
            )
        )
    if not told:
        return []
    key = "stale " + " ".join(feed.venue for feed in (*stale, *unseen))
    subject = tr("Feed stale") if stale else tr("No feed")
    return [Banner(STALE, key, False, "triangle", subject, " ".join(told))]
