"""Answers that are nearly right: takes a good HTTP answer with JSON and breaks it in one of the ways that servers, proxies and lines
are known for, and in some that are not. Everything is drawn from a seeded generator, so that a run can be repeated."""
import json

HUGE = (10**18, -10**18, 2**63, 2**64 + 1, 10**40, -1, 0, 2**31, 4294967296, 10**308)
RAW = (b"1e999", b"-1e999", b"NaN", b"Infinity", b"01", b"1.", b"+1", b"0x10", b"nul", b"True", b"'x'", b'"\\ud800"', b'"\\u0000"',
       b'"a\\u0000b"', b'"\xff\xfe"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\\x41"', b'"open', b'"\x01\n\t"', b"1" * 400, b"-", b"",
       b"123456789012345678901234567890", b"1e-400", b"{,}", b"[,]", b"[1,]", b'{"a"}', b'{"a":}', b"/* c */ 1", b"\xef\xbb\xbf1")
TEXTS = ("", " ", "../../x", "a/b", "a?b=c", "%2e%2e", "x" * 300, "x" * 5000, "é€😀", "a\r\nX-Evil: 1", "'; DROP TABLE task; --", "%s%n%d",
         "null", "0", "\u202e", "\u0000")
TYPES = ("text/html; charset=utf-8", "text/plain", "application/xml", "application/json; charset=utf-16", "", "json", "application/JSON",
         "application/hal+json", "\xff\xfe", "application/octet-stream", "application/json" * 200)
