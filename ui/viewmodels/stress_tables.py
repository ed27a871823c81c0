"""Stress by basis and by depeg of a stablecoin, in rows."""

from __future__ import annotations

from decimal import Decimal

from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.stress import Columns, StressAnswer
from ui.viewmodels.text import UNKNOWN, change, money, ratio, signed
from ui.viewmodels.tone import LEVEL_TONES, LEVEL_WORDS, Tone, of_profit
from ui.viewmodels.translation import tr

SHOCK_COLUMNS = (
    Column("shock", tr("Shock"), "FDUSD −20%", Side.LEFT, grow=True),
    Column("equity", tr("Equity change"), "−88,888,888", keep=5),
    Column("value", tr("Collateral value"), "88,888,888", keep=4),
    Column("required", tr("Required"), "88,888,888", keep=3),
    Column("used", tr("Utilization"), "888.8%"),
    Column("ratio", tr("Margin ratio"), "888.88%"),
    Column("level", tr("Level"), "◆ MARGIN CALL", Side.LEFT),
)

SIGNS = {"NORMAL": "✓", "WARNING": "▲", "MARGIN_CALL": "◆", "CLOSE_OUT": "■", "UNKNOWN": "?"}


def basis_rows(answer: StressAnswer) -> tuple[Row, ...]:
    """Perpetuals against their index, by the shock of the basis."""
    said = tr("Perpetuals move against their index; what coins are worth stands still")
    return (
        Row("basis", (), heading=said),
        *(
            _row(f"basis {place}", _percent(shock), answer.basis, place)
            for place, shock in enumerate(answer.basis.shock)
        ),
    )


def depeg_rows(answer: StressAnswer) -> tuple[Row, ...]:
    """A heading for each stablecoin that the account hangs on, then its falls."""
    rows: list[Row] = []
    for place, (coin, shock) in enumerate(zip(answer.depeg.asset, answer.depeg.shock, strict=True)):
        if not place or answer.depeg.asset[place - 1] != coin:
            said = tr("{coin} is worth less; marks quoted in it rise as they would", coin=coin)
            rows.append(Row(f"coin {coin}", (), heading=said))
        rows.append(_row(f"{coin} {place}", f"{coin} {_percent(shock)}", answer.depeg, place))
    return tuple(rows)


def _row(key: str, name: str, columns: Columns, place: int) -> Row:
    level = columns.level[place]
    tone = LEVEL_TONES.get(level, Tone.DANGER)
    moved = _decimal(columns.equity_change[place])
    return Row(
        key,
        (
            Cell(name, Tone.TEXT, strong=True),
            Cell(signed(moved), of_profit(moved)),
            _figure(money(_decimal(columns.value[place]))),
            _figure(money(_decimal(columns.required[place]))),
            Cell(_share(columns.utilization[place], level), tone, strong=True),
            _figure(_share(columns.margin_ratio[place], level)),
            Cell(f"{SIGNS.get(level, '■')} {LEVEL_WORDS.get(level, level)}", tone),
        ),
    )


def _figure(text: str) -> Cell:
    return Cell(text, Tone.MUTED if text == UNKNOWN else Tone.TEXT2)


def _share(value: float | None, level: str) -> str:
    return "> 999%" if value is None and level == "CLOSE_OUT" else ratio(_decimal(value))


def _percent(shock: float) -> str:
    return change(Decimal(repr(shock)), 0)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))
