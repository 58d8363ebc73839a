"""The Documenten API of the stand-in: documents, their content, and the rules of their lock."""

import base64
import binascii
import uuid

from zgw_answers import (
    Answer, Field, Wrong, array, bad_reference, boolean, check, choice, date, integer, invalid, not_allowed, not_found,
    plain_text, rsin, stamp, table, today, url,
)  # fmt: skip
from zgw_store import check_query, created, matching, newest_first

VERSION = "1.4.2"
KIND = "enkelvoudiginformatieobjecten"
LEVELS = (
    "openbaar", "beperkt_openbaar", "intern", "zaakvertrouwelijk", "vertrouwelijk", "confidentieel", "geheim",
    "zeer_geheim",
)  # fmt: skip
STATES = ("in_bewerking", "ter_vaststelling", "definitief", "gearchiveerd")
FILTERS = (
    "auteur", "beschrijving", "bronorganisatie", "creatiedatum__gte", "creatiedatum__lte", "expand", "identificatie",
    "informatieobjecttype", "locked", "ordering", "page", "pageSize", "titel", "trefwoorden",
    "vertrouwelijkheidaanduiding",
)  # fmt: skip


def content(field, value):
    try:
        return base64.b64decode(plain_text(field, value), validate=True)
    except binascii.Error:
        raise Wrong(("", "invalid_base64", "Ongeldige base64 gegevens.")) from None


FIELDS = {
    "identificatie": Field(plain_text, longest=40),
    "bronorganisatie": Field(rsin, required=True, blank=False),
    "creatiedatum": Field(date, required=True),
    "titel": Field(plain_text, required=True, longest=200, blank=False),
    "vertrouwelijkheidaanduiding": Field(choice, choices=LEVELS),
    "auteur": Field(plain_text, required=True, longest=200, blank=False),
    "status": Field(choice, choices=STATES),
    "formaat": Field(plain_text, longest=255),
    "taal": Field(plain_text, required=True, longest=3, blank=False),
    "bestandsnaam": Field(plain_text, longest=255),
    "inhoud": Field(content, null=True, default=None),
    "bestandsomvang": Field(integer, null=True, default=None),
    "link": Field(url, longest=200),
    "beschrijving": Field(plain_text, longest=1000),
    "ontvangstdatum": Field(date, null=True, default=None),
    "verzenddatum": Field(date, null=True, default=None),
    "indicatieGebruiksrecht": Field(boolean, null=True, default=None),
    "verschijningsvorm": Field(plain_text),
    "ondertekening": Field(table, null=True, default=None),
    "integriteit": Field(table, null=True, default=None),
    "informatieobjecttype": Field(url, required=True, blank=False),
    "trefwoorden": Field(array, default=list),
}
ORDER = (
    "url", "identificatie", "bronorganisatie", "creatiedatum", "titel", "vertrouwelijkheidaanduiding", "auteur",
    "status", "formaat", "taal", "versie", "beginRegistratie", "bestandsnaam", "inhoud", "bestandsomvang", "link",
    "beschrijving", "ontvangstdatum", "verzenddatum", "indicatieGebruiksrecht", "verschijningsvorm", "ondertekening",
    "integriteit", "informatieobjecttype", "locked", "bestandsdelen", "trefwoorden",
)  # fmt: skip


def shown(store, item):
    """A document as the API shows it: the link to its content and whether it is locked are worked out."""
    made = dict(item, locked=item["url"] in store.locks, bestandsdelen=[])
    made["inhoud"] = f"{item['url']}/download?versie={item['versie']}"
    return {name: made[name] for name in ORDER}


def add_document(store, members, data, name=None):
    """Keeps a document; members that are not given get what the real server gives them."""
    name = name or str(uuid.uuid4())
    item = {key: field.default() if callable(field.default) else field.default for key, field in FIELDS.items()}
    item.update(members)
    item["url"] = f"{store.root['documenten']}{KIND}/{name}"
    item["identificatie"] = item["identificatie"] or store.number("DOCUMENT", today().year)
    if not item["vertrouwelijkheidaanduiding"]:
        kind = store.get("informatieobjecttypen", item["informatieobjecttype"])
        item["vertrouwelijkheidaanduiding"] = kind["vertrouwelijkheidaanduiding"]
    item.update(versie=1, beginRegistratie=stamp(), bestandsomvang=None if data is None else len(data))
    store.contents[item["url"]] = data or b""
    return store.add(KIND, item)


def check_type(store, clean, wrong):
    kind = clean.get("informatieobjecttype")
    if kind and not store.get("informatieobjecttypen", kind):
        wrong.append(bad_reference("informatieobjecttype", kind))


