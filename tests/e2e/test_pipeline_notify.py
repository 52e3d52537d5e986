"""`notify.py` of a pipeline: messages that arrive, and failures that show no secret and fail no deployment."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from notify import NotSent, post
from support.canaries import Finder
from support.loopback import Loopback, Reply, Silence, serving
from support.mailbox import Mailbox
from support.shell import ROOT
from support.tls import identity

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import Envelope, Session

SCRIPTS = ROOT / "envsync/templates/pipeline"
RUN = "https://github.com/acme/payments/actions/runs/77"
SHA = "0123456789abcdef0123456789abcdef01234567"
HOOK = "/services/T0c4n4ry/B1hQ9wK2/zX8vN5mL3pR7tY6u"
USERNAME = "mailer-kP4sD9fG2hJ7"
PASSWORD = "wE5rT8yU1iO3pA6s"
FINDER = Finder.of(
    {"the webhook": HOOK.encode(), "the user name": USERNAME.encode(), "the password": PASSWORD.encode()}
)
RUNNER = {
    "ENVIRONMENT": "production",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_RUN_ID": "77",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_ACTOR": "alice",
}
ROLLED_BACK = {
    "deploy": {"outcome": "success", "outputs": {"previous": "7", "version": "8", "moved": "true"}},
    "check": {"outcome": "failure", "outputs": {"reason": "FunctionError: Unhandled"}},
    "rollback": {"outcome": "success", "outputs": {"from": "8", "version": "7", "done": "true"}},
    "recheck": {"outcome": "success", "outputs": {}},
}
STUCK = {
    **ROLLED_BACK,
    "rollback": {
        "outcome": "failure",
        "outputs": {"reason": "no way", "instructions": "Type:\n  aws lambda update-alias <VERSION>"},
    },
}
HUGE = json.dumps({"headline": "all is well", "facts": {"Ref": "x" * 1_000_000}})
QUICK = "0.4"  # seconds until a server is given up


@dataclass
class Job:
    """A folder to run the scripts in, as the steps of a job do."""

    folder: Path
    environ: dict[str, str] = field(default_factory=lambda: dict(RUNNER))

    def report(self, steps: dict[str, Any], **environ: str) -> None:
        given = {"KIND": "deployment", "STEPS": json.dumps(steps)}
        self._run("report.py", [], {**given, **environ})

    def found(self, **found: object) -> None:
        self.written.parent.mkdir(exist_ok=True)
        self.written.write_text(json.dumps(found))

    @property
    def written(self) -> Path:
        return self.folder / "pipeline-report/report.json"

    def notify(self, what: str = "report", **environ: str) -> list[str]:
        """The lines that it prints."""
        done = self._run("notify.py", [what], environ)
        assert done.returncode == 0
        return done.stdout.splitlines()

    def _run(self, script: str, arguments: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, SCRIPTS / script, *arguments],
            cwd=self.folder,
            env={**self.environ, "RUNNER_TEMP": str(self.folder), **environ},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.stderr == ""
        assert not FINDER.find(done.stdout.encode())
        return done


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@pytest.fixture
def slack(job: Job) -> Iterator[Loopback]:
    with serving() as loopback:
        loopback.on(f"POST {HOOK}", Reply(b"ok"))
        job.environ["SLACK_WEBHOOK_URL"] = f"{loopback.address}{HOOK}"
        yield loopback


# --- Slack ---------------------------------------------------------------------------------------------------


def test_slack_is_told_what_happened(job: Job, slack: Loopback) -> None:
    job.report(ROLLED_BACK)

    assert job.notify() == ["Slack: sent"]

    (seen,) = slack.seen
    assert seen.headers["content-type"] == "application/json"
    assert seen.body == {
        "text": f"""\
*CRITICAL: Rolled production back from version 8 to version 7*
Why: `FunctionError: Unhandled`
Environment: `production`
Version: `8`
Before it: `7`
Went back from: `8`
Serves now: `7`
Repository: `acme/payments`
Commit: `{SHA}`
Ref: `refs/heads/main`
Started by: `alice`
<{RUN}|See the run>""",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_slack_gets_what_a_person_has_to_do_as_lines_to_copy(job: Job, slack: Loopback) -> None:
    job.report(STUCK)

    job.notify()

    text = slack.seen[0].body["text"]
    assert "Problem: `no way`\n" in text
    assert text.endswith("What to do now:\n```\nType:\n  aws lambda update-alias &lt;VERSION&gt;\n```")


def test_an_approval_is_asked_for_with_the_run_to_approve(job: Job, slack: Loopback) -> None:
    """The job that asks is the one of staging: that of production does not run before."""
    assert job.notify("approval", ENVIRONMENT="staging") == ["Slack: sent"]

    assert slack.seen[0].body["text"] == (
        f"""\
