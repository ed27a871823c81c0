"""Credentials: in a keyring or in memory, never in a file, and hidden from then on."""

import sys
from types import SimpleNamespace

import pytest

from desk import redaction
from desk.io.credentials import Credentials, system_credentials
from desk.model.errors import InputError
from desk.redaction import redacted

SECRET = "s3cr3t-Qx92LkZp"


class Keyring:
    name, priority = "Fake Keyring", 5

    def __init__(self):
        self.kept = {}
        self.broken = False

    def _ask(self):
        if self.broken:
            raise RuntimeError(f"locked, {self.kept}")

    def get_password(self, service, username):
        self._ask()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._ask()
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self._ask()
        del self.kept[service, username]


@pytest.fixture
def keyring(monkeypatch):
    """The keyring of this machine, for as long as the test runs."""
    backend = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_keyring=lambda: backend))
    monkeypatch.setattr(redaction, "_hidden", {})
    return backend


def test_a_keyring_keeps_them_over_sessions(keyring):
    first = system_credentials()
    first.put("binance/api-secret", SECRET)
    assert (first.durable, first.place) == (True, "Credentials are kept in Fake Keyring.")
    assert keyring.kept == {("desk", "binance/api-secret"): SECRET}
    again = system_credentials()
    assert again.get("binance/api-secret") == SECRET
    assert again.forget("binance/api-secret")
    assert (again.get("binance/api-secret"), keyring.kept) == (None, {})


def test_without_a_keyring_they_last_for_the_session_and_no_file_is_written(
    monkeypatch, tmp_path, keyring
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    keyring.priority = 0
    here = system_credentials()
    here.put("okx/passphrase", SECRET)
    assert not here.durable
    assert here.place == (
        "Credentials last for this session only: Fake Keyring keeps nothing safely."
    )
    assert here.get("okx/passphrase") == SECRET
    assert Credentials().get("okx/passphrase") is None
    assert (keyring.kept, list(tmp_path.rglob("*"))) == ({}, [])


def test_a_keyring_that_is_a_plain_file_is_none(keyring):
    kind = type("PlaintextKeyring", (Keyring,), {"__module__": "keyrings.alt.file"})
    assert not Credentials(None).durable
    keyring.backends = [kind()]
    assert not system_credentials().durable


def test_a_keyring_that_cannot_even_be_asked_is_none(monkeypatch, keyring):
    def fail():
        raise ImportError(SECRET)

    monkeypatch.setattr(sys.modules["keyring"], "get_keyring", fail)
    said = system_credentials().place
    assert said == "Credentials last for this session only: the keyring failed (ImportError)."


def test_a_keyring_that_fails_later_is_given_up_and_its_words_are_not_repeated(keyring):
    here = system_credentials()
    here.put("a", SECRET)
    keyring.broken = True
    here.put("b", SECRET + "2")
    assert (here.durable, here.get("b"), here.get("a")) == (False, SECRET + "2", None)
    assert here.place.endswith("Fake Keyring failed (RuntimeError).")
    assert SECRET not in here.place
    keyring.broken = False
    other = system_credentials()
    keyring.broken = True
    assert not other.forget("a"), "it may still be there"


def test_what_is_put_or_read_is_hidden_from_every_log(keyring):
    system_credentials().put("a", SECRET)
    assert SECRET not in redacted(f"it was {SECRET}")
    redaction._hidden.clear()
    assert redacted(SECRET) == SECRET
    system_credentials().get("a")
    assert SECRET not in redacted(f"it was {SECRET}")


@pytest.mark.parametrize("secret", ["", "a\nb", "x" * 5_000])
def test_what_is_no_secret_is_refused_without_repeating_it(keyring, secret):
    with pytest.raises(InputError) as refused:
        system_credentials().put("a", secret)
    assert keyring.kept == {}
    assert not secret or secret not in str(refused.value)
