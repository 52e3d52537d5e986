"""Issues, their labels and comments; pull requests as far as they are issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.sandbox_http import REPOSITORY, world

from envsync.sandbox import Sandbox
from envsync.sandbox.state import Token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.sandbox_http import Result, World

ISSUES = f"{REPOSITORY}/issues"
LABELS = f"{REPOSITORY}/labels"


@pytest.fixture
def github() -> Iterator[World]:
    with world() as one:
        yield one


def opened(github: World, title: str = "Drift", **body: Any) -> int:
    """The number of a new issue."""
    answer = github.call("POST", ISSUES, {"title": title, **body})
    assert answer.status == 201
    github.clock.advance(60)
    return int(answer.json["number"])


def listed(github: World, query: str = "") -> list[str]:
    return [one["title"] for one in github.call.pages(f"{ISSUES}?{query}")]


def named(labels: list[dict[str, object]]) -> list[object]:
    return [label["name"] for label in labels]


def brief(value: object) -> str:
    return str(value)[:40]


class TestIssues:
    def test_a_new_one(self, github: World) -> None:
        answer = github.call("POST", ISSUES, {"title": "Drift", "body": "of *acme*", "labels": ["envsync-drift"]})
        found = answer.json
        assert (found["number"], found["title"], found["body"]) == (1, "Drift", "of *acme*")
        assert (found["state"], found["state_reason"], found["closed_at"]) == ("open", None, None)
        assert (found["user"]["login"], found["user"]["type"]) == ("sandbox", "User")
        assert found["created_at"] == found["updated_at"] == "2026-03-01T12:00:00Z"
        assert answer.headers["location"] == found["url"]
        assert found["html_url"] == f"{github.sandbox.url}/acme/payments/issues/1"
        assert "pull_request" not in found
        assert github.call("GET", f"{ISSUES}/1").json == found

    def test_it_says_whether_a_bot_wrote_it(self, github: World) -> None:
        with github.client("sandbox-workflow") as call:
            user = call("POST", ISSUES, {"title": "Drift"}).json["user"]
        assert (user["login"], user["type"]) == ("github-actions[bot]", "Bot")
        assert user["html_url"] == f"{github.sandbox.url}/apps/github-actions"

    def test_who_is_gone_wrote_it_no_less(self, github: World) -> None:
        github.sandbox.state.new_issue(
            github.sandbox.state.repository("acme/payments"), "Drift", "ghost", "2026-03-01T12:00:00Z"
        )
        assert github.call("GET", f"{ISSUES}/1").json["user"] is None

    @pytest.mark.parametrize(
        ("login", "association"), [("acme", "OWNER"), ("alice", "COLLABORATOR"), ("carol", "NONE")]
    )
    def test_what_the_author_is_to_the_repository(self, github: World, login: str, association: str) -> None:
        github.sandbox.state.tokens["theirs"] = Token("theirs", login, {"issues": "write"})
        with github.client("theirs") as call:
            assert call("POST", ISSUES, {"title": "Drift"}).json["author_association"] == association

    def test_a_number_will_do_as_a_title(self, github: World) -> None:
        assert github.call("POST", ISSUES, {"title": 5}).json["title"] == "5"

    def test_a_change_is_of_what_is_mentioned(self, github: World) -> None:
        number = opened(github, body="before", labels=["a", "b"])
        found = github.call("PATCH", f"{ISSUES}/{number}", {"body": "after"}).json
        assert (found["title"], found["body"], named(found["labels"])) == ("Drift", "after", ["a", "b"])
        assert (found["created_at"], found["updated_at"]) == ("2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z")
        found = github.call("PATCH", f"{ISSUES}/{number}", {"title": "More", "body": None, "labels": ["C"]}).json
        assert (found["title"], found["body"], named(found["labels"])) == ("More", None, ["C"])
        assert github.call("PATCH", f"{ISSUES}/{number}").json["title"] == "More"

    def test_closed_and_opened_again(self, github: World) -> None:
        path = f"{ISSUES}/{opened(github)}"
        found = github.call("PATCH", path, {"state": "closed"}).json
        assert (found["state"], found["state_reason"], found["closed_by"]["login"]) == (
            "closed",
            "completed",
            "sandbox",
        )
        assert found["closed_at"] == "2026-03-01T12:01:00Z"
        github.clock.advance(60)
        found = github.call("PATCH", path, {"state": "closed", "state_reason": "not_planned"}).json
        assert (found["state_reason"], found["closed_at"]) == ("not_planned", "2026-03-01T12:01:00Z")
        found = github.call("PATCH", path, {"state": "open"}).json
        assert (found["state"], found["state_reason"]) == ("open", "reopened")
        assert (found["closed_at"], found["closed_by"]) == (None, None)
        found = github.call("PATCH", path, {"state": "open", "state_reason": "completed"}).json
        assert found["state_reason"] == "reopened"

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({}, '"title" wasn\'t supplied'),
            ({"title": None}, "'properties/title', nil is not a string"),
            ({"title": " "}, "title can't be blank"),
            ({"title": "x" * 257}, "title is too long (maximum is 256 characters)"),
            ({"title": "x", "body": 5}, "'properties/body', 5 is not a string"),
            ({"title": "x", "body": "x" * 65_537}, "body is too long (maximum is 65536 characters)"),
            ({"title": "x", "labels": "a"}, "'properties/labels', a value of type str is not an array"),
            ({"title": "x", "labels": [5]}, "'properties/labels', 5 is not a string"),
            ({"title": "x", "labels": [" "]}, "name can't be blank"),
            ({"title": "x", "labels": ["x" * 51]}, "name is too long (maximum is 50 characters)"),
        ],
        ids=brief,
    )
    def test_what_is_not_taken(self, github: World, body: dict[str, object], problem: str) -> None:
        answer = github.call("POST", ISSUES, body)
        assert answer.status == 422
        assert problem in told(answer)
        assert listed(github) == []

    @pytest.mark.parametrize("change", [{"state": "done"}, {"state_reason": "bored"}, {"title": ""}, []], ids=str)
    def test_nor_is_it_in_a_change(self, github: World, change: object) -> None:
        path = f"{ISSUES}/{opened(github)}"
        before = github.call("GET", path).json
        assert github.call("PATCH", path, change).status == 422
        assert github.call("GET", path).json == before

    def test_a_body_may_have_as_many_characters_as_github_takes(self, github: World) -> None:
        number = opened(github, body="ü" * 65_536)
        assert len(github.call("GET", f"{ISSUES}/{number}").json["body"]) == 65_536

    def test_what_is_not_there(self, github: World) -> None:
        for path in (f"{ISSUES}/1", f"{ISSUES}/x", f"{ISSUES}/1/comments", f"{ISSUES}/comments/1"):
            assert github.call("GET", path).status == 404

    def test_a_repository_may_have_none(self, github: World) -> None:
        path = f"{ISSUES}/{opened(github)}"
        pull_request = github.sandbox.open_pull_request("acme/payments", "Change")
        github.sandbox.state.repository("acme/payments").has_issues = False
        for method, where in (("GET", ISSUES), ("POST", ISSUES), ("GET", path), ("GET", f"{ISSUES}/99")):
            answer = github.call(method, where, {"title": "x"} if method == "POST" else None)
            assert (answer.status, answer.message) == (410, "Issues has been disabled in this repository.")
        assert github.call("GET", f"{ISSUES}/{pull_request}").status == 200
        assert github.call("GET", REPOSITORY).json["has_issues"] is False

    def test_open_ones_are_counted(self, github: World) -> None:
        opened(github)
        github.call("PATCH", f"{ISSUES}/{opened(github)}", {"state": "closed"})
        assert github.call("GET", REPOSITORY).json["open_issues_count"] == 1


class TestLists:
    @pytest.fixture(autouse=True)
    def three(self, github: World) -> None:
        opened(github, "first", labels=["Drift", "ops"])
        opened(github, "second", labels=["drift"])
        opened(github, "third")
        github.call("PATCH", f"{ISSUES}/2", {"state": "closed"})
        github.clock.advance(60)
        github.call("POST", f"{ISSUES}/1/comments", {"body": "x"})

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("", ["third", "first"]),
            ("state=closed", ["second"]),
            ("state=all", ["third", "second", "first"]),
            ("state=all&direction=asc", ["first", "second", "third"]),
            ("state=all&sort=updated", ["first", "second", "third"]),
            ("state=all&sort=comments", ["first", "third", "second"]),
            ("state=all&labels=DRIFT", ["second", "first"]),
            ("state=all&labels=drift,ops", ["first"]),
            ("labels=other", []),
            ("state=all&since=2026-03-01T12:03:00Z", ["second", "first"]),
            ("creator=SANDBOX", ["third", "first"]),
            ("creator=alice", []),
        ],
    )
    def test_filters_and_order(self, github: World, query: str, titles: list[str]) -> None:
        assert listed(github, query) == titles

    def test_a_state_that_there_is_not(self, github: World) -> None:
        assert github.call("GET", f"{ISSUES}?state=done").status == 422

    def test_pages_keep_the_filters(self, github: World) -> None:
        for number in range(40):
            opened(github, f"more {number}", labels=["drift"])
        answer = github.call("GET", f"{ISSUES}?labels=drift")
        assert len(answer.json) == 30
        assert "labels=drift" in answer.headers["link"]
        assert len(listed(github, "labels=drift&per_page=7")) == 41


class TestPullRequests:
    def test_they_share_numbers_and_lists_with_issues(self, github: World) -> None:
        opened(github)
        number = github.sandbox.open_pull_request("acme/payments", "Change", author="alice")
        assert number == 2
        assert opened(github) == 3
        first, second, third = reversed(github.call("GET", ISSUES).json)
        assert "pull_request" not in {**first, **third}
        assert second["pull_request"]["url"] == f"{github.sandbox.url}{REPOSITORY}/pulls/2"
        assert second["html_url"] == f"{github.sandbox.url}/acme/payments/pull/2"
        assert second["user"]["login"] == "alice"

    def test_closing_one_needs_no_reason(self, github: World) -> None:
        path = f"{ISSUES}/{github.sandbox.open_pull_request('acme/payments', 'Change')}"
        assert github.call("PATCH", path, {"state": "closed"}).json["state_reason"] is None
        assert github.call("PATCH", path, {"state": "open"}).json["state_reason"] is None

    def test_their_own_permission_does_for_them_and_not_for_issues(self, github: World) -> None:
        issue, pull_request = opened(github), github.sandbox.open_pull_request("acme/payments", "Change")
        there = github.call("POST", f"{ISSUES}/{issue}/comments", {"body": "x"}).json["id"]
        github.sandbox.state.tokens["pulls"] = Token("pulls", "sandbox", {"pull_requests": "write"})
        with github.client("pulls") as call:
            answer = call("POST", f"{ISSUES}/{pull_request}/comments", {"body": "x"})
            assert answer.status == 201
            assert answer.headers["x-accepted-github-permissions"] == "issues=write; pull_requests=write"
            here = answer.json["id"]
            assert call("PATCH", f"{ISSUES}/comments/{here}", {"body": "y"}).status == 200
            assert call("POST", f"{ISSUES}/{pull_request}/labels", {"labels": ["a"]}).status == 200
            refused = [
                call("GET", f"{ISSUES}/{issue}"),
                call("GET", ISSUES),
                call("POST", f"{ISSUES}/{issue}/comments", {"body": "x"}),
                call("GET", f"{ISSUES}/comments/{there}"),
            ]
        for answer in refused:
            assert (answer.status, answer.message) == (403, "Resource not accessible by integration")
            assert answer.headers["x-accepted-github-permissions"].startswith("issues=")
            assert "pull" not in answer.headers["x-accepted-github-permissions"]


class TestComments:
    def test_from_first_to_last(self, github: World) -> None:
        path = f"{ISSUES}/{opened(github)}/comments"
        created = github.call("POST", path, {"body": "before"})
        comment = f"{ISSUES}/comments/{created.json['id']}"
        assert created.headers["location"] == created.json["url"]
        assert created.json["html_url"].endswith(f"/acme/payments/issues/1#issuecomment-{created.json['id']}")
        github.clock.advance(60)
        changed = github.call("PATCH", comment, {"body": "after"}).json
        assert (changed["body"], changed["user"]["login"]) == ("after", "sandbox")
        assert (changed["created_at"], changed["updated_at"]) == ("2026-03-01T12:01:00Z", "2026-03-01T12:02:00Z")
        assert github.call("GET", comment).json == changed
        assert github.call("GET", path).json == [changed]
        issue = github.call("GET", f"{ISSUES}/1").json
        assert (issue["comments"], issue["updated_at"]) == (1, "2026-03-01T12:02:00Z")
        assert github.call("DELETE", comment).status == 204
        assert github.call("GET", comment).status == 404
        assert github.call("GET", path).json == []

    def test_oldest_first_and_paged(self, github: World) -> None:
        path = f"{ISSUES}/{opened(github)}/comments"
        for number in range(35):
            github.call("POST", path, {"body": str(number)})
            github.clock.advance(1)
        assert len(github.call("GET", path).json) == 30
        assert [one["body"] for one in github.call.pages(path)] == [str(number) for number in range(35)]
        late = github.call("GET", f"{path}?since=2026-03-01T12:01:33Z").json
        assert [one["body"] for one in late] == ["33", "34"]

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({}, '"body" wasn\'t supplied'),
            ({"body": None}, "nil is not a string"),
            ({"body": "\n"}, "body can't be blank"),
            ({"body": "x" * 65_537}, "body is too long (maximum is 65536 characters)"),
        ],
        ids=brief,
    )
    def test_what_is_not_taken(self, github: World, body: dict[str, object], problem: str) -> None:
        path = f"{ISSUES}/{opened(github)}/comments"
        answer = github.call("POST", path, body)
        assert answer.status == 422
        assert problem in told(answer)
        assert github.call("GET", path).json == []

    def test_another_repositorys_comment_is_not_to_be_found_here(self, github: World) -> None:
        github.sandbox.seed(repositories=[("acme", "web")])
        number = github.call("POST", f"{ISSUES}/{opened(github)}/comments", {"body": "x"}).json["id"]
        assert github.call("GET", f"/repos/acme/web/issues/comments/{number}").status == 404


class TestLabels:
    def test_those_that_are_missing_are_made_on_the_way(self, github: World) -> None:
        github.call("POST", LABELS, {"name": "Drift", "color": "D73A4A", "description": "not as written"})
        number = opened(github, labels=["drift", {"name": "ops"}, "OPS"])
        labels = github.call("GET", f"{ISSUES}/{number}/labels").json
        assert [(one["name"], one["color"], one["description"]) for one in labels] == [
            ("Drift", "d73a4a", "not as written"),
            ("ops", "ededed", None),
        ]
        assert github.call("GET", LABELS).json == labels

    def test_more_of_them(self, github: World) -> None:
        path = f"{ISSUES}/{opened(github, labels=['a'])}/labels"
        assert named(github.call("POST", path, {"labels": ["A", "b"]}).json) == ["a", "b"]
        assert named(github.call("POST", path, ["c d"]).json) == ["a", "b", "c d"]
        (label,) = [one for one in github.call("GET", LABELS).json if one["name"] == "c d"]
        assert label["url"].endswith("/labels/c%20d")
        for body in (None, {}, {"labels": [None]}):
            assert github.call("POST", path, body).status == 422

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({}, '"name" wasn\'t supplied'),
            ({"name": "DRIFT"}, "already exists"),
            ({"name": ""}, "can't be blank"),
            ({"name": "x", "color": "red"}, "color must be six hexadecimal digits"),
        ],
        ids=brief,
    )
    def test_what_is_not_taken(self, github: World, body: dict[str, object], problem: str) -> None:
        github.call("POST", LABELS, {"name": "drift"})
        answer = github.call("POST", LABELS, body)
        assert answer.status == 422
        assert problem in told(answer)

    def test_what_exists_is_said_in_githubs_word(self, github: World) -> None:
        github.call("POST", LABELS, {"name": "drift"})
        (error,) = github.call("POST", LABELS, {"name": "drift"}).json["errors"]
        assert (error["resource"], error["field"], error["code"]) == ("Label", "name", "already_exists")


def test_all_of_it_is_there_again(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        path = f"{ISSUES}/{opened(github, body='x', labels=['drift'])}"
        github.call("POST", f"{path}/comments", {"body": "y"})
        github.call("PATCH", path, {"state": "closed", "state_reason": "not_planned"})
        github.sandbox.open_pull_request("acme/payments", "Change")
        before = github.sandbox.state.repositories
    with Sandbox(tmp_path) as again:
        assert again.state.repositories == before


def told(answer: Result) -> str:
    return " ".join([answer.message, *(error["message"] for error in answer.json.get("errors", []))])
