"""What the pages on the pipeline say is so: of what `envsync init --pipeline` writes, and what `doctor` says."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.shell import ROOT, Shell

from envsync.cli.group import cli
from envsync.cli.options import spelled_out

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub

HOW_TO = ROOT / "docs/how-to/deploy-with-the-pipeline.md"
NIGHT = ROOT / "envsync/templates/pipeline/README.md"
AT_NIGHT = ".github/pipeline/README.md"  # where `init` writes it
PAGES = (HOW_TO, ROOT / "docs/explanation/pipeline.md", NIGHT)
PAGE = HOW_TO.read_text(encoding="utf-8")
REPOSITORY = "acme/payments"
# The headings of "Staging-to-Production Deployment Workflow".
HEADINGS = """\
Workflow Overview
Deployment Flow
1. Automatic Staging Deployment
2. Manual Production Approval
3. Production Deployment
Rollback Strategy
Automatic Rollback Scenarios
Manual Rollback
Environment Configuration
GitHub Environments Required
Environment Protection Rules
Setting Up Email Notifications
Option 1: GitHub Notifications (Built-in)
Option 2: External Email Service
Option 3: Slack Integration
Branch Strategy
Development Flow
Hotfix Flow
Monitoring and Alerts
Deployment Status
Rollback Alerts
Health Checks
Troubleshooting
Common Issues
1. Staging Deployment Fails
2. Production Approval Timeout
3. Production Deployment Fails
4. Rollback Fails
Manual Intervention
Setup Checklist
Related Documentation
""".splitlines()
CHECKLIST = """\
Configure GitHub environments with protection rules
Set up required reviewers for production approval
Test staging deployment flow
Test production approval process
Test rollback scenarios
Configure notification preferences
Document emergency procedures
Train team on new workflow
""".splitlines()
# What is GitHub's, AWS's or the reader's own, and so nowhere in what `init` writes.
ELSEWHERE = {
    "#",
    "-f version=6",
    ".github/CODEOWNERS",
    "/aws/lambda/payments-staging",
    "AccessDenied",
    "AccessDeniedException",
    "AssumeRoleWithWebIdentity",
    "NAME: ${{ secrets.NAME }}",
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "Production",
    "RUN",
    "environment-spelling",
    "feature/…",
    "good: 8 7 6",
    "good: 9 8 7",
    "hotfix/…",
    "payments:live",
    "request-production-approval",
    "sha256:…",
    "{env: NAME}",
    "repo:acme/payments:environment:production",
    "repo:acme@123/payments@456:…",
    "sent",
}


# --- what `init` writes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkout:
    shell: Shell
    files: dict[str, str]  # of both pipelines, by path; where both have one, the Lambda's
    next: str  # what `init` says is to be done

    @property
    def everything(self) -> str:
        """But for the page of the three that is among the files."""
        return "\n".join([*self.files, *(text for path, text in self.files.items() if path != AT_NIGHT)])

    def workflow(self, name: str) -> dict[str, Any]:
        """With `on` as text, which YAML 1.1 calls true."""
        found = yaml.safe_load(self.files[f".github/workflows/{name}"])
        return {"on" if key is True else str(key): value for key, value in found.items()}

    def jobs(self, name: str) -> dict[str, dict[str, Any]]:
        """By the name that GitHub shows, each input being what it may be."""
        workflow = self.workflow(name)
        inputs = (workflow["on"]["workflow_dispatch"] or {}).get("inputs", {})
        options = inputs.get("environment", {}).get("options", [""])
        return {
            job["name"].replace("${{ inputs.environment }}", each): job
            for job in workflow["jobs"].values()
            for each in options
        }


def begun(folder: Path, *pipeline: str) -> Checkout:
    folder.mkdir()
    shell = Shell(folder)
    ran = shell.run(
        "init", "--pipeline", *pipeline, "--reviewer", "acme/devops-admins", "--repository", REPOSITORY
    )
    assert ran.code == 0, ran.err
    files = [each for each in folder.rglob("*") if each.is_file() and "schemas" not in each.parts]
    texts = {each.relative_to(folder).as_posix(): each.read_text(encoding="utf-8") for each in files}
    return Checkout(shell, texts, ran.err)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    folder = tmp_path_factory.mktemp("pipeline")
    own, generic = begun(folder / "lambda"), begun(folder / "generic", "generic")
    return Checkout(own.shell, {**generic.files, **own.files}, own.next)


# --- what the pages say --------------------------------------------------------------------------------------


def prose(page: Path) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def spans(page: Path) -> list[str]:
    """What stands in code, but for blocks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(page))


