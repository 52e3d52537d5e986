"""Who is told of drift: an issue that is kept, and mail and webhooks that really arrive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
from support.loopback import Loopback, Reply, Silence, serving
from support.mailbox import receiving
from support.recorded import NO_MORE, REPOSITORY, WRITES, recorded
from support.schemas import check
from support.shell import CANARY, COMMAND

from envsync.sandbox import FULL_TOKEN, READER_TOKEN, WORKFLOW_TOKEN
from envsync.sandbox.state import WORKFLOW_LOGIN, Token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.recorded import Environ, Recorded
    from support.shell import Ran

    from envsync.sandbox import Exchange
    from envsync.sandbox.issue_state import Issue

WEB, PLATFORM = "acme/web", "acme/platform"
LABEL = "envsync-drift"
MOST = 65_536  # characters that GitHub takes of a text


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Recorded]:
    """`production` is declared in two repositories, and is there as declared; nothing is on record."""
    with recorded(tmp_path) as lab:
        lab.sandbox.seed(repositories=[("acme", "platform")])
        lab.shell.environ["ENVSYNC_RECORD_KEY"] = ""
        declare(lab, REPOSITORY, WEB)
        for repository in (REPOSITORY, WEB):
            wait(lab, 10, repository)
        yield lab


def declare(lab: Recorded, *repositories: str, environments: str = "{production: {wait_timer: 10}}") -> None:
    head = f"version: 1\nname: payments\nrepositories: [{', '.join(repositories)}]\n"
    lab.shell.write(f"{head}environments: {environments}\n")


def wait(lab: Recorded, minutes: int, repository: str = REPOSITORY, environment: str = "production") -> None:
    """Drift, but for 10, which repairs it."""
    lab.call("PUT", environment, {"wait_timer": minutes}, repository=repository)


def drift(lab: Recorded, *arguments: str, code: int = 2, environ: Environ = NO_MORE) -> Ran:
    """Whatever is told, no environment is written to."""
    lab.exchanges.clear()
    ran = lab.shell.run("drift", *arguments, stdin="", timeout=120, **environ)
    assert ran.code == code, ran
    assert [each for each in written(lab) if "environments" in each] == []
    return ran


def report(lab: Recorded, *arguments: str, code: int = 2, environ: Environ = NO_MORE) -> Ran:
    return drift(lab, "--report", "issue", *arguments, code=code, environ=environ)


def written(lab: Recorded) -> list[str]:
    """As in `PATCH acme/payments/issues/1`."""
    return [f"{each.method} {each.path[len('/repos/') :]}" for each in lab.exchanges if each.method in WRITES]


def issues(lab: Recorded, repository: str = REPOSITORY) -> dict[int, Issue]:
    return lab.sandbox.state.repository(repository).issues


def opened(lab: Recorded, repository: str = REPOSITORY) -> list[int]:
    return [number for number, issue in issues(lab, repository).items() if issue.state == "open"]


def comments(issue: Issue) -> list[str]:
    return [each.body for each in issue.comments.values()]


# --- one issue ---------------------------------------------------------------------------------------------


def test_an_issue_lives_as_long_as_the_drift(lab: Recorded) -> None:
    wait(lab, 0)
    said = report(lab)
    assert written(lab) == [f"POST {REPOSITORY}/issues"]
    assert f"report: issue 1 of {REPOSITORY} was opened" in said.err
    issue = issues(lab)[1]
    assert (issue.author, issue.labels, issue.state) == ("sandbox", [LABEL], "open")
    assert "1 difference in acme/payments, 1 weakens the protection" in issue.title
    assert "| `10 minutes` | `0 minutes` |" in (issue.body or "")
    assert issues(lab, WEB) == {}

    before = deepcopy(issue)
    assert f"report: issue 1 of {REPOSITORY} is up to date" in report(lab).err
    assert (written(lab), issue) == ([], before)

    wait(lab, 5)
    assert f"report: issue 1 of {REPOSITORY} was edited" in report(lab).err
    assert (written(lab), comments(issue)) == ([f"PATCH {REPOSITORY}/issues/1"], [])
    assert "`5 minutes`" in (issue.body or "")

    wait(lab, 10)
    assert f"report: issue 1 of {REPOSITORY} was closed" in report(lab, code=0).err
    assert (issue.state, issue.state_reason) == ("closed", "completed")
    (comment,) = comments(issue)
    assert "differs any more" in comment
    report(lab, code=0)
    assert written(lab) == []

    wait(lab, 0)
    assert f"report: issue 1 of {REPOSITORY} was reopened" in report(lab).err
    assert (issue.state, len(comments(issue)), list(issues(lab))) == ("open", 2, [1])
    assert "`0 minutes`" in (issue.body or "")

    issue.state = "closed"  # by a person, who did not repair anything
    report(lab)
    assert opened(lab) == [1]
    assert "`expected`" in comments(issue)[-1]


def test_a_repository_that_was_renamed_has_its_issue_under_its_new_name(lab: Recorded) -> None:
    """Of what is written to a former name GitHub makes nothing, and says that it has moved."""
    declare(lab, REPOSITORY)
    wait(lab, 5)
    lab.sandbox.state.rename(REPOSITORY, "renamed")

    ran = report(lab)

    assert "issue 1 of acme/renamed was opened" in ran.err
    assert len(issues(lab, "acme/renamed")) == 1


def test_one_place_can_keep_the_issue_for_all(lab: Recorded) -> None:
    wait(lab, 0)
    wait(lab, 0, WEB)

    report(lab, "--report-to", PLATFORM)

    assert {each.partition("/issues")[0] for each in written(lab)} == {f"POST {PLATFORM}"}
    issue = issues(lab, PLATFORM)[1]
    assert "2 differences in 2 repositories" in issue.title
    assert all(f"`{each}`" in (issue.body or "") for each in (REPOSITORY, WEB))
    wait(lab, 10)
    report(lab, "--report-to", PLATFORM)
    assert (issue.state, REPOSITORY in (issue.body or "")) == ("open", False)
    wait(lab, 10, WEB)
    report(lab, "--report-to", PLATFORM, code=0)
    assert issue.state == "closed"


def test_nothing_is_told_where_everybody_reads(lab: Recorded) -> None:
    wait(lab, 0)
    wait(lab, 0, WEB)
    lab.sandbox.state.repository(WEB).private = False

    refused = report(lab, code=1)

    assert written(lab) == []
    assert f"error[report-is-public]: {WEB} is public" in refused.err
    assert "--report-to OWNER/REPO" in refused.err
    assert "2 differences in 2 repositories" in refused.out
    report(lab, "--report-to", REPOSITORY)
    assert (opened(lab), opened(lab, WEB)) == ([1], [])


def test_one_that_takes_no_issue_does_not_stop_the_others(lab: Recorded) -> None:
    wait(lab, 0)
    wait(lab, 0, WEB)
    lab.sandbox.state.repository(REPOSITORY).has_issues = False

    ran = report(lab, code=1)

    assert f"report: issue 1 of {WEB} was opened" in ran.err
    assert f"list the issues of {REPOSITORY}" in ran.err
    assert "2 differences in 2 repositories" in ran.out


def test_where_something_was_not_read_nobody_says_that_drift_is_gone(lab: Recorded) -> None:
    declare(lab, REPOSITORY, WEB, "acme/nowhere")
    wait(lab, 0)
    wait(lab, 0, WEB)
    report(lab, code=1)
    report(lab, "--report-to", PLATFORM, code=1)
    for repository in (REPOSITORY, WEB):
        wait(lab, 10, repository)

    report(lab, code=1)
    report(lab, "--report-to", PLATFORM, code=1)

    assert (opened(lab), opened(lab, WEB), opened(lab, PLATFORM)) == ([], [], [1])


def test_a_run_about_less_keeps_an_issue_of_its_own(lab: Recorded) -> None:
    declare(lab, REPOSITORY, environments="{production: {wait_timer: 10}, staging: {wait_timer: 10}}")
    wait(lab, 0)
    wait(lab, 0, environment="staging")
    report(lab)
    report(lab, "--environment", "stag*")
    report(lab, "--settings-only")
    assert opened(lab) == [1, 2, 3]
    wait(lab, 10, environment="staging")

    report(lab, "--environment", "STAG*", code=0)

    assert opened(lab) == [1, 3]
    report(lab)
    assert "staging" not in (issues(lab)[1].body or "")
    assert "staging" in (issues(lab)[3].body or "")


def test_a_text_that_is_too_long_is_cut_and_says_so(lab: Recorded) -> None:
    names = [f"Prüfung-{number}" for number in range(600)]
    declare(lab, REPOSITORY, environments=f"{{{', '.join(f'{each}: {{wait_timer: 10}}' for each in names)}}}")

    report(lab)
    first = deepcopy(issues(lab)[1])
    report(lab)

    body = first.body or ""
    assert MOST - 2_000 < len(body.encode()) <= MOST
    assert "#### Too long to be shown as a whole. Left out here:" in body
    assert "All of it is in the output of `envsync drift`." in body
    assert (written(lab), issues(lab)[1]) == ([], first)


# --- whose issue it is -------------------------------------------------------------------------------------


def test_the_token_for_reports_writes_the_issue_and_reads_nothing_else(lab: Recorded) -> None:
    """Neither token may do what the other one is for."""
    tokens = lab.sandbox.state.tokens
    tokens["tells"] = Token("tells", WORKFLOW_LOGIN, {"issues": "write", "metadata": "read"})
    assert "issues" not in tokens[READER_TOKEN].permissions
    environ = {"GH_TOKEN": READER_TOKEN, "ENVSYNC_REPORT_TOKEN": "tells"}
    wait(lab, 0)
    unreported = report(lab, code=1, environ={"GH_TOKEN": READER_TOKEN})
    assert "Issues: write" in unreported.err or "Issues: read" in unreported.err
    assert issues(lab) == {}

    report(lab, environ=environ)
    report(lab, environ=environ)

    assert (issues(lab)[1].author, opened(lab), written(lab)) == (WORKFLOW_LOGIN, [1], [])


def test_a_token_for_reports_that_is_none_hides_no_drift(lab: Recorded) -> None:
    wait(lab, 0)

    ran = report(lab, code=1, environ={"ENVSYNC_REPORT_TOKEN": f"{CANARY} "})

    assert "error[malformed-credential]: the token from ENVSYNC_REPORT_TOKEN" in ran.err
    assert "1 difference in acme/payments" in ran.out
    assert written(lab) == []


def test_an_issue_goes_on_with_another_credential_of_a_bot(lab: Recorded) -> None:
    wait(lab, 0)
    report(lab, environ={"ENVSYNC_REPORT_TOKEN": WORKFLOW_TOKEN})
    wait(lab, 10)

    report(lab, code=0, environ={"ENVSYNC_REPORT_TOKEN": FULL_TOKEN})

    assert (opened(lab), list(issues(lab))) == ([], [1])


def test_a_person_who_copies_the_marker_keeps_nothing_quiet(lab: Recorded) -> None:
    wait(lab, 0)
    report(lab)
    theirs = issues(lab)[1]
    theirs.author = "ann"
    before = deepcopy(theirs)

    report(lab)

    assert (opened(lab), issues(lab)[2].author, theirs) == ([1, 2], "sandbox", before)
    report(lab)
    assert written(lab) == []


# --- two at once -------------------------------------------------------------------------------------------


def test_two_runs_at_once_leave_one_issue_open(lab: Recorded) -> None:
    for minutes in (0, 1, 2):
        wait(lab, minutes)
        issues(lab).clear()
        processes = [
            subprocess.Popen(
                [COMMAND, "drift", "--report", "issue"],
                cwd=lab.shell.folder,
                env={"PATH": os.environ["PATH"], "HOME": str(lab.shell.folder), **lab.shell.environ},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for _ in range(2)
        ]
        said = [process.communicate(timeout=120)[1] for process in processes]

        assert [process.returncode for process in processes] == [2, 2], said
        assert opened(lab) == [1]
        assert {issue.state_reason for issue in issues(lab).values()} <= {None, "not_planned"}


def test_one_that_another_run_opened_in_between_is_the_one_that_stays(lab: Recorded) -> None:
    wait(lab, 0)
    report(lab)
    first = issues(lab).pop(1)

    def overtake(exchange: Exchange) -> None:
        """The other run's issue comes right after this run saw that there is none."""
        if exchange.path.endswith("/issues") and exchange.method == "GET":
            issues(lab).setdefault(1, first)

    lab.meddle = overtake
    report(lab)

    assert (opened(lab), issues(lab)[2].state_reason) == ([1], "not_planned")
    assert comments(issues(lab)[2]) == ["Duplicate of #1"]
    lab.meddle = lambda _exchange: None
    report(lab)
    assert written(lab) == []


