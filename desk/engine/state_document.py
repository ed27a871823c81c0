"""What the journal determines, as plain values to be compared and hashed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from desk.model.numbers import plain

if TYPE_CHECKING:
    from desk.engine.state import DeskState


def few(state: DeskState) -> dict[str, Any]:
    """Return all but what grows with every order, as sorted plain values."""
    return {
        "balances": state.ledger.document(),
        "positions": {
            f"{account} {instrument}": [
                plain(position.quantity),
                plain(position.cost),
                plain(position.realized_pnl),
                plain(position.charges),
            ]
            for (account, instrument), position in sorted(state.positions.items())
        },
        "brackets": dict(sorted(state.brackets.document().items())),
        "turns": dict(sorted(state.turns.items())),
        "latches": msgspec.to_builtins(dict(sorted(state.latches.items()))),
        "settings": {
            f"{account} {instrument}": [
                plain(state.leverages.get((account, instrument), Decimal(0))),
                state.mode(account, instrument).value,
            ]
            for account, instrument in sorted({*state.leverages, *state.modes})
        },
        "client": None if state.client is None else msgspec.to_builtins(state.client),
        "disclosures": sorted(state.disclosures),
        "levels": dict(sorted(state.levels.items())),
        "calls": dict(sorted(state.called_since_ms.items())),
        "funded": {
            f"{account} {instrument}": state.funded_until_ms(account, instrument)
            for account, instrument in sorted({*state.funded_ms, *state.opened_ms})
        },
        "lending": state.lending.document(),
        "close_outs": {
            f"{account} {instrument or 'pool'}": msgspec.to_builtins(one)
            for (account, instrument), one in sorted(
                state.close_outs.items(), key=lambda item: item[1].number
            )
        },
        "liquidations": [
            state.liquidations,
            [msgspec.to_builtins(one) for _, one in sorted(state.liquidating.items(), key=str)],
        ],
        "close_out_orders": dict(sorted(state.close_out_orders.items())),
        "rules": state.rules.document(),
        "programs": state.programs.document(),
        "alerts": state.alerts.document(),
        "imported": None if state.imported is None else msgspec.to_builtins(state.imported),
    }
