"""Build the client with the SDK of Debian's package; ends with 77 where that isn't to be had."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from debian import need  # noqa: E402

HOME = HERE.parents[3] / ".cache" / "clients" / "go_v1-build"
SOURCES = Path("/usr/share/gocode")

need(
    "go",
    packages=("golang-go", "golang-github-aws-aws-sdk-go-dev"),
    place=str(SOURCES / "src/github.com/aws/aws-sdk-go"),
)
HOME.mkdir(parents=True, exist_ok=True)
environment = {
    **os.environ,
    "GO111MODULE": "off",
    "GOPATH": str(SOURCES),
    "GOCACHE": str(HOME / "cache"),
    "GOFLAGS": "",
}
line = ["go", "build", "-o", str(HOME / "client"), str(HERE / "client.go")]
subprocess.run(line, check=True, env=environment)
