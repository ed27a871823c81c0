"""The columns of an exported blotter: their units in the header, numbers as plain decimals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from desk.engine.desk import HONG_KONG
from desk.io.csv_cells import number_cell, text_cell, value_cell
from desk.model.blotter import BlotterRow

HEADER = (
    "journal_row",
    "time_utc",
    "time_hkt",
    "kind",
    "about",
    "order_id",
    "account",
    "instrument",
    "side",
    "quantity_coins_or_contracts",
    "price_quote",
    "trigger_quote",
    "amount_asset",
    "asset",
    "text",
    "denial_codes",
    "denial_rules",
    "denial_origins",
    "mark_quote",
    "mark_age_ms",
    "profile",
    "profile_hash",
    "details_json",
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cells(row: BlotterRow) -> list[str]:
    """Return one line of the file."""
    details: dict[str, Any] = row.details
    moment = _EPOCH + timedelta(milliseconds=row.time_ms)
    return [
        number_cell(row.seq),
        moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        moment.astimezone(HONG_KONG).isoformat(timespec="milliseconds"),
        *(
            text_cell(text)
            for text in (
                row.kind,
                row.about,
                row.order_id,
                row.account,
                row.instrument,
                row.side,
            )
        ),
        *(number_cell(one) for one in (row.quantity, row.price, row.trigger, row.amount)),
        text_cell(row.asset),
        text_cell(row.text),
        text_cell(" ".join(one.code for one in row.denials)),
        text_cell(" ".join(one.rule for one in row.denials)),
        text_cell(" ".join(one.origin for one in row.denials)),
        value_cell(details.get("mark")),
        value_cell(details.get("mark_age_ms")),
        text_cell(_word(details.get("profile"))),
        text_cell(_word(details.get("profile_hash"))),
        text_cell(msgspec.json.encode(details).decode() if details else ""),
    ]


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
