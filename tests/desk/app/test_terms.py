"""What is taken from a venue's listing, and what is not believed."""

from decimal import Decimal as D

import msgspec
import pytest

from desk.app.terms import TermsStore, adopt
from desk.cli.shipped import shipped
from desk.io.listings import KeptListing
from desk.model.instrument import Contract
from desk.venues.listing_figures import Listing

SWAP = "BTC-USDT-SWAP"


@pytest.fixture
def known():
    return shipped().catalogue.of_connection("okx")


def listing_of(known, refused=None, **changed):
    rows = [msgspec.structs.replace(i, funding_interval_h=None) for i in known.values()]
    rows = [msgspec.structs.replace(i, **changed) if i.symbol == SWAP else i for i in rows]
    return Listing([i for i in rows if i.symbol not in (refused or {})], refused or {})


def never(_):
    return False


def always(_):
    return True


def test_the_same_terms_change_nothing_and_keep_what_a_listing_does_not_tell(known):
    adopted = adopt(known, listing_of(known), always)
    assert (adopted.changed, adopted.refused, adopted.note) == ([], {}, "")
    assert adopted.instruments == list(known.values())


def test_new_increments_are_taken_at_any_time(known):
    adopted = adopt(known, listing_of(known, tick_size=D("0.5")), always)
    assert [i.tick_size for i in adopted.changed] == [D("0.5")]
    assert adopted.changed[0].funding_interval_h == known[SWAP].funding_interval_h


@pytest.mark.parametrize(
    "changed", [{"contract_size": D("0.001")}, {"contract": Contract.INVERSE}], ids=["size", "kind"]
)
def test_what_a_traded_contract_is_does_not_change(known, changed):
    adopted = adopt(known, listing_of(known, **changed), always)
    assert adopted.changed == []
    assert SWAP not in {i.symbol for i in adopted.instruments}
    assert f"{SWAP}.OKX: the listing says contract" in adopted.note
    assert adopt(known, listing_of(known, **changed), never).refused == {}


def test_another_settle_asset_is_never_believed(known):
    adopted = adopt(known, listing_of(known, settle="USDC"), never)
    assert "settle USDC" in adopted.note


def test_another_id_under_the_same_symbol_is_never_believed(known):
    adopted = adopt(known, listing_of(known, id="ELSE.OKX"), never)
    assert adopted.refused == {
        f"{SWAP}.OKX": f"the listing says id ELSE.OKX, the desk has {SWAP}.OKX"
    }


def test_what_is_not_listed_is_not_streamed_and_says_why(known):
    adopted = adopt(known, listing_of(known, refused={SWAP: "not live"}), never)
    assert adopted.refused == {f"{SWAP}.OKX": "not listed (not live)"}
    assert len(adopted.instruments) == len(known) - 1


def test_kept_terms_lie_over_the_shipped_ones_and_live_ones_apart(tmp_path, known):
    store = TermsStore(tmp_path, live=True)
    other = msgspec.structs.replace(known[SWAP], tick_size=D("0.5"))
    store.keep("okx", KeptListing(1_700_000_000_000, [other]))
    catalogue, dates = store.overlaid(shipped().catalogue)
    assert catalogue.get(other.id) == other
    assert dates == {"okx": 1_700_000_000_000}
    assert [i.id for i in catalogue.all()] == [i.id for i in shipped().catalogue.all()]
    simulated, _ = TermsStore(tmp_path, live=False).overlaid(shipped().catalogue)
    assert simulated.get(other.id) == known[SWAP]


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b'{"as_of_ms": 1}', b"[" * 100_000])
def test_a_damaged_file_is_as_good_as_none(tmp_path, known, damage):
    store = TermsStore(tmp_path, live=True)
    store.keep("okx", KeptListing(1, list(known.values())))
    (kept,) = tmp_path.rglob("okx.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_bytes(damage)
    catalogue, dates = store.overlaid(shipped().catalogue)
    assert (catalogue.get(f"{SWAP}.OKX"), dates) == (known[SWAP], {})


@pytest.mark.parametrize(("tells", "rate"), [(False, "0.0005"), (True, "0.0009")])
def test_fees_that_no_venue_told_are_those_that_ship_by_now(tmp_path, known, tells, rate):
    store = TermsStore(tmp_path, live=True)
    other = msgspec.structs.replace(known[SWAP], taker_fee_rate=D("0.0009"))
    store.keep("okx", KeptListing(1, [other], tells))
    catalogue, _ = store.overlaid(shipped().catalogue)
    assert catalogue.get(other.id).taker_fee_rate == D(rate)
