"""What the stand-in engine knows: process instances, their external tasks, locks, retries and incidents.

A process is a chain of topics: when a task is completed, its variables flow into the instance, and the next topic of the
chain gets a task. The rules are those that Camunda 7.24 and Operaton 1.0 were seen to follow. Longer than 400 lines: one set of rules. No HTTP in here: see
engine.py. Everything runs on the one thread of the stand-in's event loop.
"""
import heapq
import itertools
import time
import uuid
from collections import Counter
from datetime import datetime, timezone

STRING_LIMIT = 4000
INTEGERS = {"short": 15, "integer": 31, "long": 63}
TYPES = {"string", "short", "integer", "long", "double", "boolean", "date", "null", "json", "object", "xml", "bytes",
         "file"}
TOPIC_FIELDS = {
    "topicName": str, "lockDuration": int, "variables": list, "processDefinitionId": str,
    "processDefinitionIdIn": list, "processDefinitionKey": str, "processDefinitionKeyIn": list,
    "processDefinitionVersionTag": str, "businessKey": str, "withoutTenantId": bool, "tenantIdIn": list,
    "processVariables": dict, "localVariables": bool, "includeExtensionProperties": bool, "deserializeValues": bool}


class Refused(Exception):
    """An answer that is not 2xx, with the engine's kind of body."""

    def __init__(self, status, message, kind="RestException"):
        super().__init__(message)
        self.status = status
        self.body = {"type": kind, "message": message, "code": None if kind == "InvalidRequestException" else 0}


class TooLong(Refused):
    """A text that is longer than its column: the engine hides the database's words behind a code."""

    def __init__(self):
        super().__init__(500, "An exception occurred in the persistence layer. Please check the server logs for a detailed "
                         "message and the entire exception stack trace.", "ProcessEnginePersistenceException")
        self.body["code"] = 10002


class BrokenRule(Refused):
    """A request that no careful client sends; the stand-in remembers these, so that a test can ask for them."""

    def __init__(self, message, status=400):
        super().__init__(status, message, "InvalidRequestException")


