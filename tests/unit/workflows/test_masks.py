"""A workflow is shown where something is found in it; then no literal that may be a secret is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsync.documents.compose import compose
from envsync.documents.text import source_text
from envsync.errors import Span
from envsync.workflows.masks import page_of

if TYPE_CHECKING:
    from envsync.documents.page import Page


def page(text: str) -> Page:
    source = source_text("a.yml", "/", text)
    return page_of(source, compose(source))


def shown(text: str) -> str:
    """All lines, as a finding at their beginnings would have them."""
    found = page(text)
    lines = (found.note("x", "", Span("a.yml", number, 1, number, 1)) for number in range(1, len(found.lines) + 1))
    return "\n".join(each.source or "" for each in lines)


def in_job(text: str) -> str:
    return shown(f"jobs:\n  a: {{{text}}}").removeprefix("jobs:\n  a: {")[:-1]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("env: {A: hunter2, B: '7'}", "env: {A: •••, B: •••}"),
        ("secrets: {A: hunter2}", "secrets: {A: •••}"),
        ("secrets: {A: }", "secrets: {A: }"),
        ("secrets: hunter2", "secrets: •••"),
        ("secrets: inherit", "secrets: inherit"),
        ("secrets: {hunter2}", "secrets: {•••}"),
        ("secrets: {[hunter2]: x}", "secrets: {•••: •••}"),
        ("secrets: {A: &x hunter2}", "secrets: {A: •••}"),
        ("secrets: {A: one, A: two}", "secrets: {A: •••, A: •••}"),
        ("steps: [{with: {list: [hunter2]}}]", "steps: [{with: {list: [•••]}}]"),
        ("container: {credentials: {password: hunter2}}", "container: {credentials: {password: •••}}"),
        ("uses: ./x.yml, Env: {A: hunter2}", "uses: ./x.yml, Env: {A: •••}"),
        ("strategy: {matrix: {to: [qa]}}", "strategy: {matrix: {to: [qa]}}"),
    ],
)
def test_literals_are_masked(written: str, expected: str) -> None:
    assert in_job(written) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("'${{ secrets.FOO }}'", "'${{ secrets.FOO }}'"),
        ("'host:${{ secrets.FOO }}'", "'host:${{ secrets.FOO }}'"),
        ("'hunter2hunter2${{ secrets.FOO }}x'", "•••${{ secrets.FOO }}x'"),
        ("'${{ secrets.FOO }}hunter2hunter2'", "'${{ secrets.FOO }}•••"),
        ("'${{ secrets.FOO'", "•••"),
        ("'${{ secrets.FOO }} ${{ hunter2'", "•••"),
        ("\"${{ secrets.FOO || 'hunter2hunter2' }}\"", "\"${{ secrets.FOO || '•••' }}\""),
        ("'${{ secrets.FOO || ''hunter2hunter2'' }}'", "'${{ secrets.FOO || ''•••'' }}'"),
        ("'${{ x == '''' || secrets.LONG_NAME || '''' }}'", "'${{ x == '''' || secrets.LONG_NAME || '''' }}'"),
        ("\"${{ secrets[ 'LONG_NAME' ] }}\"", "\"${{ secrets[ 'LONG_NAME' ] }}\""),
        (r'"\x24{{ secrets.FOO }}"', "•••"),
    ],
)
def test_beside_expressions_only_what_is_long_is_masked(value: str, expected: str) -> None:
    assert in_job(f"env: {{A: {value}}}") == f"env: {{A: {expected}}}"


def test_texts_of_several_lines_are_masked_line_by_line() -> None:
    text = "A: | # hunter1\n    hunter2\n    hunter3\n"
    text += "  B: >-\n    ${{ secrets.FOO }} and hunter2\n    ${{ github.ref ||\n    secrets.BAR }}"

    assert shown(f"env:\n  {text}\n  C: x\njobs: {{a: {{}}}}").split("\n") == [
        "env:",
        "  A: •••",
        "    •••",
        "    •••",
        "  B: >-",
        "    ${{ secrets.FOO }} •••",
        "    ${{ github.ref ||",
        "    secrets.BAR }}",
        "  C: •••",
        "jobs: {a: {}}",
    ]


def test_a_comment_beside_a_secret_may_be_an_older_one() -> None:
    text = "env:\n  A: one # two\n  B: {X: one, Y: '${{ secrets.B }} # 1'} # three\n"
    text += "  C: x # envsync: ignore[y] z\njobs: {a: {}}"

    assert shown(text).split("\n")[1:4] == [
        "  A: ••• # •••",
        "  B: {X: •••, Y: '${{ secrets.B }} # 1'} # •••",
        "  C: ••• # envsync: ignore[y] z",
    ]


def test_a_job_may_have_the_name_of_a_key() -> None:
    text = "jobs:\n  env: {environment: production, env: {A: hunter2}}\n  none: hunter2"

    assert shown(text) == "jobs:\n  env: {environment: production, env: {A: •••}}\n  none: •••"


@pytest.mark.parametrize(
    "text",
    ["jobs: [", "--- [hunter2]\n", "hunter2", "{TOKEN: hunter2}", "- hunter2", "", "env: {A: hunter2}\njobs: ["],
)
def test_what_is_no_workflow_is_not_shown(text: str) -> None:
    assert "hunter2" not in shown(text)


def test_of_what_is_no_yaml_the_first_keys_are_shown() -> None:
    text = "jobs:\n  'a': hunter2 # envsync: ignore[x] y\n  - b: hunter2\nhunter2:x\n  @"

    assert shown(text) == "jobs:\n  'a': •••# envsync: ignore[x] y\n  - b: •••\n•••\n  •••"


def test_what_follows_a_second_document_is_not_read() -> None:
    assert shown("jobs: {a: {}}\n---\nx: hunter2") == "jobs: {a: {}}\n•••\nx: •••"
