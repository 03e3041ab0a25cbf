# SPDX-License-Identifier: Apache-2.0
"""browser.py: a headless Chromium, driven by the WebDriver protocol of its chromedriver."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

from cases import PATIENCE_S, Failed, wait_until

SKIPPED = 77  # Meson's status for a skipped test
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def program():
    """Chromium, as systems call it, or None."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


def is_there():
    return bool(program() and shutil.which("chromedriver"))


class Browser:
    def __init__(self, width=1280, height=900, dark=False):
        self.folder = tempfile.mkdtemp(prefix="wadi-browser-")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True, start_new_session=True, env={**os.environ, "HOME": self.folder})
        self.base = None
        for line in self.driver.stdout:
            if "started successfully on port " in line:
                port = line.split("started successfully on port ")[1].strip(". \n")
                self.base = f"http://127.0.0.1:{port}"
                break
        if self.base is None:
            raise Failed("chromedriver does not start")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                   "--no-first-run", f"--window-size={width},{height}", f"--user-data-dir={self.folder}/data"]
        if dark:
            options.append("--blink-settings=preferredColorScheme=0")
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": program(), "args": options},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += f"/session/{made['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        try:
            self._call("DELETE", "")
        except (OSError, Failed):
            pass
        os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            with problem:
                raise Failed(f"{method} {path}: {problem.read().decode()[:500]}") from None

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a function body in the page."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("const e = document.querySelector(arguments[0]); return e && e.innerText;", selector)

    def table(self, selector):
        """The cells of a table's body, as text."""
        return self.run("return [...document.querySelectorAll(arguments[0] + ' tbody tr')]"
                        ".map(r => [...r.cells].map(c => c.innerText.trim()));", selector)

    def press(self, *keys):
        """Presses keys, one after another, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def size(self, width, height):
        self._call("POST", "/window/rect", {"width": width, "height": height})

    def mistakes(self):
        """What the browser's console tells of errors."""
        return [each["message"] for each in self._call("POST", "/se/log", {"type": "browser"}) if each["level"] == "SEVERE"]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", "/screenshot")))

    def wait(self, script, words, *arguments):
        return wait_until(lambda: self.run(script, *arguments), words)
