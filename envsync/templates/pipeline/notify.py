"""Tells people by e-mail and Slack: `python3 .github/pipeline/notify.py report`, or `… approval`.

`report` tells what report.py found (report.json in the folder pipeline-report of $RUNNER_TEMP), `approval` that a
deployment to production waits for an approval. Both get, as environment variables, those that are set:

  SLACK_WEBHOOK_URL  of an incoming webhook (a secret)
  MAIL_SERVER        host:port; TLS from the start on 465 and after smtps://, else STARTTLS where it is offered
  MAIL_FROM          an address
  MAIL_TO            addresses, with commas between
  MAIL_USERNAME      (secrets) never sent without TLS
  MAIL_PASSWORD
  NOTIFY_TIMEOUT     seconds for each of the two; 30 unless set
  ENVIRONMENT, GITHUB_…

Where nothing is set, nothing is sent. What goes wrong is a warning: a message that does not arrive fails no
deployment. No error's own text is shown, since it may quote a secret.
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import socket
import ssl
import sys
import threading
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as FOR_MAIL
from email.utils import formatdate, getaddresses, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SECONDS = 30.0
LONGEST = 300  # characters of one value
LONGEST_INSTRUCTIONS = 3000  # Slack cuts a message
LARGEST = 1_000_000  # bytes of a report; those of report.py have some ten thousand


class NotSent(Exception):  # noqa: N818 - reads as what came of it
    """Says why, in words that hold nothing of what was sent, or where."""


@dataclass(frozen=True)
class Message:
    """`instructions` has several lines; all other text is put on one where it is shown."""

    title: str
    critical: bool
    facts: Mapping[str, str]
    instructions: str
    run: str  # a link; empty: unknown


# --- what happened -> Message ------------------------------------------------------------------------------------


def approval(environ: Mapping[str, str]) -> Message:
    names = {"Repository": "REPOSITORY", "Commit": "SHA", "Ref": "REF", "Started by": "ACTOR"}
    facts = {shown: environ.get(f"GITHUB_{name}", "") for shown, name in names.items()}
    title = "A deployment to production waits for an approval"
    return Message(title, critical=False, facts=facts, instructions="", run=run(environ))


def report(environ: Mapping[str, str]) -> Message:
    environment = environ.get("ENVIRONMENT", "")
    try:
        found = _read(Path(environ.get("RUNNER_TEMP", ""), "pipeline-report/report.json"))
    except (OSError, ValueError, RecursionError):
        title = f"No report of {environment} was written: look what serves"
        return replace(approval(environ), title=title, critical=environment == "production")
    why = {"Why": _text(found, "reason"), "Problem": _text(found, "problem")}
    facts = found.get("facts")
    return Message(
        title=_text(found, "headline"),
        critical=found.get("critical") is True,
        facts=why | ({name: _text(facts, name) for name in facts} if isinstance(facts, dict) else {}),
        instructions=_text(found, "instructions"),
        run=run(environ),
    )


def _read(path: Path) -> Mapping[str, object]:
    """Raises `ValueError` for what report.py has not written."""
    with path.open("rb") as file:
        found = json.loads(file.read(LARGEST))  # cut off it is no JSON
    if not isinstance(found, dict) or not _text(found, "headline"):
        raise ValueError("no report")
    return found


def _text(found: Mapping[str, object], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def run(environ: Mapping[str, str]) -> str:
    parts = [environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    link = "{}/{}/actions/runs/{}".format(*parts)
    is_one = re.fullmatch(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/actions/runs/[0-9]+", link)
    return link if is_one else ""


# --- Message -> text ---------------------------------------------------------------------------------------------


def title(message: Message, repository: str) -> str:
    whole = f"{'CRITICAL: ' if message.critical else ''}{message.title}"
    return plain(f"{whole} ({repository})" if repository else whole)


def mail_text(message: Message) -> str:
    lines = [
        unlinked(title(message, "")),
        "",
        *(f"{name}: {unlinked(plain(value))}" for name, value in message.facts.items() if value),
        *([f"Run: {message.run}"] if message.run else []),
        *(["", "What to do now:", *_lines(message.instructions)] if message.instructions else []),
    ]
    return "\n".join(lines) + "\n"


def slack_text(message: Message) -> str:
    """Values stand in code, where Slack makes no links."""
    instructions = "\n".join(_lines(message.instructions)).replace("```", "'''")
    lines = [
        f"*{for_slack(unlinked(title(message, '')))}*",
        *(f"{name}: {slack_code(value)}" for name, value in message.facts.items() if value),
        *([f"<{message.run}|See the run>"] if message.run else []),
        *(["What to do now:", f"```\n{for_slack(instructions)}\n```"] if instructions else []),
    ]
    return "\n".join(lines)


def slack_code(value: str) -> str:
    return f"`{for_slack(plain(value)).replace('`', chr(0x2BC))}`"


def for_slack(text: str) -> str:
    """These three begin and end what Slack obeys: links, mentions, everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unlinked(text: str) -> str:
    """An address that somebody put into a value is no link to click."""
    return re.sub(r"\bwww\.", "www .", text.replace("://", ": //"), flags=re.IGNORECASE)


