"""The text of a first `environments.yaml`: the five environments of a pipeline that stages, asks, and can go back.

That a workflow which a fork's pull request started gets no secret: "Workflows in forked repositories", in
"Events that trigger workflows" on docs.github.com.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.model import Field, RepositoryName, Team, User, reviewer_key
from envsync.scaffold.yaml_text import Entry, Fields, Items, Text, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.scaffold.yaml_text import Node

_STAGED = """\
    deployment_branch_policy:
      branches:
        - develop
        - main
        - hotfix/*
        - refs/pull/*/merge # pull requests deploy here too"""

_MAIN = """\
    deployment_branch_policy:
      branches: [main] # or: protected, for all that branch protection holds"""

_CONTENTS = """\
    # variables:
    #   AWS_REGION: eu-west-1
    # secrets:
    #   AWS_ROLE_ARN: {{env: {kind}_AWS_ROLE_ARN}}"""

_TEXT = """\
# yaml-language-server: $schema=./schemas/environments.schema.json
#
# The deployment environments of this repository, as code. `envsync plan` shows what differs on GitHub, and
# `envsync apply` changes just that. What an environment leaves out is at GitHub's default.
#
# `envsync init` wrote it, for workflows that deploy what is on develop, main and hotfix/* to staging, and what is
# on main to production. To make it yours: put your branches in place of these, and take away the # before the
# variables and secrets that your jobs need. `envsync validate` checks it, and `envsync plan --sandbox` tries it
# with no account.
version: 1

# Who owns what this file creates; choose it once.
{name}

# owner/name. A pattern such as {owner}/service-* takes all repositories of the owner that it matches.
{repositories}

environments:
  # Pushes to develop, pull requests, and what is about to be released. Nobody is asked: the code of whoever may
  # push a branch, or open a pull request from one, sees the variables and secrets of this environment. So have
  # none in it that production has. A pull request from a fork gets no secret from GitHub.
  staging:
{staged}
    # A job that names this environment gets these. The value of a secret comes from a variable of the process that
    # runs envsync; it never stands in a file.
{staging_contents}

  # The gate: a job here waits until somebody approves, and only then does production start. It holds nothing.
  production-approval:
    # A login is a user, org/slug a team; the approval of any one of them is enough.
{reviewers}
    wait_timer: 0 # minutes, or 30m, 2h, 1d
{self_review}
    # Without this line administrators could skip the approval: that is GitHub's default.
    can_admins_bypass: false
{main}

  # Guarded by itself too: a workflow that forgets the gate gets no further.
  production:
{reviewers}
    can_admins_bypass: false
    deployment_branch_policy:
      branches: [main]
{production_contents}

  # A rollback starts by itself where a deployment failed: nobody is asked, and it takes the refs of staging.
  staging-rollback:
{staged}
{staging_contents}

  # A rollback of production can be started by hand from main; it changes production, so somebody approves it.
  production-rollback:
{reviewers}
    can_admins_bypass: false
    deployment_branch_policy:
      branches: [main]
{production_contents}
"""

_TWO_OF_THEM = "    prevent_self_review: true # who started the deployment may not approve it"
_ONE_ALONE = """\
    # prevent_self_review: true # who started the deployment may not approve it: for where others can"""


@dataclass(frozen=True, slots=True)
class Starter:
    """`reviewers`: at least one, of whom any can approve; teams are the owner's."""

    repository: RepositoryName
    name: str
    reviewers: tuple[User | Team, ...]


def starter_text(starter: Starter) -> str:
    """Same reviewers, in whatever order, same text."""
    reviewers = tuple(str(each) for each in sorted(starter.reviewers, key=reviewer_key))
    return _TEXT.format(
        name=_line("name", Text(starter.name)),
        owner=starter.repository.owner,
        repositories=_line("repositories", Items((str(starter.repository),))),
        reviewers=_line(Field.REQUIRED_REVIEWERS.value, Items(reviewers), depth=2),
        self_review=_TWO_OF_THEM if _are_several(starter) else _ONE_ALONE,
        staged=_STAGED,
        main=_MAIN,
        staging_contents=_CONTENTS.format(kind="STAGING"),
        production_contents=_CONTENTS.format(kind="PRODUCTION"),
    )


def _are_several(starter: Starter) -> bool:
    """Whether somebody else is there to approve what one of them started; of a team that is expected."""
    return len(starter.reviewers) > 1 or isinstance(starter.reviewers[0], Team)


def _line(key: str, value: Node, depth: int = 0) -> str:
    return "\n".join(_lines(key, value, depth))


def _lines(key: str, value: Node, depth: int) -> Iterator[str]:
    return lines(Fields((Entry(key, value),)), depth)
