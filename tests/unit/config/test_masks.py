"""Where a line of a file is shown, no value under `secrets` is, whatever else is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, diagnostics, text_of

from envsync.config.masks import page_of
from envsync.config.schema import file_schema
from envsync.documents.compose import Composition, compose
from envsync.errors import Span

if TYPE_CHECKING:
    from pathlib import Path

    from envsync.documents.page import Page

SECRET = "hunter2"


def page(text: str) -> Page:
    source = text_of(text)
    composed = compose(source)
    assert isinstance(composed, Composition)
    assert composed.root is not None
    return page_of(source, composed.root, composed.oddities, file_schema())


def line(text: str, number: int, caret: int = 1) -> str | None:
    return page(text).error("slug", "m", Span("environments.yaml", number, caret, number, caret + 1)).source


ENVIRONMENT = "environments:\n  a:\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("    secrets: {A: hunter2}", "    secrets: {A: •••}"),
        ("    secrets: {A: {env: hunter2}}", "    secrets: {A: {env: •••}}"),
        ("    secrets: {A: {command: [hunter2, hunter2]}}", "    secrets: {A: {command: [•••, •••]}}"),
        ("    secrets: {A: {hunter2: hunter2}}", "    secrets: {A: {•••: •••}}"),
        ("    secrets: {A: [{hunter2: hunter2}]}", "    secrets: {A: [{•••: •••}]}"),
        ("    secrets: hunter2", "    secrets: •••"),
        ("    secrets: [hunter2]", "    secrets: [•••]"),
        ("    secrets: {hunter2}", "    secrets: {•••}"),
        ("    secrets: {A:hunter2}", "    secrets: {•••}"),
        ("    secrets: {? A : hunter2}", "    secrets: {? A : •••}"),
        ("    secrets: {[hunter2]: hunter2}", "    secrets: {•••: •••}"),
        ("    secrets: {A: 'hunter2'} # hunter2", "    secrets: {A: •••} •••"),
        ("    secrets: {A: x}#hunter2", "    secrets: {A: •••}•••"),
        ("    secrets: {A: x#hunter2}", "    secrets: {A: •••}"),
        ("    secrets: {A: }  # hunter2", "    secrets: {A: }  •••"),
        ("    secret: {A: hunter2}", "    secret: {•••: •••}"),
        ("    secerts: {A: hunter2}", "    secerts: {•••: •••}"),
        ("    token: hunter2", "    token: •••"),
        ("    variables: {A: {env: hunter2}}", "    variables: {A: {•••: •••}}"),
        ("    required_reviewers: {hunter2: x}", "    required_reviewers: {•••: •••}"),
        ("    requird_reviewers: [team-lead]", "    requird_reviewers: [team-lead]"),
        ("    variables: {A: b} # a comment", "    variables: {A: b} # a comment"),
        ("    prune: true # was secrets: {A: hunter2}", "    prune: true •••"),
        ("    secrets: {A: &x hunter2}\n    variables: {B: *x}", "    secrets: {A: •••}"),
        ("    variables: {B: &x hunter2}\n    secrets: {A: *x}", "    variables: {B: •••}"),
        ("    variables: {B: &x hunter2}\n    secrets: {*x : y}", "    variables: {B: •••}"),
        ("    ignore: &x [hunter2]\n    secrets: {A: *x}", "    ignore: &x [•••]"),
        ("    secrets: {<<: {A: hunter2}, A: {env: X}}", "    secrets: {<<: {A: •••}, A: {env: •••}}"),
        ("    secrets: {<<: hunter2}", "    secrets: {•••: •••}"),
        ("    secrets: {[&x hunter2]: *x}", "    secrets: {•••: *x}"),
        ("    secrets: {A: x, A: hunter2}", "    secrets: {A: •••, A: •••}"),
    ],
)
def test_values_under_secrets_are_masked(text: str, shown: str) -> None:
    assert line(f"{ENVIRONMENT}{text}\n", 3) == shown


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        ("    secrets:\n  DB: hunter2", 4, "  DB: •••"),
        ("    secerts:\n  DB: hunter2", 4, "  DB: •••"),
        ("    secrets:\n  DB: {hunter2}", 4, "  DB: {•••}"),
        ("    secrets: {}\n    variables: {DB:hunter2}", 4, "    variables: {•••}"),
        ("    secrets: {}\n    7xhunter2 Z: x", 4, "    •••: •••"),
        ("    secrets: # {A: hunter2}\n", 3, "    secrets: •••"),
        ("    secrets: {}\n  DB: [a, {b: hunter2}]", 4, "  DB: [•••, {•••: •••}]"),
        (
            "    secrets: {}\n    deployment_branch_policy: all\n        hunter2",
            4,
            "    deployment_branch_policy: •••",
        ),
        ("    secrets: {}\n    variables: {A: b}", 4, "    variables: {A: b}"),
        ("    secrets: {}\noverrides: {acme/a: {wait_timer: 3}}", 4, "overrides: {acme/a: {wait_timer: •••}}"),
        ("    prune: true\noverrides: {acme/a: {wait_timer: 3}}", 4, "overrides: {acme/a: {wait_timer: 3}}"),
        ("    prune: true\n  staging: x", 4, "  staging: x"),
        ("    secrets:\n      A: |\n        x\n---  hunter2", 6, "---  •••"),
        ("    secrets:\n      A: |\n        x\n...\n---   hunter2", 7, "---   •••"),
    ],
)
def test_below_a_mention_of_secrets_what_lost_its_indentation_is_masked(
    text: str, number: int, shown: str
) -> None:
    assert line(f"{ENVIRONMENT}{text}\n", number) == shown


@pytest.mark.parametrize(
    "text",
    ["DB=hunter2", "hunter2", "- hunter2", "{hunter2}", "DB='hunter2", "*hunter2", "!hunter2 x", "'hunter2'"],
)
def test_a_file_of_another_kind_is_masked(tmp_path: Path, text: str) -> None:
    found = diagnostics(tmp_path, text)

    assert found
    assert SECRET not in repr(found)


@pytest.mark.parametrize("number", [4, 5, 6])
def test_every_line_of_a_value_is_masked(number: int) -> None:
    text = f"{ENVIRONMENT}    secrets:\n      A: |\n        hunter2\n        hunter2\n    prune: true\n"

    assert SECRET not in (line(text, number) or "")
    assert line(text, 7) == "    prune: true"


def test_left_of_the_caret_a_mask_keeps_its_width_and_elsewhere_it_tells_none() -> None:
    text = f"{ENVIRONMENT}    secrets: {{A: {SECRET}, B-: {SECRET}{SECRET}}}\n"
    column = text.splitlines()[2].index("B-") + 1

    assert line(text, 3, column) == "    secrets: {A: •••••••, B-: •••}"
    assert line(text, 3, 5) == "    secrets: {A: •••, B-: •••}"


def test_a_caret_does_not_tell_how_long_a_value_is() -> None:
    text = f"{ENVIRONMENT}    secrets: {{A: {SECRET * 5}}}\n"
    span = page(text).error("slug", "m", Span("environments.yaml", 3, 18, 3, 18 + len(SECRET * 5))).span
    before = page(text).error("slug", "m", Span("environments.yaml", 3, 5, 3, 40)).span
    key = page(text).error("slug", "m", Span("environments.yaml", 3, 5, 3, 12)).span

    assert span
    assert before
    assert key
    assert (span.column, span.end_column) == (18, 21)
    assert (before.column, before.end_column) == (5, 19)
    assert (key.column, key.end_column) == (5, 12)


def test_what_is_masked_is_not_quoted_either(tmp_path: Path) -> None:
    text = (
        f"{HEAD}environments:\n  a:\n    secrets: {{A: &x {SECRET}, B: &y '${{{SECRET}}}'}}\n"
        f"    required_reviewers: [*x, *x]\n    wait_timer: *x\n    variables: {{*x : [], C: *y}}\n"
        f"    ignore: [*x]\n    deployment_branch_policy: {{branches: [*x, *x]}}\n"
        f"  *x : {{prune: 3}}\noverrides: {{a/b: {{environments: {{*x : ~}}}}}}\nnever_touch: [*x]\n"
    )

    found = diagnostics(tmp_path, text)

    assert len(found) > 8
    assert SECRET not in repr(found)


def test_a_line_that_nobody_wrote_by_hand_is_not_shown() -> None:
    assert line(f"{ENVIRONMENT}    variables: {{A: {'x' * 4_000}}}\n", 3) is None


def test_a_place_beyond_the_end_has_an_empty_line() -> None:
    assert line(ENVIRONMENT, 99) == ""


def test_long_texts_are_quoted_in_part() -> None:
    span = Span("environments.yaml", 1, 1, 1, 2)

    assert page("a: b").quoted_text("x" * 61, span) == f"`{'x' * 60}…`"
    assert page("a: b").quoted_text("x" * 60, span) == f"`{'x' * 60}`"


def test_guesses_at_what_is_misspelled_are_bounded() -> None:
    text = "".join(f"version{number}: x\n" for number in range(600))

    assert line(text, 1) == "version0: x"
    assert line(text, 600) == "version599: •••"
