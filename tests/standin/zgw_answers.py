"""What the stand-in of the ZGW services says: answers, refusals in the words of the real servers, field checks."""

import datetime
import re
import uuid
from urllib.parse import urlsplit

try:
    from zoneinfo import ZoneInfo

    AMSTERDAM = ZoneInfo("Europe/Amsterdam")
except Exception:  # a machine without time zone data: its own zone is the best guess
    AMSTERDAM = None

CRS = "EPSG:4326"
DENIED = "Je hebt geen toestemming om deze actie uit te voeren."
WRONG = "Ongeldige invoer."
ABSENT = "Niet gevonden."


class Answer:
    """A status, a JSON value (or bytes, or None for no body) and headers."""

    def __init__(self, status, body=None, headers=None):
        self.status, self.body, self.headers = status, body, dict(headers or {})


class Refusal(Exception):
    """A request that is refused; the problem document is made by `answer`."""

    def __init__(self, status, kind, code, title, detail=None, params=None, headers=None):
        super().__init__(f"{status} {code}")
        self.status, self.kind, self.code, self.title = status, kind, code, title
        self.detail = title if detail is None else detail
        self.params, self.headers = params, dict(headers or {})

    def answer(self, base):
        body = {
            "type": f"{base}/ref/fouten/{self.kind}/",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:uuid:{uuid.uuid4()}",
        }
        if self.params is not None:
            body["invalidParams"] = [{"name": n, "code": c, "reason": r} for n, c, r in self.params]
        return Answer(self.status, body, self.headers)


def invalid(*params):
    return Refusal(400, "ValidationError", "invalid", WRONG, params=list(params))


def not_found(detail=ABSENT):
    return Refusal(404, "NotFound", "not_found", ABSENT, detail)


def denied(code="permission_denied", detail=DENIED):
    return Refusal(403, "PermissionDenied", code, DENIED, detail)


def not_allowed(method):
    text = f'Methode "{method}" niet toegestaan.'
    return Refusal(405, "MethodNotAllowed", "method_not_allowed", text)


def unparsable(why):
    return Refusal(400, "ParseError", "parse_error", "Ongeldig samengesteld verzoek.", f"JSON parse error - {why}")


def wrong_media(kind):
    text = f'Ongeldige media type "{kind}" in aanvraag.'
    return Refusal(415, "UnsupportedMediaType", "unsupported_media_type", text)


def missing_header(name):
    return Refusal(
        412, "PreconditionFailed", "precondition_failed", "Voorwaarde is niet vervuld", f"'{name}' header ontbreekt"
    )


def wrong_crs(value):
    title = "Kan niet voldoen aan de opgegeven Accept header."
    return Refusal(406, "NotAcceptable", "not_acceptable", title, f"CRS '{value}' is niet ondersteund")


def bad_reference(name, url):
    """A URL of one of our own resources that does not exist."""
    reason = (
        f'Bad URL "{url}" - object could not be fetched. This *may* be because you have insufficient read permissions.'
    )
    return name, "does_not_exist", reason


def check_crs(request, accept_needed=True):
    """Demands the CRS headers as the real servers do: what is sent is looked at before what is asked for."""
    if request.method in ("POST", "PUT", "PATCH"):
        given = request.headers.get("Content-Crs")
        if given is None:
            raise missing_header("Content-Crs")
        if given != CRS:
            raise wrong_crs(given)
    if request.method == "DELETE":
        return
    given = request.headers.get("Accept-Crs")
    if given is None:
        if accept_needed:
            raise missing_header("Accept-Crs")
    elif given != CRS:
        raise wrong_crs(given)


# ---- time ---------------------------------------------------------------------------------------------------------


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def stamp(moment=None):
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000Z", "Z")


def today():
    return datetime.datetime.now(AMSTERDAM).date()


def add_period(day, period):
    """The ISO date that lies an ISO 8601 period (P10Y, P30D, P1Y6M) after `day`."""
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", period or "")
    if not found:
        return None
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    date = datetime.date.fromisoformat(day)
    month = date.month - 1 + months
    year, month = date.year + years + month // 12, month % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return (datetime.date(year, month, min(date.day, last)) + datetime.timedelta(weeks=weeks, days=days)).isoformat()


# ---- fields -------------------------------------------------------------------------------------------------------