# --- mail and webhooks -------------------------------------------------------------------------------------


@pytest.fixture
def hook() -> Iterator[Loopback]:
    with serving() as loopback:
        loopback.on("POST /hook", Reply({}))
        yield loopback


def url(hook: Loopback) -> str:
    """With a password, which no run may show."""
    return f"json://ops:{CANARY}@{hook.address.removeprefix('http://')}/hook"


def titles(hook: Loopback) -> list[str]:
    return [seen.body["title"] for seen in hook.seen]


NEWS = ["1 difference in acme/payments", "1 difference in acme/payments", "No drift any more"]


def are_news(said: list[str]) -> bool:
    return len(said) == len(NEWS) and all(news in each for each, news in zip(said, NEWS, strict=True))


def nights(lab: Recorded, *arguments: str, environ: Environ) -> None:
    """Drift, the same, other drift, none, none."""
    for minutes in (0, 0, 5, 10, 10):
        wait(lab, minutes)
        drift(lab, "-v", *arguments, code=0 if minutes == 10 else 2, environ=environ)


def test_each_change_of_drift_arrives_once_by_mail_and_by_webhook(lab: Recorded, hook: Loopback) -> None:
    with receiving() as mailbox:
        nights(lab, environ={"ENVSYNC_NOTIFY_URLS": f"{mailbox.url}\n{url(hook)}"})

        assert are_news([mail["Subject"] for mail in mailbox.mails])
        assert {mail["To"] for mail in mailbox.mails} == {"ops@example.com"}
        text = mailbox.mails[0].get_body(("plain",))
        assert text is not None
        assert "wait" in text.get_content()
    assert are_news(titles(hook))
    assert [seen.body["type"] for seen in hook.seen] == ["warning", "warning", "success"]
    assert {seen.headers["authorization"] for seen in hook.seen} == {
        f"Basic {b64encode(f'ops:{CANARY}'.encode()).decode()}"
    }
    kept = json.loads((lab.shell.folder / ".envsync/reported.json").read_text())
    assert list(kept.values()) == ["0" * 64]


