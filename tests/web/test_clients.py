"""The HTTP server and those who call it: what is answered and with what, where it listens, and that no client, slow, broken or
hostile, holds up the host or another client."""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time

import pytest
from metrics import fetch
from probe import children, eventually, run
from workbench import PLACE, cpu_seconds

CROWD = 100  # connections at once
SECURE = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
          "Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


@pytest.fixture
def there(bench, site):
    bench.topic("Echo").topic("Post")
    return site()


@contextlib.contextmanager
def connections(port, count, first=b""):
    """Connections that send this and then nothing."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(count)]
        for one in found:
            one.sendall(first)
        yield found


def raw(port, data, wait=15):
    """What the server says to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", port), wait) as one:
        answer = b""
        with contextlib.suppress(ConnectionError):
            one.sendall(data)
            while part := one.recv(65536):
                answer += part
        return answer


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def check_host(bench, there, longest=3.0):
    """The host answers at once, and does tasks."""
    for path in ("healthz", "readyz", "metrics"):
        start = time.monotonic()
        assert there.get(path)[0] == 200
        assert time.monotonic() - start < longest
    bench.wait(bench.add("Post", {"url": PLACE}), wait=5)


# ---- what is answered ----

def test_every_answer_has_the_headers_that_keep_browsers_out(there):
    for path, status in (("healthz", 200), ("readyz", 200), ("metrics", 200), ("", 404), ("metrics/", 404), ("../metrics", 404),
                         ("healthz?verbose=1", 200), ("METRICS", 404)):
        got, headers, text = there.get(path)
        assert (path, got) == (path, status) and text
        assert {name: headers[name] for name in SECURE} == SECURE
        assert headers["Connection"] == "close"
        assert "Server" not in headers


def test_head_is_answered_as_get_is_without_the_body(there):
    for path in ("healthz", "readyz", "metrics"):
        status, headers, text = there.get(path, "HEAD")
        assert (status, text) == (200, "") and int(headers["Content-Length"]) > 0


def test_other_methods_are_refused(there):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
        status, headers, text = there.get("metrics", method)
        assert status == 405 and headers["Allow"] == "GET, HEAD" and "bptl_" not in text


