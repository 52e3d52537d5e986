"""What commands share: their common options, parsed once into one value."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec

import click

from envsync.cli.actions import Actions
from envsync.cli.checkout import repository_in
from envsync.cli.output import complain, summarize
from envsync.errors import EnvsyncError
from envsync.model import RepositoryName
from envsync.plan.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

P = ParamSpec("P")

DEFAULT_FILE = "environments.yaml"
EVERYWHERE = "\0"  # the value of a grant that has none: no argument of a process can hold this character
_GRANTS = {"--allow-weakening", "--allow-destroying"}
_ROTATE = "--rotate-secrets"
_REPOSITORY = re.compile(r"(?P<owner>[A-Za-z0-9_-]{1,100})/(?!\.{1,2}\Z)(?P<name>[A-Za-z0-9._-]{1,100})")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_SHARD = re.compile(r"(?P<index>[1-9][0-9]{0,3})/(?P<count>[1-9][0-9]{0,3})", re.ASCII)
_DURATION = re.compile(r"0|(?P<number>[0-9]{1,6})(?P<unit>[smh])", re.ASCII)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_SECRET_GLOB = re.compile(r"[A-Za-z0-9_*?\[\]!]+")


@dataclass(frozen=True, slots=True)
class Options:
    files: tuple[str, ...]
    named: bool  # whether somebody named the files; else they are the default
    color: str
    quiet: bool
    verbose: bool
    output: str = "text"
    repositories: tuple[str, ...] = ()  # globs; empty: all
    environments: tuple[str, ...] = ()
    api_url: str | None = None
    sandbox: bool = False
    no_secrets: bool = False
    settings_only: bool = False
    allow_commands: bool = False
    take_over: bool = False
    rotate: tuple[str, ...] = ()  # globs over names of secrets
    shard: Shard | None = None
    max_wait: float | None = None  # seconds; None: as long as it takes
    no_cache: bool = False


@dataclass(frozen=True, slots=True)
class PullRequest:
    repository: RepositoryName
    number: int


def parsed_repository(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> RepositoryName | None:
    if text is None:
        return None
    if not (found := _REPOSITORY.fullmatch(text)):
        meant = repository_in(text)
        raise click.BadParameter(f"{text} is not OWNER/REPO" + (f": did you mean {meant}?" if meant else ""))
    return RepositoryName(found["owner"], found["name"])


def parsed_pull_request(_context: click.Context, _option: click.Parameter, text: str | None) -> PullRequest | None:
    if text is None:
        return None
    place, _, number = text.partition("#")
    found = _REPOSITORY.fullmatch(place)
    if not (found and _NUMBER.fullmatch(number)):
        raise click.BadParameter(f"{text} is not OWNER/REPO#NUMBER")
    return PullRequest(RepositoryName(found["owner"], found["name"]), int(number))


def parsed_shard(_context: click.Context, _option: click.Parameter, text: str | None) -> Shard | None:
    if text is None:
        return None
    found = _SHARD.fullmatch(text)
    if not found:
        raise click.BadParameter(f"{text} is not I/N, such as 2/4 for the second of four, at most 9999")
    if int(found["index"]) > int(found["count"]):
        raise click.BadParameter(
            f"{text}: of {found['count']} parts there is none with the number {found['index']}"
        )
    return Shard(int(found["index"]), int(found["count"]))


def parsed_duration(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """In seconds."""
    if text is None:
        return None
    if not (found := _DURATION.fullmatch(text)):
        raise click.BadParameter(f"{text} is not a duration, such as 90s, 10m or 2h: a number and one unit")
    return float(found["number"]) * _SECONDS[found["unit"]] if found["unit"] else 0.0


_FILING = (
    click.option(
        "-f",
        "--file",
        "files",
        multiple=True,
        type=click.Path(),
        help=f"What must be; repeats.  [default: {DEFAULT_FILE}]",
    ),
)

_COMMON = (
    click.option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="NO_COLOR is respected."
    ),
    click.option("-q", "--quiet", is_flag=True, help="Nothing but the result and errors."),
    click.option("-v", "--verbose", is_flag=True, help="Say each request, without its content."),
)

_REPORTING = (
    click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json", "markdown"]),
        default="text",
        show_default=True,
        help="How the result is written to standard output.",
    ),
)

_CONNECTING = (
    click.option(
        "--repo", "repositories", multiple=True, metavar="GLOB", help="Only these repositories; repeats."
    ),
    click.option("--environment", "environments", multiple=True, metavar="GLOB", help="Only these environments."),
    click.option("--api-url", metavar="URL", help="GitHub's API; else GITHUB_API_URL, else api.github.com."),
    click.option("--sandbox", is_flag=True, help="Use the embedded GitHub: no account, no token."),
    click.option("--no-secrets", is_flag=True, help="Read no source of a secret."),
    click.option("--settings-only", is_flag=True, help="Rules and patterns alone: no secrets, no variables."),
    click.option(
        "--shard",
        metavar="I/N",
        callback=parsed_shard,
        help="Only the I-th of N parts of the repositories, for N machines that share the work.",
    ),
    click.option(
        "--max-wait",
        metavar="DURATION",
        callback=parsed_duration,
        help="Give up rather than wait longer, in all, for GitHub's rate limits: 90s, 10m, 2h.",
    ),
    click.option("--no-cache", is_flag=True, help="Neither use nor keep answers on disk."),
)

_PLANNING = (
    click.option(
        "--allow-commands", is_flag=True, help="Run the commands that the files name as sources of secrets."
    ),
    click.option(
        "--rotate-secrets",
        "rotate",
        multiple=True,
        metavar="[GLOB]",
        help="Write secrets anew, whatever is there: all, or those whose name matches; repeats.",
    ),
    click.option(
        "--take-over",
        is_flag=True,
        help="Make environments this file's whose record is another file's, or was signed with a lost key.",
    ),
)


def common(command: Callable[P, int]) -> Callable[..., int]:
    """Give `command` the options that all have, as one `Options`."""

    @functools.wraps(command)
    def wrapped(**values: object) -> int:
        mine = {name: values.pop(name) for name in Options.__dataclass_fields__ if name in values}
        mine["named"] = bool(mine.get("files"))
        mine["files"] = mine.get("files") or (DEFAULT_FILE,)
        mine["verbose"] = mine["verbose"] or Actions.of(os.environ).debugs
        options = Options(**mine)  # type: ignore[arg-type] # click has checked the types
        try:
            return command(options=options, **values)  # type: ignore[arg-type,call-arg]
        except EnvsyncError as error:
            complain(error.diagnostics, options.color)
            summarize(functools.partial(_in_markdown, error))
            return error.exit_code

    return _with(_COMMON, wrapped)


def _in_markdown(error: EnvsyncError, limit: int) -> str:
    from envsync.render.markdown_diagnostics import diagnostics_markdown

    return diagnostics_markdown(error.diagnostics, title="envsync", limit=limit)


def filing(command: Callable[P, int]) -> Callable[P, int]:
    """Add the option of commands that read files; `common` collects it."""
    return _with(_FILING, command)


def reporting(command: Callable[P, int]) -> Callable[P, int]:
    """Add the options of commands that have a result; `common` collects them."""
    return _with(_REPORTING, command)


def connecting(command: Callable[P, int]) -> Callable[P, int]:
    """Add the options of commands that talk to GitHub; `common` collects them."""
    return _with(_CONNECTING, command)


def planning(command: Callable[P, int]) -> Callable[P, int]:
    """Add the options that change what a plan has in it; `common` collects them."""
    return _with(_PLANNING, command)


def _with(options: tuple[Callable[..., object], ...], command: Callable[P, int]) -> Callable[P, int]:
    for option in reversed(options):
        option(command)
    return command


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """Give a grant without `=` the value `EVERYWHERE`.

    click's own optional values will not do: they take the argument that follows for the value, and take
    `--allow-weakening=-x`, which may name an environment, for a grant of everything, followed by `-x`.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [f"{each}={EVERYWHERE}" if each in _GRANTS else each for each in arguments[:end]]
    return [*_rotations(options), *arguments[end:]]


def _rotations(arguments: Sequence[str]) -> Iterator[str]:
    """`--rotate-secrets` takes what follows it only where that can be a name of secrets, or a glob."""
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument != _ROTATE:
            yield argument
        elif left and _SECRET_GLOB.fullmatch(left[0]):
            yield f"{_ROTATE}={left.pop(0)}"
        else:
            yield f"{_ROTATE}=*"
