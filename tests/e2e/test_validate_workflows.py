"""`envsync validate` in a checkout: workflows are held against the files, if they are the same repository's."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.canaries import Finder
from support.schemas import check
from support.shell import CANARY, ROOT

from envsync.workflows.slugs import Slug

if TYPE_CHECKING:
    from support.shell import Shell

HEAD = "version: 1\nname: payments\nrepositories: [{}]\n"
BODY = """\
environments:
  staging: {secrets: {TOKEN: external}}
  production-approval: {required_reviewers: [team-lead]}
  production: {secrets: {TOKEN: external}}
"""
HEALTHY = """\
on: push
jobs:
  staging:
    environment: staging
    steps: [{run: "deploy ${{ secrets.TOKEN }}"}]
  approve: {needs: staging, environment: production-approval}
  production:
    needs: approve
    environment: production
    steps: [{run: "deploy ${{ secrets.TOKEN }}"}]
"""
ASTRAY = HEALTHY.replace("environment: staging", "environment: stagin")
FOUND = """\
error[undeclared-environment]: the job `staging` names `stagin`, which no file declares: GitHub would make it, \
unprotected
 --> .github/workflows/deploy.yml:4:18
  |
4 |     environment: stagin
  |                  ^^^^^^
  = help: did you mean `staging`?
