"""The HTTP side of the stand-in of the ZGW services: connections, records of requests, routes, the admin interface."""

import http.server
import json
import socket
import time
import traceback
from urllib.parse import parse_qsl, unquote, urlsplit

import zgw_catalogi
import zgw_documenten
import zgw_objects
import zgw_zaken
import zgw_zac
from zgw_answers import Answer, Refusal, not_found, unparsable, wrong_media
from zgw_auth import check_static, check_zgw, masked
from zgw_faults import play, problem
from zgw_store import ROOTS

SERVICES = {
    "zaken": zgw_zaken,
    "catalogi": zgw_catalogi,
    "documenten": zgw_documenten,
    "objects": zgw_objects,
    "zac": zgw_zac,
}
LONGEST_BODY = 64 << 20
REASONS = {status.value: status.phrase for status in http.HTTPStatus}


class Headers(dict):
    """The headers of a request as they were sent; looked up without regard to case."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.lower = {name.lower(): name for name in self}

    def get(self, name, default=None):
        return super().get(self.lower.get(name.lower()), default)

    def __getitem__(self, name):
        return super().__getitem__(self.lower[name.lower()])

    def __contains__(self, name):
        return name.lower() in self.lower


class Request:
    """One request as the services see it."""

    def __init__(self, method, target, headers, raw):
        self.method, self.raw, self.headers = method, raw, headers
        split = urlsplit(target)
        self.path, self.query = split.path, split.query
        self.pairs = parse_qsl(split.query, keep_blank_values=True)
        self.service = next((name for name, root in ROOTS.items() if self.path.startswith(root)), None)
        rest = self.path[len(ROOTS[self.service]) :] if self.service else ""
        self.parts = [unquote(part) for part in rest.split("/")] if rest else []
        self.headers_out = {}

    def data(self):
        """The body as JSON; refused as the real servers refuse it."""
        kind = self.headers.get("Content-Type", "")
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise wrong_media(kind)
        try:
            return json.loads(self.raw)
        except ValueError as error:
            raise unparsable(error) from None

    def record(self, tokens):
        """What is kept: everything, but of Authorization only whose it is."""
        kept = Headers(self.headers)
        client = None
        for name in list(kept):
            if name.lower() == "authorization":
                dict.__setitem__(kept, name, masked(kept[name], tokens)[0])
                client = masked(self.headers[name], tokens)[1]
        query = {}
        for name, value in self.pairs:
            known = query.get(name)
            query[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]
        try:
            body = json.loads(self.raw) if self.raw else None
        except ValueError:
            body = self.raw.decode("utf-8", "replace")
        return {
            "method": self.method, "path": self.path, "query": query, "query_string": self.query, "headers": kept,
            "body": body,
            "client": client, "status": None, "fault": None, "time": time.time(),
        }  # fmt: skip


def answer(standin, request):
    """The answer of the service that the path belongs to. The caller holds the lock."""
    store = standin.state
    try:
        if not request.service:
            raise not_found()
        check_credentials(standin, request)
        if request.method == "OPTIONS":
            allow_only(store, request)
            made = Answer(200, {})
        else:
            made = SERVICES[request.service].handle(store, request)
    except Refusal as refusal:
        made = refusal.answer(store.base)
    except Exception:  # a defect of the stand-in: the caller gets a 500, the test finds it in `errors`
        standin.errors.append(f"{request.method} {request.path}: {traceback.format_exc()}")
        made = Answer(500, problem(store.base, 500))
    made.headers = {**request.headers_out, **made.headers}
    return made


def check_credentials(standin, request):
    authorization = request.headers.get("Authorization")
    try:
        if request.service in ("objects", "zac"):
            check_static(authorization, standin.tokens)
        else:
            check_zgw(authorization, standin.clients, standin.leeway)
    except Refusal:
        allow_only(standin.state, request)
        raise


def allow_only(store, request):
    """Fills in the headers of the resource (Allow, API-version) of a request that is not carried out."""
    probe = Request("TRACE", request.path, request.headers, b"")
    try:
        SERVICES[request.service].handle(store, probe)
    except Refusal:
        pass
    request.headers_out.update(probe.headers_out)


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0
    timeout = 120
    kept = None  # the record of the request that is being answered, when answers are kept

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:  # reset by the client, a broken TLS handshake, or our own fault
            self.close_connection = True

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def log_message(self, format, *arguments):
        pass

    def reply(self, status, body, headers=None, length=None, pause=0):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}"]
        headers = {"Server": "zgw", "Date": self.date_time_string(), **(headers or {})}
        if status >= 200 and status != 204:
            headers["Content-Length"] = len(body) if length is None else length
        if self.close_connection:
            headers["Connection"] = "close"
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.kept is not None:
            self.kept["answer"] = {"status": status, "headers": headers, "body": body}
        data = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + (b"" if self.command == "HEAD" else body)
        if not pause:
            return self.connection.sendall(data)
        for place in range(len(data)):
            self.connection.sendall(data[place : place + 1])
            if self.server.standin.stopping.wait(pause):
                return None
        return None

    def body(self):
        """The request's body, or None when it cannot be read."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > LONGEST_BODY:
            return None
        return self.rfile.read(int(length)) if int(length) else b""

    def serve(self):
        self.kept = None
        raw = self.body()
        if raw is None:
            self.close_connection = True
            return self.reply(411, b"")
        standin = self.server.standin
        request = Request(self.command, self.path, Headers(self.headers.items()), raw)
        if request.path.startswith("/admin/"):
            status, text = admin(standin, request)
            return self.reply(status, text, {"Content-Type": "application/json"})
        if standin.latency:
            standin.stopping.wait(standin.latency)
        with standin.lock:
            record = standin.remember(request)
            self.kept = record if standin.keep_answers else None
            fault = standin.faults.take(request.method, request.path)
            real = None
            if not fault or fault.done or (fault.answers() and not fault.delay):
                real = self.carry_out(standin, request, record)
        if not fault:
            return self.reply(*real)
        record["fault"] = fault.kind
        if fault.delay and fault.kind != "slow":
            standin.stopping.wait(fault.delay)
        if fault.answers():
            if real is None:
                with standin.lock:
                    real = self.carry_out(standin, request, record)
            return self.reply(*real, pause=fault.delay if fault.kind == "slow" else 0)
        if fault.kind in ("status", "html", "retry", "redirect", "huge"):
            record["status"] = fault.status or {"html": 502, "retry": 429, "redirect": 302, "huge": 200}.get(fault.kind)
        return play(fault, self, standin.url, real)

    def carry_out(self, standin, request, record):
        """Status, bytes and headers of the real answer, written while the lock is held."""
        made = answer(standin, request)
        record["status"] = made.status
        body = made.body
        if body is None:
            return made.status, b"", made.headers
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            made.headers.setdefault("Content-Type", "application/json")
        return made.status, body, made.headers


