"""What does a repository hold besides environments: workflows, names of secrets and variables, deployments?"""

from __future__ import annotations

import base64
import binascii
import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.documents.text import MAX_BYTES, source_text
from envsync.errors import Diagnostic, FailureKind, RequestFailed
from envsync.github.call import cannot, path
from envsync.github.reader import PER_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envsync.documents.text import SourceText
    from envsync.github.part import Part
    from envsync.github.reader import Reader
    from envsync.model import RepositoryName

WORKFLOWS = (".github", "workflows")
_SUFFIXES = (".yml", ".yaml")
_MOST_FILES = 200
_MOST_DEPLOYMENTS = 3  # of one environment, the newest
_VARIABLES_PER_PAGE = {"per_page": "30"}  # the most that GitHub gives


@dataclass(frozen=True, slots=True)
class Contents:
    """Of one repository, under its present name. Failures are raised as `RequestFailed`."""

    reader: Reader
    repository: RepositoryName
    is_empty: bool  # nobody has pushed anything yet
    is_organizations: bool

    def workflows(self) -> tuple[SourceText, ...]:
        """Those of the default branch, all or none; at most one request for each, and two more."""
        files = [
            part
            for part in self._folder()
            if part.member("type").text() == "file" and part.member("name").text().endswith(_SUFFIXES)
        ]
        if len(files) > _MOST_FILES:
            raise self._beyond(f"there are {len(files)} of them, and envsync reads {_MOST_FILES} at most")
        names = sorted(part.member("name").text() for part in files)
        return tuple(self._file(name) for name in names)

    def secrets(self) -> frozenset[str]:
        """Names, of the repository's and of those that its organization shares with it."""
        return self._names("secrets", PER_PAGE)

    def variables(self) -> frozenset[str]:
        return self._names("variables", _VARIABLES_PER_PAGE)

    def deployed(self, environments: Iterable[str]) -> Mapping[str, bool]:
        """Whether one of the newest deployments to each succeeded; the keys are casefolded."""
        return {name.casefold(): self._has_succeeded(name) for name in environments}

    def _folder(self) -> tuple[Part, ...]:
        """404 is GitHub's answer where there is no such folder, and also for what a token may not see."""
        try:
            return self.reader.get(self._path(*WORKFLOWS), f"list the workflows of {self.repository}").data.items()
        except RequestFailed as failed:
            if failed.kind is not FailureKind.NOT_FOUND:
                raise
            if not self.is_empty:
                self.reader.get(self._path(), f"list the files of {self.repository}")
            return ()

    def _file(self, name: str) -> SourceText:
        file = "/".join((*WORKFLOWS, name))
        found = self.reader.get(self._path(*WORKFLOWS, name), f"read {file} of {self.repository}").data
        if found.member("size").integer() > MAX_BYTES:
            raise self._beyond(f"{file} is larger than 1 MiB")
        content = found.member("content")
        try:
            data = base64.b64decode(content.text())
        except (binascii.Error, ValueError):
            raise content.unexpected("it should be base64") from None
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace")
        return source_text(file, "", text)

    def _names(self, what: str, query: Mapping[str, str]) -> frozenset[str]:
        lists = (what, f"organization-{what}") if self.is_organizations else (what,)
        purposes = (f"list the {what} of {self.repository}", f"list the {what} that {self.repository} shares")
        found = [
            self.reader.pages(self._actions(each), what, purpose, query=query).items
            for each, purpose in zip(lists, purposes, strict=False)
        ]
        return frozenset(part.member("name").text().upper() for parts in found for part in parts)

    def _has_succeeded(self, environment: str) -> bool:
        where = path("repos", self.repository.owner, self.repository.name, "deployments")
        purpose = f"list the deployments to {environment} of {self.repository}"
        query = {"environment": environment, "per_page": str(_MOST_DEPLOYMENTS)}
        found = self.reader.get(where, purpose, query=query).data.items()
        return any(self._succeeded(part.member("id").integer()) for part in found[:_MOST_DEPLOYMENTS])

    def _succeeded(self, deployment: int) -> bool:
        where = path("repos", self.repository.owner, self.repository.name, "deployments", deployment, "statuses")
        purpose = f"see how deployment {deployment} of {self.repository} went"
        statuses = self.reader.get(where, purpose, query=PER_PAGE).data.items()
        return any(status.member("state").text() == "success" for status in statuses)

    def _path(self, *segments: str) -> str:
        return path("repos", self.repository.owner, self.repository.name, "contents", *segments)

    def _actions(self, what: str) -> str:
        return path("repos", self.repository.owner, self.repository.name, "actions", what)

    def _beyond(self, fact: str) -> RequestFailed:
        text = f"{cannot(f'read the workflows of {self.repository}')}: {fact}"
        hint = "check them in a checkout with: envsync validate --workflows"
        return RequestFailed(FailureKind.INCOMPLETE, Diagnostic("too-many-workflows", text, hint))
