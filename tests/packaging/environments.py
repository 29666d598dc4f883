"""Install the wheel and the sdist in empty environments and run the smoke test there.

    python -m tests.packaging.environments dist

Each archive is installed with the oldest dependencies that it allows and with the newest: first
alone, then with extras and pytest. The environments are .cache/smoke-*.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]
SMOKE_TEST = Path(__file__).with_name("smoke.py")
EXTRAS = "boto3,moto,server"  # `async` would replace botocore by the one that aiobotocore requires
OLDEST_PYTEST = "8.3"  # of the group test in pyproject.toml
REQUIREMENT = re.compile(r"(?P<name>[\w-]+)(\[[\w,-]+\])?>=(?P<version>[\d.]+)")
LIMIT = 600  # seconds for one installation


def oldest_versions(wheel: Path) -> str:
    """Return pip's constraints to the oldest versions that the metadata of a wheel allows."""
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        requirements = message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])
    bounds = [match for match in map(REQUIREMENT.match, requirements) if match is not None]
    if len(bounds) < len(requirements):
        raise ValueError(f"not every requirement has a lowest version: {requirements}")
    lines = {f"{bound['name']}=={bound['version']}\n" for bound in bounds}
    return "".join(sorted({*lines, f"pytest=={OLDEST_PYTEST}\n"}))


def create(environment: Path) -> Path:
    """Create an empty environment without pip, and return its interpreter."""
    venv.create(environment, clear=True, with_pip=False)
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def install(python: Path, requirements: list[str], constraints: Path) -> None:
    """Install packages in an environment with the pip of this one."""
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    # What the smoke test imports is compiled on import; compiling all of moto takes longer.
    command += ["--no-compile", "--constraint", str(constraints), *requirements]
    subprocess.run(command, check=True, timeout=LIMIT)


def run_smoke_test(python: Path) -> None:
    """Run the smoke test outside of the checkout, without the AWS configuration of the machine."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
    with TemporaryDirectory() as folder:
        command = [str(python), "-I", "-W", "error", str(SMOKE_TEST)]
        subprocess.run(command, check=True, timeout=LIMIT, cwd=folder, env=environment)


def check(archive: Path, python: Path, constraints: Path) -> None:
    """Install an archive alone, then with extras, and run the smoke test after each."""
    install(python, [str(archive)], constraints)
    run_smoke_test(python)
    install(python, [f"{archive}[{EXTRAS}]", "pytest"], constraints)
    run_smoke_test(python)


def installations(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield the name, the archive and the constraints of each environment."""
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    for versions, constraints in (("oldest", oldest_versions(wheel)), ("newest", "")):
        yield f"{versions}-wheel", wheel, constraints
        yield f"{versions}-sdist", sdist, constraints


def main(folder: str) -> int:
    """Check the archives in a folder and return the number of failures."""
    passed = failed = 0
    for name, archive, constraints in installations(Path(folder).resolve()):
        started = time.monotonic()
        environment = ROOT / ".cache" / f"smoke-{name}"
        python = create(environment)
        file = environment / "constraints.txt"
        file.write_text(constraints, encoding="utf-8")
        try:
            check(archive, python, file)
            passed += 1
        except subprocess.SubprocessError as error:
            failed += 1
            sys.stdout.write(f"{name}: FAILED: {error}\n")
        sys.stdout.write(f"{name}: {time.monotonic() - started:.0f} s\n")
        sys.stdout.flush()
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return failed


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
