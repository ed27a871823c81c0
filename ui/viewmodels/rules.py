"""Rules as they stand now, overrides in force, and the forms that change either."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.risk_snapshot import OverrideView
from desk.engine.snapshot import DeskFrame, RuleView
from desk.model.commands import OverrideRule, SetDailyLoss
from desk.model.numbers import parse_decimal, plain
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.forms import Entry, Form, FormError, Values, amount, words
from ui.viewmodels.text import UNKNOWN, countdown_short, date_time, number, ratio, zone_name
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

RULE_COLUMNS = (
    Column("status", "Status", "■ BREACH", Side.LEFT),
    Column("rule", "Rule", "vaf.collateral_concentration", Side.LEFT),
    Column("value", "Value", "88,888.88", keep=2),
    Column("limit", "Limit", "88,888.88", keep=3),
    Column("origin", "Origin", "BENCHMARK", Side.LEFT, keep=4),
    Column("text", "As it stands", "", Side.LEFT, width=250, grow=True),
)

DAILY_LOSS = "risk.max_daily_loss"
SHARES = frozenset(
    {
        "vaf.margin_call",
        "vaf.collateral_concentration",
        "vaf.collateral_concentration.correlated_group",
        "vaf.securities_collateral_present",
        "vaf.client_concentration",
    }
)
"""Rules whose figures are shares of something."""
LEAST_REASON = 10
HOUR_MS = 3_600_000

_STATUS = {
    "OK": Cell(f"✓ {tr('OK')}", Tone.TEXT2),
    "WARN": Cell(f"▲ {tr('WARN')}", Tone.WARNING, strong=True),
    "BREACH": Cell(f"■ {tr('BREACH')}", Tone.DANGER, strong=True),
    "UNKNOWN": Cell(f"? {tr('UNKNOWN')}", Tone.WARNING),
}
_ORDER = {"BREACH": 0, "WARN": 1, "UNKNOWN": 2, "OK": 3}
OVERRIDE_KEY = "override "


def rule_rows(frame: DeskFrame) -> tuple[Row, ...]:
    """Overrides in force under their own heading, then the rules, the worst first."""
    overrides = [_override(one, frame.wall_ms) for one in frame.overrides]
    none = (Cell(tr("none: every rule holds as the profile has it"), Tone.MUTED),)
    head = Row("overrides", () if overrides else none, heading=tr("Overrides in force"))
    ordered = sorted(enumerate(frame.rules), key=lambda row: (_ORDER.get(row[1].status, 0), row[0]))
    rules = [_rule(place, rule) for place, rule in ordered]
    note = Cell(f"{frame.profile} {frame.profile_hash[:8]}", Tone.MUTED)
    return (head, *overrides, Row("rules", (note,), heading=tr("Rules now")), *rules)


def _override(one: OverrideView, wall_ms: int) -> Row:
    left = countdown_short(one.expires_ms - wall_ms)
    stands = tr(
        "{who}, until {time} ({left} left): {reason}",
        who=tr(" and ").join(one.names),
        time=f"{date_time(one.expires_ms)} {zone_name()}",
        left=left,
        reason=one.reason,
    )
    return Row(
        f"{OVERRIDE_KEY}{one.rule}",
        (
            Cell(f"▲ {tr('SET ASIDE')}", Tone.WARNING, strong=True),
            _named(one.rule, Tone.TEXT, strong=True),
            Cell(_number(plain(one.value), one.rule), Tone.WARNING, strong=True),
            Cell(_number(plain(one.normal), one.rule), Tone.MUTED),
            Cell(tr("BENCHMARK"), Tone.MUTED),
            Cell(stands, Tone.TEXT),
        ),
    )


def _rule(place: int, rule: RuleView) -> Row:
    calm = rule.status == "OK"
    return Row(
        f"{place} {rule.rule}",
        (
            _STATUS.get(rule.status, Cell(rule.status, Tone.DANGER, strong=True)),
            _named(rule.rule, Tone.TEXT2 if calm else Tone.TEXT, strong=not calm),
            _value(rule.value, rule.rule),
            _value(rule.limit, rule.rule),
            Cell(said(rule.origin), Tone.MUTED),
            Cell(said(rule.message), Tone.TEXT2 if calm else Tone.TEXT),
        ),
    )


def _named(rule: str, tone: Tone, *, strong: bool) -> Cell:
    """A rule by its id; what is behind a second dot stands below."""
    parts = rule.split(".", 2)
    second = f".{parts[2]}" if len(parts) > 2 else ""
    return Cell(".".join(parts[:2]), tone, strong, second=second)


def _value(text: str | None, rule: str) -> Cell:
    return Cell(UNKNOWN, Tone.MUTED) if text is None else Cell(_number(text, rule))


def _number(text: str, rule: str = "") -> str:
    """A share in percent, else at most four decimals: the exact number is the report's."""
    value = parse_decimal(text)
    if value is None:
        return text
    if rule in SHARES:
        return ratio(value)
    return number(value, min(4, len(text.partition(".")[2])))