def test_with_a_report_the_issue_remembers(lab: Recorded, hook: Loopback) -> None:
    nights(lab, "--report", "issue", "--notify", url(hook), environ=NO_MORE)

    assert are_news(titles(hook))
    assert all(f"{REPOSITORY}/issues/1" in seen.body["message"] for seen in hook.seen)
    assert not (lab.shell.folder / ".envsync").exists()
    assert (opened(lab), list(issues(lab))) == ([], [1])


def test_one_that_fails_hides_neither_drift_nor_itself_and_is_tried_again(lab: Recorded, hook: Loopback) -> None:
    environ = {"ENVSYNC_NOTIFY_URLS": url(hook)}
    hook.on("POST /hook", Reply({}, 503), Silence.CUT, Reply({}), Reply({}, 503), Reply({}))
    wait(lab, 0)

    answered, cut, sent = (drift(lab, "-v", environ=environ) for _ in range(3))

    assert (
        "error[not-notified]: no notification went to json://: the service answered with status 503"
        in answered.err
    )
    assert "1 difference in acme/payments" in answered.out
    assert "it was not reached" in cut.err
    assert "notified: json://" in sent.err
    wait(lab, 10)
    assert "not-notified" in drift(lab, "-v", code=1, environ=environ).err  # there is nothing else to tell
    drift(lab, "-v", code=0, environ=environ)
    assert len(hook.seen) == 5


