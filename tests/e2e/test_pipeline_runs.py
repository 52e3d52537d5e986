"""The written pipeline, run for real: act runs its workflows, a local AWS runs what they deploy.

What act cannot do, GitHub's wait for an approval, is held on the graph: see test_init_pipeline.py.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.aws import local_aws
from support.loopback import Reply, serving
from support.pipelines import FUNCTIONS, REPOSITORY, Pipeline, source

from envsync.packaged import pipeline_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.aws import LocalAWS

STAGING, PRODUCTION = FUNCTIONS["staging"], FUNCTIONS["production"]
CANARY = "canary-7d1e"


@pytest.fixture
def aws(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LocalAWS]:
    """Both functions serve release one. With the parameter `new`, nothing was ever deployed."""
    is_new = getattr(request, "param", "") == "new"
    one = {Path(name).name: text for name, text in source("one").items()}
    with local_aws(tmp_path / "aws") as found:
        for name in FUNCTIONS.values():
            found.function(name, [] if is_new else [one], serves=0 if is_new else None)
        found.install_roles(
            pipeline_text("aws-roles.yml"),
            Repository=REPOSITORY,
            StagingFunction=STAGING,
            ProductionFunction=PRODUCTION,
        )
        yield found


def release_of(aws: LocalAWS, function: str) -> str:
    """What it answers whoever calls it now."""
    return str(json.loads(aws.invoke(function).body)["release"])


def serves(aws: LocalAWS, function: str) -> str:
    """The digest of the package whose version the alias points at."""
    found = aws.versions(function)
    return found[aws.serves(function)]


def test_a_good_build_goes_to_production_as_the_same_bytes_and_back_by_hand(tmp_path: Path, aws: LocalAWS) -> None:
    pipeline = Pipeline(tmp_path / "here", aws)

    second = pipeline.release("two")

    assert second.jobs == dict.fromkeys(
        ("build", "deploy-staging", "approve-production", "deploy-production"), "success"
    )
    package = (pipeline.folder / "artifacts/package/package.zip").read_bytes()
    digest = hashlib.sha256(package).hexdigest()
    assert serves(aws, STAGING) == serves(aws, PRODUCTION) == digest
    assert (release_of(aws, STAGING), release_of(aws, PRODUCTION)) == ("two", "two")
    reports = pipeline.reports()
    assert {name: each["result"] for name, each in reports.items()} == {
        "staging": "deployed",
        "production": "deployed",
    }
    assert {each["facts"]["Package"] for each in reports.values()} == {f"sha256:{digest}"}

    back = pipeline.roll_back("production")

    assert back.code == 0, back.log
    assert (release_of(aws, STAGING), release_of(aws, PRODUCTION)) == ("two", "one")
    assert pipeline.reports()["production"]["result"] == "rolled-back"
    assert "it is too slow" in back.steps["Report"].summary

    again = pipeline.roll_back("production")

    assert again.jobs == {"roll-back": "failure"}
    assert "there is no version before" in again.steps["Report"].summary
    assert release_of(aws, PRODUCTION) == "one"


def test_a_build_that_is_not_healthy_in_staging_never_reaches_production_nor_does_its_hotfix(
    tmp_path: Path, aws: LocalAWS
) -> None:
    pipeline = Pipeline(tmp_path / "here", aws)
    before = aws.versions(PRODUCTION)

    bad = pipeline.release("bad", broken=(STAGING,))

    assert bad.jobs == {"build": "success", "deploy-staging": "failure"}
    assert (release_of(aws, STAGING), release_of(aws, PRODUCTION)) == ("one", "one")
    assert aws.versions(PRODUCTION) == before
    assert pipeline.reports()["staging"]["result"] == "rolled-back"
    assert "the database is not there" in bad.steps["Report"].summary

    branch = "hotfix/leak"
    hotfix = pipeline.run("workflow_dispatch", {"ref": f"refs/heads/{branch}"}, files=source("two"), branch=branch)

    assert hotfix.jobs == {"build": "success", "deploy-staging": "success"}
    assert (release_of(aws, STAGING), release_of(aws, PRODUCTION)) == ("two", "one")
    assert aws.versions(PRODUCTION) == before


def test_one_that_is_not_healthy_in_production_is_rolled_back_and_told(tmp_path: Path, aws: LocalAWS) -> None:
    with serving() as slack:
        slack.on("POST /hook", Reply(b"ok"))
        channels = {"SLACK_WEBHOOK_URL": f"{slack.address}/hook?{CANARY}"}
        pipeline = Pipeline(tmp_path / "here", aws, channels=channels)

        bad = pipeline.release("bad", broken=(PRODUCTION,))

    assert bad.jobs["deploy-staging"] == "success"
    assert bad.jobs["deploy-production"] == "failure"
    assert (release_of(aws, STAGING), release_of(aws, PRODUCTION)) == ("bad", "one")
    assert pipeline.reports()["production"]["result"] == "rolled-back"
    told = [str(each.body) for each in slack.seen]
    assert len(told) == 3  # deployed to staging, who approves, rolled back
    assert "CRITICAL" in told[2]
    assert not any("CRITICAL" in each for each in told[:2])
    assert CANARY not in bad.log


@pytest.mark.parametrize("aws", ["new"], indirect=True)
def test_the_first_deployment_has_nothing_to_go_back_to(tmp_path: Path, aws: LocalAWS) -> None:
    pipeline = Pipeline(tmp_path / "here", aws)

    first = pipeline.release("bad", broken=(STAGING,))

    assert first.jobs == {"build": "success", "deploy-staging": "failure"}
    assert pipeline.reports()["staging"]["result"] == "rollback-failed"
    assert "there is no version before" in first.steps["Report"].summary


DEPLOY = """\
previous=$(cat "$STORE/$ENVIRONMENT" 2> /dev/null || true)
version=$(unzip -p "$PACKAGE" app.py | sha256sum | cut -c 1-8)
printf '%s\\n' "previous=$previous" "version=$version" moved=true >> "$GITHUB_OUTPUT"
echo "$version" > "$STORE/$ENVIRONMENT"
"""
CHECK = """\
[ "$VERSION" = old ] || [ ! -e "$STORE/$ENVIRONMENT is broken" ] || {
  echo "reason=it is broken" >> "$GITHUB_OUTPUT"
  exit 1
}
"""
ROLL_BACK = """\
echo "$TO" > "$STORE/$ENVIRONMENT"
printf '%s\\n' "from=$FROM" "version=$TO" done=true >> "$GITHUB_OUTPUT"
"""


def test_commands_of_ones_own_take_the_places_of_the_three(tmp_path: Path, aws: LocalAWS) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "production").write_text("old\n")
    (store / "production is broken").touch()
    begun = ("--pipeline=generic", "--reviewer", "acme/ops", "--no-workflows", "--repository", REPOSITORY)
    pipeline = Pipeline(tmp_path / "here", aws, begun=begun)
    scripts = {"deploy": DEPLOY, "check": CHECK, "roll-back": ROLL_BACK}
    own = {
        f".github/pipeline/{name}.sh": f"set -euo pipefail\nSTORE={store}\n{text}"
        for name, text in scripts.items()
    }

    run = pipeline.run("push", {"ref": "refs/heads/main"}, files={**source("one"), **own})

    assert run.jobs["deploy-staging"] == run.jobs["approve-production"] == "success", run.log
    assert run.jobs["deploy-production"] == "failure"
    assert len((store / "staging").read_text().strip()) == 8
    assert (store / "production").read_text() == "old\n"
    assert pipeline.reports()["production"]["result"] == "rolled-back"
    assert "it is broken" in run.steps["Report"].summary
    assert aws.operations() == []
