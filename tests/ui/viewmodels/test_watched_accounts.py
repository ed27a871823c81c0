"""What is only watched in the window's words, from frames of a real engine."""

from decimal import Decimal as D

from helpers.engines import BTC
from helpers.frames import account, frame
from helpers.watchers import BROKER, COLD, ELSEWHERE, FUND, Watcher

from ui.viewmodels.banner import banners
from ui.viewmodels.chart import price_lines
from ui.viewmodels.positions import position_rows
from ui.viewmodels.ratio_history import RatioHistory
from ui.viewmodels.risk import risk_view
from ui.viewmodels.status import status_view

SOL = {
    **FUND,
    "id": "fund-2",
    "positions": [
        {"instrument": ELSEWHERE, "quantity": "-100", "entry_price": "160", "leverage": "10"}
    ],
}


def watching():
    """A desk of its own without money that watches four accounts."""
    watcher = Watcher()
    watcher.market()
    watcher.mark(BTC, "50000")
    watcher.take(FUND, SOL, COLD, BROKER)
    watcher.tick(20)
    watcher.tick(20)
    return watcher.frame()


def test_every_card_of_a_watched_account_says_so():
    shown = {card.account: card.subtitle for card in risk_view(watching()).cards}
    assert shown == {
        "perp-1": "BINANCE · cross",
        "spot-1": "BINANCE",
        "loan-1": "financing",
        "fund-1": "WATCHED · perpetual · cross",
        "fund-2": "WATCHED · perpetual · cross",
        "cold": "WATCHED · spot",
        "fund-loan": "WATCHED · financing",
    }


def test_all_panels_take_a_frame_with_watched_accounts_and_instruments_nobody_streams():
    given = watching()
    rows = position_rows(given)
    assert {row.key for row in rows} == {f"fund-1|{BTC}", f"fund-2|{ELSEWHERE}"}
    assert price_lines(given, BTC)
    assert price_lines(given, ELSEWHERE) is not None
    history = RatioHistory()
    history.take(given)
    assert len(history.points("fund-2")) == 1
    assert risk_view(given).totals


def test_the_status_bar_shows_the_worst_of_the_desks_own_accounts():
    given = watching()
    assert {a.account: a.level for a in given.accounts}["fund-1"] == "MARGIN_CALL"
    shown = status_view(given)
    assert shown.worst_account in {"perp-1", "loan-1"}
    assert shown.worst_level == "NORMAL"


def test_a_banner_says_that_nothing_is_traded_where_the_desk_only_watches():
    (own,) = banners(frame(accounts=[account(level="CLOSE_OUT", margin_ratio=D("1.02"))]))
    assert own.subject == "perp-1 is being closed out"
    assert own.text == "Margin ratio 102.0%; the engine closes positions."
    (seen,) = banners(frame(accounts=[account(level="CLOSE_OUT", watched=True)]))
    assert seen.subject == "perp-1 is due to be closed out"
    assert seen.text.endswith(" It is watched: the desk trades nothing there.")
    (called,) = banners(
        frame(accounts=[account(level="MARGIN_CALL", available_margin=D(-5), watched=True)])
    )
    assert called.text.endswith("; short by 5 USDT. It is watched: the desk trades nothing there.")
