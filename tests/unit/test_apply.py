from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.world import World

from envsync.apply import Interpreter
from envsync.errors import Diagnostic, ExitCode, FailureKind, Interrupted, RequestFailed, SecretSourceError
from envsync.model import (
    DesiredEnvironment,
    DesiredRepository,
    DesiredSecret,
    FromEnvironment,
    LiveEnvironment,
    LivePattern,
    LiveRule,
    LiveSecret,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    RepositoryName,
    SecretValue,
    Settings,
    User,
)
from envsync.plan.diff import diff
from envsync.plan.result import Because, Came, Outcome, RecordOutcome, Result, exit_code
from envsync.plan.schedule import schedule
from envsync.plan.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PAYMENTS = RepositoryName("acme", "payments")
MAIN, DEVELOP, HOTFIX = (Pattern(RefType.BRANCH, name) for name in ("main", "develop", "hotfix/*"))
SELECTED = Settings(deployment_branch_policy=RefPolicy.SELECTED)
GUARDED = Settings(required_reviewers=(User("ann"),))
SECRET = {"TOKEN": DesiredSecret("TOKEN", FromEnvironment("TOKEN"))}


def a_failure(kind: FailureKind = FailureKind.UNAVAILABLE, *, uncertain: bool = False) -> RequestFailed:
    return RequestFailed(kind, Diagnostic("broken", "GitHub is broken", "wait"), uncertain=uncertain)


def failing(method: str, error: Exception | None = None) -> Callable[[str], None]:
    def fail(call: str) -> None:
        if call == method:
            raise error or a_failure()

    return fail


def world(*environments: LiveEnvironment) -> World:
    return World(PAYMENTS, {each.name.casefold(): each for each in environments})


def applied(
    there: World,
    *environments: DesiredEnvironment,
    prune: bool = False,
    read_secret: Callable[[DesiredSecret], SecretValue] = lambda _secret: SecretValue(b"hunter2"),
    write_secrets: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Result]:
    desired = [DesiredRepository(PAYMENTS, environments, prune=prune)]
    live = {PAYMENTS.key: there.live()}
    steps = schedule(diff(desired, live), desired, live)
    interpreter = Interpreter(there, read_secret, write_secrets=write_secrets, stopped=stopped)
    return results_of(interpreter.apply(steps))


def results_of(came: Iterable[Result | RecordOutcome]) -> list[Result]:
    """Without a key there is no record that anything could become of."""
    results = list(came)
    assert not any(isinstance(each, RecordOutcome) for each in results)
    return [each for each in results if isinstance(each, Result)]


def code_of(results: list[Result]) -> ExitCode:
    return exit_code(Came(tuple(results)))


def outcomes(results: list[Result]) -> list[Outcome]:
    return [result.outcome for result in results]


def test_protection_comes_before_what_it_protects() -> None:
    there = world()

    results = applied(
        there,
        DesiredEnvironment(
            "production",
            SELECTED,
            frozenset({MAIN}),
            frozenset({"gate"}),
            {"REGION": "eu"},
            SECRET,
        ),
    )

    assert [call.split()[0] for call in there.calls] == [
        "put_environment",
        "create_rule",
        "create_pattern",
        "create_variable",
        "put_secret",
    ]
    assert outcomes(results) == [Outcome.APPLIED] * 5
    assert there.values == {("production", "TOKEN"): b"hunter2"}
    assert code_of(results) == ExitCode.OK


def test_new_patterns_come_before_old_ones_go_so_that_the_list_is_never_empty() -> None:
    there = world(LiveEnvironment("qa", 1, SELECTED, patterns=(LivePattern(7, MAIN),)))

    applied(there, DesiredEnvironment("qa", SELECTED, frozenset({DEVELOP, HOTFIX})))

    assert there.calls == ["create_pattern qa", "create_pattern qa", "delete_pattern qa"]


def test_one_pattern_for_another_is_one_rename() -> None:
    there = world(LiveEnvironment("qa", 1, SELECTED, patterns=(LivePattern(7, MAIN),)))

    applied(there, DesiredEnvironment("qa", SELECTED, frozenset({DEVELOP})))

    assert there.calls == ["rename_pattern qa"]


def test_patterns_that_go_with_the_policy_cost_no_request() -> None:
    there = world(LiveEnvironment("qa", 1, SELECTED, patterns=(LivePattern(7, MAIN),)))

    results = applied(there, DesiredEnvironment("qa"))

    assert there.calls == ["put_environment qa"]
    assert outcomes(results) == [Outcome.APPLIED, Outcome.APPLIED]


