"""Do jobs get the secrets and variables that they use?

A job gets those of its environment, of the repository and of the organization. Offline nobody knows the last two:
then only what is surely a mistake is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.documents.near_misses import near_miss
from envsync.model import RECORD_VARIABLE, Field
from envsync.plan.listing import listed
from envsync.workflows.declared import by_name, names_of, own_flows
from envsync.workflows.flow import UseKind
from envsync.workflows.named_after import named_after
from envsync.workflows.slips import slip
from envsync.workflows.slugs import Slug

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from envsync.errors import Diagnostic, Span
    from envsync.model import DesiredEnvironment
    from envsync.workflows.declared import Declared
    from envsync.workflows.flow import Elsewhere, JobRun, Reading, Use

_MOST_COMPARED = 50_000  # names: a hostile file could use any number
_FIELDS = {UseKind.SECRET: Field.SECRETS, UseKind.VARIABLE: Field.VARIABLES}
CONTEXTS = {UseKind.SECRET: "secrets", UseKind.VARIABLE: "vars"}
_OTHER = {UseKind.SECRET: UseKind.VARIABLE, UseKind.VARIABLE: UseKind.SECRET}
_SLUGS = {UseKind.SECRET: Slug.UNDECLARED_SECRET, UseKind.VARIABLE: Slug.UNDECLARED_VARIABLE}


def held(environment: DesiredEnvironment, kind: UseKind) -> Collection[str]:
    """Names, in upper case."""
    return environment.secrets if kind is UseKind.SECRET else environment.variables


@dataclass(slots=True)
class _Missing:
    """A use that finds nothing, in however many runs of its job."""

    run: JobRun
    use: Use
    having: set[str]  # environments that the job may have, and that have it
    environments: dict[str, DesiredEnvironment] = field(default_factory=dict)  # those that lack it
    without: bool = False  # the job may have no environment, and lacks it then, too


def judge_uses(reading: Reading, declared: Declared, elsewhere: Elsewhere) -> Iterator[Diagnostic]:
    judge = _Judge(reading, declared, elsewhere)
    found: dict[tuple[Span, str | None], _Missing] = {}
    having: dict[tuple[Span, str | None], set[str]] = {}
    for flow in own_flows(reading):
        for run in flow.runs:
            environments, without = judge.environments(run)
            for use in run.uses:
                lacking = {each.name: each for each in environments if judge.lacks(each, use)}
                # One that has none only sometimes may be careful then: nobody can tell.
                lost = without and len(lacking) == len(environments) and judge.lacks(None, use)
                place = (use.span, use.name)
                having.setdefault(place, set()).update(
                    each.name for each in environments if use.name in held(each, use.kind)
                )
                if lacking or lost:
                    missing = found.setdefault(place, _Missing(run, use, having[place]))
                    missing.environments |= lacking
                    missing.without |= lost
    for missing in found.values():
        missing.environments = {
            name: each for name, each in missing.environments.items() if not _idle(missing, name)
        }
        if missing.environments or missing.without:
            yield judge.told(missing)


def _idle(missing: _Missing, environment: str) -> bool:
    """Whether it may well be that the use is for others of the environments that the job may have."""
    name = missing.use.name or ""
    for_others = any(named_after(name, each) for each in missing.having) and not named_after(name, environment)
    return bool(missing.having) and (missing.use.sometimes or for_others)


class _Judge:
    def __init__(self, reading: Reading, declared: Declared, elsewhere: Elsewhere) -> None:
        self._reading = reading
        self._declared = declared
        self._elsewhere = {UseKind.SECRET: elsewhere.secrets, UseKind.VARIABLE: elsewhere.variables}
        self._named = by_name(run for flow in reading.flows for run in flow.runs)
        self._unused: dict[str, dict[UseKind, list[str]]] = {}  # by environment
        self._compared = 0
        self._holders: dict[tuple[UseKind, str], list[str]] = {}
        for environment in declared.environments.values():
            for kind in UseKind:
                for name in held(environment, kind):
                    self._holders.setdefault((kind, name), []).append(environment.name)

    def environments(self, run: JobRun) -> tuple[list[DesiredEnvironment], bool]:
        """Those that the job may have and that the files declare; whether it may have none."""
        found = [environment for name in names_of(run) if (environment := self._declared.of(name))]
        without = run.environment is None or "" in run.environment.names.texts
        return sorted(found, key=lambda each: each.name), without

    def lacks(self, environment: DesiredEnvironment | None, use: Use) -> bool:
        """Whether the job surely misses what it uses. None: it has no environment."""
        if use.name is None or not use.needed or use.name == RECORD_VARIABLE:
            return False
        if environment and (use.name in held(environment, use.kind) or _FIELDS[use.kind] in environment.ignore):
            return False
        elsewhere = self._elsewhere[use.kind]
        if elsewhere is not None:
            return use.name not in elsewhere
        return bool(
            self._having(use)
            or (environment and (self._meant(environment, use) or self._is_of_other_kind(environment, use)))
        )

    def _having(self, use: Use) -> list[str]:
        """Environments that have it."""
        return self._holders.get((use.kind, use.name or ""), [])

    def _meant(self, environment: DesiredEnvironment, use: Use) -> str | None:
        """One that the environment has and that no job of it uses."""
        unused = self._idle(environment)[use.kind]
        self._compared += len(unused)
        return slip(use.name or "", unused) if self._compared <= _MOST_COMPARED else None

    def _is_of_other_kind(self, environment: DesiredEnvironment, use: Use) -> bool:
        """A secret that is used as a variable, or the other way round, and nowhere as what it is."""
        return use.name in self._idle(environment)[_OTHER[use.kind]]

    def _idle(self, environment: DesiredEnvironment) -> Mapping[UseKind, list[str]]:
        """What the environment has and no job of it uses."""
        if environment.name not in self._unused:
            there = self._named.get(environment.name.casefold(), ())
            used = {(each.kind, each.name) for run in there for each in run.uses}
            self._unused[environment.name] = {
                kind: [name for name in held(environment, kind) if (kind, name) not in used] for kind in UseKind
            }
        return self._unused[environment.name]

    def told(self, missing: _Missing) -> Diagnostic:
        use, run = missing.use, missing.run
        page = self._reading.pages[use.span.file]
        name = page.quoted_text(f"{CONTEXTS[use.kind]}.{use.name}", use.span)
        lacking = [page.quoted_text(each, use.span) for each in sorted(missing.environments)]
        head = f"the job {page.quoted_text(run.id, run.span)} uses {name}, which"
        having = [page.quoted_text(each, use.span) for each in self._having(use)]
        if self._elsewhere[use.kind] is not None:
            *places, last = *lacking, "the repository", "the organization"
            message = f"{head} neither {', '.join(places)} nor {last} has"
        elif having and lacking:
            message = f"{head} {listed(having)} {_has(having)}, but {listed(lacking)} {_has(lacking)} not"
        elif having:
            names = "may name" if run.environment else "names"
            message = f"{head} {listed(having)} {_has(having)}, but it {names} no environment"
        else:
            message = f"{head} {listed(lacking)} {_has(lacking)} not"
        return page.warning(_SLUGS[use.kind], message, use.span, self._hint(missing, lacking, having))

    def _hint(self, missing: _Missing, lacking: list[str], having: list[str]) -> str:
        use = missing.use
        for environment in missing.environments.values():
            if self._is_of_other_kind(environment, use):
                return f"did you mean `{CONTEXTS[_OTHER[use.kind]]}.{use.name}`?"
            if meant := self._meant(environment, use) or self._near(environment, use):
                return f"did you mean `{CONTEXTS[use.kind]}.{meant}`?"
        slug = _SLUGS[use.kind]
        unless = (
            f"; where it is the repository's or the organization's, write # envsync: ignore[{slug}] and say so"
        )
        if self._elsewhere[use.kind] is not None:
            unless = ""
        if lacking:
            return f"declare it in {listed(lacking)}{unless}"
        if having:
            return f"give the job the environment that has it{unless}"
        return f"add the {use.kind} to the repository, or declare it in the environment of the job"

    def _near(self, environment: DesiredEnvironment, use: Use) -> str | None:
        """Where it is known to be nowhere, a weaker likeness will do for a question."""
        known = self._elsewhere[use.kind]
        return None if known is None else near_miss(use.name or "", (*held(environment, use.kind), *sorted(known)))


def _has(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"
