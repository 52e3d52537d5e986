from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.plan.patterns import covers, matches


@pytest.mark.parametrize(
    ("pattern", "ref"),
    [
        ("main", "main"),
        ("*", "main"),
        ("hotfix/*", "hotfix/7"),
        ("refs/pull/*/merge", "refs/pull/12/merge"),
        ("release/**/*", "release/1/2/3"),
        ("**/*", "main"),
        ("**/*", "a/b"),
        ("**/main", "main"),
        ("**/main", "a/b/main"),
        ("a/**/b", "a/b"),
        ("a/**/**/b", "a/x/b"),
        ("v?.?", "v1.2"),
        ("v[0-9]", "v7"),
        ("v[!0-9]", "vx"),
        ("v[^0-9a]", "vx"),
        ("v[a-]", "v-"),
        (r"v[\]]", "v]"),
        (r"\*", "*"),
        ("a*", "a.b"),
        (".a", ".a"),
        (".*", ".a"),
        ("a\\", "a\\"),
        ("", ""),
        ("***", "main"),
    ],
)
def test_what_a_pattern_matches(pattern: str, ref: str) -> None:
    assert matches(pattern, ref)


@pytest.mark.parametrize(
    ("pattern", "ref"),
    [
        ("main", "main2"),
        ("main", "Main"),
        ("*", "a/b"),
        ("release/**", "release/1/2"),
        ("a**/b", "a/x/b"),
        ("?", "/"),
        ("[^a]", "/"),
        ("[/]", "/"),
        ("*", ".hidden"),
        ("?a", ".a"),
        ("[.]a", ".a"),
        ("*.a", ".a"),
        ("**/a", ".x/a"),
        ("a/*", "a/.b"),
        ("v[0-9", "v[0-9"),
        ("v[z-a]", "vm"),
        (r"\*", "a"),
    ],
)
def test_what_a_pattern_does_not_match(pattern: str, ref: str) -> None:
    assert not matches(pattern, ref)


RUBY = json.loads((Path(__file__).parent / "fnmatch.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("expected", ["matches", "does_not_match"])
def test_a_thousand_answers_of_rubys_own(expected: str) -> None:
    assert RUBY[expected]
    for pattern, ref in RUBY[expected]:
        assert matches(pattern, ref) is (expected == "matches"), (pattern, ref)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("*", "main"),
        ("*", "?"),
        ("*", "v*"),
        ("**/*", "*"),
        ("**/*", "release/**/*"),
        ("release/*", "release/v[0-9]*"),
        ("[a-z]*", "main"),
        ("**/main", "main"),
        ("a/**/b", "a/b"),
        ("v*", "v*.*"),
        ("*x", "v[0-9"),
    ],
)
def test_a_pattern_covers_another(wide: str, narrow: str) -> None:
    assert covers(wide, narrow)
    assert wide == narrow or not covers(narrow, wide)


@pytest.mark.parametrize(
    ("one", "other"), [("main", "develop"), ("a*", "*b"), ("*", "**/*/x"), ("*", ".github"), ("v[0-5]", "v[3-9]")]
)
def test_neither_covers_the_other(one: str, other: str) -> None:
    assert not covers(one, other)
    assert not covers(other, one)


def test_a_monstrous_pattern_is_not_said_to_be_covered() -> None:
    monster = "*a" + "?" * 20 + "*"

    assert not covers(monster, monster + "?")


ALPHABET = "ab/."
PATTERNS = st.lists(st.sampled_from(["a", "b", "/", ".", "*", "?", "**/", "[ab]", "[!a]", r"\*"]), max_size=5).map(
    "".join
)
REFS = ["".join(letters) for size in range(5) for letters in product(ALPHABET, repeat=size)]


@given(PATTERNS, PATTERNS)
def test_what_covers_matches_everything_that_the_other_matches(wide: str, narrow: str) -> None:
    left_out = [ref for ref in REFS if matches(narrow, ref) and not matches(wide, ref)]

    if covers(wide, narrow):
        assert not left_out


@given(PATTERNS)
def test_every_pattern_covers_itself(pattern: str) -> None:
    assert covers(pattern, pattern)


@given(PATTERNS, PATTERNS, PATTERNS)
def test_what_covers_passes_on(a: str, b: str, c: str) -> None:
    if covers(a, b) and covers(b, c):
        assert covers(a, c)
