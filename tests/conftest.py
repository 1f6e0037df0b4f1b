import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import bands

LIVE = Path(__file__).parent / "live"

settings.register_profile("streamer", deadline=None)  # a busy machine breaks no test
settings.load_profile("streamer")


@pytest.hookimpl(tryfirst=True)  # before "-m" chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of whole processes and devices need the machine for themselves: `tests/check.py` runs them one by one."""
    for item in items:
        if LIVE in item.path.parents:
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings that the user of this machine keeps change no test, nor the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _hang_up_as_usual() -> None:
    """Processes that tests start heed SIGHUP, even where the tests run under nohup: a handler is not inherited."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of `bands`."""
    return bands.write_model(tmp_path_factory.mktemp("model") / "bands.tflite")


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene of `bands` as a file."""
    return bands.write_sound(tmp_path_factory.mktemp("sound") / "scene.wav", bands.scene())


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wall clocks on the screen show UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
