"""Secrets that are known when they are seen: every secret of a test's configuration is looked for, in every way in which it
could be written, in whatever the host leaves behind. The fixtures of tests/testbed.py do so at the end of every test."""
import base64
import json
import pathlib
import secrets
import urllib.parse

SHORTEST = 8  # a shorter secret of a test could be a word of any message


def canary(name):
    """A new secret; the name says which one it is when it is found."""
    return f"kanarie-{name}-{secrets.token_hex(12)}"


def base64_forms(data):
    """What is left of these bytes in base64, whatever stands before and behind them."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data)
        inner = encoded[-(-8 * before // 6): (8 * (before + len(data))) // 6]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def forms(secret):
    """{name: bytes} of the ways in which a secret could come out."""
    raw = secret.encode()
    found = {
        "as it is": raw,
        "in JSON": json.dumps(secret)[1:-1].encode(),
        "in JSON, as UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        "in JSON in JSON": json.dumps(json.dumps(secret)[1:-1])[1:-1].encode(),
        "in a URL": urllib.parse.quote(secret, safe="").encode(),
        "in a form": urllib.parse.quote_plus(secret).encode(),
        "in hexadecimal": raw.hex().encode(),
    }
    found |= {f"in base64 ({number})": form for number, form in enumerate(base64_forms(raw))}
    escaped = urllib.parse.quote(secret, safe="").encode()
    found |= {f"in a URL in base64 ({number})": form for number, form in enumerate(base64_forms(escaped))}
    return found


def find(data, known):
    """What of these secrets ({name: text}) stands in the bytes: a sentence, or None."""
    for name, secret in known.items():
        if len(secret) < SHORTEST:
            continue
        for way, form in forms(secret).items():
            at = data.find(form)
            if at >= 0:
                around = data[max(0, at - 300):at + len(form) + 100]
                return f"the secret {name} ({secret}) {way}: ...{around.decode('utf-8', 'replace')}..."
    return None


def check_clean(data, known, where):
    """Fails when any of the secrets stands in a text, bytes, or anything that JSON can hold."""
    if not isinstance(data, (str, bytes)):
        data = json.dumps(data, ensure_ascii=False, default=str)
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    found = find(data, known)
    assert not found, f"{where} holds {found}"


def check_folder(folder, known):
    """The same for every file below a folder."""
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if file.is_file():
            check_clean(file.read_bytes(), known, file)
