"""A Lambda function is deployed, checked and rolled back: the scripts, with the real `aws` and a local AWS."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
import yaml
from alias import alias_of, look
from alias import described as description
from answer import difference
from aws import Refused, call
from by_hand import NOTHING, Known, by_hand, known, published
from check import invoke, unchecked
from deploy import publish
from moto.cloudformation.parsing import parse_condition
from moto.cloudformation.utils import yaml_tag_constructor
from roll_back import unsure
from step import NUMBER, Stop, cut, output, run
from support import runner
from support.aws import Answer, local_aws, package
from support.aws_access import GITHUB
from support.aws_nursery import REAL
from support.aws_request import functions, iam
from support.shell import ROOT

from envsync.cli.next_steps import Checkout, next_steps
from envsync.model import RepositoryName
from envsync.scaffold.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alias import Alias
    from support.aws import Asked, LocalAWS

SCRIPTS = ROOT / "envsync" / "templates" / "pipeline"
TEMPLATE = SCRIPTS / "aws-roles.yml"
STEPS = ("deploy", "check", "roll_back")
BOTH = {"StagingFunction": "payments-staging", "ProductionFunction": "payments"}
ROLES = ("staging", "production", "staging-rollback", "production-rollback")


def app(answer: object) -> dict[str, str]:
    """A package that answers this."""
    return {"app.py": f"def handler(event, context):\n    return {answer!r}\n"}


ONE, TWO, THREE = (app({"status": "ok", "release": number}) for number in (1, 2, 3))


@dataclass(frozen=True)
class Step:
    code: int
    log: str
    outputs: dict[str, str]

    @property
    def errors(self) -> list[str]:
        """What the runner shows beside the run."""
        return self._shown()["error"]

    @property
    def warnings(self) -> list[str]:
        return self._shown()["warning"]

    def _shown(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {"error": [], "warning": []}
        for each in filter(None, map(runner.obeyed, runner.lines(self.log))):
            found[each.name].append(each.data)
        return found


@dataclass
class Job:
    """A job of the pipeline on a runner, with what its environment declares."""

    aws: LocalAWS
    folder: Path
    environ: dict[str, str] = field(
        default_factory=lambda: {
            "ENVIRONMENT": "staging",
            "FUNCTION": "payments-staging",
            "ALIAS": "live",
            "PAYLOAD": '{"ping": 1}',
            "EXPECTED": '{"status": "ok"}',
        }
    )
    role: str | None = None
    scripts: Path = SCRIPTS
    started: subprocess.Popen[bytes] | None = None

    def run(self, step: str, **environ: str) -> Step:
        outputs = self.folder / "outputs"
        outputs.write_text("", encoding="utf-8")
        given = {"GITHUB_OUTPUT": str(outputs), **self.aws.environ(self.role), **self.environ, **environ}
        with subprocess.Popen(
            [sys.executable, self.scripts / f"{step}.py"],
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as self.started:
            log, err = self.started.communicate(timeout=60)
        assert not err, err.decode()
        said = log.decode()
        assert not [
            line for line in runner.lines(said) if runner.suspicious(re.sub("^::(error|warning) title=", "", line))
        ]
        return Step(self.started.returncode, said, written(outputs.read_text(encoding="utf-8")))

    def deploy(self, files: Mapping[str, str], **environ: str) -> Step:
        packed = self.folder / "package.zip"
        packed.write_bytes(package(files))
        return self.run("deploy", PACKAGE=str(packed), **{"DIGEST": sha256(files), **environ})

    def release(self, files: Mapping[str, str]) -> tuple[Step, ...]:
        """Deployed, checked, and rolled back, as far as the workflow goes on."""
        deployed = self.deploy(files)
        steps = [deployed]
        if deployed.code == 0:
            steps.append(self.run("check", VERSION=deployed.outputs["version"]))
        if steps[-1].code != 0 and "moved" in deployed.outputs:
            steps.append(self.roll_back(deployed))
        return tuple(steps)

    def roll_back(self, deployed: Step) -> Step:
        named = {"FROM": "version", "TO": "previous", "SERVED": "served"}
        return self.run("roll_back", **{name: deployed.outputs[each] for name, each in named.items()})


def sha256(files: Mapping[str, str]) -> str:
    return hashlib.sha256(package(files)).hexdigest()


def written(text: str) -> dict[str, str]:
    """$GITHUB_OUTPUT, as the runner reads it."""
    outputs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if "<<" in name or not equals:
            name, _, end = line.partition("<<")
            value = "\n".join(iter(lambda: next(lines), end))
        outputs[name] = value
    return outputs


def commands(instructions: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in instructions.splitlines() if line.startswith("   aws ")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAWS]:
    with local_aws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture
def aws(server: LocalAWS) -> LocalAWS:
    server.clear()
    return server


@pytest.fixture
def job(aws: LocalAWS, tmp_path: Path) -> Job:
    return Job(aws, tmp_path)


def roles(aws: LocalAWS, **parameters: str) -> None:
    aws.install_roles(TEMPLATE.read_text(encoding="utf-8"), Repository="acme/payments", **BOTH, **parameters)


# Deploy


def test_a_package_becomes_a_version_the_alias_points_at_it_and_its_check_makes_it_good(
    aws: LocalAWS, job: Job
) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 2 1")

    deployed = job.deploy(THREE)

    assert deployed.code == 0, deployed
    assert deployed.outputs == {"served": "2", "previous": "2", "version": "3", "moved": "true"}
    assert aws.serves("payments-staging") == "3"
    assert aws.versions("payments-staging")["3"] == sha256(THREE)
    assert aws.trail("payments-staging") == "good: 2 1"
    assert aws.operations() == ["GetAlias", "UpdateFunctionCode", "PublishVersion", "UpdateAlias"]
    published = next(each for each in aws.asked if each.operation == "PublishVersion")
    assert bytes.fromhex(sha256(THREE)) == base64.b64decode(published.json["CodeSha256"])  # and nothing else
    assert deployed.log.splitlines()[-1] == "version 3 serves"

    checked = job.run("check", VERSION="3")

    assert (checked.code, aws.trail("payments-staging")) == (0, "good: 3 2 1")
    assert checked.log.splitlines()[-2:] == ["version 3 is healthy", "version 3 is marked as good"]
    assert job.run("check", VERSION="3").code == 0
    assert aws.operations()[4:] == ["Invoke", "GetAlias", "UpdateAlias", "Invoke", "GetAlias"]


def test_the_first_deployment_makes_the_alias_or_nothing_was_moved(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [], serves=0)
    aws.refuse("CreateAlias", times=1)

    refused, left = job.release(ONE)

    assert (refused.code, refused.outputs["moved"], left.code) == (1, "true", 0)
    assert left.outputs == {"reason": "nothing was moved: nothing serves, as before"}

    first, checked = job.release(ONE)

    assert first.outputs == {"served": "", "previous": "", "version": "1", "moved": "true"}
    assert (checked.code, aws.serves("payments-staging"), aws.trail("payments-staging")) == (0, "1", "good: 1")


def test_what_serves_already_is_not_moved_to_again_unless_it_shares_its_traffic(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 2 1")

    again = job.deploy(TWO)

    assert (again.code, again.outputs) == (0, {"served": "2", "previous": "1", "version": "2"})
    assert "UpdateAlias" not in aws.operations()
    shares("1")
    aws.refuse("UpdateAlias", times=1)

    refused, left = job.release(TWO)

    reason = "nothing was moved: version 2 (50% of its traffic goes to 1) serves as before"
    assert (refused.code, left.code, left.outputs) == (1, 0, {"version": "2", "reason": reason})
    whole = job.deploy(TWO)
    assert (whole.outputs["moved"], aws.asked[-1].json["RoutingConfig"]) == (
        "true",
        {"AdditionalVersionWeights": {}},
    )
    assert whole.log.splitlines()[0].endswith("points at version 2 (50% of its traffic goes to 1)")
    assert whole.log.splitlines()[-1] == "version 2 serves, all traffic"


def test_what_an_alias_points_at_that_was_never_deployed_to_counts_as_good(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE], trail="the shop's: see\n##[wiki]")

    deployed = job.deploy(app(2))

    assert (deployed.outputs["previous"], aws.trail("payments-staging")) == ("1", "good: 1")
    told = 'the description "the shop\'s: see # #[wiki]" is replaced: version 1 counts as good'
    assert told in deployed.log.splitlines()


def test_another_package_than_was_built_is_not_uploaded(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE])

    other = job.deploy(TWO, DIGEST=sha256(THREE))

    assert other.code == 1
    assert other.errors == [
        f"the package is sha256:{sha256(TWO)}, not the sha256:{sha256(THREE)} that was built: nothing was uploaded"
    ]
    assert aws.operations() == []


def test_another_package_than_was_uploaded_is_not_published(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE])

    def mixed_up(_: Asked, proceed: Callable[[], Answer]) -> Answer:
        return altered(proceed(), CodeSha256="somebody else's")

    aws.on("UpdateFunctionCode", mixed_up)

    uploaded = job.deploy(TWO)

    assert uploaded.code == 1
    assert "AWS has sha256 somebody else's of the package" in uploaded.errors[0]
    assert "moved" not in uploaded.outputs
    assert list(aws.versions("payments-staging")) == ["1"]


def test_an_alias_that_serves_each_upload_at_once_is_refused_before_there_is_one(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE])
    aws.move("payments-staging", "$LATEST")

    deployed = job.deploy(TWO)

    assert deployed.code == 1
    assert deployed.errors == ["live points at $LATEST, which serves each upload at once: point it at a version"]
    assert aws.operations() == ["GetAlias"]


def test_somebody_who_moves_the_alias_during_a_deployment_has_it(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO])

    def first(_: Asked, proceed: Callable[[], Answer]) -> Answer:
        aws.move("payments-staging", "1")
        return proceed()

    aws.on("UpdateAlias", first, times=1)

    deployed = job.deploy(THREE)

    assert (deployed.code, aws.serves("payments-staging")) == (1, "1")
    assert deployed.errors == [deployed.outputs["reason"]]
    assert deployed.errors == ["somebody else changed live meanwhile: version 3 does not serve"]


# Check


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"app.py": "def handler(event, context):\n    raise RuntimeError('no database')\n"},
            "ended in an error: RuntimeError: no database",
        ),
        (app({"status": "degraded"}), 'answered, but .status is "degraded", not "ok"'),
    ],
)
def test_a_version_that_does_not_answer_as_it_should_is_not_healthy(
    aws: LocalAWS, job: Job, files: dict[str, str], reason: str
) -> None:
    aws.function("payments-staging", [ONE, files])

    checked = job.run("check", VERSION="2")

    assert (checked.code, checked.outputs) == (1, {"reason": f"version 2 {reason}"})
    assert checked.errors == [checked.outputs["reason"]]


def test_the_function_is_asked_with_the_payload_of_the_environment(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [{"app.py": "def handler(event, context):\n    return event\n"}])
    event = {"text": "naïve ☃", "path": "file://x"}
    aws.refuse("Invoke", "TooManyRequestsException", 429, times=1)  # which the CLI sits out

    checked = job.run("check", PAYLOAD=json.dumps(event), EXPECTED=json.dumps(event), AWS_MAX_ATTEMPTS="")

    assert (checked.code, checked.outputs) == (0, {})
    assert checked.log.splitlines()[-1] == "version 1 is healthy"


def test_a_check_that_cannot_ask_is_not_healthy(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE])
    aws.refuse("Invoke")

    checked = job.run("check")

    assert checked.code == 1
    assert checked.outputs["reason"].startswith(
        "was not checked: aws lambda invoke failed: An error occurred (Acc"
    )
    assert checked.outputs["checked"] == "false"


def test_the_answer_of_another_version_says_nothing(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO], serves=1)

    checked = job.run("check", VERSION="2")

    assert (checked.code, checked.outputs) == (
        1,
        {"reason": "was not checked: version 1 serves, not version 2", "checked": "false"},
    )


def test_nor_does_that_of_one_which_somebody_moved_away_from_meanwhile(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 1")

    def moved(_: Asked, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        aws.move("payments-staging", "1")
        return answer

    aws.on("Invoke", moved)
    checked = job.run("check", VERSION="2")

    assert (checked.code, checked.outputs) == (
        1,
        {"reason": "was not checked: version 1 serves, not version 2", "checked": "false"},
    )
    assert aws.trail("payments-staging") == "good: 1"


def test_that_what_serves_is_not_listed_as_good_is_known_before_anything_is_done(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 1")
    aws.refuse("UpdateFunctionCode")

    deployed = job.deploy(THREE)

    assert deployed.code == 1
    assert deployed.outputs["served_good"] == "false"


def test_what_cannot_be_marked_as_good_is_healthy_all_the_same(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 1")
    aws.on("UpdateAlias", lambda _, proceed: (proceed(), Answer(502, b""))[1], times=1)
    lost = job.run("check", VERSION="2")
    assert (lost.warnings, aws.trail("payments-staging")) == ([], "good: 2 1")
    described("good: 1")
    aws.refuse("UpdateAlias")

    checked = job.run("check", VERSION="2")

    assert (checked.code, checked.outputs, checked.errors) == (0, {}, [])
    (warning,) = checked.warnings
    assert warning.startswith(
        "version 2 is healthy, but a rollback will not go back to it by itself: aws lambda update-alias failed: "
    )


def test_an_alias_that_was_just_moved_may_answer_with_the_version_before(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO])
    aws.on("Invoke", lambda *_: aws.invoke("payments-staging", {}, "1"), times=1)

    checked = job.run("check", VERSION="2")

    assert (checked.code, checked.log.splitlines()[-1]) == (0, "version 2 is healthy")


def test_what_the_function_answers_is_text_to_the_runner_and_no_command(aws: LocalAWS, job: Job) -> None:
    hostile = (
        "\n::set-output name=version::9\r\n%0A::error::x\x1b[31m ##[set-output name=version]9 \u2028::add-mask::o"
    )
    script = f"#!/usr/bin/env python3\nimport sys\nsys.stdout.buffer.write({hostile!r}.encode())\n"
    aws.function("payments-staging", [{"bootstrap": script}])

    checked = job.run("check", EXPECTED='"ok"')

    assert (checked.code, list(checked.outputs)) == (1, ["reason"])
    assert checked.outputs["reason"].startswith(
        "version 1 answered what is no JSON: ::set-output name=version::9 "
    )
    assert "%0A::error::x\\x1b[31m # #[set-output" in checked.outputs["reason"]
    assert checked.errors == [checked.outputs["reason"]]
    assert len(checked.log.splitlines()) == 2


# Roll back


def test_a_rollback_returns_to_what_served_before(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO, THREE], trail="good: 3 2 1")

    rolled_back = job.run("roll_back", FROM="3", TO="2", SERVED="2", REASON="it\n::set-output name=done::x")

    assert (rolled_back.code, rolled_back.outputs) == (0, {"from": "3", "version": "2", "done": "true"})
    assert (aws.serves("payments-staging"), aws.trail("payments-staging")) == ("2", "good: 2 1")
    assert aws.operations() == ["GetAlias", "UpdateAlias"]
    assert aws.asked[-1].json["RoutingConfig"] == {"AdditionalVersionWeights": {}}  # all traffic


def test_what_did_not_pass_its_check_is_never_gone_back_to_by_itself(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [], serves=0)

    deployed, checked, stuck = job.release(app("bad"))

    assert (deployed.code, checked.code, stuck.code) == (0, 1, 1)
    assert stuck.errors == ["there is no version before 1 that passed its check"]
    assert stuck.outputs["reason"] == stuck.errors[0]
    assert set(stuck.outputs) == {"reason", "instructions"}
    assert stuck.outputs["instructions"].splitlines()[-1] == (
        "3. There is none to go back to: correct the fault and deploy again."
    )

    stuck = job.release(app("worse"))[-1]

    assert (stuck.errors, aws.serves("payments-staging")) == (
        ["there is no version before 2 that passed its check"],
        "2",
    )
    assert stuck.outputs["instructions"].splitlines()[-3:-1] == [
        "3. None of the others is known to be good: correct the fault and deploy again.",
        "   To let one of them serve all the same, in place of VERSION:",
    ]
    assert aws.trail("payments-staging") == "good:"


def test_by_hand_it_goes_to_the_newest_good_one_that_is_still_there(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, app(2), app(3), TWO], trail="good: 4 3 1")
    functions().delete_function("payments-staging", "3")

    rolled_back = job.run("roll_back")

    assert rolled_back.outputs == {"from": "4", "version": "1", "done": "true"}
    assert (aws.serves("payments-staging"), aws.trail("payments-staging")) == ("1", "good: 1")
    aws.move("payments-staging", "4")
    described("good: 3 1")
    after_a_check = job.run("roll_back", FROM="4", TO="3", SERVED="3")
    assert (after_a_check.outputs["version"], aws.trail("payments-staging")) == ("1", "good: 1")
    assert "there is no version 3 any more" in after_a_check.log


def test_by_hand_it_goes_to_any_version_and_gives_it_all_traffic(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, app(2), app(3), TWO], serves=3, trail="good: 3 2 1")

    forwards = job.run("roll_back", TO=" 4\n")  # as it is pasted

    assert forwards.outputs == {"from": "3", "version": "4", "done": "true"}
    assert aws.trail("payments-staging") == "good: 2 1"  # until 4 has passed its check
    shares("2")

    whole = job.run("roll_back", TO="4")

    assert whole.outputs == {"from": "2", "version": "4", "done": "true"}
    assert aws.trail("payments-staging") == "good: 1"
    assert whole.log == "version 4 serves, all traffic, after version 4 (50% of its traffic goes to 2)\n"


def test_a_rollback_leaves_what_somebody_else_moved(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO, THREE], trail="good: 2 1")

    def first(_: Asked, proceed: Callable[[], Answer]) -> Answer:
        aws.move("payments-staging", "1")
        return proceed()

    aws.on("UpdateAlias", first, times=1)

    left = job.run("roll_back", FROM="3", TO="2", SERVED="2")

    reason = "version 1 serves, not 3: it is left there"
    assert (left.code, left.outputs) == (0, {"version": "1", "reason": reason})
    assert aws.serves("payments-staging") == "1"


@pytest.mark.parametrize(
    ("to", "fact"),
    [
        ("7 --dry-run\n::error::x", 'nothing was moved; "7 --dry-run\\n::error::x" is no version'),
        ("9" * 4400, f'nothing was moved; "{"9" * 57}..." is no version'),
        ("9", "nothing was moved; there is no version 9 of payments-staging"),
    ],
)
def test_a_version_that_is_none_is_answered_with_those_that_are(
    aws: LocalAWS, job: Job, to: str, fact: str
) -> None:
    aws.function("payments-staging", [ONE, TWO, THREE], serves=2, trail="good: 2 1")

    failed = job.run("roll_back", TO=to)

    assert (failed.code, failed.outputs["reason"], failed.errors) == (1, fact, [fact])
    run_again = (
        'Run the workflow "Roll back" again with the number of a version '
        "(served well before, newest first: 1; not listed as good: 3), or with none for version 1."
    )
    assert failed.outputs["instructions"].splitlines() == [f"N{fact[1:]}. Version 2 serves.", run_again]
    assert aws.serves("payments-staging") == "2"


def test_an_alias_that_is_not_there_is_made_by_a_deployment(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [app("bad")], serves=0)

    failed = job.run("roll_back")

    assert failed.outputs["reason"] == "the alias live does not exist"
    assert failed.outputs["instructions"].splitlines()[-1] == (
        "3. Nothing serves: correct the fault and deploy again, which makes the alias."
    )


def test_the_instructions_of_a_rollback_that_aws_refuses_do_what_it_should_have_done(
    aws: LocalAWS, job: Job
) -> None:
    aws.function("payments-staging", [ONE, TWO, app("bad"), app(4), THREE], trail="good: 5 4 2 1")
    functions().delete_function("payments-staging", "4")
    aws.refuse("UpdateAlias")

    failed = job.run("roll_back")

    assert failed.code == 1
    assert "AccessDeniedException" in failed.outputs["reason"]
    assert "done" not in failed.outputs
    told = failed.outputs["instructions"]
    assert [line for line in told.splitlines() if line[0].isdigit()] == [
        "1. Look what serves (a moment ago: version 5):",
        "2. Look which versions there are (served well before, newest first: 2 1; not listed as good: 3):",
        "3. Point the alias at version 2:",
    ]
    assert all(line in failed.log for line in told.splitlines())
    aws.heal()
    person = {**aws.environ(), "AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
    answers = [json.loads(subprocess.check_output(["aws", *each], env=person)) for each in commands(told)]
    assert [answers[0]["FunctionVersion"], answers[1]] == ["5", ["$LATEST", "1", "2", "3", "5"]]
    assert (aws.serves("payments-staging"), aws.trail("payments-staging")) == ("2", "good: 2 1")


def test_a_rollback_whose_answer_is_lost_is_looked_at_or_nobody_knows(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 1")
    aws.on("UpdateAlias", lambda _, proceed: (proceed(), Answer(502, b""))[1])

    rolled_back = job.run("roll_back", FROM="2", TO="1", SERVED="1")

    assert (rolled_back.code, rolled_back.outputs["done"], aws.serves("payments-staging")) == (0, "true", "1")
    aws.move("payments-staging", "2")

    def gone(_: Asked, proceed: Callable[[], Answer]) -> Answer:
        aws.refuse("GetAlias", "ServiceException", 500)
        return proceed()

    aws.on("UpdateAlias", lambda asked, proceed: (gone(asked, proceed), Answer(502, b""))[1], times=1)

    lost = job.run("roll_back", FROM="2", TO="1", SERVED="1")

    assert (lost.code, "done" in lost.outputs, aws.serves("payments-staging")) == (1, False, "1")
    told = "t is not known whether the rollback took place: aws lambda update-alias failed: "
    assert lost.outputs["reason"].startswith(f"i{told}")
    assert lost.outputs["instructions"].startswith(f"I{told}")
    assert "3. Unless it serves, point the alias at version 1:" in lost.outputs["instructions"]
    aws.heal()
    aws.on("UpdateAlias", lambda asked, proceed: (gone(asked, proceed), Answer(502, b""))[1], times=1)
    deployed = job.deploy(THREE)
    assert deployed.outputs["reason"].startswith("it is not known whether version 3 serves: aws lambda update-al")


def test_a_deployment_that_dies_before_it_moves_traffic_leaves_nothing_to_roll_back(
    aws: LocalAWS, job: Job
) -> None:
    aws.function("payments-staging", [ONE])

    def the_runner_dies(*_: object) -> Answer:
        assert job.started
        job.started.send_signal(signal.SIGKILL)
        return Answer(500, b"")

    aws.on("UpdateAlias", the_runner_dies, times=1)

    died = job.deploy(TWO)

    assert died.code == -signal.SIGKILL
    assert died.outputs == {"served": "1", "previous": "1", "version": "2", "moved": "true"}
    rolled_back = job.roll_back(died)
    reason = "nothing was moved: version 1 serves as before"
    assert (rolled_back.code, rolled_back.outputs) == (0, {"version": "1", "reason": reason})
    assert aws.serves("payments-staging") == "1"


# Settings, files, and the way to AWS


@pytest.mark.parametrize("step", STEPS)
def test_everything_that_is_not_set_is_named_with_where_to_set_it(aws: LocalAWS, job: Job, step: str) -> None:
    job.environ |= dict.fromkeys(("FUNCTION", "ALIAS", "PAYLOAD"), "") | {"EXPECTED": "{", "AWS_REGION": " "}

    stopped = job.run(step)

    assert stopped.code == 1
    assert aws.operations() == []
    assert stopped.errors[:2] == [
        "FUNCTION is empty: set the variable LAMBDA_FUNCTION of the environment staging, in environments.yaml",
        "ALIAS is empty: set the variable LAMBDA_ALIAS of the environment staging, in environments.yaml",
    ]
    named = [error.split()[0] for error in stopped.errors]
    assert {"deploy": ["PAYLOAD", "PACKAGE", "DIGEST"], "check": ["PAYLOAD"], "roll_back": []}[step] == [
        each for each in named if each in {"PAYLOAD", "PACKAGE", "DIGEST"}
    ]
    assert ("EXPECTED" in named) == (step != "roll_back")  # a rollback waits for no check's settings
    prefix = "was not checked: " if step == "check" else ""
    assert stopped.outputs["reason"] == cut(f"{prefix}{'; '.join(stopped.errors)}", 500)
    assert stopped.outputs.get("checked") == ("false" if step == "check" else None)


def test_a_check_without_an_event_says_that_nothing_was_checked(job: Job) -> None:
    stopped = job.run("check", PAYLOAD="", VERSION="9" * 19)

    reason = (
        "was not checked: PAYLOAD is empty: set the variable TEST_PAYLOAD of the environment staging, "
        f'in environments.yaml; VERSION is not the number of a version: "{"9" * 19}"'
    )
    assert stopped.outputs == {"checked": "false", "reason": reason}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_takes_no_arguments(step: str) -> None:
    script = SCRIPTS / f"{step}.py"

    done = subprocess.run([sys.executable, script, "7"], capture_output=True, text=True, env={}, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"usage: python3 {script}\n")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_works_with_the_files_that_it_names_and_leaves_no_other(
    aws: LocalAWS, job: Job, tmp_path: Path, step: str
) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 2 1")
    text = (SCRIPTS / f"{step}.py").read_text(encoding="utf-8")
    named = {f"{step}.py", *re.findall(r"\w+\.py", ast.get_docstring(ast.parse(text)) or "")}
    job.scripts = tmp_path / "pipeline"
    job.scripts.mkdir()
    for name in named:
        shutil.copy(SCRIPTS / name, job.scripts)
    job.environ["PYTHONDONTWRITEBYTECODE"] = ""

    ran = job.deploy(THREE) if step == "deploy" else job.run(step)

    assert (ran.code, ran.errors) == (0, [])
    assert {each.name for each in job.scripts.iterdir()} == named


@pytest.mark.parametrize("step", STEPS)
def test_a_step_takes_what_stands_beside_it_and_says_what_has_to_be_set(tmp_path: Path, step: str) -> None:
    for each in SCRIPTS.glob("*.py"):
        (tmp_path / each.name).write_text("raise ImportError", encoding="utf-8")  # somebody's own of that name
    options = {"deploy": ["-P"], "check": [], "roll_back": ["-I"]}[step]
    environ = {"FUNCTION": "f", "ALIAS": "a", "AWS_REGION": "eu-west-1", "PYTHONPATH": str(tmp_path)}
    environ |= {} if options else {"PYTHONSAFEPATH": "1"}

    done = subprocess.run(
        [sys.executable, *options, SCRIPTS / f"{step}.py"], capture_output=True, env=environ, check=False
    )

    assert (done.returncode, done.stderr) == (1, b"")
    told = b"::error title=Roll back::ENVIRONMENT is empty: set it under `env:` of this step or its job\n"
    assert done.stdout.replace(step.replace("_", " ").capitalize().encode(), b"Roll back").startswith(told)


@pytest.mark.parametrize(
    ("step", "held"),
    [
        ("deploy", {"PAYLOAD", "EXPECTED", "DIGEST"}),
        ("check", {"PAYLOAD", "EXPECTED", "VERSION"}),
        ("roll_back", {"FROM", "SERVED"}),
    ],
)
def test_a_step_holds_those_settings_that_it_gets(job: Job, step: str, held: set[str]) -> None:
    odd = dict.fromkeys(("VERSION", "DIGEST", "FROM", "SERVED", "PACKAGE"), "1.2.3 ")

    stopped = job.run(step, **odd, PAYLOAD='{"a": [NaN]}', EXPECTED="-Infinity")

    wrong = {error.split()[0]: error for error in stopped.errors}
    assert wrong.keys() == held
    of = "of the environment staging, in environments.yaml"
    told = {
        "PAYLOAD": f"PAYLOAD is no JSON (NaN is none): set the variable TEST_PAYLOAD {of}",
        "EXPECTED": f"EXPECTED is no JSON (-Infinity is none): set the variable TEST_EXPECTED {of}",
        "DIGEST": 'DIGEST is not a SHA-256, 64 hexadecimal digits: "1.2.3 "',
    }
    for name in held:
        assert wrong[name] == told.get(name, f'{name} is not the number of a version: "1.2.3 "')


@pytest.mark.parametrize("place", [".", "nowhere/outputs"])
def test_nothing_is_done_that_could_not_be_told_to_the_next_step(
    aws: LocalAWS, job: Job, tmp_path: Path, place: str
) -> None:
    stopped = job.run("roll_back", GITHUB_OUTPUT=str(tmp_path / place))

    assert stopped.code == 1
    assert re.fullmatch(r"GITHUB_OUTPUT cannot be written: \[Errno \d+\] .*", stopped.errors[0])
    assert (len(stopped.log.splitlines()), aws.operations()) == (1, [])


@pytest.mark.parametrize(
    ("to", "told"),
    [("> /dev/full", b"nothing more can be said here: [Errno 28] No space left on device\n"), (">&-", b"")],
)
def test_a_log_that_takes_nothing_holds_no_rollback_up(aws: LocalAWS, job: Job, to: str, told: bytes) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 2 1")
    outputs = job.folder / "outputs"
    given = {"GITHUB_OUTPUT": str(outputs), **aws.environ(), **job.environ}
    command = shlex.join([sys.executable, str(SCRIPTS / "roll_back.py")])

    done = subprocess.run(["sh", "-c", f"{command} {to}"], env=given, capture_output=True, check=False)

    assert (done.returncode, done.stderr, aws.serves("payments-staging")) == (0, told, "1")
    assert written(outputs.read_text(encoding="utf-8")) == {"from": "2", "version": "1", "done": "true"}


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", ["check", "roll_back"])
def test_what_is_cut_off_says_so_and_what_a_person_can_do(
    aws: LocalAWS, job: Job, step: str, by: signal.Signals
) -> None:
    aws.function("payments-staging", [ONE, TWO], trail="good: 2 1")
    told = threading.Event()

    def cut_off(*_: object) -> Answer:
        assert job.started
        job.started.send_signal(by)
        told.wait(10)
        return Answer(500, b"")

    aws.on({"check": "Invoke", "roll_back": "UpdateAlias"}[step], cut_off, times=1)

    ended = job.run(step, TO="1")
    told.set()

    assert (ended.code, len(ended.errors)) == (130, 1)
    if step == "check":
        assert ended.outputs == {"checked": "false", "reason": "was not checked: it was cut off"}
    else:
        unsure = "t is not known whether the rollback took place: it was cut off"
        assert ended.outputs["reason"] == ended.errors[0] == f"i{unsure}"
        first, *_, point, command = ended.outputs["instructions"].splitlines()
        assert (first, point) == (f"I{unsure}.", "3. Unless it serves, point the alias at version 1:")
        assert "aws lambda update-alias --region" in command
        assert aws.operations() == ["GetAlias", "UpdateAlias"]


class Odd(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("unforeseen", [Stop, unchecked, unsure])
def test_what_nobody_foresaw_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    unforeseen: Callable[[str], Stop],
) -> None:
    environ = {"FUNCTION": "payments", "ALIAS": "live", "AWS_REGION": "eu-west-1", "TO": "x"}
    for name, value in {**environ, "GITHUB_OUTPUT": str(tmp_path / "outputs"), "PATH": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["step.py"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def work() -> None:
        raise Odd("a\n::error::b\u2028")

    assert run("Step", work, unforeseen) == 1

    told, so = "Odd: a ::error::b", ""
    outputs = written((tmp_path / "outputs").read_text(encoding="utf-8"))
    if unforeseen is unchecked:
        assert outputs.pop("checked") == "false"
        so = "was not checked: "
    elif unforeseen is unsure:
        told = f"it is not known whether the rollback took place: {told}"
        assert "  aws lambda update-alias --region eu-west-1" in outputs.pop("instructions")
    assert outputs == {"reason": f"{so}{told}"}
    assert capsys.readouterr().out.splitlines()[-1] == f"::error title=Step::{told}"
    monkeypatch.delenv("FUNCTION")
    assert run("Step", work, unforeseen) == 1  # with nothing at all


def test_an_output_is_one_whatever_its_value_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(file))

    output("served", "2\nmoved=true\r\u2028##[error]\udc80")
    output("instructions", "a", "  b\nmoved=true")

    assert written(file.read_text(encoding="utf-8")) == {
        "served": r"2\nmoved=true\r\u2028# #[error]\udc80",
        "instructions": "a\n  b\\nmoved=true",
    }


def a_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `aws` is looked for, and all settings."""
    for name, value in {"FUNCTION": "f", "ALIAS": "live", "AWS_REGION": "eu-west-1", "PAYLOAD": "{}"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(folder))
    return folder / "aws"


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda aws: aws.write_text("#!/bin/sh\n", encoding="utf-8"), "Permission denied"),
        (lambda aws: aws.mkdir(), "Permission denied"),
        (lambda aws: (aws.write_text("x", encoding="utf-8"), aws.chmod(0o755)), "Exec format error"),
    ],
)
def test_an_aws_cli_that_cannot_be_run_is_to_be_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], fault: str
) -> None:
    make(a_command(tmp_path, monkeypatch))

    with pytest.raises(Refused, match=f"aws cannot be run .*{fault}.*: repair the AWS CLI on the runner"):
        call("get-alias")


