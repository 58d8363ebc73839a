"""A configuration folder for bptl, written section by section; for tests and the demo."""
import os
import pathlib

# The topics of tests/processes/zaak.bpmn, in the order of the process: unit and services.
CASE = {
    "zaak-aanmaken": ("zgw.CreateZaakTask", "zaken, catalogi"),
    "zaak-opzoeken": ("zgw.LookupZaak", "zaken"),
    "status-zetten": ("zgw.CreateStatusTask", "zaken, catalogi"),
    "eigenschap-vastleggen": ("zgw.CreateEigenschap", "zaken, catalogi"),
    "object-koppelen": ("zgw.CreateZaakObject", "zaken"),
    "objecten-ophalen": ("zgw.FetchZaakObjects", "zaken"),
    "document-koppelen": ("zgw.RelateDocumentToZaakTask", "zaken"),
    "resultaat-zetten": ("zgw.CreateResultaatTask", "zaken, catalogi"),
    "zaak-afsluiten": ("zgw.CloseZaakTask", "zaken, catalogi"),
    "mail-versturen": ("mail.SendEmailTask", "post"),
}
APP = "https://autorisaties.example.nl/api/v1/applicaties/demo"


class Settings:
    """Sections by title, such as "service zaken"; written as one INI file for each kind of section."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sections = {}
        self.secrets = {}  # {its name and number: text} of every secret that it ever had, for canary.py
        self.section("host", state=self.folder / "state", log_level="trace")
        self.section("engine main", type="local")

    def section(self, title, keys=None, **more):
        """Sets keys of a section; None takes a key away. `keys` is for names such as zaken.client_id."""
        section = self.sections.setdefault(title, {})
        for name, value in {**(keys or {}), **more}.items():
            section[name] = value
            if value is None:
                del section[name]
        return self

    def remove(self, title):
        del self.sections[title]
        return self

    def secret(self, name, text):
        """A file that only its owner can read."""
        file = self.folder / f"{name}.secret"
        self.secrets[f"{name} {len(self.secrets) + 1}"] = text.removeprefix("Token ")
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text + "\n")
        return file

    def write(self):
        """Writes the files anew; returns the folder."""
        for file in self.folder.glob("*.ini"):
            file.unlink()
        for title, keys in self.sections.items():
            with open(self.folder / f"{title.split()[0]}.ini", "a", encoding="utf-8") as out:
                out.write(f"[{title}]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items()) + "\n")
        return self.folder

    def use_engine(self, url, **keys):
        """A real engine, or a stand-in of one, in place of the embedded engine."""
        self.sections["engine main"] = {"type": "camunda", "url": url, **keys}
        return self

    def use_zgw(self, zgw):
        """The services of a ZgwStandIn, and an app that has credentials of its own."""
        secret, app_secret = self.secret("zgw", zgw.secret), self.secret("app", zgw.app_secret)
        token, app_token = self.secret("token", f"Token {zgw.token}"), self.secret("app-token", f"Token {zgw.app_token}")
        app = {"id": APP}
        for name, kind, root in ("zaken", "zrc", zgw.zaken), ("catalogi", "ztc", zgw.catalogi), ("documenten", "drc", zgw.documenten):
            self.section(f"service {name}", type=kind, root=root, auth="zgw", client_id=zgw.client_id, secret_file=secret)
            app |= {f"{name}.client_id": zgw.app_id_client, f"{name}.secret_file": app_secret}
        for name, root in ("objects", zgw.objects), ("zac", zgw.zac):
            self.section(f"service {name}", type="orc", root=root, auth="api_key", header="Authorization", value_file=token)
            app |= {f"{name}.header": "Authorization", f"{name}.value_file": app_token}
        self.section("app demo", app)
        return self.section("plugin zgw")

    def use_mail(self, smtp):
        """The mail server of an SmtpStandIn, with STARTTLS and a login when it has them."""
        keys = {"from": "zaken@example.nl"}
        keys |= {"starttls": "required", "ca_file": smtp.ca_file} if smtp.ca_file else {"starttls": "off"}
        if smtp.user:
            keys |= {"user": smtp.user, "password_file": self.secret("mail", smtp.password)}
        self.section("service post", keys, type="smtp", root=f"smtp://127.0.0.1:{smtp.port}")
        return self.section("plugin mail")

    def topic(self, name, unit, services=None, **keys):
        """Binds a topic; without `services` to all that are there, an orc under its name as alias."""
        if services is None:
            services = ", ".join(title.split()[1] for title in self.sections if title.startswith("service "))
        return self.section(f"topic {name}", unit=unit, services=services, **keys)

    def use_case(self, suffix=""):
        """The topics of zaak.bpmn."""
        for name, (unit, services) in CASE.items():
            self.topic(name + suffix, unit, services)
        return self
