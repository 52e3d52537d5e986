"""What somebody who is called at night reads of drift: what is open, since when, what to do; nothing untrue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from rich.text import Text
from support.drifts import (
    APPEARED,
    BLIND,
    DELETED,
    EXAMPLES,
    FLAG,
    HARMLESS,
    INCIDENT,
    JUST_EXPECTED,
    LEVEL,
    MUCH,
    NO_RECORD,
    NONE,
    NOT_ASKED,
    ONE,
    PATTERN,
    RECORD,
    RECORDS,
    REVIEWERS,
    RULE,
    SWITCHED_OFF,
    TIMER,
    TOKEN,
)
from support.markdown import NASTY, TEXT
from support.structure import structure

from envsync.model import Expected
from envsync.plan.changes import Address, Kind, Notice, Origin, Risk, Unmanaged, UnreadPart
from envsync.plan.drift import Deed, Difference, Drift, DriftField, Excused
from envsync.render.drift import drift_summary, drift_title, render_drift
from envsync.render.drift_markdown import drift_markdown


def text(*differences: Difference) -> str:
    return render_drift(Drift(differences), width=200, color=False)


def drift_of(text: str) -> Drift:
    """With a place for everything that somebody else chooses."""
    at = Address(text, text)
    settings = Difference(
        at,
        Kind.SETTINGS,
        None,
        Deed.CHANGED,
        Origin.CONFLICT,
        Risk.WEAKENS,
        text,
        (DriftField("required_reviewers", (text,), (text, text)),),
        since=text,
    )
    others = tuple(
        Difference(at, Kind.VARIABLE, text, deed, Origin.OUTSIDE, Risk.NEUTRAL, text, fields, after=text)
        for deed in Deed
        for fields in ((), (DriftField("value", text, None),))
    )
    excused = Excused(settings, Expected(text, frozenset({text}), f"because {text}", date(2026, 12, 1)))
    return Drift(
        (settings, *others),
        (excused,),
        (excused,),
        unread=(
            UnreadPart(f"a{text}", f"b{text}", f"part {text}", f"because {text}", f"do {text}", failed=True),
            UnreadPart("acme/x", f"b{text}", "record", f"because {text}", None, failed=True),
        ),
        warnings=(Notice(f"a{text}", "code", f"see {text}"), Notice(None, "code", f"see {text}")),
        unmanaged=(Unmanaged(at, Kind.SECRET, text), Unmanaged(Address("acme/x", text), Kind.ENVIRONMENT, None)),
    )


# --- what is said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drift", EXAMPLES.values(), ids=EXAMPLES)
def test_it_fits_a_terminal_of_80_columns(drift: Drift) -> None:
    assert max(map(len, render_drift(drift, width=80, color=False).splitlines())) <= 80


def test_colour_adds_nothing_that_text_does_not_say() -> None:
    colored = render_drift(MUCH, width=80, color=True)

    plain = "\n".join(line.rstrip() for line in Text.from_ansi(colored).plain.splitlines())
    assert plain.rstrip() == render_drift(MUCH, width=80, color=False).rstrip()


def test_what_weakens_comes_first_and_is_marked() -> None:
    shown = text(LEVEL, APPEARED, REVIEWERS, RECORD)

    assert shown.startswith("What weakens the protection:\n")
    titles = ["What weakens", "Environments that appeared", "Records that", "What differs as well"]
    assert [shown.index(title) for title in titles] == sorted(shown.index(title) for title in titles)
    assert "    ! required_reviewers: carol can approve\n" in shown
    assert "    ~ variable LOG_LEVEL: its value was changed\n" in shown


def test_both_sides_are_named() -> None:
    assert "in the files: team-lead\n        on GitHub:    carol, team-lead\n" in text(REVIEWERS)
    assert "in the files: not there\n        on GitHub:    there\n" in text(PATTERN)
    assert "in the files: there\n        on GitHub:    not there\n" in text(RULE)
    assert 'in the files: "on"\n        on GitHub:    not there\n' in text(FLAG)
    assert "in the files: 30 minutes\n        on GitHub:    1 minute\n" in text(TIMER)
    assert "wait_timer:         30 minutes in the files, not there on GitHub\n" in text(DELETED)
    assert "in the files" not in text(TOKEN), "nobody can see a secret"


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (LEVEL, "changed outside envsync, last written on 2026-11-21 03:10:59 UTC"),
        (REVIEWERS, "changed outside envsync, after the last apply on 2026-11-20 09:12:00 UTC"),
        (
            TIMER,
            "changed outside envsync, and the file changed too, after the last apply on 2026-11-20 09:12:00 UTC",
        ),
        (APPEARED, "appeared outside envsync, created on 2026-11-21 03:10:59 UTC"),
        (RECORD, "written outside envsync, last written on 2026-11-21 03:10:59 UTC"),
        (RULE, "nobody can tell who did this, or when"),
        (
            replace(RULE, after="2026-11-20T09:12:00Z"),
            "nobody can tell who did this; the last apply was on 2026-11-20 09:12:00 UTC",
        ),
        (replace(REVIEWERS, after=None), "changed outside envsync, nobody knows when"),
        (replace(LEVEL, since="lately\x1b"), "changed outside envsync, last written on lately\\u001b"),
    ],
)
def test_it_says_who_and_when_as_far_as_anybody_knows(difference: Difference, words: str) -> None:
    assert f"        {words}\n" in text(difference)


def test_what_is_expected_has_its_reason_and_its_last_day() -> None:
    shown = render_drift(JUST_EXPECTED, width=200, color=False)

    assert "        expected until 2026-12-01: incident 4711, back on Monday\n" in shown
    assert "No drift. 1 difference is expected, and not counted.\n" in shown


def test_what_was_expected_once_says_so_where_it_counts_again() -> None:
    shown = render_drift(Drift((LEVEL,), lapsed=(Excused(LEVEL, INCIDENT),)), width=200, color=False)

    assert "        was expected until 2026-12-01: incident 4711, back on Monday\n" in shown


def test_no_drift_is_said_only_where_everything_was_read() -> None:
    assert render_drift(NONE, width=80, color=False) == "No drift.\n"
    assert drift_markdown(NONE) == "### envsync drift: No drift\n"
    for drift in (NOT_ASKED, BLIND):
        assert "No drift" not in render_drift(drift, width=80, color=False)
        assert "No drift" not in drift_markdown(drift)
        assert "No drift" not in drift_title(drift)
    assert drift_summary(BLIND) == (
        "No differences in what was read. 1 part could not be read: not all that differs there is known."
    )
    assert "1 part was not read" in drift_summary(NOT_ASKED)
    assert "2 parts were not read" in drift_summary(MUCH)


def test_a_record_that_is_not_there_is_in_no_file() -> None:
    shown = text(NO_RECORD)

    assert "- variable ENVSYNC_RECORD: no record: somebody deleted it, or nobody has applied" in shown
    assert "        nobody can tell who did this, or when\n" in shown
    assert "in the files" not in shown.partition("1 difference")[0]


def test_a_record_that_cannot_be_verified_makes_no_drift_an_untruth() -> None:
    blind = Drift(unread=RECORDS.unread)
    shown = render_drift(blind, width=200, color=False)

    assert shown.startswith(
        "Not all is known, because of the record:\n  acme/payments production: no ENVSYNC_RECORD_"
    )
    assert "    help: apply needs the key whose id is 5eed5eed\n" in shown
    assert "No differences in what was read. 1 part could not be read or verified: not all that differs" in shown
    assert "#### Not all is known, because of the record\n" in drift_markdown(blind)
    assert "Left alone" not in shown + drift_markdown(blind)


def test_what_is_in_no_file_is_listed_last_and_folded() -> None:
    shown, markdown = render_drift(RECORDS, width=200, color=False), drift_markdown(RECORDS)

    listed = "  acme/payments production: variable BY_HAND, secret SENTRY_DSN\n  acme/payments sandbox: "
    assert f"Unmanaged, that is in no file, and left alone:\n{listed}the environment itself\n" in shown
    assert "<details><summary>Unmanaged, that is in no file, and left alone</summary>" in markdown


def test_a_moment_is_written_in_one_way() -> None:
    row = next(line for line in drift_markdown(MUCH).splitlines() if "`TOKEN`" in line)

    assert "| somebody else wrote it on `2026-11-21 03:10:59 UTC` |" in row
    assert "last written on `2026-11-21 03:10:59 UTC` |" in row


def test_it_says_what_to_do() -> None:
    assert "`envsync apply` puts it back as the files say, or names the grant that this needs; " in text(REVIEWERS)
    assert "puts it back" not in text(APPEARED, RECORD, NO_RECORD, SWITCHED_OFF)
    assert "What apply cannot put back: set it on GitHub." in text(SWITCHED_OFF)
    assert "set it on GitHub" not in text(REVIEWERS)
    assert "A record that is not there: `envsync apply` writes one." in text(NO_RECORD)
    assert "declare it in a file, or delete it on GitHub" in text(APPEARED)
    assert "`envsync plan` says what apply does with it" in text(RECORD)
    pending = Drift(pending=MUCH.pending)
    assert "`envsync apply` makes it as the files say.\n" in render_drift(pending, width=200, color=False)
    assert drift_summary(Drift(pending=())) == "No drift."


# --- titles --------------------------------------------------------------------------------------------------


def test_a_title_counts_and_names() -> None:
    assert drift_title(ONE) == "envsync drift: 1 difference in acme/payments, 1 weakens the protection"
    assert drift_title(HARMLESS) == "envsync drift: 2 differences in acme/payments"
    much = "envsync drift: 10 differences in 2 repositories, 5 weaken the protection; 2 changes"
    assert drift_title(MUCH).startswith(much)
    assert drift_title(Drift(pending=MUCH.pending)) == "envsync drift: 2 changes not applied yet in acme/payments"


@given(TEXT)
def test_a_title_is_one_line_that_calls_nobody(text: str) -> None:
    title = drift_title(Drift((replace(REVIEWERS, at=Address(text, text)),)))

    assert title.isprintable()
    assert len(title) <= 256
    assert not set("<>@&|[]()`\\") & set(title)


# --- markdown ------------------------------------------------------------------------------------------------


@given(TEXT)
def test_markdown_has_the_same_structure_whatever_is_in_it(text: str) -> None:
    assert structure(drift_markdown(drift_of(text))) == structure(drift_markdown(drift_of("harmless")))


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_that_is_known_to_be_nasty_does_anything(nasty: str) -> None:
    assert structure(drift_markdown(drift_of(nasty))) == structure(drift_markdown(drift_of("harmless")))


@given(TEXT)
def test_text_has_nothing_that_a_terminal_would_obey(text: str) -> None:
    assert all(line.isprintable() for line in render_drift(drift_of(text), width=80, color=False).split("\n"))
