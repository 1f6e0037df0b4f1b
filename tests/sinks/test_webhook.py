"""Webhooks against a server: what is posted, tried again, given up, and never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamer.config import validated
from streamer.errors import StreamerError, Undelivered, UserError
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread
from streamer.sinks.jsonlines import as_dict
from streamer.sinks.webhook import Webhook, WebhookSettings
from tests.runtime.test_sink_thread import until
from tests.support.bands import lines, run_here
from tests.support.messages import CLOCK, EVENT, HEALTH, RUNNING, SCORES
from tests.support.receiver import Receiver, http_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as receiver:
        yield receiver


def webhook(url: str, **settings: Any) -> Webhook:
    return Webhook(url, validated(WebhookSettings, settings, "webhook"))


def test_events_are_posted_as_their_json_lines(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "s3cret")
    sink = webhook(f"{receiver.url}/hook?key=${{HOOK_TOKEN}}", headers={"Authorization": "Bearer ${HOOK_TOKEN}"})
    assert [sink.write(message) for message in (RUNNING, EVENT, CLOCK)] == [True, True, False]
    assert receiver.bodies() == [as_dict(RUNNING), as_dict(EVENT)]
    headers = receiver.posts[0][0]
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Content-Type"] == "application/json"


def test_other_results_are_posted_where_asked(receiver: Receiver) -> None:
    sink = webhook(receiver.url, send=["health", "scores", "event"])
    assert [sink.write(message) for message in (HEALTH, SCORES, RUNNING, EVENT)] == [True, True, False, True]
    assert [body["type"] for body in receiver.bodies()] == ["health", "scores", "event"]


def test_what_the_server_cannot_take_now_is_posted_again_with_the_same_key(receiver: Receiver) -> None:
    receiver.answers = [503, 429, 0, 200]
    problems = Problems()
    thread = SinkThread(webhook(receiver.url), problems=problems, retry_s=(0.01, 0.02))
    thread.put(EVENT, wait=True)
    thread.put(EVENT, wait=True)
    receiver.until(5)
    thread.close()
    keys = [headers["Idempotency-Key"] for headers, _ in receiver.posts]
    assert (len(set(keys[:4])), keys[4] in keys[:4]) == (1, False)
    assert (problems.now(), problems.n_unwritten) == ((), 0)


@pytest.mark.parametrize("code", [400, 401, 404, 307])
def test_what_the_server_refuses_is_lost_and_counted(receiver: Receiver, code: int) -> None:
    receiver.answers = [code]
    problems = Problems()
    thread = SinkThread(webhook(f"{receiver.url}/hook/T0/secret-part"), problems=problems)
    thread.put(EVENT, wait=True)
    until(lambda: problems.n_unwritten == 1)
    (problem,) = problems.now()
    assert f"the server answers {code}" in problem.text
    assert "secret-part" not in problem.text
    thread.put(EVENT, wait=True)
    until(lambda: not problems.now())
    thread.close()


def test_a_server_that_is_not_there_is_told(receiver: Receiver) -> None:
    sink = webhook("http://127.0.0.1:9/hook", timeout_s=1.0)
    with pytest.raises(Undelivered, match=r"webhook http://127.0.0.1:9/…: .*refused"):
        sink.write(EVENT)
    receiver.answers = [0]
    with pytest.raises(Undelivered, match="Remote end closed"):
        webhook(receiver.url).write(EVENT)


@pytest.mark.parametrize(
    ("url", "settings", "message"),
    [
        ("ftp://x/y", {}, "must be of http or https"),
        ("https://user:pw@x/y", {}, "without user and password; use headers"),
        ("http:///y", {}, "must be of http or https"),
        ("http://x/y", {"headers": {"Authorization": "Bearer plain-secret"}}, "no secret stands here itself"),
        ("http://x/${NOT_SET_ANYWHERE}", {}, "webhook=.* must name a variable of the environment that is set"),
        ("http://x", {"headers": {"X-Kéy": "${HOME}"}}, "must be of printable ASCII"),
        ("http://x", {"send": ["evnt"]}, "send.0='evnt' must be 'event_start', 'event'"),
    ],
)
def test_what_cannot_be_used_is_refused_without_its_secrets(url: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StreamerError, match=message) as error:
        webhook(url, **settings)
    assert isinstance(error.value, UserError)
    assert not any(secret in str(error.value) for secret in ("plain-secret", "user:pw"))


def test_a_run_posts_its_events(receiver: Receiver, tmp_path: Path, model: Path, sound: Path) -> None:
    done = run_here("run", sound, "-m", model, "--fast", "--json", "--sink", f"webhook:{receiver.url}/x")
    told = [line for line in receiver.bodies() if line["type"] == "event"]
    assert told == lines(done, "event")
