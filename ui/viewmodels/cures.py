"""Ways out of a margin call, as the desk found them: the cheapest first, those not enough last."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from desk.model.numbers import parse_decimal
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.text import ARROW, UNKNOWN, money, number, ratio, symbol
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr

CURE_COLUMNS = (
    Column("action", "What to do", "Reduce BTCUSDT-PERP by 888.888", Side.LEFT, grow=True),
    Column("cost", "Cost", "888,888"),
    Column("ratio", "Ratio after", "888.8%"),
    Column("used", "Utilization after", "888.8%"),
    Column("enough", "", "not enough alone", Side.LEFT),
)

_VERBS = {
    "add_cash": tr("Add {quantity} {what}"),
    "add_collateral": tr("Add {quantity} {what} as collateral"),
    "add_margin": tr("Add {quantity} of margin to {what}"),
    "reduce": tr("Reduce {what} by {quantity}"),
    "repay": tr("Repay {quantity} {what}"),
    "pledge": tr("Pledge {quantity} {what}"),
}

PREPARED = frozenset({"reduce", "repay", "pledge", "add_cash", "add_collateral"})
"""Kinds for which the window can fill in a ticket or a form."""


class Cure(msgspec.Struct, frozen=True):
    """One way out."""

    account: str
    kind: str
    what: str
    """Asset or instrument."""
    quantity: str
    cost: Decimal | None
    ratio_after: Decimal | None
    used_after: Decimal | None
    is_enough: bool

    def is_same(self, other: Cure) -> bool:
        """Whether it is the same way out, be it by another quantity."""
        mine, theirs = (self.account, self.kind, self.what), (other.account, other.kind, other.what)
        return mine == theirs

    def words(self) -> str:
        """What to do, in a sentence."""
        shown = _grouped(self.quantity)
        verb = _VERBS.get(self.kind, f"{self.kind} {{quantity}} {{what}}")
        return verb.format(what=symbol(self.what), quantity=shown)


def cures_of(data: Mapping[str, Any]) -> tuple[Cure, ...]:
    """Read the desk's answer."""
    actions = data.get("actions", [])
    return tuple(_cure(action) for action in actions)


def _cure(action: Mapping[str, Any]) -> Cure:
    return Cure(
        account=str(action["account"]),
        kind=str(action["kind"]),
        what=str(action["asset_or_instrument"]),
        quantity=str(action["quantity"]),
        cost=_figure(action.get("cost")),
        ratio_after=_figure(action.get("margin_ratio_after")),
        used_after=_figure(action.get("utilization_after")),
        is_enough=bool(action["sufficient"]),
    )


class SmallestCure(msgspec.Struct, frozen=True):
    """The desk's first way out in a few words."""

    account: str
    head: str
    what: str
    cost: str
    options: str
    cure: Cure | None
    """What the ticket or a form can be filled in with; None: nothing."""


def smallest_cure(cures: tuple[Cure, ...], account: str) -> SmallestCure:
    """The first that cures alone; without one the first there is, which then says so."""
    chosen = next((one for one in cures if one.is_enough), next(iter(cures), None))
    if chosen is None:
        said = tr("none is known")
        return SmallestCure(account, tr("Smallest cure of {account}", account=account),
                            said, "", "", None)  # fmt: skip
    count = len(cures)
    head = tr("Smallest cure of {account} → {used}", account=account, used=ratio(chosen.used_after))
    not_enough = "" if chosen.is_enough else f" · {tr('not enough alone')}"
    return SmallestCure(
        account=account,
        head=head,
        what=f"{chosen.words()}{not_enough}",
        cost=_cost_words(chosen.cost),
        options=tr("{count} options", count=count) if count > 1 else "",
        cure=chosen if chosen.kind in PREPARED else None,
    )


class CureLine(msgspec.Struct, frozen=True):
    """One way out among others."""

    words: str
    second: str
    after: str
    tone: Tone


def cure_lines(cures: tuple[Cure, ...]) -> tuple[CureLine, ...]:
    """Each with what it costs, or that it is not enough, and the utilization it leaves."""
    return tuple(
        CureLine(
            words=cure.words(),
            second=_cost_words(cure.cost) if cure.is_enough else tr("not enough alone"),
            after=f"{ARROW} {ratio(cure.used_after)}",
            tone=Tone.TEXT2 if cure.is_enough else Tone.WARNING,
        )
        for cure in cures
    )


def _cost_words(cost: Decimal | None) -> str:
    """An unknown cost is none that there is not."""
    if cost is None:
        return tr("cost {cost}", cost=UNKNOWN)
    return tr("cost {cost}", cost=money(cost)) if cost else tr("no cost")


def cure_rows(cures: tuple[Cure, ...]) -> tuple[Row, ...]:
    """Rows in the desk's order."""
    return tuple(_row(place, cure) for place, cure in enumerate(cures))


def _row(place: int, cure: Cure) -> Row:
    tone = Tone.TEXT if cure.is_enough else Tone.MUTED
    enough = Cell(tr("cures it"), Tone.TEXT2)
    if not cure.is_enough:
        enough = Cell(tr("not enough alone"), Tone.WARNING)
    return Row(
        str(place),
        (
            Cell(cure.words(), tone, strong=cure.is_enough),
            Cell(money(cure.cost, 2) if cure.cost is not None else UNKNOWN, tone),
            Cell(ratio(cure.ratio_after), tone),
            Cell(ratio(cure.used_after), tone),
            enough,
        ),
    )


def empty_words(account: str) -> str:
    """What an answer without actions means."""
    return tr("{account} needs no cure now, or what it would take is unknown.", account=account)


def _figure(value: object) -> Decimal | None:
    return parse_decimal(value) if isinstance(value, str) else None


def _grouped(text: str) -> str:
    value = parse_decimal(text)
    if value is None:
        return text
    places = value.as_tuple().exponent
    return number(value, max(0, -places) if isinstance(places, int) else 0)
