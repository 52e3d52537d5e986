"""From any state to any other, over real HTTP: once applied, nothing to do. All of it as GitHub describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from support.openapi import check_exchange
from support.states import APPS, REPOSITORY, REVIEWERS, desired_repositories

from envsync.apply import Interpreter
from envsync.github.connection import Access
from envsync.github.credentials import Credential
from envsync.github.read import read_repository
from envsync.github.reader import open_reader
from envsync.github.write import GitHubTarget
from envsync.github.writer import open_writer
from envsync.model import LiveRepository, SecretValue, Team, User
from envsync.plan.diff import diff
from envsync.plan.result import Outcome
from envsync.plan.schedule import schedule
from envsync.plan.undeclared import is_undeclared
from envsync.sandbox import FULL_TOKEN, Options, Sandbox

if TYPE_CHECKING:
    from envsync.model import DesiredRepository
    from envsync.plan.changes import Plan


class OverHttp:
    """Plans and applies against a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._access = Access(sandbox.url, Credential(SecretValue(FULL_TOKEN.encode()), "the sandbox"))
        self._reader = open_reader(self._access)
        self._writer = open_writer(self._access)

    def plan(self, desired: DesiredRepository) -> Plan:
        return diff([desired], {REPOSITORY.key: self._read(desired)})

    def apply(self, desired: DesiredRepository) -> list[Outcome]:
        live = {REPOSITORY.key: self._read(desired)}
        steps = schedule(diff([desired], live), [desired], live)
        interpreter = Interpreter(GitHubTarget(self._writer), lambda secret: SecretValue(secret.name.encode()))
        return [result.outcome for result in interpreter.apply(steps)]

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _read(self, desired: DesiredRepository) -> LiveRepository:
        return read_repository(
            self._reader,
            REPOSITORY,
            [each.name for each in desired.environments],
            settings_only=False,
            others=lambda name: desired.prune and is_undeclared(desired, name),
        )


@pytest.mark.parametrize("omitted", ["keep", "reset"])
def test_from_any_state_to_any_other(omitted: Literal["keep", "reset"]) -> None:
    @settings(max_examples=40)
    @given(desired_repositories(), desired_repositories())
    def one(before: DesiredRepository, after: DesiredRepository) -> None:
        with Sandbox(options=Options(omitted_keys=omitted), observe=check_exchange) as sandbox:
            sandbox.seed(
                users=[each.login for each in REVIEWERS if isinstance(each, User)],
                teams=[(each.organization, each.slug) for each in REVIEWERS if isinstance(each, Team)],
                apps=APPS,
                repositories=[(REPOSITORY.owner, REPOSITORY.name)],
            )
            github = OverHttp(sandbox)
            try:
                for desired in (before, after):
                    assert set(github.apply(desired)) <= {Outcome.APPLIED}
                    assert github.plan(desired).changes == ()
            finally:
                github.close()

    one()
