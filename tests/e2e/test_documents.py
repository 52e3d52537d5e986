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

    from support.shell import Shell

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


def test_the_tutorial(shell: Shell) -> None:
    steps = re.findall(r"<!-- (file|edit|run)(.*?) -->\n```\w+\n(.*?)```", TUTORIAL, re.DOTALL)
    assert len(steps) == 7
    file = shell.folder / "environments.yaml"

    for kind, detail, content in steps:
        match kind:
            case "file":
                file.write_text(content, encoding="utf-8")
            case "edit":
                before, after = detail.removeprefix(": ").split(" -> ")
                text = file.read_text(encoding="utf-8")
                assert before in text
                file.write_text(text.replace(before, after), encoding="utf-8")
                assert content in file.read_text(encoding="utf-8")
            case _:
                command, *expected = content.removeprefix("$ ").splitlines()
                ran = shell.run(*shlex.split(command)[1:])
                assert ran.code == int(detail.removeprefix(", exit ") or 0), ran
                assert "".join(f"{line}\n" for line in expected) in ran.out

    assert "Nothing to do." in shell.ok("plan", "--sandbox") or "In sync" in shell.ok("plan", "--sandbox")


LINKS = [
    (page, link)
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    if "://" not in link
]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda each: getattr(each, "name", each))
def test_links_lead_somewhere(page: Path, link: str) -> None:
    assert (page.parent / link).exists()
