"""The supported versions: `make matrix` tests all of them, CI a fast slice."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "uv|venv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["tests", "aio", "beside"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
BOTOCORES = ["1.36.0", "1.40.60", "newest"]
MOTOS = ["5.0.26", "newest"]
PROJECT = nox.project.load_toml("pyproject.toml")
TOOLS = nox.project.dependency_groups(PROJECT, "test")
# What stands on botocore's own code: the cuts, the models, and one service from end to end.
NEAR_BOTOCORE = ["tests/interception", "tests/aws", "tests/services/sagemaker_a2i_runtime"]
# What meets moto: all that is run with its oldest, for each of the others.
NEAR_MOTO = [
    "tests/test_docs.py",
    *sorted(
        str(file)
        for file in Path("tests").rglob("test_*.py")
        if "integration" not in file.parts and "moto" in file.read_text()
    ),
]


def pinned(name: str, version: str) -> str:
    """Return what pip calls a version of a package."""
    return name if version == "newest" else f"{name}=={version}"


def install(session: nox.Session, *, botocore: str, moto: str) -> None:
    """Install the package, what its tests use, and these versions of botocore and moto."""
    wanted = [pinned("botocore", botocore), pinned("boto3", botocore)]
    session.install(
        "-e", ".", *TOOLS, *wanted, pinned("moto[s3,sns,events,sagemaker,server]", moto)
    )


@nox.session(python=PYTHONS)
@nox.parametrize("moto", MOTOS)
@nox.parametrize("botocore", BOTOCORES)
def tests(session: nox.Session, botocore: str, moto: str) -> None:
    """The tests, with one botocore and the newest moto; those that meet moto, with its oldest."""
    install(session, botocore=botocore, moto=moto)
    chosen = ["tests"] if moto == "newest" else NEAR_MOTO
    session.run("python", "-m", "pytest", "-q", "-n", "2", *(session.posargs or chosen))


@nox.session(name="slice")
@nox.parametrize(("botocore", "moto"), [("1.36.0", "5.0.26"), ("1.40.60", "newest")])
def a_slice(session: nox.Session, botocore: str, moto: str) -> None:
    """The tests close to botocore, with the supported botocores other than the newest."""
    install(session, botocore=botocore, moto=moto)
    session.run("python", "-m", "pytest", "-q", "-n", "2", *(session.posargs or NEAR_BOTOCORE))


@nox.session(python=["3.10", "3.13"])
@nox.parametrize("aiobotocore", ["oldest", "aioboto3", "newest"])
def aio(session: nox.Session, aiobotocore: str) -> None:
    """The tests of aiobotocore, and of the one that the newest aioboto3 asks for."""
    session.install("-e", ".", "-r", f"tests/integration/aiobotocore/{aiobotocore}.txt")
    session.run("python", "-m", "pytest", "-q", "tests/integration/aiobotocore", *session.posargs)


@nox.session(python=["3.11", "3.13"])
def beside(session: nox.Session) -> None:
    """The tests with other libraries that need an environment of their own."""
    session.install("-e", ".", "-r", "tests/integration/coexistence/requirements.txt")
    session.run("python", "-m", "pytest", "-q", "-p", "no:asyncio", "tests/integration/coexistence")
