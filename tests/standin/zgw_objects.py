"""The Objects API (with objecttypes) of the stand-in."""

import json
import uuid

from zgw_answers import (
    Answer, Field, check, check_crs, date, integer, invalid, not_allowed, not_found, table, today, url,
)  # fmt: skip
from zgw_store import check_query, created, fixed_uuid, newest_first

VERSION = "2.7.0"
FILTERS = ("data_attr", "data_attrs", "data_icontains", "date", "fields", "ordering", "page", "pageSize",
    "registrationDate",
           "type", "typeVersion")  # fmt: skip
OBJECT = {"type": Field(url, required=True, blank=False), "record": Field(table, required=True)}
RECORD = {
    "typeVersion": Field(integer, required=True),
    "data": Field(table, null=True, default=dict),
    "geometry": Field(table, null=True, default=None),
    "startAt": Field(date, required=True),
}


def add_objecttype(store, name, plural):
    number = fixed_uuid("objecttype/" + name)
    link = f"{store.root['objects']}objecttypes/{number}"
    day = today().isoformat()
    return store.add(
        "objecttypes",
        {"url": link, "uuid": number, "name": name, "namePlural": plural, "description": name,
            "dataClassification": "open",
         "maintainerOrganization": "", "maintainerDepartment": "", "contactPerson": "", "contactEmail": "",
         "source": "",
         "updateFrequency": "unknown", "providerOrganization": "", "documentationUrl": "", "labels": {},
         "createdAt": day,
         "modifiedAt": day, "allowGeometry": True, "versions": [link + "/versions/1"]},
    )  # fmt: skip


def add_object(store, kind, data, start, geometry=None, name=None, version=1):
    name = name or str(uuid.uuid4())
    record = {
        "index": 1, "typeVersion": version, "data": data, "geometry": geometry, "references": [], "startAt": start,
        "endAt": None, "registrationAt": today().isoformat(), "correctionFor": None, "correctedBy": None,
    }  # fmt: skip
    link = f"{store.root['objects']}objects/{name}"
    return store.add("objects", {"url": link, "uuid": name, "type": kind, "record": record})


def lies(have, operator, value):
    """One data filter; a list is searched as the text of its JSON, as the database of the real server does."""
    text = have if isinstance(have, str) else json.dumps(have)
    if operator == "exact":
        return text == value
    if operator == "icontains":
        return value.lower() in text.lower()
    if operator == "in":
        return text in value.split("|")
    try:
        left, right = float(text), float(value)
    except ValueError:
        left, right = text, value
    return {"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[operator]


def by_data(items, filters):
    for text in filters:
        path, operator, value = (text.rsplit("__", 2) + ["", ""])[:3]
        if operator not in ("exact", "icontains", "in", "gt", "gte", "lt", "lte"):
            raise invalid(
                ("dataAttrs", "invalid", f"Filter expression '{text}' doesn't have the shape 'key__operator__value'")
            )
        kept = []
        for item in items:
            have = item["record"]["data"]
            for step in path.split("__"):
                have = have.get(step) if isinstance(have, dict) else None
            if have is not None and lies(have, operator, value):
                kept.append(item)
        items = kept
    return items


def filtered(store, query):
    items = newest_first(store.candidates("objects", query))
    if query.get("type"):
        items = [item for item in items if item["type"] == query["type"]]
    filters = [part for part in str(query.get("data_attrs") or "").split(",") if part]
    if query.get("data_attr"):
        filters.append(query["data_attr"])
    if query.get("data_icontains"):
        word = query["data_icontains"].lower()
        items = [item for item in items if word in json.dumps(item["record"]["data"]).lower()]
    return by_data(items, filters)


def checked_record(record):
    clean, wrong = check(record, RECORD, prefix="record.")
    if wrong:
        raise invalid(*wrong)
    return clean


def create(store, data):
    clean, wrong = check(data, OBJECT)
    if "type" in clean and not store.get("objecttypes", clean["type"]):
        wrong.append(("type", "does_not_exist", f'The objecttype "{clean["type"]}" is unknown.'))
    if wrong:
        raise invalid(*wrong)
    record = checked_record(clean["record"])
    item = add_object(
        store, clean["type"], record["data"], record["startAt"], record["geometry"], version=record["typeVersion"]
    )
    store.count("POST", "objects")
    return created(item)


def change(store, item, data, method):
    clean, wrong = check(data, OBJECT, partial=method == "PATCH")
    if clean.get("type", item["type"]) != item["type"]:
        wrong.append(("type", "immutable-field", "This field can't be changed"))
    if wrong:
        raise invalid(*wrong)
    old, given = item["record"], clean.get("record") or {}
    base = old if method == "PATCH" else {"data": {}, "geometry": None}
    merged = {**{name: base.get(name) for name in RECORD}, **{name: given[name] for name in RECORD if name in given}}
    if method == "PATCH":
        merged["data"] = {**old["data"], **(given.get("data") or {})}
    item["record"] = {**old, **checked_record(merged), "index": old["index"] + 1, "registrationAt": today().isoformat()}
    store.count(method, "objects")
    return Answer(200, item)


def search(store, request):
    check_query(request, ("page", "pageSize"))
    data = request.data()
    if not isinstance(data, dict):
        raise invalid(("nonFieldErrors", "invalid", "Invalid data. Expected a dictionary."))
    return Answer(200, store.page(request, filtered(store, data)))


def handle_objects(store, request):
    parts, method = request.parts, request.method
    request.headers_out["Content-Crs"] = "EPSG:4326"
    find = len(parts) == 2 and parts[1] == "search"
    allow = "POST, OPTIONS" if find else "GET, POST, HEAD, OPTIONS" if len(parts) == 1 else (
        "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    )  # fmt: skip
    request.headers_out["Allow"] = allow
    if method not in allow.split(", "):
        raise not_allowed(method)
    check_crs(request, accept_needed=False)
    if find:
        return search(store, request)
    if len(parts) == 1:
        if method == "POST":
            return create(store, request.data())
        check_query(request, FILTERS)
        return Answer(200, store.page(request, filtered(store, dict(request.pairs))))
    item = store.get("objects", f"{store.root['objects']}objects/{parts[1]}")
    if not item:
        raise not_found()
    if method in ("PUT", "PATCH"):
        return change(store, item, request.data(), method)
    if method == "DELETE":
        store.remove("objects", item["url"])
        store.count("DELETE", "objects")
        return Answer(204)
    return Answer(200, item)


def handle(store, request):
    parts = request.parts
    request.headers_out["API-version"] = VERSION
    if parts and parts[0] == "objects" and len(parts) < 3:
        return handle_objects(store, request)
    if not parts or parts[0] != "objecttypes" or len(parts) > 2:
        raise not_found()
    allow = "GET, POST, HEAD, OPTIONS" if len(parts) == 1 else "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    request.headers_out["Allow"] = allow
    if request.method not in ("GET", "HEAD"):
        raise not_allowed(request.method)
    if len(parts) == 1:
        check_query(request, ("dataClassification", "page", "pageSize"))
        return Answer(200, store.page(request, store.all("objecttypes")))
    item = store.get("objecttypes", f"{store.root['objects']}objecttypes/{parts[1]}")
    if not item:
        raise not_found()
    return Answer(200, item)
