"""What stands in a file: its text, if it is text at all."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.errors import ConfigError, Diagnostic

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1024 * 1024

# The breaks that libyaml counts: with any others, lines would not be where its marks say.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


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
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _unusable(
            path, Code.FILE_MISSING, "does not exist", "create it, or name another file with -f"
        ) from None
    except IsADirectoryError:
        raise _unusable(
            path, Code.FILE_IS_DIRECTORY, "is a folder", f"name the file in it: -f {path / 'environments.yaml'}"
        ) from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise _unusable(path, Code.FILE_UNREADABLE, reason, "check the path and its permissions") from None
    if len(data) > MAX_BYTES:
        raise _unusable(path, Code.FILE_TOO_LARGE, "is larger than 1 MiB", "is it the right file? if so, split it")
    root = str(path.absolute().parent)
    return source_text(str(path), root, _decoded(path, data.removeprefix(codecs.BOM_UTF8)))


def same_file(path: Path) -> str:
    """Equal for two ways to name one file."""
    return os.path.realpath(path)


def _decoded(path: Path, data: bytes) -> str:
    hint = "save it as UTF-8"
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
