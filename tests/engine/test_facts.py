"""What bptl takes for granted of the engines, seen on the real ones: how the stand-in tests/standin/engine.py behaves
follows from this."""
import time
import urllib.error
import uuid

import pytest

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
	targetNamespace="tests">
	<bpmn:process id="{key}" isExecutable="true" camunda:historyTimeToLive="P1D">
		<bpmn:startEvent id="start"/>
		<bpmn:sequenceFlow id="to-work" sourceRef="start" targetRef="work"/>
		<bpmn:serviceTask id="work" camunda:type="external" camunda:topic="{key}">
			<bpmn:extensionElements>
				<camunda:properties><camunda:property name="kleur" value="rood"/></camunda:properties>
			</bpmn:extensionElements>
		</bpmn:serviceTask>
		<bpmn:sequenceFlow id="to-end" sourceRef="work" targetRef="end"/>
		<bpmn:endEvent id="end"/>
	</bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture
def key(real_engine):
    """A process with one task of its own; its key is also the topic."""
    key = f"facts-{uuid.uuid4().hex[:8]}"
    real_engine.deploy((f"{key}.bpmn", PROCESS.format(key=key)))
    return key


def fetch(engine, topics, worker="facts", most=10, **more):
    topics = [{"topicName": topic, "lockDuration": 60000, "deserializeValues": False, "includeExtensionProperties": True}
              for topic in topics]  # fmt: skip
    return engine.post("external-task/fetchAndLock", {"workerId": worker, "maxTasks": most, "topics": topics, **more})


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_tasks_come_in_the_order_of_creation_that_sorting_asks_for(real_engine, key, order):
    for number in range(3):
        real_engine.start(key, business_key=str(number))
        time.sleep(0.02)
    tasks = fetch(real_engine, [key], usePriority=True, sorting=[{"sortBy": "createTime", "sortOrder": order}])
    assert [task["businessKey"] for task in tasks] == (["0", "1", "2"] if order == "asc" else ["2", "1", "0"])


def test_a_task_holds_its_extension_properties_and_json_as_text(real_engine, key):
    real_engine.start(key, {"lijst": [1, "é"]})
    [task] = fetch(real_engine, [key])
    assert task["extensionProperties"] == {"kleur": "rood"}
    assert task["retries"] is None
    assert task["variables"]["lijst"]["type"] == "Json"
    assert isinstance(task["variables"]["lijst"]["value"], str)


@pytest.mark.parametrize("call, more", [("complete", {}), ("extendLock", {"newDuration": 60000}), ("failure", {"errorMessage": "x", "retries": 1})])
def test_another_workers_task_is_refused_with_400_and_an_ended_one_with_404(real_engine, key, call, more):
    real_engine.start(key)
    [task] = fetch(real_engine, [key])
    with pytest.raises(urllib.error.HTTPError) as refused:
        real_engine.post(f"external-task/{task['id']}/{call}", {"workerId": "someone else", **more})
    assert refused.value.code == 400
    real_engine.post(f"external-task/{task['id']}/complete", {"workerId": "facts"})
    with pytest.raises(urllib.error.HTTPError) as gone:
        real_engine.post(f"external-task/{task['id']}/{call}", {"workerId": "facts", **more})
    assert gone.value.code == 404


def test_a_text_over_4000_characters_is_refused_with_500(real_engine, key):
    real_engine.start(key)
    [task] = fetch(real_engine, [key])
    variables = {"lang": {"type": "String", "value": "x" * 4001}}
    with pytest.raises(urllib.error.HTTPError) as refused:
        real_engine.post(f"external-task/{task['id']}/complete", {"workerId": "facts", "variables": variables})
    assert refused.value.code == 500
