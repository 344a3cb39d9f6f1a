"""Settings: strict, every fault at once."""

import pytest

from mcca_ml.config.load import load_settings
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import ConfigError


def written(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_gives_the_defaults(tmp_path):
    assert load_settings(written(tmp_path, "")).retrieve == RetrieveSettings()


def test_values_are_read(tmp_path):
    settings = load_settings(written(tmp_path, '[retrieve]\nomega = 0.05\nmode = "season"\n'))
    assert (settings.retrieve.omega, settings.retrieve.mode) == (0.05, "season")


def test_every_fault_is_reported_with_the_known_keys(tmp_path):
    path = written(tmp_path, "[retrieve]\nomga = 0.05\nvod_ratio = 7\n[inptu]\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    message = str(caught.value)
    assert str(path) in message
    assert "unknown key 'retrieve.omga', known: channels, clay_sd" in message
    assert "retrieve.vod_ratio: found 7, expected at most 2; correct it" in message
    assert "unknown key 'inptu', known: calibrate, fuse, input, output" in message
    assert "\n" not in message


def test_a_missing_file_and_bad_toml_are_one_line(tmp_path):
    with pytest.raises(ConfigError, match="No such file or directory; give the path"):
        load_settings(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings(written(tmp_path, "[retrieve\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vod_window = 6", "found vod_window 6, expected an odd number"),
        (
            "vod_ratio_bounds = [1.2, 0.8]",
            "vod_ratio 1, expected it between vod_ratio_bounds 1.2 and 0.8",
        ),
        ("vod_ratio = 1.3", "vod_ratio 1.3, expected it between vod_ratio_bounds 0.8 and 1.2"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        load_settings(written(tmp_path, f"[retrieve]\n{text}\n"))


def test_settings_cannot_change():
    with pytest.raises(ValueError, match="frozen"):
        RetrieveSettings().omega = 0.1  # type: ignore[misc]


def test_every_field_has_a_meaning():
    assert all(field.description for field in RetrieveSettings.model_fields.values())
