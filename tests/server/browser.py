"""A headless Chromium, controlled by WebDriver's HTTP API."""

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

    def __init__(self, profile: Path, *flags: str) -> None:
        driver = str(shutil.which("chromedriver"))
        self._driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
        self._port = self._read_port()
        arguments = [*_FLAGS, f"--user-data-dir={profile}", "--window-size=1100,900", *flags]
        capabilities = {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}
        session = self._send("POST", "/session", {"capabilities": capabilities})
        self._session = f"/session/{session['sessionId']}"

    def _read_port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                return int(line.rpartition(" ")[2].strip(". \n"))
        raise RuntimeError("chromedriver ended before it was ready")

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body))
        value = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(value["message"])
        return value

    def open(self, url: str) -> None:
        """Load a page, and wait until it is loaded."""
        self._send("POST", f"{self._session}/timeouts", {"implicit": 5000})
        self._send("POST", f"{self._session}/url", {"url": url})

    def find(self, css: str) -> str:
        """Return the id of the first element that matches; wait until there is one."""
        selector = {"using": "css selector", "value": css}
        return str(self._send("POST", f"{self._session}/element", selector)[_ELEMENT])

    def click(self, css: str) -> None:
        """Click on the first element that matches, even if the page replaces it meanwhile."""
        for is_last in (False, False, True):
            try:
                self._send("POST", f"{self._session}/element/{self.find(css)}/click", {})
            except AssertionError as error:
                if is_last or "stale element" not in str(error):
                    raise
            else:
                return

    def type(self, css: str, text: str) -> None:
        """Type into the first element that matches."""
        self._send("POST", f"{self._session}/element/{self.find(css)}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys, or type texts, in the element that has the focus."""
        presses = [
            {"type": kind, "value": key}
            for text in keys
            for key in text
            for kind in ("keyDown", "keyUp")
        ]
        actions = [{"type": "key", "id": "keyboard", "actions": presses}]
        self._send("POST", f"{self._session}/actions", {"actions": actions})

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window, in pixels."""
        self._send("POST", f"{self._session}/window/rect", {"width": width, "height": height})

    def run(self, script: str) -> Any:
        """Return what a script returns."""
        body = {"script": script, "args": []}
        return self._send("POST", f"{self._session}/execute/sync", body)

    def becomes_true(self, expression: str) -> bool:
        """Return True as soon as an expression is true, or False after five seconds."""
        script = (
            "const done = arguments[0], start = Date.now();"
            f"const check = () => ({expression}) ? done(true) : Date.now() - start > 5000"
            " ? done(false) : setTimeout(check, 50); check();"
        )
        body = {"script": script, "args": []}
        return bool(self._send("POST", f"{self._session}/execute/async", body))

    def screenshot(self) -> bytes:
        """Return a PNG of the window."""
        return b64decode(self._send("GET", f"{self._session}/screenshot"))

    def close(self) -> None:
        """Close the window and end the driver."""
        self._send("DELETE", self._session)
        self._driver.terminate()
        self._driver.wait(timeout=10)
        assert self._driver.stdout is not None
        self._driver.stdout.close()
