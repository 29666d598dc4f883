"""Dockerfile and compose file, checked against the package without a container engine.

Docker joins lines that end in a backslash; each result is an instruction and its arguments.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest

from mlmock import ServerThread, cli

ROOT = Path(__file__).parents[2]
PORT = cli.parser().parse_args(["serve"]).port


def instructions(name: str) -> list[str]:
    """Return the arguments of each instruction of that name in the Dockerfile."""
    text = (ROOT / "examples" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    return re.findall(rf"^{name} (.+)$", text, re.MULTILINE)


def json_list(instruction: str) -> list[str]:
    """Return the JSON list that an instruction ends with."""
    found: list[str] = json.loads(instruction[instruction.index("[") :])
    return found


def service(name: str) -> Any:
    """Return one service of the compose file."""
    text = (ROOT / "examples" / "compose.yaml").read_text(encoding="utf-8")
    return import_module("yaml").safe_load(text)["services"][name]


# -- Dockerfile ---------------------------------------------------------------------------------


def test_image_copies_the_files_that_the_wheel_is_built_from() -> None:
    copied = {path for line in instructions("COPY") for path in line.split()[:-1]}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r"^(?:only-include|license-files|readme) = (.+)$", project, re.MULTILINE)
    assert copied == {"pyproject.toml", *re.findall(r'"(.+?)"', " ".join(named))}
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == {line[1:] for line in kept if line.startswith("!")}


def test_image_listens_on_every_interface() -> None:
    (entry,), (exposed,) = instructions("ENTRYPOINT"), instructions("EXPOSE")
    program, *arguments = json_list(entry)
    options = cli.parser().parse_args(arguments)
    assert (program, options.command, options.host) == ("mlmock", "serve", "0.0.0.0")  # noqa: S104
    assert options.port == int(exposed)


def test_health_check_succeeds_while_the_server_runs() -> None:
    (check,) = instructions("HEALTHCHECK")
    program, option, code = json_list(check)
    assert (program, option, code.count(str(PORT))) == ("python", "-c", 1)
    with ServerThread() as server:
        command = [sys.executable, "-c", code.replace(str(PORT), str(server.port))]
        assert subprocess.run(command, timeout=30).returncode == 0
    assert subprocess.run(command, timeout=30, stderr=subprocess.DEVNULL).returncode == 1


# -- compose ------------------------------------------------------------------------------------


def test_program_waits_for_the_server_and_has_its_address() -> None:
    server, program = service("mlmock"), service("program")
    assert server["build"] == {"context": "..", "dockerfile": "examples/Dockerfile"}
    assert server["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert program["depends_on"] == {"mlmock": {"condition": "service_healthy"}}
    assert program["environment"]["AWS_ENDPOINT_URL"] == f"http://mlmock:{PORT}"


def test_command_of_the_program_works_against_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    program = service("program")
    name, operation, option, flow = program["command"].split()
    for variable, value in program["environment"].items():
        monkeypatch.setenv(variable, value)
    with ServerThread() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        client = boto3.Session().client(name)
        member = option.removeprefix("--").title().replace("-", "")
        answer = getattr(client, operation.replace("-", "_"))(**{member: flow})
        client.close()
    assert answer["HumanLoopSummaries"] == []
