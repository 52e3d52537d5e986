"""Why does it not work, and will it? What GitHub tells of server, credential and repositories, written nowhere.

Facts alone: `doctor` judges them. Permissions of the endpoints are after "Permissions required for fine-grained
personal access tokens" on docs.github.com.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from envsync.errors import FailureKind, RequestFailed
from envsync.github.attempts import unread
from envsync.github.crew import Crew
from envsync.github.people import People
from envsync.github.survey_credential import survey_credential
from envsync.github.survey_repository import Surveyor
from envsync.github.survey_server import survey_server
from envsync.model import Unread
from envsync.plan.facts import Facts, RepositoryFacts, ServerFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envsync.github.connection import Access
    from envsync.github.reader import Reader
    from envsync.model import DesiredRepository


def _nobody(_: str) -> None: ...


def survey(
    access: Access,
    desired: Sequence[DesiredRepository],
    *,
    keeps_records: bool,
    settings_only: bool = False,
    say: Callable[[str], None] = _nobody,
) -> Facts:
    """Everything about `desired` that GitHub tells, through a connection that cannot write.

    `keeps_records`: whether a key is at hand that could prove records, those of undeclared environments included.
    `settings_only`: neither secrets nor variables of environments are read, as a plan would not read them.
    Raises `CredentialError` where the credential is not taken at all, `RequestFailed` where there is no server.

    Besides what a plan reads, a repository takes up to seven requests, one for each reviewer and each workflow,
    and one to four for each declared environment that exists. Owners, users and teams are asked about once.
    """
    with closing(Crew(access)) as crew:
        people = People(crew.reader)
        surveyor = Surveyor(crew.reader, access, people, keeps_records=keeps_records, settings_only=settings_only)
        return _survey(crew.reader, access, surveyor, desired, say)


def _survey(
    reader: Reader,
    access: Access,
    surveyor: Surveyor,
    desired: Sequence[DesiredRepository],
    say: Callable[[str], None],
) -> Facts:
    found: dict[str, RepositoryFacts | Unread] = {}
    server: ServerFacts | Unread = Unread("nobody asked", kind=None)
    headers: Mapping[str, str] = {}
    for number, repository in enumerate(desired, start=1):
        say(f"asking about {repository.name} ({number} of {len(desired)})")
        try:
            found[repository.name.key] = surveyor.survey(repository)
        except RequestFailed as failed:
            found[repository.name.key] = unread(failed)
        if isinstance(server, Unread):
            # An App has no token before an owner has been asked about, and none for who has not installed it.
            gone = isinstance(found[repository.name.key], Unread) and number == 1
            server, headers = _server(reader, access, raises=gone)
    if not desired:
        server, headers = _server(reader, access, raises=True)
    return Facts(
        ServerFacts(access.api_url, None, None, server) if isinstance(server, Unread) else server,
        survey_credential(access.credential, surveyor.account, headers),
        found,
    )


def _server(reader: Reader, access: Access, *, raises: bool) -> tuple[ServerFacts | Unread, Mapping[str, str]]:
    """`raises`: where no server answers, as nothing that follows would be answered either."""
    try:
        return survey_server(reader, access)
    except RequestFailed as failed:
        if raises and failed.kind is FailureKind.UNAVAILABLE:
            raise
        return unread(failed), {}
