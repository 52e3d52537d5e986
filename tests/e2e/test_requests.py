"""How many requests each command sends, exactly: as the functions and docs/performance.md say."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from support.app_keys import private_pem, public_pem
from support.recorded import KEY, NO_MORE
from support.shell import ROOT, Shell
from support.states import as_desired

from envsync.cli.options import Options
from envsync.cli.session import opened
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.read import read_repository
from envsync.github.reader import open_reader
from envsync.model import DesiredRepository, External, RepositoryName, SecretValue
from envsync.plan.diff import Scope
from envsync.plan.work import Work, identities, reading, work_of_repository
from envsync.sandbox import FULL_TOKEN, Sandbox
from envsync.sandbox import Options as Manner
from envsync.sandbox.state import (
    Environment,
    Pattern,
    PolicyMode,
    Protection,
    ProtectionRule,
    Secret,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.recorded import Environ

    Files = Mapping[str, str]  # by path

NO_FILES: Files = MappingProxyType({})
NOW = "2026-01-01T00:00:00Z"
WITH_KEY = {"ENVSYNC_RECORD_KEY": KEY}
PERFORMANCE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")


@dataclass
class Lab:
    sandbox: Sandbox
    shell: Shell

    def file(self, repositories: str, *lines: str) -> None:
        head = f"version: 1\nname: example\nrepositories: [{repositories}]\n"
        self.shell.write(head + "\n".join(lines) + "\n")

    def sent(self, *arguments: str, codes: tuple[int, ...] = (0,), environ: Environ = NO_MORE) -> Work:
        self.sandbox.reset_traffic()
        ran = self.shell.run(*arguments, stdin="", timeout=120.0, **environ)
        assert ran.code in codes, ran
        traffic = self.sandbox.traffic
        reads = traffic.count("GET")
        return Work(reads, traffic.total - reads, traffic.created)

    def there(self, name: str, *environments: str) -> DesiredRepository:
        """What is on GitHub now, as a file would say it."""
        access = Access(self.sandbox.url, Credential(SecretValue(FULL_TOKEN.encode()), "the test"))
        reader = open_reader(access)
        try:
            requested = RepositoryName("acme", name)
            live = read_repository(reader, requested, environments, settings_only=False)
        finally:
            reader.close()
        return DesiredRepository(
            requested, tuple(as_desired(each, lambda _: External()) for each in live.environments.values())
        )


@contextmanager
def laboratory(folder: Path, *repositories: str, files: Files = NO_FILES) -> Iterator[Lab]:
    folder.mkdir(exist_ok=True)
    shell = Shell(folder)
    with Sandbox(options=Manner(rate_limit=None)) as sandbox:
        sandbox.seed(
            users=["team-lead", "ann"],
            teams=[("acme", "devops-admins")],
            apps=["gate", "lock"],
            repositories=[("acme", name) for name in repositories],
            files={("acme", name): files for name in repositories if files},
        )
        shell.environ |= {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN}
        yield Lab(sandbox, shell)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with laboratory(tmp_path / "lab", "payments", "web") as lab:
        yield lab


# --- the example of the page -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    one: Work
    thousand: Work


def rows() -> dict[str, Row]:
    """What the page says of the example, by the first words of a row."""
    table = PERFORMANCE[PERFORMANCE.index("| one repository, and a thousand |") :].partition("\n\n")[0]
    found = {}
    for line in table.splitlines()[2:]:
        name, *figures = (cell.strip().replace(",", "") for cell in line.strip("|").split("|"))
        numbers = [int(figure) for figure in figures]
        found[name] = Row(Work(*numbers[:3]), Work(*numbers[3:]))
    return found


def example(repositories: str) -> str:
    found = re.search(r"<!-- example -->\n```yaml\n(.*?)```", PERFORMANCE, re.DOTALL)
    assert found
    return found[1].replace("[acme/payments]", f"[{repositories}]")


def sent_by_the_example(lab: Lab, repositories: str) -> list[Work]:
    """Row by row."""
    lab.shell.environ |= {**WITH_KEY, "EXAMPLE": "long enough to be a secret"}
    text = example(repositories)
    lab.shell.write(text)
    first, plan = lab.sent("apply", "--yes"), lab.sent("plan")
    read = lab.sent("import", repositories, "--out", "-")
    doctor = lab.sent("doctor", codes=(0, 1))
    [refs] = re.findall(r"deployment_branch_policy: {branches: \[develop.*", text)
    lab.shell.write(text.replace("*staging", f"{{{refs}, variables: {{LEVEL: debug}}}}"))
    return [plan, first, lab.sent("apply", "--yes"), read, doctor]


def test_the_pages_example_is_what_is_sent(tmp_path: Path) -> None:
    """For one repository by name; for a thousand by a pattern, as far as one and two tell."""
    workflows = {
        ".github/workflows/a.yml": "on: push\njobs: {}\n",
        ".github/workflows/b.yml": "on: push\njobs: {}\n",
    }
    sent: dict[str, list[Work]] = {}
    for repositories, names in {"acme/payments": ("payments",), "acme/*": ("a",), "acme/?": ("a", "b")}.items():
        folder = tmp_path / str(len(sent))
        with laboratory(folder, *names, files=workflows) as lab:
            sent[repositories] = sent_by_the_example(lab, repositories)
            if repositories == "acme/payments":
                assert lab.sent("drift") == lab.sent("apply", "--yes") == sent[repositories][0]

    for (name, row), by_name, one, two in zip(rows().items(), *sent.values(), strict=True):
        assert by_name == row.one, name
        assert extrapolated(one, two, 1000) + Work(reads=9) == row.thousand, name  # of ten pages


def extrapolated(one: Work, two: Work, number: int) -> Work:
    pairs = ((one.reads, two.reads), (one.writes, two.writes), (one.creations, two.creations))
    return Work(*(first + (number - 1) * (second - first) for first, second in pairs))


# --- reading -----------------------------------------------------------------------------------------------


def environment(
    lab: Lab,
    name: str,
    *,
    repository: str = "acme/payments",
    protection: Protection | None = None,
    patterns: int = 0,
    variables: int = 0,
    secrets: int = 0,
) -> Environment:
    """One that is there, whoever made it."""
    state = lab.sandbox.state
    made = Environment(state.new_id(), name, NOW, NOW, protection or Protection())
    if patterns:
        made.protection.policy = PolicyMode.CUSTOM
    made.patterns = {number: Pattern(number, "branch", f"b{number}") for number in range(1, patterns + 1)}
    made.variables = {f"V{number}": Variable(f"V{number}", "", NOW, NOW) for number in range(variables)}
    made.secrets = {f"S{number}": Secret(f"S{number}", NOW, NOW) for number in range(secrets)}
    state.repository(repository).environments[name.casefold()] = made
    return made


DECLARED = ("plain", "full")


def furnish(lab: Lab) -> None:
    """Two environments that the file declares, four that it does not, and one that is never touched."""
    environment(lab, "plain")
    full = environment(lab, "full", patterns=101, variables=31, secrets=101)
    full.rules[1] = ProtectionRule(1, lab.sandbox.state.apps["gate"].id)
    environment(lab, "open")
    environment(lab, "bare").protection.can_admins_bypass = False
    environment(lab, "timed").protection.wait_timer = 1
    environment(lab, "closed", patterns=1)
    environment(lab, "github-pages")


ONE, PRUNED = "environments: {plain: {}, full: {}}", "prune: true"


@pytest.mark.parametrize(
    ("arguments", "with_key", "scope", "work"),
    [
        ("plan", False, Scope(), Work(1 + 3 + (2 + 1 + 2 + 2))),
        ("plan", True, Scope(), Work(1 + 1 + 3 + (2 + 1 + 2 + 2) + 4)),
        ("plan --settings-only", True, Scope(settings_only=True), Work(1 + 1 + (2 + 1))),
        ("drift", False, Scope(looks_on=True), Work(1 + 3 + (2 + 1 + 2 + 2) + 2)),
        ("drift", True, Scope(looks_on=True), Work(1 + 1 + 3 + (2 + 1 + 2 + 2) + 4 + 2)),
        ("drift --settings-only", True, Scope(settings_only=True, looks_on=True), Work(1 + 1 + (2 + 1) + 2)),
    ],
)
def test_what_is_read_is_what_was_foreseen(
    lab: Lab, arguments: str, *, with_key: bool, scope: Scope, work: Work
) -> None:
    furnish(lab)
    lab.file("acme/payments", ONE)
    identify = with_key and not scope.settings_only
    foreseen = reading(
        lab.there("payments", *DECLARED),
        scope,
        keeps_records=with_key,
        identify=identify,
        undeclared=4,
        looking_open=2,
    )

    sent = lab.sent(*arguments.split(), codes=(0, 2), environ=WITH_KEY if with_key else NO_MORE)

    assert sent == foreseen == work


def test_who_prunes_reads_what_may_go(lab: Lab) -> None:
    furnish(lab)
    lab.file("acme/payments", ONE, PRUNED)
    desired = replace(lab.there("payments", *DECLARED), prune=True)
    assert lab.sent("plan") == reading(desired, undeclared=4) == Work(11 + 4)


@pytest.mark.parametrize(("environ", "work"), [(NO_MORE, Work(1 + 3)), (WITH_KEY, Work(1 + 1 + 3 + 2))])
def test_of_declared_environments_that_are_left_out_the_records_are_read(
    lab: Lab, environ: Environ, work: Work
) -> None:
    """`full` has two pages of variables. None of the others is in what the run is about."""
    furnish(lab)
    lab.file("acme/payments", ONE)
    keeps = bool(environ)
    foreseen = reading(lab.there("payments", *DECLARED), Scope(("plain",)), keeps_records=keeps, identify=keeps)
    assert lab.sent("plan", "--environment", "plain", environ=environ) == foreseen == work


def test_a_record_may_fill_another_page_of_variables(lab: Lab) -> None:
    lines = (f"V{number}: ''" for number in range(30))
    lab.file("acme/payments", f"environments: {{qa: {{variables: {{{', '.join(lines)}}}}}}}")
    lab.shell.ok("apply", "--yes", **WITH_KEY)
    foreseen = reading(lab.there("payments", "qa"), keeps_records=True, identify=True)
    assert lab.sent("plan", environ=WITH_KEY) == foreseen == Work(1 + 1 + 4)


def test_environments_come_by_the_hundred(lab: Lab) -> None:
    for number in range(101):
        environment(lab, f"e{number}")
    lab.file("acme/payments", "environments: {e0: {}}")
    assert lab.sent("plan") == reading(lab.there("payments", "e0"), undeclared=100) == Work(2 + 3)


def test_what_is_not_there_is_only_looked_for(lab: Lab) -> None:
    lab.file("acme/payments", ONE)
    assert lab.sent("plan") == Work(1)
    assert lab.sent("plan", environ=WITH_KEY) == Work(2)


# --- which repositories ------------------------------------------------------------------------------------


def test_a_pattern_takes_the_pages_of_the_owners_repositories(lab: Lab) -> None:
    """Whether it matches them or not; it tells their numbers."""
    lab.sandbox.seed(repositories=[("acme", f"other-{number}") for number in range(99)])
    environment(lab, "plain")
    lab.file("acme/pay*", "environments: {plain: {}}")
    there = reading(lab.there("payments", "plain"), keeps_records=True)
    assert lab.sent("plan", environ=WITH_KEY) == Work(2) + there == Work(2 + 4)


def test_a_users_repositories_take_two_more(lab: Lab) -> None:
    lab.sandbox.seed(users=["pear"], repositories=[("pear", "tool")])
    lab.sandbox.state.repository("pear/tool").private = False
    lab.file("pear/*", "environments: {plain: {}}")
    assert lab.sent("plan") == Work(2 + 1 + 1)


def test_what_cannot_be_read_takes_one(lab: Lab) -> None:
    lab.file("acme/payments, acme/gone, acme/lost", "environments: {plain: {}}")
    assert lab.sent("plan", codes=(1,)) == Work(3)
    assert lab.sent("plan", codes=(1,), environ=WITH_KEY) == Work(2 + 1 + 1)


def test_a_former_name_takes_more(lab: Lab) -> None:
    environment(lab, "plain")
    lab.sandbox.state.rename("acme/payments", "billing")
    lab.file("acme/payments", "environments: {plain: {}}")
    there = lab.there("billing", "plain")
    assert lab.sent("plan") == reading(there) + Work(3)
    assert lab.sent("plan", environ=WITH_KEY) == reading(there, keeps_records=True, identify=True) + Work(1)


# --- changing ----------------------------------------------------------------------------------------------


def foreseen(lab: Lab, monkeypatch: pytest.MonkeyPatch, *, pages: int = 1, **given: Any) -> tuple[Work, Work]:
    """What an apply sends until it knows the steps that it would take, and what these say that they send."""
    for name, value in lab.shell.environ.items():
        monkeypatch.setenv(name, value)
    named = (str(lab.shell.folder / "environments.yaml"),)
    options = Options(named, named=True, color="never", quiet=True, verbose=False, no_cache=True, **given)
    lab.sandbox.reset_traffic()
    with opened(options, applies=True) as session:
        steps = [each for todo in session.todo for each in todo.steps()]
    reads, secrets = Work(lab.sandbox.traffic.total), not options.no_secrets
    work = (work_of_repository(each, write_secrets=secrets, pages=pages) for each in steps)
    return reads, sum(work, identities(steps))


GUARDED = """\
environments:
  production:
    required_reviewers: [ann, acme/devops-admins]
    deployment_branch_policy: {branches: [main, develop], tags: ['v*']}
    deployment_protection_rules: [gate, lock]
    variables: {REGION: eu, LEVEL: info}
    secrets: {TOKEN: {env: TOKEN}, PASSWORD: {env: TOKEN}}
  staging:
    required_reviewers: [ann]
    variables: {REGION: eu}
  empty: {}
