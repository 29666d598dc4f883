"""Fetch the SDK by npm; ends with 77 where node isn't to be had."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from debian import need  # noqa: E402

HOME = HERE.parents[3] / ".cache" / "clients" / "javascript_v3-npm"

need("node", "npm", packages=("nodejs", "npm"))
line = ["node", "--version"]
told = subprocess.run(line, capture_output=True, text=True, check=True).stdout
wanted = (HERE / "package.json").read_text()
if int(told[1:].partition(".")[0]) < 20:  # the newest SDK asks for more than Debian 12 has
    wanted = wanted.replace("^3.700.0", "~3.700.0").replace("^4.0.0", "^3.3.0")
HOME.mkdir(parents=True, exist_ok=True)
stamp = HOME / "ready"
if not (stamp.exists() and stamp.read_text() == wanted):
    (HOME / "package.json").write_text(wanted)
    line = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(line, cwd=HOME, check=True)
    stamp.write_text(wanted)
