"""How texts are written, and that envsync's own loader reads them to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.found import VALUES

from envsync.documents.compose import Composition, compose
from envsync.documents.nodes import Mapping, Scalar, Sequence
from envsync.documents.text import source_text
from envsync.scaffold.yaml_text import (
    Entry,
    Fields,
    Items,
    Text,
    Word,
    comment_lines,
    lines,
    quoted,
    size,
    visible,
)

if TYPE_CHECKING:
    from envsync.scaffold.yaml_text import Node


def written(*entries: Entry) -> str:
    return "\n".join(lines(Fields(entries)))


def root(text: str) -> Mapping:
    found = compose(source_text("x", "/", f"{text}\n"))
    assert isinstance(found, Composition), found
    assert found.oddities == ()
    assert isinstance(found.root, Mapping)
    return found.root


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
@example("k" * 1025, "\n", ["x" * 200])
@example("\u200d" * 255, "a\nb", ["a, b", "]"])
def test_every_text_is_read_to_the_letter_as_key_value_and_item(key: str, value: str, items: list[str]) -> None:
    inner = Fields((Entry(key, Text(value)), Entry(f"{key}2", Items(tuple(items)))))

    outer = root(written(Entry(key, inner)))

    entry = outer.entries[0]
    assert entry.key.text == key
    assert isinstance(entry.value, Mapping)
    scalar, sequence = (each.value for each in entry.value.entries)
    assert isinstance(scalar, Scalar)
    assert (scalar.text, scalar.plain and value in {"", "null", "~"}) == (value, False)
    assert isinstance(sequence, Sequence)
    assert [each.text for each in sequence.items if isinstance(each, Scalar)] == items


@pytest.mark.parametrize("value", VALUES)
def test_texts_that_yaml_trips_over(value: str) -> None:
    found = root(written(Entry("a", Fields((Entry("K", Text(value)),)))))

    inner = found.entries[0].value
    assert isinstance(inner, Mapping)
    scalar = inner.entries[0].value
    assert isinstance(scalar, Scalar)
    assert scalar.text == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eu-west-1", "eu-west-1"),
        ("acme/devops-admins", "acme/devops-admins"),
        ("hotfix/*", '"hotfix/*"'),
        ("1.10", '"1.10"'),
        ("On", '"On"'),
        ("y", '"y"'),
        ("", '""'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("a\tb\r\n\0", '"a\\tb\\r\\n\\0"'),
        ("\x07\xa0\u202e\U000e0001", '"\\x07\\xA0\\u202E\\U000E0001"'),
        ("Prüfung 🚀", '"Prüfung 🚀"'),
    ],
)
def test_only_what_is_surely_text_stands_without_quotes(text: str, expected: str) -> None:
    assert quoted(text) == expected


def test_short_lists_and_policies_stand_in_one_line() -> None:
    policy = Fields((Entry("branches", Items(("main", "v*"))), Entry("tags", Items(()))), compact=True)

    assert written(Entry("policy", policy), Entry("wait", Word("30m"))) == (
        'policy: {branches: [main, "v*"], tags: []}\nwait: 30m'
    )


def test_long_ones_take_a_line_each() -> None:
    names = tuple(f"release-{number:02}/**" for number in range(9))

    assert written(Entry("policy", Fields((Entry("branches", Items(names)),), compact=True))) == (
        "policy:\n  branches:\n" + "\n".join(f'    - "{name}"' for name in names)
    )


def test_several_lines_stand_as_they_are() -> None:
    assert written(Entry("A", Text("one\n\n  two\n")), Entry("B", Text("1\n2"))) == (
        "A: |\n  one\n\n    two\nB: |-\n  1\n  2"
    )


@pytest.mark.parametrize("text", ["a\n", "a\n\n", " a\nb", "\na", "a \nb", "a\tb\nc", "a\r\nb", "\n"])
def test_but_not_those_of_which_something_cannot_be_seen(text: str) -> None:
    assert written(Entry("A", Text(text))) == f"A: {quoted(text)}"


def test_nothing_is_an_empty_mapping() -> None:
    assert written(Entry("staging", Fields(()))) == "staging: {}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Word("external"), "external"), (Items(()), "[]"), (Fields(()), "{}"), (Text("x"), "x")],
)
def test_what_cannot_be_folded_stays_in_its_line(value: Node, expected: str) -> None:
    assert written(Entry("a" * 100, value)) == f"{'a' * 100}: {expected}"


def test_a_key_too_long_for_its_colon_to_be_found_is_marked_as_one() -> None:
    assert written(Entry("k" * 1001, Fields((Entry("a", Word("1")),)))) == f"? {'k' * 1001}\n:\n  a: 1"


def test_an_empty_line_between_two_entries_where_there_is_to_be_air() -> None:
    entries = (Entry("a", Fields(())), Entry("b", Fields(()), ("why",)))

    assert "\n".join(lines(Fields(entries, airy=True))) == "a: {}\n\n# why\nb: {}"


def test_no_name_ends_a_comment() -> None:
    assert list(comment_lines(("x\nsecrets: {}\u2028\x85", ""), 1)) == ["  # x\\nsecrets: {}\\u2028\\x85", "  #"]
    assert visible('"a\\b"\u202e') == '"a\\b"\\u202E'


def test_the_size_is_that_of_the_lines() -> None:
    nodes: list[Node] = [
        Word("null"),
        Text("a\nb\nc"),
        Text("x" * 1000),
        Items(("a", "b")),
        Items(("x" * 60, "y" * 60)),
    ]

    assert [size(each) for each in nodes] == [1, 3, 11, 1, 2]
    assert size(Fields((Entry("a", Word("1")), Entry("b", Text("1"))))) == 2