def names(page: Path) -> list[str]:
    """What stands in italics: workflows, jobs and steps, as GitHub shows them."""
    without_code = re.sub(r"`[^`\n]+`", "", prose(page))
    return re.findall(r"(?<![*\w])\*([^*\n]+)\*(?!\*)", without_code)


def commands(*pages: Path) -> list[str]:
    """Those of the blocks, each on one line; of all pages unless some are named."""
    text = "\n".join(each.read_text(encoding="utf-8") for each in pages or PAGES)
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if not line.startswith("#")]


def exports() -> dict[str, str]:
    return dict(each.removeprefix("export ").split("=") for each in commands() if each.startswith("export "))


def rows(heading: str, page: Path = HOW_TO) -> list[list[str]]:
    """Of the first table under that heading, without its head."""
    _, _, rest = page.read_text(encoding="utf-8").partition(f"# {heading}\n")
    found = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert found, heading
    return [[cell.strip() for cell in line.strip("|\n ").split(" | ")] for line in found[0].splitlines()[2:]]


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    found = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in found}


# --- the pages against it ------------------------------------------------------------------------------------


def test_the_graph_is_that_of_what_is_written(checkout: Checkout) -> None:
    checkout.shell.write(PAGE, "page.md")

    checkout.shell.ok("graph", "--into", "page.md", "--check")


def is_a_command(text: str) -> bool:
    if not text.startswith("envsync "):
        return False
    name, *arguments = spelled_out(shlex.split(text)[1:])
    with cli.make_context("envsync", [name]) as parent:
        return cli.commands[name].make_context(name, arguments, parent=parent).info_name == name


def is_an_option(text: str) -> bool:
    """With or without a value of its own."""
    option, _, value = text.partition(" ")
    found = [each for command in cli.commands.values() for each in command.params if option in each.opts]
    return any(not value or value in getattr(each.type, "choices", ()) for each in found)


def is_in(text: str, everything: str) -> bool:
    """As whole words; of what is set to something, the name."""
    name = re.sub(r"^(\w+)=\w*$", r"\1", text)
    ends = r"(?!\w)" if name[-1].isalnum() else ""
    return re.search(rf"(?<!\w){re.escape(name)}{ends}", everything) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.parent.name)
def test_whatever_stands_in_code_is_something_that_there_is(checkout: Checkout, page: Path) -> None:
    known = {
        *ELSEWHERE,
        *ENDINGS,
        UNREADABLE,
        UNSURE,
        *SAID,
        *(each for row in rows("The checklist") for each in quoted(row[2])),
    }
    unknown = [
        each
        for each in spans(page)
        if each not in known
        and not each.startswith(("gh ", "aws "))
        and not is_a_command(each)
        and not is_an_option(each)
        and not is_in(each, checkout.everything)
    ]

    assert not unknown, "\n".join(unknown)


def test_nothing_is_excused_that_no_page_says() -> None:
    assert {each for page in PAGES for each in spans(page)} >= ELSEWHERE


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.parent.name)
def test_whatever_stands_in_italics_is_a_workflow_a_job_or_a_step(checkout: Checkout, page: Path) -> None:
    known = {"Staging-to-Production Deployment Workflow", "repository", "subject"}
    for name in ("deploy.yml", "rollback.yml"):
        jobs = checkout.jobs(name)
        known |= {checkout.workflow(name)["name"], *jobs}
        known |= {step["name"] for job in jobs.values() for step in job["steps"]}

    assert set(names(page)) - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.parent.name)
def test_links_lead_to_headings(page: Path) -> None:
    for file, _, anchor in (each.partition("#") for each in re.findall(r"\]\(([^)]+)\)", prose(page))):
        target = page if not file else page.parent / file
        if "://" not in file:
            assert target.exists(), file
            assert not anchor or anchor in anchors(target), f"{file}#{anchor}"


