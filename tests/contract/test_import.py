"""From any state that GitHub can have: import; a plan has nothing to do, and apply writes nothing but records."""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from hypothesis import given, settings
from support.found import APPS, REVIEWERS, found
from support.openapi import check_exchange

from envsync.cli import run
from envsync.model import RefPolicy, Team, Unread, User
from envsync.sandbox import FULL_TOKEN, RECORD_KEY, Exchange, Sandbox
from envsync.sandbox.state import (
    Environment,
    Pattern,
    PolicyMode,
    Protection,
    ProtectionRule,
    Reviewer,
    Secret,
    Variable,
)

if TYPE_CHECKING:
    from envsync.model import LiveEnvironment, LiveRepository
    from envsync.sandbox import State

NOW = "2026-01-01T00:00:00Z"
MODES = {
    RefPolicy.ALL: PolicyMode.ALL,
    RefPolicy.PROTECTED: PolicyMode.PROTECTED,
    RefPolicy.SELECTED: PolicyMode.CUSTOM,
}


def put(sandbox: Sandbox, repositories: tuple[LiveRepository, ...]) -> None:
    sandbox.seed(
        users=[each.login for each in REVIEWERS if isinstance(each, User)],
        teams=[(each.organization, each.slug) for each in REVIEWERS if isinstance(each, Team)],
        apps=APPS,
        repositories=[(each.name.owner, each.name.name) for each in repositories],
    )
    for each in repositories:
        environments = sandbox.state.repository(str(each.name)).environments
        environments |= {key: _environment(sandbox.state, live) for key, live in each.environments.items()}


def _environment(state: State, live: LiveEnvironment) -> Environment:
    assert not isinstance(live.patterns, Unread)
    assert not isinstance(live.protection_rules, Unread)
    assert not isinstance(live.variables, Unread)
    assert not isinstance(live.secrets, Unread)
    now = live.settings
    patterns = [Pattern(state.new_id(), each.pattern.type.value, each.pattern.name) for each in live.patterns]
    rules = [ProtectionRule(state.new_id(), state.apps[each.app].id) for each in live.protection_rules]
    return Environment(
        state.new_id(),
        live.name,
        NOW,
        NOW,
        Protection(
            now.wait_timer,
            [_reviewer(state, each) for each in now.required_reviewers if isinstance(each, User | Team)],
            now.prevent_self_review,
            now.can_admins_bypass,
            MODES[now.deployment_branch_policy],
        ),
        patterns={each.id: each for each in patterns},
        rules={each.id: each for each in rules},
        variables={name: Variable(name, each.value, NOW, NOW) for name, each in live.variables.items()},
        secrets={name: Secret(name, NOW, NOW) for name in live.secrets},
    )


def _reviewer(state: State, reviewer: User | Team) -> Reviewer:
    if isinstance(reviewer, User):
        return Reviewer("User", state.accounts[reviewer.login.casefold()].id)
    return Reviewer("Team", state.teams[str(reviewer).casefold()].id)


def ok(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([*arguments])
    assert code == 0, (arguments, code, out.getvalue(), err.getvalue())
    return out.getvalue()


def test_from_any_state() -> None:
    @settings(max_examples=25)
    @given(found())
    def one(repositories: tuple[LiveRepository, ...]) -> None:
        exchanges: list[Exchange] = []

        def observe(exchange: Exchange) -> None:
            exchanges.append(exchange)
            check_exchange(exchange)

        with Sandbox(observe=observe) as sandbox, tempfile.TemporaryDirectory() as folder:
            put(sandbox, repositories)
            file = str(Path(folder, "environments.yaml"))
            surroundings = {
                "GITHUB_API_URL": sandbox.url,
                "GH_TOKEN": FULL_TOKEN,
                "ENVSYNC_RECORD_KEY": RECORD_KEY,
            }
            with patch.dict(os.environ, {"PATH": os.environ["PATH"], **surroundings}, clear=True):
                ok("import", *(str(each.name) for each in repositories), "--out", file)
                ok("validate", "-f", file)
                before = json.loads(ok("plan", "-f", file, "-o", "json"))
                ok("apply", "-f", file, "--yes")
                after = json.loads(ok("plan", "-f", file, "-o", "json"))

        for plan in (before, after):
            assert [plan[what] for what in ("changes", "unmet", "unread", "unmanaged")] == [[], [], [], []]
        written = [f"{each.method} {each.request}" for each in exchanges if each.method != "GET"]
        assert all(each.startswith("POST {'name': 'ENVSYNC_RECORD',") for each in written)
        assert len(written) == len(before["records"])

    one()
