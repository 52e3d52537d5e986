"""Messages arrive at a real mail server and a real webhook receiver, both on loopback."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from support.loopback import Loopback, Reply, Silence, serving
from support.mailbox import Mailbox, receiving

from envsync.drift.finding import Drifted, Finding, Gone, Unclear
from envsync.drift.marker import NOTHING
from envsync.drift.memory import FileMemory
from envsync.drift.notify import (
    Channel,
    Message,
    Notified,
    NotSent,
    Sent,
    channels,
    notify,
    notify_urls,
    send,
)
from envsync.errors import Diagnostic, EnvsyncError, Interrupted
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


KEY, DRIFT, OTHER = "a" * 64, "d" * 64, "e" * 64
CANARY = "hunter2-canary"
MESSAGE = Message(
    "2 differences in acme/payments", "production: carol can approve\n:smile: <b> & ünï\n", drifted=True
)
GONE = Message("No drift any more", "acme/payments is as it was applied\n", drifted=False)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Loopback]:
    with serving() as loopback:
        loopback.on("POST /hook", Reply({}))
        yield loopback


@pytest.fixture
def memory(tmp_path: Path) -> FileMemory:
    return FileMemory(tmp_path / "told.json", lambda warning: pytest.fail(warning.message))


def secret(*urls: str) -> tuple[SecretValue, ...]:
    return tuple(SecretValue(each.encode()) for each in urls)


def url(hook: Loopback, path: str = "hook") -> str:
    return f"json://user:{CANARY}@{hook.address.removeprefix('http://')}/{path}"


def only(text: str) -> Channel:
    (channel,) = channels(secret(text))
    return channel


def refused(*urls: str) -> EnvsyncError:
    with pytest.raises(EnvsyncError) as caught:
        channels(secret(*urls))
    assert CANARY not in f"{caught.value.diagnostics} {caught.value}"
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value


# --- which URLs --------------------------------------------------------------------------------------------


def test_urls_are_of_the_options_and_of_the_variable() -> None:
    environ = {"ENVSYNC_NOTIFY_URLS": " json://a,b/?to=x,y\n\tslack://c  json://one \n"}

    urls = notify_urls(["json://one", " mailto://two "], environ)

    assert [each.reveal() for each in urls] == [
        b"json://one",
        b"mailto://two",
        b"json://a,b/?to=x,y",
        b"slack://c",
    ]
    assert CANARY not in repr(notify_urls([f"json://u:{CANARY}@h"], {}))


@pytest.mark.parametrize("environ", [{}, {"ENVSYNC_NOTIFY_URLS": ""}, {"ENVSYNC_NOTIFY_URLS": " \n"}])
def test_nobody_is_to_be_told(environ: dict[str, str], memory: FileMemory) -> None:
    assert notify_urls([], environ) == ()
    assert channels(()) == ()
    assert notify((), memory, {KEY: Drifted(DRIFT)}, lambda _: MESSAGE) == Notified()
    assert memory.told(KEY) is None


@pytest.mark.parametrize("option", ["", " \n"])
def test_an_empty_option_is_an_error(option: str) -> None:
    with pytest.raises(EnvsyncError, match="--notify is empty") as caught:
        notify_urls(["json://one", option], {})

    assert "missing secret" in (caught.value.hint or "")


# --- delivery ----------------------------------------------------------------------------------------------


def test_a_mail_arrives(mailbox: Mailbox) -> None:
    assert send([only(mailbox.url)], MESSAGE) == (Sent("mailto://"),)

    (mail,) = mailbox.mails
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == "ops@example.com"
    assert "envsync" in mail["From"]
    assert "Apprise" not in mail["From"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert [line.strip() for line in body.get_content().splitlines()] == MESSAGE.body.splitlines()


def test_a_mail_in_html_shows_the_text_and_obeys_none_of_it(mailbox: Mailbox) -> None:
    assert send([only(f"{mailbox.url}&format=html")], MESSAGE) == (Sent("mailto://"),)

    body = mailbox.mails[0].get_body(("html",))
    assert body is not None
    assert "<b>" not in body.get_content()
    assert "carol&nbsp;can&nbsp;approve" in body.get_content()


@pytest.mark.parametrize(("message", "kind"), [(MESSAGE, "warning"), (GONE, "success")])
def test_a_webhook_is_called(hook: Loopback, message: Message, kind: str) -> None:
    assert send([only(url(hook))], message) == (Sent("json://"),)

    (seen,) = hook.seen
    assert seen.body["title"] == message.title
    assert seen.body["message"].strip() == message.body.strip()
    assert seen.body["type"] == kind
    assert seen.headers["user-agent"] == "envsync"


def test_one_that_fails_stops_none_of_the_others(hook: Loopback) -> None:
    to = channels(secret(url(hook), url(hook, "gone"), f"json://u:{CANARY}@127.0.0.1:1/", url(hook, "?x=1")))
    hook.on("POST /?x=1", Reply({}))

    first, second, third, _ = send(to, MESSAGE)

    assert first == Sent("json:// (1st of 4)")
    assert second == NotSent("json:// (2nd of 4)", "the service answered with status 404")
    assert third == NotSent("json:// (3rd of 4)", "it was not reached, or did not take the message")
    assert len(hook.lines) == 3


def test_a_server_that_hangs_up_is_a_failure(hook: Loopback) -> None:
    hook.on("POST /hook", Silence.CUT)

    assert isinstance(send([only(url(hook))], MESSAGE)[0], NotSent)


def test_a_plugin_that_breaks_is_a_failure() -> None:
    class Broken:
        def notify(self, **_: object) -> bool:
            raise RuntimeError(f"json://u:{CANARY}@h")

    service: Any = Broken()

    assert send([Channel("json://", service)], MESSAGE) == (
        NotSent("json://", "its plugin failed with RuntimeError"),
    )


# --- services that do not answer in time -------------------------------------------------------------------


@dataclass
class Dripping:
    """A webhook that sends one character of a header after the other: no read ever takes long."""

    port: int
    released: threading.Event = field(default_factory=threading.Event)
    called: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://user:{CANARY}@127.0.0.1:{self.port}/"

    def serve(self, server: socket.socket) -> None:
        server.settimeout(30)
        with suppress(OSError), server.accept()[0] as connection:
            connection.recv(65_536)
            self.called.set()
            connection.sendall(b"HTTP/1.1 503 Busy\r\nX: ")
            while not self.released.wait(0.01):
                connection.sendall(b"x")
            connection.sendall(b"\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def dripping() -> Iterator[Dripping]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        service = Dripping(server.getsockname()[1])
        thread = threading.Thread(target=service.serve, args=(server,))
        thread.start()
        try:
            yield service
        finally:
            service.released.set()
            thread.join()
            wait_for_those_left_behind()


def left_behind() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "envsync notification"]


def wait_for_those_left_behind() -> None:
    for each in left_behind():
        each.join()


def test_one_that_drips_stops_none_of_the_others(dripping: Dripping, hook: Loopback) -> None:
    to = channels(secret(dripping.url, url(hook)))

    first, second = (*send(to[:1], MESSAGE, deadline=0.2), *send(to[1:], MESSAGE))

    assert first == NotSent("json:// (1st of 2)", "no answer within 0.2 s")
    assert second == Sent("json:// (2nd of 2)")
    assert left_behind()


def test_what_did_not_answer_in_time_is_sent_again(memory: FileMemory) -> None:
    answer = threading.Event()

    class Slow:
        def notify(self, **_: object) -> bool:
            return answer.wait()

    service: Any = Slow()
    to = [Channel("slow://", service)]
    late = notify(to, memory, {KEY: Drifted(DRIFT)}, lambda _: MESSAGE, deadline=0.01)
    told = memory.told(KEY)
    answer.set()
    wait_for_those_left_behind()

    assert late.deliveries == (NotSent("slow://", "no answer within 0.01 s"),)
    assert told is None
    assert notify(to, memory, {KEY: Drifted(DRIFT)}, lambda _: MESSAGE).deliveries == (Sent("slow://"),)
    assert memory.told(KEY) == DRIFT


def test_the_process_ends_though_a_service_still_drips(dripping: Dripping) -> None:
    program = """
