"""What stands in a file: its text, if it is text at all."""

from __future__ import annotations

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from envsync.documents.codes import Code
from envsync.errors import ConfigError, Diagnostic

MAX_BYTES = 1024 * 1024

# The breaks that libyaml counts: with any others, lines would not be where its marks say.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_OPENED = re.compile(r"/dev/(stdin|fd/\d+)\Z|/proc/self/fd/\d+\Z")


@dataclass(frozen=True, slots=True)
class SourceText:
    file: str  # as the user named it
    root: str  # the folder of the file, absolute
    text: str
    lines: tuple[str, ...]


def source_text(file: str, root: str, text: str) -> SourceText:
    return SourceText(file, root, text, tuple(_BREAK.split(text)))


def read(path: Path) -> SourceText:
    """Raises ConfigError for what is missing, no file, too large or not UTF-8."""
    root = _folder(path)
    try:
        _refuse_irregular(path)
        _refuse_strayed(path)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _unusable(path, Code.FILE_MISSING, "does not exist", _missing_hint(path)) from None
    except IsADirectoryError:
        raise _unusable(
            path,
            Code.FILE_IS_DIRECTORY,
            "is a folder",
            f"name the file in it: -f {path / 'environments.yaml'}",
        ) from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise _unusable(path, Code.FILE_UNREADABLE, reason, "check the path and its permissions") from None
    if len(data) > MAX_BYTES:
        raise _unusable(path, Code.FILE_TOO_LARGE, "is larger than 1 MiB", "is it the right file? if so, split it")
    return source_text(str(path), root, _decoded(path, data.removeprefix(codecs.BOM_UTF8)))


def same_file(path: Path) -> str:
    """Equal for two ways to name one file."""
    try:
        return os.path.realpath(path)
    except OSError:  # the working directory is gone; `read` says so
        return str(path)


def _folder(path: Path) -> str:
    try:
        return str(path.absolute().parent)
    except OSError:
        reason, hint = "cannot be found: the working directory no longer exists", "change to a folder that does"
        raise _unusable(path, Code.FILE_UNREADABLE, reason, hint) from None


def _refuse_irregular(path: Path) -> None:
    """A pipe that nobody writes to would be waited for; one that the shell has opened is written to."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or _OPENED.match(str(path))):
        reason, hint = "is no regular file", "name a file, or write into envsync and name -f /dev/stdin"
        raise _unusable(path, Code.FILE_UNREADABLE, reason, hint)


def _refuse_strayed(path: Path) -> None:
    """Whoever proposes a change can make a link of the file, to what is not theirs to read."""
    named = Path(os.path.normpath(path.absolute()))
    repository = next((each for each in named.parents if (each / ".git").exists()), None)
    if _OPENED.match(str(path)) or named.resolve().is_relative_to((repository or named.parent).resolve()):
        return
    reason = f"is a link to what lies outside of its {'folder' if repository is None else 'repository'}"
    raise _unusable(path, Code.FILE_UNREADABLE, reason, "name with -f the file itself that it leads to")


def _missing_hint(path: Path) -> str:
    other = {".yaml": ".yml", ".yml": ".yaml"}.get(path.suffix)
    if other and path.with_suffix(other).is_file():
        return f"did you mean -f {path.with_suffix(other)}?"
    return "envsync init writes a first one; -f names another file"


def _decoded(path: Path, data: bytes) -> str:
    hint = "save it as UTF-8"
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # the first begins as UTF-16 does
        raise _unusable(path, Code.FILE_NOT_UTF8, "is UTF-32, not UTF-8", hint)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _unusable(path, Code.FILE_NOT_UTF8, "is UTF-16, not UTF-8", hint)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8: line {line} holds other bytes"
        raise _unusable(path, Code.FILE_NOT_UTF8, reason, hint) from None


def _unusable(path: Path, code: Code, reason: str, hint: str) -> ConfigError:
    return ConfigError(Diagnostic(code, f"`{path}` {reason}", hint))
