"""The settings of a desk folder: which rules it decides by."""

import io
import json

import pytest

from desk.app.entry import main
from desk.app.folder_settings import FolderSettings, folder_settings
from desk.model.errors import InputError


def status_of(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("status\n"))
    code = main(["console", "--account", str(folder)])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_folder_without_settings_has_the_default_profile(tmp_path):
    assert folder_settings(tmp_path) == FolderSettings(profile="hk_sfc_2026")


def test_a_desk_decides_by_the_profile_of_its_folder(tmp_path, capsys, monkeypatch):
    (tmp_path / "settings.toml").write_text('profile = "house_strict"\n')
    code, out, _ = status_of(tmp_path, capsys, monkeypatch)
    assert code == 0
    assert json.loads(out.splitlines()[0])["data"]["profile"] == "house_strict"


@pytest.mark.fault("T38")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('profle = "house_strict"', "unknown field `profle`"),
        ("latency_ms = -1", "Expected `int` >= 0"),
        ("latency_ms = 60000", "Expected `int` <= 10000"),
        ("profile = 3", "Expected `str`, got `int`"),
        ("profile = ", "expected settings as TOML"),
        ("\xff", "expected settings as TOML"),
    ],
)
def test_settings_that_are_none_are_refused(tmp_path, text, said):
    (tmp_path / "settings.toml").write_text(text, encoding="latin-1")
    with pytest.raises(InputError) as refused:
        folder_settings(tmp_path)
    assert said in str(refused.value)
    assert str(tmp_path / "settings.toml") in str(refused.value)


@pytest.mark.fault("T38")
def test_settings_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(InputError, match="expected a readable file, found Is a directory"):
        folder_settings(tmp_path)


@pytest.mark.fault("T38")
def test_a_desk_does_not_start_by_rules_that_do_not_ship(tmp_path, capsys, monkeypatch):
    (tmp_path / "settings.toml").write_text('profile = "lenient"\n')
    code, out, err = status_of(tmp_path, capsys, monkeypatch)
    assert (code, out) == (2, "")
    assert "expected a rule profile that ships, found lenient" in err


def test_a_desk_charges_by_the_fee_tier_of_its_folder(tmp_path, capsys, monkeypatch):
    (tmp_path / "settings.toml").write_text('fee_tier = "VIP 9"\nlatency_ms = 250\n')
    assert folder_settings(tmp_path).latency_ms == 250
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("preview buy 1 BTCUSDT-PERP.BINANCE limit 60000\n")
    )
    assert main(["console", "--account", str(tmp_path)]) == 0
    cost = json.loads(capsys.readouterr().out.splitlines()[0])["data"]["cost"]
    assert (cost["fee"], cost["fee_rate"], cost["fee_tier"]) == ("10.2", "0.00017", "VIP 9")


def test_a_fee_tier_that_is_none_is_refused(tmp_path, capsys, monkeypatch):
    (tmp_path / "settings.toml").write_text('fee_tier = "VIP 10"\n')
    code, out, err = status_of(tmp_path, capsys, monkeypatch)
    assert (code, out) == (2, "")
    assert "expected a fee tier of BINANCE (VIP 0, VIP 1" in err
