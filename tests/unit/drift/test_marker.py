from __future__ import annotations

import pytest

from envsync.drift.marker import MARKER_LENGTH, NOTHING, Marker, key_digest, marked, read_marker, unmarked
from envsync.model import RepositoryName

KEY, DRIFT, TOLD = "a" * 64, "d" * 64, "7" * 64
LINE = f"<!-- envsync drift {KEY} {DRIFT} {TOLD} -->"
HERE = RepositoryName("acme", "payments")


@pytest.mark.parametrize("told", [None, TOLD, NOTHING])
@pytest.mark.parametrize("text", ["", "body", "\n\nbody\n", LINE])
def test_what_is_marked_is_read_again(told: str | None, text: str) -> None:
    marker = Marker(KEY, DRIFT, told)
    body = marked(marker, text)

    assert read_marker(body) == marker
    assert unmarked(body) == text
    assert len(body) - len(text) <= MARKER_LENGTH


def test_a_body_saved_on_githubs_page_has_other_line_ends() -> None:
    body = f"{LINE}\r\nsomebody's words\r\n"

    assert read_marker(body) == Marker(KEY, DRIFT, TOLD)
    assert unmarked(body) == "somebody's words\r\n"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "somebody's own issue",
        f"\n{LINE}\n",
        f" {LINE}\n",
        f"> {LINE}\n",
        f"{LINE} and more\n",
        LINE.replace("-->", "--> -->"),
        LINE.upper(),
        LINE.replace(KEY, "A" * 64),
        LINE.replace(KEY, "a" * 63),
        LINE.replace(KEY, "a" * 65),
        LINE.replace(KEY, "-"),
        LINE.replace(DRIFT, "-"),
        LINE.replace(TOLD, ""),
        LINE.replace(KEY, "\N{FULLWIDTH DIGIT ONE}" * 64),
        LINE.replace("envsync drift", "envsync plan"),
    ],
)
def test_what_is_not_just_so_is_somebody_elses(body: str) -> None:
    assert read_marker(body) is None
    assert unmarked(body) == body


def test_a_key_is_of_the_files_the_question_and_the_repository() -> None:
    key = key_digest(["a", "b"], ["settings-only"], HERE)

    assert key == key_digest(["b", "a", "b"], ["settings-only"], RepositoryName("Acme", "Payments"))
    others = {
        key_digest(["a"], ["settings-only"], HERE),
        key_digest(["a", "b", "c"], ["settings-only"], HERE),
        key_digest(["a,b"], ["settings-only"], HERE),
        key_digest(["a", "b"], [], HERE),
        key_digest(["a", "b"], ["settings-only", "pending"], HERE),
        key_digest(["a"], ["b", "settings-only"], HERE),
        key_digest(["a", "b"], ["settings-only"], RepositoryName("acme", "billing")),
        key_digest(["a", "b"], ["settings-only"], None),
    }
    assert len(others) == 8
    assert key not in others
