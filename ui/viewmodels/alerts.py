"""Alerts as rows: what was raised, what is watched for, and the form that sets one. No Qt."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.alert_snapshot import AlertRuleView, AlertView
from desk.engine.snapshot import DeskFrame
from desk.model.alert_commands import AlertKind, SetAlert
from desk.model.numbers import plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.forms import Entry, Form, FormError, Values, amount
from ui.viewmodels.names import word
from ui.viewmodels.text import UNKNOWN, clock
from ui.viewmodels.tone import LEVEL_WORDS, Tone
from ui.viewmodels.translation import said, tr

RAISED_COLUMNS = (
    Column("time", "{zone}", "▲ 88:88:88", Side.LEFT),
    Column("text", "Alert", "", Side.LEFT, width=110, grow=True),
    Column("late", "After", "888 ms"),
)

RULE_COLUMNS = (
    Column("what", "Watched", "", Side.LEFT, width=90, grow=True),
    Column("value", "Now", "88,888.8"),
    Column("state", "", "● watching", Side.LEFT),
)

SHAPES = {"danger": ("◆", Tone.DANGER), "warning": ("▲", Tone.WARNING), "info": ("●", Tone.TEXT2)}
"""Severity is told by shape and word, not by colour alone."""

SEVERITIES = {"danger": tr("DANGER"), "warning": tr("WARNING"), "info": tr("INFO")}

_STATES = {
    "WATCHING": (tr("● watching"), Tone.TEXT2),
    "RAISED": (tr("◆ holds"), Tone.WARNING),
    "DONE": (tr("✓ said"), Tone.MUTED),
    "BLIND": (tr("▲ BLIND"), Tone.DANGER),
}

_BY_RATE = frozenset({"spread", "funding", "distance"})


def unseen(frame: DeskFrame) -> list[AlertView]:
    """Return what nobody has acknowledged, newest first."""
    return [alert for alert in frame.alerts if not alert.seen]


def raised_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """Newest first; what was seen is muted."""
    return tuple(_raised_row(alert, frame.wall_ms) for alert in frame.alerts)


def _raised_row(alert: AlertView, wall_ms: int) -> Row:
    shape, tone = SHAPES.get(alert.severity, SHAPES["danger"])
    if alert.seen:
        tone = Tone.MUTED
    message = said(alert.message)
    text = f"{alert.alert}: {message}" if alert.alert else message
    moment = alert.event_ms + alert.latency_ms
    return Row(
        str(alert.number),
        (
            Cell(f"{shape} {clock(moment)}", tone, second=_age(wall_ms - moment, alert)),
            Cell(text, tone if alert.severity == "info" or alert.seen else Tone.TEXT),
            Cell(f"{alert.latency_ms} ms", Tone.MUTED),
        ),
    )


def _age(age_ms: int, alert: AlertView) -> str:
    how = tr("seen") if alert.seen else SEVERITIES.get(alert.severity, alert.severity.upper())
    seconds = max(0, age_ms) // 1_000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{how} {seconds // size} {unit}"
    return f"{how} {seconds // 10 * 10} s" if seconds >= 10 else tr("{how} now", how=how)


def rule_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """What is blind first, then what holds, then the rest as it was set."""
    order = ("BLIND", "RAISED", "WATCHING", "DONE")
    rules = sorted(frame.alert_rules, key=lambda rule: order.index(rule.state))
    return tuple(_rule_row(rule) for rule in rules)


def _rule_row(rule: AlertRuleView) -> Row:
    state, tone = _STATES.get(rule.state, (rule.state, Tone.DANGER))
    shown = rule.kind not in {"fill", "level"}
    return Row(
        rule.id,
        (
            Cell(_what(rule), Tone.MUTED if rule.state == "DONE" else Tone.TEXT),
            Cell(_figure(rule, rule.value) if shown else "", Tone.TEXT2),
            Cell(state, tone, strong=rule.state in {"BLIND", "RAISED"}),
        ),
    )


def _what(rule: AlertRuleView) -> str:
    level = LEVEL_WORDS.get(rule.level, rule.level)
    kind = word("stale mark" if rule.kind == "stale" else rule.kind)
    words = [rule.id, kind, rule.account or "", rule.instrument or "", level]
    if rule.above is not None:
        words += ["≥", _figure(rule, rule.above)]
    if rule.below is not None:
        words += ["≤", _figure(rule, rule.below)]
    words += [tr("repeats")] * rule.repeats + [tr("silent¦alert")] * (not rule.sound)
    words += [f"· {rule.note}"] * bool(rule.note)
    return " ".join(part for part in words if part)


def _figure(rule: AlertRuleView, value: Decimal | None) -> str:
    if value is None:
        return UNKNOWN
    if rule.kind in _BY_RATE:
        return f"{plain(round(value * 100, 4))}%"
    return f"{plain(value)} s" if rule.kind == "stale" else f"{value:,f}"


_BOUNDED = {
    "price above": (AlertKind.PRICE, "above"),
    "price below": (AlertKind.PRICE, "below"),
    "spread above": (AlertKind.SPREAD, "above"),
    "funding above": (AlertKind.FUNDING, "above"),
    "funding below": (AlertKind.FUNDING, "below"),
    "distance below": (AlertKind.DISTANCE, "below"),
}
_OTHERS = {
    "any fill": AlertKind.FILL,
    "level": AlertKind.LEVEL,
    "stale mark": AlertKind.STALENESS,
}
_OF_ACCOUNT = frozenset({AlertKind.DISTANCE, AlertKind.LEVEL})


def alert_form(
    frame: DeskFrame, instrument: str | None, price: Decimal | None = None, what: str = ""
) -> Form:
    """Return the form that sets an alert, filled in for an instrument and its present price."""
    instruments = tuple(market.instrument for market in frame.markets)
    chosen = instrument if instrument in instruments else next(iter(instruments), "")
    now = next((m.mark or m.last for m in frame.markets if m.instrument == chosen), None)
    bound = price if price is not None else now
    accounts = tuple(account.account for account in frame.accounts)
    if not what:
        rises = price is None or now is None or price >= now
        what = "price above" if rises else "price below"
    return Form(
        title=tr("Set an alert"),
        about=tr(
            "Rates and distances in per cent. A condition that holds already is raised at once. "
            "An alert that cannot see says that it is blind."
        ),
        entries=(
            Entry(key="what", label=tr("When"), value=what, choices=(*_BOUNDED, *_OTHERS)),
            Entry(key="instrument", label=tr("Instrument"), value=chosen, choices=instruments),
            Entry(key="account", label=tr("Account"), choices=accounts),
            Entry(
                key="bound",
                label=tr("Bound"),
                value="" if bound is None else plain(bound),
                is_figure=True,
            ),
            Entry(
                key="level",
                label=tr("Level"),
                value="MARGIN_CALL",
                choices=("WARNING", "MARGIN_CALL", "CLOSE_OUT"),
            ),
            Entry(key="note", label=tr("Note")),
            Entry(key="repeats", label=tr("again whenever it comes about"), is_tick=True),
            Entry(key="sound", label=tr("with a sound"), value="yes", is_tick=True),
        ),
        send=tr("Set the alert"),
        read=_read,
    )


def _read(values: Values, identity: str) -> SetAlert:
    what = values.get("what", "")
    kind, side = _BOUNDED.get(what, (None, ""))
    kind = kind or _OTHERS.get(what)
    if kind is None:
        raise FormError("what", tr("Choose what to watch for"))
    bound = _bound(values, kind) if side else None
    return SetAlert(
        id=identity,
        kind=kind,
        instrument=None if kind in _OF_ACCOUNT else values.get("instrument") or None,
        account=(values.get("account") or None) if kind in _OF_ACCOUNT else None,
        above=bound if side == "above" else None,
        below=bound if side == "below" else None,
        level=values.get("level", "") if kind is AlertKind.LEVEL else "",
        note=" ".join(values.get("note", "").split()),
        sound=bool(values.get("sound")),
        repeats=bool(values.get("repeats")),
    )


def _bound(values: Values, kind: AlertKind) -> Decimal:
    text = values.get("bound", "").replace("%", "")
    negative = kind is AlertKind.FUNDING
    found = amount({"bound": text}, "bound", tr("Bound"), negative=negative, zero=negative)
    return found if kind is AlertKind.PRICE else found / 100
