from __future__ import annotations

import time

import pytest
import yaml
from support.config_files import text_of

from envsync.documents.compose import MAX_NODES, Break, Composition, compose
from envsync.documents.nodes import Mapping, Node, Scalar, Sequence
from envsync.documents.syntax import explain

MIB = 1 << 20


def plain(node: Node | None) -> object:
    """The texts of a document, without their places."""
    match node:
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in node.entries}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.text
        case None:
            return None


def composed(text: str) -> Composition:
    result = compose(text_of(text))
    assert isinstance(result, Composition)
    return result


def broken(text: str) -> Break:
    result = compose(text_of(text))
    assert isinstance(result, Break)
    return result


def oddities(text: str) -> list[tuple[str, int, int]]:
    return [(oddity.code, oddity.span.line, oddity.span.column) for oddity in composed(text).oddities]


def test_everything_has_its_place() -> None:
    root = composed("a:\n  - b\n  - ü: 'c d'\r\n").root
    assert isinstance(root, Mapping)
    items = root.entries[0].value
    assert isinstance(items, Sequence)
    inner = items.items[1]
    assert isinstance(inner, Mapping)

    assert str(root.entries[0].key.span) == "environments.yaml:1:1"
    assert str(items.items[0].span) == "environments.yaml:2:5"
    assert (inner.entries[0].value.span.column, inner.entries[0].value.span.end_column) == (8, 13)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n...\n"])
def test_a_file_can_say_nothing(text: str) -> None:
    root = composed(text).root

    assert root is None or plain(root) == ""


def test_an_alias_is_what_its_anchor_is() -> None:
    root = composed("a: &x {b: c}\nd: *x\n").root
    assert isinstance(root, Mapping)

    assert root.entries[0].value is root.entries[1].value


def test_an_anchor_can_be_used_again() -> None:
    assert plain(composed("[&x a, *x, &x b, *x]").root) == ["a", "a", "b", "b"]


def test_merge_keys_lie_below_the_keys_of_the_mapping() -> None:
    text = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nuse:\n  <<: [*b, *o]\n  x: 0\n"

    assert plain(composed(text).root.get("use")) == {"x": "0", "y": "2", "z": "4"}  # type: ignore[union-attr]


def test_what_is_merged_keeps_its_place() -> None:
    root = composed("base: &b\n  x: 1\nuse: {<<: *b}\n").root
    assert isinstance(root, Mapping)
    use = root.get("use")
    assert isinstance(use, Mapping)

    assert str(use.entries[0].key.span) == "environments.yaml:2:3"


def test_a_quoted_merge_key_is_a_key() -> None:
    assert plain(composed('"<<": a').root) == {"<<": "a"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3", [("duplicate-key", 3, 1)]),
        ("a: &x {}\n<<: *x\n<<: *x", [("duplicate-key", 3, 1)]),
        ('"<<": 1\n<<: {}\n<<: {}', [("duplicate-key", 3, 1)]),
        ("<<: text", [("yaml-merge", 1, 1)]),
        ("<<: [{a: b}, text]", [("yaml-merge", 1, 1)]),
        ("<<: *x", [("yaml-alias", 1, 5)]),
        ("a: *x", [("yaml-alias", 1, 4)]),
        ("&x [*x]", [("yaml-alias", 1, 5)]),
        ("&x a: *x", []),
        ("*x : a", [("yaml-alias", 1, 1)]),
        ("[a]: b", [("yaml-key", 1, 1)]),
        ("{{x}}: b", [("yaml-key", 1, 2)]),
        ("a\n--- b\n--- c", [("yaml-documents", 2, 1)]),
        ("!!binary a", [("yaml-tag", 1, 1)]),
        ("!!int a", [("yaml-tag", 1, 1)]),
        ("!!int true", [("yaml-tag", 1, 1)]),
        ("!!set {a}", [("yaml-tag", 1, 1)]),
        ("!!seq {a: b}", [("yaml-tag", 1, 1)]),
        ("!!map {a: !!str 5, b: !!int '5', c: !!float 5, d: !!null '', e: !!bool true, f: ! 5}", []),
        ("!!seq [a]", []),
    ],
)
def test_what_is_odd_is_told_and_read_on(text: str, found: list[tuple[str, int, int]]) -> None:
    assert oddities(text) == found


@pytest.mark.parametrize("text", ["a: [@b]", "a: 'b", "a: b: c", "a:\n\tb: 1"])
def test_both_loaders_lead_to_the_same_explanation(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = text_of(text)
    with_c = explain(broken(text), source.lines)

    monkeypatch.delattr(yaml, "CSafeLoader")

    assert explain(broken(text), source.lines).message == with_c.message


@pytest.mark.parametrize(
    "text",
    [
        "[" * MIB,
        "{" * MIB,
        "- " * (MIB // 2),
        "? " * (MIB // 2),
        "[" + "a," * (MIB // 2),
        "a:\n" * (MIB // 3),
        "-\n" * (MIB // 2),
        "?\n" * (MIB // 2),
        "---\n" * (MIB // 4),
        "".join(f"%TAG !a{number}! b\n" for number in range(65_000)) + "---\na",
        "[" + "".join(f"&a{number} x," for number in range(80_000)) + "]",
        "- &a [x]\n" + "".join(f"- &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)),
        "- &a0 [x]\n" + "".join(f"- &a{n + 1} [[[[*a{n}]]]]\n" for n in range(50)),
        '"' + "\\" * (MIB - 2),
        "'" + "a\n" * (MIB // 2 - 1),
        "a: |\n" + " \n" * (MIB // 2 - 4),
        "\x00" * MIB,
        "&a " + "&b " * 1000,
        "!" * MIB,
        "k: *" + "a" * MIB,
    ],
    ids=lambda text: text[:8].encode("unicode_escape").decode(),
)
def test_hostile_text_is_refused_in_a_moment(text: str) -> None:
    start = time.process_time()

    result = compose(text_of(text))

    # A fraction of it, as a rule. What grows with the square of the text takes minutes, on any machine.
    assert time.process_time() - start < 5
    assert isinstance(result, Break) or result.oddities or isinstance(result.root, Mapping | Scalar)


def test_aliases_count_as_what_they_stand_for() -> None:
    half = MAX_NODES // 2 - 10
    text = "a: &a [" + "x," * half + "]\nb: *a\n"

    assert isinstance(compose(text_of(text)), Composition)
    assert broken(text + "c: *a\n").code == "yaml-too-large"


def test_aliases_are_as_deep_as_what_they_stand_for() -> None:
    deep = "a: &a " + "[" * 30 + "]" * 30 + "\n"

    assert isinstance(compose(text_of(deep + "b: *a")), Composition)
    assert broken(deep + "b: " + "[" * 30 + "*a" + "]" * 30).code == "yaml-too-deep"
