"""URLs that try to lead a request, and the credential that goes with it, away from its service: some hundreds, made by hand and
by crossing what is known to fool parsers. {good} is the service (127.0.0.1 and its port), {port} that port, {evil} and the
like are places where tests listen for what should never come."""
import posixpath
import re
from urllib.parse import unquote_to_bytes

PASSWORD = "hunter2hunter2"
ROOT = "/zaken/api/v1/"
EVILS = {
    "another address": "127.0.0.2:{port}",
    "another port": "127.0.0.1:{other}",
    "another name": "localhost:{port}",
    "IPv6": "[::1]:{port}",
    "IPv6-mapped": "[::ffff:127.0.0.2]:{port}",
}

# What stands in the place of scheme, host and path; {evil} is each of EVILS.
AUTHORITIES = [
    "http://{evil}{path}", "http://{good}@{evil}{path}", "http://{good}%40{evil}{path}", "http://{good}%2f@{evil}{path}",
    "http://{good}\\@{evil}{path}", "http://{good}#@{evil}{path}", "http://{good}?@{evil}{path}", "http://{good};@{evil}{path}",
    "http://user:" + PASSWORD + "@{evil}{path}", "http://user@{evil}{path}", "http://@{evil}{path}", "http://:@{evil}{path}",
    "http://:" + PASSWORD + "@{evil}{path}", "http://{good}:80@{evil}{path}", "http://{evil}@{good}{path}",
    "http://{evil}#@{good}{path}", "http://{evil}?@{good}{path}", "http://{evil}/@{good}{path}", "http://{evil}\\@{good}{path}",
    "http://{evil}%23@{good}{path}", "http://{evil}%5c@{good}{path}", "http://{evil}%3f@{good}{path}",
    "http://{evil}%00{good}{path}", "http://{evil}%0d%0a{good}{path}", "http://{good}%00{evil}{path}",
    "http://{good},{evil}{path}", "http://{evil},{good}{path}", "http://{good} {evil}{path}", "http://{good}&@{evil}#@{good}{path}",
    "http://[{good}]@{evil}{path}", "http://{good}\t@{evil}{path}", "http://{good}\r\nHost: {evil}\r\n\r\n{path}",
    "//{evil}{path}", "///{evil}{path}", "////{evil}{path}", "\\\\{evil}{path}", "/\\{evil}{path}", "\\/{evil}{path}",
    "http:/{evil}{path}", "http:{evil}{path}", "http:///{evil}{path}", "http:\\\\{evil}{path}", "http:/\\{evil}{path}",
    "http://{evil}\\{path}", "http://{evil}:{path}", "http://{good}@@{evil}{path}", "http://{good}@{evil}@{good}{path}",
    "http://{evil}%2f{good}{path}", "http://{evil};{good}{path}", "http://{evil}|{good}{path}", "http://{evil}%09{path}",
    "http://{evil}'{good}{path}", "http://{evil}{path}#{good}{path}", "http://{evil}{path}?http://{good}{path}",
    "https://{evil}{path}", "HTTP://{evil}{path}", "http://http://{evil}{path}", "http://{good}http://{evil}{path}",
]

# How the address of the service, and that of another one, can be written.
HOSTS = [
    "{d}", "{x}", "{X}", "{o}", "{dx}", "{do}", "{short}", "{short3}", "{zeros}", "{dotted}.", "{dotted}..", ".{dotted}", "{dotted}%2e",
    "{dotted}%20", "{dotted}%00", "[::ffff:{dotted}]", "[::ffff:{h4}]", "[0:0:0:0:0:ffff:{dotted}]", "[::{dotted}]", "[64:ff9b::{dotted}]",
    "[::ffff:{dotted}%25lo]", "[{dotted}]", "{wide}", "{circled}", "{ideographic}", "{halfwidth}", "{dotted}.nip.io", "{over}",
    "xn--{dotted}", "{dotted}\u200b", "{dotted}\u00ad", "\ufeff{dotted}", "%31{rest}",
]
NAMES = ["localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "loc\u0430lhost", "xn--loclhost-5ve",
         "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54", "localhost%2e", "local%68ost", "0", "0.0.0.0", "[::]", "::1", "[::1%25lo]",
         "[::1]x", "[::1", "::1]", "[]", "[v1.x]", "-", "..", "%20", "*"]