def _lines(text: str) -> list[str]:
    return [printable(line) for line in text[:LONGEST_INSTRUCTIONS].splitlines()]


def plain(text: str) -> str:
    return printable(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def printable(text: str) -> str:
    """On one line, with control characters, and those that turn text around, spelt out."""
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


# --- Slack -------------------------------------------------------------------------------------------------------


class _NoRedirects(HTTPRedirectHandler):
    """The webhook's address is a password: it goes nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def send_to_slack(webhook: str, message: Message, seconds: float) -> None:
    is_loopback = _checked(webhook)
    body = json.dumps({"text": slack_text(message), "unfurl_links": False, "unfurl_media": False}).encode()
    request = Request(webhook, body, {"Content-Type": "application/json"})  # noqa: S310 - https, says _checked
    through = [ProxyHandler({})] if is_loopback else []  # else those of the runner, if it has any
    build_opener(_NoRedirects, *through).open(request, timeout=seconds).close()


def _checked(webhook: str) -> bool:
    """Whether it leads to this machine itself, where there need be no TLS."""
    try:
        parts = urlsplit(webhook)
        is_loopback = parts.hostname in LOOPBACK
    except ValueError:
        raise NotSent("SLACK_WEBHOOK_URL is no URL") from None
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback)):
        raise NotSent("SLACK_WEBHOOK_URL does not begin with https://")
    return is_loopback


# --- e-mail ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Post:
    """Where mail goes in. A server that wants a name and a password gets both."""

    host: str
    port: int
    tls: bool  # from the start
    sender: Address
    recipients: tuple[Address, ...]
    username: str = field(repr=False)
    password: str = field(repr=False)


def post(environ: Mapping[str, str]) -> Post:
    missing = [name for name in ("MAIL_SERVER", "MAIL_FROM", "MAIL_TO") if not _set(environ, name)]
    username, password = _set(environ, "MAIL_USERNAME"), _set(environ, "MAIL_PASSWORD")
    if bool(username) != bool(password):
        missing.append("MAIL_PASSWORD" if username else "MAIL_USERNAME")
    if missing:
        raise NotSent(f"{' and '.join(missing)} not set")
    server = _set(environ, "MAIL_SERVER")
    place = re.fullmatch(r"(smtps://)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", server)
    if place is None:
        raise NotSent("MAIL_SERVER is not host:port")
    port = int(place[3])
    return Post(
        host=place[2].strip("[]"),
        port=port,
        tls=bool(place[1]) or port == smtplib.SMTP_SSL_PORT,
        sender=_addresses(environ, "MAIL_FROM")[0],
        recipients=_addresses(environ, "MAIL_TO"),
        username=username,
        password=password,
    )


def _addresses(environ: Mapping[str, str], name: str) -> tuple[Address, ...]:
    given = _set(environ, name)
    try:
        pairs = getaddresses([given])
        found = tuple(Address(display_name=shown, addr_spec=each) for shown, each in pairs)
    except Exception:  # noqa: BLE001 - the parser has many, and none is part of what it promises
        found = ()
    if not found or not all(each.username and each.domain for each in found) or not given.isprintable():
        raise NotSent(f"{name} has something that is no address")
    return found


def mail(to: Post, message: Message, repository: str) -> EmailMessage:
    """Headers are on one line each: `title` leaves no line breaks, and the policy refuses them."""
    letter = EmailMessage(FOR_MAIL)
    letter["Subject"] = title(message, repository)
    letter["From"] = to.sender
    letter["To"] = to.recipients
    letter["Date"] = formatdate()
    letter["Message-ID"] = make_msgid(domain=to.sender.domain)
    letter["Auto-Submitted"] = "auto-generated"
    if message.critical:
        letter["Importance"] = "high"
    letter.set_content(mail_text(message))
    return letter


def send_mail(to: Post, letter: EmailMessage, seconds: float) -> None:
    trusted = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(to.host, to.port, timeout=seconds, context=trusted)
        if to.tls
        else smtplib.SMTP(to.host, to.port, timeout=seconds)
    ) as server:
        server.ehlo_or_helo_if_needed()
        if not to.tls and (to.password or server.has_extn("starttls")):
            if not server.has_extn("starttls"):
                raise NotSent("the server offers no TLS, so it was not given the password")
            server.starttls(context=trusted)
        if to.password:
            server.login(to.username, to.password)
        refused = server.send_message(letter)
    if refused:
        raise NotSent(f"the server refused {len(refused)} of {len(to.recipients)} recipients, and took the others")


# --- sending, and what came of it --------------------------------------------------------------------------------


def why_not(send: Callable[[], None], seconds: float) -> str:
    """Empty where it was sent.

    In a thread that can be left behind: a socket's timeout is for each read, and a server may drip.
    """
    told: list[str] = []

    def attempt() -> None:
        try:
            send()
            told.append("")
        except NotSent as error:
            told.append(str(error))
        except Exception as error:  # noqa: BLE001 - none may get out, with what it quotes
            told.append(_reason(error, seconds))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return told[0] if told else _reason(TimeoutError(), seconds)


def _reason(error: Exception, seconds: float) -> str:
    """Of these words, and of numbers, alone."""
    if isinstance(error, HTTPError):
        return f"the server answered with status {error.code}"
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return _reason(error.reason, seconds)
    known: list[tuple[type[Exception], str]] = [
        (TimeoutError, f"no answer within {seconds:g} s"),
        (ssl.SSLCertVerificationError, "the server's certificate is not trusted"),
        (ssl.SSLError, "the server does not speak TLS as it should"),
        (socket.gaierror, "the server's name was not found"),
        (ConnectionRefusedError, "nobody listens there"),
        (smtplib.SMTPAuthenticationError, "the server did not take the user name and password"),
        (smtplib.SMTPNotSupportedError, "the server offers no login, or takes no such addresses"),
        (smtplib.SMTPRecipientsRefused, "the server refused all recipients"),
        (smtplib.SMTPServerDisconnected, "the server ended the connection"),
        (ConnectionError, "the server ended the connection"),
    ]
    if found := next((words for kind, words in known if isinstance(error, kind)), ""):
        return found
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server answered with {error.smtp_code}"
    return f"it failed with {type(error).__name__}"


def tell(channel: str, why: str) -> None:
    print(f"::warning title=Notify::{channel}: not sent: {why}" if why else f"{channel}: sent")


def _set(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def _seconds(environ: Mapping[str, str]) -> float:
    try:
        given = float(_set(environ, "NOTIFY_TIMEOUT"))
    except ValueError:
        return SECONDS
    return given if 0 < given < threading.TIMEOUT_MAX else SECONDS


def notify(message: Message, environ: Mapping[str, str]) -> None:
    seconds, webhook = _seconds(environ), _set(environ, "SLACK_WEBHOOK_URL")
    if webhook:
        tell("Slack", why_not(lambda: send_to_slack(webhook, message, seconds), seconds))
    if _set(environ, "MAIL_SERVER") or _set(environ, "MAIL_TO"):

        def send() -> None:
            to = post(environ)
            send_mail(to, mail(to, message, environ.get("GITHUB_REPOSITORY", "")), seconds)

        tell("e-mail", why_not(send, seconds))


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    messages = {"report": report, "approval": approval}
    if len(arguments) != 1 or arguments[0] not in messages:
        print("usage: notify.py report|approval", file=sys.stderr)
        return 2
    if not any(_set(environ, name) for name in ("SLACK_WEBHOOK_URL", "MAIL_SERVER", "MAIL_TO")):
        print("nothing sent: neither SLACK_WEBHOOK_URL nor MAIL_SERVER is set")
        return 0
    notify(messages[arguments[0]](environ), environ)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
