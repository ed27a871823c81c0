"""The console's command lines, as commands. Pure text in, values out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from desk.cli import (
    alert_grammar,
    foresight_grammar,
    loan_grammar,
    oco_grammar,
    order_grammar,
    program_grammar,
)
from desk.cli.rule_grammar import read_daily_loss, read_override
from desk.cli.words import LineError, Words
from desk.model.commands import (
    AccountCommand,
    AcknowledgeDisclosure,
    AddMargin,
    AnyCommand,
    Ask,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    PreviewChange,
    PreviewOrder,
    Rearm,
    SetClient,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.numbers import parse_decimal
from desk.model.order_commands import Previewable
from desk.model.orders import MarginMode

DEFAULT_ACCOUNT = "perp-1"
QUESTIONS = {"status", "positions", "orders", "risk", "rules", "sync"}


class Wait(msgspec.Struct, frozen=True):
    """Answer when each instrument has a fresh mark and a synced book."""

    instruments: tuple[str, ...]
    seconds: Decimal


class ReadClient(msgspec.Struct, frozen=True):
    """Set the client record from a file."""

    path: str
    id: str


class ReadPortfolio(msgspec.Struct, frozen=True):
    """Watch the accounts of a portfolio document, from a file."""

    path: str
    id: str


Parsed = AnyCommand | Wait | ReadClient | ReadPortfolio


def parse(line: str, new_id: str) -> Parsed:
    """Read one line; `new_id` names the command where the line gives no id.

    Raises LineError with what was expected and found.
    """
    return read(Words(line), new_id)


def read(words: Words, new_id: str) -> Parsed:
    """Read the words of one line; the error says where."""
    try:
        return _read(words, new_id)
    except LineError as error:
        error.column = words.column if error.column is None else error.column
        raise


def _read(words: Words, new_id: str) -> Parsed:
    verb = words.take("a command").lower()
    if verb in QUESTIONS:
        words.end()
        return Ask(about=verb)
    reader = _READERS.get(verb)
    if reader is None:
        raise LineError(f"one of {', '.join(VERBS)}", f"“{verb}”")
    command_id = words.option("id") or new_id
    command = reader(verb, words, command_id)
    words.end()
    return command


def _close(verb: str, words: Words, command_id: str) -> ClosePosition:
    del verb
    account = words.option("account")
    instrument = words.take("an instrument")
    share = words.maybe("a percentage") or "100%"
    number = parse_decimal(share.removesuffix("%"))
    if number is None or not share.endswith("%"):
        raise LineError("a percentage such as 50%", f"“{share}”")
    return ClosePosition(
        id=command_id, instrument=instrument, fraction=number / 100, account=account
    )


def _flatten(verb: str, words: Words, command_id: str) -> Flatten:
    del verb, words
    return Flatten(id=command_id)


def _kill(verb: str, words: Words, command_id: str) -> Kill:
    del verb
    everything = words.flag("all")
    # Unquoted words are a reason too: whoever kills must not be asked for quotes.
    return Kill(id=command_id, reason=words.rest(), everything=everything)


def _rearm(verb: str, words: Words, command_id: str) -> Rearm:
    del verb
    name = words.take("a name")
    reason = words.take("a reason in quotes")
    second = words.take("a second name") if words else None
    return Rearm(id=command_id, name=name, reason=reason, second_name=second)


def _leverage(verb: str, words: Words, command_id: str) -> SetLeverage:
    del verb
    account = words.option("account")
    return SetLeverage(
        id=command_id,
        account=account,
        instrument=words.take("an instrument"),
        leverage=words.number("a leverage"),
    )


def _mode(verb: str, words: Words, command_id: str) -> SetMarginMode:
    del verb
    account = words.option("account")
    instrument = words.take("an instrument")
    mode = words.take("isolated or cross").lower()
    if mode not in {"isolated", "cross"}:
        raise LineError("isolated or cross", f"“{mode}”")
    return SetMarginMode(
        id=command_id, account=account, instrument=instrument, mode=MarginMode(mode)
    )


def _margin(verb: str, words: Words, command_id: str) -> AddMargin:
    del verb
    account = words.option("account")
    return AddMargin(
        id=command_id,
        account=account,
        instrument=words.take("an instrument"),
        amount=words.number("an amount such as +500"),
    )


def _deposit(verb: str, words: Words, command_id: str) -> Deposit:
    del verb
    account, quantity, asset = _money(words)
    return Deposit(id=command_id, account=account, asset=asset, quantity=quantity)


def _withdraw(verb: str, words: Words, command_id: str) -> Withdraw:
    del verb
    account, quantity, asset = _money(words)
    return Withdraw(id=command_id, account=account, asset=asset, quantity=quantity)


def _money(words: Words) -> tuple[str, Decimal, str]:
    account = words.option("account") or DEFAULT_ACCOUNT
    return account, words.number("an amount"), words.take("an asset").upper()


def _transfer(verb: str, words: Words, command_id: str) -> Transfer:
    del verb
    quantity = words.number("an amount")
    asset = words.take("an asset").upper()
    return Transfer(
        id=command_id,
        quantity=quantity,
        asset=asset,
        source=words.take("the account it leaves"),
        target=words.take("the account it reaches"),
    )


def _client(verb: str, words: Words, command_id: str) -> Parsed:
    del verb
    action = words.take("show, set or clear").lower()
    match action:
        case "show":
            return Ask(about="client")
        case "clear":
            return SetClient(id=command_id, record=None)
        case "set":
            return ReadClient(path=words.take("a file"), id=command_id)
        case _:
            raise LineError("show, set or clear", f"“{action}”")


def _import(verb: str, words: Words, command_id: str) -> ReadPortfolio:
    del verb
    return ReadPortfolio(path=words.take("a file"), id=command_id)


def _acknowledge(verb: str, words: Words, command_id: str) -> AcknowledgeDisclosure:
    del verb
    return AcknowledgeDisclosure(id=command_id, disclosure=words.take("INSTRUMENT@VERSION"))


def _preview(verb: str, words: Words, command_id: str) -> AnyCommand:
    del verb
    what = words.take("what to preview").lower()
    if what in ORDERS:
        return PreviewOrder(id=command_id, order=ORDERS[what](what, words, command_id))
    if what not in CHANGES:
        raise LineError(f"one of {', '.join(PREVIEWED)}", f"“{what}”")
    return PreviewChange(id=command_id, change=CHANGES[what](what, words, command_id))


def _disclosure(verb: str, words: Words, command_id: str) -> Ask:
    del command_id
    return Ask(about=verb, of=words.take("an instrument"))


def _wait(verb: str, words: Words, command_id: str) -> Wait:
    del verb, command_id
    instruments = [words.take("an instrument")]
    seconds = Decimal(30)
    while words:
        word = words.take("an instrument or seconds")
        number = parse_decimal(word)
        if number is not None:
            seconds = number
            break
        instruments.append(word)
    return Wait(tuple(instruments), seconds)


ORDERS: dict[str, Callable[[str, Words, str], Previewable]] = {
    "buy": order_grammar.order,
    "sell": order_grammar.order,
    "oco": oco_grammar.oco,
    "ladder": program_grammar.ladder,
    "twap": program_grammar.twap,
    "reverse": program_grammar.reverse,
}
"""What sends orders, and can be previewed."""

CHANGES: dict[str, Callable[[str, Words, str], AccountCommand]] = {
    "leverage": _leverage,
    "mode": _mode,
    "margin": _margin,
    "withdraw": _withdraw,
    "transfer": _transfer,
}
"""What changes the terms of an account, and can be previewed."""

PREVIEWED = (*ORDERS, *CHANGES)

_READERS = {
    "buy": order_grammar.order,
    "sell": order_grammar.order,
    "preview": _preview,
    "oco": oco_grammar.oco,
    "amend": order_grammar.amend,
    "close": _close,
    "flatten": _flatten,
    "kill": _kill,
    "rearm": _rearm,
    "deposit": _deposit,
    "client": _client,
    "import": _import,
    "acknowledge": _acknowledge,
    "override": read_override,
    "daily-loss": read_daily_loss,
    "disclosure": _disclosure,
    "wait": _wait,
    **CHANGES,
    **loan_grammar.READERS,
    **foresight_grammar.READERS,
    **alert_grammar.READERS,
    **program_grammar.READERS,
}

VERBS = tuple(sorted([*_READERS, *QUESTIONS]))
"""What a line may begin with."""
