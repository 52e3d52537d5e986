"""What other habits take for granted: hooks before a commit, other CI systems, commands copied from a page."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml
from support.shell import ROOT

from envsync.cli.group import cli
from envsync.cli.options import spelled_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.shell import Shell

PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))
FILE = "version: 1\nname: {}\nrepositories: [acme/payments]\nenvironments: {{{}: {{}}}}\n"


def blocks(page: Path, language: str) -> list[str]:
    """Without the indentation of the list that they stand in."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def page(name: str) -> Path:
    return ROOT / "docs/how-to" / name


# --- pre-commit ----------------------------------------------------------------------------------------------


def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return dict(found)


def entry() -> list[str]:
    program, *arguments = shlex.split(hook()["entry"])
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    return [*arguments, *hook()["args"]]


def test_a_name_that_looks_like_an_option_is_a_name_all_the_same(shell: Shell) -> None:
    shell.write("version: 2\n", "-hx/environments.yaml")

    assert shell.run(*entry(), "-hx/environments.yaml").code == 1


def test_the_hook_is_one_that_pre_commit_takes() -> None:
    """By https://pre-commit.com/#creating-new-hooks."""
    assert hook().keys() >= {"id", "name", "entry", "language"}
    assert hook().keys() <= {"id", "name", "entry", "language", "files", "description", "args", "require_serial"}
    assert (hook()["id"], hook()["language"], hook()["require_serial"]) == ("envsync-validate", "python", True)


def test_the_page_names_the_hook_that_there_is() -> None:
    (config,) = [each for each in blocks(page("run-it-elsewhere-in-ci.md"), "yaml") if "hooks:" in each]

    assert [each["id"] for repo in yaml.safe_load(config)["repos"] for each in repo["hooks"]] == [hook()["id"]]


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("environments.yaml", True),
        ("environments.yml", True),
        ("deploy/eu/environments.yaml", True),
        ("my-environments.yaml", False),
        ("environments.yaml.orig", False),
        ("environments/other.yaml", False),
        ("schemas/environments.schema.json", False),
    ],
)
def test_the_hook_runs_for_the_files_that_it_is_for(name: str, *, is_taken: bool) -> None:
    assert bool(re.search(hook()["files"], name)) is is_taken


def test_the_hook_is_given_all_files_at_once_and_checks_them_together(shell: Shell) -> None:
    names = ["a/environments.yaml", "b c/environments.yml", "d/environments.yaml"]
    for number, name in enumerate(names):
        shell.write(FILE.format(f"owner-{number}", f"env-{number}"), name)

    assert shell.ok(*entry(), *names) == f"{', '.join(names)}: valid\n"

    shell.write(FILE.format("somebody-else", "env-0"), names[1])
    ran = shell.run(*entry(), *names)
    assert ran.code == 1
    assert "env-0" in ran.err
    assert "b c/environments.yml" in ran.err


def test_the_hook_checks_what_it_is_given_and_no_default(shell: Shell) -> None:
    shell.write("version: 2\n")
    shell.write(FILE.format("payments", "qa"), "sub/environments.yaml")

    shell.ok(*entry(), "sub/environments.yaml")

    assert shell.run(*entry()).code == 1


def test_a_name_of_a_file_does_nothing_to_a_terminal(shell: Shell) -> None:
    name = "\x1b[31m\n::error::x/environments.yaml"
    shell.write(FILE.format("payments", "qa"), name)

    assert shell.ok(*entry(), name) == "\\u001b[31m\\n::error::x/environments.yaml: valid\n"


# --- commands that pages show --------------------------------------------------------------------------------


def shown() -> Iterator[tuple[str, str]]:
    """Each page's name with each `envsync …` in its code, in blocks and between backticks."""
    for each in PAGES:
        text = each.read_text(encoding="utf-8")
        code = [
            re.sub(r"(^|\s)#.*", "", line).rstrip()
            for block in blocks(each, r"\w+")
            for line in block.splitlines()
        ]
        code += re.findall(
            r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)
        )
        for line in code:
            for found in re.findall(r"(?:^|[\s'\[/])envsync +([^|&\]\n]+)", line):
                yield each.name, found.strip()


