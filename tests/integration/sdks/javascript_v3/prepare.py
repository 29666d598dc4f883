"""Install the SDK with npm; exit with status 77 if Node.js is not available."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))
from debian import require  # noqa: E402

BUILD = FOLDER.parents[3] / ".cache" / "clients" / "javascript_v3-npm"

require("node", "npm", packages=("nodejs", "npm"))
command = ["node", "--version"]
version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
package_json = (FOLDER / "package.json").read_text()
# The newest SDK needs a newer Node.js than Debian 12 has.
if int(version[1:].partition(".")[0]) < 20:
    package_json = package_json.replace("^3.700.0", "~3.700.0").replace("^4.0.0", "^3.3.0")
BUILD.mkdir(parents=True, exist_ok=True)
stamp = BUILD / "ready"
if not (stamp.exists() and stamp.read_text() == package_json):
    (BUILD / "package.json").write_text(package_json)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=BUILD, check=True)
    stamp.write_text(package_json)
