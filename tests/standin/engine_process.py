"""The part of the stand-in engine that starts processes and shows their variables, as Camunda 7.24 was seen to answer.

A definition is made by deploy(); an instance that is started of it walks along the definition's steps, and stays where it
is when there are none. What was started is kept in `started`, in order.
"""
import uuid

from engine_state import Instance, Refused, check_fields


class Processes:
    """Definitions by id, each a version of a key."""

    START = {"variables": dict, "businessKey": str, "caseInstanceId": str, "startInstructions": list,
             "skipCustomListeners": bool, "skipIoMappings": bool, "withVariablesInReturn": bool}

    def __init__(self, state):
        self.state = state
        self.definitions = {}
        self.started = []  # {"definition", "instance", "body"}

    def deploy(self, key, steps=()):
        """Makes the next version of a process; its id."""
        version = 1 + sum(one["key"] == key for one in self.definitions.values())
        made = {"id": f"{key}:{version}:{uuid.uuid4()}", "key": key, "category": "t", "description": None, "name": None,
                "version": version, "resource": f"{key}.bpmn", "deploymentId": str(uuid.uuid4()), "diagram": None,
                "suspended": False, "tenantId": None, "versionTag": None, "historyTimeToLive": 1,
                "startableInTasklist": True}
        self.definitions[made["id"]] = {**made, "steps": list(steps)}
        return made["id"]

    def answer(self, request, tail):
        """Status and body for a path behind the prefix, or None: it is none of ours."""
        parts = tail.strip("/").split("/")
        if request.method == "GET" and parts == ["process-definition"]:
            return 200, self.list(request.query)
        if request.method == "POST" and len(parts) == 3 and (parts[0], parts[2]) == ("process-definition", "start"):
            return 200, self.start(self.by_id(parts[1]), request.json())
        if request.method == "POST" and len(parts) == 4 and parts[:2] == ["process-definition", "key"] and parts[3] == "start":
            return 200, self.start(self.latest(parts[2]), request.json())
        if request.method == "GET" and len(parts) == 3 and (parts[0], parts[2]) == ("process-instance", "variables"):
            return 200, self.variables(parts[1], request.query)
        return None

    def list(self, query):
        version = query.get("version")
        if version is not None and not version.isdigit():
            raise Refused(400, f"Cannot set query parameter 'version' to value '{version}': Cannot convert value {version} to "
                          "java type java.lang.Integer", "InvalidRequestException")
        return [{name: value for name, value in one.items() if name != "steps"} for one in self.definitions.values()
                if query.get("key") in (None, one["key"]) and version in (None, str(one["version"]))]

    def by_id(self, definition_id):
        found = self.definitions.get(definition_id)
        if not found:
            raise Refused(500, f"Cannot instantiate process definition {definition_id}: no deployed process definition found "
                          f"with id '{definition_id}': processDefinition is null")
        return found

    def latest(self, key):
        found = [one for one in self.definitions.values() if one["key"] == key]
        if not found:
            raise Refused(404, f"No matching process definition with key: {key} and no tenant-id")
        return found[-1]

    def start(self, definition, body):
        check_fields(body, self.START)
        order = {"processDefinitionKey": definition["key"], "businessKey": body.get("businessKey"),
                 "variables": body.get("variables"), "steps": definition["steps"]}
        if definition["steps"]:
            instance = self.state.start(order)
            self.state.wake()
        else:
            instance = Instance(order)
            self.state.instances[instance.id] = instance
        self.started.append({"definition": definition["id"], "instance": instance.id, "body": body})
        return {"links": [], "id": instance.id, "definitionId": definition["id"], "businessKey": instance.business_key,
                "caseInstanceId": None, "ended": False, "suspended": False, "tenantId": None,
                "definitionKey": definition["key"]}

    def variables(self, instance_id, query):
        instance = self.state.instances.get(instance_id)
        if not instance:
            raise Refused(500, f"execution {instance_id} doesn't exist: execution is null", "NullValueException")
        if query.get("deserializeValues") != "false":
            raise Refused(400, "deserializeValues must be false: Json values would come as metadata")
        return {name: {**one, "value": None} if one["type"] == "File" else one for name, one in instance.variables.items()}
