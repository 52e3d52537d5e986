"""`--help` of each command: one sentence, an example, its exit codes."""

from __future__ import annotations

import shlex

import pytest

from envsync.cli.group import cli

COMMANDS = sorted(cli.commands)


def test_there_are_commands() -> None:
    assert {"apply", "doctor", "drift", "graph", "import", "init", "plan", "validate"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_in_one_sentence_what_it_does(name: str) -> None:
    said = cli.commands[name].help or ""
    first = " ".join(said.partition("\n\n")[0].split())

    assert first.endswith(".")
    assert first.count(". ") <= 1, "a second one may say what it does not do"


@pytest.mark.parametrize("name", COMMANDS)
def test_its_sentence_fits_in_the_list_of_commands(name: str) -> None:
    assert not cli.commands[name].get_short_help_str(80 - len("  credentials  ")).endswith("...")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_an_example_that_its_own_parser_takes_and_says_how_it_exits(name: str) -> None:
    command = cli.commands[name]
    example, *_, exits = (command.epilog or "").split("\n\n")

    program, called, *arguments = shlex.split(example.removeprefix("Example: "))
    assert (program, called) == ("envsync", name)
    with cli.make_context("envsync", [name, *arguments]) as parent:
        command.make_context(name, arguments, parent=parent)
    assert exits.startswith("Exit codes: 0 ")
