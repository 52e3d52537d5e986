"""The text of a first `environments.yaml`: the five environments of a pipeline that stages, asks, and can go back.

That a workflow which a fork's pull request started gets no secret: "Workflows in forked repositories", in
"Events that trigger workflows" on docs.github.com.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.model import Field, RepositoryName, Team, User, reviewer_key
from envsync.scaffold.starter_words import words
from envsync.scaffold.yaml_text import Entry, Fields, Items, Text, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.scaffold.pipeline import Pipeline
    from envsync.scaffold.yaml_text import Node

_STAGED = """\
    deployment_branch_policy:
      branches:
        - develop
        - main
        - hotfix/*
        - refs/pull/*/merge # pull requests deploy here too"""

_BY_HAND = """\
    deployment_branch_policy:
      branches: [develop, main, hotfix/*]"""

_MAIN = """\
    deployment_branch_policy:
      branches: [main] # or: protected, for all that branch protection holds"""

_TEXT = """\
# yaml-language-server: $schema=./schemas/environments.schema.json
#
# The deployment environments of this repository, as code. `envsync plan` shows what differs on GitHub, and
# `envsync apply` changes just that. What an environment leaves out is at GitHub's default.
#
{words.purpose}
version: 1

# Who owns what this file creates; choose it once.
{name}

# owner/name. A pattern such as {owner}/service-* takes all repositories of the owner that it matches.
{repositories}

environments:
{words.seen}
  staging:
{staged}
{words.staging}

  # The gate: a job here waits until somebody approves, and only then does production start. It holds nothing.
  production-approval:
    # A login is a user, org/slug a team; the approval of any one of them is enough.
{reviewers}
    wait_timer: 0 # minutes, or 30m, 2h, 1d
{self_review}
    # Without this line administrators could skip the approval: that is GitHub's default.
    can_admins_bypass: false
{main}

{words.production_about}
  production:
{reviewers_of_production}
    can_admins_bypass: false
    deployment_branch_policy:
      branches: [main]
{words.production}

{words.staging_rollback_about}
  staging-rollback:
{goes_back}
{words.staging_rollback}

{words.production_rollback_about}
  production-rollback:
{reviewers}
    can_admins_bypass: false
    deployment_branch_policy:
      branches: [main]
{words.production_rollback}
"""

_TWO_OF_THEM = "    prevent_self_review: true # who started the deployment may not approve it"
_ONE_ALONE = """\
    # prevent_self_review: true # who started the deployment may not approve it: for where others can"""


@dataclass(frozen=True, slots=True)
class Starter:
    """`reviewers`: at least one, of whom any can approve; teams are the owner's.

    `pipeline`: what deploys there; None: workflows of their own.
    """

    repository: RepositoryName
    name: str
    reviewers: tuple[User | Team, ...]
    pipeline: Pipeline | None = None


def starter_text(starter: Starter) -> str:
    """Same reviewers, in whatever order, same text."""
    logins = tuple(str(each) for each in sorted(starter.reviewers, key=reviewer_key))
    reviewers = _line(Field.REQUIRED_REVIEWERS.value, Items(logins), depth=2)
    # Who runs a job once more is asked for that job's environment alone.
    alone = starter.pipeline is None or not _are_several(starter)
    return _TEXT.format(
        name=_line("name", Text(starter.name)),
        owner=starter.repository.owner,
        repositories=_line("repositories", Items((str(starter.repository),))),
        reviewers=reviewers,
        reviewers_of_production=reviewers if alone else f"{reviewers}\n{_TWO_OF_THEM}",
        self_review=_TWO_OF_THEM if _are_several(starter) else _ONE_ALONE,
        staged=_STAGED,
        goes_back=_BY_HAND if starter.pipeline else _STAGED,
        main=_MAIN,
        words=words(starter.pipeline, starter.repository),
    )


def _are_several(starter: Starter) -> bool:
    """Whether somebody else is there to approve what one of them started; of a team that is expected."""
    return len(starter.reviewers) > 1 or isinstance(starter.reviewers[0], Team)


def _line(key: str, value: Node, depth: int = 0) -> str:
    return "\n".join(_lines(key, value, depth))


def _lines(key: str, value: Node, depth: int) -> Iterator[str]:
    return lines(Fields((Entry(key, value),)), depth)
