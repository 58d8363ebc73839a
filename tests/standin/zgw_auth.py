"""Who calls the stand-in: ZGW tokens (HS256) and static tokens, checked and refused as the real servers do."""

import base64
import binascii
import hmac
import json
import time

from zgw_answers import Refusal, denied

LONGEST_AGE = 3600  # seconds since `iat`, whatever `exp` says


class Client:
    """A client that may call. One without rights has a valid secret and may do nothing."""

    def __init__(self, secret, rights=True):
        self.secret, self.rights = secret, rights


def part(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_token(client_id, secret, issued=None, **more):
    """A ZGW token as a client makes it; for tests and for driving the stand-in by hand."""
    issued = int(time.time()) - 5 if issued is None else issued
    claims = {"iss": client_id, "iat": issued, "client_id": client_id, "user_id": "", "user_representation": ""}
    claims.update(more)
    pieces = []
    for piece in ({"typ": "JWT", "alg": "HS256"}, claims):
        pieces.append(base64.urlsafe_b64encode(json.dumps(piece).encode()).rstrip(b"="))
    signed = b".".join(pieces)
    proof = base64.urlsafe_b64encode(hmac.digest(secret.encode(), signed, "sha256")).rstrip(b"=")
    return (signed + b"." + proof).decode()


def read_claims(token):
    """The header, the claims, what was signed, and the signature; None when it is no token."""
    try:
        first, second, third = token.split(".")
        header, claims = json.loads(part(first)), json.loads(part(second))
        if isinstance(header, dict) and isinstance(claims, dict):
            return header, claims, f"{first}.{second}".encode(), part(third)
    except (ValueError, binascii.Error):
        pass
    return None


def named_client(authorization):
    """The client id that a Bearer token claims, unchecked: it is what the record of requests keeps."""
    scheme, _, token = (authorization or "").partition(" ")
    found = read_claims(token.strip()) if scheme == "Bearer" else None
    return str(found[1].get("client_id", "")) if found else None


def check_zgw(authorization, clients, leeway=0):
    """Refuses with 403, never 401, as Open Zaak does."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme != "Bearer":
        raise denied()
    found = read_claims(token.strip())
    if not found:
        raise denied(
            "jwt-decode-error", "De JWT kon niet gedecodeerd worden. Mogelijk is er een fout gemaakt bij het kopiëren."
        )
    header, claims, signed, proof = found
    if not claims.get("client_id"):
        raise denied("missing-client-identifier", "Client identifier is niet aanwezig in JWT")
    client = clients.get(claims["client_id"]) if isinstance(claims["client_id"], str) else None
    if not client:
        raise denied("invalid-client-identifier", "Client identifier bestaat niet")
    expected = hmac.digest(client.secret.encode(), signed, "sha256")
    if header.get("alg") != "HS256" or not hmac.compare_digest(expected, proof):
        raise denied("invalid-jwt-signature", "Client credentials zijn niet geldig")
    check_times(claims, leeway)
    if not client.rights:
        raise denied()


def check_times(claims, leeway):
    now = time.time()
    issued, expires = claims.get("iat"), claims.get("exp")
    if isinstance(issued, bool) or not isinstance(issued, (int, float)):
        raise denied("jwt-missing-iat", "Het JWT mist de iat claim")
    if issued > now + leeway:
        raise denied("jwt-immature", "De JWT die gebruikt is voor dit verzoek is nog niet geldig")
    late = isinstance(expires, (int, float)) and expires <= now - leeway
    if late or now - issued > LONGEST_AGE + leeway:
        raise denied("jwt-expired", "De JWT die gebruikt is voor dit verzoek is verlopen")


def check_static(authorization, tokens):
    """The Objects API and the ZAC: `Authorization: Token ...`, refused with 401."""
    scheme, _, token = (authorization or "").partition(" ")
    challenge = {"WWW-Authenticate": "Token"}
    if scheme != "Token":
        text = "Authentication credentials were not provided."
        raise Refusal(401, "NotAuthenticated", "not_authenticated", text, headers=challenge)
    if token.strip() not in tokens:
        title = "Incorrect authentication credentials."
        raise Refusal(401, "AuthenticationFailed", "authentication_failed", title, "Invalid token.", headers=challenge)


def masked(authorization, tokens):
    """What the record keeps of an Authorization header: the scheme and whose it is, never the value."""
    if not authorization:
        return authorization, None
    scheme, _, rest = authorization.partition(" ")
    who = named_client(authorization) if scheme == "Bearer" else tokens.get(rest.strip())
    return f"{scheme if rest else 'value'} ({who or 'unknown'})", who


__all__ = ["Client", "check_static", "check_zgw", "make_token", "masked", "named_client"]
