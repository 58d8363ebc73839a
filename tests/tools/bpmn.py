"""Small BPMN processes for the tests on real engines: a chain of steps, written in Python."""
from xml.sax.saxutils import escape, quoteattr

HEAD = ('<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="tests">\n')  # fmt: skip


def task(id, topic, inputs=None, outputs=None, times=1, **attributes):
    """An external task. `inputs` and `outputs` are the activity's mapping: names with texts or ${expressions}; `times`: so
    many at once; attributes are Camunda's, such as taskPriority."""
    parameters = "".join(f'<camunda:{kind}Parameter name="{name}">{escape(text)}</camunda:{kind}Parameter>'
                         for kind, given in (("input", inputs), ("output", outputs)) for name, text in (given or {}).items())
    mapping = f"<camunda:inputOutput>{parameters}</camunda:inputOutput>" if parameters else ""
    loop = ("<bpmn:multiInstanceLoopCharacteristics>"
            f"<bpmn:loopCardinality>{times}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>") if times > 1 else ""
    more = "".join(f" camunda:{name}={quoteattr(str(value))}" for name, value in attributes.items())
    return id, (f'<bpmn:serviceTask id="{id}" camunda:type="external" camunda:topic="{topic}"{more}>'
                f"<bpmn:extensionElements>{mapping}</bpmn:extensionElements>{loop}</bpmn:serviceTask>\n")


def wait(id="wachten"):
    """A step that a person would do: the process stays there."""
    return id, f'<bpmn:userTask id="{id}"/>\n'


def catch(step, code, end):
    """A boundary event that takes a BPMN error of a step to an end of its own; the code and the message become variables."""
    return (f'<bpmn:boundaryEvent id="{end}-gevangen" attachedToRef="{step}"><bpmn:errorEventDefinition errorRef="{end}-fout"'
            ' camunda:errorCodeVariable="foutcode" camunda:errorMessageVariable="foutmelding"/></bpmn:boundaryEvent>\n'
            f'<bpmn:endEvent id="{end}"/>\n'
            f'<bpmn:sequenceFlow id="naar-{end}" sourceRef="{end}-gevangen" targetRef="{end}"/>\n',
            f'<bpmn:error id="{end}-fout" errorCode="{code}"/>\n')  # fmt: skip


def process(key, *steps, catching=("", "")):
    """A pair for Rest.deploy(): the steps one after the other, from `start` to `einde`."""
    chain = [("start", '<bpmn:startEvent id="start"/>\n'), *steps, ("einde", '<bpmn:endEvent id="einde"/>\n')]
    flows = "".join(f'<bpmn:sequenceFlow id="na-{source}" sourceRef="{source}" targetRef="{target}"/>\n'
                    for (source, _), (target, _) in zip(chain, chain[1:]))
    inside, outside = catching
    return f"{key}.bpmn", (f'{HEAD}{outside}<bpmn:process id="{key}" isExecutable="true" camunda:historyTimeToLive="P1D">\n'
                           f"{''.join(text for _, text in chain)}{flows}{inside}</bpmn:process>\n</bpmn:definitions>\n")
