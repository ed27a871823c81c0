"""The frame: one picture of the desk for the window, built from what the engine holds."""

from __future__ import annotations

from collections.abc import Mapping

from desk.engine.alert_views import alert_rule_views, alert_views
from desk.engine.book_view import book_view
from desk.engine.chart_views import chart_views
from desk.engine.client_views import client_view
from desk.engine.close_out_views import close_out_views
from desk.engine.desk import Desk
from desk.engine.execution_views import execution_views
from desk.engine.loan_close_out_views import loan_close_out_views
from desk.engine.loan_rule_views import loan_rule_views
from desk.engine.loan_views import loan_views
from desk.engine.market_views import market_views
from desk.engine.order_views import fill_view, live_order_views, order_view
from desk.engine.overriding import override_views
from desk.engine.program_views import program_views
from desk.engine.quality import (
    FeedNote,
    feed_views,
    index_views,
    quality_views,
    rate_views,
    stream_views,
)
from desk.engine.rule_views import rule_views
from desk.engine.setting_views import setting_view
from desk.engine.snapshot import DeskFrame, OrderView
from desk.engine.views import (
    account_views,
    position_views,
    totals_view,
)
from desk.model.commands import NextFrame
from desk.risk.client import describe

RECENT = 50
"""Ended orders and fills that a frame carries; the rest is in the journal."""


def build_frame(
    desk: Desk, wanted: NextFrame, *, number: int, engine_ms: float, notes: Mapping[str, FeedNote]
) -> DeskFrame:
    """Build the picture that the window asked for."""
    state = desk.state
    accounts, positions = account_views(desk), position_views(desk)
    return DeskFrame(
        seq=number,
        ts_ns=desk.now_ns,
        wall_ms=desk.wall_ms,
        data_ns=desk.market.last_message_ns,
        mode=desk.settings.mode,
        state=state.state,
        latches=_latches(desk),
        durable=not desk.journal_note,
        client=describe(desk.client),
        client_gates=client_view(desk),
        overrides=override_views(desk),
        profile=desk.rules.name,
        profile_hash=desk.rules.hash,
        journal_seq=state.seq,
        engine_ms=engine_ms,
        messages=desk.market.events,
        feeds=feed_views(desk, notes),
        markets=market_views(desk),
        book=book_view(desk, wanted),
        accounts=accounts,
        positions=positions,
        totals=totals_view(desk, accounts, positions),
        orders=_orders(desk),
        programs=program_views(desk),
        fills=[fill_view(fill) for fill in state.fills[-RECENT:][::-1]],
        rules=[*rule_views(desk, accounts), *loan_rule_views(desk)],
        indices=index_views(desk),
        rates=rate_views(desk),
        streams=stream_views(desk, notes) if wanted.streams else [],
        quality=quality_views(desk),
        loans=loan_views(desk),
        alert_rules=alert_rule_views(desk),
        alerts=alert_views(desk),
        executions=execution_views(desk),
        setting=setting_view(desk, wanted.selected),
        charts=chart_views(desk, wanted.charts),
        close_outs=[*close_out_views(desk), *loan_close_out_views(desk)],
    )


def _latches(desk: Desk) -> list[str]:
    said = [f"{latch.state}: {latch.reason}" for latch in desk.state.latches.values()]
    return [*said, desk.journal_note] if desk.journal_note else said


def _orders(desk: Desk) -> list[OrderView]:
    """Return working orders first, then the last ones that ended, newest first."""
    live = live_order_views(desk)
    ended = [order_view(order) for order in desk.state.ended_orders(RECENT)]
    return [*reversed(live), *ended]
