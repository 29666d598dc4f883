"""The bundled files of the Lookout for Vision model."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "mlmock" / "aws" / "spec" / "data"
SERVICE = "lookoutvision"
FINAL = "2020-11-20"
PREVIEW = "2020-12-preview"
REVISIONS = (FINAL, PREVIEW)


def bundled(name: str, revision: str = FINAL) -> Any:
    return json.loads((DATA / SERVICE / revision / name).read_text(encoding="utf-8"))


def is_documentation(key: str) -> bool:
    return key.lower().startswith("documentation")
