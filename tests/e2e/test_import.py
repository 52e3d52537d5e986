"""`envsync import`: from what somebody clicked together to a file with which there is nothing to do."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from support.schemas import check

from envsync.cli.import_file import _prove
from envsync.cli.saving import save
from envsync.errors import ConfigError, Diagnostic
from envsync.model import LiveEnvironment, LiveRepository, RepositoryName, Settings
from envsync.sandbox import FULL_TOKEN, READER_TOKEN, RECORD_KEY, WORKFLOW_TOKEN, Sandbox
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
from envsync.scaffold import Heading, scaffold

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import GitHub, Shell

NOW = "2026-01-01T00:00:00Z"
VALUES = {
    "REGION": "eu-west-1",
    "VERSION": "1.10",
    "FLAG": "on",
    "NOTE": "a $ sign: # \t\n'\"\\",
    "EMPTY": "",
    "ICON": "🚀",
}


def clicked_together(sandbox: Sandbox, *names: str) -> None:
    """What each of the repositories has before anybody knows of envsync."""
    sandbox.seed(
        users=["team-lead", "1234"],
        teams=[("acme", "devops-admins")],
        apps=["change-gate"],
        repositories=[("acme", name) for name in names],
    )
    state = sandbox.state
    lead, team = state.accounts["team-lead"].id, state.teams["acme/devops-admins"].id
    for name in names:
        environments = state.repository(f"acme/{name}").environments
        environments["staging"] = Environment(state.new_id(), "staging", NOW, NOW)
        production = environments["production"] = Environment(state.new_id(), "Production", NOW, NOW)
        production.protection = Protection(
            90,
            [Reviewer("User", lead), Reviewer("Team", team), Reviewer("User", state.accounts["1234"].id)],
            prevent_self_review=True,
            can_admins_bypass=False,
            policy=PolicyMode.CUSTOM,
        )
        production.patterns = {1: Pattern(1, "branch", "release/**"), 2: Pattern(2, "tag", "v1.0")}
        production.rules = {3: ProtectionRule(3, state.apps["change-gate"].id)}
        for environment in environments.values():
            environment.variables = {each: Variable(each, value, NOW, NOW) for each, value in VALUES.items()}
            environment.secrets = {"DB_PASSWORD": Secret("DB_PASSWORD", NOW, NOW)}
        environments["qa/eu: 1"] = Environment(state.new_id(), "qa/eu: 1", NOW, NOW)
        environments["github-pages"] = Environment(state.new_id(), "github-pages", NOW, NOW)


def nothing_to_do(shell: Shell, *options: str) -> None:
    plan = check("plan", shell.ok("plan", "-o", "json", *options))
    assert (plan["changes"], plan["unmet"], plan["unread"], plan["unmanaged"]) == ([], [], [], [])


def test_import_then_validate_plan_and_apply_with_nothing_to_do_but_keep_records(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")

    ran = shell.run("import", "acme/payments")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "wrote environments.yaml: 3 environments of 1 repository\n"
        "next: envsync validate, and envsync plan, which has nothing to do\n"
        "2 secrets are external: give a source in the file to those that envsync shall write\n"
    )
    assert github.requests("PUT", "POST", "PATCH", "DELETE") == []
    assert shell.ok("validate") == "environments.yaml: valid\n"
    nothing_to_do(shell)
    assert "In sync" in shell.ok("plan")
    shell.environ["ENVSYNC_RECORD_KEY"] = RECORD_KEY
    shell.ok("apply", "--yes")
    written = github.requests("PUT", "POST", "PATCH", "DELETE")
    assert len(written) == 3
    assert all(each.startswith("POST") and each.endswith("/variables") for each in written)
    nothing_to_do(shell)


def test_several_repositories_share_what_they_have_in_common(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "service-a", "service-b", "service-c", "web")
    state = github.sandbox.state
    state.environment("acme/service-b", "staging").protection = Protection(5, policy=PolicyMode.PROTECTED)
    del state.environment("acme/service-b", "production").variables["REGION"]
    del state.repository("acme/service-c").environments["qa/eu: 1"]
    state.repository("acme/web").archived = True

    shell.ok("import", "acme/service-*", "acme/SERVICE-B", "acme/web")

    text = (shell.folder / "environments.yaml").read_text(encoding="utf-8")
    assert "repositories: [acme/service-a, acme/service-b, acme/service-c, acme/web]\n" in text
    assert "name: acme\n" in text
    assert '"qa/eu: 1": null' not in text or "acme/service-c:" in text
    assert text.count("required_reviewers") == 1
    assert shell.ok("validate") == "environments.yaml: valid\n"
    nothing_to_do(shell)


def test_the_same_from_github_twice_gives_the_same_bytes(github: GitHub) -> None:
    clicked_together(github.sandbox, "payments", "web")

    texts = {
        github.shell.ok("import", *each, "--out", "-") for each in (["acme/*"], ["acme/web", "acme/payments"])
    }

    assert len(texts) == 1


def test_on_the_embedded_github(shell: Shell) -> None:
    shell.write(
        "version: 1\nname: a\nrepositories: [acme/payments]\nenvironments: {staging: {wait_timer: 5m}}\n", "a.yaml"
    )
    shell.ok("apply", "--sandbox", "--yes", "-f", "a.yaml")

    ran = shell.run("import", "acme/payments", "--sandbox")

    assert ran.code == 0, ran
    assert "and envsync plan --sandbox, which has nothing to do" in ran.err
    text = (shell.folder / "environments.yaml").read_text(encoding="utf-8")
    assert "# What was on the embedded sandbox on " in text
    assert "name: a\n" in text  # whose record the environment carries
    assert (
        "warning[managed-already]: the file called a has acme/payments staging already, say the records there"
        in ran.err
    )
    assert "In sync" in shell.ok("plan", "--sandbox")


def test_nothing_is_overwritten_and_github_is_not_even_read(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")
    shell.write("mine\n").chmod(0o640)

    ran = shell.run("import", "acme/payments")

    assert ran.code == 1
    assert "error[import-file]: environments.yaml cannot be written: it is there already" in ran.err
    assert "--force replaces a file" in ran.err
    assert github.exchanges == []
    assert (shell.folder / "environments.yaml").read_text(encoding="utf-8") == "mine\n"

    shell.ok("import", "acme/payments", "--force")

    assert shell.ok("validate") == "environments.yaml: valid\n"
    assert stat.S_IMODE((shell.folder / "environments.yaml").stat().st_mode) == 0o640
    assert [each.name for each in shell.folder.iterdir()] == ["environments.yaml"]


def test_a_link_that_leads_nowhere_is_there_too(github: GitHub) -> None:
    clicked_together(github.sandbox, "payments")
    (github.shell.folder / "environments.yaml").symlink_to("nowhere")

    assert github.shell.run("import", "acme/payments").code == 1


@pytest.mark.parametrize("out", ["folder", "missing/environments.yaml", "x" * 300])
def test_not_even_with_force_is_a_file_written_where_there_can_be_none(github: GitHub, out: str) -> None:
    clicked_together(github.sandbox, "payments")
    (github.shell.folder / "folder").mkdir()

    ran = github.shell.run("import", "acme/payments", "--force", "--out", out)

    assert ran.code == 1
    assert f"error[import-file]: {out} cannot be written: " in ran.err
    assert [each.name for each in github.shell.folder.iterdir()] == ["folder"]


def test_another_file_is_named_in_what_comes_next(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")

    ran = shell.run("import", "acme/payments", "-o", "my file.yaml", "--name", "the team")

    assert "next: envsync validate -f 'my file.yaml', and envsync plan -f 'my file.yaml', which" in ran.err
    assert 'name: "the team"\n' in (shell.folder / "my file.yaml").read_text(encoding="utf-8")
    nothing_to_do(shell, "-f", "my file.yaml")


def test_to_standard_output(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")

    ran = shell.run("import", "acme/payments", "--out", "-")

    assert ran.code == 0
    assert "this is 3 environments of 1 repository; to go on, save it as environments.yaml" in ran.err
    assert list(shell.folder.iterdir()) == []
    shell.write(ran.out)
    nothing_to_do(shell)


def test_what_no_file_can_say_is_a_comment_and_a_warning(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")
    environments = github.sandbox.state.repository("acme/payments").environments
    environments["production"].patterns[2].name = "v 1"
    environments["staging"].secrets["GITHUB_TOKEN"] = Secret("GITHUB_TOKEN", NOW, NOW)
    for name in ("..", "a\nb"):
        environments[name] = Environment(1, name, NOW, NOW)

    ran = shell.run("import", "acme/payments")

    assert ran.code == 0, ran
    assert ran.err.count("warning[not-in-the-file]") == 4
    text = (shell.folder / "environments.yaml").read_text(encoding="utf-8")
    for said in (
        "# `deployment_branch_policy` is ignored, neither compared nor changed: the file has no way to write v 1.",
        "# The secret GITHUB_TOKEN is left out",
        "# Left out: .. of acme/payments: ",
        "# Left out: a\\nb of acme/payments: ",
    ):
        assert said in text
    plan = json.loads(shell.ok("plan", "-o", "json"))
    assert (plan["changes"], plan["unmet"], plan["unread"]) == ([], [], [])
    assert {each["name"] or each["environment"] for each in plan["unmanaged"]} == {"..", "a\nb", "GITHUB_TOKEN"}


def test_what_the_token_may_not_read_is_no_file(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")

    ran = shell.run("import", "acme/payments", GH_TOKEN=WORKFLOW_TOKEN)

    assert ran.code == 1
    assert ran.err.count("error[unread]") == 2
    assert "Environments: read" in ran.err
    assert "or import with --settings-only, and leave them out" in ran.err
    assert list(shell.folder.iterdir()) == []


def test_settings_alone_say_that_they_are_not_all(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")

    ran = shell.run("import", "acme/payments", "--settings-only", GH_TOKEN=WORKFLOW_TOKEN)

    assert ran.code == 0, ran
    assert (
        "warning[not-in-the-file]: acme/payments: variables and secrets were not read, and are ignored" in ran.err
    )
    assert "envsync plan --settings-only, which" in ran.err
    text = (shell.folder / "environments.yaml").read_text(encoding="utf-8")
    assert "# Only settings were read: variables and secrets are ignored" in text
    assert text.count("ignore: [variables, secrets]\n") == 1
    nothing_to_do(shell)


@pytest.mark.parametrize(
    ("arguments", "token", "code"),
    [
        (["acme/nowhere"], FULL_TOKEN, 4),
        (["acme/nowhere", "acme/payments"], FULL_TOKEN, 1),
        (["acme/payments"], "wrong", 4),
        (["acme/nothing-*"], FULL_TOKEN, 1),
    ],
)
def test_where_something_is_missing_nothing_is_written(
    github: GitHub, arguments: list[str], token: str, code: int
) -> None:
    clicked_together(github.sandbox, "payments")

    ran = github.shell.run("import", *arguments, GH_TOKEN=token)

    assert ran.code == code, ran
    assert ran.err.startswith("error[")
    assert list(github.shell.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["payments"], "error[not-a-repository]: payments is not OWNER/REPO"),
        (["acme/.."], "error[not-a-repository]"),
        (["*/payments"], "error[not-a-repository]"),
        (["acme/payments", "--name", "-x"], "error[not-a-name]"),
        (["acme/payments", "-f", "x.yaml"], "No such option"),
        (["https://github.com/acme/payments"], "did you mean acme/payments?"),
        (["acme/payments", "--sandbox", "--api-url", "https://x"], "error[two-servers]"),
    ],
)
def test_wrong_usage(shell: Shell, arguments: list[str], said: str) -> None:
    ran = shell.run("import", *arguments)

    assert ran.code == 1
    assert said in ran.err
    assert list(shell.folder.iterdir()) == []


def test_a_renamed_repository_is_in_the_file_as_it_is_called_now(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "old")
    github.sandbox.state.rename("acme/old", "new")

    ran = shell.run("import", "acme/old", "acme/new")

    assert "acme/old is called acme/new now, and the file calls it so" in ran.err
    assert "repositories: [acme/new]\n" in (shell.folder / "environments.yaml").read_text(encoding="utf-8")
    nothing_to_do(shell)


def test_a_repository_with_no_environment(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "payments")])

    ran = github.shell.run("import", "acme/payments")

    assert "wrote environments.yaml: 0 environments of 1 repository" in ran.err
    nothing_to_do(github.shell)


def test_what_would_be_more_than_one_file_may_say_is_not_written(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "payments")])
    environments = github.sandbox.state.repository("acme/payments").environments
    for number in range(260):
        made = environments[f"e{number}"] = Environment(number, f"e{number}", NOW, NOW)
        made.secrets = {f"S{each}_{number}": Secret(f"S{each}_{number}", NOW, NOW) for each in range(99)}

    ran = github.shell.run("import", "acme/payments", timeout=300)

    assert ran.code == 1
    assert "error[import-too-large]" in ran.err
    assert "import fewer repositories at a time" in ran.err
    assert list(github.shell.folder.iterdir()) == []


def test_environments_of_another_file_are_said_to_be(github: GitHub) -> None:
    shell = github.shell
    clicked_together(github.sandbox, "payments")
    shell.environ["ENVSYNC_RECORD_KEY"] = RECORD_KEY
    shell.ok("import", "acme/payments", "--name", "platform")
    shell.ok("apply", "--yes")

    ran = shell.run("import", "acme/payments", "--name", "mine", "-o", "mine.yaml")

    assert "warning[managed-already]: the file called platform has acme/payments " in ran.err
    assert "called mine, needs `envsync apply --take-over`" in ran.err
    assert "which leaves alone what another file has: see above" in ran.err
    assert "name: platform\n" in shell.ok("import", "acme/payments", "--out", "-")


def test_reading_needs_no_more_than_a_plan_does(github: GitHub) -> None:
    clicked_together(github.sandbox, "payments")

    github.shell.ok("import", "acme/payments", GH_TOKEN=READER_TOKEN)


def test_a_file_that_does_not_say_what_is_there_is_never_written() -> None:
    name = RepositoryName("acme", "payments")
    live = LiveRepository(name, name, ("staging",), {"staging": LiveEnvironment("staging", 1)})
    made = scaffold([live], Heading("payments", "GitHub", date(2026, 11, 23)))
    stricter = replace(live.environments["staging"], settings=Settings(wait_timer=5))

    _prove(made, [live])

    with pytest.raises(ConfigError, match="the file would not say what is there"):
        _prove(made, [replace(live, environments={"staging": stricter})])


def failed(why: str) -> ConfigError:
    return ConfigError(Diagnostic("x", why))


def test_where_there_are_no_links_a_file_is_written_whole_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)

    save(
        "text\n",
        str(tmp_path / "new"),
        failed,
        private=False,
        replaces=False,
    )

    assert (tmp_path / "new").read_text(encoding="utf-8") == "text\n"
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_what_came_while_github_was_read_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").write_text("mine", encoding="utf-8")
    monkeypatch.setattr("envsync.cli.saving.obstacle", lambda *_, **__: None)

    with pytest.raises(ConfigError, match="it is there already"):
        save(
            "text",
            str(tmp_path / "new"),
            failed,
            private=False,
            replaces=False,
        )

    assert [each.read_text(encoding="utf-8") for each in tmp_path.iterdir()] == ["mine"]


def test_what_a_pattern_matches_and_has_no_environment_is_left_out(github: GitHub) -> None:
    clicked_together(github.sandbox, "payments")
    github.sandbox.seed(repositories=[("acme", "empty")])

    ran = github.shell.run("import", "acme/*")

    assert (ran.code, "left out: 1 repository with no environment" in ran.err) == (0, True)
    assert "acme/empty" not in (github.shell.folder / "environments.yaml").read_text(encoding="utf-8")
    nothing_to_do(github.shell)


def test_where_there_is_nothing_there_is_no_file(github: GitHub) -> None:
    github.sandbox.seed(repositories=[("acme", "empty")])

    ran = github.shell.run("import", "acme/em*")

    assert (ran.code, "error[nothing-to-import]" in ran.err) == (1, True)
    assert not (github.shell.folder / "environments.yaml").exists()


def test_a_folder_that_is_not_there_is_said_before_github_is_read(github: GitHub) -> None:
    clicked_together(github.sandbox, "payments")

    ran = github.shell.run("import", "acme/payments", "--out", "nowhere/environments.yaml")

    assert (ran.code, "there is no folder nowhere" in ran.err) == (1, True)
    assert github.exchanges == []
