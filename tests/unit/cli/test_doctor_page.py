"""The page about `doctor` names the permissions that the code knows, no others, and for the same commands."""

from __future__ import annotations

import re
from pathlib import Path

from envsync.doctor.case import Purpose
from envsync.doctor.permissions import TEAMS as MEMBERS
from envsync.doctor.permissions import besides, needed
from envsync.github.links import DOCTOR, Need, in_words
from envsync.plan.checkup import Topic

PAGE = Path(__file__).parents[3] / "docs/how-to/find-out-why-it-does-not-work.md"
TEAMS = "Members: read (of the organization)"


ROW = re.compile(r"^\| ([A-Z][a-z]+: \w+[^|]*?) \|([^|]*)\|([^|]*)\|([^|]*)\|", re.MULTILINE)


def table() -> dict[str, tuple[str, ...]]:
    """Permission -> what stands under `plan`, under `apply`, and under `doctor`."""
    found = [[cell.strip() for cell in row] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    return {permission: tuple(cells) for permission, *cells in found}


def of(need: Need) -> set[str]:
    return {in_words(name, level) for name, level in need.permissions.items()}


def test_the_table_has_what_new_tokens_and_apps_are_filled_in_with() -> None:
    plan, apply, doctor = ({name for name, row in table().items() if row[column]} for column in range(3))

    assert plan == of(Need("acme", writes=False, teams=False, issues=True))
    assert apply == of(Need("acme", writes=True))
    assert doctor == {in_words(name, level) for name, level in DOCTOR.items()} | {TEAMS}
    assert {name: row for name, row in table().items() if "with teams" in row} == {
        TEAMS: ("", "with teams", "with teams")
    }
    assert {name for name, row in table().items() if row[0] == "with `--report issue`"} == {"Issues: write"}


def test_what_is_judged_is_what_is_granted() -> None:
    """A permission to write is one to read as well."""
    reads, writes = of(Need("acme", writes=False, teams=False)), of(Need("acme", writes=True))

    for purpose, granted in ((Purpose.PLAN, reads), (Purpose.DRIFT, reads), (Purpose.APPLY, writes)):
        wanted = {each.replace(MEMBERS, TEAMS) for each in needed(purpose, teams=True, settings_only=False)}
        implied = {each.replace(": write", ": read") for each in wanted if each.endswith(": write")}
        assert wanted - implied == granted
    for purpose in Purpose:
        alone = {*besides(purpose, teams=True)} - {MEMBERS}
        assert alone == {in_words(name, level) for name, level in DOCTOR.items()}
        assert MEMBERS in {*besides(purpose, teams=True), *needed(purpose, teams=True, settings_only=False)}
        assert MEMBERS not in besides(purpose, teams=False)


def test_every_topic_is_on_the_page() -> None:
    _, _, listed = PAGE.read_text(encoding="utf-8").partition("| topic |")
    topics = re.findall(r"^\| ([a-z]+) \| ", listed.partition("\n\n")[0], re.MULTILINE)

    assert topics == list(Topic)
