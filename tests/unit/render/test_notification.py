"""A few lines for mail and chats. Whoever chooses names in GitHub calls nobody by them, and links to nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from support.drifts import BLIND, JUST_EXPECTED, LEVEL, MUCH, NONE, NOT_ASKED, RECORDS, REVIEWERS
from support.markdown import TEXT

from envsync.plan.changes import Address, Risk
from envsync.plan.drift import Drift
from envsync.render.notification import notification

LINK = "https://github.com/acme/payments/issues/7"


def test_it_says_how_much_and_what_and_where_to_read_on() -> None:
    title, body = notification(Drift((LEVEL, REVIEWERS)), [LINK, f"{LINK}1"])

    assert title == "envsync drift: 2 differences in acme/payments, 1 weakens the protection"
    assert body.splitlines() == [
        "- weakens: acme/payments production: required_reviewers: carol can approve",
        "- acme/payments staging: variable LOG_LEVEL: its value was changed",
        (
            "envsync apply puts it back as the files say, or names the grant that this needs; "
            "to keep what is there, change the files."
        ),
        f"See {LINK}",
        f"See {LINK}1",
    ]


def test_only_the_gravest_ten_are_told_one_by_one() -> None:
    lost = replace(LEVEL, risk=Risk.DESTROYS, reason="it is lost")
    _, body = notification(Drift((*(LEVEL,) * 11, lost, REVIEWERS)))

    rows = [line for line in body.splitlines() if line.startswith("- ")]
    assert len(rows) == 10
    assert rows[0].startswith("- weakens: ")
    assert rows[1].startswith("- destroys: ")
    assert "\nand 3 more differences\n" in body
    assert "See" not in body


def test_what_differs_no_more_is_said_to() -> None:
    assert notification(NONE, [LINK]) == (
        "envsync drift: No drift any more",
        f"Nothing that counts differs any more.\nSee {LINK}\n",
    )
    assert "1 difference is expected, and not counted." in notification(JUST_EXPECTED)[1]


def test_no_more_is_said_than_is_known() -> None:
    assert notification(NOT_ASKED) == (
        "envsync drift: No drift any more in what was read",
        "1 part was not read: not all that differs there is known.\n",
    )
    assert notification(BLIND)[0] == "envsync drift: No differences in what was read"


@pytest.mark.parametrize(
    ("drift", "about", "where"),
    [
        (NONE, ["acme/web"], "No drift any more in acme/web"),
        (NONE, ["acme/web", "acme/api"], "No drift any more in 2 repositories"),
        (NOT_ASKED, ["acme/web"], "No drift any more in what was read of acme/web"),
        (BLIND, ["acme/web"], "No differences in what was read of acme/web"),
        (JUST_EXPECTED, ["@acme/web"], "No drift any more in ·acme/web"),
    ],
)
def test_an_all_clear_names_what_it_is_about(drift: Drift, about: list[str], where: str) -> None:
    assert notification(drift, about=about)[0] == f"envsync drift: {where}"


def test_of_many_repositories_the_first_are_named() -> None:
    few, many = ([f"acme/{number}" for number in range(many)] for many in (2, 300))

    assert "\nRepositories: acme/0, acme/1\n" in notification(NONE, about=few)[1]
    assert "acme/8, acme/9, and 290 more\n" in notification(NONE, about=many)[1]
    assert "Repositories" not in notification(NONE, about=few[:1])[1]
    assert "Repositories" not in notification(MUCH, about=few)[1], "each of the differences names its own"


def test_what_was_compared_with_the_sandbox_says_so_before_anything_else() -> None:
    _, body = notification(RECORDS)

    assert body.startswith("this is the embedded sandbox: nothing was compared with GitHub\n- ")
    assert "acme/pay now" not in body, "other warnings stand in the issue"


def test_names_can_be_searched_for() -> None:
    named = replace(LEVEL, name="AWS_ROLE_ARN", reason="branch feature/*~2 #7 can deploy")

    assert "variable AWS_ROLE_ARN: branch feature/*~2 #7 can deploy" in notification(Drift((named,)))[1]


def test_it_tells_what_is_not_applied_yet() -> None:
    title, body = notification(Drift(pending=MUCH.pending))

    assert title == "envsync drift: 2 changes not applied yet in acme/payments"
    assert body == "envsync apply makes it as the files say.\n"


def test_a_line_has_an_end() -> None:
    _, body = notification(Drift((replace(LEVEL, reason="x" * 10_000),)))

    assert body.splitlines()[0].endswith("x…")
    assert max(map(len, body.splitlines())) < 310


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>",
        "<!here|here>",
        "<@U123>",
        "@everyone",
        "&lt;!channel&gt;",
        "https://evil.example",
        "[a](javascript:x)",
        "www.evil.example",
        "`code`",
        "two\nlines",
        "\u202egnp.exe",
    ],
)
def test_nothing_that_chats_act_on_is_left_of_a_name(text: str) -> None:
    shown = "".join(notification(Drift((replace(LEVEL, name=text, at=Address(text, text), reason=text),))))

    assert text not in shown
    assert not set("<>@&|[]()`\\") & set(shown)
    assert "://" not in shown
    assert "www." not in shown


@given(TEXT)
@example(":" * 3 + "///")
@example("wwwWWW.")
def test_nor_of_anything_else_that_somebody_chooses(text: str) -> None:
    title, body = notification(Drift((replace(LEVEL, name=text, at=Address(text, text), reason=text),)))

    assert title.isprintable()
    assert all(line.isprintable() for line in body.split("\n"))
    assert body.count("\n") == 2
    assert not set("<>@&|[]()`\\") & set(title + body)
    assert "://" not in title + body
    assert "www." not in (title + body).casefold()