def test_every_kind_of_update_and_deletion() -> None:
    dates = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    there = world(
        LiveEnvironment(
            "qa",
            1,
            protection_rules=(LiveRule(3, "old"),),
            variables={name: LiveVariable(name, "1", dates[0]) for name in ("CHANGED", "GONE")},
            secrets={"GONE": LiveSecret("GONE", *dates)},
        ),
        LiveEnvironment("old", 2),
    )

    results = applied(there, DesiredEnvironment("qa", variables={"CHANGED": "3"}, prune=True), prune=True)

    assert there.calls == [
        "delete_secret qa",
        "delete_variable qa",  # an environment has room for a hundred
        "update_variable qa",
        "delete_rule qa",
        "delete_environment old",
    ]
    assert set(outcomes(results)) == {Outcome.APPLIED}


def test_the_spelling_on_github_is_used_for_an_environment_that_exists() -> None:
    there = world(LiveEnvironment("Production", 1))

    applied(there, DesiredEnvironment("production", GUARDED))

    assert there.calls == ["put_environment Production"]


def test_no_secret_enters_an_environment_whose_protection_failed() -> None:
    there = world()
    there.fail = failing("put_environment")

    results = applied(there, DesiredEnvironment("production", GUARDED, secrets=SECRET))

    assert there.calls == []
    assert [(each.outcome, each.reason) for each in results] == [
        (Outcome.FAILED, "GitHub is broken"),
        (Outcome.SKIPPED, Because.UNPROTECTED),
    ]
    assert results[0].hint == "wait"
    assert code_of(results) == ExitCode.FAILURE


def test_a_reviewer_whom_github_drops_is_named_and_the_former_settings_are_put_back() -> None:
    bob = Settings(required_reviewers=(User("bob"),), wait_timer=30)
    there = world(LiveEnvironment("production", 1, bob))
    there.drop = frozenset({"ann"})

    results = applied(there, DesiredEnvironment("production", GUARDED, secrets=SECRET))

    assert outcomes(results) == [Outcome.FAILED, Outcome.SKIPPED]
    assert "ann is not among the reviewers; the former settings were put back" in str(results[0].reason)
    assert "read access" in str(results[0].hint)
    assert there.environments["production"].settings == bob
    assert code_of(results) == ExitCode.FAILURE  # nothing was changed in the end


def test_patterns_that_went_with_a_policy_are_put_back_too() -> None:
    before = LiveEnvironment("qa", 1, SELECTED, patterns=(LivePattern(7, MAIN),))
    there = world(before)
    there.drop = frozenset({"ann"})

    applied(there, DesiredEnvironment("qa", GUARDED))

    now = there.environments["qa"]
    assert now.settings == SELECTED
    assert [each.pattern for each in now.patterns if isinstance(now.patterns, tuple)] == [MAIN]  # type: ignore[union-attr]


def test_patterns_that_stayed_are_not_put_back_twice() -> None:
    there = world(LiveEnvironment("qa", 1, SELECTED, patterns=(LivePattern(7, MAIN),)))
    there.drop = frozenset({"ann"})
    guarded = replace(SELECTED, required_reviewers=(User("ann"),))

    applied(there, DesiredEnvironment("qa", guarded, frozenset({MAIN})))

    assert there.calls == ["put_environment qa", "put_environment qa"]
    assert there.environments["qa"].settings == SELECTED


def test_a_new_environment_that_came_out_weaker_does_not_stay() -> None:
    there = world()
    there.drop = frozenset({"ann"})

    results = applied(there, DesiredEnvironment("production", GUARDED, secrets=SECRET))

    assert there.environments == {}
    assert code_of(results) == ExitCode.FAILURE


@pytest.mark.parametrize("answers", [["fine", "fail"], ["fine", "less"]])
def test_what_could_not_be_put_back_is_said(answers: list[str]) -> None:
    there = world(LiveEnvironment("qa", 1, Settings(required_reviewers=(User("bob"),))))
    there.drop = frozenset({"ann", "bob"} if answers[1] == "less" else {"ann"})
    calls = iter(answers)
    there.fail = lambda call: failing(call)(call) if call == "put_environment" and next(calls) == "fail" else None

    results = applied(there, DesiredEnvironment("qa", GUARDED))

    assert "the former settings could not be put back" in str(results[0].reason)
    assert code_of(results) == ExitCode.PARTLY_APPLIED


def test_whatever_else_github_makes_of_a_put_is_said() -> None:
    class Stubborn(World):
        def put_environment(
            self, repository: RepositoryName, name: str, before: LiveEnvironment | None, goal: Settings
        ) -> LiveEnvironment:
            made = super().put_environment(repository, name, before, goal)
            settings = replace(goal, wait_timer=5, deployment_branch_policy=RefPolicy.PROTECTED)
            return replace(made, settings=settings)

    results = applied(Stubborn(PAYMENTS), DesiredEnvironment("qa", Settings(can_admins_bypass=False)))

    assert results[0].reason == (
        "GitHub took the request and made something else of it: wait_timer is 5, not 0; "
        "deployment_branch_policy is protected, not all; the former settings were put back"
    )
    assert results[0].hint == "somebody else may have changed it at the same time: run plan"


