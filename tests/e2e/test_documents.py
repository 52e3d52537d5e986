"""What the README and the tutorial tell a newcomer to do is done here, word by word."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from support.schemas import check
from support.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub, Ran, Shell

README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")


def block(text: str, marker: str) -> str:
    found = re.search(rf"<!-- {re.escape(marker)} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, marker
    return found[1]


def test_the_readme_shows_what_the_command_prints(shell: Shell) -> None:
    found = re.search(r"<!-- output of: (envsync .*?) -->", README)
    assert found
    shell.write((ROOT / "environments.yaml").read_text(encoding="utf-8"))

    out = shell.ok(*shlex.split(found[1])[1:], COLUMNS="80")

    assert out == block(README, f"output of: {found[1]}")


def test_the_readmes_main_command_does_the_main_job_and_then_there_is_nothing_to_do(shell: Shell) -> None:
    install, *commands = block(README, "main command").strip().split(" && ")
    assert install == "python3 -m pip install ."  # that is how the command came here
    shell.write((ROOT / "environments.yaml").read_text(encoding="utf-8"))

    for command in commands:
        shell.ok(*shlex.split(command)[1:])

    assert "In sync" in shell.ok("apply", "--sandbox", "--yes")


def test_the_readmes_graph_is_that_of_the_pipeline_that_it_names(shell: Shell) -> None:
    shell.write((ROOT / "environments.yaml").read_text(encoding="utf-8"))
    found = re.search(r"\]\((tests/corpus/\S+\.yml)\):\n\n<!-- envsync graph -->", README)
    assert found
    shell.write((ROOT / found[1]).read_text(encoding="utf-8"), ".github/workflows/deploy.yml")
    shell.write(README, "README.md")

    shell.ok("graph", "--into", "README.md", "--check")
    assert "valid, with 1 workflow" in shell.ok("validate")


def test_the_readmes_file_is_valid(shell: Shell) -> None:
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found
    shell.write(found[1])

    assert shell.ok("validate") == "environments.yaml: valid\n"


def test_the_file_for_many_repositories_is_valid_and_does_what_its_comments_say(shell: Shell) -> None:
    page = (ROOT / "docs/how-to/serve-many-repositories.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found
    shell.write(found[1])

    plan = check("plan", shell.ok("plan", "--sandbox", "-o", "json"))

    made = {(each["repository"], each["environment"], each["name"]) for each in plan["changes"]}
    assert ("acme/web", "preview", "SERVICE") in made
    assert ("acme/web", "staging", "OWNER") in made
    assert ("acme/web", "production", "OWNER") not in made
    assert ("acme/service-example", "production", "TOKEN") in made


STEP = re.compile(r"<!-- (install|run|edit)(.*?) -->\n```\w+\n(.*?)```", re.DOTALL)
EDIT = re.compile(r" (\S+), in (.+?), (.+) -> (.+)")


def edit(shell: Shell, how: str, shown: str) -> None:
    """`FILE, in PLACE, BEFORE -> AFTER`: the first one that comes after the place."""
    found = EDIT.fullmatch(how)
    assert found, how
    name, place, before, after = found.groups()
    file = shell.folder / name
    head, at, tail = file.read_text(encoding="utf-8").partition(place)
    assert before in tail
    changed = tail.replace(before, after, 1)
    assert shown.strip() in changed
    file.write_text(head + at + changed, encoding="utf-8")


def parts() -> list[list[tuple[str, str, str]]]:
    return [STEP.findall(part) for part in TUTORIAL.split("\n## Part ")[1:]]


def run(shell: Shell, detail: str, content: str) -> Ran:
    [command] = content.splitlines()
    ran = shell.run(*shlex.split(command.removeprefix("$ "))[1:])
    expected = re.search(r", exit (\w+)", detail)
    assert (expected and expected[1] == "any") or ran.code == int(expected[1] if expected else 0), ran
    return ran


def test_a_newcomer_gets_from_nothing_to_a_repaired_drift_in_six_commands() -> None:
    first, *_ = parts()
    commands = [content.removeprefix("$ ").strip() for kind, _, content in first if kind != "edit"]

    assert commands[0] == "python3 -m pip install ."  # that is how the command came here
    asked = [command.split()[1] for command in commands[1:6]]
    assert asked == ["init", "plan", "apply", "drift", "apply"]


def test_the_tutorials_first_part(shell: Shell) -> None:
    _, *steps = parts()[0]
    said = []

    for kind, detail, content in steps:
        if kind == "edit":
            edit(shell, detail, content)
        else:
            said.append(run(shell, detail, content))

    _, planned, applied, drifted, repaired, refused, granted = said
    assert "16 to create" in planned.out
    assert "16 applied" in applied.out
    assert "can_admins_bypass" in drifted.out
    assert "can_admins_bypass" in repaired.out
    assert "carol" in refused.err
    assert "--allow-weakening" in refused.err
    assert "carol" in granted.out
    assert "In sync" in shell.ok("plan", "--sandbox")


def test_the_tutorials_other_parts(github: GitHub) -> None:
    """On a repository that has environments, as `GITHUB_API_URL` says."""
    shell, sandbox = github.shell, github.sandbox
    sandbox.seed(users=["ann", "bob"], repositories=[("acme", "shop")])
    shell.environ["ENVSYNC_RECORD_KEY"] = "0f" * 32
    shell.write(
        "version: 1\nname: before\nrepositories: [acme/shop]\nenvironments: {production: {wait_timer: 5}}\n"
    )
    shell.ok("apply", "--yes", ENVSYNC_RECORD_KEY="")
    (shell.folder / "environments.yaml").unlink()

    said = [run(shell, detail, content) for part in parts()[1:] for _, detail, content in part]

    [_, imported, examined, planned, applied, valid, dry] = said
    assert "wrote environments.yaml" in imported.err
    assert "production" in (shell.folder / "environments.yaml").read_text(encoding="utf-8")
    assert examined.out.startswith("Credential\n")
    assert "Nothing to do" in planned.out or "In sync" in planned.out
    assert "record" in applied.out
    assert "valid" in valid.out
    assert "envsync-apply.yml" in dry.out
    assert not (shell.folder / ".github").exists()


LINKS = [
    (page, link)
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    if "://" not in link
]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda each: getattr(each, "name", each))
def test_links_lead_somewhere(page: Path, link: str) -> None:
    assert (page.parent / link).exists()
