"""The REST interface of a real engine, as far as tests and the demo need it."""
import json
import pathlib
import urllib.error
import urllib.parse
import urllib.request
import uuid

ENGINES = pathlib.Path(__file__).resolve().parent.parent / "engines"


class Rest:
    """Calls under http://.../engine-rest/. What is not 2xx raises urllib.error.HTTPError, with the engine's words."""

    def __init__(self, url, authorization=None):
        self.url = url if url.endswith("/") else url + "/"
        self.headers = {"Authorization": authorization} if authorization else {}

    def call(self, method, path, data=None, content_type="application/json", **query):
        """One call; the JSON of the answer, or None."""
        url = self.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {**self.headers, **({"Content-Type": content_type} if data is not None else {})}
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            error.msg = f"{error.msg}: {error.read().decode(errors='replace')[:2000]}"
            raise
        return json.loads(text) if text else None

    def get(self, path, **query):
        return self.call("GET", path, **query)

    def post(self, path, body=None, **query):
        return self.call("POST", path, json.dumps({} if body is None else body).encode(), **query)

    def deploy(self, *files):
        """Deploys BPMN: paths, or pairs of a file name and its text."""
        boundary = uuid.uuid4().hex
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="deployment-name"\r\n\r\ntests\r\n']
        for file in files:
            name, text = file if isinstance(file, tuple) else (pathlib.Path(file).name, pathlib.Path(file).read_text("utf-8"))
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n{text}\r\n')
        parts.append(f"--{boundary}--\r\n")
        return self.call("POST", "deployment/create", "".join(parts).encode(), f"multipart/form-data; boundary={boundary}")

    def start(self, key, variables=None, business_key=None):
        """Starts an instance of a process and returns its id. Objects and lists become Json variables."""
        body = {"variables": {name: typed(value) for name, value in (variables or {}).items()}}
        if business_key:
            body["businessKey"] = business_key
        return self.post(f"process-definition/key/{key}/start", body)["id"]


def typed(value):
    """A plain value in the engine's own form."""
    if isinstance(value, (dict, list)):
        return {"type": "Json", "value": json.dumps(value)}
    if value is None:
        return {"type": "Null", "value": None}
    if isinstance(value, bool):
        return {"type": "Boolean", "value": value}
    if isinstance(value, int):
        return {"type": "Integer" if -2**31 <= value < 2**31 else "Long", "value": value}
    if isinstance(value, float):
        return {"type": "Double", "value": value}
    return {"type": "String", "value": value}
