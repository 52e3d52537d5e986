"""How many requests it takes is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bookkeeper import Bookkeeper
from support.states import LONG_AGO, REPOSITORY, desired_repositories, live_repositories
from support.world import World

from envsync.errors import FailureKind
from envsync.model import (
    RECORD_VARIABLE,
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    External,
    FromEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRepository,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Team,
    UnknownReviewer,
    Unread,
    User,
    reviewer_key,
)
from envsync.plan.bookkeeping import Entry
from envsync.plan.changes import Address, RecordNext
from envsync.plan.diff import Scope, diff
from envsync.plan.result import Outcome
from envsync.plan.schedule import schedule
from envsync.plan.steps import (
    AddRule,
    Book,
    EnvironmentSteps,
    PutSettings,
    RemoveEnvironment,
    RepositorySteps,
    Step,
    WriteSecret,
)
from envsync.plan.work import Work, identities, reading, work_of, work_of_repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envsync.model import RepositoryName, Reviewer, SecretValue

SELECTED = Settings(deployment_branch_policy=RefPolicy.SELECTED)
MAIN = Pattern(RefType.BRANCH, "main")


def test_work_adds_up() -> None:
    total = Work(1, 2, 3) + Work(10, 20, 30)
    assert total == Work(11, 22, 33)
    assert total.requests == 33


# --- reading -----------------------------------------------------------------------------------------------


def declared(*environments: DesiredEnvironment, prune: bool = False) -> DesiredRepository:
    return DesiredRepository(REPOSITORY, environments, prune=prune)


def environment(
    name: str = "qa", *, patterns: int = 0, variables: int = 0, secrets: int = 0
) -> DesiredEnvironment:
    return DesiredEnvironment(
        name,
        SELECTED if patterns else Settings(),
        frozenset(Pattern(RefType.BRANCH, f"b{number}") for number in range(patterns)),
        variables={f"V{number}": "" for number in range(variables)},
        secrets={f"S{number}": DesiredSecret(f"S{number}", External()) for number in range(secrets)},
    )


SECRET = replace(environment(), secrets={"S": DesiredSecret("S", FromEnvironment("X"))})
NOBODY_MAY = replace(environment(), settings=SELECTED)  # no ref at all


@pytest.mark.parametrize(
    ("desired", "reads"),
    [
        (declared(), 1),  # the list of environments
        (declared(environment()), 4),  # … custom rules, variables, secrets
        (declared(environment("a"), environment("b")), 7),
        (declared(environment(patterns=1)), 5),  # … and the refs that are selected
        (declared(NOBODY_MAY), 5),
        (declared(environment(patterns=100)), 5),
        (declared(environment(patterns=101)), 6),
        (declared(environment(variables=30)), 4),
        (declared(environment(variables=31)), 5),
        (declared(environment(secrets=100)), 4),
        (declared(environment(secrets=101)), 5),
        (declared(*(environment(f"e{number}") for number in range(101))), 2 + 101 * 3),
    ],
)
def test_each_list_is_one_request_a_page(desired: DesiredRepository, reads: int) -> None:
    assert reading(desired) == Work(reads)


def test_of_settings_alone_neither_variables_nor_secrets_are_read() -> None:
    scope = Scope(settings_only=True)
    assert reading(declared(environment(patterns=1)), scope) == Work(3)
    assert reading(declared(environment(), prune=True), scope, keeps_records=True, undeclared=3) == Work(2)


def test_a_record_is_one_more_variable() -> None:
    full = declared(environment(variables=30))
    assert reading(full, keeps_records=True) == reading(full) + Work(1)


def test_a_repository_may_have_to_be_asked_for_its_number() -> None:
    assert reading(declared(), identify=True) == Work(2)


def test_of_environments_that_it_is_not_about_the_records_are_read() -> None:
    both, scope = declared(environment("qa", patterns=1), environment("production", variables=40)), Scope(("qa",))
    assert reading(both, scope) == Work(5)
    assert reading(both, scope, keeps_records=True) == Work(5 + 2)


@pytest.mark.parametrize(
    ("prune", "keeps_records", "looks_on", "reads"),
    [
        (False, False, False, 1),  # they are in the list, and that is all
        (True, False, False, 1 + 3),  # whose are they?
        (False, True, False, 1 + 3),
        (True, True, False, 1 + 3),
        (False, False, True, 1 + 2),  # does anything protect them?
        (False, True, True, 1 + 3 + 2),
    ],
)
def test_environments_that_no_file_declares_are_read_as_far_as_need_be(
    *, prune: bool, keeps_records: bool, looks_on: bool, reads: int
) -> None:
    scope = Scope(looks_on=looks_on)
    work = reading(declared(prune=prune), scope, keeps_records=keeps_records, undeclared=3, looking_open=2)
    assert work == Work(reads)


def test_environments_that_no_file_declares_may_fill_another_page() -> None:
    assert reading(declared(environment()), undeclared=99) == Work(4)
    assert reading(declared(environment()), undeclared=100) == Work(5)


# --- taking steps ------------------------------------------------------------------------------------------


@dataclass
class Counting(World):
    """Counts what each call costs on GitHub."""

    done: Work = field(default_factory=Work)
    known: set[str] = field(default_factory=set)  # reviewers that were looked up
    seen: set[str] = field(default_factory=set)  # whose access was looked at
    keys: set[str] = field(default_factory=set)  # public keys

    def read_environment(self, repository: RepositoryName, name: str, *, exists: bool) -> LiveEnvironment | None:
        found = super().read_environment(repository, name, exists=exists)
        assert (found is not None) == exists
        selected = found is not None and found.settings.deployment_branch_policy is RefPolicy.SELECTED
        self.done += Work(1 if found is None else 4 + selected)
        return found

    def check_access(self, repository: RepositoryName, reviewers: Iterable[Reviewer]) -> None:
        asked = tuple(reviewers)
        super().check_access(repository, asked)
        self._ask({reviewer_key(each) for each in asked}, self.seen)

    def put_environment(
        self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
    ) -> LiveEnvironment:
        self._ask(
            {reviewer_key(each) for each in goal.required_reviewers}
            - (before.reviewer_ids if before else {}).keys(),
            self.known,
        )
        self.done += Work(0, 1, int(before is None))
        return super().put_environment(repository, name, before, goal)

    def create_rule(self, repository: RepositoryName, environment: str, app: str) -> None:
        self.done += Work(1)
        super().create_rule(repository, environment, app)

    def put_secret(self, repository: RepositoryName, environment: str, name: str, value: SecretValue) -> None:
        self._ask({environment}, self.keys)
        self.done += Work(0, 1, 1)
        super().put_secret(repository, environment, name, value)

    def list_secrets(self, repository: RepositoryName, environment: str) -> dict[str, LiveSecret]:
        self.done += Work(1)
        return super().list_secrets(repository, environment)

    def _ask(self, wanted: set[str], known: set[str]) -> None:
        self.done += Work(len(wanted - known))
        known |= wanted

    def _call(self, method: str, repository: RepositoryName, environment: str) -> None:
        super()._call(method, repository, environment)
        if method not in {"put_environment", "put_secret"}:
            self.done += Work(0, 1, int(method.startswith("create_")))


def steps_of(keeper: Bookkeeper, desired: DesiredRepository) -> tuple[RepositorySteps, ...]:
    live = keeper.live(desired)
    ledger, there = keeper.ledger(desired, live), {desired.name.key: live}
    return schedule(diff([desired], there, ledger=ledger), [desired], there, ledger)


def foreseen(keeper: Bookkeeper, desired: DesiredRepository) -> Work:
    steps = steps_of(keeper, desired)
    each = (work_of_repository(each, write_secrets=not keeper.options.no_secrets) for each in steps)
    return sum(each, identities(steps))


@given(desired_repositories(), desired_repositories(), live_repositories(), st.booleans(), st.booleans())
def test_an_apply_sends_as_many_as_its_steps_said(
    before: DesiredRepository,
    after: DesiredRepository,
    live: LiveRepository,
    has_key: bool,  # noqa: FBT001 - drawn
    writes_secrets: bool,  # noqa: FBT001 - drawn
) -> None:
    """From what is there to one file, and from that to another; with a key or without, with secrets or without."""
    world = Counting(REPOSITORY, dict(live.environments))
    keeper = Bookkeeper(world)
    keeper.keys = keeper.keys if has_key else None
    keeper.options = replace(keeper.options, no_secrets=not writes_secrets)
    for desired in (before, after):
        world.done = Work()
        for once in (world.known, world.seen, world.keys):
            once.clear()
        expected = foreseen(keeper, desired)

        came = keeper.apply(desired)

        assert [each for each in came.changes if each.outcome is Outcome.FAILED] == []
        assert {each.outcome for each in came.records} <= {Outcome.APPLIED}
        assert world.done == expected


def put(*reviewers: Reviewer, there: LiveEnvironment | None = None) -> EnvironmentSteps:
    settings = Settings(required_reviewers=reviewers)
    return EnvironmentSteps("qa", (Step(PutSettings(there, settings)),), there)


def repository(*environments: EnvironmentSteps) -> RepositorySteps:
    return RepositorySteps(REPOSITORY, environments, ())


ANN, BOB, OPS = User("ann"), User("bob"), Team("acme", "ops")


def test_whether_a_reviewer_has_access_is_asked_once_in_a_repository() -> None:
    two = repository(put(ANN, OPS), put(ANN, BOB))
    assert work_of_repository(two) == Work(2 + 3, 2, 2)
    assert work_of(put(ANN, OPS)) == Work(1 + 2, 1, 1)


def test_who_a_reviewer_is_is_asked_once_in_a_run() -> None:
    assert identities([repository(put(ANN, OPS), put(ANN)), repository(put(User("Ann"), BOB))]) == Work(3)


def test_who_is_among_the_reviewers_already_is_known() -> None:
    there = LiveEnvironment("qa", 1, reviewer_ids={reviewer_key(ANN): 7})
    assert identities([repository(put(ANN, BOB, there=there))]) == Work(1)


def test_a_reviewer_of_an_unknown_kind_is_not_asked_about() -> None:
    steps = repository(put(UnknownReviewer("Robot", "r2")))
    assert work_of_repository(steps) == Work(1, 1, 1)
    assert identities([steps]) == Work()


def test_an_environment_that_is_not_there_is_looked_for_in_the_whole_list() -> None:
    assert work_of(put(), pages=2) == Work(2, 1, 1)
    assert work_of_repository(repository(put(), put()), pages=2) == Work(4, 2, 2)


ALL = LiveEnvironment(
    "qa",
    1,
    SELECTED,
    patterns=(LivePattern(1, MAIN),),
    protection_rules=(LiveRule(2, "gate"),),
    variables={f"V{number}": LiveVariable(f"V{number}", "", LONG_AGO) for number in range(30)},
    secrets={"S": LiveSecret("S", LONG_AGO, LONG_AGO)},
)
REFUSED = Unread("no", FailureKind.NOT_PERMITTED)
NOBODY_ASKED = Unread("only settings", kind=None)
RECORD = LiveVariable(RECORD_VARIABLE, "…", LONG_AGO)


@pytest.mark.parametrize(
    ("there", "reads"),
    [
        (LiveEnvironment("qa", 1), 4),
        (ALL, 5),
        (replace(ALL, record=RECORD), 6),
        (replace(ALL, settings=Settings()), 4),
        (replace(ALL, variables=NOBODY_ASKED, secrets=NOBODY_ASKED), 3),
        (replace(ALL, variables=REFUSED), 5),  # it is asked again
        (replace(ALL, secrets=REFUSED), 5),
        (replace(ALL, variables=REFUSED, secrets=REFUSED, patterns=REFUSED, protection_rules=REFUSED), 5),
    ],
)
def test_before_an_environment_changes_it_is_looked_at_again(there: LiveEnvironment, reads: int) -> None:
    assert work_of(put(there=there)) == Work(reads, 1)


def test_the_key_for_secrets_is_asked_for_once_in_an_environment_and_only_if_one_is_written() -> None:
    steps = tuple(Step(WriteSecret(DesiredSecret(name, FromEnvironment("X")))) for name in ("A", "B"))
    there = LiveEnvironment("qa", 1)
    assert work_of(EnvironmentSteps("qa", steps, there)) == Work(4 + 1, 2, 2)
    assert work_of(EnvironmentSteps("qa", steps, there), write_secrets=False) == Work(4)


@pytest.mark.parametrize(
    ("file", "without", "recorded"),
    [
        (environment(), Work(1, 1, 1), Work(1, 2, 2)),  # the environment, and its record
        (environment(variables=1), Work(1, 2, 2), Work(1, 4, 3)),  # … what is going to be done
        (SECRET, Work(2, 2, 2), Work(3, 4, 3)),  # … and the date that GitHub gives the secret
    ],
)
def test_a_record_is_written_before_and_after(file: DesiredEnvironment, without: Work, recorded: Work) -> None:
    keeper = Bookkeeper(World(REPOSITORY))
    assert foreseen(keeper, declared(file)) == recorded
    keeper.keys = None
    assert foreseen(keeper, declared(file)) == without


def test_without_room_for_a_record_it_is_written_once_there_is_some() -> None:
    """A hundred variables, which take four pages; one goes."""
    values = {f"V{number}": LiveVariable(f"V{number}", "", LONG_AGO) for number in range(100)}
    keeper = Bookkeeper(World(REPOSITORY, {"qa": LiveEnvironment("qa", 1, variables=values)}))
    assert foreseen(keeper, declared(replace(environment(variables=99), prune=True))) == Work(1 + 1 + 4 + 1, 2, 1)


def test_a_record_that_goes_is_deleted() -> None:
    there = replace(LiveEnvironment("qa", 1), record=RECORD)
    entry = Entry("payments", environment(), there)
    gone = Book(Address("acme/payments", "qa"), RecordNext.REMOVE, entry)
    assert work_of(EnvironmentSteps("qa", (), there, gone)) == Work(4, 1)
    assert work_of_repository(RepositorySteps(REPOSITORY, (), (), let_go=(gone, gone))) == Work(0, 2)


def test_environments_go_without_another_look() -> None:
    gone = EnvironmentSteps("qa", (Step(RemoveEnvironment()),))
    assert work_of_repository(RepositorySteps(REPOSITORY, (), (gone, gone))) == Work(0, 2)


def test_each_new_rule_takes_a_list_of_the_apps() -> None:
    steps = (Step(AddRule("a")), Step(AddRule("b")))
    assert work_of(EnvironmentSteps("qa", steps, LiveEnvironment("qa", 1))) == Work(4 + 2, 2, 2)
