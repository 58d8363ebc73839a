"""What the stand-in of the ZGW services remembers: resources by kind and URL, indexes, counters of accepted writes."""

import collections
import hashlib
import uuid
from urllib.parse import urlencode

from zgw_answers import Answer, invalid, not_found

ROOTS = {
    "zaken": "/zaken/api/v1/",
    "catalogi": "/catalogi/api/v1/",
    "documenten": "/documenten/api/v1/",
    "objects": "/objects/api/v2/",
    "zac": "/zac/",
}

# members that lists are filtered by often enough to be worth an index
INDEXED = {
    "zaken": ("identificatie",),
    "statussen": ("zaak",),
    "resultaten": ("zaak",),
    "rollen": ("zaak",),
    "zaakobjecten": ("zaak",),
    "zaakinformatieobjecten": ("zaak", "informatieobject"),
    "zaakeigenschappen": ("zaak",),
    "statustypen": ("zaaktype",),
    "resultaattypen": ("zaaktype",),
    "roltypen": ("zaaktype",),
    "eigenschappen": ("zaaktype",),
    "objects": ("type",),
}


def fixed_uuid(name):
    """A version 4 UUID that is the same at every start, so that seeded URLs survive a reset."""
    return str(uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4))


class Store:
    """All state. The caller holds the one lock."""

    def __init__(self, base, page_size=100):
        self.base, self.page_size = base, page_size
        self.root = {name: base + path for name, path in ROOTS.items()}
        self.kinds = collections.defaultdict(dict)
        self.index = collections.defaultdict(list)
        self.numbers = collections.Counter()
        self.accepted = collections.Counter()
        self.accepted_per_zaak = collections.defaultdict(collections.Counter)
        self.locks, self.contents = {}, {}
        self.force_unlock = True
        self.users, self.reports = [], {}

    # ---- resources

    def add(self, kind, item, zaak=None):
        """Keeps a resource under its `url`; `zaak` is whose counter an accepted write goes to."""
        self.kinds[kind][item["url"]] = item
        for member in INDEXED.get(kind, ()):
            self.index[kind, member, item[member]].append(item)
        return item

    def get(self, kind, url):
        return self.kinds[kind].get(url)

    def all(self, kind):
        return list(self.kinds[kind].values())

    def of(self, kind, member, value):
        """The resources of a kind whose indexed member has the value, oldest first."""
        return self.index.get((kind, member, value), [])

    def remove(self, kind, url):
        item = self.kinds[kind].pop(url)
        for member in INDEXED.get(kind, ()):
            self.index[kind, member, item[member]].remove(item)

    def find(self, url):
        """The kind of the resource that has this URL, or None."""
        return next((kind for kind, items in self.kinds.items() if url in items), None)

    def is_own(self, url):
        return url.startswith(self.base + "/")

    def new_url(self, service, path):
        name = str(uuid.uuid4())
        return f"{self.root[service]}{path}/{name}", name

    def number(self, kind, year):
        self.numbers[kind] += 1
        return f"{kind}-{year}-{self.numbers[kind]:010d}"

    # ---- counters

    def count(self, method, resource, zaak=None):
        key = f"{method} {resource}"
        self.accepted[key] += 1
        if zaak:
            self.accepted_per_zaak[zaak][key] += 1

    # ---- lists

    def candidates(self, kind, query):
        for member in INDEXED.get(kind, ()):
            if member in query:
                return self.of(kind, member, query[member])
        return self.kinds[kind].values()

    def page(self, request, items, size_names=("pageSize",), longest=500):
        """One page of a list, with `next` and `previous` as the real servers write them."""
        query = dict(request.pairs)
        size = self.page_size
        for name in size_names:
            if query.get(name, "").isdigit() and int(query[name]):
                size = min(int(query[name]), longest)
        pages = max(1, -(-len(items) // size))
        text = query.get("page", "1")
        number = pages if text == "last" else int(text) if text.isdigit() else 0
        if not 1 <= number <= pages:
            raise not_found("Ongeldige pagina.")

        def link(to):
            pairs = [(n, v) for n, v in request.pairs if n != "page"] + ([("page", to)] if to > 1 else [])
            return f"{self.base}{request.path}" + ("?" + urlencode(pairs) if pairs else "")

        start = (number - 1) * size
        return {
            "count": len(items),
            "next": link(number + 1) if number < pages else None,
            "previous": link(number - 1) if number > 1 else None,
            "results": items[start : start + size],
        }


def check_query(request, known):
    """Refuses query parameters that the resource does not know, as the real servers do."""
    unknown = sorted({name for name, _ in request.pairs} - set(known))
    if unknown:
        raise invalid(("nonFieldErrors", "unknown-parameters", "Onbekende query parameters: " + ", ".join(unknown)))


def compare(item, name, value):
    """One query parameter against one resource; `name` may carry an operator, as in `einddatum__isnull`."""
    member, _, operator = name.partition("__")
    have = item.get(member)
    if operator == "in":
        return have in value.split(",")
    if operator == "isnull":
        return (have is None) == (value == "true")
    if operator == "icontains":
        return value.lower() in str(have or "").lower()
    if operator in ("gt", "gte", "lt", "lte"):
        if have is None:
            return False
        return {"gt": have > value, "gte": have >= value, "lt": have < value, "lte": have <= value}[operator]
    if isinstance(have, bool):
        return have == (value.lower() == "true")
    if isinstance(have, list):
        return value in have
    return ("" if have is None else str(have)) == value


def matching(items, query, skip=("page", "pageSize", "expand", "ordering")):
    wanted = [(name, value) for name, value in query.items() if name not in skip and value != ""]
    return [item for item in items if all(compare(item, name, value) for name, value in wanted)]


def newest_first(items):
    return list(items)[::-1]


def created(item):
    return Answer(201, item, {"Location": item["url"]})