"""
HANDED_OVER = """\
prune: true
environments:
  production:
    required_reviewers: [team-lead]
    prune: true
    deployment_branch_policy: {branches: [main, release]}
    deployment_protection_rules: [gate]
    variables: {REGION: us}
    secrets: {TOKEN: {env: OTHER}}
  staging:
    wait_timer: 5
    ignore: [required_reviewers]
"""


@pytest.mark.parametrize(
    ("with_key", "given", "arguments"),
    [
        (True, {}, ()),
        (False, {"no_secrets": True}, ("--no-secrets",)),
        (True, {"settings_only": True}, ("--settings-only",)),
    ],
    ids=["all", "neither-records-nor-secrets", "settings-only"],
)
def test_an_apply_sends_what_its_steps_said(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    *,
    with_key: bool,
    given: Mapping[str, bool],
    arguments: tuple[str, ...],
) -> None:
    """All of it new, then another file: somebody else approves, patterns, rules and values come and go."""
    lab.shell.environ |= {"TOKEN": "of the first file", "OTHER": "of the second one"}
    lab.shell.environ |= WITH_KEY if with_key else {}
    for text in (GUARDED, HANDED_OVER):
        lab.file("acme/payments, acme/web", text)
        read, steps = foreseen(lab, monkeypatch, **given)
        assert steps.writes > 6

        sent = lab.sent("apply", "--yes", "--allow-weakening", "--allow-destroying", *arguments)

        assert (sent.reads, sent.writes) == (read.reads + steps.reads, steps.writes)
        # A secret that is there is changed, which nobody but GitHub knows.
        assert sent.creations <= steps.creations
        assert sent.creations == steps.creations or text is HANDED_OVER


def test_a_new_environment_is_looked_for_on_every_page(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(101):
        environment(lab, f"e{number}")
    lab.file("acme/payments", "environments: {new: {}, newer: {}}")
    read, steps = foreseen(lab, monkeypatch, pages=2)
    assert (read, steps) == (Work(2), Work(4, 2, 2))
    assert lab.sent("apply", "--yes") == read + steps


def test_a_reviewer_of_many_is_looked_up_once(lab: Lab) -> None:
    """And once in each repository whether it is open to them."""
    lab.file("acme/payments, acme/web", "defaults: {required_reviewers: [ann]}", "environments: {a: {}, b: {}}")
    assert lab.sent("apply", "--yes") == Work(2) + Work(1) + Work(2) + Work(4, 4, 4)


# --- other commands ----------------------------------------------------------------------------------------


def test_import_reads_everything_once(lab: Lab) -> None:
    furnish(lab)
    environment(lab, "qa", repository="acme/web")
    names = (*DECLARED, "open", "bare", "timed", "closed")

    sent = lab.sent("import", "acme/payments", "acme/web", "--out", "-")

    assert sent == reading(lab.there("payments", *names)) + reading(lab.there("web", "qa"))
    assert sent == Work((1 + 3 + 7 + 3 + 3 + 3 + 4) + (1 + 3))
    assert lab.sent("import", "acme/*", "--out", "-") == sent + Work(1)


def test_import_finds_out_a_new_name_on_the_way(lab: Lab) -> None:
    environment(lab, "plain")
    lab.sandbox.state.rename("acme/payments", "billing")
    assert lab.sent("import", "acme/payments", "--out", "-") == Work(4 + 3)


def test_doctor_asks_for_what_the_page_lists(lab: Lab) -> None:
    """Of two repositories of one owner, with reviewers, a rule, a workflow, and deployments."""
    for name in ("payments", "web"):
        environment(lab, "plain", repository=f"acme/{name}")
        lab.sandbox.state.repository(f"acme/{name}").files = {".github/workflows/a.yml": "on: push\njobs: {}\n"}
    lab.sandbox.deploy("acme/payments", "plain", "success")
    for _ in range(5):
        lab.sandbox.deploy("acme/web", "plain", "failure")
    lab.file(
        "acme/payments, acme/web",
        "environments:",
        "  plain: {required_reviewers: [ann, acme/devops-admins], deployment_protection_rules: [gate]}",
        "  missing: {}",
    )
    there = reading(lab.there("payments", "plain"))

    sent = lab.sent("doctor", codes=(0, 1))

    once, people = Work(3 + 1), Work(1 + 2)
    each = there + Work(1 + 1) + Work(2) + Work(2 + 2) + Work(1) + Work(1 + 1) + Work(1)
    assert sent == once + people + each + each + Work(1) + Work(3)


def test_what_needs_no_github_asks_nothing_of_it(lab: Lab) -> None:
    lab.file("acme/payments", "environments: {plain: {}}")
    lab.sent("drift", "--shard", "1/1", "--out", "all.json", codes=(0, 2))
    lab.shell.write(
        "on: push\njobs: {a: {runs-on: x, environment: plain, steps: [{run: 'true'}]}}\n",
        ".github/workflows/a.yml",
    )
    for arguments in (("validate",), ("graph",), ("drift", "--merge", "all.json")):
        assert lab.sent(*arguments, codes=(0, 2)) == Work()


def test_a_second_run_sends_as_many_and_spends_nothing(lab: Lab) -> None:
    furnish(lab)
    lab.file("acme/payments", ONE)
    first = lab.sent("plan")
    assert lab.sent("plan") == first
    assert lab.sandbox.traffic.count("GET", 304) == first.reads
    assert lab.sent("plan", "--no-cache") == first
    assert lab.sandbox.traffic.count("GET", 304) == 0


@pytest.mark.parametrize(
    ("account", "repositories", "chosen", "without", "more"),
    [
        ("acme", "acme/payments, acme/web", None, Work(2), Work(2, 1)),
        ("acme", "acme/*", None, Work(3), Work(2, 1)),
        ("acme", "acme/payments, acme/web", ["acme/payments", "acme/web"], Work(2), Work(3, 1)),
        ("pear", "pear/*", None, Work(2 + 1 + 1), Work(4, 1)),
    ],
    ids=["names", "pattern", "selected", "user"],
)
def test_an_app_takes_some_more(
    lab: Lab, account: str, repositories: str, chosen: list[str] | None, without: Work, more: Work
) -> None:
    lab.sandbox.seed(users=["pear"], repositories=[("pear", "tool")])
    lab.file(repositories, "environments: {plain: {}}")
    permissions = {"actions": "read", "environments": "read"}
    number, _ = lab.sandbox.install_app(
        "envsync",
        public_key=public_pem(),
        owner="acme",
        permissions=permissions,
        repositories=chosen,
        account=account,
    )
    app = {"ENVSYNC_APP_ID": str(number), "ENVSYNC_APP_PRIVATE_KEY": private_pem()}
    assert lab.sent("plan", environ=app) == without + more