def date_text(seconds):
    """A moment as the engines write it."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def check_fields(body, fields, required=()):
    """Refuses members that do not exist, have another type, or are missing."""
    if not isinstance(body, dict):
        raise BrokenRule("the body is no JSON object")
    for name, value in body.items():
        if name not in fields:
            raise BrokenRule(f'Unrecognized field "{name}"')
        wanted = fields[name]
        if value is not None and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
            raise BrokenRule(f'field "{name}" is no {wanted.__name__}')
    for name in required:
        if body.get(name) is None:
            raise BrokenRule(f'field "{name}" is missing')


def typed(name, envelope):
    """A variable as the engine would keep it, or the refusal that the engine gives."""
    if not isinstance(envelope, dict) or set(envelope) - {"type", "value", "valueInfo", "local"}:
        raise BrokenRule(f'variable "{name}" is no {{type, value, valueInfo}}')
    kind, value = envelope.get("type"), envelope.get("value")
    if kind is None:
        kind = {str: "String", bool: "Boolean", int: "Integer", float: "Double", type(None): "Null"}.get(type(value))
        if kind is None:
            raise Refused(400, f"Must provide 'null' or String value for value of SerializableValue type '{kind}'.",
                          "InvalidRequestException")
    low = kind.lower()
    if low not in TYPES:
        raise Refused(400, f"Unsupported value type '{kind}'")
    if value is not None:
        if low in INTEGERS:
            good = isinstance(value, int) and not isinstance(value, bool) and -2**INTEGERS[low] <= value < 2**INTEGERS[low]
        elif low == "double":
            good = isinstance(value, (int, float)) and not isinstance(value, bool)
        elif low == "boolean":
            good = isinstance(value, bool)
        else:
            good = isinstance(value, str)
        if not good:
            raise Refused(400, f"Cannot convert value '{value}' of type '{kind}' to java type java.lang.{kind}",
                          "InvalidRequestException")
        # the text of a Json variable is kept as it came, also when it is no JSON
    return {"type": kind[0].upper() + kind[1:], "value": value, "valueInfo": envelope.get("valueInfo") or {}}


def typed_all(variables):
    """All variables of a request. A text that is too long breaks the database statement, which is a 500."""
    result = {name: typed(name, envelope) for name, envelope in (variables or {}).items()}
    for name, envelope in result.items():
        if envelope["type"] == "String" and envelope["value"] is not None and len(envelope["value"]) > STRING_LIMIT:
            raise TooLong()
    return result


class Task:
    """An external task. `history` tells what happened to it, for tests."""

    def __init__(self, instance, step, number):
        self.id = str(uuid.uuid4())
        self.instance, self.step, self.number = instance, step, number
        self.topic = step["topic"]
        self.priority = step.get("priority", 0)
        self.retries = step.get("retries")
        self.created = time.time()
        self.worker = self.lock_until = self.error = self.details = self.error_code = None
        self.state = "open"  # incident, completed, error, cancelled
        self.local = {}
        self.fetched = 0
        self.held = False  # a worker has it, and has neither ended it nor given it back; its lock may have run out
        self.history = []

    def tell(self, what, **more):
        self.history.append({"at": time.time(), "what": what, **more})

    def answer(self):
        """The members that a list and a poll have in common."""
        i = self.instance
        return {"activityId": self.step.get("activityId", "do-" + self.topic),
                "activityInstanceId": "ai:" + self.id, "errorMessage": self.error, "executionId": "ex:" + self.id,
                "id": self.id, "lockExpirationTime": date_text(self.lock_until) if self.lock_until else None,
                "createTime": date_text(self.created), "processDefinitionId": i.key + ":1:1",
                "processDefinitionKey": i.key, "processDefinitionVersionTag": None, "processInstanceId": i.id,
                "retries": self.retries, "suspended": False, "workerId": self.worker, "topicName": self.topic,
                "tenantId": i.tenant, "priority": self.priority, "businessKey": i.business_key}

    def report(self):
        """Everything, for tests."""
        return {**self.answer(), "state": self.state, "errorDetails": self.details, "errorCode": self.error_code,
                "localVariables": self.local, "fetched": self.fetched, "history": self.history}


class Instance:
    """A process instance that walks along its steps."""

    def __init__(self, order):
        self.id = str(uuid.uuid4())
        self.key = order.get("processDefinitionKey") or "process"
        self.business_key, self.tenant = order.get("businessKey"), order.get("tenantId")
        self.variables = typed_all(order.get("variables"))
        self.steps = order.get("steps") or [order]
        self.at = 0
        self.tasks = []
        self.state = "active"  # completed, error, cancelled

    def report(self):
        return {"id": self.id, "state": self.state, "step": self.at, "businessKey": self.business_key,
                "variables": self.variables, "tasks": [task.report() for task in self.tasks]}


class State:
    """All instances and tasks."""

    def __init__(self):
        self.tasks, self.instances = {}, {}
        self.waiting = {}  # topic: {priority: {id: task}}
        self.locks = []  # heap of (lock_until, number, task)
        self.numbers = itertools.count()
        self.seen = Counter()  # what careful workers avoid: see SEEN
        self.wake = lambda: None  # called when a new task can be fetched

    # No broken rules, for crashes lead to them; but each is counted:
    # "offered again"   a task was handed out whose worker had let the lock run out
    # "not the holder"  somebody spoke for a task that another worker has locked
    # "gone"            somebody spoke for a task that is over
    # "ran out"         a lock was to be extended that had run out
    SEEN = ("offered again", "not the holder", "gone", "ran out")

    # ---- what tests do ----
    ORDER = {"topic": str, "count": int, "variables": dict, "businessKey": str, "priority": int, "retries": int,
             "tenantId": str, "processDefinitionKey": str, "activityId": str, "extensionProperties": dict, "steps": list}

    def add(self, order):
        """Starts `count` instances; their ids and those of their first tasks."""
        check_fields(order, self.ORDER)
        for step in order.get("steps") or [order]:
            check_fields(step, self.ORDER, ("topic",))
        made = [self.start(order) for _ in range(order.get("count", 1))]
        self.wake()
        return {"instances": [i.id for i in made], "tasks": [i.tasks[0].id for i in made]}

    def start(self, order):
        instance = Instance(order)
        self.instances[instance.id] = instance
        self.next_step(instance)
        return instance

    def next_step(self, instance):
        task = Task(instance, instance.steps[instance.at], next(self.numbers))
        instance.tasks.append(task)
        self.tasks[task.id] = task
        self.offer(task)

    def offer(self, task):
        self.waiting.setdefault(task.topic, {}).setdefault(task.priority, {})[task.id] = task

    def withdraw(self, task):
        self.waiting.get(task.topic, {}).get(task.priority, {}).pop(task.id, None)

    def lock(self, task, worker, seconds):
        self.withdraw(task)
        task.worker, task.lock_until = worker, time.time() + seconds
        heapq.heappush(self.locks, (task.lock_until, next(self.numbers), task))

    def end(self, task, state):
        self.withdraw(task)
        task.state = state
        task.lock_until = None
        task.held = False
        del self.tasks[task.id]

    def steal(self, task_id, worker, seconds):
        """Gives the lock to another worker, as an expired lock would."""
        task = self.find(task_id)
        self.lock(task, worker, seconds)
        task.tell("stolen", worker=worker)

    def cancel(self, task_id):
        """The instance goes away, as by a boundary event or a person."""
        task = self.find(task_id)
        self.end(task, "cancelled")
        task.instance.state = "cancelled"
        task.tell("cancelled")

    def set_retries(self, task_id, retries):
        """What an operator does to an incident."""
        task = self.find(task_id)
        task.retries = retries
        if retries > 0 and task.state == "incident":
            task.state = "open"
            if not task.lock_until or task.lock_until <= time.time():
                self.offer(task)
            else:
                heapq.heappush(self.locks, (task.lock_until, next(self.numbers), task))
        task.tell("retries", retries=retries)
        self.wake()

    def expire(self):
        """Ends all locks and waits for retries now."""
        for task in self.tasks.values():
            if task.lock_until:
                task.lock_until = time.time() - 0.001
                heapq.heappush(self.locks, (task.lock_until, next(self.numbers), task))

    def counts(self):
        """How many tasks are in which state."""
        now = time.time()
        result = {"waiting": 0, "locked": 0, "incident": 0, "completed": 0, "error": 0, "cancelled": 0, "instances": 0,
                  "finished": 0, "seen": {name: self.seen[name] for name in self.SEEN}}
        for instance in self.instances.values():
            result["instances"] += 1
            result["finished"] += instance.state != "active"
            for task in instance.tasks:
                state = task.state
                if state == "open":
                    state = "locked" if task.lock_until and task.lock_until > now else "waiting"
                result[state] += 1
        return result

    # ---- what the engine does ----
    def release(self):
        """Locks that are over make their tasks free again; nobody is woken by it, as in the real engine."""
        now = time.time()
        while self.locks and self.locks[0][0] <= now:
            until, _, task = heapq.heappop(self.locks)
            if task.state == "open" and task.lock_until is not None and task.lock_until <= now:
                self.offer(task)

    FETCH = {"workerId": str, "maxTasks": int, "usePriority": bool, "asyncResponseTimeout": int, "topics": list,
             "sorting": list}

    @classmethod
    def check_fetch(cls, body):
        check_fields(body, cls.FETCH)
        if not body.get("workerId"):
            raise Refused(500, "workerId is null", "NullValueException")
        if not isinstance(body.get("maxTasks"), int) or body["maxTasks"] < 0:
            raise BrokenRule("maxResults is not greater than or equal to 0")
        if not 0 <= (body.get("asyncResponseTimeout") or 0) <= 1800000:
            raise BrokenRule("The asynchronous response timeout cannot be set to a value greater than 1800000 milliseconds")
        for order in body.get("sorting") or []:
            check_fields(order, {"sortBy": str, "sortOrder": str}, ("sortBy", "sortOrder"))
            if order["sortBy"] != "createTime" or order["sortOrder"] not in ("asc", "desc"):
                raise BrokenRule("Cannot set query sortBy parameter")
        seen = set()
        for topic in body.get("topics") or []:
            check_fields(topic, TOPIC_FIELDS, ("topicName", "lockDuration"))
            if topic["lockDuration"] <= 0:
                raise BrokenRule("lockTime is not greater than 0", 500)
            if topic.get("deserializeValues"):
                raise BrokenRule("deserializeValues must be false: Json values would come as metadata")
            if topic["topicName"] in seen:
                raise BrokenRule(f"topic {topic['topicName']} is asked for twice")
            seen.add(topic["topicName"])

    @staticmethod
    def fits(task, topic):
        i = task.instance
        if topic.get("businessKey") is not None and i.business_key != topic["businessKey"]:
            return False
        keys = topic.get("processDefinitionKeyIn") or ([topic["processDefinitionKey"]] if
                                                       topic.get("processDefinitionKey") else None)
        if keys and i.key not in keys:
            return False
        if topic.get("tenantIdIn") and i.tenant not in topic["tenantIdIn"]:
            return False
        if topic.get("withoutTenantId") and i.tenant is not None:
            return False
        return all(name in i.variables and i.variables[name]["value"] == value
                   for name, value in (topic.get("processVariables") or {}).items())

    def fetch(self, body):
        """Locks what fits, at most maxTasks, in the order that was asked for."""
        self.release()
        most = body["maxTasks"]
        by_priority, sorting = body.get("usePriority"), body.get("sorting")
        topics = body.get("topics") or []
        found = []
        levels = [(priority, topic) for topic in topics for priority in self.waiting.get(topic["topicName"], {})]
        if by_priority:
            levels.sort(key=lambda level: -level[0])
        for priority, topic in levels:
            for task in self.waiting[topic["topicName"]][priority].values():
                if len(found) >= most and not sorting:
                    break
                if self.fits(task, topic):
                    found.append((task, topic))
        if sorting:
            sign = -1 if sorting[0]["sortOrder"] == "desc" else 1
            found.sort(key=lambda pair: (-pair[0].priority if by_priority else 0, sign * pair[0].number))
        return [self.hand_out(task, topic, body["workerId"]) for task, topic in found[:most]]

    def hand_out(self, task, topic, worker):
        task.fetched += 1
        self.seen["offered again"] += task.held
        task.held = True
        self.lock(task, worker, topic["lockDuration"] / 1000)
        task.tell("fetched", worker=worker)
        variables = task.local if topic.get("localVariables") else {**task.instance.variables, **task.local}
        if topic.get("variables") is not None:
            variables = {name: variables[name] for name in topic["variables"] if name in variables}
        answer = {**task.answer(), "errorDetails": task.details, "variables": variables}
        if topic.get("includeExtensionProperties"):
            answer["extensionProperties"] = task.step.get("extensionProperties", {})
        return answer

    def find(self, task_id):
        task = self.tasks.get(task_id)
        if not task:
            self.seen["gone"] += 1
            raise Refused(404, f"External task with id {task_id} does not exist")
        return task

    def ours(self, task_id, body, words):
        task = self.find(task_id)
        if task.worker != body["workerId"]:
            self.seen["not the holder"] += 1
            raise Refused(400, words.format(id=task_id, worker=body["workerId"]) +
                          f". It is locked by worker '{task.worker}'.")
        return task

    VARIABLES = {"workerId": str, "variables": dict, "localVariables": dict}

    def complete(self, task_id, body):
        check_fields(body, self.VARIABLES, ("workerId",))
        task = self.ours(task_id, body, "External Task {id} cannot be completed by worker '{worker}'")
        variables, local = typed_all(body.get("variables")), typed_all(body.get("localVariables"))
        instance = task.instance
        instance.variables.update(variables)
        task.local.update(local)
        self.end(task, "completed")
        task.tell("completed", worker=body["workerId"], variables=variables)
        instance.at += 1
        if instance.at < len(instance.steps):
            self.next_step(instance)
            self.wake()
        else:
            instance.state = "completed"

    FAILURE = {"workerId": str, "errorMessage": str, "errorDetails": str, "retries": int, "retryTimeout": int,
               "variables": dict, "localVariables": dict}

    def failure(self, task_id, body):
        check_fields(body, self.FAILURE, ("workerId",))
        task = self.ours(task_id, body, "Failure of External Task {id} cannot be reported by worker '{worker}'")
        retries, wait = body.get("retries") or 0, body.get("retryTimeout") or 0
        if retries < 0:
            raise Refused(500, "retries is not greater than or equal to 0", "ProcessEngineException")
        if wait < 0:
            raise Refused(500, "retryDuration is not greater than or equal to 0", "ProcessEngineException")
        if len(body.get("errorMessage") or "") > 666:
            raise BrokenRule("errorMessage is longer than the 666 characters that are kept")
        task.error, task.details = body.get("errorMessage"), body.get("errorDetails")
        task.held = False
        task.retries = retries
        self.lock(task, task.worker, wait / 1000)  # the wait for a retry is kept as a lock
        task.state = "open" if retries > 0 else "incident"
        task.tell("failed", worker=body["workerId"], message=task.error, retries=retries, wait=wait)

    def bpmn_error(self, task_id, body):
        check_fields(body, {"workerId": str, "errorCode": str, "errorMessage": str, "variables": dict}, ("workerId",))
        if not body.get("errorCode"):
            raise Refused(500, "Error Code is empty", "ProcessEngineException")
        task = self.ours(task_id, body, "Bpmn error of External Task {id} cannot be reported by worker '{worker}'")
        variables = typed_all(body.get("variables"))
        task.instance.variables.update(variables)
        task.error_code, task.error = body["errorCode"], body.get("errorMessage")
        self.end(task, "error")
        task.instance.state = "error"
        task.tell("bpmnError", worker=body["workerId"], code=task.error_code, message=task.error, variables=variables)

    def extend(self, task_id, body):
        check_fields(body, {"workerId": str, "newDuration": int}, ("workerId", "newDuration"))
        if body["newDuration"] <= 0:
            raise Refused(400, "Cannot extend a lock with a duration that is not greater than 0")
        task = self.ours(task_id, body, "The lock of the External Task {id} cannot be extended by worker '{worker}''")
        if not task.lock_until or task.lock_until < time.time():
            self.seen["ran out"] += 1
            raise Refused(400, "Cannot extend a lock that expired: lockExpirationTime is not greater than or equal to "
                               f"{int(time.time() * 1000)}")
        self.lock(task, task.worker, body["newDuration"] / 1000)
        task.tell("extended")

    def unlock(self, task_id):
        task = self.find(task_id)
        task.worker = task.lock_until = None
        task.held = False
        task.tell("unlocked")
        if task.state == "open":
            self.offer(task)
            self.wake()

    LIST = {"workerId", "locked", "firstResult", "maxResults", "sortBy", "sortOrder", "topicName", "processInstanceId"}

    def list(self, query):
        """The list of tasks, filtered and by pages."""
        unknown = set(query) - self.LIST
        if unknown:
            raise BrokenRule(f"Cannot set query parameter {sorted(unknown)[0]}")
        now = time.time()
        found = [task for task in self.tasks.values()
                 if (query.get("workerId") is None or task.worker == query["workerId"])
                 and (query.get("topicName") is None or task.topic == query["topicName"])
                 and (query.get("processInstanceId") is None or task.instance.id == query["processInstanceId"])
                 and (str(query.get("locked", "")).lower() != "true" or (task.lock_until or 0) > now)]
        if query.get("sortBy") == "id":
            found.sort(key=lambda task: task.id, reverse=query.get("sortOrder") == "desc")
        first = int(query.get("firstResult") or 0)
        return [task.answer() for task in found[first:first + int(query.get("maxResults") or len(found))]]
