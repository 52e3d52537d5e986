"""What is there, written as a file and read back, is what is there."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from support.found import found

from envsync.config import load
from envsync.plan.diff import diff
from envsync.scaffold import Heading, owner_name, scaffold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from envsync.config import Configuration
    from envsync.model import LiveRepository
    from envsync.plan.changes import Plan


def text_of(repositories: Sequence[LiveRepository]) -> str:
    return scaffold(repositories, Heading(owner_name(repositories), "GitHub", date(2026, 11, 23))).text


def loaded(text: str) -> Configuration:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "environments.yaml")
        file.write_bytes(text.encode())
        return load([file])


def planned(text: str, repositories: Sequence[LiveRepository]) -> Plan:
    return diff(loaded(text).desired({}), {each.name.key: each for each in repositories})


@given(found())
def test_a_plan_has_nothing_to_do_and_everything_is_in_the_file(repositories: tuple[LiveRepository, ...]) -> None:
    plan = planned(text_of(repositories), repositories)

    assert (plan.changes, plan.unmet, plan.unread, plan.unmanaged) == ((), (), (), ())


@given(found(sayable=False))
def test_what_no_file_can_say_is_neither_changed_nor_kept_secret(repositories: tuple[LiveRepository, ...]) -> None:
    made = scaffold(repositories, Heading("payments", "GitHub", date(2026, 11, 23)))

    plan = planned(made.text, repositories)

    assert (plan.changes, plan.unmet, plan.unread) == ((), (), ())
    assert bool(plan.unmanaged) <= bool(made.warnings)


@settings(max_examples=40)
@given(found(sayable=False), st.randoms(use_true_random=False))
def test_the_same_repositories_give_the_same_bytes(
    repositories: tuple[LiveRepository, ...], random: Random
) -> None:
    shuffled = list(repositories)
    random.shuffle(shuffled)

    assert text_of(shuffled) == text_of(repositories)
