"""`desk import`: the real program on a real folder, and a desk that watches what it took in."""

import json
import stat

import pytest
from helpers.processes import Console, Market, desk, journal_rows
from helpers.watchers import BROKER, COLD, FUND, portfolio

BTC = "BTCUSDT-PERP.BINANCE"


pytestmark = pytest.mark.xdist_group("imported")  # they share what is slow to make


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with Market(tmp_path_factory.mktemp("market")) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "desk"


def written(tmp_path, *accounts, name="doc.json", **changes):
    path = tmp_path / name
    path.write_text(json.dumps(portfolio(*accounts, **changes), indent=1))
    return path


def taken(path, folder, *more):
    done = desk("import", path, "--account", folder, *more)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def live_account(console, name):
    """The account once its mark is fresh: on a busy machine one look may come late."""
    for _ in range(30):
        console.ask(f"wait {BTC} 30")
        rows = console.ask("risk")["data"]["accounts"]
        found = next(row for row in rows if row["account"] == name)
        if found["quality"] == "LIVE":
            return found
    raise AssertionError(f"{name} is {found['quality']}")


@pytest.mark.thorough
def test_import_again_and_changed_on_a_new_folder(tmp_path, folder):
    first = taken(written(tmp_path, FUND, COLD), folder, "--json")
    assert first == {
        "as_of": {"before": None, "after": "2026-11-01T00:00:00Z"},
        "added": ["fund-1", "cold"],
        "changed": [],
        "removed": [],
        "unchanged": [],
        "prices": [],
        "renamed": {},
        "same": False,
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    same = taken(written(tmp_path, FUND, COLD), folder)
    assert (same["same"], same["unchanged"], same["changed"]) == (True, ["fund-1", "cold"], [])
    rows = journal_rows(folder)
    assert [row["type"] for row in rows] == ["import"]
    assert rows[0]["id"].startswith("import-")
    other = {**COLD, "balances": [{"asset": "BTC", "quantity": "3"}, COLD["balances"][1]]}
    changed = taken(written(tmp_path, other, BROKER), folder)
    assert (changed["added"], changed["removed"]) == (["fund-loan"], ["fund-1"])
    assert changed["changed"] == [
        {
            "id": "cold",
            "balances": [
                {
                    "of": "BTC",
                    "before": {"asset": "BTC", "quantity": "2"},
                    "after": {"asset": "BTC", "quantity": "3"},
                }
            ],
        }
    ]
    assert [row["type"] for row in journal_rows(folder)] == ["import", "import"]
    assert desk("journal", "verify", "--account", folder).returncode == 0


@pytest.mark.thorough
def test_standard_input_is_a_document_too(folder):
    done = desk("import", "-", "--account", folder, stdin=json.dumps(portfolio(COLD)))
    assert json.loads(done.stdout)["added"] == ["cold"]
    again = desk("import", "-", "--account", folder, stdin="{")
    assert again.returncode == 2
    assert again.stderr.startswith("desk: standard input:1: expected JSON, found ")


@pytest.mark.thorough
def test_a_bad_document_names_file_line_and_field_and_makes_nothing(tmp_path, folder):
    text = json.dumps(portfolio(COLD, prices={"BTC": "-1"}), indent=1)
    line = text[: text.index('"-1"')].count("\n") + 1
    path = tmp_path / "doc.json"
    path.write_text(text)
    done = desk("import", path, "--account", folder)
    assert (done.returncode, done.stdout) == (2, "")
    said = f"desk: {path}:{line}: prices.BTC: expected a number above 0, found -1\n"
    assert done.stderr == said
    assert not folder.exists()
    # As `risk evaluate` has it.
    assert desk("risk", "evaluate", path).stderr == said


@pytest.mark.thorough
def test_an_account_named_like_the_desks_own_is_watched_under_another_name(tmp_path, folder):
    path = written(tmp_path, COLD, {**FUND, "id": "perp-1"})
    for same in (False, True):
        done = desk("import", path, "--account", folder)
        assert (done.returncode, done.stderr) == (0, "")
        answer = json.loads(done.stdout)
        assert answer["renamed"] == {"perp-1": "watched-perp-1"}
        assert answer["same"] is same
    assert len(journal_rows(folder)) == 1


@pytest.mark.thorough
def test_a_missing_file_is_one_line(tmp_path, folder):
    path = tmp_path / "nothing.json"
    done = desk("import", path, "--account", folder)
    assert done.returncode == 2
    assert done.stderr == (
        f"desk: {path}: expected a file that can be read, found No such file or directory\n"
    )


@pytest.mark.thorough
def test_a_desk_that_runs_watches_what_was_imported(tmp_path, folder, market):
    path = written(tmp_path, FUND, COLD)
    taken(path, folder)
    with Console(folder, "--market", str(market.ready)) as console:
        before = console.ask("status")["data"]  # it holds the folder by now
        held = desk("import", path, "--account", folder)
        assert (held.returncode, held.stdout) == (2, "")
        assert str(console.process.pid) in held.stderr
        assert len(held.stderr.splitlines()) == 1
        fund = live_account(console, "fund-1")
        assert (fund["watched"], fund["level"]) == (True, "NORMAL")
        # 200,000 and 10 coins bought at 60,000, near 61,000: never at the document's 90,000.
        assert 150_000 < float(fund["equity"]) < 260_000
        denied = console.ask(f"sell 1 {BTC} market account fund-1")
        assert "fund-1 is watched" in denied["denials"][0]["message"]
        bad = console.ask(f"import {tmp_path / 'none.json'}")
        assert bad["denials"][0]["message"].endswith("found No such file or directory.")
        assert "found standard input" in console.ask("import -")["denials"][0]["message"]
        again = console.ask(f"import {path} id imp-2")
        assert (again["type"], again["data"]["same"]) == ("ack", True)
        only = console.ask(f"import {written(tmp_path, COLD, name='other.json')} id imp-3")
        assert (only["data"]["removed"], only["id"]) == (["fund-1"], "imp-3")
        after = console.ask("status")["data"]
        console.end()
    assert [row["id"] for row in before["accounts"]][3:] == ["fund-1", "cold"]
    with Console(folder, "--market", str(market.ready)) as console:
        assert console.ask("status")["data"]["state_hash"] == after["state_hash"]
        console.end()