def admin(standin, request):
    """The admin interface: JSON in, JSON out, no credentials; loopback only by nature."""
    what, method = request.path[len("/admin/") :].strip("/"), request.method
    data = json.loads(request.raw) if request.raw else {}
    try:
        with standin.lock:
            answer = admin_call(standin, what, method, data)
    except (KeyError, TypeError, ValueError) as error:
        return 400, json.dumps({"error": str(error)}).encode()
    if answer is None:
        return 404, json.dumps({"error": f"no admin call {method} {what}"}).encode()
    return 200, json.dumps(answer, ensure_ascii=False).encode()


def admin_call(standin, what, method, data):
    if (method, what) == ("POST", "reset"):
        standin.reset()
        return standin.seed
    if (method, what) == ("POST", "faults"):
        return standin.faults.add(**data).as_json()
    if (method, what) == ("DELETE", "faults"):
        standin.faults.clear()
        return {}
    if (method, what) == ("DELETE", "requests"):
        standin.requests.clear()
        return {}
    if (method, what) == ("PUT", "settings"):
        for name in ("latency", "page_size", "force_unlock", "leeway"):
            if name in data:
                setattr(standin, name, data[name])
    if (method, what) in (("PUT", "settings"), ("GET", "settings")):
        return {name: getattr(standin, name) for name in ("latency", "page_size", "force_unlock", "leeway")}
    views = {
        "seed": lambda: standin.seed,
        "requests": lambda: standin.requests,
        "faults": lambda: [fault.as_json() for fault in standin.faults.all],
        "accepted": lambda: {"all": standin.accepted, "per_zaak": standin.accepted_per_zaak},
    }
    return views[what]() if method == "GET" and what in views else None


class Server(http.server.ThreadingHTTPServer):
    """A thread for each connection; knows its connections, so that stop() can end them."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address, standin):
        self.standin, self.open = standin, set()
        super().__init__(address, Handler)

    def server_bind(self):
        """Without the look-up of the machine's name that the base class makes."""
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        self.standin.errors.append(f"{client_address}: {traceback.format_exc()}")

    def end_connections(self):
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
