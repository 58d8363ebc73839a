"""A strict stand-in of the external task REST interface of Camunda 7 and Operaton, for tests. Longer than 400 lines: one server, its faults and
its admin interface.

As a module:   with EngineStandIn() as engine: engine.add({"topic": "a", "count": 3}); ... engine.url ...
As a program:  python3 engine.py --port 0        prints "engine ready PORT" and runs until SIGTERM
What tests ask for goes over HTTP under /admin/ too, with JSON bodies, so that a program in any language can use it:
    POST /admin/tasks          {"topic", "count", "variables", "steps": [{"topic", ...}], ...}: see State.ORDER
    GET  /admin/counts         tasks by state, requests by kind, answers by status, broken rules
    GET  /admin/instances      everything about all instances; also /admin/tasks/ID and /admin/requests (needs --record)
    POST /admin/steal/ID       {"worker", "seconds"}: another worker holds the lock now; /admin/cancel/ID
    POST /admin/retries/ID     {"retries"}; /admin/expire: all locks end; /admin/reset: as new
    POST /admin/fault          {"kind", "count", "do", ...}: see FAULTS; /admin/outage {"on": true, "do": "reset"}
"""
import argparse
import asyncio
import base64
import json
import os
import random
import signal
import socket
import struct
import sys
import threading
import time
from collections import Counter, deque
from urllib.parse import parse_qsl, unquote, urlsplit

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine_process import Processes  # noqa: E402
from engine_state import BrokenRule, Refused, State  # noqa: E402

# What a faulty answer can be. `after`: true does what was asked first, so that only the answer is lost. `delay`: seconds
# before the answer. `share`: only this part of the requests, 0 to 1, by a random generator of `seed`; `count` counts those.
# `status` and `body` (a text, or JSON) belong to "status"; `bytes` to "large".
FAULTS = ("status", "garbage", "html", "truncated", "empty", "large", "nonsense", "cut", "close", "reset", "hang",
          "half-open", "slow")
KINDS = ("fetchAndLock", "complete", "failure", "bpmnError", "extendLock", "unlock", "list", "get", "other", "any")
PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1><p>no upstream</p></body></html>"
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           406: "Not Acceptable", 415: "Unsupported Media Type", 500: "Internal Server Error"}


def http(status, body=b"", kind="application/json", length=None):
    """The bytes of an answer."""
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Some Status')}\r\n"
    if status != 204:
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body) if length is None else length}\r\n"
    return head.encode() + b"\r\n" + body


