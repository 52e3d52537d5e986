"""`envsync init` where a team made a pipeline its own: nothing goes unsaid, nor does what does not work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.begun import checked_out, said, text_of, written

if TYPE_CHECKING:
    from support.shell import Shell

FOLDER = ".github/pipeline"
DEPLOY, ROLLBACK = ".github/workflows/deploy.yml", ".github/workflows/rollback.yml"
APPLY = ".github/workflows/envsync-apply.yml"
COMMANDS = {name: f"python3 {FOLDER}/{name}.py" for name in ("deploy", "check", "roll_back")}
GIVEN = re.compile(r"^ +(# )?([A-Z_]+): \$\{\{ secrets\.(?!ENVSYNC_)", re.MULTILINE)


@pytest.fixture
def checkout(shell: Shell) -> Shell:
    return checked_out(shell)


@pytest.fixture
def lambdas(checkout: Shell) -> Shell:
    """A checkout with the Lambda's pipeline."""
    checkout.ok("init", "--pipeline", "--reviewer", "ann")
    return checkout


def put(shell: Shell, own: dict[str, str], *paths: str) -> None:
    """Each `before` -> `after`, in both workflows of the pipeline unless others are named."""
    for path in paths or (DEPLOY, ROLLBACK):
        text = text_of(shell, path)
        for before, after in own.items():
            text = text.replace(before, after)
        shell.write(text, path)


def delete(shell: Shell, *names: str) -> None:
    for name in names:
        (shell.folder / FOLDER / name).unlink()


def handed_on(shell: Shell) -> set[tuple[str, str]]:
    return set(GIVEN.findall(text_of(shell, APPLY)))


def unfit(ran_err: str) -> list[str]:
    return re.findall(r"^warning\[pipeline-unfit\]: (.*)$", ran_err, re.MULTILINE)


# --- what the apply hands on -------------------------------------------------------------------------------

OWN_COMMANDS = [
    {COMMANDS["deploy"]: f"bash {FOLDER}/deploy.sh"},
    dict.fromkeys(COMMANDS.values(), "make it"),
    {**dict.fromkeys(COMMANDS.values(), "make it"), "vars.LAMBDA_": "vars.OWN_"},
]


@pytest.mark.parametrize("own", OWN_COMMANDS)
def test_the_apply_keeps_what_the_file_names_whatever_the_pipeline_calls(
    lambdas: Shell, own: dict[str, str]
) -> None:
    put(lambdas, own)
    delete(lambdas, "deploy.py")
    before = text_of(lambdas, APPLY)

    first, forced = lambdas.run("init"), lambdas.run("init", "--force")

    assert (first.code, forced.code, text_of(lambdas, APPLY)) == (0, 0, before)
    assert f"{APPLY}: unchanged" in said(first.err)
    assert f"{APPLY}: unchanged" in said(forced.err)


def test_a_file_that_is_written_anew_holds_what_a_changed_pipeline_uses(lambdas: Shell) -> None:
    put(lambdas, OWN_COMMANDS[1])
    before = text_of(lambdas)

    lambdas.ok("init", "--force", "--reviewer", "ann")

    assert text_of(lambdas) == before


def test_a_pipeline_of_which_nobody_knows_the_kind_is_asked_about_before_anything_is_lost(lambdas: Shell) -> None:
    put(lambdas, OWN_COMMANDS[2])
    before = written(lambdas)

    for options in (["--force", "--reviewer", "ann"], ["--pipeline"], ["--pipeline", "--force"]):
        ran = lambdas.run("init", *options)
        assert (ran.code, written(lambdas)) == (1, before)
        assert f"error[which-pipeline]: {DEPLOY} was changed so much" in ran.err
        assert "say it: --pipeline=lambda or --pipeline=generic" in ran.err
    assert lambdas.run("init", "--pipeline=lambda").code == 0


@pytest.mark.parametrize("secret", ["API_TOKEN: {env: OWN_TOKEN}", "API_TOKEN:\n        env: OWN_TOKEN"])
def test_the_apply_hands_on_a_source_of_ones_own(lambdas: Shell, secret: str) -> None:
    text = text_of(lambdas)
    lambdas.write(
        text.replace(
            "      AWS_ROLE_ARN: {env: STAGING_AWS", f"      {secret}\n      AWS_ROLE_ARN: {{env: STAGING_AWS"
        )
    )
    before = handed_on(lambdas)

    ran = lambdas.run("init")
    lambdas.ok("init", "--force")

    assert f"{APPLY}: kept, though it is not what init writes" in said(ran.err)
    assert handed_on(lambdas) == {*before, ("", "OWN_TOKEN")}