# --- the commands --------------------------------------------------------------------------------------------


def test_commands_of_envsync_and_the_variables_that_they_take_are_there(checkout: Checkout) -> None:
    ours = [each for each in commands() if each.startswith("envsync ")]
    assert len(ours) >= 6
    assert all(map(is_a_command, ours))
    sources = re.findall(r"^ +[A-Z_]+: \{env: (\w+)\}", checkout.files["environments.yaml"], re.MULTILINE)
    keys = {each for each in exports() if each.startswith("ENVSYNC_")}
    assert exports().keys() - keys == set(sources)
    assert keys
    assert all(re.search(rf"\b{each}\b", checkout.next) for each in keys)


def test_workflows_are_started_with_the_inputs_that_they_have(checkout: Checkout) -> None:
    started = [shlex.split(each) for each in commands() if each.startswith("gh workflow run ")]

    assert {each[3] for each in started} == {"deploy.yml", "rollback.yml"}
    for _, _, _, name, *options in started:
        inputs = (checkout.workflow(name)["on"]["workflow_dispatch"] or {}).get("inputs", {})
        given = dict(each.split("=", 1) for option, each in pairwise(options) if option == "-f")
        assert given.keys() <= inputs.keys()
        assert {each for each, about in inputs.items() if about.get("required")} <= given.keys()
        assert given.get("environment") in {None, *inputs.get("environment", {}).get("options", [])}


def test_what_gh_is_told_of_is_among_the_workflows(checkout: Checkout) -> None:
    told = [*commands(), *(span for page in PAGES for span in spans(page))]
    named = {name for each in told if each.startswith("gh ") for name in re.findall(r"\S+\.yml", each)}

    assert named == {"deploy.yml", "rollback.yml"}
    assert {f".github/workflows/{each}" for each in named} <= checkout.files.keys()


def test_roles_are_made_with_the_commands_that_init_prints(checkout: Checkout) -> None:
    shown = [" ".join(each.split()) for each in commands() if each.startswith("aws cloudformation ")]
    printed = " ".join(checkout.next.replace("\\\n", " ").split())
    template = checkout.files[".github/pipeline/aws-roles.yml"]

    assert [each.split()[2] for each in shown] == ["deploy", "describe-stacks"]
    assert [each for each in shown if each not in printed] == []
    parameters = re.findall(r"(\w+)=\S+", shown[0].partition("--parameter-overrides")[2])
    assert all(re.search(rf"^  {each}:$", template, re.MULTILINE) for each in parameters)


TYPIST = """\
import json, sys
from awscli.clidriver import create_clidriver
print(*(create_clidriver().main(command) for command in json.load(sys.stdin)))
"""
NOBODY = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}


