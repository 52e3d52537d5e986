"""The way of a deployment, off the workflows: which job comes after which, and what guards each environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envsync.model import DesiredEnvironment, RefPolicy
from envsync.plan.listing import brief
from envsync.plan.promotion import Promotion, Stage, Standing
from envsync.workflows.before import nearest
from envsync.workflows.declared import declared, is_gated, is_unknown, leaves_gates, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.model import DesiredRepository
    from envsync.workflows.declared import Declared
    from envsync.workflows.flow import Flow, JobRun, NamedEnvironment, Reading

_MOST = 3  # names in a guard
_FOLDER = re.compile(r".*[/\\]")


def promotion(reading: Reading, desired: DesiredRepository) -> Promotion:
    known = declared(desired, reading.guardians)
    stages = {flow.file: tuple(_stages(flow, reading, known)) for flow in reading.flows}
    named = {stage.environment.casefold() for found in stages.values() for stage in found}
    return Promotion(
        repository=str(desired.name),
        stages=tuple(stage for found in stages.values() for stage in found),
        triggers={_FOLDER.sub("", flow.file): flow.triggers for flow in reading.flows if stages[flow.file]},
        idle=tuple(
            Stage(f"/{each.name}", "", "", each.name, standing_of(each), guards_of(each), ())
            for each in desired.environments
            if each.name.casefold() not in named
        ),
    )


def standing_of(environment: DesiredEnvironment) -> Standing:
    """Where somebody else may see to reviewers or rules, that it is open is not said."""
    if is_gated(environment):
        return Standing.GATED
    if leaves_gates(environment):
        return Standing.UNMANAGED
    limited = environment.settings.wait_timer or environment.settings.deployment_branch_policy is not RefPolicy.ALL
    return Standing.LIMITED if limited else Standing.OPEN


def guards_of(environment: DesiredEnvironment) -> tuple[str, ...]:
    """In words short enough for a box."""
    return tuple(_guards(environment))


def _guards(environment: DesiredEnvironment) -> Iterator[str]:
    settings = environment.settings
    if settings.required_reviewers:
        yield f"approval: {brief(list(map(str, settings.required_reviewers)), _MOST)}"
    if rules := sorted(environment.protection_rules):
        yield f"{'rule' if len(rules) == 1 else 'rules'}: {brief(rules, _MOST)}"
    if settings.wait_timer:
        yield f"wait {settings.wait_timer} min"
    if settings.deployment_branch_policy is RefPolicy.PROTECTED:
        yield "only protected branches"
    elif settings.deployment_branch_policy is RefPolicy.SELECTED:
        names = list(dict.fromkeys(each.name for each in sorted(environment.patterns)))
        yield f"only {brief(names, _MOST)}" if names else "no ref at all"


def _stages(flow: Flow, reading: Reading, known: Declared) -> Iterator[Stage]:
    workflow = _FOLDER.sub("", flow.file)
    named = {run.id: _environments(run, reading, known) for run in flow.runs}
    ids = {run: tuple(f"{workflow}/{run}/{name}" for name in found) for run, found in named.items()}
    closest = nearest(flow, {run for run, found in named.items() if found})
    for run in flow.runs:
        direct = [each for each in flow.runs if each.id in closest[run.id]]
        for id_, (name, environment) in zip(ids[run.id], named[run.id].items(), strict=True):
            standing, guards = _guarded(environment)
            yield Stage(
                id_,
                workflow,
                run.id,
                name,
                standing,
                guards,
                after=tuple(stage for each in direct for stage in ids[each.id]),
                anyway=any(each.tolerant or each.id in run.anyway for each in direct),
            )


def _guarded(environment: DesiredEnvironment | Standing) -> tuple[Standing, tuple[str, ...]]:
    if isinstance(environment, Standing):
        return environment, ()
    return standing_of(environment), guards_of(environment)


def _environments(run: JobRun, reading: Reading, known: Declared) -> dict[str, DesiredEnvironment | Standing]:
    """By name as it is shown."""
    found: dict[str, DesiredEnvironment | Standing] = {}
    for name in sorted(each for each in names_of(run) if each.casefold() not in reading.guardians):
        if environment := known.of(name):
            found[environment.name] = environment
        else:
            found[name] = Standing.UNMANAGED if known.knows(name) else Standing.UNDECLARED
    if run.environment and is_unknown(run):
        found.setdefault(_expression(run.environment, reading), Standing.UNKNOWN)
    return found


def _expression(environment: NamedEnvironment, reading: Reading) -> str:
    """As it stands in the file, without the quotes of YAML; of several lines the first."""
    span = environment.span
    line = reading.pages[span.file].lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(line) + 1
    return line[span.column - 1 : end - 1].strip("\"' ") or "?"
