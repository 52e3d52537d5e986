from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.config_files import HEAD, codes, diagnostics

from envsync.errors import Severity

if TYPE_CHECKING:
    from pathlib import Path


def file(repositories: str, more: str) -> str:
    return f"version: 1\nname: p\nrepositories: [{repositories}]\n{more}\n"


def override(name: str) -> str:
    return f"overrides: {{{name}: {{environments: {{a: {{}}}}}}}}"


@pytest.mark.parametrize(
    ("repositories", "more", "found"),
    [
        ("acme/a", override("acme/a"), []),
        ("acme/a", override("ACME/A"), []),
        ("acme/*", override("acme/anything"), []),
        ("acme/*", override("acme/any*"), []),
        ("acme/a-*", override("Acme/*-eu"), []),
        ("acme/a", override("acme/?"), []),
        ("acme/a", override("acme/b"), ["unmatched-override"]),
        ("acme/a-*", override("acme/b"), ["unmatched-override"]),
        ("acme/*", override("other/x"), ["unmatched-override"]),
        ("acme/*", override("other/*"), ["unmatched-override"]),
        ("acme/a", override("acme/b*"), ["unmatched-override"]),
        ("acme/*", f"exclude: [acme/x]\n{override('acme/x')}", ["unmatched-override"]),
        ("acme/*", "exclude: [acme/x, acme/y-*]\nenvironments: {a: {}}", []),
        ("acme/a", "exclude: [acme/x]\nenvironments: {a: {}}", ["unmatched-exclude"]),
        ("acme/a", "exclude: [acme/x*]\nenvironments: {a: {}}", ["unmatched-exclude"]),
        ("acme/*", "exclude: [other/x]\nenvironments: {a: {}}", ["unmatched-exclude"]),
        ("acme/a, acme/*", "exclude: [Acme/A]", ["excluded-repository"]),
        ("acme/a", "exclude: [acme/*]", ["excluded-repository"]),
        ("acme/*", "exclude: [acme/x, acme/X]", ["duplicate"]),
        ("acme/a, ACME/a", "", ["duplicate"]),
        ("acme/*, Acme/*", "", ["duplicate"]),
        ("acme/a", "never_touch: [x, X]", ["duplicate"]),
        ("acme/a", "overrides: {acme/a: {environments: {}}, Acme/A: {environments: {}}}", ["duplicate"]),
        ("acme/a", "environments: {a: {}, A: {}}", ["duplicate"]),
        ("acme/a", "environments: {GITHUB-pages: {}}", ["never-touch-declared"]),
        ("acme/a", "environments: {github-pages: {}}\nnever_touch: []", []),
        ("acme/a", "environments: {x: {}}\nnever_touch: [X]", ["never-touch-declared"]),
        ("acme/a", "overrides: {acme/a: {environments: {x: {}}}}\nnever_touch: [X]", ["never-touch-declared"]),
        (
            "acme/a",
            "environments: {x: {}}\noverrides: {acme/a: {environments: {x: ~}}}\nnever_touch: [x]",
            ["never-touch-declared"],
        ),
        # What could not be understood is not held against the rest.
        ("acme/a, b", override("acme/b"), ["wrong-format"]),
        ("acme/a", f"exclude: x\n{override('acme/b')}", ["wrong-type"]),
        ("acme/a", "environments: {github-pages: {}}\nnever_touch: x", ["wrong-type"]),
    ],
)
def test_what_is_named_has_to_be_there(tmp_path: Path, repositories: str, more: str, found: list[str]) -> None:
    assert codes(tmp_path, file(repositories, more)) == found


def test_a_pattern_that_matches_nothing_is_a_warning_since_more_may_come(tmp_path: Path) -> None:
    (found,) = diagnostics(tmp_path, file("acme/a", override("acme/b*")))

    assert found.severity is Severity.WARNING


def test_a_misspelled_repository_is_guessed(tmp_path: Path) -> None:
    (found,) = diagnostics(tmp_path, HEAD + override("acme/paymnets"))

    assert found.hint == "did you mean `acme/payments`?"


def test_guesses_are_bounded(tmp_path: Path) -> None:
    names = ", ".join(f"acme/x{number}: {{environments: {{}}}}" for number in range(150))

    found = diagnostics(tmp_path, f"{HEAD}overrides: {{acme/paymnts: {{environments: {{}}}}, {names}}}")

    assert len(found) == 151
    assert [diagnostic.hint for diagnostic in found].count("did you mean `acme/payments`?") == 1


@pytest.mark.parametrize(
    ("declared", "added", "guess"),
    [
        ("production", "prodution", "did you mean `production`?"),
        ("a", "aa", "did you mean `a`?"),
        ("staging", "staging-eu", None),
        ("staging-eu", "staging", None),
        ("staging", "canary", None),
        ("staging", "Staging", None),
    ],
)
def test_an_override_that_adds_a_near_miss_is_told(
    tmp_path: Path, declared: str, added: str, guess: str | None
) -> None:
    more = f"environments: {{{declared}: {{}}}}\noverrides: {{acme/a: {{environments: {{{added}: {{}}}}}}}}"
    found = diagnostics(tmp_path, file("acme/a", more))

    assert [(one.code, one.hint) for one in found] == ([("added-environment", guess)] if guess else [])


def test_what_is_taken_out_is_not_added(tmp_path: Path) -> None:
    more = "environments: {aaa: {}}\noverrides: {acme/a: {environments: {aaa: ~}}}"

    assert codes(tmp_path, file("acme/a", more)) == []