import sys
from envsync.drift.notify import Message, channels, notify_urls, send
print(send(channels(notify_urls(sys.argv[1:], {})), Message("t", "b", drifted=True), deadline=2))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, dripping.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert dripping.called.is_set()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "(NotSent(name='json://', why='no answer within 2 s'),)\n"


def test_what_comes_too_late_is_neither_heard_nor_taken_for_the_answer_of_another(
    capfd: pytest.CaptureFixture[str],
) -> None:
    late, logged = threading.Event(), threading.Event()

    class Late:
        def notify(self, **_: object) -> bool:
            late.wait()
            for name in ("apprise", "urllib3.connectionpool"):
                logging.getLogger(name).error("%s error=503", CANARY)
            logged.set()
            return False

    class Next:
        def notify(self, **_: object) -> bool:
            late.set()
            logged.wait()
            return False

    one, other = (Channel("json://", service()) for service in cast("Any", (Late, Next)))
    with listening() as heard:
        assert isinstance(send([one], MESSAGE, deadline=0.01)[0], NotSent)
        assert send([other], MESSAGE) == (NotSent("json://", "it was not reached, or did not take the message"),)
        late.clear()
        logged.clear()
        assert isinstance(send([one], MESSAGE, deadline=0.01)[0], NotSent)
        late.set()
        wait_for_those_left_behind()

    assert heard == []
    assert capfd.readouterr() == ("", "")


