"""The calls of the ZAC (zaakafhandelcomponent) that work units make."""

from zgw_answers import Answer, Wrong, invalid, moment, not_allowed, not_found

CALLS = {
    "api/core/rollen/medewerker/betrokkeneIdentificatie": "POST",
    "api/search/vgu-reports/zaken": "POST",
    "api/search/vgu-reports/informatieobjecten": "POST",
    "api/accounts/management/axes/logs": "POST",
    "api/accounts/users": "GET",
}
USER_FILTERS = {"include_username": "username", "include_email": "email", "include_groups": "groups"}


def users(store, request):
    """Users that any of the include filters names; without one, all."""
    wanted = [(USER_FILTERS[name], value) for name, value in request.pairs if name in USER_FILTERS]
    found = store.users
    if wanted:
        found = [
            user
            for user in found
            if any(value in user[m] if m == "groups" else value == user[m] for m, value in wanted)
        ]
    return Answer(200, store.page(request, list(found)))


def betrokkene(store, data):
    """Completes who a medewerker is from its user name."""
    given = data.get("betrokkeneIdentificatie") if isinstance(data, dict) else None
    if not isinstance(given, dict) or not given.get("identificatie"):
        raise invalid(("betrokkeneIdentificatie", "required", "Dit veld is verplicht."))
    name = str(given["identificatie"]).removeprefix("user:")
    user = next((user for user in store.users if user["username"] == name), None)
    if not user:
        raise invalid(("betrokkeneIdentificatie", "invalid", f"Gebruiker {name} bestaat niet."))
    initials = "".join(word[0] + "." for word in user["firstName"].split())
    identity = {
        "identificatie": f"user:{name}", "voorletters": initials, "achternaam": user["lastName"] or name,
        "voorvoegselAchternaam": "",
    }  # fmt: skip
    return Answer(200, {"betrokkeneIdentificatie": identity})


def report(store, name, data):
    """A VGU report: the same body for all three, and a plain array as the answer."""
    wrong = []
    for member in ("recipientList", "startPeriod", "endPeriod"):
        value = data.get(member) if isinstance(data, dict) else None
        if not value:
            wrong.append((member, "required", "Dit veld is verplicht."))
        elif member != "recipientList":
            try:
                moment(None, value)
            except Wrong as error:
                wrong += [(member, code, reason) for _, code, reason in error.reasons]
    if wrong:
        raise invalid(*wrong)
    return Answer(200, store.reports[name])


def detail_url(store, bronorganisatie, identificatie):
    for zaak in store.of("zaken", "identificatie", identificatie):
        if zaak["bronorganisatie"] == bronorganisatie:
            link = f"{store.base}/zac/ui/zaken/{bronorganisatie}/{identificatie}"
            return Answer(200, {"zaakDetailUrl": link})
    raise not_found()


def handle(store, request):
    parts, path = request.parts, "/".join(request.parts)
    url = len(parts) == 6 and parts[:3] == ["api", "core", "cases"] and parts[5] == "url"
    allow = "GET" if url else CALLS.get(path)
    if not allow:
        raise not_found()
    request.headers_out["Allow"] = f"{allow}, HEAD, OPTIONS" if allow == "GET" else f"{allow}, OPTIONS"
    if request.method not in request.headers_out["Allow"].split(", "):
        raise not_allowed(request.method)
    if url:
        return detail_url(store, parts[3], parts[4])
    if path == "api/accounts/users":
        return users(store, request)
    if path.endswith("betrokkeneIdentificatie"):
        return betrokkene(store, request.data())
    return report(store, parts[-1], request.data())