*A deployment to production waits for an approval*
Repository: `acme/payments`
Commit: `{SHA}`
Ref: `refs/heads/main`
Started by: `alice`
<{RUN}|See the run>"""
    )


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"ENVIRONMENT": "staging"}, "*Rolled staging back"),
        ({"ENVIRONMENT": "production", "KIND": "rollback"}, "*CRITICAL: Rolled production back"),
    ],
)
def test_what_went_wrong_in_production_is_critical(
    job: Job, slack: Loopback, environ: dict[str, str], told: str
) -> None:
    job.report(ROLLED_BACK, **environ)

    job.notify(**environ)

    assert slack.seen[0].body["text"].startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "[]",
        "\udcff",
        '{"headline": 1}',
        pytest.param("[" * 100_000, id="deep"),
        pytest.param(HUGE, id="huge"),
    ],
)
def test_where_there_is_no_report_that_is_what_people_have_to_know(
    job: Job, slack: Loopback, text: str | None
) -> None:
    """What may lie there instead is neither told nor fails the job."""
    job.found()
    if text is None:
        job.written.unlink()
    else:
        job.written.write_text(text, errors="surrogateescape")

    job.notify()

    told = slack.seen[0].body["text"]
    assert told.startswith("*CRITICAL: No report of production was written: look what serves*\n")
    assert f"<{RUN}|" in told


def test_what_the_repository_has_is_no_report(job: Job, slack: Loopback, tmp_path: Path) -> None:
    job.found(headline="all is well")

    job.notify(RUNNER_TEMP=str(tmp_path / "temp"))

    assert "No report of production was written" in slack.seen[0].body["text"]


def test_nobody_is_called_and_nothing_is_linked_in_slack(job: Job, slack: Loopback) -> None:
    hostile = "<!channel> & `<https://evil.example|click>`\n```www.evil.example https://evil.example"
    job.found(headline=hostile, facts={"Ref": hostile}, instructions=f"```\n{hostile}", reason=hostile)

    job.notify(GITHUB_RUN_ID="7|<!here>")

    text = slack.seen[0].body["text"]
    assert "<" not in text
    assert ">" not in text
    title, why, ref, _, *instructions = text.split("\n")
    assert "www .evil" in title
    assert "://" not in title
    assert why.startswith("Why: `&lt;!channel&gt; &amp; \u02bc&lt;https")
    assert (why.count("`"), ref.count("`")) == (2, 2)
    assert "\n".join(instructions).count("```") == 2


def test_a_message_has_an_end(job: Job, slack: Loopback) -> None:
    long = "x" * 100_000
    job.found(headline=long, reason=long, instructions=long, facts={"Ref": long})

    job.notify()

    assert len(slack.seen[0].body["text"]) < 5_000


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Reply(b"no_service", 404), "the server answered with status 404"),
        (Reply(b"", 503), "the server answered with status 503"),
        (Silence.CUT, "the server ended the connection"),
        (Silence.HANG, f"no answer within {QUICK} s"),
    ],
)
def test_what_slack_does_not_take_is_a_warning(
    job: Job, slack: Loopback, answer: Reply | Silence, why: str
) -> None:
    slack.on(f"POST {HOOK}", answer)

    assert job.notify(NOTIFY_TIMEOUT=QUICK) == [f"::warning title=Notify::Slack: not sent: {why}"]


def test_the_webhook_follows_no_redirect(job: Job, slack: Loopback) -> None:
    with serving() as other:
        slack.on(f"POST {HOOK}", Reply(b"", 302, {"Location": f"{other.address}{HOOK}"}))

        (said,) = job.notify()

        assert said == "::warning title=Notify::Slack: not sent: the server answered with status 302"
        assert other.seen == []


def test_this_machine_is_reached_without_a_proxy(job: Job, slack: Loopback) -> None:
    with serving() as proxy:
        assert job.notify(http_proxy=proxy.address) == ["Slack: sent"]

        assert (len(slack.seen), proxy.seen) == (1, [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"http://hooks.example{HOOK}", "SLACK_WEBHOOK_URL does not begin with https://"),
        (f"http://127.0.0.1@hooks.example{HOOK}", "SLACK_WEBHOOK_URL does not begin with https://"),
        (f"https://[{HOOK}", "SLACK_WEBHOOK_URL is no URL"),
        (f"https://127.0.0.1:port{HOOK}", "it failed with InvalidURL"),
    ],
)
def test_an_address_that_is_no_webhook_is_not_shown(job: Job, url: str, why: str) -> None:
    (said,) = job.notify(SLACK_WEBHOOK_URL=url)

    assert said == f"::warning title=Notify::Slack: not sent: {why}"


# --- servers that do not do what they should -----------------------------------------------------------------


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on which `serve` has each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # the test is over
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def drip(connection: socket.socket) -> None:
    """Something in time for each single read, and never an end."""
    pace = threading.Event()
    try:
        while not pace.wait(0.05):
            connection.sendall(b"2")
    except OSError:  # the script has gone
        return


def test_a_server_that_drips_is_given_up(job: Job) -> None:
    with listening(drip) as port:
        said = job.notify(
            NOTIFY_TIMEOUT=QUICK, SLACK_WEBHOOK_URL=f"http://127.0.0.1:{port}{HOOK}", **addressed(port)
        )

    assert said == [
        f"::warning title=Notify::Slack: not sent: no answer within {QUICK} s",
        f"::warning title=Notify::e-mail: not sent: no answer within {QUICK} s",
    ]


def test_a_server_that_closes_or_is_not_there_is_named_so(job: Job) -> None:
    with listening(lambda _: None) as port:
        assert job.notify(**addressed(port)) == [
            "::warning title=Notify::e-mail: not sent: the server ended the connection"
        ]
    assert job.notify(SLACK_WEBHOOK_URL=f"https://127.0.0.1:{port}{HOOK}", **addressed(port)) == [
        "::warning title=Notify::Slack: not sent: nobody listens there",
        "::warning title=Notify::e-mail: not sent: nobody listens there",
    ]


# --- e-mail --------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A mail server that takes mail for all but `nobody`, and logs in whoever has the password."""

    box: Mailbox = field(default_factory=Mailbox)
    logins: list[tuple[str, bool]] = field(default_factory=list)  # and whether it was over TLS
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        return await self.box.handle_DATA(server, session, envelope)

    def login(
        self, _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), session.ssl is not None))
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@contextmanager
def mail_server(
    starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, *, login: bool = False
) -> Iterator[Server]:
    server, loop = Server(), asyncio.new_event_loop()

    def protocol() -> SMTP:
        authenticator = server.login if login else None
        return SMTP(
            server,
            hostname="loopback",
            loop=loop,
            tls_context=starttls,
            auth_require_tls=False,  # it would take a password in the clear, too
            authenticator=authenticator,
        )

    listener = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=tls))
    server.port = listener.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()
        loop.run_until_complete(listener.wait_closed())
        loop.close()


