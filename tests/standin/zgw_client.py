"""A small HTTP client for the tests of the stand-in of the ZGW services."""

import http.client
import json
import ssl
from urllib.parse import urlsplit

CRS = {"Accept-Crs": "EPSG:4326", "Content-Crs": "EPSG:4326"}


class Got:
    """An answer: status, headers (looked up without regard to case), raw bytes, and the JSON in them or None."""

    def __init__(self, answer):
        self.status, self.headers, self.raw = answer.status, answer.headers, answer.read()
        try:
            self.body = json.loads(self.raw)
        except ValueError:
            self.body = None

    def params(self):
        return [(item["name"], item["code"]) for item in self.body.get("invalidParams", [])]


class Caller:
    """Calls a stand-in with the credentials of its client."""

    def __init__(self, standin, ca_file=None):
        self.standin = standin
        self.tls = ssl.create_default_context(cafile=ca_file) if ca_file else None

    def __call__(self, method, url, body=None, crs=True, auth="", headers=None, timeout=10):
        """`auth` None sends no credentials, "" the usual ones; `crs` False sends no CRS headers."""
        split = urlsplit(url)
        sent = dict(CRS if crs else {}, **(headers or {}))
        if auth == "":
            static = split.path.startswith(("/objects/", "/zac/"))
            auth = f"Token {self.standin.token}" if static else self.standin.bearer()
        if auth:
            sent["Authorization"] = auth
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        if self.tls:
            connection = http.client.HTTPSConnection(split.hostname, split.port, timeout=timeout, context=self.tls)
        else:
            connection = http.client.HTTPConnection(split.hostname, split.port, timeout=timeout)
        try:
            connection.request(method, split.path + ("?" + split.query if split.query else ""), data, sent)
            return Got(connection.getresponse())
        finally:
            connection.close()

    def zaak(self, **more):
        """A new zaak, as its body."""
        seed = self.standin.seed
        body = {"zaaktype": seed["zaaktype"], "bronorganisatie": seed["rsin"], "startdatum": "2026-01-15", **more}
        got = self("POST", self.standin.zaken + "zaken", body)
        assert got.status == 201, got.body
        return got.body
