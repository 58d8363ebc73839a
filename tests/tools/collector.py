"""Listens where nothing should ever arrive, and keeps what does."""
import errno
import selectors
import socket
import threading


class Collector:
    """Takes every connection on its addresses, keeps the bytes, and answers with 200."""

    def __init__(self, *addresses):
        """`addresses`: (host, port); port 0 for any."""
        self.heard = []  # [(address, bytes)], one entry for each piece that was read
        self.connections = 0
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for host, port in addresses:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                listener.bind((host, port))
            except OSError as error:  # a machine without IPv6: nobody can call this address either
                if family != socket.AF_INET6 or error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
            listener.listen(50)
            listener.setblocking(False)
            self.selector.register(listener, selectors.EVENT_READ)
            self.sockets.append(listener)
        self.waker, self.wake = socket.socketpair()
        self.selector.register(self.waker, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def port(self, index=0):
        return self.sockets[index].getsockname()[1]

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.waker:
                    return
                if key.fileobj in self.sockets:
                    connection, _ = key.fileobj.accept()
                    self.connections += 1
                    self.selector.register(connection, selectors.EVENT_READ)
                    continue
                self.read(key.fileobj)

    def read(self, connection):
        try:
            data = connection.recv(65536)
            if data:
                self.heard.append((connection.getsockname(), data))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                return
        except OSError:
            pass
        self.selector.unregister(connection)
        connection.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.wake.send(b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.wake.close()
        self.selector.close()