def test_the_aws_cli_takes_what_is_to_be_typed_at_night(checkout: Checkout, tmp_path: Path) -> None:
    """Each command is understood, as far as nobody being there to answer it. `logs tail` is version 2's."""
    ours = [each for each in dict.fromkeys(commands()) if each.startswith("aws ") and "logs tail" not in each]
    typed = [shlex.split(each)[1:] for each in ours]
    [event] = [each for each in commands(NIGHT) if each.startswith("echo ")]
    subprocess.run(["bash", "-c", event], cwd=checkout.shell.folder, check=True, timeout=30)

    done = subprocess.run(
        [sys.executable, "-c", TYPIST],
        input=json.dumps(typed),
        cwd=checkout.shell.folder,
        env={"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", **NOBODY},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert [each[1] for each in typed] == [
        *("deploy", "describe-stacks"),
        *("get-alias", "update-alias", "list-versions-by-function", "invoke"),
    ]
    assert done.stderr.count("Could not connect to the endpoint URL") == len(typed), done.stderr
    assert done.stdout.split() == ["255"] * len(typed)


# --- what is said, when --------------------------------------------------------------------------------------


def quoted(cell: str) -> list[str]:
    return re.findall(r"`(.+?)`", cell)


def step(outcome: str = "success", **outputs: str) -> dict[str, Any]:
    return {"outcome": outcome, "outputs": outputs}


FAILED = step("failure")
MOVED = step(version="8", previous="7", served="7", moved="true")
SERVED = step(version="8", previous="7", served="8")
BACK = step(**{"from": "8"}, version="7", done="true")
STAYED = step(version="8")
# What the summary begins with, by how a run of deploy.yml, or with no step `deploy` of rollback.yml, ended.
ENDINGS: dict[str, dict[str, dict[str, Any]]] = {
    "Rolled production back from version 8 to version 7": {
        "deploy": MOVED,
        "check": FAILED,
        "rollback": BACK,
        "recheck": step(),
    },
    "Deployment to production failed: nothing was moved": {"deploy": FAILED},
    "Deployment to production failed: nothing was moved, and what serves is not listed as good": {
        "deploy": step("failure", served="7", served_good="false")
    },
    "Deployment of version 8 to production failed, and nothing was rolled back": {
        "deploy": MOVED,
        "check": FAILED,
        "rollback": step(version="9", reason="version 9 serves, not 8: it is left there"),
    },
    "Deployment of version 8 to production failed, and a person has to roll it back": {
        "deploy": MOVED,
        "check": FAILED,
        "rollback": FAILED,
    },
    "What serves production is not healthy: version 8, as before this run": {"deploy": SERVED, "check": FAILED},
    "What serves production was not checked: version 8, as before this run": {
        "deploy": SERVED,
        "check": step("cancelled"),
    },
    "What serves production is not healthy: version 8": {"rollback": STAYED, "check": FAILED},
    "What serves production was not checked: version 8": {"rollback": STAYED, "check": step("cancelled")},
    "Rollback of production failed: a person has to do it": {"rollback": FAILED},
    "Rollback of production did not run: nothing was moved": {"rollback": step("skipped")},
    "Rollback of production: nothing was moved": {"rollback": STAYED, "check": step()},
    "Rollback of production to version 7 did not end well: a person has to finish it": {
        "rollback": step("failure", **{"from": "8"}, version="7", done="true")
    },
    "Rolled production back to version 7, which is not healthy": {"rollback": BACK, "check": FAILED},
    "Rolled production back to version 7, which was not checked": {"rollback": BACK, "check": step("cancelled")},
    # in the order in which each flow is tried
    "Deployed version 1 to staging": {"deploy": step(version="1", moved="true"), "check": step()},
    "Nothing to deploy: version 1 serves staging already": {
        "deploy": step(version="1", served="1"),
        "check": step(),
    },
    "Rolled staging back from version 3 to version 2": {
        "deploy": step(version="3", previous="2", served="2", moved="true"),
        "check": FAILED,
        "rollback": step(**{"from": "3"}, version="2", done="true"),
        "recheck": step(),
    },
    "Rolled staging back from version 2 to version 1": {
        "rollback": step(**{"from": "2"}, version="1", done="true"),
        "check": step(),
    },
}
UNSURE = "It is not known whether the rollback took place"
UNREADABLE = "What happened to production is not known: its steps cannot be read"
BAD_NIGHT = sorted(each for row in rows("What the summary says", NIGHT) for each in quoted(row[0]))


def test_each_ending_of_a_bad_night_is_on_the_page_once(checkout: Checkout) -> None:
    """As many as there are in the script, and what each begins with."""
    assert sorted([UNREADABLE, *(each for each in ENDINGS if "production" in each)]) == BAD_NIGHT
    endings = re.findall(r'Ending\(\s*"([a-z-]+)", "', checkout.files[".github/pipeline/report.py"])
    assert len([each for each in endings if each not in {"deployed", "already-deployed"}]) == len(BAD_NIGHT)


def test_the_page_for_the_night_needs_no_other(checkout: Checkout) -> None:
    text = NIGHT.read_text(encoding="utf-8")

    assert checkout.files[AT_NIGHT] == text
    assert AT_NIGHT in checkout.next
    assert [each for each in re.findall(r"\]\(([^)]+)\)", text) if not each.startswith("#")] == []


def test_a_rollback_of_which_nobody_knows_says_so_as_the_page_does(checkout: Checkout) -> None:
    assert f"`{UNSURE}`" in NIGHT.read_text(encoding="utf-8")
    assert UNSURE[1:] in checkout.files[".github/pipeline/roll_back.py"]


REPORTER = """\
import json, os, runpy, sys
for number, given in enumerate(json.load(sys.stdin)):
    os.environ.clear()
    os.environ.update(given, RUNNER_TEMP=str(number))
    os.mkdir(str(number))
    try:
        runpy.run_path(sys.argv[1], run_name="__main__")
    except SystemExit as ended:
        assert ended.code == 0
"""


@pytest.fixture(scope="module")
def summaries(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each run leaves behind, all of them by one interpreter."""
    folder = tmp_path_factory.mktemp("summaries")
    steps = {says: json.dumps(ended) for says, ended in ENDINGS.items()} | {UNREADABLE: '{"deploy":' * 12_000}
    given = [
        {
            "KIND": "deployment" if "deploy" in ended else "rollback",
            "ENVIRONMENT": "production" if says in BAD_NIGHT else "staging",
            "STEPS": ended,
            "DIGEST": "",
            "REASON": "it is slow",
        }
        for says, ended in steps.items()
    ]
    subprocess.run(
        [sys.executable, "-I", "-c", REPORTER, checkout.shell.folder / ".github/pipeline/report.py"],
        input=json.dumps(given),
        cwd=folder,
        text=True,
        check=True,
        timeout=30,
    )
    written = [folder / str(number) / "pipeline-report/report.md" for number in range(len(given))]
    return {says: file.read_text(encoding="utf-8") for says, file in zip(steps, written, strict=True)}


@pytest.mark.parametrize("says", [*ENDINGS, UNREADABLE])
def test_the_summary_begins_with_what_the_page_says(says: str, summaries: dict[str, str]) -> None:
    first = summaries[says].splitlines()[0]

    assert first.replace("`", "") == f"### {'CRITICAL: ' if says in BAD_NIGHT else ''}{says}"


SAID = [
    *(each for row in rows("A rollback fails") for each in quoted(row[0]) if "Exception" not in each),
    *(each for row in rows("Notifications do not arrive") for each in quoted(row[0])),
    "live points at $LATEST",
]


@pytest.mark.parametrize("words", SAID)
def test_scripts_say_what_the_page_quotes(checkout: Checkout, words: str) -> None:
    """A value stands in the text as an expression between braces."""
    shown = re.escape(words)
    for value in (r"\b[0-9]+\b", r"\bpayments\b", r"\blive\b", r"\\\$LATEST"):
        shown = re.sub(value, lambda _: r"\{[^{}]+\}", shown)

    scripts = ("deploy.py", "roll_back.py", "notify.py")
    assert any(re.search(shown, checkout.files[f".github/pipeline/{script}"]) for script in scripts)


def test_secrets_and_variables_of_notifications_are_what_the_page_calls_them(checkout: Checkout) -> None:
    used = re.findall(r"(secrets|vars)\.((?:MAIL|SLACK)_\w+)", checkout.files[".github/workflows/deploy.yml"])
    kinds = {"secret": "secrets", "secrets": "secrets", "variable": "vars"}

    assert {(kinds[kind], name) for cell, kind, _ in rows("Notifications") for name in quoted(cell)} == set(used)


def test_doctor_says_what_the_checklist_says_that_it_does(checkout: Checkout, github: GitHub) -> None:
    """Where all is applied, and each flow was tried once."""
    shell, sandbox = github.shell, github.sandbox
    owner, _, name = REPOSITORY.partition("/")
    workflows = {path: text for path, text in checkout.files.items() if path.startswith(".github/workflows/")}
    sandbox.seed(teams=[("acme", "devops-admins")], repositories=[(owner, name)], files={(owner, name): workflows})
    shell.write(checkout.files["environments.yaml"])
    shell.environ |= {name: value for name, value in exports().items() if not name.startswith("ENVSYNC_")}
    shell.ok("apply", "--yes")
    for environment in ("staging", "production-approval", "production", "staging-rollback", "production-rollback"):
        sandbox.deploy(REPOSITORY, environment, "success")

    told = shell.ok("doctor", "--for", "apply")

    expected = [each for row in rows("The checklist") for each in quoted(row[2])]
    flat = " ".join(told.split())
    assert len(expected) > len(CHECKLIST) / 2
    assert [each for each in expected if each not in flat] == [], flat


# --- the document that asks for it ---------------------------------------------------------------------------


def test_each_item_of_its_checklist_is_done_somewhere() -> None:
    assert [row[0] for row in rows("The checklist")] == CHECKLIST


WHAT_AND_WHERE = rows("What the pipeline does and where")


def test_each_heading_of_it_is_in_the_table_once() -> None:
    assert [heading for heading, _ in WHAT_AND_WHERE] == HEADINGS


@pytest.mark.parametrize(("heading", "where"), WHAT_AND_WHERE, ids=lambda each: each[:30])
def test_what_does_it_is_there(checkout: Checkout, heading: str, where: str) -> None:
    """A file, a job of it, and steps of that, with arrows between; behind a semicolon it is the same file."""
    assert re.search(r"`.+?`|\]\(", where), heading
    name = ""
    for part in where.split("; "):
        file = re.match(r"`(\w+\.yml)` → ", part)
        name = file[1] if file else name
        job, _, steps = part.removeprefix(file[0] if file else "").partition(" → ")
        if names_in(job) and name:
            found = checkout.jobs(name)[names_in(job)[0]]
            assert set(names_in(steps)) <= {step["name"] for step in found["steps"]}


def names_in(text: str) -> list[str]:
    return re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)


# --- the contract of the three scripts -----------------------------------------------------------------------


CONTRACT = [
    (quoted(step)[0], name.partition("=")[0])
    for step, *cells in rows("Put your own command in its place")
    for cell in cells
    for name in quoted(cell)
]


LAMBDAS = {"deploy.sh": "deploy.py", "check.sh": "check.py", "roll-back.sh": "roll_back.py"}


@pytest.mark.parametrize(("script", "name"), CONTRACT)
def test_the_contract_is_the_one_that_stands_in_the_script(checkout: Checkout, script: str, name: str) -> None:
    assert re.search(rf"^#   {name} ", checkout.files[f".github/pipeline/{script}"], re.MULTILINE)
    assert re.search(rf"^  {name} ", checkout.files[f".github/pipeline/{LAMBDAS[script]}"], re.MULTILINE)


def test_the_contract_is_found_by_whoever_deleted_the_script(checkout: Checkout) -> None:
    head = checkout.files[".github/workflows/deploy.yml"].split("name: Deploy")[0]

    page, heading = re.findall(r'"([^"]+)"', head)
    assert PAGE.startswith(f"# {page}\n")
    assert f"\n## {heading}\n" in PAGE


def test_what_a_runner_needs_is_said(checkout: Checkout) -> None:
    (needs,) = re.findall("^A runner needs .*", PAGE, re.MULTILINE)
    steps = [
        step
        for name in ("deploy.yml", "rollback.yml")
        for job in checkout.jobs(name).values()
        for step in job["steps"]
    ]
    commands = {
        line.split()[0] for step in steps if "\n" not in step.get("run", "\n") for line in step["run"].split("| ")
    }

    assert commands - {"echo", "tee"} <= set(quoted(needs))
    for path, text in checkout.files.items():
        if path.endswith(".py"):
            ast.parse(text, feature_version=(3, 9))
    assert "`python3` 3.9 or newer" in needs


def test_nothing_of_the_contract_is_left_out(checkout: Checkout) -> None:
    of_the_job = {"ENVIRONMENT", "FUNCTION", "ALIAS", "AWS_REGION", "PAYLOAD", "EXPECTED"}
    for script, lambdas in LAMBDAS.items():
        named = {name for of, name in CONTRACT if of == script}
        for each, indented in ((script, "#   "), (lambdas, "  ")):
            lines = checkout.files[f".github/pipeline/{each}"].splitlines()
            there = {found[1] for line in lines if (found := re.match(rf"{indented}([A-Z_]+|[a-z_]+)  ", line))}
            assert there - of_the_job == named
