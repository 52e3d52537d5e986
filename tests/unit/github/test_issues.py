"""Issues and comments against the embedded GitHub; both as GitHub describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.app_keys import private_pem, public_pem
from support.loopback import Loopback, Reply, Silence
from support.openapi import check_exchange

from envsync.errors import FailureKind, RequestFailed
from envsync.github.app import AppKey
from envsync.github.comments import Commented, replace_comment
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.installations import Installations
from envsync.github.issues import GitHubTracker
from envsync.github.retry import Policy
from envsync.github.writer import open_writer
from envsync.model import LiveIssue, RepositoryName, SecretValue
from envsync.sandbox import FULL_TOKEN, WORKFLOW_TOKEN, Exchange, Fault, Sandbox
from envsync.sandbox.state import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.clockwork import World

    from envsync.drift.tracker import Tracker
    from envsync.github.writer import Writer

WEB = RepositoryName("acme", "web")
LABEL, MARKER = "envsync-drift", "<!-- envsync plan -->"
MALLORY = "mallory-token"
WRITES = ("POST", "PATCH", "DELETE")
EACH_LOST = [[f"{fault}:{verb}:*:1" for verb in WRITES] for fault in ("lost", "truncate", "502", "reset")]


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> list[Fault]:
    return [Fault.parse(text) for text in getattr(request, "param", [])]


@pytest.fixture
def sandbox(exchanges: list[Exchange], faults: list[Fault]) -> Iterator[Sandbox]:
    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)

    with Sandbox(observe=observe, faults=faults) as served:
        served.seed(users=["mallory"], repositories=[("acme", "web")])
        everything = {"issues": "write", "metadata": "read"}
        served.state.tokens[MALLORY] = Token(MALLORY, "mallory", everything, None)
        yield served


@pytest.fixture
def connect(sandbox: Sandbox, world: World) -> Iterator[Callable[..., Writer]]:
    opened: list[Writer] = []

    def open_one(token: str = FULL_TOKEN) -> Writer:
        credential = Credential(SecretValue(token.encode()), "the sandbox")
        opened.append(open_writer(Access(sandbox.url, credential, 5.0, Policy(), world.effects())))
        return opened[-1]

    yield open_one
    for writer in opened:
        writer.close()


@pytest.fixture
def tracker(connect: Callable[..., Writer]) -> Tracker:
    return GitHubTracker(connect())


@pytest.fixture
def pull_request(sandbox: Sandbox) -> int:
    issue = sandbox.state.new_issue(
        sandbox.state.repository("acme/web"), "A change", "mallory", "2026-03-01T12:00:00Z"
    )
    issue.is_pull_request = True
    return issue.number


def comments(sandbox: Sandbox, number: int) -> list[str]:
    return [comment.body for comment in sandbox.state.repository("acme/web").issues[number].comments.values()]


def sent(exchanges: list[Exchange]) -> list[str]:
    return [each.method for each in exchanges if each.method != "GET"]


class TestIssues:
    def test_that_is_opened_is_found_edited_closed_and_reopened(self, tracker: Tracker) -> None:
        opened = tracker.open(WEB, "Drift", "three\n", LABEL)
        assert opened == LiveIssue(opened.number, True, "Drift", "three\n")  # noqa: FBT003 - is open
        assert list(tracker.issues(WEB, LABEL)) == [opened]

        tracker.edit(WEB, opened.number, "Less drift", "two")
        tracker.comment(WEB, opened.number, "gone")
        tracker.close(WEB, opened.number, "completed")
        assert list(tracker.issues(WEB, LABEL)) == [
            LiveIssue(opened.number, False, "Less drift", "two")  # noqa: FBT003 - is closed
        ]

        tracker.reopen(WEB, opened.number)
        assert [issue.is_open for issue in tracker.issues(WEB, LABEL)] == [True]

    def test_without_the_label_is_not_found(self, tracker: Tracker) -> None:
        tracker.open(WEB, "Drift", "three", "another")

        assert list(tracker.issues(WEB, LABEL)) == []

    def test_of_which_there_are_many_are_all_found_by_number(self, tracker: Tracker) -> None:
        for number in range(103):
            tracker.open(WEB, f"Drift {number}", f"body {number}", LABEL)

        numbers = [issue.number for issue in tracker.issues(WEB, LABEL)]
        assert len(numbers) == 103
        assert numbers == sorted(numbers)

    @pytest.mark.parametrize("token", [FULL_TOKEN, WORKFLOW_TOKEN])
    def test_of_somebody_else_is_none_of_envsync_s(self, connect: Callable[..., Writer], token: str) -> None:
        GitHubTracker(connect(MALLORY)).open(WEB, "Drift", "as envsync writes it", LABEL)
        own = GitHubTracker(connect(token)).open(WEB, "Drift", "as envsync writes it", LABEL)

        assert list(GitHubTracker(connect(token)).issues(WEB, LABEL)) == [own]

    def test_of_another_bot_is(self, connect: Callable[..., Writer], tracker: Tracker) -> None:
        opened = GitHubTracker(connect(WORKFLOW_TOKEN)).open(WEB, "Drift", "three", LABEL)

        assert list(tracker.issues(WEB, LABEL)) == [opened]

    def test_is_no_pull_request(self, sandbox: Sandbox, tracker: Tracker) -> None:
        opened = tracker.open(WEB, "Drift", "three", LABEL)
        sandbox.state.repository("acme/web").issues[opened.number].is_pull_request = True

        assert list(tracker.issues(WEB, LABEL)) == []

    def test_may_be_read_by_anybody_where_the_repository_is_public(
        self, sandbox: Sandbox, tracker: Tracker
    ) -> None:
        assert not tracker.is_public(WEB)
        sandbox.state.repository("acme/web").private = False
        assert tracker.is_public(WEB)

    @pytest.mark.parametrize("faults", EACH_LOST, indirect=True)
    def test_no_lost_answer_leaves_anything_undone_or_done_twice(self, sandbox: Sandbox, tracker: Tracker) -> None:
        opened = tracker.open(WEB, "Drift", "three", LABEL)
        tracker.edit(WEB, opened.number, "Drift", "two")
        tracker.close(WEB, opened.number, "not_planned")

        assert [(issue.number, issue.body, issue.is_open) for issue in tracker.issues(WEB, LABEL)] == [
            (opened.number, "two", False)
        ]
        assert len(sandbox.state.repository("acme/web").issues) == 1

    @pytest.mark.parametrize(
        "faults", [[f"{fault}:POST:*/comments:1"] for fault in ("lost", "reset")], indirect=True
    )
    def test_nor_a_comment(self, sandbox: Sandbox, tracker: Tracker) -> None:
        opened = tracker.open(WEB, "Drift", "three", LABEL)

        tracker.comment(WEB, opened.number, "gone")

        assert comments(sandbox, opened.number) == ["gone"]

    def test_works_as_a_github_app(self, sandbox: Sandbox, world: World) -> None:
        number, _ = sandbox.install_app(
            "envsync-ci",
            public_key=public_pem(),
            owner="acme",
            permissions={"issues": "write", "metadata": "read"},
        )
        bearer = Installations(AppKey(str(number), SecretValue(private_pem().encode()), "KEY"))
        world.now = sandbox._options.now().timestamp()
        writer = open_writer(Access(sandbox.url, bearer, 5.0, Policy(), world.effects()))
        try:
            tracker = GitHubTracker(writer)
            GitHubTracker(writer).open(WEB, "Drift", "three", LABEL)
            assert [issue.title for issue in tracker.issues(WEB, LABEL)] == ["Drift"]
        finally:
            writer.close()

    def test_without_permission_names_it(self, sandbox: Sandbox, connect: Callable[..., Writer]) -> None:
        sandbox.state.tokens["none"] = Token("none", "mallory", {"metadata": "read"}, None)

        with pytest.raises(RequestFailed) as raised:
            GitHubTracker(connect("none")).open(WEB, "Drift", "three", LABEL)
        assert raised.value.kind is FailureKind.NOT_PERMITTED
        assert "Issues: write" in str(raised.value.hint)


def test_an_issue_may_have_no_body_and_other_line_ends(github: Loopback, writer: Writer) -> None:
    def issue(number: int, body: str | None) -> dict[str, object]:
        user = {"login": "ci[bot]", "type": "Bot"}
        return {"number": number, "state": "open", "title": "Drift", "body": body, "user": user}

    github.on("POST /repos/acme/web/issues", Silence.CUT)
    github.on("GET /repos/acme/web/issues", Reply([issue(3, None), issue(4, "one\r\ntwo\r\n")]))

    assert GitHubTracker(writer).open(WEB, "Drift", "one\ntwo", LABEL).number == 4
    assert [each.body for each in GitHubTracker(writer).issues(WEB, LABEL)] == ["", "one\r\ntwo\r\n"]


class TestComment:
    def replace(self, writer: Writer, number: int, text: str | None, *, only_if_there: bool = False) -> Commented:
        body = None if text is None else f"{MARKER}\n{text}"
        return replace_comment(writer, WEB, number, MARKER, body, only_if_there=only_if_there)

    def test_is_created_left_alone_replaced_and_deleted(
        self, sandbox: Sandbox, exchanges: list[Exchange], connect: Callable[..., Writer], pull_request: int
    ) -> None:
        writer = connect(WORKFLOW_TOKEN)

        assert self.replace(writer, pull_request, "3 to change") is Commented.CREATED
        assert self.replace(writer, pull_request, "3 to change") is Commented.UNCHANGED
        assert self.replace(writer, pull_request, "2 to change") is Commented.REPLACED
        assert comments(sandbox, pull_request) == [f"{MARKER}\n2 to change"]
        assert self.replace(writer, pull_request, None) is Commented.DELETED
        assert self.replace(writer, pull_request, None) is Commented.ABSENT

        assert comments(sandbox, pull_request) == []
        assert sent(exchanges) == ["POST", "PATCH", "DELETE"]

    def test_that_there_is_nothing_to_change_is_said_only_where_there_was(
        self, sandbox: Sandbox, connect: Callable[..., Writer], pull_request: int
    ) -> None:
        writer = connect(WORKFLOW_TOKEN)

        assert self.replace(writer, pull_request, "no changes", only_if_there=True) is Commented.ABSENT
        self.replace(writer, pull_request, "3 to change")
        assert self.replace(writer, pull_request, "no changes", only_if_there=True) is Commented.REPLACED
        assert comments(sandbox, pull_request) == [f"{MARKER}\nno changes"]

    def test_of_somebody_else_with_the_marker_in_it_is_left_alone(
        self, sandbox: Sandbox, connect: Callable[..., Writer], pull_request: int
    ) -> None:
        self.replace(connect(MALLORY), pull_request, "nothing to see")

        assert self.replace(connect(WORKFLOW_TOKEN), pull_request, "3 to change") is Commented.CREATED
        assert self.replace(connect(), pull_request, "2 to change") is Commented.REPLACED  # the bot's
        assert comments(sandbox, pull_request) == [f"{MARKER}\nnothing to see", f"{MARKER}\n2 to change"]

    def test_that_quotes_the_marker_further_down_is_another_one(
        self, sandbox: Sandbox, connect: Callable[..., Writer], pull_request: int
    ) -> None:
        writer = connect(WORKFLOW_TOKEN)
        GitHubTracker(writer).comment(WEB, pull_request, f"see:\n{MARKER}\n3 to change")

        assert self.replace(writer, pull_request, "3 to change") is Commented.CREATED
        assert len(comments(sandbox, pull_request)) == 2

    def test_of_which_there_are_several_becomes_one(
        self, sandbox: Sandbox, connect: Callable[..., Writer], pull_request: int
    ) -> None:
        writer = connect(WORKFLOW_TOKEN)
        for text in ("first", "second", "third"):
            GitHubTracker(writer).comment(WEB, pull_request, f"{MARKER}\n{text}")

        assert self.replace(writer, pull_request, "first") is Commented.UNCHANGED
        assert comments(sandbox, pull_request) == [f"{MARKER}\nfirst"]

    @pytest.mark.parametrize("faults", EACH_LOST, indirect=True)
    def test_no_lost_answer_makes_a_second_one(
        self, sandbox: Sandbox, connect: Callable[..., Writer], pull_request: int
    ) -> None:
        writer = connect(WORKFLOW_TOKEN)

        self.replace(writer, pull_request, "3 to change")
        self.replace(writer, pull_request, "2 to change")
        assert comments(sandbox, pull_request) == [f"{MARKER}\n2 to change"]
        self.replace(writer, pull_request, None)
        assert comments(sandbox, pull_request) == []
