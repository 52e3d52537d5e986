"""Which reviewers can never be given access to a repository: teams of another organization than its owner.

See https://docs.github.com/organizations/organizing-members-into-teams/about-teams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.config.codes import Code
from envsync.config.declaration import scalars
from envsync.config.templates import expand, replacements, unknown

if TYPE_CHECKING:
    from envsync.config.layers import Layered
    from envsync.documents.findings import Findings
    from envsync.model import RepositoryName


def refuse_foreign_teams(layer: Layered, repository: RepositoryName, findings: Findings) -> None:
    fields = layer.body.fields
    reviewers, ignored = fields.get("required_reviewers"), fields.get("ignore")
    if "required_reviewers" in {item.text for item in scalars(ignored.value if ignored else None)}:
        return
    for item in scalars(reviewers.value if reviewers else None):
        if "/" not in item.text or unknown(item.text) is not None:
            continue
        text = expand(item.text, replacements(repository, layer.key.text))
        organization, _, slug = text.partition("/")
        if organization.casefold() == repository.owner.casefold():
            continue
        where = f"and {repository} belongs to {repository.owner}"
        if findings.hides(item.span):
            message, hint = f"this is a team of another organization, {where}", "name a team of its owner"
        else:
            message = f"{findings.quoted_text(text, item.span)} is a team of {organization}, {where}"
            hint = f"name a team of {repository.owner}, such as ${{owner}}/{slug}"
        findings.error(Code.FOREIGN_TEAM, message, item.span, hint)
