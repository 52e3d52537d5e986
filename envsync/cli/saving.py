"""Files that a command was asked to write: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from envsync.errors import EnvsyncError

_ELSE = "something else than a file is there"
_THERE = "it is there already"


def obstacle(out: str, *, replaces: bool) -> str | None:
    """Why nothing can be saved as `out`, as far as that shows before. `replaces`: a file that is there may go."""
    file = Path(out)
    try:
        if not file.parent.is_dir():
            return f"there is no folder {file.parent}"
        if file.exists() and not file.is_file():  # a device, say, which must not be replaced
            return _ELSE
        if not replaces and os.path.lexists(file):
            return _THERE
    except OSError as error:
        return _reason(error)
    return None


def save(
    text: str, out: str, failed: Callable[[str], EnvsyncError], *, private: bool, replaces: bool = True
) -> None:
    """`private`: for its owner alone to read. Raises what `failed` makes of the reason where it cannot be."""
    if (why := obstacle(out, replaces=replaces)) is not None:
        raise failed(why)
    try:
        _save(text.encode(), Path(out), private=private, replaces=replaces)
    except FileExistsError:
        raise failed(_THERE) from None
    except OSError as error:
        raise failed(_reason(error)) from None


def _save(data: bytes, file: Path, *, private: bool, replaces: bool) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:100]}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if not private:
            temporary.chmod(_usual_mode(file))
        if replaces:
            temporary.replace(file)
        else:
            _put_where_nothing_is(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def _put_where_nothing_is(temporary: Path, file: Path) -> None:
    """Raises where something has come there meanwhile; but on file systems without links, it may be replaced."""
    try:
        os.link(temporary, file)
    except FileExistsError:
        raise
    except OSError:
        temporary.replace(file)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _usual_mode(file: Path) -> int:
    """That of the file that is replaced, or of any new one."""
    if file.is_file():
        return file.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
