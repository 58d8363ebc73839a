"""Runs cases as instances of zaak.bpmn on a real engine, and tells from the engine's history how each task went."""
import datetime
import json
import re
import time

from rest import ENGINES
from settings import CASE

PATIENCE = 90  # seconds without any progress


def plain(variable):
    """A variable of the engine's history as a plain value."""
    value = variable["value"]
    return json.loads(value) if variable["variableType"] == "Json" and isinstance(value, str) else value


def seconds_since_start(activity):
    form = "%Y-%m-%dT%H:%M:%S.%f%z"
    ended, began = (datetime.datetime.strptime(activity[name], form) for name in ("endTime", "startTime"))
    return (ended - began).total_seconds()


class Watch:
    """Polls the history of the instances and reports what is new."""

    def __init__(self, rest, instances, report):
        self.rest, self.report = rest, report
        self.instances = instances  # id of the instance: number of the case
        self.seen = set()
        self.variables = {id: {} for id in instances}

    def set_by(self, activity):
        """What a task set in its process: its updates, less those of variables that only the activity has."""
        instance = activity["processInstanceId"]
        here = {variable["name"] for variable in self.rest.get("history/variable-instance", processInstanceId=instance,
                                                               deserializeValues="false")
                if variable["activityInstanceId"] == instance}  # fmt: skip
        details = self.rest.get("history/detail", processInstanceId=instance, activityInstanceId=activity["id"],
                                variableUpdates="true", deserializeValues="false")  # fmt: skip
        return {detail["variableName"]: plain(detail) for detail in details if detail["variableName"] in here}

    def completed(self):
        """Tells the tasks that were completed since the last call; how many."""
        activities = self.rest.get("history/activity-instance", activityType="serviceTask", finished="true", canceled="false",
                                   sortBy="endTime", sortOrder="asc")  # fmt: skip
        new = [one for one in activities if one["id"] not in self.seen and one["processInstanceId"] in self.instances]
        for activity in new:
            self.seen.add(activity["id"])
            variables = self.set_by(activity)
            self.variables[activity["processInstanceId"]].update(variables)
            self.report.step(self.instances[activity["processInstanceId"]], activity["activityId"], seconds_since_start(activity),
                             variables)  # fmt: skip
        return len(new)

    def failures(self):
        """What the engine was told of failures, oldest first."""
        return self.rest.get("history/external-task-log", failureLog="true", sortBy="timestamp", sortOrder="asc")

    def failed(self, log):
        """Tells those of the log that are new; how many, and the instances that cannot go on. The retries in the log are
        those before the failure, so the task itself is asked."""
        new = [one for one in log if one["id"] not in self.seen and one["processInstanceId"] in self.instances]
        stuck = set()
        for entry in new:
            self.seen.add(entry["id"])
            case, topic = self.instances[entry["processInstanceId"]], entry["activityId"]
            task = self.rest.get("external-task", externalTaskId=entry["externalTaskId"])
            if not task or task[0]["retries"] != 0:
                self.report.retry(case, topic, task[0]["retries"] if task else "one", entry["errorMessage"])
            elif entry["processInstanceId"] not in stuck:
                self.report.failure(case, topic, task[0]["errorMessage"])
                stuck.add(entry["processInstanceId"])
        return len(new), stuck

    def run(self):
        """Until every instance has ended or is stuck. Returns the variables that the tasks set, case by case."""
        open_ones = set(self.instances)
        last = time.monotonic()
        while open_ones:
            active = {one["id"] for one in self.rest.get("process-instance", processDefinitionKey="zaak")}
            log = self.failures()  # asked first, told last: what had been completed before a failure is told before it
            count = self.completed()
            failures, stuck = self.failed(log)
            if count + failures:
                last = time.monotonic()
            open_ones = (open_ones - stuck) & active
            if time.monotonic() - last > PATIENCE:
                for id in open_ones:
                    waiting = self.rest.get("external-task", processInstanceId=id)
                    self.report.failure(self.instances[id], waiting[0]["activityId"] if waiting else next(iter(CASE)),
                                        f"nothing happened for {PATIENCE} s; see bptl.log")  # fmt: skip
                break
            time.sleep(0.1)
        return list(self.variables.values())


def run_cases(rest, cases, report, suffix=""):
    """Deploys the process, starts one instance for each set of variables, and watches them. `suffix` makes topics of their
    own, for an engine that has other users."""
    text = (ENGINES.parent / "processes" / "zaak.bpmn").read_text(encoding="utf-8")
    rest.deploy(("zaak.bpmn", re.sub(r'camunda:topic="([^"]*)"', rf'camunda:topic="\1{suffix}"', text)))
    instances = {rest.start("zaak", variables, f"case-{number}"): number for number, variables in enumerate(cases, 1)}
    return Watch(rest, instances, report).run()