def test_an_environment_that_moved_since_the_plan_is_left_alone() -> None:
    there = world(LiveEnvironment("a", 1), LiveEnvironment("b", 2))
    desired = [DesiredRepository(PAYMENTS, (DesiredEnvironment("a", GUARDED), DesiredEnvironment("b", GUARDED)))]
    live = {PAYMENTS.key: there.live()}
    steps = schedule(diff(desired, live), desired, live)
    there.environments["a"] = LiveEnvironment("a", 1, Settings(wait_timer=1_440))

    results = results_of(Interpreter(there, lambda _secret: SecretValue(b"x")).apply(steps))

    assert [(each.outcome, each.reason) for each in results] == [
        (Outcome.SKIPPED, Because.MOVED),
        (Outcome.APPLIED, None),
    ]
    assert code_of(results) == ExitCode.PARTLY_APPLIED


@pytest.mark.parametrize("call", ["check_access", "read_environment"])
def test_what_cannot_be_checked_first_is_not_written(call: str) -> None:
    there = world()
    there.fail = failing(call)

    results = applied(there, DesiredEnvironment("qa", GUARDED, secrets=SECRET))

    assert there.calls == []
    assert outcomes(results) == [Outcome.FAILED, Outcome.SKIPPED]


def test_who_is_interrupted_while_looking_again_did_nothing() -> None:
    there = world()
    there.fail = failing("read_environment", Interrupted(Diagnostic("interrupted", "interrupted")))

    assert code_of(applied(there, DesiredEnvironment("qa", GUARDED))) == ExitCode.INTERRUPTED


def test_what_is_interrupted_before_it_begins_is_said() -> None:
    results = applied(world(), DesiredEnvironment("qa", GUARDED), stopped=lambda: True)

    assert [each.reason for each in results] == [Because.INTERRUPTED]


def test_one_failing_environment_does_not_stop_the_others() -> None:
    there = world()
    broken = iter([True])
    there.fail = lambda call: failing(call)(call) if next(broken, False) else None

    results = applied(there, DesiredEnvironment("a", GUARDED), DesiredEnvironment("b", GUARDED))

    assert outcomes(results) == [Outcome.FAILED, Outcome.APPLIED]
    assert code_of(results) == ExitCode.PARTLY_APPLIED


def test_a_failing_variable_or_secret_does_not_stop_what_comes_after() -> None:
    there = world(LiveEnvironment("qa", 1))
    there.fail = failing("create_variable")

    results = applied(there, DesiredEnvironment("qa", variables={"A": "1"}, secrets=SECRET))

    assert outcomes(results) == [Outcome.FAILED, Outcome.APPLIED]


def test_no_environment_is_deleted_where_something_failed() -> None:
    there = world(LiveEnvironment("old", 1))
    there.fail = failing("put_environment")

    results = applied(there, DesiredEnvironment("qa", GUARDED), prune=True)

    assert [(each.outcome, each.reason) for each in results][1] == (Outcome.SKIPPED, Because.NOT_WHOLE)
    assert "old" in there.environments


def test_a_source_with_nothing_to_give_fails_its_secret_alone() -> None:
    def read(secret: DesiredSecret) -> SecretValue:
        raise SecretSourceError(Diagnostic("secret-is-empty", f"{secret.name} is empty"))

    results = applied(world(LiveEnvironment("qa", 1)), DesiredEnvironment("qa", secrets=SECRET), read_secret=read)

    assert [(each.outcome, each.reason, each.hint) for each in results] == [
        (Outcome.FAILED, "TOKEN is empty", None)
    ]
    assert code_of(results) == ExitCode.FAILURE


def test_without_secrets_no_source_is_read_and_that_is_no_failure() -> None:
    def read(secret: DesiredSecret) -> SecretValue:
        raise AssertionError(secret)

    there = world()
    results = applied(there, DesiredEnvironment("qa", secrets=SECRET), read_secret=read, write_secrets=False)

    assert outcomes(results) == [Outcome.APPLIED, Outcome.SKIPPED]
    assert results[1].reason == Because.NO_SECRETS
    assert code_of(results) == ExitCode.OK


def test_secrets_left_alone_as_asked_do_not_keep_old_environments() -> None:
    there = world(LiveEnvironment("old", 1))

    results = applied(there, DesiredEnvironment("qa", secrets=SECRET), prune=True, write_secrets=False)

    assert outcomes(results) == [Outcome.APPLIED, Outcome.SKIPPED, Outcome.APPLIED]
    assert "old" not in there.environments