def test_a_body_is_not_read(there):
    answer = raw(there.port, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100000)
    assert not answer or answer.startswith(b"HTTP/1.1 405 ")  # closing on unread bytes may take the answer along
    answer = raw(there.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n")
    assert not answer or answer.startswith(b"HTTP/1.1 ")


def test_head_fields_that_are_too_large_are_refused(there):
    for head in (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000 + b"\r\n\r\n",
                 b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n"):
        answer = raw(there.port, head)
        assert not answer or answer[9:12] in (b"431", b"414", b"413", b"400"), answer[:100]


# ---- where it listens ----

def test_without_the_key_nothing_is_served(bench, host):
    running = host(bench.topic("Echo").conf)
    bench.perform("Echo")
    table = pathlib.Path(f"/proc/{running.pid}/net/tcp").read_text()
    listening = {line.split()[9] for line in table.splitlines()[1:] if line.split()[3] == "0A"}
    mine = {re.sub(r"\D", "", os.readlink(f"/proc/{running.pid}/fd/{fd}")) for fd in os.listdir(f"/proc/{running.pid}/fd")}
    assert not listening & mine


def test_it_listens_at_ipv6_too(bench, site, bptl):
    bench.topic("Echo")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:  # this machine has no IPv6, which the host must say
        bench.conf.section("host", listen="[::1]:0")
        done = run(bptl, "run", "--conf", bench.conf.write())
        assert done.returncode == 73 and "http://[::1]:0/: " in done.stderr
        return
    there = site("[::1]:0")
    assert there.url.startswith("http://[::1]:")
    assert there.get("healthz")[0] == 200


def test_an_address_for_all_is_said_in_the_log(bench, site):
    bench.topic("Echo")
    there = site("0.0.0.0:0")
    assert "other machines can reach" in there.running.text()
    assert fetch(f"http://127.0.0.1:{there.port}/healthz")[0] == 200


@pytest.mark.parametrize("address, words", [("127.0.0.1:{port}", "another program has this port"),
                                            ("192.0.2.1:8080", "this machine has no such address")])
def test_an_address_that_cannot_be_had_ends_the_start_with_what_to_do(bench, bptl, address, words):
    bench.topic("Echo")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bench.conf.section("host", listen=address.format(port=taken.getsockname()[1]))
        done = run(bptl, "run", "--conf", bench.conf.write())
    assert done.returncode == 73
    [line] = [line for line in done.stderr.splitlines() if "level=error" in line]
    assert words in line and "listen = in [host]: http://" in line
    assert not bench.asked("fetchAndLock")


def test_a_port_is_free_again_at_once_when_the_host_has_stopped(bench, site):
    bench.topic("Echo")
    first = site()
    first.get("healthz")
    first.running.stop()
    again = site(f"127.0.0.1:{first.port}")
    assert again.url == first.url and again.get("healthz")[0] == 200


def test_the_plugins_processes_do_not_hold_the_socket(bench, there):
    [runner] = [pid for pid, line in children(there.running.pid).items() if line == "bptl runner probe"]
    targets = lambda pid: {target for fd in os.listdir(f"/proc/{pid}/fd")
                           if (target := os.readlink(f"/proc/{pid}/fd/{fd}")).startswith("socket:")}
    table = pathlib.Path(f"/proc/{there.running.pid}/net/tcp").read_text()
    [inode] = [line.split()[9] for line in table.splitlines()[1:] if line.split()[1].endswith(f":{there.port:04X}") and line.split()[3] == "0A"]
    assert f"socket:[{inode}]" in targets(there.running.pid)
    assert f"socket:[{inode}]" not in targets(runner)


# ---- clients that are slow, broken or hostile ----

HALF = [b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: "]
NONSENSE = [
    b"\0" * 5000, bytes(range(256)) * 20, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500, b"\r\n" * 2000,
    b"GET\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n", b"GET /%00%ff/../metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET http://elders.example.nl/metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", b": \r\n" * 1000]  # fmt: skip


def test_half_open_connections_and_nonsense_hold_up_nobody_and_end(bench, there):
    before = descriptors(there.running.pid)
    with contextlib.ExitStack() as stack:
        crowd = [one for first in HALF for one in stack.enter_context(connections(there.port, CROWD // len(HALF) + 1, first))]
        eventually(lambda: descriptors(there.running.pid) >= before + CROWD)
        crowd += [one for data in NONSENSE for one in stack.enter_context(connections(there.port, 1, data))]
        check_host(bench, there)
        start, used = time.monotonic(), cpu_seconds(there.running.pid)
        for one in crowd:
            one.settimeout(20)
            with contextlib.suppress(ConnectionError):
                said = b""
                while part := one.recv(4096):
                    said += part
                assert not said or said.startswith(b"HTTP/1.")
        assert 5 < time.monotonic() - start < 20
        assert cpu_seconds(there.running.pid) - used < 0.5  # it waits for them, it does not spin
    eventually(lambda: descriptors(there.running.pid) <= before + 2)
    check_host(bench, there)


def test_more_connections_than_there_are_places_end_the_oldest_not_the_newest(bench, there):
    before = descriptors(there.running.pid)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connections(there.port, CROWD))
            check_host(bench, there)
            assert descriptors(there.running.pid) < before + 200
        assert there.running.process.poll() is None


def test_a_client_that_sends_a_byte_now_and_then_holds_up_nobody_and_is_ended(bench, there, long):
    """It is never idle; what ends it is the time that a connection has in all. The short form does not wait for that."""
    with socket.create_connection(("127.0.0.1", there.port), 5) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        start = time.monotonic()
        one.settimeout(0.5)
        while time.monotonic() - start < (50 if long else 2):
            check_host(bench, there)
            try:
                one.sendall(b"y")
                if one.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert 20 < time.monotonic() - start < 45 or not long


def test_a_slow_reader_of_metrics_holds_up_nobody(bench, site):
    for i in range(200):
        bench.conf.section(f"topic een-lange-naam-van-een-topic-{i}-{'x' * 60}", unit="probe.Echo")
    bench.topic("Echo").topic("Post")
    there = site()
    with contextlib.ExitStack() as stack:
        slow = []
        for _ in range(30):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", there.port))
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            slow.append(one)
        assert len(there.get("metrics")[2]) > 500000  # more than a socket takes at once
        check_host(bench, there)
        used = cpu_seconds(there.running.pid)
        time.sleep(2)
        assert cpu_seconds(there.running.pid) - used < 1.0


def test_requests_without_end_do_not_keep_tasks_from_being_done(bench, there):
    """Eight clients ask for /metrics as fast as they can; made anew a few times a second, it costs next to nothing."""
    code = ("import sys, urllib.request\nwhile True:\n try: urllib.request.urlopen(sys.argv[1], timeout=5).read()\n"
            " except OSError: pass\n")  # fmt: skip
    eager = [subprocess.Popen([os.sys.executable, "-c", code, there.url + "metrics"]) for _ in range(8)]
    try:
        start = time.monotonic()
        for _ in range(5):
            bench.wait(bench.add("Post", {"url": PLACE}), wait=10)
        assert time.monotonic() - start < 10
        assert json.loads(there.get("readyz")[2])["ready"]
    finally:
        for one in eager:
            one.kill()
            one.wait()
