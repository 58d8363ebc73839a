"""A server for answers that no stand-in of a real API gives, and certificates for servers that are not to be trusted."""
import http.server
import json
import socket
import ssl
import subprocess
import threading


class OddServer:
    """An HTTP server on a free port of 127.0.0.1; `answer(request, body)` does what it likes with the handler `request`.

    requests   [(method, path, headers, body)] in the order in which they came
    """

    def __init__(self, answer, tls=None):
        self.answer, self.requests = answer, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20
            disable_nagle_algorithm = True

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                try:
                    outer.answer(self, body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = take

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that break off are what these tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reply(request, value, status=200, **headers):
    """Answers with JSON, or with bytes as they are; header names with _ for -."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    request.send_response(status)
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **names}.items():
        request.send_header(name, text)
    request.end_headers()
    request.wfile.write(data)


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Authority:
    """A CA of its own, made with openssl; `file` holds its certificate."""

    def __init__(self, folder, name="tests"):
        self.folder, self.name = folder, name
        folder.mkdir(exist_ok=True)
        self.file, self.key = folder / f"{name}-ca.pem", folder / f"{name}-ca.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name} CA", "-keyout", self.key, "-out", self.file)

    @staticmethod
    def openssl(*words):
        subprocess.run(["openssl", *(str(word) for word in words)], check=True, capture_output=True)

    def certificate(self, name, names="IP:127.0.0.1", days=30):
        """(certificate file, key file, mode 0600); `days` below 0 makes one that is over."""
        certificate, key, request = (self.folder / f"{self.name}-{name}.{kind}" for kind in ("pem", "key", "csr"))
        extensions = self.folder / f"{self.name}-{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial",
                     "-extfile", extensions, "-days", days, "-out", certificate)
        key.chmod(0o600)
        return certificate, key


def server_context(certificate, key, client_ca=None, most=None):
    """What a TLS server speaks; `most` is the newest version that it knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    if most:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = most
    return context
