"""A workflow file -> what it says, and what of it is no workflow.

Whatever GitHub would refuse and does no harm here is passed over: a linter finds it.
"""

from __future__ import annotations

from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from envsync.documents.codes import Code
from envsync.documents.compose import Break
from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.scalars import is_null
from envsync.documents.syntax import explain
from envsync.errors import Span
from envsync.plan.guardians import VARIABLE, guardians_in
from envsync.workflows.codes import UNREADABLE
from envsync.workflows.flow import Use, UseKind
from envsync.workflows.mentions import is_secret, tested_in, uses
from envsync.workflows.possible import Possible
from envsync.workflows.values import Scope, possible
from envsync.workflows.workflow import Call, Input, Job, Passed, Trigger, Workflow

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Iterable, Iterator

    from envsync.documents.compose import Composition
    from envsync.documents.nodes import Entry, Node
    from envsync.documents.page import Page
    from envsync.documents.text import SourceText
    from envsync.errors import Diagnostic

_HINT = "mend or remove it: what it deploys to is not known here"
_NO_INPUTS: collections.abc.Mapping[str, Input] = MappingProxyType({})
_MOST_SHARED = 1_000
_LIMITS = {  # of good YAML
    Code.YAML_TOO_LARGE: "is too large to be read",
    Code.YAML_TOO_DEEP: "is nested too deep to be read",
}


def parse(
    source: SourceText, composed: Composition | Break, page: Page
) -> tuple[Workflow | None, tuple[Diagnostic, ...]]:
    if isinstance(composed, Break):
        found = explain(composed, source.lines)
        wrong = _LIMITS.get(composed.code, "is no YAML")
        message = f"`{source.file}` {wrong}: {found.message}"
        return None, (page.warning(UNREADABLE, message, found.span, _HINT),)
    root = composed.root
    jobs = root.get("jobs") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(jobs, Mapping) or not jobs.entries:
        span = root.span if root else Span(source.file, 1, 1, 1, 1)
        message = f"`{source.file}` is no workflow: it has no `jobs`"
        return None, (page.warning(UNREADABLE, message, span, _HINT),)
    known = [(entry.key, entry.value) for entry in jobs.entries if isinstance(entry.value, Mapping)]
    workflow = Workflow(
        file=source.file,
        path=path_of(source.file),
        name=_text(root.get("name")) or None,
        triggers=tuple(_triggers(root.get("on"))),
        jobs=tuple(_job(key, value, source.lines) for key, value in known),
        uses=_shared(uses(_others(root, jobs), source.lines, frozenset(tested_in([jobs]))), root.span),
        guardians=frozenset().union(*(_guardians(node) for node in (root, *(node for _, node in known)))),
    )
    diagnostics = (_no_job(entry.key, page) for entry in jobs.entries if not isinstance(entry.value, Mapping))
    return workflow, tuple(diagnostics)


def path_of(file: str) -> str:
    """Where a workflow lies in its repository: GitHub looks for them in one folder alone."""
    return f".github/workflows/{PurePath(file).name}"


def _shared(found: Iterable[Use], span: Span) -> tuple[Use, ...]:
    """They are there once for each job, so that many would be very many."""
    distinct = {(use.kind, use.name): use for use in reversed(tuple(found))}
    if len(distinct) > _MOST_SHARED:
        return tuple(Use(kind, None, span, needed=False) for kind in UseKind)
    return tuple(reversed(distinct.values()))


def _no_job(key: Scalar, page: Page) -> Diagnostic:
    return page.warning(UNREADABLE, f"the job {page.quoted(key)} says nothing of what it does", key.span, _HINT)


def _triggers(node: Node | None) -> Iterator[Trigger]:
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield Trigger(entry.key.text, _inputs(_within(entry.value, "inputs")))
    else:
        yield from (Trigger(text, _NO_INPUTS) for text in _texts(node))


def _inputs(node: Node | None) -> collections.abc.Mapping[str, Input]:
    return {name: _input(value) for name, value in _named(node).items()}


def _input(node: Node) -> Input:
    default = _within(node, "default")
    return Input(
        type=_text(_within(node, "type")).casefold(),
        options=_texts(_within(node, "options")),
        default=default if isinstance(default, Scalar) and not is_null(default) else None,
    )


def _job(key: Scalar, node: Mapping, lines: tuple[str, ...]) -> Job:
    environment, called, condition = node.get("environment"), node.get("uses"), node.get("if")
    name = _within(environment, "name") if isinstance(environment, Mapping) else environment
    call = _call(called, node, lines) if isinstance(called, Scalar) and called.text else None
    passed = node.get("secrets") if call else None
    return Job(
        id=key.text,
        span=key.span,
        needs=_texts(node.get("needs")),
        condition=condition if isinstance(condition, Scalar) and not is_null(condition) else None,
        environment=name if isinstance(name, Scalar) and _text(name) else None,
        matrix=_within(node.get("strategy"), "matrix"),
        tolerant=_is_tolerant(_text(node.get("continue-on-error"))),
        call=call,
        uses=tuple(uses(_others(node, passed), lines, frozenset(tested_in([node])))),
    )


def _is_tolerant(text: str) -> bool:
    """Whether `continue-on-error` may be true."""
    return bool(text) and possible(text, Scope({})) != Possible(frozenset({"false"}))


def _call(called: Scalar, node: Mapping, lines: tuple[str, ...]) -> Call:
    secrets = node.get("secrets")
    inherits = _text(secrets).casefold() == "inherit"
    passed = (_passed(name, value, lines) for name, value in _named(secrets).items())
    return Call(called, _named(node.get("with")), None if inherits else tuple(passed))


def _passed(name: str, value: Node, lines: tuple[str, ...]) -> Passed:
    return Passed(name.upper(), is_secret(value, name), tuple(uses([value], lines)))


def _guardians(node: Mapping) -> frozenset[str]:
    """Of a workflow or a job: environments that something else manages, since they hold envsync's own keys."""
    return guardians_in(_text(_within(node.get("env"), VARIABLE)))


def _others(node: Mapping, without: Node | None) -> Iterator[Entry]:
    """What a duplicate key hides, too: it may be what is meant."""
    return (each for each in (*node.entries, *node.discarded) if each.value is not without)


def _within(node: Node | None, key: str) -> Node | None:
    return node.get(key) if isinstance(node, Mapping) else None


def _named(node: Node | None) -> dict[str, Node]:
    """By name in lower case: GitHub finds inputs and secrets whatever their case."""
    return {entry.key.text.casefold(): entry.value for entry in node.entries} if isinstance(node, Mapping) else {}


def _text(node: Node | None) -> str:
    """Empty: there is none."""
    return node.text if isinstance(node, Scalar) and not is_null(node) else ""


def _texts(node: Node | None) -> tuple[str, ...]:
    """Of a list, or of the one that stands for a list."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(dict.fromkeys(text for item in items if (text := _text(item))))
