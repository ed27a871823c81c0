"""Looking ahead from the live desk: stress, rehearsal, cures, carry, and how a figure came about.

Worked out only when somebody asks, by the code that answers for a portfolio document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from desk.engine.book_walk import walk_price
from desk.engine.carry import carry
from desk.engine.desk import Desk
from desk.engine.live_situation import live_situation, notes
from desk.engine.plan import refuse
from desk.engine.watched_situation import watched_situation
from desk.model.commands import Ask
from desk.model.instrument import Instrument
from desk.model.orders import Side
from desk.risk.close_out_step import PriceFor
from desk.risk.cure import cures
from desk.risk.cure_action import Action
from desk.risk.evaluation import evaluate
from desk.risk.explain import explain
from desk.risk.fill_price import price_beside_mark
from desk.risk.rehearse import rehearse_report
from desk.risk.rule_lines import rule_lines
from desk.risk.shock import wrong_move
from desk.risk.situation import Situation


def foresee(desk: Desk, asked: Ask) -> dict[str, Any]:
    """Answer a question of `QUESTIONS`; raise Refusal for what there is none of.

    Stress and rehearsal of what is watched stand apart, under `watched`: it is not this desk's
    money.
    """
    found = QUESTIONS[asked.about](desk, asked)
    return {**found, "notes": [*found.get("notes", ()), *_doubts(desk), *notes(desk)]}


def _doubts(desk: Desk) -> list[str]:
    """Name the marks that are not of now: what is foreseen from them may be long past."""
    accounts = [account.id for account in desk.state.accounts.values() if not account.watched]
    needed = sorted({name for account in accounts for name in desk.needed_marks(account)})
    return [
        f"The mark of {name} is {quality}: figures that stand on it are not of now."
        for name in needed
        if (quality := desk.quality(name)) != "LIVE"
    ]


def _stress(desk: Desk, asked: Ask) -> dict[str, Any]:
    """Of the whole desk; `of` names one account, whose map a window may ask for every second."""
    if asked.of:
        _check_account(desk, asked.of)
        from desk.engine.account_stress import account_stress

        return account_stress(desk, asked.of)
    from desk.risk.stress import stress_report  # numpy: not before somebody asks

    situation = live_situation(desk)
    currency = situation.portfolio.currency
    found: dict[str, Any] = {"currency": currency, **stress_report(situation)}
    if any(row["asset"] == currency for row in found["depeg"]):
        said = f"Equity is counted in {currency}, also where {currency} itself falls to less."
        found["notes"] = [said]
    watched = watched_situation(desk)
    return found if watched is None else {**found, "watched": stress_report(watched)}


def _rehearse(desk: Desk, asked: Ask) -> dict[str, Any]:
    for coin, move in asked.shocks.items():
        wrong = wrong_move(coin, move)
        if wrong:
            raise refuse("NO_MOVE", wrong)
    situation, watched = live_situation(desk), watched_situation(desk)

    def rehearsed(situation: Situation) -> dict[str, Any]:
        preference = desk.state.close_out_orders
        return rehearse_report(
            situation, asked.shocks, lambda after: _book_price(desk, after), preference
        )

    found: dict[str, Any] = {"currency": situation.portfolio.currency, **rehearsed(situation)}
    if not found["steps"]:
        found["notes"] = ["The desk would close out nothing at these prices."]
    return found if watched is None else {**found, "watched": rehearsed(watched)}


def _book_price(desk: Desk, after: Situation) -> PriceFor:
    """Return prices as far from the shocked marks as the book of now is from the marks of now.

    Where there is no book, what is assumed of a document.
    """
    beside = price_beside_mark(after.portfolio.marks)

    def price(
        instrument: Instrument, side: Side, quantity: Decimal, taken: Decimal
    ) -> Decimal | None:
        now, mark = desk.mark(instrument.id), after.portfolio.marks.get(instrument.id)
        walked = walk_price(desk, instrument, side, quantity, taken)
        if walked is None or not now or mark is None:
            return beside(instrument, side, quantity, taken)
        return walked * mark / now

    return price


def _cure(desk: Desk, asked: Ask) -> dict[str, Any]:
    _check_account(desk, asked.of)
    found: list[Action] = []
    for situation in (live_situation(desk), watched_situation(desk)):
        if situation is not None:
            found += cures(evaluate(situation), _book_price(desk, situation), asked.of)
    return {"actions": [action.row() for action in found]}


def _explain(desk: Desk, asked: Ask) -> dict[str, Any]:
    evaluation = evaluate(live_situation(desk))
    found = {**_watched_figures(desk), **explain(evaluation, rule_lines(evaluation))}
    if not asked.of:
        return {"explain": found}
    if asked.of not in found:
        owner = asked.of.partition(".")[0]
        near = [figure for figure in found if figure.startswith(f"{owner}.")]
        known = near or sorted({figure.partition(".")[0] for figure in found})
        said = f"There is no figure {asked.of}; there are {', '.join(known)}."
        raise refuse("UNKNOWN_FIGURE", said)
    return {"explain": {asked.of: found[asked.of]}}


def _watched_figures(desk: Desk) -> dict[str, Any]:
    """Return how the figures of watched accounts came about; they have no part in a total."""
    situation = watched_situation(desk)
    if situation is None:
        return {}
    names = tuple(f"{account.id}." for account in situation.portfolio.accounts)
    found = explain(evaluate(situation), [])
    return {figure: row for figure, row in found.items() if figure.startswith(names)}


def _carry(desk: Desk, asked: Ask) -> dict[str, Any]:
    _check_account(desk, asked.of)
    return carry(desk, asked.of)


def _check_account(desk: Desk, name: str) -> None:
    if name and name not in desk.state.accounts:
        raise refuse("ACCOUNT", f"There is no account {name}.")


QUESTIONS: Mapping[str, Callable[[Desk, Ask], dict[str, Any]]] = {
    "stress": _stress,
    "rehearse": _rehearse,
    "cure": _cure,
    "explain": _explain,
    "carry": _carry,
}
