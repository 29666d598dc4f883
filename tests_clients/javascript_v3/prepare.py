"""Fetch the SDK by npm; ends with 77 where node isn't installed."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HOME = HERE.parents[1] / ".cache" / "clients" / "javascript_v3-npm"

npm = shutil.which("npm")
if not (shutil.which("node") and npm):
    print("node and npm are not installed")
    sys.exit(77)
HOME.mkdir(parents=True, exist_ok=True)
wanted, stamp = (HERE / "package.json").read_text(), HOME / "ready"
if stamp.exists() and stamp.read_text() == wanted:
    sys.exit(0)
shutil.copy(HERE / "package.json", HOME)
subprocess.run([str(npm), "install", "--silent", "--no-audit", "--no-fund"], cwd=HOME, check=True)
stamp.write_text(wanted)
