"""The reference is made from the command line and the schemas: `--update-golden` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from envsync.cli.group import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


def help_of(*command: str) -> str:
    runner = CliRunner()
    return runner.invoke(cli, [*command, "--help"], prog_name="envsync", terminal_width=80).output


def test_the_command_line_is_in_the_reference(golden: Callable[[str, str], None]) -> None:
    parts = ["# Commands and options\n", "What `--help` prints. Made from the program by a test.\n"]
    parts += ["## envsync\n", f"```text\n{help_of()}```\n"]
    for name in sorted(cli.commands):
        parts += [f"## envsync {name}\n", f"```text\n{help_of(name)}```\n"]

    golden("../../docs/reference/cli.md", "\n".join(parts))


def test_every_property_of_a_file_is_in_the_reference(golden: Callable[[str, str], None]) -> None:
    schema = json.loads((ROOT / "schemas/environments.schema.json").read_text(encoding="utf-8"))
    rows = "".join(f"| `{name}` | {about} | {example} |\n" for name, about, example in properties(schema, schema))
    head = (
        "# environments.yaml\n\nMade from `schemas/environments.schema.json` by a test.\n\n"
        "| property | what it says | example |\n|---|---|---|\n"
    )

    golden("../../docs/reference/environments-yaml.md", head + rows)


def properties(schema: dict[str, Any], root: dict[str, Any], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Each property once, where it stands first: bodies under `defaults` are those under `environments`."""
    for name, each in schema.get("properties", {}).items():
        where = f"{path}{name}"
        example = f"`{json.dumps(each['examples'][0])}`" if each.get("examples") else ""
        yield where, each.get("description", "").replace("|", "\\|").replace("\n", " "), example
        if where in {"defaults", "overrides"}:
            continue
        for deeper, suffix in ((each, "."), (each.get("additionalProperties"), ".*."), (each.get("items"), "[].")):
            if isinstance(deeper, dict):
                yield from properties(resolved(deeper, root), root, f"{where}{suffix}")


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