@dataclass(frozen=True)
class Certificate:
    context: ssl.SSLContext  # of a server
    trusted: dict[str, str]  # what makes the script trust it


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    made = identity(tmp_path_factory.mktemp("certificate"))
    return Certificate(made.context, {"SSL_CERT_FILE": made.bundle})


def addressed(port: int, scheme: str = "", to: str = "ops@example.com, Lead <lead@example.com>") -> dict[str, str]:
    return {"MAIL_SERVER": f"{scheme}127.0.0.1:{port}", "MAIL_FROM": "ci@example.com", "MAIL_TO": to}


LOGIN = {"MAIL_USERNAME": USERNAME, "MAIL_PASSWORD": PASSWORD}


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_mail_tells_what_happened(job: Job) -> None:
    job.report(STUCK)
    with mail_server() as server:
        assert job.notify(**addressed(server.port)) == ["e-mail: sent"]

    (mail,) = server.box.mails
    assert mail["Subject"] == (
        "CRITICAL: Deployment of version 8 to production failed, and a person has to roll it back (acme/payments)"
    )
    assert (mail["From"], mail["To"]) == ("ci@example.com", "ops@example.com, Lead <lead@example.com>")
    assert (mail["Importance"], mail["Auto-Submitted"]) == ("high", "auto-generated")
    assert mail["Date"]
    assert mail["Message-ID"].endswith("@example.com>")
    assert text(mail) == (
        f"""\
CRITICAL: Deployment of version 8 to production failed, and a person has to roll it back

Why: FunctionError: Unhandled
Problem: no way
Environment: production
Version: 8
Before it: 7
Repository: acme/payments
Commit: {SHA}
Ref: refs/heads/main
Started by: alice
Run: {RUN}

What to do now:
Type:
  aws lambda update-alias <VERSION>
"""
    )


