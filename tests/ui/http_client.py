# SPDX-License-Identifier: Apache-2.0
"""http_client.py: what a running program serves, as a client sees it."""

import http.client
import json
import ssl
import urllib.error
import urllib.request

from cases import PATIENCE_S, wait_until


class Site:
    """The pages of a program at a port of this machine."""

    def __init__(self, port=4040, headers=None, certificate=None):
        self.port, self.headers = port, headers or {}
        self.scheme = "https" if certificate else "http"
        self.context = ssl.create_default_context(cafile=certificate) if certificate else None

    def ask(self, path, method="GET", **headers):
        """(status, headers, text)"""
        request = urllib.request.Request(f"{self.scheme}://127.0.0.1:{self.port}{path}", method=method,
                                         headers={**self.headers, **headers})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S, context=self.context) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.headers, problem.read().decode()

    def status(self, path, method="GET", **headers):
        return self.ask(path, method, **headers)[0]

    def text(self, path):
        status, _, text = self.ask(path)
        if status != 200:
            raise ValueError(f"{path}: {status} {text}")
        return text

    def json(self, path):
        return json.loads(self.text(path))

    def of_app(self, path):
        """The value at a path below the application's."""
        app = self.json("/api/v1/applications")[0]["id"]
        return self.json(f"/api/v1/applications/{app}/{path}")

    def wait_until_served(self):
        def is_served():
            try:
                return self.status("/healthz") is not None
            except (OSError, http.client.HTTPException):
                return False
        wait_until(is_served, f"something is served at port {self.port}")
        return self
