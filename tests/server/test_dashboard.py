"""The page: what it shows, and what can be done on it in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread, manually
from mlmock.server.state_diagram import drawing, next_of
from mlmock.simulation.state_machine import StateMachine, Transition
from tests.server.browser import ENTER, MISSING, TAB, Browser
from tests.server.conftest import FLOW, Fetch

BAD = "<script>alert('x')</script>\"&"


def started(fetch: Fetch, name: str, content: Any) -> None:
    """Start a human loop."""
    said = {
        "HumanLoopName": name,
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": json.dumps(content)},
    }
    assert fetch("POST", "/human-loops", json.dumps(said)).status == 200


def test_an_empty_page(fetch: Fetch) -> None:
    answer = fetch("GET", "/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    text = answer.body.decode()
    assert "There is nothing yet" in text
    assert "No rule is written" in text
    assert "<span id=started>0</span> calls" in text


def test_the_page_shows_what_there_is_and_runs_none_of_it(
    mlmock_server: ServerThread, fetch: Fetch
) -> None:
    ml = mlmock_server.ml
    started(fetch, "invoice-1", {"text": BAD})
    ml.lookoutvision.project("circuits", train=20, model="TRAINED")
    ml.sagemaker.endpoint("churn").on(Body={"a": BAD}).reply(1).optional()
    assert fetch("POST", "/endpoints/churn/invocations", '{"a": 2}').status == 400
    ml.unmatched[:] = ml.unmatched[:1]
    text = fetch("GET", "/").body.decode()
    ml.unmatched.clear()
    assert "<script>alert" not in text
    assert "alert(&#x27;x&#x27;)" in text
    for shown in ("invoice-1", "circuits/1", "churn", "start_human_loop(", "No rule took"):
        assert shown in text
    assert '<g class="present"><rect' in text
    assert "From here: complete → Completed" in text


def test_more_than_a_page_holds(mlmock_server: ServerThread, fetch: Fetch) -> None:
    for number in range(505):
        mlmock_server.ml.sagemaker.endpoint(f"e{number}", variants=["a"])
    text = fetch("GET", "/").body.decode()
    assert text.count("<summary>") == 500
    assert "and 5 more" in text


def test_a_machine_is_drawn() -> None:
    steps = (
        Transition("go", ("A",), "B"),
        Transition("side", ("A",), "C"),
        Transition("over", ("B",), "C"),
        Transition("back", ("C",), "A"),
        Transition("up", ("C",), "B"),
        Transition("again", ("B",), "B"),
        Transition("end", ("B", "Lost"), None),
    )
    machine = StateMachine("thing", "A", steps)
    svg = drawing(machine, "B")
    assert svg.count("<rect") == 4
    assert svg.count("marker-end") == 5
    assert 'aria-label="thing: now B; next over → C, again → B, end → gone"' in svg
    assert next_of(machine, "Nowhere") == "nothing more"


@pytest.fixture(params=["light", "dark"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    """A window, in both schemes."""
    if MISSING:
        pytest.skip(MISSING)
    more = ["--force-dark-mode"] if request.param == "dark" else []
    window = Browser(tmp_path / "profile", *more)
    yield window
    window.close()


def test_a_worker_answers_on_the_page(
    mlmock_server: ServerThread,
    fetch: Fetch,
    browser: Browser,
    tmp_path: Path,
) -> None:
    ml = mlmock_server.ml
    ml.lookoutvision.progress = manually()
    started(fetch, "invoice-1", {"total": 5})
    started(fetch, "invoice-2", {"total": 7})
    browser.open(f"{mlmock_server.url}/")
    browser.click("details[data-key*='invoice-1'] summary")
    assert '"total": 5' in browser.run(
        "return document.querySelector('details[open] pre').innerText"
    )
    browser.type("details[open] textarea", '{"decision": "approve"}')
    browser.click("details[open] form[data-do=complete] button")
    assert browser.waits("document.querySelector('details[open] .state').innerText === 'Completed'")
    answer = json.loads(ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri)))
    assert answer["humanAnswers"][0]["answerContent"] == {"decision": "approve"}

    browser.click("details[data-key*='invoice-2'] summary")
    browser.type("details[data-key*='invoice-2'] form[data-do=fail] input", "no vendor")
    browser.click("details[data-key*='invoice-2'] form[data-do=fail] button")
    assert browser.waits("document.getElementById('said').innerText === 'Done: fail.'")
    assert ml.a2i.human_loop("invoice-2").status == "Failed"
    browser.click("details[data-key*='invoice-2'] form[data-do=expire] button")
    assert browser.waits("document.getElementById('said').innerText.startsWith('Refused: ')")
    picture = tmp_path / "page.png"
    picture.write_bytes(browser.picture())
    assert picture.stat().st_size > 10_000


def test_the_page_is_live_and_keeps_what_is_being_written(
    mlmock_server: ServerThread, fetch: Fetch, browser: Browser
) -> None:
    started(fetch, "first", {})
    browser.open(f"{mlmock_server.url}/")
    before = mlmock_server.ml.clock.now()
    browser.click("button[data-advance='86400']")
    assert browser.waits("document.getElementById('said').innerText.includes('advanced')")
    assert (mlmock_server.ml.clock.now() - before).days == 1
    browser.click("details[data-key*='first'] summary")
    started(fetch, "second", {})
    assert browser.waits("document.getElementById('started').innerText === '2'")
    assert browser.waits("document.querySelector(\"details[data-key*='second']\") !== null")
    assert browser.run("return document.activeElement.closest('details').dataset.key").startswith(
        "human loop first"
    )
    browser.type("details[open] textarea", '{"half": ')
    browser.click("button[data-advance='60']")
    started(fetch, "third", {})
    mlmock_server.ml.on("bedrock-runtime").fail("ThrottlingException").optional()
    assert browser.waits("document.getElementById('started').innerText === '3'")
    assert browser.waits("document.getElementById('rules').innerText.includes('bedrock')")
    assert browser.run("return document.querySelector('textarea').value") == '{"half": '


def test_the_page_is_worked_with_the_keyboard(
    mlmock_server: ServerThread, fetch: Fetch, browser: Browser
) -> None:
    started(fetch, "loop", {"total": 5})
    browser.open(f"{mlmock_server.url}/")
    browser.press(TAB, ENTER)  # the first stop leads over the clock
    assert browser.run("return location.hash") == "#resources"
    browser.press(TAB, ENTER)
    assert browser.waits("document.querySelector('details').open")
    browser.press(TAB, TAB, '{"ok": true}', TAB, ENTER)
    assert browser.waits("document.querySelector('.state').innerText === 'Completed'")
    answer = json.loads(
        mlmock_server.ml.s3.get(str(mlmock_server.ml.a2i.human_loop("loop").output_uri))
    )
    assert answer["humanAnswers"][0]["answerContent"] == {"ok": True}


def test_nothing_on_the_page_is_wider_than_a_narrow_window(
    mlmock_server: ServerThread, fetch: Fetch, browser: Browser
) -> None:
    started(fetch, "a-name" * 10, {"text": "x" * 500})
    mlmock_server.ml.lookoutvision.project("circuits", train=20, model="HOSTED")
    browser.open(f"{mlmock_server.url}/")
    browser.resize(500, 900)
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.run("return document.documentElement.scrollWidth - innerWidth") <= 0
