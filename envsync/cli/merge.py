"""`envsync drift --merge`: what several machines found, as if one had. Nothing is compared with GitHub."""

from __future__ import annotations

import json
import os
from functools import partial as bound
from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.access import access_of
from envsync.cli.drift import code, hold_report_to, show, topic_of_all, usable_channels
from envsync.cli.reporting import own_credential
from envsync.cli.telling import Teller
from envsync.drift.marker import Checksum
from envsync.errors import ConfigError, Diagnostic
from envsync.github.server import api_url
from envsync.packaged import schema_text
from envsync.plan.drift_decode import parse_drift
from envsync.plan.drift_merge import merged
from envsync.plan.saved import LARGEST
from envsync.secrets.record_keys import RecordKeys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envsync.cli.options import Options
    from envsync.cli.telling import Telling
    from envsync.github.connection import Access
    from envsync.plan.drift import Checked

_SCHEMAS = ("drift.schema.json", "plan.schema.json")


def merge(
    options: Options, telling: Telling, files: Sequence[str], *, partial: bool, pending: bool, out: str | None
) -> int:
    """Each of `files` is of a shard, or a folder of such files. Drift is shown whatever becomes of telling it."""
    _hold(options, telling, pending=pending)
    to = usable_channels(options, telling)
    checked = merged(_read(files), partial=partial)
    if telling.report:
        _hold_server(options, checked)
    show(options, checked, out)
    proving = RecordKeys.from_environ(os.environ) or Checksum()
    teller = Teller(options, bound(_access, options), to or (), proving)
    came = teller.tell(telling, (topic_of_all(telling, checked),), checked.found)
    return code(checked, came, told=to is not None)


def _hold(options: Options, telling: Telling, *, pending: bool) -> None:
    """Raises where something is asked for that was up to the shards: it would be done without a word."""
    hold_report_to(telling)
    if telling.report and telling.report_to is None:
        message = "--report says what, but not where: --merge keeps one issue for all"
        hint = "add --report-to OWNER/REPO; or give --report to the shards, which keep one in each repository"
        raise ConfigError(Diagnostic("report-to", message, hint))
    given = {
        "--shard": options.shard is not None,
        "--repo": bool(options.repositories),
        "--environment": bool(options.environments),
        "--settings-only": options.settings_only,
        "--pending": pending,
        "--sandbox": options.sandbox,
    }
    for name in (name for name, is_given in given.items() if is_given):
        message = f"{name} says what is to be looked at, and --merge looks at nothing any more"
        raise ConfigError(Diagnostic("merge-narrowed", message, "give it to each of the shards"))


def _hold_server(options: Options, checked: Checked) -> None:
    """Where nothing was compared with this GitHub, nobody is to read there that its environments drifted."""
    server = api_url(options.api_url, os.environ)
    if server != checked.server:
        message = f"the shards were compared with {checked.server}, and the report would go to {server}"
        raise ConfigError(Diagnostic("report-to", message, "report where the shards were compared: --api-url"))


def _access(options: Options) -> Access:
    """Nothing is read: where there is a token for reports, no other one is needed."""
    return access_of(options, credential=own_credential())


# --- what the shards found ---------------------------------------------------------------------------------


def _read(files: Sequence[str]) -> list[tuple[str, Checked]]:
    """Raises one `ConfigError` with all that is wrong with all of them."""
    schemas = [json.loads(schema_text(name)) for name in _SCHEMAS]
    found: list[tuple[str, Checked]] = []
    wrong: list[Diagnostic] = []
    room = LARGEST
    for file in _within(files):
        try:
            content = _content(file, room)
            room -= len(content)
            found.append((str(file), parse_drift(content, str(file), schemas)))
        except ConfigError as error:
            wrong += error.diagnostics
    if wrong:
        raise ConfigError(*wrong)
    return found


def _within(files: Sequence[str]) -> Iterator[Path]:
    """A folder stands for what is in it and ends in `.json`."""
    for file in map(Path, files):
        if file.is_dir():
            yield from sorted(each for each in file.glob("*.json") if each.is_file())
        else:
            yield file


def _content(file: Path, room: int) -> bytes:
    """`room`: bytes that all that are left may have together."""
    try:
        with file.open("rb") as stream:
            content = stream.read(room + 1)
    except OSError as error:
        raise _unusable(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > room:
        raise _unusable(f"{file} is too large: all files may have {LARGEST // 1024**2} MiB together")
    return content


def _unusable(message: str) -> ConfigError:
    hint = "name the files that the shards wrote, or the folder that they are in"
    return ConfigError(Diagnostic("merge-file", message, hint))