"""
VALID = "environments.yaml: valid\n"
WITH_ONE = "environments.yaml: valid, with 1 workflow\n"


def checkout(shell: Shell, workflow: str = HEALTHY, repositories: str = "acme/payments", remote: str = "") -> None:
    shell.write(HEAD.format(repositories) + BODY)
    shell.write(workflow, ".github/workflows/deploy.yml")
    if remote:
        subprocess.run(["git", "init", "--quiet", shell.folder], check=True)
        subprocess.run(["git", "-C", shell.folder, "remote", "add", "origin", remote], check=True)


def test_what_was_checked_is_said(shell: Shell) -> None:
    checkout(shell)
    assert shell.run("validate") == (ran := shell.run("validate", "--workflows"))
    assert (ran.code, ran.out, ran.err) == (0, WITH_ONE, "")

    shell.write("on: push\njobs: {test: {}}\n", ".github/workflows/test.yaml")
    shell.write("no workflow", ".github/workflows/README.md")
    assert shell.ok("validate") == "environments.yaml: valid, with 2 workflows\n"


def test_a_finding_has_its_place_and_one_thing_to_do(shell: Shell) -> None:
    checkout(shell, ASTRAY)

    ran = shell.run("validate")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(FOUND)
    assert ran.err.endswith("\n1 error\n")


def test_the_other_formats_have_it_too(shell: Shell) -> None:
    checkout(shell, ASTRAY)

    ran = shell.run("validate", "-o", "json")
    found = check("diagnostics", ran.out)
    assert (ran.code, found["valid"]) == (1, False)
    (one,) = found["diagnostics"]
    assert (one["code"], one["span"]["file"]) == ("undeclared-environment", ".github/workflows/deploy.yml")

    markdown = shell.run("validate", "-o", "markdown")
    assert markdown.code == 1
    assert markdown.out.startswith("### envsync validate: 1 error\n")
    assert "`undeclared-environment`" in markdown.out


def test_github_shows_it_beside_the_line(shell: Shell) -> None:
    checkout(shell, ASTRAY)
    summary = shell.folder / "summary"

    ran = shell.run(
        "validate",
        GITHUB_ACTIONS="true",
        GITHUB_REPOSITORY="acme/payments",
        GITHUB_STEP_SUMMARY=str(summary),
    )

    assert ran.code == 1
    assert (
        "::error file=.github/workflows/deploy.yml,line=4,endLine=4,col=18,endColumn=23,"
        "title=envsync[undeclared-environment]::" in ran.err
    )
    assert summary.read_text(encoding="utf-8").startswith("### envsync validate: 1 error\n")


def test_a_warning_or_a_note_leaves_the_files_valid(shell: Shell) -> None:
    checkout(shell, "on: push\njobs: {test: {}}\n")

    ran = shell.run("validate")

    assert (ran.code, ran.out) == (0, WITH_ONE)
    assert "note[no-deployment]: no workflow here deploys to any of the 3 environments\n" in ran.err
    assert ran.err.endswith("1 note\n")


def test_one_finding_can_be_silenced(shell: Shell) -> None:
    comment = "# envsync: ignore[undeclared-environment] previews make it"
    checkout(shell, f"{HEALTHY}  preview:\n    environment: preview {comment}\n")

    assert shell.run("validate").err == ""


def test_all_of_it_can_be_left_out(shell: Shell) -> None:
    checkout(shell, ASTRAY)

    assert shell.ok("validate", "--no-workflows") == VALID


def test_files_that_are_wrong_come_first(shell: Shell) -> None:
    checkout(shell, ASTRAY)
    shell.write(HEAD.format("acme/payments") + BODY.replace("{required", "{requird"))

    ran = shell.run("validate")

    assert ran.code == 1
    assert "error[unknown-key]" in ran.err
    assert "undeclared-environment" not in ran.err


def test_a_workflow_that_is_none_is_a_warning_and_hides_nothing(shell: Shell) -> None:
    checkout(shell, ASTRAY)
    shell.write(HEAD.format("acme/payments") + BODY + "  former: {}\n")
    shell.write("jobs: {\n", ".github/workflows/broken.yml")
    (shell.folder / ".github/workflows/link.yml").symlink_to("/etc/hostname")

    ran = shell.run("validate")

    assert ran.err.count("warning[workflow-unreadable]") == 2
    assert FOUND.splitlines()[0] in ran.err
    assert "unused" not in ran.err  # what cannot be read may use it


# --- whose workflows they are ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repositories", "remote"),
    [
        ("acme/payments", ""),
        ("acme/payments", "https://github.com/Acme/Payments.git"),
        ("acme/payments, acme/web", "git@github.com:acme/payments.git"),
        ('"acme/pay*", acme/web', "git@github.com:acme/payments.git"),
    ],
)
def test_they_are_checked_where_the_files_declare_the_repository(
    shell: Shell, repositories: str, remote: str
) -> None:
    checkout(shell, ASTRAY, repositories, remote)

    assert FOUND.splitlines()[0] in shell.run("validate").err


@pytest.mark.parametrize(
    ("repositories", "remote", "why"),
    [
        (
            "acme/payments",
            "https://github.com/acme/web",
            "this is a checkout of acme/web, which no file declares",
        ),
        ('"acme/p*"', "https://github.com/acme/web", "this is a checkout of acme/web, which no file declares"),
        (
            "acme/payments, acme/web",
            "",
            "git has no remote `origin` that tells which repository this is a checkout of",
        ),
        ('"acme/*"', "", "git has no remote `origin` that tells which repository this is a checkout of"),
    ],
)
def test_else_they_are_not_and_only_who_asks_is_told_why(
    shell: Shell, repositories: str, remote: str, why: str
) -> None:
    checkout(shell, ASTRAY, repositories, remote)

    ran, asked = shell.run("validate"), shell.run("validate", "--workflows")

    assert (ran.code, ran.out, ran.err) == (0, VALID, "")
    assert (asked.code, asked.out) == (1, "")
    assert asked.err.startswith(f"error[workflows-not-checked]: the workflows are not checked: {why}\n")


def test_without_workflows_only_who_asks_is_told(shell: Shell) -> None:
    shell.write(HEAD.format("acme/payments") + BODY)

    assert shell.run("validate").err == ""
    asked = shell.run("validate", "--workflows")
    assert asked.code == 1
    assert f"the workflows are not checked: there is no .github/workflows in {shell.folder}\n" in asked.err


def test_what_one_repository_does_not_use_another_may(shell: Shell) -> None:
    unused = HEALTHY.replace("${{ secrets.TOKEN }}", "")
    checkout(shell, unused, "acme/payments, acme/web", "https://github.com/acme/payments")

    assert shell.run("validate").err == ""
    checkout(shell, unused)
    assert shell.run("validate").err.count("warning[unused-secret]") == 2


def test_files_may_lie_anywhere_in_the_checkout(shell: Shell) -> None:
    checkout(shell, ASTRAY, remote="https://github.com/acme/payments")
    (shell.folder / "environments.yaml").rename(shell.write("", "deploy/a.yaml"))

    ran = shell.run("validate", "deploy/a.yaml")

    assert "--> .github/workflows/deploy.yml:4:18\n" in ran.err


def test_two_patterns_that_meet_in_this_repository_are_wrong_in_it(shell: Shell) -> None:
    """Which repositories a pattern matches is not known offline, but for this one."""
    checkout(shell, HEALTHY, '"acme/p*"', "https://github.com/acme/payments")
    shell.write(HEAD.format('"acme/*s"') + BODY, "b.yaml")

    assert shell.run("validate", "environments.yaml", "b.yaml", "--no-workflows").code == 0
    ran = shell.run("validate", "environments.yaml", "b.yaml")

    assert ran.code == 1
    assert "error[declared-twice]: `staging` of acme/payments is declared by two files\n" in ran.err


# --- values are never shown --------------------------------------------------------------------------------

LEAKY = {
    "a call": """\
