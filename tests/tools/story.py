"""An instance of a process as a real engine's history tells it."""
import json

from probe import eventually


class Story:
    """Everything is asked anew at each call; the instance may still run."""

    def __init__(self, rest, id):
        self.rest, self.id = rest, id

    @classmethod
    def begin(cls, rest, key, variables=None, tenant=None, business_key=None):
        """Starts an instance; variables are in the engine's own form."""
        path = f"process-definition/key/{key}" + (f"/tenant-id/{tenant}" if tenant else "") + "/start"
        return cls(rest, rest.post(path, {"variables": variables or {}, "businessKey": business_key})["id"])

    def instance(self):
        return self.rest.get(f"history/process-instance/{self.id}")

    def incidents(self):
        return self.rest.get("history/incident", processInstanceId=self.id)

    def words(self):
        """What the incidents say."""
        return [one["incidentMessage"] for one in self.incidents()]

    def wait(self, wait=30.0):
        """Waits until the instance is over; an incident fails the test."""
        def over():
            assert not [one for one in self.incidents() if one["open"]], self.words()
            return self.instance()["state"] == "COMPLETED"
        eventually(over, wait, lambda: f"{self.instance()}\n{self.activities()}\n{self.words()}")
        return self

    def wait_incident(self, wait=30.0):
        """Waits for an incident and returns it."""
        return eventually(self.incidents, wait, lambda: f"no incident: {self.instance()}\n{self.activities()}")[0]

    def activities(self):
        """Ids of the activities, in the order in which they began."""
        return [one["activityId"] for one in self.all_activities()]

    def all_activities(self):
        return self.rest.get("history/activity-instance", processInstanceId=self.id, sortBy="occurrence", sortOrder="asc")

    def all_variables(self):
        return self.rest.get("history/variable-instance", processInstanceId=self.id, deserializeValues="false")

    def held(self):
        """{name: envelope} of the variables of the process itself; those of activities are left out."""
        return {one["name"]: {"type": one["type"], "value": one["value"], "valueInfo": one["valueInfo"]}
                for one in self.all_variables() if one["activityInstanceId"] == self.id}  # fmt: skip

    def variables(self):
        """{name: (type, value)} of the process itself; the value of Json is parsed."""
        return {name: (one["type"], json.loads(one["value"]) if one["type"] == "Json" else one["value"])
                for name, one in self.held().items()}  # fmt: skip

    def set_by(self):
        """{activity: {name: type}}: which variables of the process each activity set, and which type they got. What
        an activity's own output mapping sets does not count."""
        names = {one["id"]: one["activityId"] for one in self.all_activities()}
        ours = set(self.held())
        local = {one["id"] for one in self.all_variables() if one["activityInstanceId"] != self.id}
        found = {}
        for one in self.rest.get("history/detail", processInstanceId=self.id, variableUpdates="true", deserializeValues="false"):
            activity = names.get(one["activityInstanceId"])
            if activity and one["variableName"] in ours and one["variableInstanceId"] not in local:
                found.setdefault(activity, {})[one["variableName"]] = one["variableType"]
        return found

    def log(self, *kinds):
        """The log of external tasks: entries of these kinds (creationLog, failureLog, successLog), oldest first."""
        found = self.rest.get("history/external-task-log", processInstanceId=self.id, sortBy="timestamp", sortOrder="asc")
        return [one for one in found if any(one[kind] for kind in kinds)]

    def tasks(self):
        """The external tasks that are open."""
        return self.rest.get("external-task", processInstanceId=self.id)
