"""Account rows as the engine tells them: the figures of the risk report, before and after."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.margin.inputs import AccountFigures


def account_row(figures: AccountFigures) -> dict[str, Any]:
    """Return figures as the account row of the risk report."""
    row = msgspec.to_builtins(figures)
    del row["isolated"]  # each is a position of its own below
    row["common_move_to_close_out"] = row.pop("common_move_down")
    row["common_move_to_close_out_up"] = row.pop("common_move_up")
    for position in row["positions"]:
        position["mark_price"] = position.pop("mark")
    return row
