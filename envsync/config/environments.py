"""What a file wants of each repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.config.declaration import flag, scalars
from envsync.config.desire import Context, desired_environment, uses_templates
from envsync.config.layers import Applying, layered
from envsync.config.teams import refuse_foreign_teams

if TYPE_CHECKING:
    from envsync.config.body import Body
    from envsync.config.declaration import Declaration
    from envsync.config.layers import Layered
    from envsync.documents.findings import Findings
    from envsync.model import DesiredEnvironment, RepositoryName

_MAX_NAMES = 100


class Environments:
    """Repositories that the same overrides apply to share the work, but for templates."""

    def __init__(self, declaration: Declaration, findings: Findings) -> None:
        self._declaration = declaration
        self._findings = findings
        self._applying = Applying(declaration)
        self._owners = {item.text.partition("/")[0].casefold() for item in declaration.repositories}
        self._found: dict[str, tuple[DesiredEnvironment, ...]] = {}
        self._shared: dict[tuple[int, ...], tuple[tuple[Layered, DesiredEnvironment | None], ...]] = {}

    def of(self, repository: RepositoryName) -> tuple[DesiredEnvironment, ...]:
        """Sorted by name. If anything is found wrong, what is returned is of no use."""
        if repository.key not in self._found:
            self._found[repository.key] = self._of(repository)
        return self._found[repository.key]

    def _of(self, repository: RepositoryName) -> tuple[DesiredEnvironment, ...]:
        overrides = self._applying.to(repository)
        if overrides not in self._shared:
            layers = layered(self._declaration, overrides)
            self._shared[overrides] = tuple(
                (layer, self._without_templates(layer, repository)) for layer in layers
            )
        if repository.owner.casefold() in self._owners:
            for layer, _ in self._shared[overrides]:
                refuse_foreign_teams(layer, repository, self._findings)
        return tuple(shared or self._made(layer, repository) for layer, shared in self._shared[overrides])

    def _without_templates(self, layer: Layered, repository: RepositoryName) -> DesiredEnvironment | None:
        _check_whole(layer, self._findings)
        return None if uses_templates(layer.body) else self._made(layer, repository)

    def _made(self, layer: Layered, repository: RepositoryName) -> DesiredEnvironment:
        context = Context(repository, layer.key, self._declaration.root, self._findings)
        return desired_environment(layer.body, context)


def _check_whole(layer: Layered, findings: Findings) -> None:
    """What only all layers together show."""
    fields, name = layer.body.fields, findings.quoted(layer.key)
    self_review = fields.get("prevent_self_review")
    if self_review and flag(self_review.value, default=False) and _has_no_reviewer(layer.body):
        message = f"`prevent_self_review` of {name} needs a reviewer"
        hint = "name required_reviewers, or leave them to somebody else under `ignore`"
        findings.error(Code.SELF_REVIEW_WITHOUT_REVIEWER, message, self_review.key.span, hint)
    for kind, entries in (("variables", layer.body.variables), ("secrets", layer.body.secrets)):
        if len(entries) > _MAX_NAMES:
            message = f"{name} has {len(entries)} {kind} with what it inherits; GitHub takes {_MAX_NAMES}"
            findings.error(Code.WRONG_COUNT, message, layer.key.span, "remove some, or null those not needed here")


def _has_no_reviewer(body: Body) -> bool:
    reviewers, ignored = body.fields.get("required_reviewers"), body.fields.get("ignore")
    if "required_reviewers" in {item.text for item in scalars(ignored.value if ignored else None)}:
        return False
    return "required_reviewers" not in body.lost and not scalars(reviewers.value if reviewers else None)