HERE = '"FunctionVersion": "2", "RevisionId": "x"'
UPLOADED = f'"CodeSha256": "{base64.b64encode(bytes(32)).decode()}"'


@pytest.mark.parametrize(
    ("ask", "answer", "told"),
    [
        *((look, each, "get-alias failed: it answered without FunctionVersion$") for each in ("", "[]", "null")),
        (look, "[" * 99_999, "get-alias failed: it answered what is no JSON"),
        (look, '{"FunctionVersion": 2}', "without FunctionVersion: '2' is none"),
        (look, '{"FunctionVersion": "2\\nmoved=true"}', r"without FunctionVersion: '2\\nmoved=true' is none"),
        (look, '{"FunctionVersion": "2"}', "without RevisionId$"),
        (look, f'{{{HERE}, "Description": [1]}}', "without Description"),
        (look, f'{{{HERE}, "RoutingConfig": "x"}}', "without a RoutingConfig that can be read: x"),
        *(
            (look, f'{{{HERE}, "RoutingConfig": {{"AdditionalVersionWeights": {each}}}}}', "without a RoutingC")
            for each in ('["1"]', '{"1": "0.5"}', '{"1": 1e999}', '{"1\\n": 0.5}')
        ),
        (lambda: publish(Path("x"), "00" * 32), f"{{{UPLOADED}}}", "publish-version failed: .* without Version$"),
        (lambda: publish(Path("x"), "00" * 32), f'{{{UPLOADED}, "Version": "$LATEST"}}', "'.LATEST' is none"),
        *((published, each, "without Versions$") for each in ("", '{"Versions": {}}', '{"Versions": [1]}')),
        (published, '{"Versions": [{"Version": "$LATEST"}, {}]}', "without Version$"),
        (invoke, "{}", "invoke failed: it answered without ExecutedVersion$"),
        (invoke, '{"ExecutedVersion": "2"}', r"invoke failed: it left no answer that can be read: \[Errno 2\]"),
    ],
)
def test_what_aws_answers_is_held_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object], answer: str, told: str
) -> None:
    command = a_command(tmp_path, monkeypatch)
    (tmp_path / "answer").write_text(answer, encoding="utf-8")
    command.write_text(f"#!/bin/sh\nexec /bin/cat {shlex.quote(str(tmp_path / 'answer'))}\n", encoding="utf-8")
    command.chmod(0o755)

    with pytest.raises(Refused, match=told):
        ask()