def test_a_source_that_is_turned_on_stays_on(lambdas: Shell) -> None:
    lambdas.write(
        text_of(lambdas).replace("# SLACK_WEBHOOK_URL: {env: STAGING", "SLACK_WEBHOOK_URL: {env: STAGING")
    )

    lambdas.ok("init", "--force")

    assert {("", "STAGING_SLACK_WEBHOOK_URL"), ("# ", "PRODUCTION_SLACK_WEBHOOK_URL")} <= handed_on(lambdas)
    assert ("# ", "STAGING_SLACK_WEBHOOK_URL") not in handed_on(lambdas)


def test_so_it_is_with_no_pipeline(checkout: Shell) -> None:
    checkout.ok("init", "--reviewer", "ann")
    lines = "    secrets:\n      AWS_ROLE_ARN: {env: STAGING_AWS_ROLE_ARN}\n"
    checkout.write(text_of(checkout).replace("  staging:\n", f"  staging:\n{lines}"))

    checkout.ok("init", "--force")

    assert handed_on(checkout) == {("", "STAGING_AWS_ROLE_ARN"), ("# ", "PRODUCTION_AWS_ROLE_ARN")}


@pytest.mark.parametrize(
    "repositories", ["[acme/payments]", "[acme/payments, acme/other]", "['acme/*']", "[acme/s-*, acme/any]"]
)
def test_and_with_any_file_that_is_valid(checkout: Shell, repositories: str) -> None:
    environments = "{one: {secrets: {X: {env: A}, Y: {env: A}}}, two: {secrets: {X: {env: B}, Z: {file: z}}}}"
    checkout.write(f"version: 1\nname: x\nrepositories: {repositories}\nenvironments: {environments}\n")

    checkout.ok("init")

    assert handed_on(checkout) == {("", "A"), ("", "B")}


# --- which kind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lambda", "generic"])
def test_the_option_alone_takes_the_kind_that_is_there(checkout: Shell, kind: str) -> None:
    checkout.ok("init", f"--pipeline={kind}", "--reviewer", "ann")
    before = written(checkout)

    for options in (["--pipeline"], ["--pipeline", "--force"], ["--pipeline", "--force", "--reviewer", "ann"]):
        ran = checkout.run("init", *options)
        assert (ran.code, written(checkout), unfit(ran.err)) == (0, before, [])


@pytest.mark.parametrize(("kind", "other"), [("lambda", "generic"), ("generic", "lambda")])
def test_another_kind_is_refused_unless_it_is_forced(checkout: Shell, kind: str, other: str) -> None:
    checkout.ok("init", f"--pipeline={kind}", "--reviewer", "ann")
    before = written(checkout)

    ran = checkout.run("init", f"--pipeline={other}")

    assert (ran.code, written(checkout)) == (1, before)
    assert (
        f"error[other-pipeline]: {DEPLOY} is the pipeline of --pipeline={kind}, and {other} is another" in ran.err
    )
    assert "leave the kind out to keep it" in ran.err
    forced = checkout.run("init", f"--pipeline={other}", "--force", "--reviewer", "ann")
    assert unfit(forced.err) == [
        f"{DEPLOY} was the pipeline of --pipeline={kind}, and --force makes it that of {other}"
    ]
    assert f"delete in {FOLDER} what nothing runs then: deploy." in forced.err
    assert unfit(checkout.run("init", "--pipeline").err) == []


