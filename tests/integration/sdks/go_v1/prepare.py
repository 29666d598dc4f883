"""Build the client with Debian's SDK package; exit with status 77 if it is not available."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))
from debian import require  # noqa: E402

BUILD = FOLDER.parents[3] / ".cache" / "clients" / "go_v1-build"
SOURCES = Path("/usr/share/gocode")

require(
    "go",
    packages=("golang-go", "golang-github-aws-aws-sdk-go-dev"),
    directory=str(SOURCES / "src/github.com/aws/aws-sdk-go"),
)
BUILD.mkdir(parents=True, exist_ok=True)
environment = {
    **os.environ,
    "GO111MODULE": "off",
    "GOPATH": str(SOURCES),
    "GOCACHE": str(BUILD / "cache"),
    "GOFLAGS": "",
}
command = ["go", "build", "-o", str(BUILD / "client"), str(FOLDER / "client.go")]
subprocess.run(command, check=True, env=environment)