class Request:
    """One request that has arrived whole."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        parts = urlsplit(target)
        self.path, self.query = unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))

    def json(self):
        if self.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise Refused(415, "HTTP 415 Unsupported Media Type", "NotSupportedException")
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise BrokenRule(f"the body is no JSON: {error}") from None


class Connection(asyncio.Protocol):
    """Takes requests apart, one after the other."""

    def __init__(self, server):
        self.server, self.buffer, self.busy, self.silent = server, b"", False, False
        self.is_admin = False  # the tests' own: an outage does not end it

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.connections.add(self)

    def connection_lost(self, error):
        self.server.connections.discard(self)

    def data_received(self, data):
        self.buffer += data
        self.next()

    def next(self):
        while not self.busy and not self.silent and not self.transport.is_closing():
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if "transfer-encoding" in headers or len(first.split(" ")) != 3:
                self.transport.write(http(400, b"chunked requests are not understood", "text/plain"))
                self.transport.close()
                return
            if len(self.buffer) < end + 4 + length:
                return
            method, target, _ = first.split(" ")
            body = self.buffer[end + 4:end + 4 + length]
            self.buffer = self.buffer[end + 4 + length:]
            self.busy = True
            self.server.take(self, Request(method, target, headers, body))

    def send(self, data):
        self.busy = False
        if not self.transport.is_closing():
            self.transport.write(data)
            self.next()

    def reset(self):
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Poll:
    """A long poll that waits."""

    def __init__(self, body, send, timer):
        self.body, self.send, self.timer = body, send, timer


class EngineStandIn:
    """The stand-in; its event loop runs on a thread of its own. Every public method may be called from any thread."""

    def __init__(self, port=0, prefix="/engine-rest", user=None, password=None, token=None, record=False):
        self.wanted_port, self.prefix, self.record = port, prefix.rstrip("/"), record
        self.auth = None
        if user is not None:
            self.auth = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        elif token is not None:
            self.auth = "Bearer " + token
        self.connections = set()
        self.clear()

    def clear(self):
        self.state = State()
        self.state.wake = self.wake
        self.processes = Processes(self.state)
        self.polls, self.faults, self.outage = [], deque(), None
        self.requests, self.statuses, self.kept, self.broken = Counter(), Counter(), deque(maxlen=100000), []

    # ---- starting and stopping ----
    def start(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(10)
        return self

    def run(self, ready):
        self.loop = asyncio.new_event_loop()
        self.end = self.loop.create_future()
        self.loop.run_until_complete(self.serve(ready))
        self.loop.close()

    async def serve(self, ready):
        server = await self.loop.create_server(lambda: Connection(self), "127.0.0.1", self.wanted_port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{self.prefix}/"
        ready.set()
        await self.end
        server.close()
        for connection in list(self.connections):
            connection.transport.abort()

    def stop(self):
        self.loop.call_soon_threadsafe(lambda: self.end.done() or self.end.set_result(None))
        self.thread.join(10)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def call(self, function, *args):
        """Runs a function on the loop's thread and gives its result."""
        async def on_loop():
            return function(*args)
        return asyncio.run_coroutine_threadsafe(on_loop(), self.loop).result(60)

    # ---- what tests do; see the head comment ----
    def add(self, order):
        return self.call(self.state.add, order)

    def deploy(self, key, steps=()):
        """Makes a process that can be started; its id. See engine_process.py."""
        return self.call(self.processes.deploy, key, steps)

    def started(self):
        """What was started of deployed processes: definition, instance and body of each."""
        return self.call(lambda: list(self.processes.started))

    def fault(self, kind="any", do="status", count=1, **more):
        self.call(self.add_fault, {"kind": kind, "do": do, "count": count, **more})

    def set_outage(self, do="reset"):
        """None ends it."""
        self.call(self.change_outage, do)

    def counts(self):
        return self.call(self.all_counts)

    def instances(self):
        return self.call(lambda: [instance.report() for instance in self.state.instances.values()])

    def steal(self, task_id, worker="thief", seconds=60):
        self.call(self.state.steal, task_id, worker, seconds)

    def cancel(self, task_id):
        self.call(self.state.cancel, task_id)

    def set_retries(self, task_id, retries):
        self.call(self.state.set_retries, task_id, retries)

    def expire(self):
        self.call(self.state.expire)

    def add_fault(self, fault):
        fault = {"kind": "any", "count": 1, **fault}
        if fault.get("do") not in FAULTS or fault["kind"] not in KINDS:
            raise BrokenRule(f"a fault is one of {FAULTS}, its kind one of {KINDS}")
        self.faults.append({**fault, "random": random.Random(fault.get("seed", 0))})

    def change_outage(self, do):
        if do not in (None, "reset", "hang", "503"):
            raise BrokenRule("an outage is reset, hang or 503")
        self.outage = do
        for connection in list(self.connections) if do == "reset" else []:
            if not connection.is_admin:
                connection.reset()
        if do == "reset":
            self.polls.clear()

    def all_counts(self):
        return {**self.state.counts(), "requests": dict(self.requests), "broken": self.broken, "polls": len(self.polls),
                "statuses": {str(status): count for status, count in self.statuses.items()},
                "connections": len(self.connections)}

    # ---- requests ----
    def take(self, connection, request):
        connection.is_admin = request.path.startswith("/admin/")
        if connection.is_admin:
            connection.send(self.admin(request))
            return
        kind, task_id = self.kind_of(request)
        self.requests[kind] += 1
        if self.record:
            self.kept.append({"at": time.time(), "kind": kind, "method": request.method, "path": request.path,
                              "query": request.query, "body": request.body.decode("utf-8", "replace")})
        fault = self.next_fault(kind)
        if not fault:
            self.perform(kind, task_id, request, lambda answer: self.finish(connection, answer))
        elif fault.get("after") or fault["do"] in ("slow", "truncated", "cut", "half-open"):
            self.perform(kind, task_id, request, lambda answer: self.spoil(connection, fault, answer))
        else:
            self.spoil(connection, fault, None)

    def finish(self, connection, answer):
        status, body = answer
        self.statuses[status] += 1
        if body is None:
            connection.send(http(status))
        else:
            connection.send(http(status, json.dumps(body, separators=(",", ":")).encode()))

    def next_fault(self, kind):
        if self.outage:
            return {"do": self.outage if self.outage != "503" else "status", "status": 503, "body": "unavailable"}
        for fault in self.faults:
            if fault["kind"] in ("any", kind) and (not fault.get("share") or fault["random"].random() < fault["share"]):
                fault["count"] -= 1
                if fault["count"] <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def kind_of(self, request):
        tail = request.path[len(self.prefix):] if request.path.startswith(self.prefix + "/") else ""
        parts = tail.strip("/").split("/")
        if parts[0] != "external-task":
            return "other", None
        if request.method == "POST" and parts[1:] == ["fetchAndLock"]:
            return "fetchAndLock", None
        if len(parts) == 1:
            return "list", None
        if len(parts) == 2 and request.method == "GET":
            return "get", parts[1]
        if len(parts) == 3 and request.method == "POST" and parts[2] in KINDS:
            return parts[2], parts[1]
        return "other", None

    def perform(self, kind, task_id, request, send):
        try:
            if self.auth and request.headers.get("authorization") != self.auth:
                raise Refused(401, "Unauthorized", "AuthenticationException")
            accept = request.headers.get("accept", "*/*")
            if "application/json" not in accept and "*/*" not in accept:
                raise Refused(406, "HTTP 406 Not Acceptable", "NotAcceptableException")
            if "host" not in request.headers:
                raise BrokenRule("no Host header")
            send_now = self.answer(kind, task_id, request, send)
        except Refused as refused:
            if isinstance(refused, BrokenRule):
                self.broken.append(f"{kind}: {refused}")
            send_now = refused.status, refused.body
        except Exception as error:  # a mistake of the stand-in or a body that nobody thought of: visible, not silent
            self.broken.append(f"{kind}: {error!r}")
            send_now = 500, {"type": "RestException", "message": f"the stand-in fell over: {error!r}"}
        if send_now:
            send(send_now)

    def answer(self, kind, task_id, request, send):
        state = self.state
        if kind == "fetchAndLock":
            return self.fetch(request.json(), send)
        if kind == "list":
            query = request.query
            if request.method == "POST":
                query = {**request.json(), **query}
            return 200, state.list(query)
        if kind == "get":
            return 200, state.find(task_id).answer()
        if kind == "unlock":
            state.unlock(task_id)
        elif kind in ("complete", "failure", "bpmnError", "extendLock"):
            {"complete": state.complete, "failure": state.failure, "bpmnError": state.bpmn_error,
             "extendLock": state.extend}[kind](task_id, request.json())
        elif request.path == self.prefix + "/engine":
            return 200, [{"name": "default"}]
        elif request.path == self.prefix + "/version":
            return 200, {"version": "7.24.0"}
        else:
            found = self.processes.answer(request, request.path.removeprefix(self.prefix))
            if not found:
                raise Refused(404, "HTTP 404 Not Found", "NotFoundException")
            return found
        return 204, None

    def fetch(self, body, send):
        self.state.check_fetch(body)
        tasks = self.state.fetch(body)
        wait = body.get("asyncResponseTimeout")
        if tasks or not wait:
            return 200, tasks
        poll = Poll(body, send, None)
        poll.timer = self.loop.call_later(wait / 1000, self.poll_over, poll)
        self.polls.append(poll)
        return None

    def poll_over(self, poll):
        """The end of the wait: nothing is looked for any more, as in the real engine."""
        if poll in self.polls:
            self.polls.remove(poll)
            poll.send((200, []))

    def wake(self):
        """A task can be fetched now. A poll whose client is gone takes it all the same, as the real engine's does."""
        if self.polls:
            self.loop.call_soon(self.serve_polls)

    def serve_polls(self):
        for poll in list(self.polls):
            tasks = self.state.fetch(poll.body)
            if tasks and poll in self.polls:
                self.polls.remove(poll)
                poll.timer.cancel()
                poll.send((200, tasks))

    # ---- faults ----
    def spoil(self, connection, fault, answer):
        if fault.get("delay"):
            self.loop.call_later(fault["delay"], self.spoil, connection, {**fault, "delay": 0}, answer)
            return
        do = fault["do"]
        status, body = answer or (200, [])
        data = json.dumps(body).encode() if body is not None else b""
        self.statuses[do] += 1
        if do == "slow":
            self.finish(connection, (status, body))
        elif do == "reset":
            connection.reset()
        elif do == "close":
            connection.transport.close()
        elif do == "hang":
            connection.silent = True
        elif do in ("half-open", "cut"):
            connection.transport.write(http(200, data[:max(1, len(data) // 2)], length=len(data) + 1000))
            connection.silent = True
            if do == "cut":
                connection.transport.close()
        elif do == "nonsense":
            connection.transport.write(bytes(random.Random(len(data)).randrange(256) for _ in range(200)))
            connection.transport.close()
        else:
            connection.send(self.spoilt(fault, data))

    @staticmethod
    def spoilt(fault, data):
        """A whole answer that is not the right one."""
        do, status = fault["do"], fault.get("status", 200)
        if do == "status":
            body = fault.get("body", {"type": "RestException", "message": "a fault that a test asked for"})
            if isinstance(body, str):
                return http(fault.get("status", 500), body.encode(), fault.get("type", "text/plain"))
            return http(fault.get("status", 500), json.dumps(body).encode(), fault.get("type", "application/json"))
        if do == "html":
            return http(status, PAGE.encode(), "text/html; charset=utf-8")
        if do == "empty":
            return http(status)
        if do == "large":
            return http(status, b'["' + b"x" * fault.get("bytes", 20 << 20) + b'"]')
        if do == "truncated":
            return http(status, (data if len(data) > 4 else b'[{"id":"a-1","topicName":"a"},{"id"')[:-3])
        return http(status, bytes(random.Random(len(data)).randrange(256) for _ in range(300)))

    # ---- the way in for tests in other languages ----
    def admin(self, request):
        parts = request.path.split("/")[2:]
        name, rest = parts[0], parts[1] if len(parts) > 1 else ""
        try:
            body = json.loads(request.body) if request.body else {}
            result = self.admin_get(name, rest) if request.method == "GET" else self.admin_post(name, rest, body)
        except Refused as refused:
            return http(refused.status, json.dumps(refused.body).encode())
        except (ValueError, KeyError, TypeError) as error:
            return http(400, repr(error).encode(), "text/plain")
        return http(200, json.dumps(result).encode())

    def admin_get(self, name, rest):
        if name == "counts":
            return self.all_counts()
        if name == "instances":
            return [instance.report() for instance in self.state.instances.values()]
        if name == "tasks":
            return [task for i in self.state.instances.values() for task in i.tasks if task.id == rest][0].report()
        if name == "requests":
            return list(self.kept)
        raise KeyError(name)

    def admin_post(self, name, rest, body):
        if name == "tasks":
            return self.state.add(body)
        if name == "steal":
            return self.state.steal(rest, body.get("worker", "thief"), body.get("seconds", 60))
        if name == "retries":
            return self.state.set_retries(rest, body["retries"])
        if name == "fault":
            return self.add_fault(body)
        if name == "outage":
            return self.change_outage(body.get("do", "reset") if body["on"] else None)
        return {"cancel": lambda: self.state.cancel(rest), "expire": self.state.expire, "reset": self.clear}[name]()


def main():
    parser = argparse.ArgumentParser(description="A stand-in of the external task REST interface.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--prefix", default="/engine-rest")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--token")
    parser.add_argument("--record", action="store_true", help="keep all requests for GET /admin/requests")
    options = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with EngineStandIn(options.port, options.prefix, options.user, options.password, options.token,
                       options.record) as engine:
        print(f"engine ready {engine.port}", flush=True)
        over.wait()


if __name__ == "__main__":
    main()
