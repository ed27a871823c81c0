"""Orders on their way in: from what was asked to what the pipeline says and the journal records."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from desk.engine.accounts import Account, account_for
from desk.engine.change import Change, NewOrder
from desk.engine.conversion import usd_price
from desk.engine.desk import Desk
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.quality import mark_doubts, market_now
from desk.engine.surroundings import surroundings
from desk.execution.order import Order
from desk.margin.account import margin_figures
from desk.margin.levels import CLOSE_OUT
from desk.model.command import Quantity
from desk.model.commands import SubmitOrder
from desk.model.events import Alerted, Denial
from desk.model.instrument import Instrument
from desk.model.numbers import ONE, plain, round_down
from desk.model.orders import OrderTerms, OrderType, Side, TimeInForce
from desk.risk.context import OrderContext, Review, WorkingOrder
from desk.risk.pretrade import only_as_reduction, review
from desk.risk.quantity import Scale, resolve


def submit(desk: Desk, command: SubmitOrder, plan: Plan, *, over_rate: bool) -> int:
    """Send an order through the pipeline and record it; return how often it was sent before."""
    context = order_context(desk, command, over_rate=over_rate)
    found = review(context)
    if not found.accepted:
        raise Refusal(*found.denials)
    plan.add(
        "order",
        Change(
            what=decision_of(desk, context, found),
            orders=leaving(desk, plan, [(context.order, context)]),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=context.order.account,
        reserve=found.reduces,
    )
    return context.repeats


def leaving(
    desk: Desk, plan: Plan, judged: Iterable[tuple[OrderTerms, OrderContext]]
) -> tuple[NewOrder, ...]:
    """Return orders that passed, each beside what it was judged as, as they leave the desk.

    One that passes only because it reduces leaves reduce-only, and the trader is told: were the
    position closed by another order first, it would open what nobody has judged.
    """
    orders: list[NewOrder] = []
    for written, context in judged:
        terms = written
        if only_as_reduction(context):
            terms = msgspec.structs.replace(written, reduce_only=True)
            said = f"{terms.id} passes only because it reduces: it works as reduce-only."
            plan.events.append(Alerted(severity="info", code="REDUCE_ONLY", message=said))
        orders.append(NewOrder(terms=terms, collar_price=collar_price(desk, terms)))
    return tuple(orders)


def order_context(desk: Desk, command: SubmitOrder, *, over_rate: bool = False) -> OrderContext:
    """Resolve a command to order terms and gather what the pipeline looks at."""
    instrument, account = find_instrument(desk, command.instrument, command.account)
    quantity = resolved_quantity(
        desk,
        command.quantity,
        instrument,
        account,
        command.side,
        price=command.price or command.trigger,
        stop=command.stop_loss,
        rests=command.post_only,
        at_market=not command.type.has_price,
    )
    at_once = command.type is OrderType.MARKET
    tif = command.tif or (TimeInForce.IOC if at_once else TimeInForce.GTC)
    terms = OrderTerms(
        id=command.id,
        account=account.id,
        instrument=instrument.id,
        side=command.side,
        quantity=quantity,
        type=command.type,
        price=command.price,
        tif=tif,
        post_only=command.post_only,
        reduce_only=command.reduce_only,
        trigger=command.trigger,
        stop_loss=command.stop_loss,
        take_profit=command.take_profit,
        expires_ms=_expires_ms(desk, command),
        trail=command.trail,
        trail_rate=command.trail_rate,
    )
    context = context_of(desk, terms, instrument, account)
    repeats, newest_ms = _repeats(desk, terms)
    asks_ms = desk.rules.profile.number("ord.repeat_throttle", "ask_within_s") * 1000
    again = newest_ms is not None and desk.wall_ms - newest_ms < asks_ms
    return msgspec.structs.replace(
        context,
        over_rate=over_rate,
        repeats=repeats,
        repeated_at_once=again and not command.confirmed,
    )


def _expires_ms(desk: Desk, command: SubmitOrder) -> int | None:
    if command.good_for_s is None:
        return command.expires_ms
    if command.expires_ms is not None:
        raise refuse("EXPIRY", "It is good until a moment or for a time, not both.")
    return desk.wall_ms + command.good_for_s * 1000


def _repeats(desk: Desk, terms: OrderTerms) -> tuple[int, int | None]:
    """Count the orders like this one in the repetition window; say when the newest was sent."""
    since_ms = desk.wall_ms - desk.rules.repeat_window_s * 1000
    count, newest_ms = 0, None
    for order in reversed(desk.state.orders.values()):
        if order.created_ms < since_ms:
            break
        if _alike(order.terms) == _alike(terms):
            count += 1
            newest_ms = newest_ms or order.created_ms
    return count, newest_ms


def _alike(terms: OrderTerms) -> OrderTerms:
    """Return what makes an order the same again: `gtd 5m` is another moment each time, and one
    that reduces may have left as reduce-only."""
    return msgspec.structs.replace(terms, id="", expires_ms=None, oco=None, reduce_only=False)


def context_of(
    desk: Desk,
    terms: OrderTerms,
    instrument: Instrument,
    account: Account,
    *,
    closing: bool = False,
    without: str | None = None,
) -> OrderContext:
    """Gather what the pipeline looks at for an order; `without` leaves out one that it replaces."""
    perpetual = account.kind == "perpetual"
    figures = desk.margin(account.id) if perpetual else None
    paying = instrument.quote if terms.side is Side.BUY else instrument.base
    latches = desk.state.latches.values()
    return OrderContext(
        order=terms,
        instrument=instrument,
        state=desk.state.state,
        state_reason="; ".join(latch.reason for latch in latches),
        closing=closing,
        id_conflict=False,
        level=_level(desk, account.id, figures.level if figures else "NORMAL"),
        position=desk.held(account.id, instrument.id),
        working=_working(desk, account.id, without),
        market=market_now(desk, instrument, expected_price(desk, instrument, terms)),
        doubted_elsewhere=_doubted_elsewhere(desk, account, instrument) if perpetual else (),
        permitted=instrument.connection in desk.settings.traded,
        account=desk.account_input(account.id, without=without) if perpetual else None,
        free_balance=None if perpetual else desk.free_balance(account.id, paying, without=without),
        client=desk.client,
        today=desk.today,
        profile=desk.rules.profile,
        limits=desk.rules.limits,
        usd_per_settle=usd_price(desk, instrument.settle) or ONE,
        now_ms=desk.wall_ms,
        over_rate=False,
        repeats=0,
        repeated_at_once=False,
        around=surroundings(desk, instrument, account.id),
    )


def _level(desk: Desk, account: str, now: str) -> str:
    """Return the level that an order is judged at: a close-out lets none in until it is over."""
    return CLOSE_OUT if desk.state.closing_out(account) else desk.levels.get(account, now)


def find_instrument(desk: Desk, text: str, account: str | None) -> tuple[Instrument, Account]:
    """Return an instrument and the account that trades it, or refuse."""
    instrument = desk.catalogue.get(text)
    if instrument is None:
        traded = (i for i in desk.catalogue.all() if i.connection in desk.settings.traded)
        known = ", ".join(i.id for i in traded)
        raise refuse("UNKNOWN_INSTRUMENT", f"There is no instrument {text}; there are {known}.")
    found = account_for(desk.state.accounts, instrument, account)
    if isinstance(found, str):
        raise refuse("ACCOUNT", f"{found}.")
    return instrument, found


def resolved_quantity(
    desk: Desk,
    written: Quantity,
    instrument: Instrument,
    account: Account,
    side: Side,
    *,
    price: Decimal | None,
    stop: Decimal | None,
    rests: bool = False,
    at_market: bool = False,
    without: str | None = None,
) -> Decimal:
    """Return a quantity as written in the instrument's units, or refuse it.

    `price` is what the order is written for (None: the mark), `stop` the protective stop behind
    it, `without` an order that it replaces. A share of what is free pays, at market, up to the
    collar.
    """
    perpetual = account.kind == "perpetual"
    paying = instrument.quote if side is Side.BUY else instrument.base
    free = (
        margin_figures(desk.account_input(account.id, without=without)).available_margin
        if perpetual
        else desk.free_balance(account.id, paying, without=without)
    )
    if at_market and not perpetual and side is Side.BUY and free is not None:
        free /= 1 + desk.rules.limits.collar_rate
    scale = Scale(
        price=price or desk.fresh_mark(instrument.id),
        position=desk.held(account.id, instrument.id),
        free=free,
        leverage=desk.leverage(account.id, instrument.id) if perpetual else ONE,
        fee_rate=instrument.taker_fee_rate,
        entry_fee_rate=instrument.maker_fee_rate if rests else instrument.taker_fee_rate,
        stop=stop,
    )
    quantity = resolve(written, instrument, side, scale)
    if isinstance(quantity, Denial):
        raise Refusal(quantity)
    if not quantity:
        raise refuse("MIN_QUANTITY", f"That is less than one lot of {instrument.id}.")
    return quantity


def _working(desk: Desk, account: str, without: str | None) -> tuple[WorkingOrder, ...]:
    return tuple(
        WorkingOrder(
            id=order.id,
            instrument=order.terms.instrument,
            side=order.terms.side,
            remaining=order.largest - order.filled,
            price=_nearest_price(order),
            reduce_only=order.terms.reduce_only,
            waits=order.terms.type.has_trigger and order.triggered is None,
            oco=order.terms.oco,
        )
        for order in desk.state.others(account, without)
    )


def _nearest_price(order: Order) -> Decimal | None:
    """Return where an order rests; while it is amended, the nearer of both to the other side."""
    price, amending = order.terms.price, order.amending
    if price is None or amending is None or amending.price is None:
        return price
    nearer = max if order.terms.side is Side.BUY else min
    return nearer(price, amending.price)


def _doubted_elsewhere(desk: Desk, account: Account, instrument: Instrument) -> tuple[str, ...]:
    needed = desk.needed_marks(account.id) - {instrument.id}
    return tuple(other for other in sorted(needed) if mark_doubts(desk, {other}))


def expected_price(desk: Desk, instrument: Instrument, terms: OrderTerms) -> Decimal | None:
    """Return the average price of a market order over the book now; None if it does not reach."""
    book = desk.book(instrument.id)
    if terms.type is not OrderType.MARKET or book is None or not book.synced:
        return None
    left = terms.quantity / instrument.lot_size
    paid = Decimal(0)
    for ticks, lots in book.levels(terms.side.opposite):
        taken = min(left, Decimal(lots))
        paid += taken * instrument.price(ticks)
        left -= taken
        if left <= 0:
            return paid / (terms.quantity / instrument.lot_size)
    return None


def collar_price(desk: Desk, terms: OrderTerms) -> Decimal | None:
    """Return the worst price a market order may take; a stop gets its own when it is triggered."""
    return desk.collar(terms) if terms.type is OrderType.MARKET else None


def decision_of(desk: Desk, context: OrderContext, found: Review) -> dict[str, object]:
    """Return the inputs of a decision, for whoever reads the journal later."""
    after = found.after
    return {
        "side": context.order.side.value,
        "quantity": plain(context.order.quantity),
        "instrument": context.instrument.id,
        "reduces": found.reduces,
        "profile": desk.rules.name,
        "profile_hash": desk.rules.hash,
        "overrides": desk.overridden,
        "client": "none" if context.client is None else context.client.name or "client",
        "mark": None if context.market.mark is None else plain(context.market.mark),
        "quality": context.market.quality,
        "mark_age_ms": context.market.mark_age_ms,
        "utilization_after": _text(after.margin_utilization if after else None),
        "available_after": _text(after.available_margin if after else None),
    }


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure)


def close_terms(
    desk: Desk, account: str, instrument: Instrument, quantity: Decimal, order_id: str
) -> OrderTerms | None:
    """Return the reduce-only market order that closes a quantity, or None for nothing."""
    held = desk.state.position(account, instrument.id).quantity
    wanted = round_down(min(quantity, abs(held)), instrument.lot_size)
    if not wanted:
        return None
    return OrderTerms(
        id=order_id,
        account=account,
        instrument=instrument.id,
        side=Side.SELL if held > 0 else Side.BUY,
        quantity=wanted,
        type=OrderType.MARKET,
        tif=TimeInForce.IOC,
        reduce_only=True,
    )