STATUS_LINES = (b"HTTP/1.1 2000 OK", b"HTTP/1.1 ABC OK", b"HTTP/9.9 200 OK", b"HTTP/1.1 200", b"HTTP/1.1  200 OK", b"ICY 200 OK",
                b"http/1.1 200 ok", b"HTTP/1.1 -200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 200OK", b"HTTP/1.0 200 OK", b"HTTP/2 200", b"200 OK",
                b"HTTP/1.1 200 OK\x00\x00", b"HTTP/1.1 99999999999 OK", b"HTTP/1.1 000 Nothing", b"HTTP/1.1 200 " + b"x" * 20000, b"",
                b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-OpenSSH_9.2")
STATUSES = (200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411,
            412, 413, 414, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 511, 520, 599, 999)
WORDS = ("External task with id {} does not exist", "locked by worker 'x'", "value too long for column", "no process engine", "")
CHUNK_HEADS = (b"zz", b"-5", b"ffffffffffffffffff", b"0x5", b"5;" + b"e" * 3000, b"", b" 5 ", b"7fffffff")
TRICKS = (b"Content-Encoding: gzip", b"Content-Encoding: br, gzip, deflate", b"Transfer-Encoding: gzip", b"Connection: upgrade\r\nUpgrade: h2c",
          b"Retry-After: 99999999999999", b"Retry-After: Wed, 99 Foo 2026 25:61:61 GMT", b"Retry-After: -1", b"Retry-After: 1e9",
          b"Location: file:///etc/passwd", b"Location: http://127.0.0.1:1/", b"Set-Cookie: a=b; Domain=.nl" * 50, b"no colon at all",
          b": no name", b" folded\r\n\tline", b"X: a\x00b", b"X: \xff\xfe", b"X: " + b"y" * 90000, b"Content-Range: bytes 5-1/0",
          b"WWW-Authenticate: Negotiate", b"Proxy-Authenticate: Basic", b"Trailer: X", b"Content-Length: 3", b"Content-Length: -1",
          b"Content-Length: 5, 6", b"Content-Length: 1e3", b"Content-Length: 99999999999999999999")


def nodes(value, parent=None, key=None):
    """Every place in a JSON value, as (container, key)."""
    found = [(parent, key)] if parent is not None else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        found += nodes(member, value, name)
    return found


class Mutator:
    """mutate(status, value) gives the bytes of a broken answer, and whether the connection can be used on."""

    def __init__(self, rng):
        self.rng = rng
        self.count = 0

    def mutate(self, status, value):
        self.count += 1
        if self.rng.random() < 0.5:
            return self.whole(status, self.json(value)), True
        return self.protocol(status, json.dumps(value).encode() if value is not None else b""), False

    # ---- the JSON ----
    def json(self, value):
        rng = self.rng
        value = json.loads(json.dumps(value if value is not None else rng.choice(([], {}, {"message": "ja"}, "ok", 1))))
        places = nodes(value)
        kind = rng.choice(("replace", "replace", "replace", "raw", "raw", "drop", "double", "cut", "junk", "deep", "wrap", "odd", "many", "bits"))
        if places and kind in ("replace", "raw", "drop", "double"):
            return self.at_place(kind, value, *rng.choice(places))
        if kind == "deep":
            depth = rng.choice((199, 200, 201, 2047, 2049, 100000))
            return rng.choice((b"[" * depth, b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth))
        if kind == "wrap":
            return json.dumps(rng.choice(({"tasks": value}, [value], [[value]], str(value), None, True, 0))).encode()
        if kind == "many":
            return json.dumps((value if isinstance(value, list) else [value]) * rng.choice((2, 50, 300))).encode()
        text = json.dumps(value).encode()
        if kind == "cut":
            return text[:rng.randrange(len(text) + 1)]
        if kind == "junk":
            return rng.choice((b"", b" ", b"\xef\xbb\xbf", b"\x00", b")]}',\n")) + text + rng.choice((b",", b"]", b"\x00", text, b"\xff" * 9))
        if kind == "odd":
            return rng.choice((text.decode().encode("utf-16"), text.replace(b'"', b"'"), text.replace(b",", b",,"), text.replace(b":", b"="),
                               b"<html><body>Even geduld</body></html>", b"", b"null", rng.randbytes(rng.randrange(1, 2000))))
        return self.bits(text)

    def at_place(self, kind, value, container, key):
        """Something else at one place of the value."""
        rng = self.rng
        if kind == "drop":
            del container[key]
            return json.dumps(value).encode()
        if kind == "replace":
            container[key] = rng.choice((None, True, False, [], {}, [1, [2]], {"a": {"b": 1}}, 1.5, rng.choice(HUGE), rng.choice(TEXTS)))
            return json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
        if kind == "double" and isinstance(container, dict):
            again = json.dumps(container[key])
            container[key] = "@MARK@"
            return json.dumps(value).replace('"@MARK@"', f"{again}, {json.dumps(key)}: {again}").encode()
        container[key] = "@MARK@"
        return json.dumps(value).encode().replace(b'"@MARK@"', rng.choice(RAW))

    def bits(self, data):
        data = bytearray(data)
        for _ in range(self.rng.randrange(1, 6) if data else 0):
            data[self.rng.randrange(len(data))] = self.rng.randrange(256)
        return bytes(data)

    # ---- HTTP ----
    def whole(self, status, body):
        """A body that is not the right one, in an answer that is good as such, now and then with another status."""
        rng = self.rng
        kind = b"application/json"
        if rng.random() < 0.3:
            status = rng.choice(STATUSES)
            if rng.random() < 0.5:
                body = json.dumps({"type": rng.choice(("RestException", 5, None)), "message": rng.choice(WORDS), "code": rng.choice(HUGE)}).encode()
        if rng.random() < 0.2:
            kind = rng.choice(TYPES).encode("latin-1")
        if status in (204, 304) or 100 <= status < 200:
            return b"HTTP/1.1 %d X\r\n\r\n" % status
        return b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, kind, len(body), body)

    def protocol(self, status, body):
        """A right body in an answer that HTTP does not know; the connection is closed behind it."""
        rng = self.rng
        good = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
        kind = rng.choice(("line", "length", "chunks", "interim", "trick", "trick", "headers", "cut", "cut", "bits", "bits", "ends", "garbage"))
        if kind == "line":
            return rng.choice(STATUS_LINES) + good[good.index(b"\r\n"):]
        if kind == "length":
            return good.replace(b"Length: %d" % len(body), b"Length: %d" % max(0, len(body) + rng.choice((-5, -1, 1, 5, 100000, 2**31, 2**62))))
        if kind == "chunks":
            return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + self.chunks(body)
        if kind == "interim":
            return rng.choice((b"HTTP/1.1 100 Continue\r\n\r\n" * rng.choice((1, 50)), b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 199 X\r\nA: b\r\n\r\n",
                               b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", b"HTTP/1.1 100 ")) + rng.choice((good, b"", good[:40]))
        if kind == "trick":
            return good.replace(b"\r\n", b"\r\n" + rng.choice(TRICKS) + b"\r\n", 1)
        if kind == "headers":
            return good.replace(b"\r\n", b"\r\n" + b"X-A: b\r\n" * rng.choice((100, 3000, 40000)), 1)
        if kind == "cut":
            return good[:rng.randrange(len(good))]
        if kind == "bits":
            return self.bits(good)
        if kind == "ends":
            return rng.choice((good.replace(b"\r\n", b"\n"), good.replace(b"\r\n", b"\r"), good.replace(b"\r\n\r\n", b"\r\n"), good.replace(b": ", b":")))
        return rng.randbytes(rng.randrange(0, 3000))

    def chunks(self, body):
        rng = self.rng
        half = len(body) // 2
        pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:half], body[half:]) if piece] + [b"0\r\n\r\n"]
        kind = rng.choice(("head", "no end", "no line ends", "trailers", "cut"))
        if kind == "head":
            return rng.choice(CHUNK_HEADS) + b"\r\n" + b"".join(pieces)
        if kind == "no end":
            return b"".join(pieces[:-1])
        if kind == "no line ends":
            return b"".join(pieces).replace(b"\r\n", b"")
        if kind == "trailers":
            return b"".join(pieces)[:-2] + b"X: y\r\n" * rng.choice((1, 5000)) + b"HTTP/1.1 500 Oops\r\n\r\n"
        return b"".join(pieces)[:rng.randrange(1 + len(b"".join(pieces)))]
