"""Workflows in all the styles that people use (tests/corpus): nothing is wrong with them, and nothing is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from envsync.config import load
from envsync.errors import Severity
from envsync.model import RepositoryName
from envsync.workflows.cross_check import cross_check
from envsync.workflows.flow import Elsewhere
from envsync.workflows.folder import read_folder
from envsync.workflows.reading import reading

CORPUS = Path(__file__).parents[2] / "corpus"
SHOP = RepositoryName("acme", "shop")
CONFIGURATION = load([CORPUS / "environments.yaml"])
[DESIRED] = CONFIGURATION.desired({})
SOURCES, UNREAD = read_folder(CORPUS)
BY_NAME = {Path(source.file).name: source for source in SOURCES}
CALLED = [source for name, source in BY_NAME.items() if "reusable" in name]
# Which environment it is shows in a run alone, or what a called workflow does elsewhere; that is said, no more.
NOT_KNOWN_HERE = {
    "20-matrix-from-a-job.yml": "unknown-environment",
    "22-elsewhere.yml": "not-followed",
    "34-calls-nested.yml": "not-followed",
}
# What the repository and the organization have, as a doctor who can look would know.
KNOWN = Elsewhere(
    secrets=frozenset(
        {
            "DB_PASSWORD_OF_TESTS",
            "ENVSYNC_APP_PRIVATE_KEY",
            "NOTIFY_TOKEN",
            "NPM_TOKEN",
            "REGISTRY_PASSWORD",
            "TEAM_WEBHOOK",
        }
    ),
    variables=frozenset(),
)


def test_the_corpus_is_large_and_can_be_read() -> None:
    assert len(SOURCES) >= 30
    assert UNREAD == ()


@pytest.mark.parametrize("elsewhere", [Elsewhere(), KNOWN], ids=["offline", "known"])
def test_all_together_yield_no_finding(elsewhere: Elsewhere) -> None:
    found = cross_check(reading(SOURCES, SHOP), DESIRED, CONFIGURATION.pages, elsewhere)

    assert [each for each in found if each.severity is not Severity.NOTE] == []
    assert {(Path(each.span.file).name, each.code) for each in found if each.span} == set(NOT_KNOWN_HERE.items())


@pytest.mark.parametrize("elsewhere", [Elsewhere(), KNOWN], ids=["offline", "known"])
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_each_by_itself_yields_no_finding(name: str, elsewhere: Elsewhere) -> None:
    """But for what the others use."""
    sources = [BY_NAME[name], *(source for source in CALLED if source is not BY_NAME[name])]
    found = cross_check(reading(sources, SHOP), DESIRED, CONFIGURATION.pages, elsewhere)

    left = [each for each in found if not each.code.startswith("unused-") and each.code != "no-deployment"]
    assert [each for each in left if each.severity is not Severity.NOTE] == []
    assert {each.code for each in left} == {code for file, code in NOT_KNOWN_HERE.items() if file == name}
