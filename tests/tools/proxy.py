"""A proxy of TCP on 127.0.0.1 that breaks what passes through it, for tests of faults on the line; what it does can be changed while it runs.

    with FaultProxy(server_port) as proxy: ... proxy.port ...
        proxy.fault("cut", match=b"POST /things", bytes=20)      the next such exchange loses the rest of its answer
        proxy.outage("refuse") ... proxy.outage(None)            nobody listens, and again somebody does
        proxy.freeze()                                           what is open now goes silent without being closed

It knows no protocol. An exchange is what a client says until the server says something; a fault is for the next exchange whose first
piece holds `match`. That fits HTTP/1.1 without pipelining, and every command of SMTP.
"""
import asyncio
import random
import socket
import struct
import threading
import time

# What a fault does to an exchange. `after`: true lets the request through first, so that only the answer is lost.
#   latency    each piece, there and back, waits `delay` seconds, give or take `jitter`
#   drip       the answer goes on in pieces of `bytes`, one each `tick` seconds
#   reset      a TCP reset;  close: the end of the connection in order
#   half-open  nothing is passed on any more, and nothing is closed
#   garbage    bytes at random (`seed`) in place of the answer, then the end
#   cut        the end of the connection after `bytes` of the answer, or before its last ones when below 0
#   headers    the same in the middle of the answer's second line
FAULTS = ("latency", "drip", "reset", "close", "half-open", "garbage", "cut", "headers")
AFTER = ("latency", "drip", "cut", "headers")  # those that need the real answer
OUTAGES = (None, "refuse", "reset", "silent")
PIECE = 65536


class Fault:
    """What one or more exchanges get; count -1 is until it is cleared. `hits`: (time, first bytes) of each that got it."""

    def __init__(self, do, match=b"", count=1, after=False, delay=0.2, jitter=0.1, bytes=20, tick=0.01, seed=1):
        if do not in FAULTS:
            raise ValueError(f"a fault is one of {FAULTS}")
        self.do, self.match, self.count, self.after = do, match, count, after or do in AFTER
        self.delay, self.jitter, self.bytes, self.tick, self.random = delay, jitter, bytes, tick, random.Random(seed)
        self.hits = []

    def takes(self, piece):
        if self.count == 0 or self.match not in piece:
            return False
        self.count -= 1 if self.count > 0 else 0
        self.hits.append((time.monotonic(), piece[:200]))
        return True


