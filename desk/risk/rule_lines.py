"""Where a portfolio document stands against every rule of its profile.

One line a rule, the worst case found: OK, WARN, BREACH, or UNKNOWN where the document has no
field for what the rule needs. A line carries the rule's own origin: a HOUSE number is never
attributed to a regulator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desk.risk.evaluation import Evaluation
from desk.risk.loan_rules import LOAN_CHECKS
from desk.risk.order_rules import ORDER_CHECKS
from desk.risk.perpetual_rules import PERPETUAL_CHECKS
from desk.risk.profile import Rule
from desk.risk.rule_line import Finding, RuleLine, fine, unknown

NO_FIELD = frozenset(
    {
        "alert.latency",
        "kill.on_disconnect",
        "kill.switch",
        "mm.affiliate_disclosure",
        "ord.max_messages",
        "ord.permission",
        "ord.repeat_throttle",
        "perp.closeout_sequence",
        "perp.convergence",
        "price.anomaly",
        "price.mark_sources",
        "rec.retention",
        "rule.override",
        "sc.depeg",
        "sc.licensed_issuer",
        "sc.redemption",
        "stmt.daily",
        "stmt.monthly",
        "tax.carf",
        "vaf.client_concentration",
        "vaf.loans_to_capital",
        "vaf.outage_contingency",
    }
)
"""Rules about sources, books, rates, people and procedures, which a portfolio does not hold."""

CHECKS: Mapping[str, Callable[[Evaluation, Rule], Finding]] = {
    **PERPETUAL_CHECKS,
    **ORDER_CHECKS,
    **LOAN_CHECKS,
}


def rule_lines(evaluation: Evaluation) -> list[RuleLine]:
    """Return a line for every rule of the profile, and for each parameter that is a limit."""
    lines: list[RuleLine] = []
    for rule in evaluation.situation.profile.rules():
        finding = _finding(evaluation, rule)
        if finding is not None:
            lines.append(
                RuleLine(
                    rule=rule.rule,
                    status=finding.status,
                    value=finding.value,
                    limit=finding.limit,
                    origin=rule.origin,
                    message=finding.message,
                )
            )
    return lines


def _finding(evaluation: Evaluation, rule: Rule) -> Finding | None:
    if rule.rule in CHECKS:
        return CHECKS[rule.rule](evaluation, rule)
    if rule.rule in NO_FIELD:
        return unknown("not in a document", rule)
    if rule.rule.count(".") > 1:
        return None  # a parameter, judged with its rule
    if rule.status == "off":
        return fine("Off: no limit is set.")
    return unknown("not in this version", rule)
