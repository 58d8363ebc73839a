#!/usr/bin/env python3
"""A stateful stand-in of the ZGW services (Zaken, Catalogi, Documenten, Objects) and of the ZAC, for tests and demos.

In Python:   standin = ZgwStandIn(page_size=2).start() ... standin.stop()
As a program: zgw.py --port 0 --seed      prints the URLs as one line of JSON, then "zgw ready PORT"; ends at SIGTERM
"""

import argparse
import json
import os
import secrets
import signal
import ssl
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import zgw_seed  # noqa: E402
from zgw_auth import Client, make_token  # noqa: E402
from zgw_faults import Faults  # noqa: E402
from zgw_http import Server  # noqa: E402
from zgw_store import ROOTS, Store  # noqa: E402

MOST_REQUESTS = 50_000  # records of requests that are kept


class ZgwStandIn:
    """The services on one port of 127.0.0.1.

    url, zaken, catalogi, documenten, objects, zac   the server and the roots of its services
    client_id, secret                                a client with all rights
    app_id_client, app_secret                        a second one, for credentials of an app
    no_rights, no_rights_secret                      a client that may do nothing
    token, app_token                                 static tokens of Objects and ZAC ("Authorization: Token ...")
    seed                                             URLs by name: zaaktype, statustypen["1"], documents[0] ...
    requests                                         records: method, path, query, headers, body, client, status, fault
    accepted, accepted_per_zaak                      how many writes were accepted, by "POST statussen" and so on
    state, faults, lock                              the store, the faults, and the lock that guards them
    latency, page_size, force_unlock, leeway         may be changed at any time
    keep_answers                                     whether records hold the answer, too: status, headers, bytes of the body
    """

    def __init__(self, page_size=100, tls=None, port=0, secret=None):
        """`tls` is (certificate file, key file) or (certificate file, key file, file of CAs that clients must have)."""
        self.wanted_port, self.tls, self.first_page_size = port, tls, page_size
        self.client_id, self.secret = "bptl", secret or secrets.token_hex(16)
        self.app_id_client, self.app_secret = "app", secrets.token_hex(16)
        self.no_rights, self.no_rights_secret = "norights", secrets.token_hex(16)
        self.token, self.app_token = secrets.token_hex(20), secrets.token_hex(20)
        self.clients = {
            self.client_id: Client(self.secret),
            self.app_id_client: Client(self.app_secret),
            self.no_rights: Client(self.no_rights_secret, rights=False),
        }
        self.tokens = {self.token: "bptl", self.app_token: "app"}
        self.lock, self.stopping = threading.RLock(), threading.Event()
        self.requests, self.errors, self.faults, self.latency, self.leeway = [], [], Faults(), 0, 0
        self.keep_answers = False
        self.server = self.thread = None

    def start(self):
        self.stopping.clear()
        self.server = Server(("127.0.0.1", self.wanted_port), self)
        self.port = self.server.server_port
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        for name, path in ROOTS.items():
            setattr(self, name, self.url + path)
        if self.tls:
            self.server.socket = tls_context(*self.tls).wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.reset()
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.end_connections()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def reset(self):
        """Everything as at the start: seeded URLs stay the same, what was made since is gone."""
        with self.lock:
            self.state = Store(self.url, self.first_page_size)
            self.seed = {
                "url": self.url, **{name: self.url + path for name, path in ROOTS.items()}, "client_id": self.client_id,
                "secret": self.secret, "token": self.token, **zgw_seed.fill(self.state),
            }  # fmt: skip
            self.state.accepted.clear()
            self.requests.clear()
            self.errors.clear()
            self.faults.clear()
            self.latency, self.leeway, self.keep_answers = 0, 0, False

    def fault(self, method=None, path="", status=None, body=None, times=1, **more):
        """The next `times` requests whose path contains `path` go wrong; see Fault for what can go wrong."""
        with self.lock:
            return self.faults.add(method, path, status, body, times, **more)

    def remember(self, request):
        record = request.record(self.tokens)
        self.requests.append(record)
        if len(self.requests) > MOST_REQUESTS:
            del self.requests[: MOST_REQUESTS // 10]
        return record

    def sent(self, method=None, path=""):
        """The records of the requests with this method whose path contains `path`."""
        with self.lock:
            return [r for r in self.requests if method in (None, r["method"]) and path in r["path"]]

    def bearer(self, client_id=None, secret=None, issued=None, **claims):
        """An Authorization header of a client."""
        return "Bearer " + make_token(client_id or self.client_id, secret or self.secret, issued, **claims)

    accepted = property(lambda self: self.state.accepted)
    accepted_per_zaak = property(lambda self: self.state.accepted_per_zaak)

    @property
    def page_size(self):
        return self.state.page_size

    @page_size.setter
    def page_size(self, value):
        self.state.page_size = int(value)

    @property
    def force_unlock(self):
        return self.state.force_unlock

    @force_unlock.setter
    def force_unlock(self, value):
        self.state.force_unlock = bool(value)


def tls_context(certificate, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--page-size", type=int, default=100)
    options.add_argument("--seed", action="store_true", help="print the seeded URLs and the credentials as JSON")
    options.add_argument("--secret", help="secret of the client; a new one at every start when not given")
    options.add_argument("--cert", help="certificate file: speak HTTPS")
    options.add_argument("--key", help="key file of the certificate")
    given = options.parse_args()
    if bool(given.cert) != bool(given.key):
        options.error("--cert and --key go together")
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    tls = (given.cert, given.key) if given.cert else None
    standin = ZgwStandIn(given.page_size, tls, given.port, given.secret).start()
    if given.seed:
        print(json.dumps(standin.seed), flush=True)
    print(f"zgw ready {standin.port}", flush=True)
    while not done.wait(1):
        if standin.errors:
            print(standin.errors.pop(0), file=sys.stderr, flush=True)
    standin.stop()


if __name__ == "__main__":
    main()
