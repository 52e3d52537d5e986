"""Shards, joined: as if one machine had done it, or an error that says what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drifts import INCIDENT, REVIEWERS
from support.shards import SANDBOX, SCHEMAS, World, printed, worlds

from envsync.errors import ConfigError
from envsync.plan.changes import UnreadPart
from envsync.plan.drift import Asked, Drift
from envsync.plan.drift_check import DriftPart
from envsync.plan.drift_decode import parse_drift
from envsync.plan.drift_merge import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envsync.plan.drift import Checked

Named = tuple[str, "Checked"]

QUIET = DriftPart(Drift(), frozenset({INCIDENT}))
DRIFTED = DriftPart(Drift((REVIEWERS,)), frozenset())
BLIND = UnreadPart("acme/web", None, "repository", "not permitted", None, failed=True)
# Of two shards acme/web is in the first, acme/payments in the second.
WORLD = World({"acme/payments": DRIFTED, "acme/web": QUIET}, {}, (SANDBOX,), Asked(), pending=False)


def read_again(shards: Sequence[Named]) -> list[Named]:
    return [(name, parse_drift(printed(each).encode(), name, SCHEMAS)) for name, each in shards]


def whole(shards: Sequence[Named], *, partial: bool = False) -> Checked:
    return merged(read_again(shards), partial=partial)


def wrong(*shards: Named, partial: bool = False) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        merged(shards, partial=partial)
    assert all(each.hint for each in caught.value.diagnostics)
    return [f"{each.code}: {each.message}" for each in caught.value.diagnostics]


# --- one report --------------------------------------------------------------------------------------------


@given(worlds(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_shards_come_to_what_one_run_finds_byte_by_byte(world: World, count: int, random: object) -> None:
    shards = world.shards(count)
    random.shuffle(shards)  # type: ignore[attr-defined] # as Hypothesis hands it out

    again = whole(shards)

    assert again == world.checked()
    assert printed(again) == printed(world.checked())


def test_what_is_expected_is_idle_only_where_no_shard_saw_anything_of_it() -> None:
    """Neither of the two alone can tell; one of them may think that it can."""
    both = {"acme/payments": (INCIDENT,), "acme/web": (INCIDENT,)}
    quiet = replace(WORLD, parts={"acme/payments": QUIET, "acme/web": QUIET}, expected=both)
    used = replace(WORLD, expected=both)

    assert [each.code for _, one in quiet.shards(2) for each in one.found.warnings] == ["sandbox", "sandbox"]
    assert [each.code for each in whole(quiet.shards(2)).found.warnings] == ["sandbox", "expected-nothing"]
    assert [each.code for each in whole(used.shards(2)).found.warnings] == ["sandbox"]
    assert whole(quiet.shards(1)) == quiet.checked(), "one that has all of it has said it already"


def test_what_is_said_of_no_repository_is_said_once() -> None:
    assert whole(WORLD.shards(3)).found.warnings == (SANDBOX,)


def test_shards_with_no_repository_are_part_of_it() -> None:
    empty = [each for _, each in WORLD.shards(5) if not each.repositories]
    assert len(empty) >= 3

    assert whole(WORLD.shards(5)) == WORLD.checked()


@pytest.mark.parametrize("pending", [True, False])
def test_no_repository_at_all_is_no_drift(pending: bool) -> None:  # noqa: FBT001 - the parameter of a test
    nothing = World({}, {}, (), Asked(), pending)

    found = whole(nothing.shards(2))

    assert (found.found, found.shut_out) == (Drift(pending=() if pending else None), False)


def test_nothing_could_be_read_only_where_no_shard_could_read_anything() -> None:
    blind = {
        name: DriftPart(Drift(unread=(replace(BLIND, repository=name),)), frozenset())
        for name in ("acme/payments", "acme/web")
    }
    none, some = replace(WORLD, parts=blind), replace(WORLD, parts=WORLD.parts | {"acme/web": blind["acme/web"]})

    assert whole(none.shards(5)).shut_out  # three of which have no repository
    assert not whole(some.shards(2)).shut_out
    assert [each.shut_out for _, each in some.shards(2)] == [True, False]
    assert not whole(none.shards(2)[:1], partial=True).shut_out, "nobody knows of the other one"


# --- a shard that is missing -------------------------------------------------------------------------------


def test_a_shard_that_is_missing_is_an_error_that_names_it() -> None:
    shards = WORLD.shards(4)

    assert wrong(shards[0], shards[2]) == [
        "shard-missing: no file is of shard 2/4, 4/4: nobody knows what differs in its repositories"
    ]


def test_it_can_be_let_through_as_unread_and_what_the_others_found_is_told() -> None:
    found = whole(WORLD.shards(2)[1:], partial=True)

    assert found.found.differences == (REVIEWERS,)
    assert [(each.repository, each.failed) for each in found.found.unread] == [("shard 1/2", True)]
    assert found.found.partly_read
    assert found.repositories == ("acme/payments",)
    assert printed(found)


def test_a_merge_of_all_has_nothing_to_let_through() -> None:
    assert whole(WORLD.shards(2), partial=True) == whole(WORLD.shards(2))


@pytest.mark.parametrize("partial", [True, False])
def test_of_no_file_nobody_knows_how_many_shards_there_were(partial: bool) -> None:  # noqa: FBT001 - as above
    assert wrong(partial=partial) == ["no-shard: there is no file to merge"]


# --- what is not one check ---------------------------------------------------------------------------------


def test_a_shard_that_is_there_twice() -> None:
    first, second = WORLD.shards(2)

    assert wrong(first, second, ("again.json", second[1])) == [
        "shard-twice: 2.json and again.json are both of shard 2/2"
    ]
    assert wrong(first, second, second) == ["shard-twice: 2.json and 2.json are both of shard 2/2"]


def test_a_run_that_was_no_shard() -> None:
    assert wrong(*WORLD.shards(2), ("all.json", WORLD.checked())) == [
        "merge-file: all.json is of a run that was no shard"
    ]
    assert wrong(("all.json", WORLD.checked()), partial=True)


def test_a_repository_that_has_no_part_in_the_shard() -> None:
    first, (name, second) = WORLD.shards(2)

    assert wrong(first, (name, replace(second, repositories=("acme/payments", "acme/web")))) == [
        "shard-foreign: 2.json is of shard 2/2, which has no part in acme/web"
    ]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (WORLD.shards(3)[1][1], "one is shard 1/2, the other one 2/3"),
        (replace(WORLD.shards(2)[1][1], server="sandbox"), "they were compared with two servers"),
        (replace(WORLD.shards(2)[1][1], owners=("web",)), "they are of other files, or not of all of them"),
        (
            replace(WORLD.shards(2)[1][1], asked=Asked(environments=("prod*",))),
            "they were narrowed in another way, by --repo, --environment or --settings-only",
        ),
        (
            replace(WORLD.shards(2)[1][1], found=Drift(pending=())),
            "one was asked for what is --pending, the other one was not",
        ),
    ],
    ids=["count", "server", "files", "narrowing", "pending"],
)
def test_shards_of_two_checks_are_not_joined(other: Checked, what: str) -> None:
    found = wrong(WORLD.shards(2)[0], ("b.json", other), partial=True)

    assert f"shards-differ: 1.json and b.json are of two checks: {what}" in found