def create(store, data):
    clean, wrong = check(data, FIELDS)
    check_type(store, clean, wrong)
    text, size = clean.pop("inhoud", None), clean.pop("bestandsomvang", None)
    if text is not None and size is not None and size != len(text):
        reason = "De waarde van bestandsomvang komt niet overeen met de grootte van inhoud."
        wrong.append(("nonFieldErrors", "file-size", reason))
    if wrong:
        raise invalid(*wrong)
    item = add_document(store, clean, text)
    store.count("POST", KIND)
    return created({**shown(store, item), "lock": ""})


def change(store, item, data, method):
    """PUT and PATCH: only a locked document may change, and only with the lock's id."""
    clean, wrong = check(data, FIELDS, partial=method == "PATCH")
    check_type(store, clean, wrong)
    if wrong:
        raise invalid(*wrong)
    held = store.locks.get(item["url"])
    if not held:
        raise invalid(("nonFieldErrors", "unlocked", "Niet vergrendelde documenten kunnen niet bewerkt worden"))
    if not data.get("lock"):
        raise invalid(("nonFieldErrors", "missing-lock-id", "Je moet het lock ID meegeven"))
    if data["lock"] != held:
        raise invalid(("nonFieldErrors", "incorrect-lock-id", "Het lock ID is niet geldig"))
    text = clean.pop("inhoud", None)
    clean.pop("bestandsomvang", None)
    if text is not None:
        store.contents[item["url"]] = text
        item["bestandsomvang"] = len(text)
    item.update(clean)
    item.update(versie=item["versie"] + 1, beginRegistratie=stamp())
    store.count(method, KIND)
    return Answer(200, shown(store, item))


def lock(store, item):
    if item["url"] in store.locks:
        raise invalid(("nonFieldErrors", "existing-lock", "Het document is al geblokkeerd"))
    store.locks[item["url"]] = uuid.uuid4().hex
    store.count("POST", KIND + "/lock")
    return Answer(200, {"lock": store.locks[item["url"]]})


def unlock(store, item, data):
    """A client that may force it (the recorded one may) unlocks with any id, and what is not locked too."""
    given = data.get("lock", "") if isinstance(data, dict) else ""
    if not store.force_unlock and given != store.locks.get(item["url"]):
        code = "incorrect-lock-id" if given else "missing-lock-id"
        raise invalid(
            ("nonFieldErrors", code, "Het lock ID is niet geldig" if given else "Je moet het lock ID meegeven")
        )
    store.locks.pop(item["url"], None)
    store.count("POST", KIND + "/unlock")
    return Answer(204)


def listed(store, request):
    check_query(request, FILTERS)
    items = [shown(store, item) for item in newest_first(store.all(KIND))]
    page = store.page(request, matching(items, dict(request.pairs)))
    page["results"] = [dict(item, _expand={}) for item in page["results"]]
    return Answer(200, page)


def remove(store, item):
    if store.of("zaakinformatieobjecten", "informatieobject", item["url"]):
        reason = "Dit object kan niet verwijderd worden omdat er andere objecten aan gerelateerd zijn."
        raise invalid(("nonFieldErrors", "pending-relations", reason))
    store.remove(KIND, item["url"])
    store.count("DELETE", KIND)
    return Answer(204)


def handle(store, request):
    parts, method = request.parts, request.method
    if not parts or parts[0] != KIND or len(parts) > 3:
        raise not_found()
    below = parts[2] if len(parts) == 3 else ""
    if below and below not in ("lock", "unlock", "download"):
        raise not_found()
    names = {"lock": "POST, OPTIONS", "unlock": "POST, OPTIONS", "download": "GET, HEAD, OPTIONS"}
    allow = names.get(below) or (
        "GET, POST, HEAD, OPTIONS" if len(parts) == 1 else "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    )
    request.headers_out.update({"Allow": allow, "API-version": VERSION})
    if method not in allow.split(", "):
        raise not_allowed(method)
    if len(parts) == 1:
        return create(store, request.data()) if method == "POST" else listed(store, request)
    item = store.get(KIND, f"{store.root['documenten']}{KIND}/{parts[1]}")
    if not item:
        raise not_found()
    if below == "lock":
        return lock(store, item)
    if below == "unlock":
        return unlock(store, item, request.data())
    if below == "download":
        return Answer(200, store.contents[item["url"]], {"Content-Type": "application/octet-stream"})
    if method in ("PUT", "PATCH"):
        return change(store, item, request.data(), method)
    if method == "DELETE":
        return remove(store, item)
    return Answer(200, {**shown(store, item), "_expand": {}})