PORTS = ["0{port}", "000000{port}", "+{port}", "-{port}", " {port}", "{port} ", "{port}.", "{port}x", "{port}:{port}", "{wide_port}", "0x{hex_port}",
         "{over_port}", "", "0", "80", "443", "65536", "99999999999999999999", "%38%30", "{port}%2f", "{port},{other}", "{other}"]

DOTS = ["..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "%25252e%25252e", "%25%32%65%25%32%65", "..;", "..;a=b", "%2e%2e%3b", "..%00", "..%09",
        "..%20", "..%0d", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae%f0%80%80%ae", "%u002e%u002e", "\uff0e\uff0e", "..%23", "..%3f", ".."
        "\t", ".\u00ad.", "%2e%2e%2e", "...", "..%c0"]  # fmt: skip
SLASHES = ["/", "//", "/./", "%2f", "%5c", "\\", "%252f", "%25%32%66", "%c0%af", "%255C", ";/", "/%2e/"]
PATHS = ["x{s}{d}{s}{d}{s}{d}{s}{d}{s}objects{s}api{s}v2{s}x"]

AROUND = ["/zaken/api/v10/x", "/zaken/api/v1.evil/x", "/zaken/api/v1", "/zaken/api/", "/ZAKEN/API/V1/x", "/zaken//api/v1/x", "//zaken/api/v1/x",
          "/zaken/api/v1;a/x", "/zaken/api/v1%2fx", "/zaken/api/v1%3f/x", "/zaken/api/v1%00/x", "/./zaken/api/v1/x", "/objects/api/v2/x",
          "/objects/api/v2/../../../zaken/api/v1/x", "/zaken/api/v1/../v1/x", "/zaken%2fapi%2fv1/x", "/%7aaken/api/v1/x", "/zaken/api/v1\\x",
          "?/zaken/api/v1/x", "#/zaken/api/v1/x", "", "/", "/zaken/api/v1/x#y", "/zaken/api/v1/%", "/zaken/api/v1/%g0", "/zaken/api/v1/%ff"]

SCHEMES = ["file:///etc/passwd", "file://{good}{path}", "ftp://{good}{path}", "gopher://{good}{path}", "dict://{good}/d:x", "ldap://{good}{path}",
           "smtp://{good}{path}", "ws://{good}{path}", "wss://{good}{path}", "data:text/plain,x", "javascript:alert(1)", "jar:http://{good}{path}!/x",
           "http+unix://%2ftmp%2fx{path}", "httpx://{good}{path}", "http-://{good}{path}", "h\tttp://{good}{path}", " http://{good}{path}",
           "url:http://{good}{path}", "view-source:http://{good}{path}", "blob:http://{good}{path}", "https://{good}{path}", "://{good}{path}",
           "http;//{good}{path}", "http//{good}{path}", "\u210btt\u210b://{good}{path}", "h\u0442tp://{good}{path}", "http\u003a\u2215\u2215{good}{path}"]

CONTROLS = {"NUL": "\0", "BEL": "\a", "TAB": "\t", "LF": "\n", "CR": "\r", "ESC": "\x1b", "DEL": "\x7f", "NEL": "\u0085", "NBSP": "\u00a0",
            "ZWSP": "\u200b", "LS": "\u2028", "RLO": "\u202e", "BOM": "\ufeff", "a space": " "}
PLACES = ["{c}http://{evil}{path}", "ht{c}tp://{good}{path}", "http:{c}//{evil}{path}", "http://{c}{evil}{path}", "http://{good}{c}{path}",
          "http://{good}{c}.evil.example{path}", "http://{good}{root}x{c}/../../../objects", "http://{good}{path}{c}", "{c}//{evil}{path}"]


