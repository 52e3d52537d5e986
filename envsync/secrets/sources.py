"""Where the values of secrets come from. Sources are confined: a pull request can edit the file that names them.

Nothing that a source gave, or printed while it failed, ever gets into an error.
"""

from __future__ import annotations

import os
import selectors
import signal
import stat
import subprocess
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from envsync.errors import Diagnostic, SecretSourceError
from envsync.model import MAX_VALUE_BYTES, External, FromCommand, FromEnvironment, FromFile, SecretValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.model import DesiredSecret

COMMAND_SECONDS = 60.0

_MOST_OUTPUT = MAX_VALUE_BYTES + 2  # and a newline
_NO_SOURCES = frozenset({".git", ".envsync"})  # a checkout keeps its credential in .git/config

_CREDENTIALS = ("ENVSYNC_", "GH_", "ACTIONS_", "RUNNER_")
_CREDENTIAL_NAMES = frozenset({"GITHUB_TOKEN", "GITHUB_ENTERPRISE_TOKEN"})


@dataclass(frozen=True, slots=True)
class Sources:
    """Reads one source at a time, as late as the caller asks, for as many threads as there are.

    Only what a command gave is kept until the end of the run: no command runs twice.
    """

    environ: Mapping[str, str]
    allow_commands: bool = False
    command_seconds: float = COMMAND_SECONDS
    _outputs: dict[tuple[tuple[str, ...], str], SecretValue | SecretSourceError] = field(
        default_factory=dict, repr=False, compare=False
    )
    _locks: dict[tuple[tuple[str, ...], str], threading.Lock] = field(
        default_factory=dict, repr=False, compare=False
    )

    def read(self, secret: DesiredSecret) -> SecretValue:
        """Raises `SecretSourceError` where there is nothing to give, or where the source may not be read."""
        value = self._bytes(secret)
        if not value:
            raise _empty(secret)
        if len(value) > MAX_VALUE_BYTES:
            raise _too_long(secret)
        return SecretValue(value)

    def check(self, secret: DesiredSecret) -> None:
        """Raises what `read` would raise, as far as that can be known without taking the value."""
        match secret.source:
            case FromEnvironment(variable):
                if not self._environment(secret, variable):
                    raise _empty(secret)
            case FromFile(path, root):
                _weigh(secret, path, root)
            case FromCommand(argv, _):
                self._hold_back(secret, argv)
            case External():
                pass
            case _:
                assert_never(secret.source)

    def _bytes(self, secret: DesiredSecret) -> bytes:
        match secret.source:
            case FromEnvironment(variable):
                return self._environment(secret, variable)
            case FromFile(path, root):
                return _without_newline(_file(secret, path, root))
            case FromCommand(argv, root):
                return _without_newline(self._command(secret, argv, root))
            case External():
                raise _error(secret, "secret-is-external", "the value is set elsewhere: there is no source here")
            case _:
                assert_never(secret.source)

    def _environment(self, secret: DesiredSecret, variable: str) -> bytes:
        if is_credential(variable):  # the file's schema says so too; a template may have made the name
            raise _error(secret, "secret-source-refused", f"{variable} is a credential of envsync or of GitHub's")
        if variable not in self.environ:
            raise _error(
                secret,
                "secret-source-missing",
                f"the environment variable {variable} is not set",
                f"set {variable} where envsync runs, or pass --no-secrets to leave secrets alone",
            )
        return self.environ[variable].encode("utf-8", "surrogateescape")

    def _hold_back(self, secret: DesiredSecret, argv: tuple[str, ...]) -> None:
        if not self.allow_commands:
            raise _error(
                secret,
                "commands-not-allowed",
                f"the command {argv[0]} is its source, and commands are not allowed",
                "pass --allow-commands where you trust everybody who can edit the file",
            )

    def _command(self, secret: DesiredSecret, argv: tuple[str, ...], root: str) -> bytes:
        self._hold_back(secret, argv)
        with self._locks.setdefault((argv, root), threading.Lock()):
            known = self._outputs.get((argv, root))
            if known is None:
                known = self._outputs[argv, root] = self._output(secret, argv, root)
        if isinstance(known, SecretSourceError):
            raise _error_at(secret, known)
        return known.reveal()

    def _output(self, secret: DesiredSecret, argv: tuple[str, ...], root: str) -> SecretValue | SecretSourceError:
        environ = {name: value for name, value in self.environ.items() if not is_credential(name)}
        try:
            return SecretValue(_run(secret, argv, Path(root), environ, self.command_seconds))
        except SecretSourceError as error:
            return error


def _too_long(secret: DesiredSecret) -> SecretSourceError:
    return _error(
        secret, "secret-too-long", f"{_words(secret)} has more than 48 KB, which is all that GitHub takes"
    )


