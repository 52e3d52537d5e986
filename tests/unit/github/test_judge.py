from __future__ import annotations

from dataclasses import replace

import pytest

from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.call import Answer, Call, Exchange, Json, Lost, Method, Outcome
from envsync.github.judge import Judge, shown
from envsync.github.server import Target

NOW = 1_700_000_000.0
TOKEN = "ghp_hunter2"
JUDGE = Judge("api.github.com", "GH_TOKEN").hiding("ghs_earlier").hiding(TOKEN)
CREATE = Call("PUT", Target("/repos/acme/web/environments/prod"), "create prod", hidden=("boxed",))


def judged(outcome: Outcome, *, method: Method = "PUT", doubtful: bool = False) -> RequestFailed:
    call = Call(method, CREATE.target, CREATE.purpose, hidden=CREATE.hidden)
    failed = JUDGE.verdict(Exchange(call, outcome, doubtful), NOW)
    assert isinstance(failed, RequestFailed)
    return failed


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_no_failure(status: int) -> None:
    answer = Answer(status, {}, {})

    assert JUDGE.verdict(Exchange(CREATE, answer), NOW) is answer


@pytest.mark.parametrize(
    ("outcome", "kind", "diagnostic"),
    [
        (
            Answer(401, {}, {"message": "Bad credentials"}),
            FailureKind.NOT_AUTHENTICATED,
            Diagnostic(
                "not-authenticated",
                "cannot create prod: GitHub does not accept the token from GH_TOKEN",
                "it may have expired or been revoked, or belong to another server than api.github.com",
            ),
        ),
        (
            Answer(403, {}, {"message": "Resource not accessible by personal access token"}),
            FailureKind.NOT_PERMITTED,
            Diagnostic(
                "not-permitted",
                "cannot create prod: GitHub does not permit it: Resource not accessible by personal access token",
                "the token from GH_TOKEN needs access to acme/web and the permission Administration: write",
            ),
        ),
        (
            Answer(403, {"x-github-sso": "required; url=https://github.com/orgs/acme/sso"}),
            FailureKind.NOT_PERMITTED,
            Diagnostic(
                "not-permitted",
                "cannot create prod: GitHub does not permit it",
                "authorize the token from GH_TOKEN for the organization's single sign-on",
            ),
        ),
        (
            Answer(404, {"x-accepted-github-permissions": "actions=read"}, {"message": "Not Found"}),
            FailureKind.NOT_FOUND,
            Diagnostic(
                "not-found",
                "cannot create prod: GitHub answered 404: it does not exist, or the token may not see it",
                "check the name; "
                "the token from GH_TOKEN needs access to acme/web and the permission Actions: read",
            ),
        ),
        (
            Answer(422, {}, {"message": "Validation Failed", "errors": ["wait_timer is too long"]}),
            FailureKind.REJECTED,
            Diagnostic(
                "rejected",
                "cannot create prod: GitHub refuses it (422): Validation Failed; wait_timer is too long",
            ),
        ),
        (
            Answer(307, {"location": "https://api.github.com/repositories/7/environments/prod"}),
            FailureKind.CHANGED,
            Diagnostic(
                "moved",
                "cannot create prod: GitHub redirects it (307), so nothing was done",
                "the repository was renamed or moved, it seems: name it as GitHub calls it now",
            ),
        ),
        (
            Answer(403, {"retry-after": "60"}),
            FailureKind.RATE_LIMITED,
            Diagnostic(
                "rate-limited",
                "cannot create prod: GitHub's secondary rate limit is used up until 2023-11-14 22:14:20 UTC",
                "run it again then, or with a token that has a limit of its own",
            ),
        ),
        (
            Answer(502, {}, whole=False),
            FailureKind.UNAVAILABLE,
            Diagnostic(
                "server-error",
                "cannot create prod: GitHub answered 502; it may have been done all the same",
                "see https://www.githubstatus.com, then run it again",
            ),
        ),
        (
            Answer(200, {}, whole=False),
            FailureKind.UNAVAILABLE,
            Diagnostic(
                "unexpected-answer",
                "cannot create prod: the answer to PUT /repos/acme/web/environments/prod is not whole JSON; "
                "it may have been done all the same",
                "check that api.github.com serves GitHub's REST API",
            ),
        ),
        (
            Lost("api.github.com refuses connections", sent=False),
            FailureKind.UNAVAILABLE,
            Diagnostic(
                "no-answer",
                "cannot create prod: api.github.com refuses connections",
                "check the connection to api.github.com, then run it again",
            ),
        ),
    ],
)
def test_a_failure_says_what_happened_and_what_to_do(
    outcome: Outcome, kind: FailureKind, diagnostic: Diagnostic
) -> None:
    failed = judged(outcome)

    assert failed.kind is kind
    assert failed.diagnostics == (diagnostic,)


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_a_redirect_of_a_write_is_no_success(status: int) -> None:
    assert judged(Answer(status, {}, {})).kind is FailureKind.CHANGED


def test_only_a_write_whose_fate_is_unknown_is_uncertain() -> None:
    assert judged(Lost("reset")).uncertain
    assert judged(Answer(502, {})).uncertain
    assert judged(Answer(403, {}), doubtful=True).uncertain
    assert not judged(Answer(403, {})).uncertain
    assert not judged(Lost("refused", sent=False)).uncertain
    assert not judged(Lost("reset"), method="GET").uncertain


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"message": "No", "errors": "because"}, ": No; because"),
        (
            {"errors": [{"resource": "Environment", "field": "name", "code": "invalid"}]},
            ": Environment name invalid",
        ),
        ({"message": "No", "errors": [{"message": "too long", "code": "x"}, {}, 7, None]}, ": No; too long"),
        ({"message": 7}, ""),
        (["No"], ""),
        ("No", ""),
    ],
)
def test_github_s_reasons_come_in_several_shapes(data: Json, words: str) -> None:
    assert str(judged(Answer(422, {}, data))) == f"cannot create prod: GitHub refuses it (422){words}"


def test_a_limit_that_ends_in_the_far_future_has_a_date_all_the_same() -> None:
    assert "2024-11-13" in str(judged(Answer(429, {"retry-after": "999999999999"})))


def test_what_github_says_cannot_play_tricks_on_a_terminal() -> None:
    assert shown("a\x1b[31mb\nc\u202ed") == "a\\x1b[31mb c\\u202ed"
    clear = Call("GET", CREATE.target, "read \x1b[2J")
    assert "read \\x1b[2J: " in str(JUDGE.verdict(Exchange(clear, Answer(401, {})), NOW))
    assert shown("x" * 1000) == "x" * 299 + "…"


def test_neither_the_token_nor_a_sealed_secret_is_repeated() -> None:
    failed = judged(Answer(422, {}, {"message": f"boxed is not {TOKEN}, nor ghs_earlier"}))

    assert str(failed) == "cannot create prod: GitHub refuses it (422): (hidden) is not (hidden), nor (hidden)"
    assert TOKEN not in repr(JUDGE)


def test_who_knows_better_says_what_to_do() -> None:
    asked: list[tuple[str, str | None]] = []

    def advise(path: str, permission: str | None) -> str | None:
        asked.append((path, permission))
        return "grant it there"

    judge = replace(JUDGE, advise=advise)
    for status, hint in ((403, "grant it there"), (404, "check the name; grant it there")):
        failed = judge.verdict(Exchange(CREATE, Answer(status, {})), NOW)
        assert isinstance(failed, RequestFailed)
        assert failed.hint == hint
    assert asked == [("/repos/acme/web/environments/prod", "Administration: write")] * 2
