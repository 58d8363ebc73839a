#!/usr/bin/env python3
"""A stand-in of a mail server, for tests and the demo: it takes mails on a free port of 127.0.0.1 and keeps them.

STARTTLS, TLS from the start and AUTH (PLAIN, LOGIN) are demanded when asked for. Receivers whose address begins with
later@ are answered 451, refuse@ 550; for drop@ the mail is kept and the connection is broken before the answer, so that
the sender cannot know. Needs aiosmtpd.

    python3 smtp.py --store FOLDER [--starttls | --tls] [--user NAME --password TEXT] [--port 0]

prints "smtp ready PORT" and runs until SIGTERM."""
import argparse
import asyncio
import base64
import email
import email.policy
import json
import logging
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

RCPT_ANSWERS = {"later": "451 4.7.1 try again later", "refuse": "550 5.1.1 no such mailbox here"}
SIZE_LIMIT = 64 * 1024 * 1024


def is_ours(record):
    """Says no to what aiosmtpd complains about at every login: that it sets a member of its own."""
    return not record.getMessage().startswith("Session.login_data is deprecated")


logging.getLogger("mail.log").addFilter(is_ours)


def make_certificate(folder):
    """A certificate for localhost that signs itself: (certificate, key)."""
    cert, key = folder / "smtp.pem", folder / "smtp.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", cert,
                    "-keyout", key], check=True, capture_output=True)
    return cert, key


def read_part(part):
    """One attachment or inline part."""
    data = part.get_payload(decode=True) or b""
    return {"name": part.get_filename(), "type": part.get_content_type(), "disposition": part.get_content_disposition(),
            "content_id": part["Content-ID"], "size": len(data), "base64": base64.b64encode(data).decode()}


def read_mail(envelope, session):
    """What tests want to know of a mail."""
    message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
    text, html, parts = None, None, []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if part.get_content_disposition() is None and kind == "text/plain" and text is None:
            text = part.get_content().replace("\r\n", "\n")
        elif part.get_content_disposition() is None and kind == "text/html" and html is None:
            html = part.get_content().replace("\r\n", "\n")
        else:
            parts.append(read_part(part))
    return {
        "from": envelope.mail_from,
        "to": list(envelope.rcpt_tos),
        "subject": str(message["Subject"]),
        "reply_to": str(message["Reply-To"]) if message["Reply-To"] else None,
        "message_id": str(message["Message-ID"]) if message["Message-ID"] else None,
        "headers": [[name, str(value)] for name, value in message.items()],
        "types": [part.get_content_type() for part in message.walk()],
        "text": text,
        "html": html,
        "parts": parts,
        "tls": session.ssl is not None,
        "user": session.auth_data.login.decode() if session.auth_data else None,
    }


class Handler:
    """What aiosmtpd calls."""

    def __init__(self, standin):
        self.standin = standin

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = RCPT_ANSWERS.get(address.split("@")[0])
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.standin.keep(read_mail(envelope, session), envelope.original_content)
        if self.standin.delay:
            await asyncio.sleep(self.standin.delay)
        if any(address.startswith("drop@") for address in envelope.rcpt_tos):
            server.transport.abort()
        return "250 2.0.0 kept"


class SmtpStandIn:
    """The server, in a thread of its own. `mails` holds what arrived, oldest first; `ca_file` is the certificate that a
    client must trust when it speaks TLS; `delay` is how many seconds a mail that is kept waits for its answer. Without a
    user nobody needs to log in."""

    def __init__(self, store=None, port=0, starttls=False, tls=False, user=None, password=None, certificate=None):
        self._made = None
        if store is None or ((starttls or tls) and certificate is None):
            self._made = pathlib.Path(tempfile.mkdtemp(prefix="smtp-"))
        self.store = pathlib.Path(store) if store is not None else self._made
        self.store.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.user, self.password = user, password
        self.mails = []
        self.attempts = 0
        self.delay = 0
        self.ca_file = None
        self._number = 0
        self._lock = threading.Lock()
        self._starttls, self._tls = starttls, tls
        self._context = self._make_context(certificate) if starttls or tls else None
        self._loop = self._thread = self._server = None

    def _make_context(self, certificate):
        cert, key = certificate or make_certificate(self._made)
        self.ca_file = str(cert)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context

    def _log_in(self, server, session, envelope, mechanism, auth_data):
        self.attempts += 1
        good = auth_data.login.decode() == self.user and auth_data.password.decode() == self.password
        return AuthResult(success=good, handled=False, auth_data=auth_data)

    def _protocol(self):
        login = {"authenticator": self._log_in, "auth_required": True,
                 "auth_require_tls": self._starttls} if self.user else {}
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS", UserWarning)  # --tls: it is there already
        return SMTP(Handler(self), hostname="localhost", data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=False, loop=self._loop,
                    tls_context=self._context if self._starttls else None, require_starttls=self._starttls, **login)

    def start(self):
        """Listens; `port` is set when it returns."""
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()

        async def listen():
            self._server = await self._loop.create_server(self._protocol, "127.0.0.1", self.port,
                                                          ssl=self._context if self._tls else None)
            self.port = self._server.sockets[0].getsockname()[1]

        def run():
            asyncio.set_event_loop(self._loop)
            try:
                self._loop.run_until_complete(listen())
            finally:
                ready.set()
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, name="smtp", daemon=True)
        self._thread.start()
        ready.wait()
        if not self._server:
            raise OSError(f"cannot listen on port {self.port} of 127.0.0.1")
        return self

    def stop(self):
        """Stops listening, and breaks off what is open."""
        async def end():
            self._server.close()
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        if self._made:
            shutil.rmtree(self._made, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()

    def reset(self):
        """Forgets every mail."""
        with self._lock:
            for file in self.store.glob("mail-*"):
                file.unlink()
            self.mails = []
            self.attempts = self.delay = 0

    def take(self):
        """The mails that have arrived since the last time; they are no longer in `mails`."""
        with self._lock:
            taken, self.mails = self.mails, []
        return taken

    def keep(self, mail, raw):
        """Takes a mail in, and writes it down as mail-0001.json and mail-0001.eml."""
        with self._lock:
            self._number += 1
            file = self.store / f"mail-{self._number:04d}"
            file.with_suffix(".eml").write_bytes(raw)
            mail["file"] = str(file.with_suffix(".eml"))
            file.with_suffix(".json").write_text(json.dumps(mail, ensure_ascii=False, indent="\t"), encoding="utf-8")
            self.mails.append(mail)


def main():
    """The program."""
    parser = argparse.ArgumentParser(description="A stand-in of a mail server.")
    parser.add_argument("--store", required=True, help="folder for the mails, as .json and .eml")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--starttls", action="store_true", help="demand STARTTLS")
    parser.add_argument("--tls", action="store_true", help="speak TLS from the start")
    parser.add_argument("--cert", help="certificate (PEM); made when there is none")
    parser.add_argument("--key", help="its key (PEM)")
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args()
    certificate = (options.cert, options.key) if options.cert else None
    server = SmtpStandIn(options.store, options.port, options.starttls, options.tls, options.user, options.password, certificate)
    # blocked before the server's thread exists, so that sigwait() gets them
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    server.start()
    print(f"smtp ready {server.port}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop()


if __name__ == "__main__":
    main()
