"""`--notify`: e-mail, chat and webhooks through Apprise. Its URLs hold passwords, and none is ever shown."""

from __future__ import annotations

import logging
import re
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from inspect import signature
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, assert_never

from envsync.drift.finding import Drifted, Gone, Unclear
from envsync.drift.marker import NOTHING
from envsync.errors import Diagnostic, EnvsyncError, Interrupted
from envsync.model import SecretValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from apprise import Apprise, NotifyType

    from envsync.drift.finding import Finding
    from envsync.drift.memory import Memory

VARIABLE = "ENVSYNC_NOTIFY_URLS"
DEADLINE = 60.0  # seconds for each place that takes messages

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9.+-]*)://")
_STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")  # as Apprise's plugins say it
_WEB = frozenset({"http", "https"})  # the addresses that Slack and others give out themselves
_TEENS = range(11, 14)
_THREAD = "envsync notification"


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text. `drifted`: else it says that the drift is gone."""

    title: str
    body: str
    drifted: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """One place that takes messages. `name` is all that may be shown: the scheme, and which of the URLs it is."""

    name: str
    service: Apprise = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Sent:
    name: str


@dataclass(frozen=True, slots=True)
class NotSent:
    name: str
    why: str


Delivery = Sent | NotSent


@dataclass(frozen=True, slots=True)
class Notified:
    """No deliveries: there was no news. `forgotten`: all went out, and could not be remembered."""

    deliveries: tuple[Delivery, ...] = ()
    forgotten: EnvsyncError | None = None


def notify_urls(options: Sequence[str], environ: Mapping[str, str]) -> tuple[SecretValue, ...]:
    """Of each `--notify`, then of the variable, where white space parts them (commas stand in URLs); each once.

    An empty variable is one that is not set; an empty option is an error, since somebody means to be told.
    """
    if not all(each.strip() for each in options):
        message = "--notify is empty"
        hint = "GitHub Actions turns a missing secret into nothing: see that it exists and is spelt so"
        raise EnvsyncError(Diagnostic("notify-url", message, hint))
    texts = [*(each.strip() for each in options), *environ.get(VARIABLE, "").split()]
    return tuple(SecretValue(each.encode("utf-8", "surrogateescape")) for each in dict.fromkeys(texts))


def channels(urls: Sequence[SecretValue]) -> tuple[Channel, ...]:
    """Sends nothing. Raises `EnvsyncError` where Apprise is not there, or for all URLs that it does not take."""
    if not urls:
        return ()
    with _hushed():
        schemes = _schemes()
        built = [_channel(url, _name(url, place, len(urls), schemes)) for place, url in enumerate(urls, 1)]
    wrong = [
        _not_taken(url, name, schemes) for url, (name, service) in zip(urls, built, strict=True) if service is None
    ]
    if wrong:
        raise EnvsyncError(*wrong)
    return tuple(Channel(name, service) for name, service in built if service is not None)


def send(to: Sequence[Channel], message: Message, *, deadline: float = DEADLINE) -> tuple[Delivery, ...]:
    """One after the other; one that fails, or takes longer than `deadline` (seconds), stops none of the others.

    What is not waited for any longer may still arrive.
    """
    return tuple(_send(each, message, deadline) for each in to)


def notify(
    to: Sequence[Channel],
    memory: Memory,
    findings: Mapping[str, Finding],
    message: Callable[[Sequence[str]], Message],
    *,
    deadline: float = DEADLINE,
) -> Notified:
    """Sends what is news since it was last told; `findings` by key. One message for all the keys that have any.

    No drift is news only where drift was told of before. Remembered is only what all channels took. Else the next
    check sends it again, to those that took it, too.
    """
    if not to:
        return Notified()
    digests = {key: digest for key, finding in findings.items() if (digest := _told_by(finding)) is not None}
    news = {key: digest for key, digest in digests.items() if (memory.told(key) or NOTHING) != digest}
    if not news:
        return Notified()
    deliveries = send(to, message(tuple(news)), deadline=deadline)
    if not all(isinstance(each, Sent) for each in deliveries):
        return Notified(deliveries)
    return Notified(deliveries, _remember(memory, news))


def _told_by(finding: Finding) -> str | None:
    match finding:
        case Drifted(digest):
            return digest
        case Gone():
            return NOTHING
        case Unclear():
            return None
        case _:
            assert_never(finding)


def _remember(memory: Memory, news: Mapping[str, str]) -> EnvsyncError | None:
    """What could not be remembered does not keep the rest from it."""
    forgotten: list[Diagnostic] = []
    for key, digest in news.items():
        try:
            memory.remember(key, digest)
        except Interrupted:
            raise
        except EnvsyncError as error:
            forgotten += error.diagnostics
    return EnvsyncError(*forgotten) if forgotten else None


def _send(channel: Channel, message: Message, deadline: float) -> Delivery:
    """In a thread that can be left behind: plugins limit each read at most, and a service may drip for good.

    It is a daemon, so that it does not keep the process from ending.
    """
    from apprise import NotifyType  # noqa: PLC0415 - the extra, and it is slow to import

    kind = NotifyType.WARNING if message.drifted else NotifyType.SUCCESS
    came = SimpleQueue[Delivery]()
    thread = threading.Thread(target=lambda: came.put(_attempt(channel, message, kind)), name=_THREAD, daemon=True)
    with _hushed():
        thread.start()
        try:
            return came.get(timeout=deadline)
        except Empty:
            return NotSent(channel.name, f"no answer within {deadline:g} s")


def _attempt(channel: Channel, message: Message, kind: NotifyType) -> Delivery:
    from apprise import NotifyFormat  # noqa: PLC0415 - as above

    statuses, logger = _Statuses(), logging.getLogger("apprise")
    logger.addHandler(statuses)
    try:
        sent = channel.service.notify(
            body=message.body, title=message.title, notify_type=kind, body_format=NotifyFormat.TEXT
        )
    except BaseException as error:  # noqa: BLE001 - more than a hundred plugins, and its text may hold the URL
        return NotSent(channel.name, f"its plugin failed with {type(error).__name__}")
    finally:
        logger.removeHandler(statuses)
    if sent:
        return Sent(channel.name)
    why = (
        f"the service answered with status {statuses.seen[-1]}"
        if statuses.seen
        else "it was not reached, or did not take the message"
    )
    return NotSent(channel.name, why)


def _schemes() -> frozenset[str]:
    """Raises where Apprise is not installed."""
    try:
        from apprise import NotificationManager  # noqa: PLC0415 - the extra, and it is slow to import
    except ImportError:
        raise EnvsyncError(
            Diagnostic(
                "no-notifier",
                "notifications need an extra that is not installed",
                "pip install 'envsync-github[notify]'",
            )
        ) from None
    known = NotificationManager().schemas()  # type: ignore[no-untyped-call] # Apprise has types for some of it
    return frozenset(known) | _WEB


def _channel(url: SecretValue, name: str) -> tuple[str, Apprise | None]:
    from apprise import Apprise, AppriseAsset, PersistentStoreMode  # noqa: PLC0415 - as above

    # Its own deadline, where it has one, sends from a pool of threads that keep the process from ending.
    has_pool = "service_timeout" in signature(AppriseAsset).parameters
    asset = (partial(AppriseAsset, service_timeout=0) if has_pool else AppriseAsset)(
        storage_mode=PersistentStoreMode.MEMORY,  # nothing on disk, keys for PGP included
        async_mode=False,
        interpret_emojis=False,  # names of environments stay as they are
        app_id="envsync",
        app_desc="envsync",
    )
    try:
        # Not `add` with the text, which would take it apart at commas.
        service = Apprise.instantiate(url.reveal().decode("utf-8", "replace"), asset=asset)
    except Exception:  # noqa: BLE001 - its plugins parse what was typed, and the error may hold it
        service = None
    return name, Apprise(service, asset=asset) if service else None


def _name(url: SecretValue, place: int, count: int, schemes: frozenset[str]) -> str:
    """A scheme is shown only where it is one, or nearly: what stands there may be a piece of a password."""
    scheme = _scheme(url)
    shown = f"{scheme}://" if scheme in schemes or _near(scheme, schemes) else "a URL"
    return shown if count == 1 else f"{shown} ({_ordinal(place)} of {count})"


def _not_taken(url: SecretValue, name: str, schemes: frozenset[str]) -> Diagnostic:
    scheme = _scheme(url)
    if scheme in schemes:
        hint = f"see how a URL for {scheme}:// is written: https://github.com/caronc/apprise/wiki"
    elif near := _near(scheme, schemes):
        hint = f"did you mean {near}://?"
    else:
        hint = "a URL begins as in mailto:// or slack://, see https://github.com/caronc/apprise/wiki"
    return Diagnostic("notify-url", f"notifications: Apprise does not take {name}", hint)


def _scheme(url: SecretValue) -> str:
    found = _SCHEME.match(url.reveal().decode("utf-8", "replace"))
    return found[1].lower() if found else ""


def _near(scheme: str, schemes: frozenset[str]) -> str | None:
    return next(iter(get_close_matches(scheme, sorted(schemes), n=1, cutoff=0.75)), None)


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in _TEENS else endings.get(number % 10, 'th')}"


class _Statuses(logging.Handler):
    """Of what the thread that made it logs it keeps the HTTP statuses, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:  # not one that was left behind and answers now
            with suppress(TypeError, ValueError):  # a plugin's own mistake in what it logs
                self.seen += _STATUS.findall(record.getMessage())


def _say_nothing(_: object) -> None:
    pass


def _of_others(record: logging.LogRecord) -> bool:
    return record.threadName != _THREAD


@contextmanager
def _hushed() -> Iterator[None]:
    """What Apprise and the libraries under it log or warn of holds URLs, and gets nowhere meanwhile."""
    root, apprise = logging.getLogger(), logging.getLogger("apprise")
    hook = sys.unraisablehook
    handlers = root.handlers[:]
    for each in handlers:
        root.removeHandler(each)
    root.addHandler(logging.NullHandler())
    # For good: a thread that is not waited for any longer may log later.
    apprise.propagate = False
    apprise.handlers[:] = [logging.NullHandler()]
    for each in filter(None, [*handlers, logging.lastResort]):
        each.addFilter(_of_others)
    sys.unraisablehook = _say_nothing  # some plugins that refused a URL fail once more when they are deleted
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook
        for each in root.handlers[:]:
            root.removeHandler(each)
        for each in handlers:
            root.addHandler(each)