COMMANDS = sorted(set(shown()))


def words(command: str) -> list[str]:
    """A quote that a line of another language ends with has no beginning here."""
    return shlex.split(command if command.count("'") % 2 == 0 else command.removesuffix("'"))


def parsed(name: str, arguments: list[str]) -> click.Context:
    """With the group's settings: a command keeps the option for help that it made first, for other tests too."""
    with cli.make_context("envsync", [name]) as parent:
        return cli.commands[name].make_context(name, arguments, parent=parent)


def test_there_are_commands_on_the_pages() -> None:
    assert len(COMMANDS) > 15
    assert {name for name, _ in COMMANDS} >= {
        "run-it-elsewhere-in-ci.md",
        "watch-for-drift.md",
        "use-a-github-app.md",
    }


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_each_command_that_a_page_shows_is_one(name: str, command: str) -> None:
    first, *arguments = spelled_out(words(command))
    found = cli.commands.get(first)
    assert found, f"{name}: there is no command {first}"

    assert parsed(first, arguments).info_name == first  # raises for wrong usage


def test_a_command_that_there_is_not_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        parsed("plan", ["--no-such"])
    with pytest.raises(click.UsageError):
        parsed("drift", ["--report", "mail"])


# --- other CI ------------------------------------------------------------------------------------------------


def gitlab() -> dict[str, Any]:
    (found,) = [each for each in blocks(page("run-it-elsewhere-in-ci.md"), "yaml") if "stages:" in each]
    return dict(yaml.safe_load(found))


def jobs() -> dict[str, dict[str, Any]]:
    """With what they extend."""
    every = {name: each for name, each in gitlab().items() if isinstance(each, dict)}
    return {
        name: {**every.get(each.get("extends", ""), {}), **each}
        for name, each in every.items()
        if "script" in each and not name.startswith(".")
    }


def test_gitlabs_jobs_do_what_the_page_says(shell: Shell) -> None:
    """On the sandbox: a change that is plain, and one that somebody has to grant."""
    assert {each["stage"] for each in jobs().values()} == set(gitlab()["stages"])
    file = (ROOT / "environments.yaml").read_text(encoding="utf-8")
    shell.write(file)

    def run(name: str) -> list[int]:
        codes = []
        for line in jobs()[name]["script"]:
            first, *arguments = shlex.split(line.partition(" | ")[0])
            assert first == "envsync"
            codes.append(shell.run(*arguments, *([] if arguments[0] == "validate" else ["--sandbox"])).code)
        return codes

    assert not any((*run("plan"), *run("apply"), *run("drift")))

    shell.write(file.replace("branches: [main]", "branches: [main, develop]"))
    assert run("apply")[-1] == 1
    assert not any(run("granted"))
    assert not any(run("drift"))


def test_applies_never_overlap_elsewhere_either() -> None:
    applies = [each for each in jobs().values() if "envsync apply" in str(each["script"])]
    (jenkins,) = blocks(page("run-it-elsewhere-in-ci.md"), "groovy")

    assert len(applies) == 2
    assert {each.get("resource_group") for each in applies} == {"envsync"}
    assert "disableConcurrentBuilds()" in jenkins


def test_what_is_expected_for_a_while_is_written_as_the_page_says(shell: Shell) -> None:
    (expected,) = [each for each in blocks(page("watch-for-drift.md"), "yaml") if each.startswith("expected:")]
    shell.write(FILE.format("payments", "production") + expected)

    assert "valid" in shell.ok("validate")
    assert shell.run("drift", "--sandbox").code == 2  # nothing was applied, so production is not there


def test_the_pages_step_uses_inputs_that_the_action_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    text = page("run-it-in-github-actions.md").read_text(encoding="utf-8")
    (step,) = yaml.safe_load(blocks(page("run-it-in-github-actions.md"), "yaml")[0])

    assert step["with"].keys() <= action["inputs"].keys()
    assert step["uses"].endswith("@COMMIT")
    tables = [
        set(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    ]
    named = [{name for cell in table for name in re.findall(r"`([a-z-]+)`", cell)} for table in tables]
    assert set(action["inputs"]) in named
    assert set(action["outputs"]) in named
