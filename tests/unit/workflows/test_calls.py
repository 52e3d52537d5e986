from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from envsync.documents.text import source_text
from envsync.model import RepositoryName
from envsync.workflows import calls
from envsync.workflows.reading import reading

if TYPE_CHECKING:
    from envsync.workflows.flow import Flow, JobRun, Reading

ACME = RepositoryName("acme", "payments")


def read(repository: RepositoryName | None = ACME, **texts: str) -> Reading:
    """Workflows by the names of their files."""
    return reading(
        [
            source_text(f".github/workflows/{name}.yml", "/project", textwrap.dedent(text))
            for name, text in texts.items()
        ],
        repository,
    )


def flow(repository: RepositoryName | None = ACME, **texts: str) -> Flow:
    """Of the first file."""
    first = f".github/workflows/{next(iter(texts))}.yml"
    return next(each for each in read(repository, **texts).flows if each.file == first)


def runs(**texts: str) -> dict[str, JobRun]:
    return {run.id: run for run in flow(ACME, **texts).runs}


def uses(run: JobRun) -> list[tuple[str | None, bool]]:
    return [(use.name, use.needed) for use in run.uses]


CALLED = """
    on: {workflow_call: {inputs: {target: {type: string}}}}
    env: {SHARED: "${{ vars.SHARED }}"}
    jobs:
      prepare: {}
      deploy: {needs: prepare, environment: "${{ inputs.target }}", env: {KEY: "${{ secrets.KEY }}"}}
    """


def test_a_called_workflow_runs_between_what_its_call_needs_and_what_needs_the_call() -> None:
    found = runs(
        main="""
            on: push
            jobs:
              build: {}
              release: {needs: build, uses: ./.github/workflows/called.yml, with: {target: production}}
              tell: {needs: release}
            """,
        called=CALLED,
    )

    assert {name: run.needs for name, run in found.items()} == {
        "build": (),
        "release": ("build",),
        "release / prepare": ("release",),
        "release / deploy": ("release / prepare",),
        "tell": ("release", "release / prepare", "release / deploy"),
    }
    assert all(run.blind is None for run in found.values())
    environment = found["release / deploy"].environment
    assert environment
    assert environment.names.texts == {"production"}
    assert environment.span.file == found["release / deploy"].span.file == ".github/workflows/called.yml"


def test_runs_come_in_the_order_of_the_file_whatever_the_order_of_needs() -> None:
    assert list(runs(main="jobs: {deploy: {needs: [build]}, build: {}}")) == ["deploy", "build"]


def test_needs_that_are_not_there_or_form_a_circle_are_left_out() -> None:
    found = runs(main="jobs: {a: {needs: [b, gone]}, b: {needs: C}, c: {needs: a}, d: {needs: d}}")

    assert {name: run.needs for name, run in found.items()} == {"a": (), "b": ("c",), "c": ("a",), "d": ()}


def test_a_workflow_called_twice_runs_twice() -> None:
    found = runs(
        main="""
            on: push
            jobs:
              one: {uses: ./.github/workflows/called.yml, with: {target: staging}}
              two: {uses: acme/Payments/.github/workflows/called.yml@main, with: {target: production}}
            """,
        called=CALLED,
    )

    names = {name: run.environment.names.texts for name, run in found.items() if run.environment}
    assert names == {"one / deploy": {"staging"}, "two / deploy": {"production"}}


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (
            "other/repo/.github/workflows/x.yml@v1",
            "`other/repo/.github/workflows/x.yml@v1` is not in this repository",
        ),
        ("x", "`x` is not in this repository"),
        ("./.github/workflows/gone.yml", "there is no `./.github/workflows/gone.yml`"),
        ("./.github/workflows/broken.yml", "`./.github/workflows/broken.yml` cannot be read"),
        ("./.github/workflows/main.yml", "`./.github/workflows/main.yml` calls itself"),
    ],
)
def test_a_call_that_cannot_be_followed_is_blind(call: str, why: str) -> None:
    main = f"""
        on: push
        jobs:
          release:
            uses: {call}
            with: {{a: "${{{{ vars.A }}}}"}}
            secrets: {{X: "${{{{ secrets.X }}}}", Y: "${{{{ secrets.Z }}}}"}}
          after: {{needs: release}}
        """

    found = runs(main=main, broken="jobs: [")

    assert list(found) == ["release", "after"]
    assert found["release"].blind == why
    assert uses(found["release"]) == [("A", True), ("X", False), ("Z", True)]
    assert found["after"].needs == ("release",)


def test_of_a_repository_that_is_not_known_no_call_by_name_is_followed() -> None:
    main = "jobs: {a: {uses: acme/payments/.github/workflows/called.yml@main}}"

    (run,) = flow(None, main=main, called=CALLED).runs

    assert run.blind == "`acme/payments/.github/workflows/called.yml@main` is not in this repository"


