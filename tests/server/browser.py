"""A headless Chromium, driven over WebDriver's own HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

MISSING = next(
    (f"{tool} is not installed" for tool in ("chromium", "chromedriver") if not shutil.which(tool)),
    None,
)
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TAB, ENTER = "\ue004", "\ue007"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window."""

    def __init__(self, profile: Path, *more: str) -> None:
        driver = str(shutil.which("chromedriver"))
        self._driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
        self._port = self._ready()
        options = {"args": [*_FLAGS, f"--user-data-dir={profile}", "--window-size=1100,900", *more]}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options}}
        found = self._ask("POST", "/session", {"capabilities": wanted})
        self._session = f"/session/{found['sessionId']}"

    def _ready(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                return int(line.rpartition(" ")[2].strip(". \n"))
        raise RuntimeError("chromedriver ended before it was ready")

    def _ask(self, method: str, path: str, said: Any = None) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request(method, path, None if said is None else json.dumps(said))
        found = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(found, dict) and "error" in found:
            raise AssertionError(found["message"])
        return found

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        self._ask("POST", f"{self._session}/timeouts", {"implicit": 5000})
        self._ask("POST", f"{self._session}/url", {"url": url})

    def find(self, css: str) -> str:
        """Return the first element that fits; waits for it."""
        said = {"using": "css selector", "value": css}
        return str(self._ask("POST", f"{self._session}/element", said)[_ELEMENT])

    def click(self, css: str) -> None:
        """Click on the first element that fits, although the page may just renew it."""
        for last in (False, False, True):
            try:
                self._ask("POST", f"{self._session}/element/{self.find(css)}/click", {})
            except AssertionError as fault:
                if last or "stale element" not in str(fault):
                    raise
            else:
                return

    def type(self, css: str, text: str) -> None:
        """Type into the first element that fits."""
        self._ask("POST", f"{self._session}/element/{self.find(css)}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys, or type texts, wherever the focus is."""
        presses = [
            {"type": kind, "value": key}
            for text in keys
            for key in text
            for kind in ("keyDown", "keyUp")
        ]
        actions = [{"type": "key", "id": "keyboard", "actions": presses}]
        self._ask("POST", f"{self._session}/actions", {"actions": actions})

    def resize(self, width: int, height: int) -> None:
        """Make the window that big."""
        said = {"width": width, "height": height}
        self._ask("POST", f"{self._session}/window/rect", said)

    def run(self, script: str) -> Any:
        """Return what a script returns."""
        said = {"script": script, "args": []}
        return self._ask("POST", f"{self._session}/execute/sync", said)

    def waits(self, script: str) -> bool:
        """True as soon as an expression is true; False after five seconds."""
        loop = (
            "const done = arguments[0], start = Date.now();"
            f"const look = () => ({script}) ? done(true) : Date.now() - start > 5000"
            " ? done(false) : setTimeout(look, 50); look();"
        )
        said = {"script": loop, "args": []}
        return bool(self._ask("POST", f"{self._session}/execute/async", said))

    def picture(self) -> bytes:
        """Return a PNG of the window."""
        return b64decode(self._ask("GET", f"{self._session}/screenshot"))

    def close(self) -> None:
        """Close the window and end the driver."""
        self._ask("DELETE", self._session)
        self._driver.terminate()
        self._driver.wait(timeout=10)
        assert self._driver.stdout is not None
        self._driver.stdout.close()