def test_nothing_has_to_work_for_the_commands_that_a_person_types(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise Odd

    monkeypatch.setattr("by_hand.look", broken)

    assert known() == NOTHING


def test_of_a_version_that_is_not_listed_as_good_a_person_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FUNCTION", "ALIAS", "AWS_REGION"):
        monkeypatch.setenv(name, "x")
    alias = alias_of({"FunctionVersion": "4", "Description": "good: 4 2", "RevisionId": "x"})

    why = "which is not on the list of good versions (it never passed its check, or was gone back from)"
    for to, told in (("3", f", {why}"), ("2", "")):
        lines = by_hand(to, "Point", Known(alias, missing=False, versions=["4", "3", "2"]))
        assert lines[-2] == f"3. Point the alias at version {to}{told}:"


def test_a_runner_without_the_aws_cli_says_so(job: Job) -> None:
    assert job.run("check", PATH="/nowhere").errors == [
        "aws lambda invoke failed: there is no command aws: install the AWS CLI on the runner"
    ]


def test_a_silent_aws_is_not_waited_for(aws: LocalAWS, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.function("payments-staging", [ONE])
    told = threading.Event()
    aws.on("GetAlias", lambda _, proceed: proceed() if told.wait(10) else Answer(500, b""))
    for name, value in {**aws.environ(), **job.environ}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Refused, match="aws lambda get-alias failed: it took longer than 1 seconds"):
        call("get-alias", "--name", "live", seconds=1)
    told.set()


def test_the_aws_of_these_tests_does_what_the_real_one_does(aws: LocalAWS, tmp_path: Path) -> None:
    aws.function("payments-staging", [{"app.py": "def handler(event, context):\n    return event\n"}])
    function = ("--function-name", "payments-staging")
    asked, told = threading.Event(), threading.Event()

    def silent(*_: object) -> Answer:
        asked.set()
        told.wait(60)
        return Answer(500, b"")

    def ended(command: Path | str, *operation: str, by: int | None = None) -> tuple[int, bytes, bytes]:
        asked.clear()
        with subprocess.Popen(
            [command, "lambda", *operation],
            cwd=tmp_path,
            env=aws.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as run:
            if by is not None:
                assert asked.wait(60)
                run.send_signal(by)
            out, err = run.communicate(b"[1]", timeout=30)  # whoever still waits for the answer holds them open
        return run.returncode, out, err

    def outcomes(command: Path | str) -> list[tuple[int, bytes, bytes]]:
        silence = ("get-function-configuration", *function)
        every = [
            ended(command, "invoke", *function, "--payload", "fileb:///dev/stdin", "answer"),
            ended(command, "get-alias", *function, "--name", "gone"),
            ended(command, "get-alias", "--name"),
            ended(command, *silence, by=signal.SIGKILL),
            ended(command, *silence, by=signal.SIGINT),
        ]
        answer = tmp_path / "answer"
        assert answer.read_text(encoding="utf-8") == "[1]"
        answer.unlink()
        return every

    aws.on("GetFunctionConfiguration", silent)
    sooner, real = outcomes("aws"), outcomes(REAL)
    told.set()

    assert sooner == real
    assert [code for code, _, _ in real] == [0, 255, 2, -signal.SIGKILL, 130]


# What needs no AWS


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, ""),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, ""),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ".a.b is missing"),
        ({"a": [1]}, {"a": [1, 2]}, ".a is [1, 2], not [1]"),
        ({"a": 1}, {"a": True}, ".a is true, not 1"),
        ({"a": None}, {}, ".a is missing"),
        ([{"a": 1}], [{"a": 1, "b": 2}], 'the answer is [{"a": 1, "b": 2}], not [{"a": 1}]'),
        ({}, [], "the answer is [], not {}"),
        ({}, {"a": 1}, ""),
    ],
)
def test_an_answer_contains_what_is_expected(expected: object, got: object, told: str) -> None:
    assert difference(expected, got) == told


