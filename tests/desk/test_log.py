"""The log: private, bounded, one line a record, and no secret in it, whole, in part or encoded."""

import base64
import logging
import os
import stat
from urllib.parse import quote

import pytest

from desk import log, redaction
from desk.log import LOG, logged, note_fault, tell_redacted
from desk.redaction import hide, redacted

CANARY = "cnry/7Qx+9Lk=Zp2Rt"


@pytest.fixture(autouse=True)
def _secrets_of_one_test():
    kept = dict(redaction._hidden)
    yield
    redaction._hidden.clear()
    redaction._hidden.update(kept)


def read(folder, process="engine"):
    return (folder / "logs" / f"{process}.log").read_text()


@pytest.mark.parametrize(
    "shown",
    [
        CANARY,
        CANARY[:6],
        f"wrapped({CANARY!r})",
        CANARY.encode().hex(),
        CANARY.encode().hex().upper(),
        quote(CANARY, safe=""),
        *(base64.b64encode(b"x" * n + CANARY.encode()).decode() for n in range(3)),
        *(base64.urlsafe_b64encode(b"x" * n + CANARY.encode()).decode() for n in range(3)),
    ],
)
def test_a_hidden_secret_is_redacted_in_every_form(shown):
    hide(CANARY)
    said = redacted(f"it failed with {shown} at once")
    assert said.endswith(" at once")
    assert said.count(redaction.REDACTED) == 1
    assert CANARY[:6] not in said
    assert shown not in said


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("api_key=abcd1234efgh", "api_key=[redacted]"),
        ('{"X-MBX-APIKEY": "abcd1234"}', '{"X-MBX-APIKEY": "[redacted]"}'),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [redacted]"),
        ("GET https://venue.example/api?symbol=X&signature=ff00", "GET https://venue.example/api?[redacted]"),
        ("proxy http://ada:pw1234@proxy.example:3128", "proxy http://[redacted]@proxy.example:3128"),
        ("keys.toml: action x is unknown", "keys.toml: action x is unknown"),
        ("binance-usdm is down: no close frame", "binance-usdm is down: no close frame"),
    ],
)  # fmt: skip
def test_what_is_named_a_secret_is_redacted_and_other_words_stay(text, kept):
    assert redacted(text) == kept


def test_a_record_is_one_line_bounded_and_redacted_on_every_handler(
    tmp_path, expected_logs, capsys
):
    expected_logs("forged")
    expected_logs("it failed")
    hide(CANARY)
    with logged(tmp_path, "engine"):
        LOG.warning("a venue said %s", "x\nERROR forged" + "y" * 5_000)
        try:
            raise ValueError(f"no such {CANARY}") from KeyError(CANARY)
        except ValueError as fault:
            note_fault(fault, "it failed")
    said = read(tmp_path)
    assert r"x\x0aERROR forged" in said.splitlines()[0]
    assert len(said.splitlines()[0]) < 2_100
    assert "ValueError: no such [redacted]" in said
    assert "KeyError: '[redacted]'" in said
    assert CANARY[:6] not in said + capsys.readouterr().err


def test_the_words_of_an_error_steer_no_terminal(tmp_path, expected_logs, capsys):
    expected_logs("it failed")
    try:
        raise ValueError("\x1b]0;mine\x07\x9b31m")
    except ValueError as fault:
        with logged(tmp_path, "engine"):
            note_fault(fault, "it failed")
        tell_redacted(type(fault), fault, None)
    for said in (read(tmp_path), capsys.readouterr().err):
        assert r"ValueError: \x1b]0;mine\x07\x9b31m" in said
        assert not set(said) & set("\x1b\x07\x9b")


def test_the_log_is_private_and_bounded_whatever_the_umask(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "MOST_BYTES", 2_000)
    before = os.umask(0)
    try:
        with logged(tmp_path, "engine"):
            for number in range(400):
                LOG.info("line %d", number)
    finally:
        os.umask(before)
    files = sorted((tmp_path / "logs").glob("engine.log*"))
    assert len(files) == log.FILES
    assert sum(file.stat().st_size for file in files) <= 2_000 * log.FILES
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700
    assert read(tmp_path).splitlines()[-1].endswith("line 399")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "logs").write_text("in the way")
    with logged(tmp_path, "engine"):
        LOG.info("all is well")
    assert not [h for h in logging.getLogger().handlers if isinstance(h, log.PrivateFile)]
