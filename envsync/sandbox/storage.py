"""State in a folder: one file a repository, one for the accounts, and a lock while somebody serves it."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from envsync.errors import Diagnostic, EnvsyncError
from envsync.sandbox.beginning import EDITION, complete, new_state
from envsync.sandbox.codec import Damaged, decode, encode
from envsync.sandbox.state import Account, App, Installation, Repository, State, Team, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACCOUNTS = "accounts.json"
_REPOSITORIES = "repositories"
_LOCK = "lock"
_FORMAT = 1
_SEED_DIGITS = 64
_RESERVE = 1000  # ids, so that not every new environment rewrites the accounts


@dataclass(slots=True)
class _AccountsFile:
    format: int
    last_id: int  # higher than any id in use
    key_seed: str
    accounts: dict[str, Account]
    teams: dict[str, Team]
    apps: dict[str, App]
    tokens: dict[str, Token]
    installations: dict[int, Installation] = field(default_factory=dict)
    edition: int = 1  # up to which `beginning.complete` brought it


@dataclass(slots=True)
class _RepositoryFile:
    format: int
    repository: Repository


_FileT = TypeVar("_FileT", _AccountsFile, _RepositoryFile)


@dataclass(slots=True)
class Storage:
    """A folder that this process holds. `open_storage` makes it, `close` lets go of it."""

    directory: Path
    lock: TextIO
    last_reserved: int = 0
    written: dict[Path, str] = field(default_factory=dict)  # what each file says, as last read or written

    def load(self, created_at: str) -> State:
        accounts = self.directory / _ACCOUNTS
        paths = sorted((self.directory / _REPOSITORIES).glob("*/*.json"))
        if not accounts.exists():
            if paths:
                raise _damaged(accounts, "it is missing, while there are repositories")
            return new_state(created_at)
        head = self._read(accounts, _AccountsFile)
        state = State(head.accounts, head.teams, head.apps, head.tokens, {}, head.key_seed, head.last_id)
        state.installations = head.installations
        if not _is_seed(head.key_seed):
            raise _damaged(accounts, "key_seed is no hexadecimal text of 64 digits")
        for path in paths:
            self._add(state, path, self._read(path, _RepositoryFile).repository)
        self.last_reserved = state.last_id
        complete(state, created_at, head.edition)
        return state

    def save(self, state: State) -> None:
        """Writes what changed, and takes away the files of repositories that are gone."""
        self._save_accounts(state)
        for repository in state.repositories.values():
            self._write(self._path(repository), encode(_RepositoryFile(_FORMAT, repository)))
        kept = {self._path(repository) for repository in state.repositories.values()}
        for path in (self.directory / _REPOSITORIES).glob("*/*.json"):
            if path not in kept:
                path.unlink()
                self.written.pop(path, None)

    def save_repository(self, state: State, repository: Repository) -> None:
        if state.last_id > self.last_reserved:
            self._save_accounts(state)
        self._write(self._path(repository), encode(_RepositoryFile(_FORMAT, repository)))

    def announce(self, url: str) -> None:
        """Tells whoever comes later who serves this folder."""
        os.ftruncate(self.lock.fileno(), 0)
        os.write(self.lock.fileno(), json.dumps({"url": url, "pid": os.getpid()}).encode())

    def close(self) -> None:
        """Closing the file gives up the lock."""
        os.ftruncate(self.lock.fileno(), 0)
        self.lock.close()

    def _add(self, state: State, path: Path, repository: Repository) -> None:
        key = repository.full_name.casefold()
        if path != self._path(repository):
            raise _damaged(path, f"it holds {repository.full_name}")
        if key in state.repositories:
            raise _damaged(path, f"{repository.full_name} has another file already")
        if repository.owner.casefold() not in state.accounts:
            raise _damaged(path, f"the owner {repository.owner} is not in {_ACCOUNTS}")
        state.repositories[key] = repository

    def _path(self, repository: Repository) -> Path:
        return self.directory / _REPOSITORIES / repository.owner / f"{repository.name}.json"

    def _save_accounts(self, state: State) -> None:
        if state.last_id > self.last_reserved:
            self.last_reserved = state.last_id + _RESERVE
        head = _AccountsFile(
            _FORMAT,
            self.last_reserved,
            state.key_seed,
            state.accounts,
            state.teams,
            state.apps,
            state.tokens,
            state.installations,
            EDITION,
        )
        self._write(self.directory / _ACCOUNTS, encode(head))

    def _read(self, path: Path, kind: type[_FileT]) -> _FileT:
        try:
            text = path.read_text(encoding="utf-8")
            content = decode(kind, text)
        except UnicodeDecodeError:
            raise _damaged(path, "it is not UTF-8") from None
        except Damaged as error:
            raise _damaged(path, str(error)) from None
        if content.format != _FORMAT:
            raise _damaged(path, f"it is of format {content.format}, and this envsync knows {_FORMAT}")
        self.written[path] = text
        return content

    def _write(self, path: Path, text: str) -> None:
        if self.written.get(path) == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        self.written[path] = text


def open_storage(directory: Path) -> Storage:
    """Takes hold of a folder, and makes it if need be. Raises an EnvsyncError while another process has it."""
    with file_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        ignore = directory / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        lock = (directory / _LOCK).open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(directory, lock) from None
        except BaseException:
            lock.close()
            raise
    return Storage(directory, lock)


def reset(directory: Path) -> None:
    """Deletes the state, and nothing else that may lie in the folder."""
    if not directory.exists():
        return
    storage = open_storage(directory)
    try:
        with file_errors(directory):
            repositories = directory / _REPOSITORIES
            for path in repositories.glob("*/*.json"):
                path.unlink()
            for folder in [*repositories.glob("*"), repositories]:
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
            (directory / _ACCOUNTS).unlink(missing_ok=True)
    finally:
        storage.close()


@contextmanager
def file_errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvsyncError(
            Diagnostic(
                code="sandbox-state-unusable",
                message=f"{error.filename or directory}: {error.strerror or error}",
                hint=f"the sandbox keeps its state in {directory}: make it a folder that you may write to",
            )
        ) from error


def _is_seed(text: str) -> bool:
    return len(text) == _SEED_DIGITS and set(text) <= set("0123456789abcdef")


def _damaged(path: Path, reason: str) -> EnvsyncError:
    return EnvsyncError(
        Diagnostic(
            code="sandbox-state-damaged",
            message=f"{path} is not the sandbox's state: {reason}",
            hint="mend or delete the file, or start anew with `envsync sandbox --reset`",
        )
    )


def _in_use(directory: Path, lock: TextIO) -> EnvsyncError:
    with lock:
        lock.seek(0)
        try:
            holder = json.load(lock)
            url, pid = holder["url"], holder["pid"]
        except (ValueError, KeyError, TypeError):
            hint = "wait until it has started, then use it with `--api-url URL`, or stop it"
        else:
            hint = f"use that one with `--api-url {url}`, or stop it: its process is {pid}"
    return EnvsyncError(
        Diagnostic(code="sandbox-in-use", message=f"another process serves {directory}", hint=hint)
    )