def test_urls_that_nobody_takes_are_said_and_hide_no_drift(lab: Recorded, hook: Loopback) -> None:
    environ = {"ENVSYNC_NOTIFY_URLS": f"malto://ops:{CANARY}@h {url(hook)} slack://{CANARY} {CANARY}"}
    drift(lab, "-v", code=1, environ=environ)
    wait(lab, 0)

    ran = drift(lab, "-v", environ=environ)

    assert ran.err.count("error[notify-url]: notifications: Apprise does not take") == 3
    assert "slack:// (3rd of 4)" in ran.err
    assert "1 difference in acme/payments" in ran.out
    assert hook.seen == []


def test_without_the_extra_it_says_what_to_install_and_hides_no_drift(lab: Recorded, hook: Loopback) -> None:
    without = "import sys; sys.modules['apprise'] = None; from envsync.cli import main; main()"
    wait(lab, 0)

    done = subprocess.run(
        [sys.executable, "-c", without, "drift"],
        cwd=lab.shell.folder,
        env={**os.environ, **lab.shell.environ, "ENVSYNC_NOTIFY_URLS": url(hook)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "1 difference in acme/payments" in done.stdout
    assert "error[no-notifier]: notifications need an extra that is not installed" in done.stderr
    assert "pip install 'envsync-github[notify]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_where_there_can_be_no_issue_a_message_tells_of_that_repository_all_the_same(
    lab: Recorded, hook: Loopback
) -> None:
    """Each message of what its own memory does not have yet."""
    wait(lab, 0)
    wait(lab, 0, WEB)
    lab.sandbox.state.repository(REPOSITORY).has_issues = False

    for _ in range(2):
        report(lab, "--notify", url(hook), code=1)

    said = [f"{seen.body['title']} {seen.body['message']}" for seen in hook.seen]
    assert [(WEB in each, REPOSITORY in each) for each in said] == [(True, False), (False, True)]


def test_the_outputs_of_a_workflow_s_step_say_how_much_there_is(lab: Recorded, tmp_path: Path) -> None:
    wait(lab, 0)
    outputs = tmp_path / "outputs"

    found = report(lab, "-o", "json", "--pending", environ={"GITHUB_OUTPUT": str(outputs)})

    check("drift", found.out)
    assert outputs.read_text().splitlines() == ["drift=1", "weakens=1", "changes=0", "exit-code=2"]