def test_calls_are_followed_as_deep_as_github_follows_them() -> None:
    texts = {
        f"w{level}": f"on: workflow_call\njobs: {{c: {{uses: ./.github/workflows/w{level + 1}.yml}}}}"
        for level in range(12)
    }

    found = next(each for each in read(ACME, **texts).flows if each.file.endswith("/w0.yml")).runs

    assert len(found) == 10
    assert found[-1].blind == "`./.github/workflows/w10.yml` lies deeper than 10 levels of calls"


def left(found: Reading) -> list[tuple[str, int, str, bool]]:
    """What is called, the line of the call, why it is not followed, and whether there are too many jobs."""
    return [(each.named, each.span.line, each.why, each.too_many) for each in found.unfollowed]


def test_what_is_not_followed_is_kept_once_for_each_file_and_called_workflow() -> None:
    elsewhere = "other/repo/.github/workflows/x.yml@v1"
    calling = f"""\
        on: [push, workflow_call]
        jobs:
          a: {{uses: {elsewhere}}}
          b: {{uses: {elsewhere}}}
          c: {{uses: ./.github/workflows/gone.yml}}
          d: {{uses: ./.github/workflows/broken.yml}}
        """
    main = "on: push\njobs: {x: {uses: ./.github/workflows/a.yml}, y: {uses: ./.github/workflows/a.yml}}"

    found = read(main=main, a=calling, b=calling, broken="jobs: [")

    assert left(found) == 2 * [(elsewhere, 3, "it is not in this repository", False)]
    assert {each.span.file for each in found.unfollowed} == {
        ".github/workflows/a.yml",
        ".github/workflows/b.yml",
    }


def test_what_is_called_at_a_ref_of_this_repository_is_read_as_it_is_here() -> None:
    named = "acme/payments/.github/workflows/called.yml@v1"

    found = read(main=f"on: push\njobs: {{a: {{uses: {named}}}}}", called=CALLED)

    assert [run.blind for run in found.flows[0].runs] == [None, None, None]
    (kept,) = found.unfollowed
    assert (kept.named, kept.why) == (named, "it was looked at as it is here, and another version of it may run")
    assert kept.hint == "write `./.github/workflows/called.yml` if the one beside this workflow is meant"


def test_a_call_that_github_refuses_is_kept_too() -> None:
    named = "./.github/workflows/a.yml"
    deep = {
        f"w{n}": f"on: workflow_call\njobs: {{c: {{uses: ./.github/workflows/w{n + 1}.yml}}}}" for n in range(12)
    }

    assert left(read(a=f"on: push\njobs: {{x: {{uses: {named}}}}}")) == [(named, 2, "it calls itself", False)]
    assert left(read(ACME, **deep))[0][2] == "it lies deeper than 10 levels of calls"


def test_calls_that_would_be_very_many_are_not_followed() -> None:
    many = "".join(f"\n      c{number}: {{uses: ./.github/workflows/{{0}}.yml}}" for number in range(60))
    texts = {
        "w0": "on: push\njobs:" + many.replace("{0}", "w1"),
        "w1": "on: workflow_call\njobs:" + many.replace("{0}", "w2"),
        "w2": "on: workflow_call\njobs: {a: {}, b: {}}",
    }
    texts |= {f"x{number}": texts["w0"] for number in range(8)}

    found = read(ACME, **texts).flows

    assert max(len(each.runs) for each in found) <= calls.MAX_RUNS_OF_FLOW
    assert sum(len(each.runs) for each in found) <= calls.MAX_RUNS + len(found)
    assert {run.blind for each in found for run in each.runs} == {
        None,
        "the repository has too many jobs to follow",
    }
    assert {(each.too_many, each.why) for each in read(ACME, **texts).unfollowed} == {
        (True, "the repository has too many jobs to follow")
    }


def test_a_workflow_of_very_many_jobs_is_one_that_is_not_known() -> None:
    jobs = "".join(f"  j{number}: {{}}\n" for number in range(calls.MAX_RUNS_OF_FLOW + 1))

    found = read(main=f"on: push\njobs:\n{jobs}")

    ((run,),) = (each.runs for each in found.flows)
    assert (run.id, run.blind) == ("j0", "the repository has too many jobs to follow")
    assert left(found) == [(".github/workflows/main.yml", 3, "the repository has too many jobs to follow", True)]


def test_very_many_uses_are_not_followed_either() -> None:
    env = "".join(f"  A{number}: ${{{{ vars.A{number} }}}}\n" for number in range(900))
    jobs = "".join(f"  j{number}: {{}}\n" for number in range(150))

    first, second = read(a=f"on: push\nenv:\n{env}jobs:\n{jobs}", b="on: push\njobs: {a: {}}").flows

    assert len(first.runs) == 150
    assert second.runs[0].blind == "the repository has too many jobs to follow"