def test_an_interrupted_apply_says_what_it_left() -> None:
    there = world()

    results = applied(
        there,
        DesiredEnvironment("a", GUARDED, variables={"X": "1"}),
        DesiredEnvironment("b", GUARDED),
        stopped=lambda: len(there.calls) >= 1,
    )

    assert there.calls == ["put_environment a"]
    assert [(each.outcome, each.reason) for each in results] == [
        (Outcome.APPLIED, None),
        (Outcome.SKIPPED, Because.INTERRUPTED),
        (Outcome.SKIPPED, Because.INTERRUPTED),
    ]
    assert code_of(results) == ExitCode.INTERRUPTED


def test_who_is_interrupted_while_waiting_to_try_again_did_not_fail() -> None:
    there = world()
    there.fail = failing("create_variable", Interrupted(Diagnostic("interrupted", "interrupted")))

    results = applied(there, DesiredEnvironment("a", GUARDED, variables={"X": "1"}, secrets=SECRET))

    assert outcomes(results) == [Outcome.APPLIED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert code_of(results) == ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (a_failure(FailureKind.REJECTED), ExitCode.FAILURE),
        (a_failure(uncertain=True), ExitCode.PARTLY_APPLIED),
    ],
)
def test_a_write_that_may_have_been_done_is_no_plain_failure(error: RequestFailed, code: ExitCode) -> None:
    there = world()
    there.fail = failing("put_environment", error)

    assert code_of(applied(there, DesiredEnvironment("qa"))) == code


def test_nothing_to_do_is_done() -> None:
    assert code_of(applied(world())) == ExitCode.OK


# --- GitHub's limits -----------------------------------------------------------------------------------------


def limited(number: int, kind: FailureKind = FailureKind.RATE_LIMITED) -> Callable[[str], None]:
    """From the turn of that number on."""
    turns = 0

    def fail(call: str) -> None:
        nonlocal turns
        if call == "turn":
            turns += 1
            if turns >= number:
                raise a_failure(kind)

    return fail


TWO = (DesiredEnvironment("production", GUARDED, secrets=SECRET), DesiredEnvironment("staging"))


def test_each_environment_waits_for_its_turn_and_says_how_much_it_takes() -> None:
    there = world()

    applied(there, *TWO)

    # Its list, access and perhaps name of ann, the key, itself and the secret; its list and itself.
    assert there.turns == [Work(reads=4, writes=2, creations=2), Work(reads=1, writes=1, creations=1)]


def test_one_for_which_there_is_no_room_is_not_begun_and_the_others_are_whole() -> None:
    there = world()
    there.fail = limited(2)

    results = applied(there, *TWO)

    assert set(there.environments) == {"production"}
    assert [(each.outcome, each.reason, each.hint) for each in results] == [
        *([(Outcome.APPLIED, None, None)] * 2),
        (Outcome.SKIPPED, Because.NO_ROOM, "GitHub is broken"),
    ]
    assert code_of(results) is ExitCode.PARTLY_APPLIED


def test_where_there_is_no_room_for_any_nothing_was_applied() -> None:
    there = world()
    there.fail = limited(1)

    results = applied(there, *TWO)

    assert there.calls == []
    assert code_of(results) is ExitCode.FAILURE


def test_nothing_is_deleted_where_there_was_no_room_for_something_else() -> None:
    there = world(LiveEnvironment("old", 7))
    there.fail = limited(1)

    results = applied(there, *TWO, prune=True)

    assert set(there.environments) == {"old"}
    assert {each.reason for each in results} == {Because.NO_ROOM, Because.NOT_WHOLE}


def test_a_turn_that_fails_otherwise_fails_the_environment() -> None:
    there = world()
    there.fail = limited(1, FailureKind.NOT_PERMITTED)

    results = applied(there, *TWO)

    assert there.calls == []
    assert [each.outcome for each in results] == [Outcome.FAILED, Outcome.SKIPPED, Outcome.FAILED]


def test_who_is_interrupted_while_waiting_begins_nothing() -> None:
    there, asked = world(), False

    def wait(call: str) -> None:
        nonlocal asked
        if call == "turn":
            asked = True
            raise Interrupted(Diagnostic("interrupted", "interrupted"))

    there.fail = wait

    results = applied(there, *TWO, stopped=lambda: asked)

    assert there.calls == []
    assert {each.reason for each in results} == {Because.INTERRUPTED}
    assert code_of(results) is ExitCode.INTERRUPTED


def test_what_may_have_been_done_when_somebody_interrupted_is_said() -> None:
    there = world()
    there.fail = failing("put_environment", Interrupted(Diagnostic("interrupted", "interrupted"), uncertain=True))

    results = applied(there, TWO[0])

    assert [(each.outcome, each.partly, bool(each.hint)) for each in results] == [
        (Outcome.SKIPPED, True, True),  # the environment
        (Outcome.SKIPPED, False, False),  # its secret
    ]
    assert code_of(results) is ExitCode.INTERRUPTED