def test_mail_asks_for_an_approval(job: Job) -> None:
    with mail_server() as server:
        job.notify("approval", **addressed(server.port))

    (mail,) = server.box.mails
    assert mail["Subject"] == "A deployment to production waits for an approval (acme/payments)"
    assert mail["Importance"] is None
    assert f"\nRun: {RUN}\n" in text(mail)


def test_no_value_becomes_a_header_or_a_link(job: Job) -> None:
    hostile = "done\r\nBcc: eve@evil.example\r\n\r\nsee https://evil.example www.evil.example \u202e\x1b[31m 🚀"
    job.found(headline=hostile, reason=hostile, facts={"Ref": hostile}, instructions="a\r\nb\x1b")
    with mail_server() as server:
        assert job.notify(**addressed(server.port), GITHUB_REPOSITORY="a\nBcc: eve@evil.example") == [
            "e-mail: sent"
        ]

    (mail,) = server.box.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith(r"done\r\nBcc: eve@evil.example\r\n\r\nsee")
    body = text(mail)
    assert body.count("\n") == 8
    assert r"\u202e\u001b[31m 🚀" in body
    assert "Why: done" in body
    assert "https://" not in body
    assert "www.evil" not in body
    assert body.endswith("What to do now:\na\nb\\u001b\n")


@pytest.mark.parametrize("login", [True, False])
def test_mail_goes_through_starttls_where_it_is_offered(
    job: Job, certificate: Certificate, *, login: bool
) -> None:
    given = {**certificate.trusted, **(LOGIN if login else {})}
    with mail_server(starttls=certificate.context, login=login) as server:
        assert job.notify(**addressed(server.port), **given) == ["e-mail: sent"]

    assert len(server.box.mails) == 1
    assert server.logins == ([(USERNAME, True)] if login else [])


def test_mail_can_go_through_tls_from_the_start(job: Job, certificate: Certificate) -> None:
    with mail_server(tls=certificate.context, login=True) as server:
        assert job.notify(**addressed(server.port, "smtps://"), **certificate.trusted, **LOGIN) == ["e-mail: sent"]

    assert len(server.box.mails) == 1
    assert [username for username, _ in server.logins] == [USERNAME]


def test_port_465_is_tls_from_the_start() -> None:
    places = ["mail.example.com:465", "mail.example.com:587", "smtps://mail.example.com:2465", "[::1]:465"]
    found = [post({**addressed(0), "MAIL_SERVER": place}) for place in places]

    assert [(each.host, each.port, each.tls) for each in found] == [
        ("mail.example.com", 465, True),
        ("mail.example.com", 587, False),
        ("mail.example.com", 2465, True),
        ("::1", 465, True),
    ]


def test_a_password_is_never_sent_in_the_clear(job: Job) -> None:
    with mail_server(login=True) as server:
        (said,) = job.notify(**addressed(server.port), **LOGIN)

    assert said.endswith("not sent: the server offers no TLS, so it was not given the password")
    assert (server.logins, server.box.mails) == ([], [])


@pytest.mark.parametrize("scheme", ["", "smtps://"])
def test_a_server_that_cannot_be_trusted_gets_nothing(job: Job, certificate: Certificate, scheme: str) -> None:
    contexts = {"tls" if scheme else "starttls": certificate.context}
    with mail_server(**contexts, login=True) as server:
        said = job.notify(
            SLACK_WEBHOOK_URL=f"https://127.0.0.1:{server.port}{HOOK}" if scheme else "",
            **addressed(server.port, scheme),
            **LOGIN,
        )

    assert {each.partition("not sent: ")[2] for each in said} == {"the server's certificate is not trusted"}
    assert (server.logins, server.box.mails) == ([], [])