def rule_of(key: str) -> str:
    """The rule that a row is about; empty for a heading."""
    return key.partition(" ")[2]


def is_override(key: str) -> bool:
    """Whether a row is an override in force."""
    return key.startswith(OVERRIDE_KEY)


def daily_loss_words(frame: DeskFrame) -> str:
    """What a day may lose, as the rules say it."""
    found = next((rule for rule in frame.rules if rule.rule == DAILY_LOSS), None)
    if found is None:
        return tr("Daily loss limit: off")
    if found.limit is None:
        return tr("Daily loss limit: off")
    return tr("Daily loss limit: {limit} USD", limit=_number(found.limit))


# ---- forms ---------------------------------------------------------------------------------------


def override_form(frame: DeskFrame, rule: str) -> Form:
    """Two people set a benchmark aside until a moment."""
    wall_ms = frame.wall_ms

    def read(values: Values, identity: str) -> OverrideRule:
        name = words(values, "rule", tr("Rule"))
        value = amount(values, "value", tr("Number instead"), zero=True)
        hours = amount(values, "hours", tr("For"))
        reason = words(values, "reason", tr("Reason"), LEAST_REASON)
        first, second = _two(values)
        return OverrideRule(
            id=identity,
            rule=name,
            value=value,
            reason=reason,
            first_name=first,
            second_name=second,
            expires_ms=wall_ms + _milliseconds(hours),
        )

    benchmarks = [one.rule for one in frame.rules if one.origin == "BENCHMARK"]
    chosen = rule if rule in benchmarks else next(iter(benchmarks), rule)
    return Form(
        title=tr("Set a rule aside"),
        about=tr(
            "Only a BENCHMARK can be set aside, by two different people, for a time; never what "
            "the SFC or a law asks. It is journaled with both names."
        ),
        entries=(
            Entry(key="rule", label=tr("Rule"), value=chosen),
            Entry(key="value", label=tr("Number instead"), is_figure=True),
            Entry(key="hours", label=tr("For"), value="4", unit=tr("hours"), is_figure=True),
            *_signatures(),
        ),
        send=tr("Set it aside"),
        read=read,
        is_danger=True,
    )


def take_back_form(one: OverrideView) -> Form:
    """The same two signatures end an override before its time."""

    def read(values: Values, identity: str) -> OverrideRule:
        first, second = _two(values)
        return OverrideRule(
            id=identity,
            rule=one.rule,
            value=None,
            reason=words(values, "reason", tr("Reason"), LEAST_REASON),
            first_name=first,
            second_name=second,
            expires_ms=one.expires_ms,
        )

    return Form(
        title=tr("Take an override back"),
        about=tr(
            "{rule}: {value} goes back to {normal}.",
            rule=one.rule,
            value=plain(one.value),
            normal=plain(one.normal),
        ),
        entries=_signatures(),
        send=tr("Take it back"),
        read=read,
    )


def daily_loss_form(frame: DeskFrame) -> Form:
    """What a day may lose: one person makes it less, two make it more or take it away."""

    def read(values: Values, identity: str) -> SetDailyLoss:
        off = not values.get("limit", "").strip()
        first = words(values, "first", tr("First name"))
        second = " ".join(values.get("second", "").split())
        if second.casefold() == first.casefold():
            raise FormError("second", tr("Two different people stand behind this"))
        return SetDailyLoss(
            id=identity,
            limit=None if off else amount(values, "limit", tr("Limit")),
            first_name=first,
            second_name=second,
            reason=words(values, "reason", tr("Reason"), LEAST_REASON),
        )

    found = next((rule for rule in frame.rules if rule.rule == DAILY_LOSS), None)
    limit = "" if found is None or found.limit is None else found.limit
    return Form(
        title=tr("Daily loss limit"),
        about=tr(
            "Beyond it the desk only reduces until the next day in Hong Kong. One person makes it "
            "less, two make it more or take it away; empty means that none holds."
        ),
        entries=(
            Entry(key="limit", label=tr("Limit"), value=limit, unit="USD", is_figure=True),
            *_signatures(),
        ),
        send=tr("Set the limit"),
        read=read,
    )


def _signatures() -> tuple[Entry, ...]:
    return (
        Entry(key="reason", label=tr("Reason")),
        Entry(key="first", label=tr("First name")),
        Entry(key="second", label=tr("Second name")),
    )


def _two(values: Values) -> tuple[str, str]:
    first = words(values, "first", tr("First name"))
    second = words(values, "second", tr("Second name"))
    if first.casefold() == second.casefold():
        raise FormError("second", tr("Two different people stand behind this"))
    return first, second


def _milliseconds(hours: Decimal) -> int:
    if hours > 24 * 366:
        raise FormError("hours", tr("For: expected at most a year"))
    return int(hours * HOUR_MS)