# --- scripts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fails"),
    [
        ("step.py", "what needs it does not work: deploy.py, check.py and roll_back.py"),
        ("aws.py", "what needs it does not work: deploy.py, check.py and roll_back.py"),
        ("answer.py", "what needs it does not work: check.py"),
        ("deploy.py", "what calls it does not work: deploy.yml"),
        ("report.py", "what calls it does not work: deploy.yml and rollback.yml"),
    ],
)
def test_a_script_of_ones_own_in_the_place_of_one_is_said_to_break_what_needs_it(
    checkout: Shell, name: str, fails: str
) -> None:
    path = f"{FOLDER}/{name}"
    checkout.write("import boto3\n", path)
    message = f"{path} was there and is kept, and is not the pipeline's: {fails}"

    for options in (["--dry-run"], [], []):
        ran = checkout.run("init", "--pipeline", "--reviewer", "ann", *options)
        assert (ran.code, unfit(ran.err)) == (0, [message])
        assert "move it away and run this again; --force would replace it" in ran.err
    assert unfit(checkout.run("init", "--pipeline", "--force").err) == []


@pytest.mark.parametrize("name", ["step.py", "deploy.py", "notify.py", "aws-roles.yml"])
def test_one_of_the_pipelines_that_was_changed_is_not(lambdas: Shell, name: str) -> None:
    lambdas.write(text_of(lambdas, f"{FOLDER}/{name}") + "# mine\n", f"{FOLDER}/{name}")

    ran = lambdas.run("init", "--pipeline")

    assert (ran.code, unfit(ran.err)) == (0, [])
    assert f"{FOLDER}/{name}: kept, though it is not what init writes" in said(ran.err)


def test_a_step_that_was_replaced_does_not_come_back(lambdas: Shell) -> None:
    put(lambdas, {COMMANDS["roll_back"]: "make back", COMMANDS["check"]: "make check"})
    delete(lambdas, "roll_back.py", "by_hand.py", "check.py", "answer.py")
    before = written(lambdas)

    ran = lambdas.run("init", "--pipeline")

    assert (ran.code, written(lambdas), unfit(ran.err)) == (0, before, [])


def test_one_that_a_workflow_still_calls_does_with_what_it_imports(lambdas: Shell) -> None:
    put(lambdas, {COMMANDS["check"]: "make check"}, DEPLOY)
    delete(lambdas, "check.py", "answer.py")

    missing = lambdas.run("init")
    assert unfit(missing.err) == [f"{ROLLBACK} calls {FOLDER}/check.py, which is not there"]
    assert "run `envsync init --pipeline`, which writes it" in missing.err
    assert f"each place that `grep -rn {FOLDER}/check.py .github/workflows` shows" in missing.err
    ran = lambdas.run("init", "--pipeline")
    assert unfit(ran.err) == []
    assert [line for line in said(ran.err) if line.endswith(": written")] == [
        f"{FOLDER}/check.py: written",
        f"{FOLDER}/answer.py: written",
    ]


def test_what_is_called_or_imported_and_not_there_is_said(lambdas: Shell) -> None:
    put(lambdas, {COMMANDS["deploy"]: f"bash {FOLDER}/own.sh # not {FOLDER}/deploy.py"})
    delete(lambdas, "deploy.py", "answer.py")
    lambdas.write(
        f"on: push\njobs: {{a: {{steps: [{{run: sh {FOLDER}/smoke.sh}}]}}}}\n", ".github/workflows/own.yml"
    )

    ran = lambdas.run("init")

    assert (ran.code, sorted(unfit(ran.err))) == (
        0,
        [
            f"{FOLDER}/check.py imports answer.py, which is not there",
            f"{DEPLOY} calls {FOLDER}/own.sh, which is not there",
            f".github/workflows/own.yml calls {FOLDER}/smoke.sh, which is not there",
        ],
    )
    assert (
        f"add it; or have your own command in each place that `grep -rn {FOLDER}/own.sh .github/workflows` shows"
        in ran.err
    )


@pytest.mark.parametrize("inside", [True, False])
def test_a_script_is_not_read_where_a_link_leads_out_of_the_checkout(
    checkout: Shell, tmp_path_factory: pytest.TempPathFactory, *, inside: bool
) -> None:
    checkout.ok("init", "--pipeline", "generic", "--reviewer", "ann")
    elsewhere = checkout.folder if inside else tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "own.py").write_text("import answer\n", encoding="utf-8")
    (checkout.folder / FOLDER / "own.py").symlink_to(elsewhere / "own.py")
    put(checkout, {f"bash {FOLDER}/deploy.sh": f"python3 {FOLDER}/own.py"})

    ran = checkout.run("init")

    message = f"{FOLDER}/own.py imports answer.py, which is not there"
    assert (ran.code, unfit(ran.err)) == (0, [message] if inside else [])