def test_a_wrong_password_is_said_and_not_shown(job: Job, certificate: Certificate) -> None:
    wrong = {**LOGIN, "MAIL_PASSWORD": f"{PASSWORD}x"}
    with mail_server(starttls=certificate.context, login=True) as server:
        (said,) = job.notify(**addressed(server.port), **certificate.trusted, **wrong)

    assert said.endswith("not sent: the server did not take the user name and password")
    assert set(server.logins) == {(USERNAME, True)}
    assert server.box.mails == []


@pytest.mark.parametrize(
    ("to", "why", "arrived"),
    [
        ("nobody@example.com", "the server refused all recipients", 0),
        ("nobody@example.com, ops@example.com", "the server refused 1 of 2 recipients, and took the others", 1),
    ],
)
def test_recipients_that_are_refused_are_counted(job: Job, to: str, why: str, arrived: int) -> None:
    with mail_server() as server:
        (said,) = job.notify(**addressed(server.port, to=to))

    assert said == f"::warning title=Notify::e-mail: not sent: {why}"
    assert len(server.box.mails) == arrived


def test_one_that_fails_does_not_keep_the_other(job: Job, slack: Loopback) -> None:
    slack.on(f"POST {HOOK}", Reply(b"", 500))
    with mail_server() as server:
        said = job.notify(**addressed(server.port))

    assert said == ["::warning title=Notify::Slack: not sent: the server answered with status 500", "e-mail: sent"]
    assert len(server.box.mails) == 1


# --- settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["report", "approval"])
def test_where_nothing_is_set_nothing_is_sent_and_that_is_said(job: Job, what: str) -> None:
    """GitHub turns a variable or a secret that is not there into an empty one."""
    empty = dict.fromkeys(["SLACK_WEBHOOK_URL", "MAIL_SERVER", "MAIL_FROM", "MAIL_TO", *LOGIN], "")

    assert job.notify(what, **empty) == ["nothing sent: neither SLACK_WEBHOOK_URL nor MAIL_SERVER is set"]


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"MAIL_FROM": "", "MAIL_TO": " "}, "MAIL_FROM and MAIL_TO not set"),
        ({"MAIL_SERVER": ""}, "MAIL_SERVER not set"),
        ({"MAIL_USERNAME": USERNAME}, "MAIL_PASSWORD not set"),
        ({"MAIL_PASSWORD": PASSWORD}, "MAIL_USERNAME not set"),
        ({"MAIL_SERVER": "mail.example.com"}, "MAIL_SERVER is not host:port"),
        ({"MAIL_SERVER": f"{USERNAME}:{PASSWORD}@mail.example.com:25"}, "MAIL_SERVER is not host:port"),
        ({"MAIL_SERVER": "https://mail.example.com:25"}, "MAIL_SERVER is not host:port"),
        ({"MAIL_FROM": "ci"}, "MAIL_FROM has something that is no address"),
        ({"MAIL_TO": "ops@example.com,,"}, "MAIL_TO has something that is no address"),
        ({"MAIL_TO": "ops@example.com\nBcc: eve@evil.example"}, "MAIL_TO has something that is no address"),
    ],
)
def test_half_of_the_settings_is_a_warning_that_names_the_rest(environ: dict[str, str], why: str) -> None:
    with pytest.raises(NotSent) as caught:
        post({**addressed(25), **environ})

    assert str(caught.value) == why


def test_a_setting_that_is_missing_fails_no_deployment(job: Job) -> None:
    assert job.notify(MAIL_TO="ops@example.com", MAIL_PASSWORD=PASSWORD) == [
        "::warning title=Notify::e-mail: not sent: MAIL_SERVER and MAIL_FROM and MAIL_USERNAME not set"
    ]


def test_a_timeout_that_is_none_leaves_the_usual_one(job: Job, slack: Loopback) -> None:
    assert job.notify(NOTIFY_TIMEOUT="inf") == ["Slack: sent"]
    assert len(slack.seen) == 1


def test_it_says_how_it_is_called(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPTS / "notify.py", "deployed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (2, "usage: notify.py report|approval\n")
