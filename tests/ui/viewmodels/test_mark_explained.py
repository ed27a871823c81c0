from decimal import Decimal as D

from helpers.frames import BTC, frame, market
from helpers.seven_venues import index, quality, seven_venues, stream, troubled_venues

from ui.viewmodels.explain import explain_mark, mark_tip

HYPERLIQUID = "BTC-PERP.HYPERLIQUID"


def told(desk, instrument):
    return {
        row.key: " | ".join(cell.text for cell in row.cells)
        for row in explain_mark(desk, instrument).rows
    }


def test_mark_is_explained_by_its_venue_the_consensus_and_every_source():
    said = explain_mark(troubled_venues(), HYPERLIQUID)
    assert (said.title, said.as_of) == ("Mark of BTC-PERP · HYPERLIQUID", "10:24:31 HKT")
    rows = told(troubled_venues(), HYPERLIQUID)
    assert rows["verdict"] == "its mark is 3.42% from the consensus"
    mark = "Mark of the venue | 61,006.6 | +342 bp | LIVE | 112 | stale above 2.0 s"
    assert rows["Mark of the venue"] == mark
    assert rows["Book"].endswith("SYNCED | 41 | 61,006.5 / 61,006.6  stale above 2.0 s")
    assert rows["Index of the venue"].startswith("Index of the venue | 61,004.2 | 0.0 bp")
    assert rows["consensus"].startswith("61,004.2 | ◆ CONSENSUS 4 | OKX silent")
    assert [key for key in rows if key.startswith("source ")] == [
        f"source {one.venue}" for one in troubled_venues().indices[0].sources
    ]
    assert rows["history"] == "gaps 0 · crossed 0 · jumps 0"


def test_spot_mark_is_its_own_books_mid_and_has_no_index():
    rows = told(troubled_venues(), "BTC_USDC.DERIBIT")
    assert rows["verdict"] == "its book was crossed"
    assert "Mid of the venue's own book" in rows
    assert "Index of the venue" not in rows
    assert rows["history"] == "gaps 0 · crossed 1 · jumps 0"


def test_stale_mark_says_so_and_its_age_is_wrong():
    said = explain_mark(troubled_venues(), "BTC-USDT-SWAP.OKX")
    row = next(row for row in said.rows if row.key == "Mark of the venue")
    assert [cell.text for cell in row.cells[3:5]] == ["STALE", "6.4 s"]
    assert row.cells[3].chip == "warn"


def test_nothing_known_about_its_data_is_no_permission():
    rows = explain_mark(frame(markets=[market()]), BTC).rows
    assert (rows[0].heading, rows[0].cells[0].text) == (
        "BLOCKED",
        "nothing is known about its data",
    )
    fine = explain_mark(frame(markets=[market()], quality=[quality(BTC)]), BTC).rows
    assert fine[0].heading == "In order"


def test_unknown_instrument_is_not_explained():
    assert explain_mark(frame(), "X.Y") is None
    assert mark_tip(frame(), "X.Y") == ""


def test_tip_tells_age_limit_consensus_and_why_it_is_blocked():
    assert mark_tip(troubled_venues(), HYPERLIQUID).splitlines() == [
        "BTC-PERP · HYPERLIQUID",
        "Mark 61,006.6: LIVE",
        "112 ms old, stale above 2.0 s",
        "Book SYNCED, 41 ms old",
        "+342 bp from the consensus 61,004.2 (◆ CONSENSUS 4)",
        "DIVERGING from the consensus",
        "No new risk: its mark is 3.42% from the consensus",
        "Right-click: where this comes from",
    ]
    assert "blocked" not in mark_tip(seven_venues(), HYPERLIQUID).lower()


def test_index_age_comes_from_its_own_stream():
    streams = [stream(BTC, "index", age_ms=61_000, limit_ms=60_000, state="STALE")]
    rows = told(frame(streams=streams, indices=[index()]), BTC)
    assert rows["Index of the venue"].endswith("STALE | 1 min | stale above 1 min")


def test_text_to_paste_holds_every_row():
    text = explain_mark(troubled_venues(), HYPERLIQUID).text()
    assert text.splitlines()[0] == "Mark of BTC-PERP · HYPERLIQUID, 10:24:31 HKT"
    assert "BLOCKED\tits mark is 3.42% from the consensus" in text
    assert "HYPERLIQUID\t61,005.4\t+342 bp\theld\t112" in text


def test_deviation_of_an_index_needs_a_consensus():
    nothing = index("BTC", value=None, votes=0)
    for desk in (frame(), frame(indices=[nothing]), frame(indices=[index("BTC", value=D(0))])):
        assert "—" in told(desk, BTC)["Index of the venue"]