def _empty(secret: DesiredSecret) -> SecretSourceError:
    return _error(
        secret,
        "secret-is-empty",
        f"{_words(secret)} is empty",
        "GitHub Actions turns a missing secret into an empty variable: see that it exists and is spelt so",
    )


def is_credential(variable: str) -> bool:
    """Variables that hold what envsync or GitHub Actions authenticate with: no source may read them."""
    name = variable.upper()
    return name in _CREDENTIAL_NAMES or name.startswith(_CREDENTIALS)


def _file(secret: DesiredSecret, path: str, root: str) -> bytes:
    try:
        with _locate(secret, path, root).open("rb") as file:
            return file.read(_MOST_OUTPUT + 1)
    except OSError as error:
        raise _unreadable(secret, path, error) from None


def _weigh(secret: DesiredSecret, path: str, root: str) -> None:
    """What its size tells; a newline at its end is not counted, since nobody looks."""
    try:
        size = _locate(secret, path, root).stat().st_size
    except OSError as error:
        raise _unreadable(secret, path, error) from None
    if not size:
        raise _empty(secret)
    if size > _MOST_OUTPUT:
        raise _too_long(secret)


def _locate(secret: DesiredSecret, path: str, root: str) -> Path:
    """The file with all links followed, once it is sure that it lies under `root`."""
    folder = Path(root).resolve()
    try:
        found = (folder / path).resolve(strict=True)
        is_file = stat.S_ISREG(found.stat().st_mode)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
        raise _unreadable(secret, path, error) from None
    if not found.is_relative_to(folder):
        raise _error(
            secret,
            "secret-file-outside",
            f"the file {path} lies outside the folder of the file that names it",
            "a source stays under that folder, links followed; use a command for what is elsewhere",
        )
    if not _NO_SOURCES.isdisjoint(found.relative_to(folder).parts):
        raise _error(
            secret, "secret-source-refused", f"{path} is git's or envsync's own, which can hold credentials"
        )
    if not is_file:
        raise _error(secret, "secret-file-unreadable", f"{path} is not a file")
    return found


def _unreadable(secret: DesiredSecret, path: str, error: Exception) -> SecretSourceError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else "it has no such path"
    return _error(
        secret,
        "secret-file-unreadable",
        f"the file {path} cannot be read: {why}",
        "the path is relative to the folder of the file that names it",
    )


def _run(
    secret: DesiredSecret, argv: tuple[str, ...], folder: Path, environ: Mapping[str, str], seconds: float
) -> bytes:
    program = argv[0]
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the user allowed commands
            argv,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may hold the secret, and nobody can tell
            start_new_session=True,  # so that its children end with it
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no command"
        raise _error(secret, "secret-command-failed", f"the command {program} cannot be run: {why}") from None
    with process:
        try:
            output = _drain(process, time.monotonic() + seconds)
            if len(output) > _MOST_OUTPUT:
                _kill(process)
            process.wait(seconds)
        except BaseException as error:
            _kill(process)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise _error(
                secret,
                "secret-command-failed",
                f"the command {program} was not done within {seconds:g} seconds",
                "it gets no standard input: see that it does not ask for anything",
            ) from None
    if len(output) > _MOST_OUTPUT:
        raise _too_long(secret)
    if process.returncode != 0:
        raise _error(
            secret,
            "secret-command-failed",
            f"the command {program} ended with status {process.returncode}",
            "run it by hand to see why; envsync does not show its output, which could hold the secret",
        )
    return output


def _drain(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """What it writes, until it ends or has written more than any secret may have."""
    assert process.stdout  # noqa: S101 - a pipe
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(output) <= _MOST_OUTPUT:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise subprocess.TimeoutExpired(process.args, left)
            chunk = os.read(process.stdout.fileno(), MAX_VALUE_BYTES)
            if not chunk:
                break
            output += chunk
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def _without_newline(value: bytes) -> bytes:
    return value.removesuffix(b"\r\n") if value.endswith(b"\r\n") else value.removesuffix(b"\n")


def _words(secret: DesiredSecret) -> str:
    match secret.source:
        case FromEnvironment(variable):
            return f"the environment variable {variable}"
        case FromFile(path, _):
            return f"the file {path}"
        case FromCommand(argv, _):
            return f"the output of {argv[0]}"
        case External():
            return "set elsewhere"
        case _:
            assert_never(secret.source)


def _error(secret: DesiredSecret, code: str, message: str, hint: str | None = None) -> SecretSourceError:
    return SecretSourceError(Diagnostic(code, message, hint, secret.span))


def _error_at(secret: DesiredSecret, error: SecretSourceError) -> SecretSourceError:
    """What a command that was run for one secret failed at, said of another one."""
    return SecretSourceError(*(replace(each, span=secret.span) for each in error.diagnostics))