# --- URLs that Apprise does not take -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        (f"malto://u:{CANARY}@h", "malto://", "did you mean mailto://?"),
        (f"{CANARY}://h", "a URL", "a URL begins as in"),
        (f"mailto:u:{CANARY}@h", "a URL", "a URL begins as in"),
        (CANARY, "a URL", "a URL begins as in"),
        (f"slack://{CANARY}", "slack://", "see how a URL for slack:// is written"),
        (f"https://example.com/{CANARY}", "https://", "see how a URL for https:// is written"),
        ("json://", "json://", "see how a URL for json:// is written"),
        ("json://[::1", "json://", "see how a URL for json:// is written"),
        (f"dbus://[{CANARY}", "dbus://", "see how a URL for dbus:// is written"),  # its plugin raises
    ],
)
def test_one_that_apprise_does_not_take_is_named_by_its_scheme(text: str, name: str, hint: str) -> None:
    error = refused(text)

    assert [each.code for each in error.diagnostics] == ["notify-url"]
    assert str(error) == f"notifications: Apprise does not take {name}"
    assert (error.hint or "").startswith(hint)


def test_all_that_are_wrong_are_named_before_anything_is_sent(hook: Loopback) -> None:
    error = refused(f"malto://u:{CANARY}@h", url(hook), f"{CANARY}://")

    assert [each.message for each in error.diagnostics] == [
        "notifications: Apprise does not take malto:// (1st of 3)",
        "notifications: Apprise does not take a URL (3rd of 3)",
    ]
    assert hook.seen == []


def test_ordinals() -> None:
    to = channels(secret(*(f"json://h{number}" for number in range(1, 24))))

    shown = [each.name.partition("(")[2].split()[0] for each in to]
    assert (shown[:4], shown[10:13], shown[20:]) == (
        ["1st", "2nd", "3rd", "4th"],
        ["11th", "12th", "13th"],
        ["21st", "22nd", "23rd"],
    )


def test_a_comma_does_not_end_a_url(hook: Loopback) -> None:
    hook.on("POST /a%2Cb", Reply({}))

    assert send([only(url(hook, "a,b"))], MESSAGE) == (Sent("json://"),)
    assert hook.lines == ["POST /a%2Cb"]


# --- no URL anywhere ---------------------------------------------------------------------------------------