class Link:
    """One connection of a client, and ours to the server behind it."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.client = proxy, (reader, writer)
        self.server = None
        self.fault = None
        self.answering = True  # the next piece from the client begins an exchange
        self.passed = 0        # bytes of the answer to this exchange
        self.silent = False    # half-open
        self.over = asyncio.Event()

    async def run(self):
        try:
            self.server = await asyncio.open_connection("127.0.0.1", self.proxy.target)
            pumps = [asyncio.ensure_future(self.ask()), asyncio.ensure_future(self.answer())]
            pumps.append(asyncio.ensure_future(self.over.wait()))
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            self.reset()  # the server is not there
        self.close()

    def close(self):
        for _, writer in filter(None, (self.client, self.server)):
            writer.close()

    def reset(self):
        for _, writer in filter(None, (self.client, self.server)):
            if not writer.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        self.over.set()

    async def hush(self):
        """Half-open: neither side hears of the other any more, whatever becomes of it."""
        self.silent = True
        await self.over.wait()

    async def send(self, side, piece):
        if self.silent:
            await self.over.wait()
        side[1].write(piece)
        await side[1].drain()

    async def ask(self):
        """From the client to the server."""
        while piece := await self.client[0].read(PIECE):
            if self.silent:
                self.proxy.attempts.append(time.monotonic())
                continue
            if self.answering:
                self.answering, self.passed = False, 0
                self.fault = self.proxy.fault_for(piece)
            if self.fault and not self.fault.after:
                await self.spoil()
                return
            await self.late()
            await self.send(self.server, piece)
        if self.silent:  # the server is not told that its client is gone
            await self.over.wait()

    async def answer(self):
        """From the server to the client."""
        while piece := await self.server[0].read(PIECE):
            if self.silent:
                continue
            self.answering = True
            if not self.fault or self.fault.do == "latency":
                await self.late()
                await self.send(self.client, piece)
            elif self.fault.do == "drip":
                await self.drip(piece)
            elif self.fault.do in ("cut", "headers"):
                limit = self.fault.bytes if self.fault.do == "cut" else piece.find(b"\n") + 5
                limit = limit if limit > 0 else len(piece) + limit
                await self.send(self.client, piece[:max(0, limit - self.passed)])
                self.passed += len(piece)
                if self.passed >= limit:
                    return
            else:
                await self.spoil()
                return
        if self.silent:
            await self.over.wait()

    async def late(self):
        fault = self.fault
        if fault and fault.do == "latency":
            await asyncio.sleep(max(0, fault.delay + fault.random.uniform(-fault.jitter, fault.jitter)))

    async def drip(self, piece):
        step, tick = self.fault.bytes, self.fault.tick
        for at in range(0, len(piece), step):
            await self.send(self.client, piece[at:at + step])
            await asyncio.sleep(tick)

    async def spoil(self):
        """What the client gets in place of an answer."""
        do = self.fault.do
        if do == "half-open":
            await self.hush()
        elif do == "reset":
            self.reset()
        elif do == "garbage":
            await self.send(self.client, self.fault.random.randbytes(self.fault.random.randrange(1, 400)))


class FaultProxy:
    """The proxy; its loop runs on a thread of its own. Every public method may be called from any thread.

    attempts   time.monotonic() of each connection that a client made (one that was refused is not seen), and of what was said on one
               that had gone silent
    """

    def __init__(self, target):
        self.target = target
        self.faults, self.links, self.attempts, self.mode = [], set(), [], None
        # keeps the port ours while nobody listens on it
        self.holder = self.socket(0)
        self.port = self.holder.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="fault proxy", daemon=True)

    @staticmethod
    def socket(port):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
        return one

    def start(self):
        self.thread.start()
        self.call(self.listen)
        return self

    def stop(self):
        self.call(self.end)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
        self.holder.close()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def call(self, function, *args):
        """Runs a function, or awaits it, on the loop's thread."""
        async def on_loop():
            result = function(*args)
            return await result if asyncio.iscoroutine(result) else result
        return asyncio.run_coroutine_threadsafe(on_loop(), self.loop).result(20)

    # ---- what tests do ----
    def fault(self, do, **more):
        fault = Fault(do, **more)
        self.call(self.faults.append, fault)
        return fault

    def clear(self):
        """No fault any more for exchanges to come."""
        self.call(self.faults.clear)

    def outage(self, mode):
        """refuse: nobody listens; reset: whoever comes is thrown out; silent: whoever comes hears nothing. What is open
        now shares that fate. None: all is well again."""
        if mode not in OUTAGES:
            raise ValueError(f"an outage is one of {OUTAGES}")
        self.call(self.change, mode)

    def freeze(self):
        """What is open now goes silent; new connections are as good as ever. How many there were."""
        return self.call(self.silence)

    # ---- on the loop ----
    async def listen(self):
        self.server = await asyncio.start_server(self.accept, sock=self.socket(self.port), backlog=256)

    async def change(self, mode):
        was, self.mode = self.mode, mode
        if mode == "refuse" and self.server:
            self.server.close()
            self.server = None
        elif was == "refuse" and mode != "refuse":
            await self.listen()
        if mode == "silent":
            self.silence()
        for link in list(self.links) if mode != "silent" else ():
            if mode or link.silent:
                link.reset()

    def silence(self):
        for link in self.links:
            link.silent = True
        return len(self.links)

    async def end(self):
        if self.server:
            self.server.close()
        for link in list(self.links):
            link.reset()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def fault_for(self, piece):
        return next((fault for fault in self.faults if fault.takes(piece)), None)

    async def accept(self, reader, writer):
        self.attempts.append(time.monotonic())
        link = Link(self, reader, writer)
        self.links.add(link)
        try:
            if self.mode == "reset":
                link.reset()
            elif self.mode == "silent":
                link.silent = True
                await link.over.wait()
            else:
                await link.run()
        except (ConnectionError, asyncio.CancelledError):
            link.reset()
        finally:
            self.links.discard(link)
            link.close()
