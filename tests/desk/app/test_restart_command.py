"""What the window is told to start a new desk by."""

import json

import pytest

from desk.app.options import arguments, options
from desk.app.workstation import restart_argv, run
from desk.model.errors import InputError


def test_a_folder_whose_name_no_window_can_be_told_is_refused_and_not_made(tmp_path):
    folder = tmp_path / "d\udcff"
    with pytest.raises(InputError, match="a name in UTF-8"):
        run(["--account", str(folder)])
    assert not folder.exists()


def test_a_desk_on_a_market_that_runs_starts_anew_on_that_market(tmp_path):
    """On the embedded one its positions would be valued at prices of another market."""
    ready = tmp_path / "market.json"
    where = {"ws": "ws://127.0.0.1:1", "rest": "http://127.0.0.1:1"}
    ready.write_text(json.dumps({"okx": where}))
    chosen = options(arguments("desk", "").parse_args(["--market", str(ready)]))
    assert restart_argv(chosen)[3:] == ["--market", str(ready)]