@contextmanager
def listening() -> Iterator[list[str]]:
    """To all that is logged, at every level."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    root, ear = logging.getLogger(), Ear()
    level = root.level
    root.addHandler(ear)
    root.setLevel(1)
    try:
        yield heard
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def test_neither_apprise_nor_what_it_uses_logs_or_prints_anything(
    hook: Loopback, capfd: pytest.CaptureFixture[str]
) -> None:
    with listening() as heard:
        to = channels(secret(url(hook), url(hook, f"gone-{CANARY}"), f"json://u:{CANARY}@127.0.0.1:1/"))
        send(to, MESSAGE)
        refused(f"malto://u:{CANARY}@h")
        assert heard == []
        logging.getLogger("somebody else").warning("heard again")

    assert heard == ["heard again"]
    assert capfd.readouterr() == ("", "")
    assert CANARY not in repr(to)
    assert len(hook.seen) == 2


def test_a_thread_that_apprise_gave_up_logs_nowhere(hook: Loopback) -> None:
    only(url(hook))

    with listening() as heard:
        logging.getLogger("apprise").error(CANARY)

    assert heard == []


def test_what_a_plugin_logs_wrongly_or_warns_of_does_no_harm() -> None:
    class Careless:
        def notify(self, **_: object) -> bool:
            logging.getLogger("apprise").warning("%d", "no number")
            warnings.warn(CANARY, stacklevel=1)
            return True

    service: Any = Careless()

    assert send([Channel("json://", service)], MESSAGE) == (Sent("json://"),)


def test_a_plugin_that_breaks_once_more_when_it_is_deleted_shows_no_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    refused(f"matrix://{CANARY}?tz=nowhere")

    assert capfd.readouterr() == ("", "")


def test_nothing_is_written_to_disk(mailbox: Mailbox, hook: Loopback, tmp_path: Path) -> None:
    """In a process of its own, with a home and a working directory of its own."""
    program = """