class Field:
    """How one member of a body is checked. `default` may be a function; `check` makes the clean value or refuses."""

    def __init__(self, kind, required=False, longest=None, blank=True, null=False, choices=None, default=""):
        self.kind, self.required, self.longest, self.blank, self.null = kind, required, longest, blank, null
        self.choices, self.default = choices, default


class Wrong(Exception):
    """Why a value is refused: a list of (suffix of the name, code, reason)."""

    def __init__(self, *reasons):
        super().__init__(reasons)
        self.reasons = reasons


def elfproef(number, weights):
    return number.isdigit() and sum(int(n) * w for n, w in zip(number, weights)) % 11 == 0


def plain_text(field, value):
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Wrong(("", "invalid", "Geen geldige string."))
    value = str(value).strip()
    if not value and not field.blank:
        raise Wrong(("", "blank", "Dit veld mag niet leeg zijn."))
    if field.longest and len(value) > field.longest:
        raise Wrong(("", "max_length", f"Zorg ervoor dat dit veld niet meer dan {field.longest} karakters bevat."))
    return value


def rsin(field, value):
    value = plain_text(field, value)
    if not value and field.blank:
        return value
    reasons = []
    if len(value) != 9 or not elfproef(value, (9, 8, 7, 6, 5, 4, 3, 2, -1)):
        reasons.append(("", "invalid", "Onjuist RSIN nummer"))
    if len(value) < 9:
        reasons.append(("", "min_length", "Dit veld moet ten minste 9 karakters bevatten."))
    if len(value) > 9:
        reasons.append(("", "max_length", "Zorg ervoor dat dit veld niet meer dan 9 karakters bevat."))
    if reasons:
        raise Wrong(*reasons)
    return value


def is_url(value):
    if not isinstance(value, str) or re.search(r"[\s\x00-\x1f]", value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def url(field, value):
    value = plain_text(field, value)
    if (value or not field.blank) and not is_url(value):
        raise Wrong(("", "bad-url", "Voer een geldige URL in."))
    return value


def date(field, value):
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        pass
    raise Wrong(("", "invalid", "Datum heeft het verkeerde formaat, gebruik 1 van deze formaten: YYYY-MM-DD."))


def moment(field, value):
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", value):
            if value[-5] in "+-":
                value = value[:-2] + ":" + value[-2:]
            found = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
            if found.tzinfo is None:
                found = found.replace(tzinfo=datetime.timezone.utc)
            return stamp(found.astimezone(datetime.timezone.utc))
    except (TypeError, ValueError):
        pass
    shape = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]"
    raise Wrong(("", "invalid", f"Datetime heeft het verkeerde formaat, gebruik 1 van deze formaten: {shape}."))


def boolean(field, value):
    if not isinstance(value, bool):
        raise Wrong(("", "invalid", "Moet een geldige boolean zijn."))
    return value


def integer(field, value):
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
        raise Wrong(("", "invalid", "Een geldig getal is verplicht."))
    return int(value)


def choice(field, value):
    if value == "" and field.blank:
        return value
    if not isinstance(value, str) or value not in field.choices:
        raise Wrong(("", "invalid_choice", f'"{value}" is een ongeldige keuze.'))
    return value


def table(field, value):
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise Wrong((".nonFieldErrors", "invalid", f"Ongeldige data. Verwacht een dictionary, kreeg een {kind}."))
    return value


def array(field, value):
    if not isinstance(value, list):
        kind = type(value).__name__
        raise Wrong((".nonFieldErrors", "not_a_list", f'Verwachtte een lijst met items, maar kreeg type "{kind}".'))
    return value


def check(data, fields, partial=False, prefix=""):
    """The clean values of the members of `data` that `fields` names, and the list of what is wrong with them."""
    clean, wrong = {}, []
    if not isinstance(data, dict):
        kind = type(data).__name__
        return clean, [("nonFieldErrors", "invalid", f"Ongeldige data. Verwacht een dictionary, kreeg een {kind}.")]
    for name, field in fields.items():
        if name not in data:
            if partial:
                continue
            if field.required:
                wrong.append((prefix + name, "required", "Dit veld is verplicht."))
            else:
                clean[name] = field.default() if callable(field.default) else field.default
        elif data[name] is None:
            if field.null:
                clean[name] = None
            else:
                wrong.append((prefix + name, "null", "Dit veld mag niet leeg zijn."))
        else:
            try:
                clean[name] = field.kind(field, data[name])
            except Wrong as error:
                wrong += [(prefix + name + suffix, code, reason) for suffix, code, reason in error.reasons]
    return clean, wrong
