"""Plug-ins of other packages: found by their entry points, and blamed by name when they do not work."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from streamer.errors import StreamerError, UserError
from streamer.plugins import PlugIns
from tests.support.plugins import install

GROUP = "streamer.tests"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_plug_in_is_found_by_name_and_others_are_none(site: Path) -> None:
    install(site, "one-package", GROUP, {"eight": "EIGHT", "nine": "NINE"}, "EIGHT = 8\nNINE = 9")
    plug_ins = PlugIns(GROUP, int)
    assert (plug_ins.names, plug_ins.package("eight")) == (("eight", "nine"), "one-package")
    assert (plug_ins.get("eight"), plug_ins.get("ten")) == (8, None)
    assert plug_ins.working() == {"eight": 8, "nine": 9}


def test_nothing_is_imported_before_it_is_asked_for(site: Path) -> None:
    install(site, "imported-late", GROUP, {"late": "VALUE"}, "VALUE = 1")
    plug_ins = PlugIns(GROUP, int)
    assert plug_ins.names == ("late",)
    assert "imported_late" not in sys.modules
    assert plug_ins.get("late") == 1
    assert "imported_late" in sys.modules


@pytest.mark.parametrize(
    ("package", "module", "message"),
    [
        ("broken-import", "import no_such_module_here", "must load; ModuleNotFoundError: No module named 'no_such"),
        ("broken-syntax", "VALUE = (", "must load; SyntaxError"),
        ("broken-name", "", "must load; AttributeError"),
        ("broken-type", "VALUE = 'text'", "must be a int; update or uninstall that package"),
        ("broken-rule", "VALUE = -1", "must be positive; update or uninstall that package"),
    ],
)
def test_a_broken_one_is_told_with_its_package_and_breaks_no_other(
    site: Path, caplog: pytest.LogCaptureFixture, package: str, module: str, message: str
) -> None:
    install(site, package, GROUP, {"broken": "VALUE"}, module)
    install(site, f"well-beside-{package}", GROUP, {"well": "VALUE"}, "VALUE = 1")
    plug_ins = PlugIns(GROUP, int, lambda name, value: "" if value > 0 else "be positive")
    with caplog.at_level(logging.WARNING):
        assert [plug_ins.working() for _ in range(2)] == [{"well": 1}] * 2
    (warning,) = caplog.messages  # once
    expected = f"plug-in=broken of the package {package} (streamer.tests) {message}"
    assert warning.startswith(f"streamer: {expected}")
    with pytest.raises(UserError) as caught:
        plug_ins.get("broken")
    assert str(caught.value).startswith(expected)


def test_two_packages_that_claim_one_name_are_both_named(site: Path) -> None:
    for package in ("first-claim", "second-claim"):
        install(site, package, GROUP, {"mine": "VALUE"}, "VALUE = 1")
    with pytest.raises(
        UserError, match=r"plug-in=mine must come from one package; uninstall one of .*-claim and .*-cl"
    ):
        PlugIns(GROUP, int).get("mine")


def test_an_error_at_work_names_the_package(site: Path) -> None:
    install(site, "fails-later", GROUP, {"later": "VALUE"}, "VALUE = 1")
    plug_ins = PlugIns(GROUP, int)
    expected = r"plug-in=later of the package fails-later .* failed: KeyError: 'x'; "
    with pytest.raises(StreamerError, match=expected), plug_ins.blamed("later"):
        raise KeyError("x")
    with pytest.raises(UserError, match=r"^as it is$"), plug_ins.blamed("later"):
        raise UserError("as it is")


def test_a_run_with_built_in_names_looks_for_no_plug_in() -> None:
    code = (
        "import streamer.cli, streamer.commands.run, streamer.plugins as plugins\n"
        "from streamer.build import default_models\nfrom streamer.sources import open_source\n"
        "from streamer.tasks import TASKS\n"
        "plugins.PlugIns._entries = property(lambda self: 1 / 0)\n"
        "open_source('demo'), open_source('mic'), default_models(TASKS.values())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
