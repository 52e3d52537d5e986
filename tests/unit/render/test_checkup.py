"""What a tired engineer sees of a checkup: what failed, what to do, and whether it will work."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from rich.text import Text
from support.checkup_examples import EXAMPLES, HEALTHY, MANY, NONE, SICK
from support.markdown import ALIVE, PARSER, TEXT

from envsync.plan.checkup import Check, Checkup, Status, Topic
from envsync.render.checkup import MOST_SEEN, checkup_markdown, checkup_text

FAILED = next(each for each in SICK.checks if each.status is Status.FAIL)
NOTED = next(each for each in SICK.checks if each.status is Status.NOTE)


def text(*checks: Check, width: int = 80) -> str:
    return checkup_text(Checkup(checks), color=False, width=width)


def at(repository: str | None, topic: Topic = Topic.REPOSITORY, said: str = "it is there") -> Check:
    return Check(topic, "x", Status.PASS, repository, said)


# --- on a page -----------------------------------------------------------------------------------------------


def test_topics_stand_in_their_order_whatever_was_looked_at_first() -> None:
    shown = text(at(None, Topic.CHECKLIST), at(None, Topic.SERVER), at(None, Topic.CREDENTIAL))

    assert re.findall(r"^\w+$", shown, re.MULTILINE) == ["Credential", "Server", "Checklist"]


def test_a_repository_is_named_where_there_are_several() -> None:
    assert "acme/one" not in text(at("acme/one"), at(None))
    assert text(at("acme/two", said="b"), at(None, said="a"), at("acme/one", said="c")).splitlines()[:6] == [
        "Repository",
        "  pass  a",
        "  acme/two",
        "    pass  b",
        "  acme/one",
        "    pass  c",
    ]


def test_the_next_step_and_the_link_stand_below_what_they_are_about() -> None:
    check = Check(Topic.RECORD, "x", Status.WARN, None, "it is weak", "make a new one", "https://example.com/a")

    assert text(check).splitlines()[:4] == [
        "Record",
        "  warn  it is weak",
        "        help: make a new one",
        "        https://example.com/a",
    ]


def test_what_is_long_is_folded_under_itself_and_a_link_never_is() -> None:
    lines = text(FAILED, width=40).splitlines()

    assert f"        {FAILED.link}" in lines
    others = [line for line in lines if "https://" not in line]
    assert max(map(len, others)) <= 40
    assert all(line.startswith(" " * 8) for line in others[2 : others.index("")])


def test_no_word_is_too_long_to_be_shown() -> None:
    shown = text(at(None, said="x" * 200), width=40)

    assert shown.count("x") == 200
    assert max(map(len, shown.splitlines())) <= 40


def test_what_is_said_on_several_lines_stays_together() -> None:
    assert "  pass  one\n        two\n" in text(at(None, said="one\ntwo"))


@pytest.mark.parametrize(
    ("checkup", "last"),
    [
        (HEALTHY, "Nothing was found that keeps it from working: 3 passed."),
        (
            Checkup((*HEALTHY.checks[:1], *SICK.checks[:1], NOTED, NOTED)),
            "Nothing was found that keeps it from working: 1 passed, 1 warning, 2 notes.",
        ),
        (SICK, "1 thing keeps it from working: 4 passed, 2 warnings, 1 failure, 1 note."),
        (Checkup((FAILED, FAILED)), "2 things keep it from working: 2 failures."),
        (NONE, "Nothing is known: nothing was looked at."),
    ],
)
def test_the_last_line_says_what_it_comes_to(checkup: Checkup, last: str) -> None:
    assert checkup_text(checkup, color=False, width=80).splitlines()[-1] == last


def test_in_a_long_list_what_failed_is_told_once_more_at_the_end_in_short() -> None:
    long = [FAILED, *(at(None, said=f"part {number} is there") for number in range(MOST_SEEN))]
    end = text(*long).partition("What keeps it from working:")[2]

    assert "carol may review" in end
    assert str(FAILED.link) not in end
    assert "pass" not in end.rpartition("1 thing")[0]
    assert "What keeps" not in text(*long[:-1]), "the list is in sight"
    assert "What keeps" not in text(*long[1:], at(None)), "nothing failed"


@pytest.mark.parametrize("name", EXAMPLES)
def test_colour_adds_nothing_that_words_do_not_say(name: str) -> None:
    colored = checkup_text(EXAMPLES[name], color=True, width=80)

    plain = "\n".join(line.rstrip() for line in Text.from_ansi(colored).plain.splitlines())
    assert plain.rstrip() == checkup_text(EXAMPLES[name], color=False, width=80).rstrip()
    assert "\x1b[" in colored


@given(TEXT)
def test_nothing_in_a_name_reaches_the_terminal_as_a_command(name: str) -> None:
    checks = [Check(Topic.SERVER, "x", Status.FAIL, each, name, name, name) for each in (name, "acme/other")]

    assert text(*checks).replace("\n", "").isprintable()


# --- the same in several repositories ------------------------------------------------------------------------


def in_each(*names: str, link: str | None = None) -> list[Check]:
    return [
        Check(
            Topic.REPOSITORY, "x", Status.WARN, f"acme/{name}", "it is old", "renew it", link and f"{link}/{name}"
        )
        for name in names
    ]


@pytest.mark.parametrize(
    ("names", "head"),
    [
        (["api", "billing"], "in acme/api and acme/billing"),
        (["api", "billing", "cart"], "in acme/api, acme/billing and acme/cart"),
        (["api", "billing", "cart", "desk"], "in acme/api, acme/billing and 2 more"),
    ],
)
def test_what_is_the_same_in_several_repositories_is_shown_once(names: list[str], head: str) -> None:
    assert text(*in_each(*names), at("acme/api")).splitlines()[:7] == [
        "Repository",
        f"  {head}",
        "    warn  it is old",
        "          help: renew it",
        "  acme/api",
        "    pass  it is there",
        "",
    ]


def test_in_markdown_too() -> None:
    shown = checkup_markdown(Checkup(tuple(in_each("api", "billing", "cart", "desk"))))

    assert "- repository in `acme/api`, `acme/billing` and 2 more: it is old — help: renew it" in shown
    assert shown.count("it is old") == 1


@pytest.mark.parametrize(
    "other", [{"status": Status.FAIL}, {"said": "it is new"}, {"next_step": "leave it"}, {"topic": Topic.APPS}]
)
def test_what_differs_is_shown_for_each(other: dict[str, object]) -> None:
    one, two = in_each("api", "billing")

    assert text(one, replace(two, **other)).count("  acme/") == 2  # type: ignore[arg-type]


def test_what_is_about_no_repository_is_not_taken_for_what_is_about_some() -> None:
    one, two = in_each("api", "billing")
    shown = text(one, replace(two, repository=None), *in_each("cart"))

    assert [each.strip() for each in shown.splitlines()[:5] if "help" not in each] == [
        "Repository",
        "warn  it is old",
        "in acme/api and acme/cart",
        "warn  it is old",
    ]


def test_the_pages_are_those_of_the_repositories_that_are_named() -> None:
    checks = in_each("api", "billing", "cart", "desk", link="https://x")

    for shown in (text(*checks), checkup_markdown(Checkup(tuple(checks)))):
        assert re.findall(r"https://x/\w+", shown) == ["https://x/api", "https://x/billing"]


def test_each_counts_all_the_same() -> None:
    checks = [replace(each, status=Status.FAIL) for each in in_each("api", "billing")]

    assert text(*checks).splitlines()[-1] == "2 things keep it from working: 2 failures."
    assert "Passed: 2<" in checkup_markdown(Checkup((at("acme/api"), at("acme/billing"))))


def test_a_page_that_several_lines_of_a_topic_need_is_named_once() -> None:
    one, two = (replace(FAILED, said=said, link="https://x/y") for said in ("a", "b"))
    other = replace(one, topic=Topic.CHECKLIST)

    for shown in (text(one, two, other), checkup_markdown(Checkup((one, two, other)))):
        assert shown.count("https://x/y") == 2


# --- in Markdown -----------------------------------------------------------------------------------------------


def test_what_failed_comes_first_and_what_passed_is_folded() -> None:
    shown = checkup_markdown(SICK)

    title = "### envsync doctor: 1 thing keeps it from working: 4 passed, 2 warnings, 1 failure, 1 note"
    assert shown.startswith(f"{title}\n")
    places = [
        shown.index(each)
        for each in ("#### What keeps", "carol", "#### Warnings", "#### Notes", "<summary>Passed: 4")
    ]
    assert places == sorted(places)


def test_of_several_repositories_each_is_named() -> None:
    assert "- reviewers `acme/service-2`: carol" in checkup_markdown(MANY)
    assert "- reviewers: carol" in checkup_markdown(SICK)


def test_what_is_said_on_several_lines_is_one_item() -> None:
    assert "- server: one; two\n" in checkup_markdown(Checkup((at(None, Topic.SERVER, "one\ntwo"),)))


def test_what_passed_is_the_first_to_be_left_out() -> None:
    many = Checkup((*(at(None, said=f"{'word ' * 50}{number}") for number in range(100)), FAILED))
    shown = checkup_markdown(many, limit=4096, whole_at="the log")

    assert len(shown.encode()) <= 4096
    assert "carol" in shown
    assert "of 100 checks" in shown
    assert "All of it is in the log." in shown


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://github.com/a/b/settings?x=1&y=%20", "<https://github.com/a/b/settings?x=1&y=%20>"),
        ("https://x/> @octocat", "`https://x/> @octocat`"),
        ("https://x/&lt;", "`https://x/&lt;`"),
        ("javascript:alert(1)", "`javascript:alert(1)`"),
    ],
)
def test_a_link_can_be_followed_and_be_nothing_else(link: str, shown: str) -> None:
    assert checkup_markdown(Checkup((replace(FAILED, link=link),))).endswith(f" {shown}\n")


@given(TEXT)
def test_names_show_and_do_nothing(name: str) -> None:
    checks = (
        Check(Topic.SERVER, "x", status, each, name, name) for each in (name, "acme/other") for status in Status
    )
    tokens = PARSER.parse(checkup_markdown(Checkup(tuple(checks))))

    assert [each.type for each in tokens if each.type == "list_item_open"] == ["list_item_open"] * 4
    assert [each.content for each in tokens if each.type == "html_block"] == [
        "<details><summary>Passed: 2</summary>\n",
        "</details>\n",
    ]
    for token in tokens:
        for each in token.children or []:
            assert each.type in {"text", "code_inline"}
            assert each.type != "text" or not ALIVE.search(each.content.replace("—", "")), each.content
