"""The versions that mlmock is held to; `make matrix` runs all, CI the newest and aiobotocore's."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
BOTOCORES = ["1.36.0", "1.40.60", "newest"]
MOTOS = ["5.0.26", "newest"]
TOOLS = ["coverage[toml]", "freezegun", "hypothesis", "pytest", "pytest-cov", "pytest-xdist"]


def pinned(name: str, version: str) -> str:
    """Return what pip calls a version of a package."""
    return name if version == "newest" else f"{name}=={version}"


@nox.session(python=PYTHONS)
@nox.parametrize("moto", MOTOS)
@nox.parametrize("botocore", BOTOCORES)
def tests(session: nox.Session, botocore: str, moto: str) -> None:
    """The tests, with one botocore and one moto."""
    wanted = [pinned("botocore", botocore), pinned("boto3", botocore)]
    moto_wanted = pinned("moto[s3,sns,events,sagemaker]", moto)
    session.install("-e", ".", *wanted, moto_wanted, *TOOLS, "time-machine")
    session.run("python", "-m", "pytest", "-q", "tests", *session.posargs)


@nox.session(python=["3.10", "3.13"])
@nox.parametrize("aiobotocore", ["oldest", "newest"])
def aio(session: nox.Session, aiobotocore: str) -> None:
    """The tests of aiobotocore and aioboto3."""
    session.install("-e", ".", "-r", f"tests_aio/{aiobotocore}.txt")
    session.run("python", "-m", "pytest", "-q", "tests_aio", *session.posargs)
