"""Commands on their way in: identity first, then the decider of each kind."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from desk.engine import (
    account_changes,
    alert_setting,
    amending,
    cancelling,
    daily_loss,
    financing,
    guarding,
    importing,
    ladders,
    lending_terms,
    money,
    oco,
    ordering,
    overriding,
    programs,
    questions,
    reducing,
    reversing,
    setting,
    twaps,
)
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.execution_state import unknown_orders
from desk.engine.message import Given
from desk.engine.plan import Plan, Refusal, digest, refuse
from desk.engine.readable import unreadable
from desk.model.commands import (
    AcknowledgeAlert,
    AcknowledgeDisclosure,
    AddMargin,
    AmendOrder,
    AnyCommand,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Draw,
    Flatten,
    Heartbeat,
    ImportAccounts,
    Kill,
    NextFrame,
    OverrideRule,
    Pledge,
    PledgeSecurities,
    PreviewChange,
    PreviewOrder,
    Rearm,
    RemoveAlert,
    Repay,
    ReversePosition,
    SetAlert,
    SetClient,
    SetCloseOutOrder,
    SetCreditLimit,
    SetDailyLoss,
    SetExchangeRate,
    SetFirmCapital,
    SetLeverage,
    SetMarginMode,
    SubmitLadder,
    SubmitOco,
    SubmitOrder,
    SubmitTwap,
    Transfer,
    WindowClosing,
    WindowFailed,
    Withdraw,
)
from desk.model.events import Acknowledged, Alerted, Answered, ClosingAsked, Denied
from desk.risk.denial import attributed


class Intake:
    """Turns a command into a plan: an acknowledgement, a denial, or an answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._deciders: dict[type[AnyCommand], Callable[..., None]] = {
            Deposit: money.deposit,
            Withdraw: account_changes.carry_out,
            Transfer: account_changes.carry_out,
            Pledge: financing.pledge,
            PledgeSecurities: lending_terms.securities,
            Draw: financing.draw,
            Repay: financing.repay,
            SetCreditLimit: lending_terms.credit_limit,
            SetFirmCapital: lending_terms.firm_capital,
            SetExchangeRate: lending_terms.exchange_rate,
            SubmitOrder: self._submit,
            SubmitOco: self._oco,
            AmendOrder: self._amend,
            SubmitLadder: self._program,
            SubmitTwap: self._program,
            ReversePosition: self._reverse,
            CancelOrder: cancelling.cancel,
            CancelAll: cancelling.cancel_all,
            ClosePosition: reducing.close,
            Flatten: reducing.flatten,
            Kill: guarding.kill,
            Rearm: guarding.rearm,
            SetLeverage: account_changes.carry_out,
            SetMarginMode: account_changes.carry_out,
            AddMargin: account_changes.carry_out,
            SetCloseOutOrder: setting.close_out_order,
            SetClient: setting.client,
            AcknowledgeDisclosure: setting.acknowledge,
            OverrideRule: overriding.override,
            SetDailyLoss: daily_loss.set_daily_loss,
            ImportAccounts: importing.accounts,
            SetAlert: alert_setting.set_alert,
            RemoveAlert: alert_setting.remove,
            AcknowledgeAlert: alert_setting.acknowledge,
            WindowClosing: guarding.leave,
        }

    def take(self, given: Given) -> Plan | None:
        """Decide on one command."""
        command = given.command
        match command:
            case Heartbeat() | NextFrame():
                return None
            case Ask():
                return self._answer(command, given.number)
            case PreviewOrder() | PreviewChange():
                return self._preview(command, given.number)
            case WindowFailed():
                return guarding.crashed(self._desk, guarding.WINDOW, command.what)
            case WindowClosing(choice=None):
                return Plan(about="leave", events=[self._closing(given.number)])
            case _:
                return self._decide(command, given.number)

    def _preview(self, command: PreviewOrder | PreviewChange, number: int | None) -> Plan:
        wrong = [refuse("NUMBER", f"{n} is no number to count with.") for n in unreadable(command)]
        if wrong:
            denials = wrong[0].denials
            said = questions.not_previewed(command, number, denials)
        elif isinstance(command, PreviewOrder):
            said = questions.preview(self._desk, command, number)
        else:
            said = account_changes.preview(self._desk, command, number)
        return Plan(about="preview", events=[said])

    def _answer(self, asked: Ask, number: int | None) -> Plan:
        """Answer a question; a denial of one is not journaled, for nothing was asked to change."""
        try:
            data = questions.reply(self._desk, asked)
        except Refusal as refusal:
            denials = attributed(refusal.denials, self._desk.rules.profile)
            no = Denied(command=number, about=asked.about, id="", denials=denials)
            return Plan(about=asked.about, events=[no])
        said = Answered(command=number, about=asked.about, data=data)
        return Plan(about=asked.about, events=[said])

    def _decide(self, command: AnyCommand, number: int | None) -> Plan:
        about = str(command.__struct_config__.tag)
        plan = Plan(about=about, client_id=command.id, number=number)
        try:
            for bad in unreadable(command):
                raise refuse("NUMBER", f"{bad} is no number to count with.")
            known = self._desk.state.contents.get(command.id)
            if known is not None and not self._halts_again(known, command):
                return self._again(plan, known, command)
            if not command.id and isinstance(command, SubmitOrder | ReversePosition):
                raise refuse("ID", "An order needs an id: the venue knows it by that.")
            if command.id and command.id in self._desk.state.orders:
                raise refuse("ID_REUSED", f"The id {command.id} already names an order.")
            if self._desk.state.programs.reserves(command.id):
                raise refuse("ID_REUSED", f"The id {command.id} is that of a part of a TWAP.")
            decide = self._deciders.get(type(command))
            if decide is None:
                raise refuse("UNSUPPORTED", "The desk cannot do that.")
            decide(self._desk, command, plan)
        except Refusal as refusal:
            return self._denied(plan, refusal, command)
        if plan.changes:  # else all is as it was asked to be, and it has said so
            self._sign(plan, command)
        return plan

    def _sign(self, plan: Plan, command: AnyCommand) -> None:
        """Put the digest on the first row and the acknowledgement behind it."""
        first = msgspec.structs.replace(plan.changes[0], content=digest(command))
        plan.changes[0] = first
        plan.entries[0] = msgspec.structs.replace(plan.entries[0], data=first.plain())
        data = {**first.what, **plan.told}
        if first.orders and (held := self._desk.execution.held(self._desk.venue.link)):
            data["held"] = held
        data["orders"] = [new.terms.id for new in first.orders]
        data["cancels"] = list(first.cancels)
        said = Acknowledged(command=plan.number, about=plan.about, id=plan.client_id, data=data)
        plan.events.append(said)

    def _halts_again(self, known: str, command: AnyCommand) -> bool:
        """Whether a kill that was carried out before meets a desk that was rearmed since."""
        rearmed = "kill" not in self._desk.state.latches
        return isinstance(command, Kill) and rearmed and known == digest(command)

    def _again(self, plan: Plan, known: str, command: AnyCommand) -> Plan:
        """Answer a command that was carried out before: with its present state, or a denial."""
        if known != digest(command):
            raise refuse(
                "ID_REUSED",
                f"The id {command.id} was used for something else; nothing was done.",
                "ord.repeat_throttle",
            )
        if isinstance(command, SetAlert):
            alert_setting.set_again(self._desk, command)
        order = self._desk.state.orders.get(command.id)
        data: dict[str, object] = {"repeated": True}
        if order is not None:
            data |= {"status": order.status.value, "filled": str(order.filled)}
        data |= programs.present(self._desk, command.id)
        data |= oco.present(self._desk, command.id)
        said = Acknowledged(command=plan.number, about=plan.about, id=command.id, data=data)
        return Plan(about=plan.about, events=[said])

    def _denied(self, plan: Plan, refusal: Refusal, command: AnyCommand) -> Plan:
        """Record a refusal: the id stays free, the reasons stay for ever."""
        denials = attributed(refusal.denials, self._desk.rules.profile)
        said = Denied(
            command=plan.number,
            about=plan.about,
            id=plan.client_id,
            denials=denials,
            data=refusal.data,
        )
        refused = Plan(
            about=plan.about,
            client_id=plan.client_id,
            number=plan.number,
            events=[said],
            stands=True,
        )
        what = {
            "about": plan.about,
            "asked": msgspec.to_builtins(command),
            "denials": msgspec.to_builtins(denials),
            "profile_hash": self._desk.rules.hash,
            "overrides": self._desk.overridden,
        }
        refused.add(
            "denial", Change(what=what), time_ms=self._desk.wall_ms, client_id=plan.client_id
        )
        return refused

    def _submit(self, desk: Desk, command: SubmitOrder, plan: Plan) -> None:
        over_rate = not desk.pace.take(desk.now_ns)
        self._lock(desk, plan, ordering.submit(desk, command, plan, over_rate=over_rate))

    def _oco(self, desk: Desk, command: SubmitOco, plan: Plan) -> None:
        over_rate = not desk.pace.has(desk.now_ns, 2)
        repeats = oco.submit(desk, command, plan, over_rate=over_rate)
        for _ in range(2):
            desk.pace.take(desk.now_ns)
        self._lock(desk, plan, repeats)

    def _program(self, desk: Desk, command: SubmitLadder | SubmitTwap, plan: Plan) -> None:
        """Begin a ladder or TWAP; each order that leaves at once counts as a message."""
        count = command.count if isinstance(command, SubmitLadder) else 1
        over_rate = not desk.pace.has(desk.now_ns, count)
        if isinstance(command, SubmitLadder):
            judged = ladders.judged_ladder(desk, command, over_rate=over_rate)
        else:
            judged = twaps.judged_twap(desk, command, over_rate=over_rate)
        repeats = programs.begin(desk, judged, plan)
        for _ in range(count):
            desk.pace.take(desk.now_ns)
        self._lock(desk, plan, repeats)

    def _reverse(self, desk: Desk, command: ReversePosition, plan: Plan) -> None:
        reversing.reverse(desk, command, plan, over_rate=not desk.pace.take(desk.now_ns))

    def _lock(self, desk: Desk, plan: Plan, repeats: int) -> None:
        """Lock the trader out whose key is stuck."""
        if repeats + 1 >= desk.rules.repeat_limit:
            latch = guarding.repeat_latch(desk, repeats + 1)
            plan.changes[-1] = msgspec.structs.replace(plan.changes[-1], latch=latch)
            plan.events.append(Alerted(severity="danger", message=latch.reason, code="REPEAT_LOCK"))

    def _amend(self, desk: Desk, command: AmendOrder, plan: Plan) -> None:
        amending.amend(desk, command, plan, over_rate=not desk.pace.take(desk.now_ns))

    def _closing(self, number: int | None) -> ClosingAsked:
        state = self._desk.state
        held = [f"{a} {i}" for (a, i), position in state.positions.items() if position.quantity]
        orders = [order.id for order in state.live_orders()]
        programs = [one.program.id for one in state.programs.running]
        unknown = [order.id for order in unknown_orders(self._desk)]
        return ClosingAsked(
            command=number,
            orders=[*orders, *programs],
            positions=held,
            unknown=unknown,
            programs=programs,
        )
