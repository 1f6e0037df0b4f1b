"""`streamer config`: the printed file changes nothing, a wrong one is told, and the user's own is read without -c."""

from pathlib import Path

import pytest

from streamer.config import Config, file_in_force, load_config, user_config_path
from tests.support.bands import lines, run_here, streamer


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's own settings are looked for; none are there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    path = tmp_path / "xdg" / "streamer" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_the_printed_file_has_every_setting_and_changes_nothing(tmp_path: Path) -> None:
    done = streamer("config")
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("[source]", "[images]", "[model]", "[events]", "[dashboard]", "[output]", "# merge_gap_s = "):
        assert name in done.stdout
    (tmp_path / "my.toml").write_text(done.stdout)
    assert load_config(tmp_path / "my.toml") == Config()
    checked = run_here("config", "--check", tmp_path / "my.toml")
    assert (checked.returncode, checked.stdout) == (0, f"{tmp_path}/my.toml: all is well\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[events]\non = 2.0\n", "events.on=2.0 must be less than or equal to 1"),
        ("[events]\nonn = 0.5\n", "events.onn is not a setting; did you mean on?"),
        ("[events\n", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text)
    done = run_here("config", "--check", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"streamer: {path}: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_file_is_told() -> None:
    done = run_here("config", "--check", "none.toml")
    assert done.returncode == 2
    assert "config=none.toml must be an existing file" in done.stderr


def test_tests_never_see_the_settings_of_the_machines_user() -> None:
    assert file_in_force(None) is None
    assert (path := user_config_path())
    assert Path.home() not in path.parents


def test_the_users_own_file_is_read_unless_another_is_named(own: Path, model: Path, sound: Path) -> None:
    assert user_config_path() == own
    assert file_in_force(None) is None
    own.write_text("[events]\nallow = ['high']\n")
    arguments = ["run", sound, "--fast", "-m", model, "--json"]
    assert [event["label"] for event in lines(streamer(*arguments), "event")] == ["high"]
    other = own.with_name("other.toml")
    other.write_text("[events]\nallow = ['low']\n")
    assert [event["label"] for event in lines(run_here(*arguments, "-c", other), "event")] == ["low"]
    assert [
        event["label"] for event in lines(run_here("classify", sound, "-m", model, "--json"), "file")[0]["events"]
    ] == ["high"]


def test_a_mistake_in_the_users_own_file_is_told_with_its_place(own: Path, sound: Path) -> None:
    own.write_text("[events]\nonn = 1\n")
    done = run_here("run", sound, "--fast", "--json")
    assert done.returncode == 2
    assert f"{own}: events.onn is not a setting; did you mean on?" in done.stderr


def test_doctor_says_which_file_is_in_force(own: Path) -> None:
    def told() -> str:
        return "".join(run_here("doctor").stdout.split())

    assert f"settingsallattheirdefaults;{own}wouldberead" in told()
    own.write_text("[events]\non = 0.7\n")
    assert f"settings{own},where-cnamesnoother" in told()
    own.write_text("[events]\non = 7\n")
    assert f"!!settings{own}:events.on=7mustbe" in told()