def passing(secrets: str, called: str = CALLED) -> dict[str, JobRun]:
    main = f"""
        on: push
        jobs:
          release:
            uses: ./.github/workflows/called.yml
            {secrets}
        """
    return runs(main=main, called=called)


@pytest.mark.parametrize(
    "secrets", ["secrets: inherit", "secrets: {key: '${{ secrets.KEY }}'}", "name: none passed"]
)
def test_a_secret_that_comes_from_nowhere_else_is_one_of_the_environment(secrets: str) -> None:
    """Passed under its own name, an environment's secret reaches the job in that environment."""
    found = passing(secrets)

    assert uses(found["release"]) == []
    assert uses(found["release / deploy"]) == [("KEY", True), ("SHARED", False)]


def test_a_secret_that_a_caller_gives_may_be_missing_in_the_environment() -> None:
    found = passing("secrets: {key: '${{ secrets.ELSEWHERE }}'}")

    assert uses(found["release"]) == [("ELSEWHERE", True)]
    assert uses(found["release / deploy"]) == [("KEY", False), ("SHARED", False)]


def test_a_variable_is_never_passed() -> None:
    called = "on: workflow_call\njobs: {deploy: {env: {KEY: '${{ vars.KEY }}'}}}"

    assert uses(passing("secrets: {key: '${{ secrets.OTHER }}'}", called)["release / deploy"]) == [("KEY", True)]


@pytest.mark.parametrize(
    ("outer", "inner", "needed"),
    [
        ("inherit", "inherit", True),
        ("{KEY: '${{ secrets.KEY }}'}", "{KEY: '${{ secrets.KEY }}'}", True),
        ("{KEY: '${{ secrets.OTHER }}'}", "{KEY: '${{ secrets.KEY }}'}", False),
        ("{KEY: '${{ secrets.OTHER }}'}", "inherit", False),
        ("inherit", "{KEY: '${{ secrets.OTHER }}'}", False),
        ("{KEY: '${{ secrets.OTHER }}'}", "{X: '${{ secrets.KEY }}'}", True),
    ],
)
def test_what_is_given_is_passed_on(outer: str, inner: str, *, needed: bool) -> None:
    found = runs(
        main=f"on: push\njobs: {{one: {{uses: ./.github/workflows/mid.yml, secrets: {outer}}}}}",
        mid=f"on: workflow_call\njobs: {{two: {{uses: ./.github/workflows/called.yml, secrets: {inner}}}}}",
        called=CALLED,
    )

    assert uses(found["one / two / deploy"])[0] == ("KEY", needed)


def test_a_given_secret_that_is_passed_on_may_be_missing_too() -> None:
    found = runs(
        main="jobs: {one: {uses: ./.github/workflows/mid.yml, secrets: {KEY: '${{ secrets.OTHER }}'}}}",
        mid="""
            on: workflow_call
            jobs: {two: {uses: ./.github/workflows/called.yml, secrets: {X: '${{ secrets.KEY }}'}}}
            """,
        called=CALLED,
    )

    assert uses(found["one / two"]) == [("KEY", False)]


def test_what_stands_outside_of_jobs_is_used_by_each_of_them_and_may_be_missing_in_any() -> None:
    found = runs(main="env: {A: '${{ vars.A }}'}\njobs: {a: {env: {B: '${{ vars.B }}'}}, b: {}}")

    assert uses(found["a"]) == [("B", True), ("A", False)]
    assert uses(found["b"]) == [("A", False)]


def test_what_stands_outside_of_the_only_job_is_the_job_s() -> None:
    assert uses(runs(main="env: {A: '${{ vars.A }}'}\njobs: {a: {}}")["a"]) == [("A", True)]


