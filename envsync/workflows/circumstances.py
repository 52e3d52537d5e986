"""What is known of a run before there is one: which event started it, and what its inputs may be.

GitHub: "Contexts reference" (`inputs`, `github.event.inputs`, what the key `environment` may refer to), "Workflow
syntax for GitHub Actions" (inputs of `workflow_dispatch` and of `workflow_call`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, assert_never

from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.scalars import resolve
from envsync.workflows.coercion import as_text
from envsync.workflows.conditions import inputs_in
from envsync.workflows.effort import Effort, Exhausted
from envsync.workflows.expression import BadExpression, condition
from envsync.workflows.flow import NamedEnvironment
from envsync.workflows.kinds import (
    Boolean,
    Fields,
    Items,
    Null,
    Number,
    Text,
    Unknown,
    alternatives_of,
    one_of,
    value_of,
)
from envsync.workflows.matrix import combinations
from envsync.workflows.possible import AMONG_ALL, Possible
from envsync.workflows.values import LETTERS, Scope, evaluated, possible, truths
from envsync.workflows.workflow import CALL, DISPATCH

if TYPE_CHECKING:
    import collections.abc

    from envsync.documents.nodes import Node
    from envsync.workflows.kinds import Value
    from envsync.workflows.workflow import Input, Job, Workflow

MOST = 256  # of one workflow; more are taken for one of which nothing is known
MOST_TRIED = 1_000
LONGEST_NAME = 255  # characters
_TOO_LONG = f"its name is longer than the {LONGEST_NAME} characters that GitHub takes"
_CONTEXTS: dict[str, Value] = {
    "vars": Unknown("a variable says it"),
    "needs": Unknown("another job says it"),
}
_BY_HAND = Unknown("whoever starts the workflow chooses it")
_AMONG_ALL = Unknown(AMONG_ALL)
_BY_CALLER = Unknown("whoever calls the workflow says it")
_TOO_MANY = Unknown("there are too many possibilities")
_EITHER = one_of([Boolean(value=True), Boolean(value=False)])
_NOT_GIVEN: dict[str, Value] = {"boolean": Boolean(value=False), "number": Number(0.0)}


@dataclass(frozen=True, slots=True)
class Circumstance:
    """The contexts that are the same for all jobs of a workflow."""

    github: Value
    inputs: Value


def at_start(workflow: Workflow, effort: Effort, *, from_elsewhere: bool) -> tuple[Circumstance, ...]:
    """One for each event. `from_elsewhere`: it may be called by what is not known here."""
    if len(workflow.triggers) > MOST:
        return (Circumstance(Unknown(), Unknown()),)
    found: list[Circumstance] = []
    for trigger in workflow.triggers:
        if trigger.event == DISPATCH:
            inputs = {name: _chosen(each) for name, each in trigger.inputs.items()}
            texts = {name: _in_event(value) for name, value in inputs.items()}
            found.append(Circumstance(_github(Text(DISPATCH), _fields(texts)), _fields(inputs)))
        elif trigger.event != CALL:
            found.append(Circumstance(_github(Text(trigger.event), Null()), _fields({})))
        elif from_elsewhere:
            said = {name: _said(each, effort) for name, each in trigger.inputs.items()}
            found.append(Circumstance(Unknown(), _fields(said)))
    return tuple(found) or (Circumstance(Unknown(), Unknown()),)


def inside(
    job: Job, workflow: Workflow, circumstances: collections.abc.Iterable[Circumstance], effort: Effort
) -> tuple[Circumstance, ...]:
    """Of the workflow that a job calls: one for each of the caller's, and each combination of the job's matrix."""
    trigger = workflow.trigger(CALL)
    declared = trigger.inputs if trigger else {}
    given = job.call.inputs if job.call else {}
    left_out = {name: _left_out(each, effort) for name, each in declared.items() if name not in given}
    found: dict[Circumstance, None] = {}
    tried = 0
    for circumstance in _likely(job, circumstances, effort):
        for contexts in _of_each(job, circumstance, given.values(), effort):
            types = ((name, node, declared[name].type if name in declared else "") for name, node in given.items())
            values = {name: _value(node, contexts, effort, type_) for name, node, type_ in types}
            found[Circumstance(circumstance.github, _fields({**left_out, **values}))] = None
            tried += 1
            if len(found) > MOST or tried > MOST_TRIED or _is_spent(effort, len(left_out) + len(values)):
                return (Circumstance(Unknown(), _TOO_MANY),)
    return tuple(found)


def environment_of(
    job: Job, circumstances: collections.abc.Iterable[Circumstance], effort: Effort
) -> NamedEnvironment | None:
    if job.environment is None:
        return None
    text = job.environment.text
    if "${{" not in text:
        return NamedEnvironment(Possible(frozenset({text})), job.environment.span)
    names = Possible(frozenset())
    for circumstance in _likely(job, circumstances, effort):
        contexts = _contexts(circumstance)
        scope = Scope({**contexts, "matrix": one_of(_matrix(job, contexts, effort))}, effort=effort)
        names = names.joined(_named(possible(text, scope)))
    return NamedEnvironment(names, job.environment.span)


def _named(names: Possible) -> Possible:
    """GitHub takes no longer ones ("Managing environments for deployment")."""
    short = frozenset(text for text in names.texts if len(text) <= LONGEST_NAME)
    return names if short == names.texts else Possible(short, names.unknown or _TOO_LONG)


def _is_spent(effort: Effort, steps: int) -> bool:
    try:
        effort.spend(steps)
    except Exhausted:
        return True
    return False


def _likely(job: Job, circumstances: collections.abc.Iterable[Circumstance], effort: Effort) -> list[Circumstance]:
    """In which the job runs at all, as far as its condition says it; all, where it never does."""
    known = list(circumstances)
    text = job.condition.text if job.condition else ""
    parsed = condition(text) if text and not _is_spent(effort, len(text) // LETTERS) else None
    if parsed is None or isinstance(parsed, BadExpression):
        return known
    told_apart = (one for each in known for one in _told_apart(each, set(inputs_in(parsed))))
    tried = list(islice(told_apart, MOST + 1))
    tried = known if len(tried) > MOST else tried
    return [each for each in tried if True in truths(parsed, Scope(_contexts(each), effort=effort))] or known


def _told_apart(circumstance: Circumstance, asked: set[str]) -> collections.abc.Iterator[Circumstance]:
    """One for each choice of the inputs that a condition asks for, which the environment may be, too."""
    match circumstance.inputs:
        case Fields(entries=entries, others=others):
            each = (alternatives_of(value) if name in asked else (value,) for name, value in entries)
            for values in product(*each):
                inputs = Fields(tuple(zip((name for name, _ in entries), values, strict=True)), others)
                yield Circumstance(circumstance.github, inputs)
        case _:
            yield circumstance


def _of_each(
    job: Job, circumstance: Circumstance, nodes: collections.abc.Iterable[Node], effort: Effort
) -> collections.abc.Iterator[dict[str, Value]]:
    """The contexts of each job of a matrix; one for all where it makes no difference to the nodes."""
    contexts = _contexts(circumstance)
    varies = any(_mentions(each, "matrix") for each in nodes)
    for combination in _matrix(job, contexts, effort) if varies else (Null(),):
        yield {**contexts, "matrix": combination}


def _matrix(job: Job, contexts: collections.abc.Mapping[str, Value], effort: Effort) -> tuple[Value, ...]:
    return combinations(_value(job.matrix, contexts, effort), effort) if job.matrix else (Null(),)


def _contexts(circumstance: Circumstance) -> dict[str, Value]:
    return {**_CONTEXTS, "github": circumstance.github, "inputs": circumstance.inputs}


def _mentions(node: Node, word: str) -> bool:
    match node:
        case Scalar(text=text):
            return word in text.casefold()
        case Sequence(items=items):
            return any(_mentions(each, word) for each in items)
        case Mapping(entries=entries):
            return any(_mentions(each.value, word) for each in entries)
        case _:
            assert_never(node)


def _value(node: Node, contexts: collections.abc.Mapping[str, Value], effort: Effort, type_: str = "") -> Value:
    if _is_spent(effort, 1):
        return _TOO_MANY
    match node:
        case Scalar(text=text) if "${{" in text:
            return evaluated(text, Scope(contexts, effort=effort))
        case Scalar():
            return _written(node, type_)
        case Sequence(items=items):
            return Items(tuple(_value(each, contexts, effort) for each in items))
        case Mapping(entries=entries):
            return Fields(tuple((each.key.text, _value(each.value, contexts, effort)) for each in entries))
        case _:
            assert_never(node)


def _written(scalar: Scalar, type_: str) -> Value:
    """Numbers and booleans are those of YAML, but where an input is to be a text."""
    return Text(scalar.text) if type_ in {"string", "choice", "environment"} else value_of(resolve(scalar))


def _github(event: Value, inputs: Value) -> Value:
    known = (("event_name", event), ("event", Fields((("inputs", inputs),), others=Unknown())))
    return Fields(known, others=Unknown())


def _chosen(declared: Input) -> Value:
    """By whoever starts the workflow: its form always sends what is selected in it."""
    default = [_written(declared.default, declared.type)] if declared.default else []
    match declared.type:
        case "boolean":
            return _EITHER
        case "choice" if declared.options:
            return one_of([Text(each) for each in declared.options])
        case "environment":
            return one_of([*default, _AMONG_ALL])
        case _:
            return one_of([*default, _BY_HAND])


def _said(declared: Input, effort: Effort) -> Value:
    """By a caller that is not known here."""
    return _EITHER if declared.type == "boolean" else one_of([_left_out(declared, effort), _BY_CALLER])


def _left_out(declared: Input, effort: Effort) -> Value:
    """What an input of `workflow_call` is where the caller does not give it."""
    if declared.default is None:
        return _NOT_GIVEN.get(declared.type, Text(""))
    return _value(declared.default, _CONTEXTS, effort, declared.type)


def _in_event(value: Value) -> Value:
    """In `github.event.inputs`, all are texts."""
    texts = ((each, as_text(each)) for each in alternatives_of(value))
    return one_of([each if text is None else Text(text) for each, text in texts])


def _fields(values: collections.abc.Mapping[str, Value]) -> Fields:
    return Fields(tuple(values.items()))
