"""`desk rules show|check PROFILE`: the rules of a profile, by name or from a file.

`show` writes every rule with its origin; `check` says whether the desk would take the profile,
and exits 1 when it would not.
"""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

from desk.cli.arguments import Arguments
from desk.cli.documents import EXIT_NO, EXIT_OK, read, write
from desk.cli.shipped import profile_text, shipped_profile
from desk.model.errors import InputError
from desk.model.numbers import plain
from desk.risk.profile import Profile, Rule
from desk.risk.profile_file import ProfileRefused, load_profile


def run(argv: list[str]) -> int:
    """Carry out the command; raises InputError for what is no profile at all."""
    parser = Arguments("desk rules", "Show or check a rule profile.")
    parser.add_argument("action", choices=("show", "check"))
    parser.add_argument("profile", metavar="PROFILE", help="a shipped name, or a TOML file")
    arguments = parser.parse_args(argv)
    if arguments.action == "show":
        write(_shown(_load(arguments.profile)))
        return EXIT_OK
    try:
        profile = _load(arguments.profile)
    except ProfileRefused as refused:
        write(
            {
                "accepted": False,
                "profile": arguments.profile,
                "hash": None,
                "refusal": {
                    "field": refused.field,
                    "expected": refused.expected,
                    "found": refused.found,
                },
            }
        )
        return EXIT_NO
    write({"accepted": True, "profile": profile.name, "hash": profile.hash, "refusal": None})
    return EXIT_OK


def _load(named: str) -> Profile:
    profile = shipped_profile(named)
    if profile is not None:
        return profile
    if not os.path.exists(named):
        raise InputError(
            source="desk rules", expected="the name of a shipped profile, or a file", found=named
        )
    return load_profile(read(named), named, profile_text)


def _shown(profile: Profile) -> dict[str, Any]:
    rules = profile.rules()
    return {
        "profile": profile.name,
        "title": profile.title,
        "hash": profile.hash,
        "rows": [_row(rule) for rule in rules],
        "later": [rule.rule for rule in rules if rule.status == "later"],
        "off": [rule.rule for rule in rules if rule.status == "off"],
    }


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "value": _plain(rule.value),
        "unit": rule.unit,
        "origin": rule.origin,
        "source": rule.source,
        "as_of": rule.as_of.isoformat(),
        "floor": _plain(rule.floor),
        "ceiling": _plain(rule.ceiling),
        "overridable": rule.overridable,
        "action": rule.action,
    }


def _plain(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else value