import sys
from envsync.drift.notify import Message, Sent, channels, notify_urls, send
results = send(channels(notify_urls(sys.argv[1:], {})), Message("t", "b", drifted=True))
assert all(isinstance(each, Sent) for each in results), results
"""
    home = tmp_path / "home"
    home.mkdir()
    places = ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TMPDIR")
    environ = {**os.environ, **dict.fromkeys(places, str(home)), "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, f"{mailbox.url}", url(hook)],
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.rglob("*")) == []
    assert len(mailbox.mails) == len(hook.seen) == 1


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)

    error = refused("json://h")

    assert error.diagnostics[0].code == "no-notifier"
    assert error.hint == "pip install 'envsync-github[notify]'"


def test_nothing_of_apprise_is_imported_before_it_is_needed() -> None:
    program = "import sys, envsync.drift.notify as n; n.channels(()); assert 'apprise' not in sys.modules"

    subprocess.run([sys.executable, "-c", program], check=True)


# --- only news ---------------------------------------------------------------------------------------------


def told(hook: Loopback, memory: FileMemory, finding: Finding) -> int:
    """How many messages a check sends."""
    before = len(hook.seen)
    message = GONE if isinstance(finding, Gone) else MESSAGE
    done = notify([only(url(hook))], memory, {KEY: finding}, lambda _: message)
    assert done.forgotten is None
    return len(hook.seen) - before


def test_one_message_for_each_change_of_drift(hook: Loopback, memory: FileMemory) -> None:
    sent = [
        told(hook, memory, finding)
        for finding in (
            Gone(),
            Drifted(DRIFT),
            Drifted(DRIFT),
            Drifted(OTHER),
            Unclear(),
            Drifted(OTHER),
            Gone(),
            Gone(),
            Drifted(OTHER),
        )
    ]

    assert sent == [0, 1, 0, 1, 0, 0, 1, 0, 1]
    titles = [MESSAGE.title, MESSAGE.title, GONE.title, MESSAGE.title]
    assert [seen.body["title"] for seen in hook.seen] == titles


def test_a_mail_is_sent_once(mailbox: Mailbox, memory: FileMemory) -> None:
    for finding in (Drifted(DRIFT), Drifted(DRIFT), Gone(), Gone()):
        message = GONE if isinstance(finding, Gone) else MESSAGE
        notify([only(mailbox.url)], memory, {KEY: finding}, lambda _, message=message: message)  # type: ignore[misc] # bound

    assert [mail["Subject"] for mail in mailbox.mails] == [MESSAGE.title, GONE.title]


def test_what_did_not_go_out_to_all_goes_out_again(hook: Loopback, memory: FileMemory) -> None:
    to = channels(secret(url(hook), url(hook, "other")))
    hook.on("POST /other", Reply({}, 500), Reply({}))

    def check() -> Notified:
        return notify(to, memory, {KEY: Drifted(DRIFT)}, lambda _: MESSAGE)

    assert check().deliveries == (
        Sent("json:// (1st of 2)"),
        NotSent("json:// (2nd of 2)", "the service answered with status 500"),
    )
    assert memory.told(KEY) is None
    assert check().deliveries == (Sent("json:// (1st of 2)"), Sent("json:// (2nd of 2)"))
    assert memory.told(KEY) == DRIFT
    assert check() == Notified()
    assert hook.lines == ["POST /hook", "POST /other"] * 2


def test_that_it_is_gone_is_tried_again_too(hook: Loopback, memory: FileMemory) -> None:
    memory.remember(KEY, DRIFT)
    hook.on("POST /hook", Reply({}, 503), Reply({}))

    assert [told(hook, memory, Gone()) for _ in range(3)] == [1, 1, 0]
    assert memory.told(KEY) == NOTHING


def test_what_went_out_and_cannot_be_remembered_is_said(hook: Loopback, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = FileMemory(tmp_path / "file" / "told.json", lambda _: None)

    done = notify([only(url(hook))], memory, {KEY: Drifted(DRIFT)}, lambda _: MESSAGE)

    assert done.deliveries == (Sent("json://"),)
    assert done.forgotten is not None
    assert done.forgotten.diagnostics[0].code == "notification-not-remembered"


def test_ctrl_c_while_it_is_remembered_is_no_failure_of_the_memory(hook: Loopback) -> None:
    class Cut:
        def told(self, _key: str) -> str | None:
            return None

        def remember(self, _key: str, _digest: str) -> None:
            raise Interrupted(Diagnostic("interrupted", "stopped"))

    with pytest.raises(Interrupted):
        notify([only(url(hook))], Cut(), {KEY: Drifted(DRIFT)}, lambda _: MESSAGE)


def test_news_goes_out_in_one_message_and_the_rest_stays_out(hook: Loopback, memory: FileMemory) -> None:
    """Hundreds of repositories can drift at once."""
    known, new, unread = "1" * 64, "2" * 64, "3" * 64
    memory.remember(known, DRIFT)
    findings: dict[str, Finding] = {known: Drifted(DRIFT), new: Drifted(OTHER), unread: Unclear(), KEY: Gone()}
    asked: list[tuple[str, ...]] = []

    def message(keys: Sequence[str]) -> Message:
        asked.append(tuple(keys))
        return MESSAGE

    hook.on("POST /hook", Reply({}), Reply({}))
    for _ in range(2):
        notify([only(url(hook))], memory, findings, message)

    assert asked == [(new,)]
    assert hook.lines == ["POST /hook"]


def test_what_cannot_be_remembered_does_not_keep_the_rest_from_it(hook: Loopback, memory: FileMemory) -> None:
    class Forgetful:
        def told(self, key: str) -> str | None:
            return memory.told(key)

        def remember(self, key: str, digest: str) -> None:
            if key == KEY:
                raise EnvsyncError(Diagnostic("gone", "its issue is gone"))
            memory.remember(key, digest)

    hook.on("POST /hook", Reply({}))
    findings = {KEY: Drifted(DRIFT), "2" * 64: Drifted(OTHER)}
    done = notify([only(url(hook))], Forgetful(), findings, lambda _: MESSAGE)

    assert done.forgotten is not None
    assert (memory.told(KEY), memory.told("2" * 64)) == (None, OTHER)
