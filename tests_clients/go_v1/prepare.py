"""Build the client with the SDK of Debian's package; ends with 77 where it isn't installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HOME = HERE.parents[1] / ".cache" / "clients" / "go_v1-build"
SOURCES = Path("/usr/share/gocode")

if shutil.which("go") is None:
    print("go is not installed")
    sys.exit(77)
if not (SOURCES / "src/github.com/aws/aws-sdk-go").is_dir():
    print("Debian's golang-github-aws-aws-sdk-go-dev is not installed")
    sys.exit(77)
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
