"""The dashboard: what it shows, and how it is used in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlmock import ServerThread, manually
from mlmock.server.state_diagram import svg, transitions_from
from mlmock.simulation.state_machine import StateMachine, Transition
from tests.server.browser import ENTER, MISSING, TAB, Browser
from tests.server.conftest import FLOW, Fetch

MALICIOUS = "<script>alert('x')</script>\"&"


def start_human_loop(fetch: Fetch, name: str, content: Any) -> None:
    body = {
        "HumanLoopName": name,
        "FlowDefinitionArn": FLOW,
        "HumanLoopInput": {"InputContent": json.dumps(content)},
    }
    assert fetch("POST", "/human-loops", json.dumps(body)).status == 200


def test_an_empty_page(fetch: Fetch) -> None:
    response = fetch("GET", "/")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    html = response.body.decode()
    assert "There are no resources yet." in html
    assert "There are no rules" in html
    assert "<span id=total>0</span> calls" in html


def test_values_are_shown_and_never_run(mlmock_server: ServerThread, fetch: Fetch) -> None:
    ml = mlmock_server.ml
    start_human_loop(fetch, "invoice-1", {"text": MALICIOUS})
    ml.lookoutvision.project("circuits", train=20, model="TRAINED")
    ml.sagemaker.endpoint("churn").on(Body={"a": MALICIOUS}).reply(1).optional()
    assert fetch("POST", "/endpoints/churn/invocations", '{"a": 2}').status == 400
    ml.unmatched[:] = ml.unmatched[:1]
    html = fetch("GET", "/").body.decode()
    ml.unmatched.clear()
    assert "<script>alert" not in html
    assert "alert(&#x27;x&#x27;)" in html
    for shown in ("invoice-1", "circuits/1", "churn", "start_human_loop(", "Unmatched calls"):
        assert shown in html
    assert '<g class="current"><rect' in html
    assert "Next: complete → Completed" in html


def test_more_resources_than_the_page_shows(mlmock_server: ServerThread, fetch: Fetch) -> None:
    for number in range(505):
        mlmock_server.ml.sagemaker.endpoint(f"e{number}", variants=["a"])
    html = fetch("GET", "/").body.decode()
    assert html.count("<summary>") == 500
    assert "and 5 more" in html


def test_state_diagram() -> None:
    transitions = (
        Transition("go", ("A",), "B"),
        Transition("side", ("A",), "C"),
        Transition("over", ("B",), "C"),
        Transition("back", ("C",), "A"),
        Transition("up", ("C",), "B"),
        Transition("again", ("B",), "B"),
        Transition("end", ("B", "Lost"), None),
    )
    machine = StateMachine("thing", "A", transitions)
    diagram = svg(machine, "B")
    assert diagram.count("<rect") == 4
    assert diagram.count("marker-end") == 5
    assert 'aria-label="thing is B; next: over → C, again → B, end → deleted"' in diagram
    assert transitions_from(machine, "Nowhere") == "none"


@pytest.fixture(params=["light", "dark"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    """A window, in the light and in the dark color scheme."""
    if MISSING:
        pytest.skip(MISSING)
    flags = ["--force-dark-mode"] if request.param == "dark" else []
    window = Browser(tmp_path / "profile", *flags)
    yield window
    window.close()


def test_a_human_loop_is_answered_on_the_page(
    mlmock_server: ServerThread,
    fetch: Fetch,
    browser: Browser,
    tmp_path: Path,
) -> None:
    ml = mlmock_server.ml
    ml.lookoutvision.progress = manually()
    start_human_loop(fetch, "invoice-1", {"total": 5})
    start_human_loop(fetch, "invoice-2", {"total": 7})
    browser.open(f"{mlmock_server.url}/")
    browser.click("details[data-key*='invoice-1'] summary")
    assert '"total": 5' in browser.run(
        "return document.querySelector('details[open] pre').innerText"
    )
    browser.type("details[open] textarea", '{"decision": "approve"}')
    browser.click("details[open] form[data-invoke=complete] button")
    assert browser.becomes_true(
        "document.querySelector('details[open] .state').innerText === 'Completed'"
    )
    answer = json.loads(ml.s3.get(str(ml.a2i.human_loop("invoice-1").output_uri)))
    assert answer["humanAnswers"][0]["answerContent"] == {"decision": "approve"}

    browser.click("details[data-key*='invoice-2'] summary")
    browser.type("details[data-key*='invoice-2'] form[data-invoke=fail] input", "no vendor")
    browser.click("details[data-key*='invoice-2'] form[data-invoke=fail] button")
    assert browser.becomes_true("document.getElementById('status').innerText === 'Done: fail.'")
    assert ml.a2i.human_loop("invoice-2").status == "Failed"
    browser.click("details[data-key*='invoice-2'] form[data-invoke=expire] button")
    assert browser.becomes_true("document.getElementById('status').innerText.startsWith('Error: ')")
    screenshot = tmp_path / "page.png"
    screenshot.write_bytes(browser.screenshot())
    assert screenshot.stat().st_size > 10_000


def test_updates_keep_a_form_that_is_filled_in(
    mlmock_server: ServerThread, fetch: Fetch, browser: Browser
) -> None:
    start_human_loop(fetch, "first", {})
    browser.open(f"{mlmock_server.url}/")
    before = mlmock_server.ml.clock.now()
    browser.click("button[data-advance='86400']")
    assert browser.becomes_true("document.getElementById('status').innerText.includes('advanced')")
    assert (mlmock_server.ml.clock.now() - before).days == 1
    browser.click("details[data-key*='first'] summary")
    start_human_loop(fetch, "second", {})
    assert browser.becomes_true("document.getElementById('total').innerText === '2'")
    assert browser.becomes_true("document.querySelector(\"details[data-key*='second']\") !== null")
    assert browser.run("return document.activeElement.closest('details').dataset.key").startswith(
        "human loop first"
    )
    browser.type("details[open] textarea", '{"half": ')
    browser.click("button[data-advance='60']")
    start_human_loop(fetch, "third", {})
    mlmock_server.ml.on("bedrock-runtime").fail("ThrottlingException").optional()
    assert browser.becomes_true("document.getElementById('total').innerText === '3'")
    assert browser.becomes_true("document.getElementById('rules').innerText.includes('bedrock')")
    assert browser.run("return document.querySelector('textarea').value") == '{"half": '


def test_the_keyboard_is_enough(
    mlmock_server: ServerThread, fetch: Fetch, browser: Browser
) -> None:
    start_human_loop(fetch, "loop", {"total": 5})
    browser.open(f"{mlmock_server.url}/")
    browser.press(TAB, ENTER)  # the first link skips the clock
    assert browser.run("return location.hash") == "#resources"
    browser.press(TAB, ENTER)
    assert browser.becomes_true("document.querySelector('details').open")
    browser.press(TAB, TAB, '{"ok": true}', TAB, ENTER)
    assert browser.becomes_true("document.querySelector('.state').innerText === 'Completed'")
    answer = json.loads(
        mlmock_server.ml.s3.get(str(mlmock_server.ml.a2i.human_loop("loop").output_uri))
    )
    assert answer["humanAnswers"][0]["answerContent"] == {"ok": True}


def test_the_page_fits_a_narrow_window(
    mlmock_server: ServerThread, fetch: Fetch, browser: Browser
) -> None:
    start_human_loop(fetch, "a-name" * 10, {"text": "x" * 500})
    mlmock_server.ml.lookoutvision.project("circuits", train=20, model="HOSTED")
    browser.open(f"{mlmock_server.url}/")
    browser.resize(500, 900)
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.run("return document.documentElement.scrollWidth - innerWidth") <= 0