@pytest.mark.parametrize(
    ("condition", "anyway"),
    [
        ("", set()),
        ("github.ref == 'refs/heads/main'", set()),
        ("success()", set()),
        ("success() && github.ref == 'x'", set()),
        ("${{ !failure() }}", set()),
        ("${{ !failure() && !cancelled() }}", set()),
        ("always()", {"build", "approve", "check"}),
        ("${{ always() }}", {"build", "approve", "check"}),
        ("${{ !cancelled() }}", {"build", "approve", "check"}),
        ("failure()", {"build", "approve", "check"}),
        ("success() || failure()", {"build", "approve", "check"}),
        ("always() && github.ref == 'x'", {"build", "approve", "check"}),
        ("always() && needs.check.result == 'success'", set()),
        ("always() && 'success' == needs['CHECK'].result", set()),
        ("always() && needs.approve.result == 'success'", {"check"}),
        ("always() && (needs.approve.result == 'success' || github.ref == 'x')", {"build", "approve", "check"}),
        (
            "always() && (needs.approve.result == 'success' || needs.approve.result == 'skipped')",
            {"build", "check"},
        ),
        ('always() && contains(fromJSON(\'["success", "skipped"]\'), needs.approve.result)', {"build", "check"}),
        ("always() && needs.approve.result != 'failure'", {"build", "approve", "check"}),
        ("${{ !cancelled() && needs.approve.result != 'failure' }}", {"build", "check"}),
        ("always() && !contains(needs.*.result, 'failure')", {"build", "approve", "check"}),
        ("${{ !cancelled() && !contains(needs.*.result, 'failure') }}", {"build"}),
        (
            "${{ !cancelled() && !contains(needs.*.result, 'failure') && !contains(needs.*.result, 'skipped') }}",
            set(),
        ),
        ("always() && needs.approve.outputs.ok == 'yes'", {"approve", "check"}),
        ("always() && needs.gone.result == 'success'", set()),
        ("always() &&", set()),
    ],
)
def test_a_condition_may_let_a_job_run_though_one_before_it_failed(condition: str, anyway: set[str]) -> None:
    found = runs(
        main=f"""
            on: push
            jobs:
              build: {{}}
              approve: {{needs: build}}
              check: {{needs: approve}}
              deploy:
                needs: [check, approve]
                if: {condition or "~"}
            """
    )

    assert found["deploy"].anyway == anyway
    assert found["check"].anyway == frozenset()


def test_a_job_that_runs_anyway_does_not_let_those_after_it_run() -> None:
    """success() asks all jobs before, those before a job that ran anyway included."""
    found = runs(main="jobs: {approve: {}, tell: {needs: approve, if: always()}, deploy: {needs: tell}}")

    assert found["tell"].anyway == {"approve"}
    assert found["deploy"].anyway == frozenset()


@pytest.mark.parametrize(("result", "anyway"), [("success", set()), ("skipped", {"approve", "build"})])
def test_all_that_skip_what_a_job_needs_are_alike(result: str, anyway: set[str]) -> None:
    condition = f"always() && needs.check.result == '{result}'"
    found = runs(
        main=f"""
            jobs:
              build: {{}}
              approve: {{needs: build}}
              check: {{needs: approve}}
              deploy: {{needs: check, if: "{condition}"}}
            """
    )

    assert found["deploy"].anyway == anyway


def test_what_needs_the_success_of_a_job_that_runs_anyway_runs_anyway() -> None:
    condition = "always() && needs.tell.result == 'success'"
    found = runs(
        main=f"""
            jobs:
              approve: {{}}
              tell: {{needs: approve, if: always()}}
              deploy: {{needs: tell, if: {condition}}}
            """
    )

    assert found["deploy"].anyway == {"approve"}


def test_what_follows_a_call_is_kept_by_the_failure_of_any_run_in_it() -> None:
    main = """
        jobs:
          release: {uses: ./.github/workflows/called.yml}
          kept: {needs: release}
          checked: {needs: release, if: always() && needs.release.result == 'success'}
          always: {needs: release, if: always()}
        """
    found = runs(main=main, called=CALLED)

    assert found["kept"].anyway == found["checked"].anyway == frozenset()
    assert found["always"].anyway == {"release", "release / prepare", "release / deploy"}


def test_what_lets_a_call_run_lets_the_runs_in_it_run() -> None:
    main = """
        jobs:
          approve: {}
          release: {needs: approve, if: always(), uses: ./.github/workflows/called.yml}
        """
    called = "on: workflow_call\njobs: {prepare: {}, deploy: {needs: prepare, if: always()}}"
    found = runs(main=main, called=called)

    assert found["release / prepare"].anyway == {"approve"}
    assert found["release / deploy"].anyway == {"approve", "release / prepare"}


def test_the_first_jobs_of_a_call_do_not_run_where_the_call_does_not() -> None:
    main = "jobs: {approve: {}, release: {needs: approve, uses: ./.github/workflows/called.yml}}"

    found = runs(main=main, called="on: workflow_call\njobs: {deploy: {if: always()}}")

    assert found["release / deploy"].needs == ("release",)
    assert found["release / deploy"].anyway == frozenset()


def test_a_job_whose_failure_is_none_is_tolerant() -> None:
    found = runs(main="jobs: {a: {continue-on-error: true}, b: {}}")

    assert (found["a"].tolerant, found["b"].tolerant) == (True, False)


def test_conditions_that_would_take_very_long_are_taken_to_hold() -> None:
    names = [f"j{number}" for number in range(100)]
    condition = "!cancelled() && !contains(needs.*.result, 'failure')"
    jobs = "".join(
        f'  {name}: {{needs: [{", ".join(names[:at])}], if: "{condition}"}}\n' for at, name in enumerate(names)
    )

    found = runs(main=f"jobs:\n{jobs}")

    assert found["j1"].anyway == frozenset()
    assert found["j99"].anyway == set(names[:99])