on: push
jobs:
  a: {uses: other/x/.github/workflows/d.yml@v1, secrets: {A: CANARY, B: "${{ secrets.TOKN }}"}}
""",
    "a job": """\
on: push
jobs:
  a: {environment: stagin, env: {T: CANARY, U: "${{ secrets.TOKN || 'CANARY' }}", V: "CANARY${{ secrets.TOKN }}"}}
""",
    "a use": """\
on: push
jobs:
  a: {environment: staging, env: {T: CANARY, U: "${{ secrets.TOKN }}"}} # T was CANARY
""",
    "a step": """\
on: push
jobs:
  a:
    environment: staging
    steps: [{uses: x, with: {T: CANARY, U: "${{ secrets.TOKN }}"}}] # envsync: ignore[no-deployment] why
""",
    "a container": """\
on: push
jobs:
  a: {environment: stagin, container: {image: x, credentials: {username: CANARY, password: CANARY}}}
""",
    "no job": "on: push\njobs: {a: CANARY}\n",
    "no workflow": "{env: {T: CANARY}}\n",
    "no mapping": "CANARY\n",
    "no YAML": "env: {T: CANARY, U: @x}\n",
    "no YAML, with a comment": "env: {T: CANARY} # envsync: ignore[gone]\njobs: [\n",
}


@pytest.mark.parametrize("text", LEAKY.values(), ids=LEAKY)
def test_no_value_of_a_workflow_is_shown(shell: Shell, text: str) -> None:
    checkout(shell, text.replace("CANARY", CANARY))
    finder = Finder.of({"value": CANARY.encode()})
    summary = shell.folder / "summary"

    runs = [shell.run("validate", "-o", each) for each in ("text", "json", "markdown")]
    runs.append(shell.run("validate", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary)))

    assert [bool(each.out + each.err) for each in runs] == [True] * 4
    assert "deploy.yml" in runs[0].err
    shown = "".join(each.out + each.err for each in runs) + summary.read_text(encoding="utf-8")
    assert finder.find(shown.encode()) == set()
    assert "•••" in shown


# --- the page about it -------------------------------------------------------------------------------------

PAGE = (ROOT / "docs/how-to/check-your-workflows.md").read_text(encoding="utf-8")


def test_the_page_shows_what_happens(shell: Shell) -> None:
    wrong, silent = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)

    checkout(shell, wrong)
    assert shown in shell.run("validate").err

    checkout(shell, silent)
    assert shell.run("validate").code == 0


def test_the_page_names_every_finding() -> None:
    assert {each for each in Slug if f"`{each}`" not in PAGE} == {Slug.MORE_FINDINGS}