def spellings(address, number):
    """The parts of HOSTS for an address in 127.0.0.0/24."""
    a, b, c, d = address.split(".")
    return {
        "dotted": address, "d": str(number), "x": hex(number), "X": hex(number).upper(), "o": f"0{number:o}", "rest": address[1:],
        "dx": ".".join(hex(int(one)) for one in (a, b, c, d)), "do": ".".join(f"0{int(one):o}" for one in (a, b, c, d)),
        "short": f"{a}.{d}", "short3": f"{a}.{b}.{d}", "zeros": ".".join(one.zfill(3) for one in (a, b, c, d)),
        "h4": f"{number >> 16:x}:{number & 0xffff:x}", "wide": "".join(chr(0xfee0 + ord(one)) for one in address),
        "circled": f"\u2460\u2461\u2466.{b}.{c}.{d}", "ideographic": address.replace(".", "\u3002"), "halfwidth": address.replace(".", "\uff61"),
        "over": f"{int(a) + 256}.{b}.{c}.{d}",
    }


def tricks(port, other):
    """[(what it is, the URL)], each once."""
    known = {"port": port, "other": other, "good": f"127.0.0.1:{port}", "path": ROOT + "x", "root": ROOT,
             "wide_port": "".join(chr(0xfee0 + ord(one)) for one in str(port)), "hex_port": f"{port:x}", "over_port": port + 65536}
    found = {}

    def add(what, text, **more):
        values = {**known, **more}
        for name, value in values.items():  # not format(): URLs may hold braces
            text = text.replace("{" + name + "}", str(value))
        found.setdefault(text, what)

    for name, evil in EVILS.items():
        evil = evil.replace("{port}", str(port)).replace("{other}", str(other))
        for text in AUTHORITIES:
            add(f"{name}: {text}", text, evil=evil)
    for address, number in ("127.0.0.1", 0x7f000001), ("127.0.0.2", 0x7f000002):
        for text in HOSTS:
            add(f"{address} as {text}", "http://" + text + ":{port}{path}", **spellings(address, number))
    for text in NAMES:
        add(f"the host {text}", "http://" + text + ":{port}{path}")
    for text in PORTS:
        add(f"the port {text}", "http://127.0.0.1:" + text + "{path}")
    for dots in DOTS:
        for slash in SLASHES:
            for text in PATHS:
                add(f"the path {text} with {dots!r} and {slash!r}", "http://{good}{root}" + text, s=slash, d=dots)
        add(f"the relative path {dots!r}", "{d}/{d}/{d}/objects/api/v2/x", d=dots)
        add(f"the end {dots!r}", "http://{good}{root}{d}", d=dots)
    for text in AROUND:
        add(f"beside the root: {text}", "http://{good}" + text)
    for text in SCHEMES:
        add(f"the scheme of {text}", text)
    for name, control in CONTROLS.items():
        for text in PLACES:
            add(f"{name} in {text}", text, c=control, evil=f"127.0.0.2:{port}")
    return [(what, url) for url, what in found.items()]


OVERLONG = re.compile(rb"\xc0[\x80-\xbf]|\xc1[\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf][\x80-\xbf]")


def shorten(match):
    """The character of an overlong form."""
    code = 0
    for byte in match[0]:
        code = (code << 6) | (byte & (0x3f if byte < 0xc0 else 0x1f if byte < 0xe0 else 0x0f if byte < 0xf0 else 0x07))
    return bytes([code & 0xff])


def lenient(target):
    """Where the most careless server could take a request target to point."""
    path = target.partition("?")[0].encode("latin-1", "replace")
    for _ in range(6):
        path = OVERLONG.sub(shorten, unquote_to_bytes(path))
    segments = path.replace(b"\\", b"/").replace(b"\0", b";").split(b"/")
    clean = [re.split(rb"[;?#\s]", one)[0] for one in segments]
    return posixpath.normpath("/" + b"/".join(clean).decode("latin-1").lstrip("/"))
