"""The OpenAPI files of the APIs, and what they have against a recorded request or answer. openapi-core is the judge; it lets
members and query parameters pass that a file does not have, so for requests those are looked at here."""
import functools
import json
import os
import pathlib
import re
from urllib.parse import parse_qsl

# By service of the stand-in: the file, and the part of the path that the file's own paths (with its server) lack.
FILES = {
    "zaken": ("openzaak-1.30.0-zaken.yaml", ""),
    "catalogi": ("openzaak-1.30.0-catalogi.yaml", ""),
    "documenten": ("openzaak-1.30.0-documenten.yaml", ""),
    "objects": ("objects-2.7.0.yaml", "/objects"),
    "zac": ("utrecht-zac.yaml", "/zac"),
}
HOST = "http://localhost"
JSON, PROBLEM = "application/json", "application/problem+json"


@functools.cache
def spec(service):
    """A file, loaded once. It is not checked itself: two refer to what is on no machine, though not in the paths used here."""
    from openapi_core import Config, OpenAPI

    file = pathlib.Path(os.environ["BPTL_SPECS"], FILES[service][0])
    config = Config(spec_validator_cls=None, extra_media_type_deserializers={PROBLEM: lambda body, **_: json.loads(body)})
    return OpenAPI.from_file_path(str(file), config=config)


def service_of(record):
    return record["path"].split("/")[1]


def path_of(record):
    """The path as the file has it behind its server's host."""
    return record["path"].removeprefix(FILES[service_of(record)][1])


def find(record):
    """What the file says of the operation, or None when it does not know it."""
    from openapi_core.templating.paths.exceptions import PathError
    from openapi_core.templating.paths.finders import APICallPathFinder

    try:
        return APICallPathFinder(spec(service_of(record)).spec).find(record["method"].lower(), HOST + path_of(record))
    except PathError:
        return None


def operation(record):
    """Such as "zaken GET /zaken/{uuid}"; with the plain path when the file does not know it."""
    found = find(record)
    return f"{service_of(record)} {record['method']} {found.path_result.pattern if found else path_of(record)}"


def request_of(record):
    from openapi_core.testing import MockRequest
    from werkzeug.datastructures import ImmutableMultiDict

    data = json.dumps(record["body"]).encode() if record["body"] is not None else None
    made = MockRequest(HOST, record["method"], path_of(record), headers=record["headers"], data=data,
                       content_type=record["headers"].get("Content-Type", ""))  # fmt: skip
    made.parameters.query = ImmutableMultiDict(parse_qsl(record["query_string"], keep_blank_values=True))
    return made


def response_of(record, kind):
    from openapi_core.testing import MockResponse

    return MockResponse(record["answer"]["body"], record["answer"]["status"], record["answer"]["headers"], content_type=kind)


def words(error):
    """One line for each thing that is wrong: for a body what is wrong with which member. URLs and places in lists are left
    out."""
    name = " ".join(part for part in (type(error).__name__, getattr(error, "name", "")) if part)
    found = []
    for one in getattr(error.__cause__, "schema_errors", ()):
        where = ".".join("*" if isinstance(part, int) else part for part in one.absolute_path)
        found.append(f"{name} {where}: {one.message}")
    return [re.sub(r"https?://\S+", "URL", line) for line in found or [f"{error} {error.__cause__ or ''}".strip()]]


def parts_of(schema):
    """The schemas that an object may have its members from: itself, and what it is put together from."""
    yield schema
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            for number in range(len(schema / word)):
                yield from parts_of(schema / word / number)


def unknown_members(schema, value, where=""):
    """The members that a body has and no part of its schema knows, however deep."""
    parts = list(parts_of(schema))
    if isinstance(value, list):
        items = [part / "items" for part in parts if "items" in part]
        return [fault for item in value for fault in (unknown_members(items[0], item, where + "*.") if items else ())]
    if not isinstance(value, dict) or not any("properties" in part for part in parts):
        return []
    faults = []
    for name, inner in value.items():
        known = [part / "properties" / name for part in parts if "properties" in part and name in part / "properties"]
        deeper = [unknown_members(one, inner, f"{where}{name}.") for one in known]
        faults += min(deeper, key=len) if known else [f"Unknown member: {where}{name}"]
    return faults


def query_faults(record, found):
    """Query parameters that the file does not know, or knows as one text with commas where several were sent."""
    known, sent = {}, [name for name, _ in parse_qsl(record["query_string"])]
    for part in (found.operation, found.path):
        for one in part / "parameters" if "parameters" in part else ():
            if (one / "in").read_str() == "query":
                known[(one / "name").read_str()] = (one / "explode").read_bool(True)
    return [f"Unknown query parameter: {name}" for name in sent if name not in known] + [
        f"Repeated query parameter: {name}" for name in dict.fromkeys(sent)
        if not known.get(name, True) and sent.count(name) > 1]  # fmt: skip


def request_faults(record):
    """What is wrong with a request, one line each."""
    found = find(record)
    if not found:
        return ["the file has no such operation"]
    faults = [line for error in spec(service_of(record)).iter_request_errors(request_of(record)) for line in words(error)]
    faults += query_faults(record, found)
    if record["body"] is not None and "requestBody" in found.operation:
        faults += unknown_members(found.operation / "requestBody" / "content" / JSON / "schema", record["body"])
    return faults


def answer_faults(record):
    """What is wrong with an answer, one line each. A problem that comes as plain JSON is one, and is read as a problem."""
    found = find(record)
    if not found:
        return []
    kind, faults = record["answer"]["headers"].get("Content-Type", ""), []
    said = found.operation / "responses" / str(record["answer"]["status"])
    if kind == JSON and said.exists() and "content" in said and PROBLEM in said / "content" and JSON not in said / "content":
        faults, kind = [f"{PROBLEM} comes as {kind}"], PROBLEM
    response = response_of(record, kind)
    return faults + [line for error in spec(service_of(record)).iter_response_errors(request_of(record), response)
                     for line in words(error)]  # fmt: skip
