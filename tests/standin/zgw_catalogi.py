"""The Catalogi API of the stand-in: what the seed holds, read only."""

import datetime

from zgw_answers import Answer, denied, not_allowed, not_found
from zgw_store import check_query, matching, newest_first

VERSION = "1.3.1"
OF_ZAAKTYPE = ("datumGeldigheid", "page", "pageSize", "status", "zaaktype", "zaaktypeIdentificatie")
FILTERS = {
    "catalogussen": ("domein", "domein__in", "page", "pageSize", "rsin", "rsin__in"),
    "zaaktypen": (
        "catalogus", "datumGeldigheid", "identificatie", "identificatie__icontains", "omschrijving__icontains", "page",
        "pageSize", "status", "trefwoorden",
    ),
    "statustypen": OF_ZAAKTYPE,
    "resultaattypen": OF_ZAAKTYPE,
    "eigenschappen": OF_ZAAKTYPE,
    "roltypen": OF_ZAAKTYPE + ("omschrijving", "omschrijvingGeneriek"),
    "informatieobjecttypen": (
        "catalogus", "datumGeldigheid", "omschrijving", "omschrijving__icontains", "page", "pageSize", "status",
        "zaaktype",
    ),
}  # fmt: skip


def allowed(parts):
    if len(parts) == 1:
        return "GET, POST, HEAD, OPTIONS"
    return "GET, HEAD, OPTIONS" if parts[0] == "catalogussen" else "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"


def is_concept(store, item):
    """Whether a resource, or the zaaktype that it belongs to, is not published."""
    if "concept" in item:
        return item["concept"]
    zaaktype = store.get("zaaktypen", item.get("zaaktype"))
    return bool(zaaktype and zaaktype["concept"])


def valid_on(item, day):
    begin, end = item.get("beginGeldigheid"), item.get("eindeGeldigheid")
    return (not begin or begin <= day) and (not end or day <= end)


def listed(store, kind, request):
    check_query(request, FILTERS[kind])
    query = dict(request.pairs)
    items = newest_first(store.candidates(kind, query))
    if kind != "catalogussen":
        status = query.pop("status", "definitief")
        if status != "alles":
            items = [item for item in items if is_concept(store, item) == (status == "concept")]
    day = query.pop("datumGeldigheid", None)
    if day:
        datetime.date.fromisoformat(day)
        items = [item for item in items if valid_on(item, day)]
    if kind == "informatieobjecttypen" and "zaaktype" in query:
        zaaktype = store.get("zaaktypen", query.pop("zaaktype"))
        items = [item for item in items if zaaktype and item["url"] in zaaktype["informatieobjecttypen"]]
    return matching(items, query)


def handle(store, request):
    parts = request.parts
    if not parts or parts[0] not in FILTERS or len(parts) > 2:
        raise not_found()
    headers = {"Allow": allowed(parts), "API-version": VERSION}
    request.headers_out.update(headers)
    if request.method not in allowed(parts).split(", "):
        raise not_allowed(request.method)
    if request.method not in ("GET", "HEAD"):
        raise denied()
    if len(parts) == 1:
        return Answer(200, store.page(request, listed(store, parts[0], request)))
    item = store.get(parts[0], f"{store.root['catalogi']}{parts[0]}/{parts[1]}")
    if not item:
        raise not_found()
    return Answer(200, item)