def test_the_list_of_good_versions_is_short_and_is_gone_through_backwards() -> None:
    def alias(version: str, text: str) -> Alias:
        return alias_of({"FunctionVersion": version, "Description": text, "RevisionId": "x"})

    assert alias("2", "good: 3 2 1").before() == ["1"]  # moved back by hand, and the list left as it was
    assert alias("2", "good: 3 2 1").previous("4") == "2"
    assert alias("4", "good: 3 2 1").previous("5") == "3"
    assert alias("3", "good: 3 2 1").previous("3") == "2"
    assert alias("$LATEST", "good: 3 2 1").before() == ["3", "2", "1"]
    assert alias("$LATEST", "").before() == []
    assert not [each for each in ("v2", "$LATEST", "0", "07", "9" * 19) if re.fullmatch(NUMBER, each)]
    for text in ("the shop's, good: 2", f"good: {'9' * 19} 1", "good: 0", "before: 2"):
        assert (alias("3", text).good, alias("3", text).unlisted) == ((3,), text)
    assert description(range(12, 0, -1)) == "good: 12 11 10 9 8 7 6 5 4 3"
    assert len(description([int("9" * 18)] * 20)) <= 256
    assert len(cut("x" * 9000, 500)) == 500


# IAM


def test_the_roles_are_enough_for_all_of_it(aws: LocalAWS, job: Job) -> None:
    aws.function("payments-staging", [ONE])
    head = " ".join(TEMPLATE.read_text(encoding="utf-8").replace("#", "").replace("\\\n", "").split())
    checkout = Checkout(
        RepositoryName("acme", "payments"),
        organization=True,
        api_url="https://api.github.com",
        workflows=True,
        pipeline=Pipeline.LAMBDA,
    )
    told = " ".join(next_steps(checkout).replace("\\\n", "").split())
    make, see = (
        re.search(f"aws cloudformation {each}", told) for each in ("deploy .*?=payments ", "desc.* table")
    )
    assert make
    assert see
    assert make[0] in head
    assert see[0] in head
    subprocess.run(
        [REAL, *make[0].replace(".github/pipeline", str(TEMPLATE.parent)).split()[1:]],
        env=aws.environ(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    aws.know_roles("pipeline-payments", "acme/payments")
    aws.on("UpdateFunctionCode", lambda _, proceed: altered(proceed(), LastUpdateStatus="InProgress"))
    aws.refuse("UpdateFunctionCode", "ResourceConflictException", 409, times=1)
    aws.on("PublishVersion", lambda _, proceed: altered(proceed(), State="Pending"))

    job.role = "staging"
    assert [step.code for step in job.release(TWO)] == [0, 0]
    job.role = "staging-rollback"
    assert job.run("roll_back").code == 0
    assert job.run("check", VERSION="1").code == 0

    assert aws.operations("staging") == [
        *("GetAlias", "UpdateFunctionCode", "GetFunctionConfiguration"),  # until an earlier update has ended
        *("UpdateFunctionCode", "GetFunctionConfiguration"),
        *("PublishVersion", "GetFunctionConfiguration", "UpdateAlias"),
        *("Invoke", "GetAlias", "UpdateAlias"),  # marked as good
    ]
    assert aws.operations("staging-rollback") == ["GetAlias", "UpdateAlias", "Invoke", "GetAlias"]


def test_a_rollback_role_can_change_nothing_but_the_alias(aws: LocalAWS) -> None:
    for function in BOTH.values():
        aws.function(function, [ONE, TWO])
    roles(aws)
    name = "/functions/payments-staging"
    everything = {
        ("GET", f"{name}/aliases/live"): 201,
        ("PUT", f"{name}/aliases/live"): 201,
        ("GET", f"{name}/versions"): 200,
        ("POST", f"{name}/invocations?Qualifier=live"): 200,
        ("POST", f"{name}/invocations"): 403,
        ("POST", f"{name}/invocations?Qualifier=2"): 403,
        ("PUT", f"{name}/code"): 403,
        ("PUT", f"{name}/configuration"): 403,
        ("POST", f"{name}/versions"): 403,
        ("POST", f"{name}/aliases"): 403,
        ("DELETE", f"{name}/aliases/live"): 403,
        ("POST", f"{name}/policy"): 403,
        ("GET", name): 403,
        ("DELETE", name): 403,
        ("DELETE", f"{name}?Qualifier=1"): 403,
        ("GET", "/functions/payments/aliases/live"): 403,
        ("PUT", "/functions/payments/aliases/live"): 403,
        ("POST", "/functions/payments/invocations?Qualifier=live"): 403,
    }

    got = {each: aws.ask("staging-rollback", *each, body={"FunctionVersion": "1"}).status for each in everything}

    assert got == everything
    assert (aws.serves("payments-staging"), aws.serves("payments")) == ("1", "2")


def test_a_deploying_role_is_of_one_function(aws: LocalAWS) -> None:
    for function in BOTH.values():
        aws.function(function, [ONE])
    roles(aws)

    for role, other in (("staging", "payments"), ("production", "payments-staging")):
        asked = [("PUT", "/code"), ("POST", "/versions"), ("PUT", "/aliases/live"), ("POST", "/aliases")]
        assert [aws.ask(role, method, f"/functions/{other}{rest}", {}).status for method, rest in asked] == [
            403
        ] * 4


def test_a_role_is_for_one_environment_of_one_repository(aws: LocalAWS) -> None:
    audiences = ["sts.amazonaws.com", "https://github.com/acme"]  # what the account's provider takes, for others
    iam().create_open_id_connect_provider(f"https://{GITHUB}", [], audiences, [])
    roles(aws, ProviderExists="yes")

    def taken(role: str, subject: str, audience: str = "sts.amazonaws.com") -> bool:
        try:
            return bool(aws.assume(aws.roles[role], subject, audience))
        except HTTPError as refused:
            assert refused.code == 403  # noqa: PT017 - it may also be taken
            return False

    subjects = [f"repo:acme/payments:environment:{each}" for each in (*ROLES, "production-approval")]
    assert {role: [each for each in subjects if taken(role, each)] for role in ROLES} == {
        role: [f"repo:acme/payments:environment:{role}"] for role in ROLES
    }
    for subject in (
        "repo:acme/other:environment:production",
        "repo:acme/payments-2:environment:production",
        "repo:evil/payments:environment:production",
        "repo:acme/payments:environment:production:x",
        "repo:acme/payments:ref:refs/heads/main",
        "repo:acme/payments:pull_request",
    ):
        assert not taken("production", subject)
    assert not taken("production", aws.subject("production"), audiences[1])


def test_two_accounts_have_two_roles_each_and_an_own_provider_is_kept(aws: LocalAWS) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    roles(aws)
    one = {"Repository": "acme/payments", "StagingFunction": "payments-staging", "ProductionFunction": ""}

    outputs = aws.install_roles(text, "staging-alone", **one, ProviderExists="yes")

    assert sorted(outputs) == ["StagingAwsRoleArn", "StagingRollbackAwsRoleArn"]
    assert aws.assume(outputs["StagingAwsRoleArn"], aws.subject("staging"))


def test_the_template_refuses_what_would_join_staging_and_production() -> None:
    yaml.add_multi_constructor("", yaml_tag_constructor, Loader=yaml.Loader)
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=yaml.Loader)
    (rule,) = template["Rules"]["TwoFunctions"]["Assertions"]
    pairs = [("a", "b"), ("a", ""), ("", "b"), ("", ""), ("a", "a")]

    def holds(staging: str, production: str) -> bool:
        given: Any = {"StagingFunction": staging, "ProductionFunction": production}
        return parse_condition(rule["Assert"], given, {})

    assert [pair for pair in pairs if not holds(*pair)] == [("a", "a")]
    pattern = template["Parameters"]["Repository"]["AllowedPattern"]
    names = ["acme/payments", "acme@1/payments@2", "acme@1/payments", "acme/payments@2", "acme", "acme/a/b"]
    assert [name for name in names if re.fullmatch(pattern, name)] == names[:2]


def test_cloudformation_takes_the_template() -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [lint, "--regions", "eu-west-1", "--", TEMPLATE], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def shares(version: str) -> None:
    """Half of the traffic goes to that version, as somebody wanted it."""
    alias: Any = functions().get_alias("live", "payments-staging")
    alias.routing_config = {"AdditionalVersionWeights": {version: 0.5}}


def described(text: str) -> None:
    functions().get_alias("live", "payments-staging").description = text


def altered(answer: Answer, **values: str) -> Answer:
    return Answer(answer.status, json.dumps(json.loads(answer.body) | values).encode(), answer.headers)
