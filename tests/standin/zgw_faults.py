"""Faults of the stand-in of the ZGW services: what the next matching requests get instead of their answer."""

import json
import os
import socket
import struct
import uuid

KINDS = (
    "status",
    "html",
    "garbage",
    "truncated",
    "cut",
    "huge",
    "delay",
    "slow",
    "reset",
    "close",
    "retry",
    "redirect",
)
TITLES = {
    400: ("ValidationError", "invalid", "Ongeldige invoer."),
    401: ("NotAuthenticated", "not_authenticated", "Authenticatiegegevens zijn niet opgegeven."),
    403: ("PermissionDenied", "permission_denied", "Je hebt geen toestemming om deze actie uit te voeren."),
    404: ("NotFound", "not_found", "Niet gevonden."),
    409: ("Conflict", "conflict", "Er is een conflict"),
    429: ("Throttled", "throttled", "Verzoek was gethrottled."),
}


class Fault:
    """What happens to the next `times` requests that match; times -1 is until it is cleared.

    method   GET, POST, ... or None for any;  path: a part of the request's path
    kind     status     the status and body (a JSON value or text; a problem document when there is none)
             html       an HTML page with the status (502 unless given)
             garbage    bytes that are not HTTP
             truncated  a complete HTTP answer whose JSON ends half-way
             cut        a Content-Length that is not reached, then the end of the connection
             huge       a JSON answer of `size` bytes (20 MB)
             delay      the real answer, after `delay` seconds
             slow       the real answer, one byte each `delay` seconds
             reset      a TCP reset;  close: the end of the connection without an answer
             retry      429 (or the status) with Retry-After
             redirect   302 (or the status) to `location`
    done     the request is carried out first: what was lost is only its answer
    skip     so many matching requests pass first;  headers: extra headers;  delay: seconds before anything is answered
    """

    def __init__(
        self, method=None, path="", status=None, body=None, times=1, *, kind=None, skip=0, delay=0, headers=None,
        done=False,
        location=None, retry_after=None, size=20_000_000,
    ):  # fmt: skip
        if kind is None:
            kind = "redirect" if location else "retry" if retry_after is not None else "status" if status else "delay"
        if kind not in KINDS:
            raise ValueError(f"fault kind {kind!r}: expected one of {', '.join(KINDS)}")
        if kind == "redirect" and not location:
            raise ValueError("a redirect needs a location")
        self.method = None if method in (None, "*", "") else method.upper()
        self.path, self.kind, self.times, self.skip, self.delay = path, kind, times, skip, delay
        self.status, self.body, self.headers, self.done = status, body, dict(headers or {}), done
        self.location, self.retry_after, self.size, self.hits = location, retry_after, size, 0

    def as_json(self):
        return dict(vars(self))

    def matches(self, method, path):
        return self.times != 0 and self.method in (None, method) and self.path in path

    def answers(self):
        """Whether the real answer is what is sent in the end."""
        return self.kind in ("delay", "slow")


class Faults:
    """All faults, the oldest first. The caller holds the lock."""

    def __init__(self):
        self.all = []

    def add(self, *arguments, **named):
        self.all.append(Fault(*arguments, **named))
        return self.all[-1]

    def clear(self):
        self.all.clear()

    def take(self, method, path):
        """The fault that this request gets, or None."""
        for fault in self.all:
            if not fault.matches(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
            fault.hits += 1
            if not fault.times:
                self.all.remove(fault)
            return fault
        return None


def problem(base, status):
    kind, code, title = TITLES.get(status, ("APIException", "error", "Er is een serverfout opgetreden."))
    return {
        "type": f"{base}/ref/fouten/{kind}/",
        "code": code,
        "title": title,
        "status": status,
        "detail": title,
        "instance": f"urn:uuid:{uuid.uuid4()}",
    }


def reset(connection):
    """Ends a connection with RST: closed with data unsent thrown away."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def huge(size):
    """JSON of `size` bytes: a list page with one very long text."""
    head, tail = b'{"count": 1, "next": null, "previous": null, "results": [{"omschrijving": "', b'"}]}'
    return head + b"x" * max(0, size - len(head) - len(tail)) + tail


def play(fault, handler, base, real):
    """Sends what the fault says. `real` is the answer that the request got when it was carried out, else None."""
    kind, headers = fault.kind, dict(fault.headers)
    if kind in ("reset", "close", "garbage", "cut"):
        handler.close_connection = True
    if kind == "reset":
        return reset(handler.connection)
    if kind == "close":
        return None
    if kind == "garbage":
        return handler.connection.sendall(b"\x00\xff\x13 this is no HTTP \x7f\r\n\x80\x81\r\n\r\n")
    if kind == "redirect":
        return handler.reply(fault.status or 302, b"", {"Location": fault.location, **headers})
    if kind == "html":
        status = fault.status or 502
        page = fault.body or f"<html><head><title>{status}</title></head><body><h1>{status} nginx</h1></body></html>"
        return handler.reply(status, page.encode(), {"Content-Type": "text/html", **headers})
    headers = {"Content-Type": "application/json", **headers}
    if kind == "huge":
        return handler.reply(fault.status or 200, huge(fault.size), headers)
    if kind in ("truncated", "cut"):
        whole = real[1] if real and real[1] else json.dumps(problem(base, fault.status or 200)).encode()
        status, half = fault.status or (real[0] if real else 200), whole[: max(1, len(whole) // 2)]
        return handler.reply(status, half, headers, length=len(whole) if kind == "cut" else None)
    status = fault.status or (429 if kind == "retry" else 500)
    if kind == "retry":
        headers["Retry-After"] = str(1 if fault.retry_after is None else fault.retry_after)
    body = problem(base, status) if fault.body is None else fault.body
    text = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    return handler.reply(status, text, headers)
