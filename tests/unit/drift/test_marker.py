from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trackers import keyed, signed

from envsync.drift.marker import (
    MARKER_LENGTH,
    NOTHING,
    UNPROVEN,
    Checksum,
    Marker,
    Proving,
    key_digest,
    marked,
    read_marker,
    unmarked,
)
from envsync.model import LiveIssue, RepositoryName

KEY, DRIFT, TOLD, OTHER = "a" * 64, "d" * 64, "7" * 64, "e" * 64
MARKER = Marker(KEY, DRIFT, TOLD)
KEYED, UNKEYED = keyed(), Checksum()
ISSUE = signed(4, MARKER, title="2 differences", text="carol can approve\n")
LINE, _, _ = ISSUE.body.partition("\n")
BARE = f"<!-- envsync drift {KEY} {DRIFT} {TOLD} -->"  # as older versions wrote it
HERE = RepositoryName("acme", "payments")


def holding(body: str, title: str = ISSUE.title) -> LiveIssue:
    return LiveIssue(4, is_open=True, title=title, body=body)


@pytest.mark.parametrize("proving", [KEYED, UNKEYED])
@pytest.mark.parametrize("told", [None, TOLD, NOTHING])
@pytest.mark.parametrize("text", ["", "body", "\n\nbody\n", LINE, "\ud800"])
def test_what_is_marked_is_read_again(told: str | None, text: str, proving: Proving) -> None:
    marker = Marker(KEY, DRIFT, told)
    body = marked(marker, "title", text, proving)

    assert read_marker(holding(body, "title"), proving) == marker
    assert unmarked(body) == text
    assert len(body) - len(text) <= MARKER_LENGTH


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("2 differences", ISSUE.body.replace("\n", "\r\n")),
        ("2 differences", ISSUE.body.rstrip()),
        ("2 differences", ISSUE.body + "\r\n \n"),
        ("2 differences", ISSUE.body.replace("approve", "approve \t")),
        (" 2 differences\n", ISSUE.body),
    ],
)
def test_other_line_ends_and_blanks_that_do_not_show_change_nothing(title: str, body: str) -> None:
    assert read_marker(holding(body, title), KEYED) == MARKER


# --- whose it is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "",
        "somebody's own issue",
        *(
            each
            for line in (LINE, BARE)
            for each in (
                f" {line}\n",
                f"> {line}\n",
                f"{line} and more\n",
                line.replace("-->", "--> -->"),
                line.upper(),
                line.replace(KEY, "A" * 64),
                line.replace(KEY, "a" * 63),
                line.replace(KEY, "a" * 65),
                line.replace(KEY, "-"),
                line.replace(DRIFT, "-"),
                line.replace(TOLD, ""),
                line.replace(" -->", " - -->"),
                line.replace(KEY, "\N{FULLWIDTH DIGIT ONE}" * 64),
                line.replace("envsync drift", "envsync plan"),
            )
        ),
    ],
)
def test_what_is_not_just_so_is_somebody_elses(body: str) -> None:
    assert read_marker(holding(body), KEYED) is None
    assert unmarked(body) == body


# --- what is believed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "issue",
    [
        replace(ISSUE, title="Update dependencies"),
        replace(ISSUE, title="2 Differences"),
        replace(ISSUE, body=ISSUE.body.replace("carol", "nobody")),
        replace(ISSUE, body=ISSUE.body.replace("carol can", "carol  can")),
        replace(ISSUE, body=ISSUE.body + "more"),
        replace(ISSUE, body=ISSUE.body.replace(DRIFT, OTHER)),
        replace(ISSUE, body=ISSUE.body.replace(TOLD, OTHER)),
        replace(ISSUE, body=ISSUE.body.replace(TOLD, "-")),
        replace(ISSUE, body=ISSUE.body.replace(LINE, LINE[:-68] + OTHER + " -->")),
        replace(ISSUE, body=ISSUE.body.replace(LINE, BARE)),
        replace(ISSUE, body="\n" + ISSUE.body),
        replace(ISSUE, body=f"I am on it\n\n{ISSUE.body}"),
        replace(ISSUE, body=f"I am on it\r\n{ISSUE.body}"),
        replace(ISSUE, body=f"carol can approve\n{LINE}"),  # as it would be told of without the marker
        replace(ISSUE, body=f"{BARE}\n{ISSUE.body}"),
        signed(4, MARKER, proving=keyed(8)),
        signed(4, MARKER, proving=UNKEYED),
    ],
)
def test_what_somebody_wrote_or_changed_tells_whose_it_is_and_nothing_more(issue: LiveIssue) -> None:
    assert read_marker(issue, KEYED) == Marker(KEY, UNPROVEN, None)


def test_without_a_key_an_edit_of_title_or_text_still_shows() -> None:
    issue = signed(4, MARKER, proving=UNKEYED)

    assert read_marker(issue, UNKEYED) == MARKER
    for changed in (replace(issue, title="new"), replace(issue, body=f"{issue.body}."), ISSUE):
        assert read_marker(changed, UNKEYED) == Marker(KEY, UNPROVEN, None)


@given(st.text("ab", max_size=3), st.text("ab", min_size=1, max_size=3), st.text("ab", max_size=3))
def test_where_the_title_ends_and_the_text_begins_counts(one: str, two: str, three: str) -> None:
    body = marked(MARKER, one + two, three, KEYED)
    line, _, _ = body.partition("\n")

    assert read_marker(holding(f"{line}\n{two}{three}", one), KEYED) == Marker(KEY, UNPROVEN, None)
    assert read_marker(holding(body, one + two), KEYED) == MARKER


def test_issues_that_are_out_there_stay_proven() -> None:
    """Literal: what one version has written, every later one has to read."""
    body = "<!-- envsync drift {} {} {} {} -->\ncarol can approve\n"

    assert ISSUE.body == body.format(
        KEY, DRIFT, TOLD, "545021218cf992be24b9936657e7ed14e18f17dcfb8d2421837dd55fd43e1232"
    )
    assert marked(Marker(KEY, DRIFT, None), "2 differences", "carol can approve\n", UNKEYED) == body.format(
        KEY, DRIFT, "-", "c09937cb450ba8ccee1c444279865cf70816701c4eea8358291bbc611bda1d79"
    )


# --- what one issue is kept for ----------------------------------------------------------------------------


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
