"""What a new file is called."""

from __future__ import annotations

import pytest

from envsync.model import LiveEnvironment, LiveRepository, LiveVariable, RepositoryName
from envsync.plan.record import Made, Record
from envsync.plan.record_text import close, encode
from envsync.scaffold import owner_name, recorded_owners


def repository(name: str, *records: str | None) -> LiveRepository:
    environments = {
        f"e{number}": LiveEnvironment(
            f"e{number}", number, record=None if text is None else LiveVariable("ENVSYNC_RECORD", text, "")
        )
        for number, text in enumerate(records)
    }
    named = RepositoryName("acme", name)
    return LiveRepository(named, named, tuple(environments), environments)


def record(owner: str) -> str:
    return close(encode(Record(owner, 1_767_225_600, Made.CREATED), "0badcafe"), "A" * 43)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["payments"], "payments"),
        ([".github"], "github"),
        (["-_."], "environments"),
        (["api", "web"], "acme"),
    ],
)
def test_the_repositorys_name_or_of_several_their_owners(names: list[str], expected: str) -> None:
    assert owner_name([repository(name) for name in names]) == expected


def test_that_of_the_file_whose_record_the_environments_carry() -> None:
    lives = [repository("api", record("platform"), record("platform")), repository("web", record("platform"))]

    assert owner_name(lives) == "platform"
    assert recorded_owners(lives) == ("platform",)


@pytest.mark.parametrize("other", [None, "no record"])
def test_not_where_that_file_has_only_some_of_them(other: str | None) -> None:
    """Two files of one name would undo each other."""
    lives = [repository("api", record("platform"), other), repository("web", record("platform"))]

    assert owner_name(lives) == "acme"
    assert recorded_owners(lives) == ("platform",)


def test_not_where_they_carry_records_of_several() -> None:
    lives = [repository("api", record("platform"), record("payments"))]

    assert owner_name(lives) == "api"
    assert recorded_owners(lives) == ("payments", "platform")


@pytest.mark.parametrize("text", [record("no name:\n"), '{"version":2}', "{}", ""])
def test_nor_where_no_file_can_have_that_name_or_the_record_does_not_say(text: str) -> None:
    assert owner_name([repository("api", text)]) == "api"
