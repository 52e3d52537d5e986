"""Somebody edits the file in a pull request, and tries to get at what is not theirs. Real processes and files."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.app_keys import private_pem, public_pem
from support.config_files import HEAD, codes, environments
from support.shell import Shell

from envsync.errors import ConfigError, SecretSourceError
from envsync.model import DesiredSecret, FromCommand, FromEnvironment, FromFile
from envsync.sandbox import FULL_TOKEN, Options, Sandbox
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.model import SecretSource

CREDENTIALS = (
    "ENVSYNC_RECORD_KEY",
    "ENVSYNC_RECORD_KEY_PREVIOUS",
    "ENVSYNC_APP_PRIVATE_KEY",
    "GH_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "RUNNER_TEMP",
    "envsync_record_key",
    "gh_token",
    "Github_Token",
)
VALUE = "canary-5b1f-value"
KEY = "5b1f" * 16
FILE = """\
version: 1
name: payments
repositories: [acme/payments, acme/billing]
environments:
  qa: {secrets: {ONE: {command: [./count]}, TWO: {command: [./count]}}}
  staging: {secrets: {ONE: {command: [./count]}}}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """With a GitHub that sees what it is given, in the file `written`."""

    def wrote(_repository: str, _environment: str, _name: str, value: bytes) -> None:
        with (tmp_path / "written").open("ab") as stream:
            stream.write(value + b"\n")

    with Sandbox(options=Options(on_secret=wrote)) as sandbox:
        sandbox.seed(repositories=[("acme", "payments"), ("acme", "billing")])
        may = {"actions": "read", "administration": "write", "environments": "write"}
        number, _ = sandbox.install_app("envsync", public_key=public_pem(), owner="acme", permissions=may)
        (tmp_path / "app-id").write_text(str(number))
        yield Shell(tmp_path, {"GITHUB_API_URL": sandbox.url, "GH_TOKEN": FULL_TOKEN, "ENVSYNC_RECORD_KEY": KEY})


def program(shell: Shell, script: str, name: str = "count") -> None:
    shell.write(f"#!/bin/sh\n{script}\n", name).chmod(0o700)


def read(source: SecretSource, environ: dict[str, str] | None = None, seconds: float = 30.0) -> bytes:
    sources = Sources(environ or {}, allow_commands=True, command_seconds=seconds)
    return sources.read(DesiredSecret("TOKEN", source)).reveal()


def refusal(source: SecretSource, environ: dict[str, str] | None = None, seconds: float = 30.0) -> str:
    with pytest.raises(SecretSourceError) as caught:
        read(source, environ, seconds)
    assert VALUE not in f"{caught.value.diagnostics}"
    return caught.value.diagnostics[0].code


# --- credentials -------------------------------------------------------------------------------------------


def test_a_command_that_prints_its_environment_has_nothing_to_tell(shell: Shell) -> None:
    shell.write(FILE.replace("./count", "env"))
    secret = {name: f"{VALUE}-{name}" for name in CREDENTIALS if name not in shell.environ}
    secret |= {"ENVSYNC_RECORD_KEY_PREVIOUS": KEY[::-1], "ENVSYNC_APP_PRIVATE_KEY": private_pem()}
    secret |= {"ENVSYNC_APP_ID": (shell.folder / "app-id").read_text()}

    shell.ok("apply", "--yes", "--allow-commands", KEPT="kept", **secret)

    seen = (shell.folder / "written").read_text()
    names = {line.partition("=")[0].upper() for line in seen.splitlines()}
    assert "KEPT=kept" in seen
    assert not [name for name in names if name.startswith(("ENVSYNC_", "GH_", "ACTIONS_", "RUNNER_"))]
    assert "GITHUB_TOKEN" not in names
    assert VALUE not in seen
    assert KEY not in seen
    assert KEY[::-1] not in seen
    assert "PRIVATE KEY" not in seen


@pytest.mark.parametrize("variable", CREDENTIALS)
def test_a_credential_is_no_source_in_the_file_nor_behind_it(tmp_path: Path, variable: str) -> None:
    body = f"environments: {{qa: {{secrets: {{S: {{env: {variable}}}}}}}}}\n"

    assert codes(tmp_path, HEAD + body)
    assert refusal(FromEnvironment(variable), {variable: VALUE}) == "secret-source-refused"


@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ("record key", "ENVSYNC_${ENVIRONMENT}"),
        ("record-key", "envsync_${ENVIRONMENT}"),
        ("envsync_record_key", "${environment}"),
        ("token", "GH_${ENVIRONMENT}"),
        ("GITHUB", "${ENVIRONMENT}_TOKEN"),
    ],
)
def test_a_template_does_not_make_the_name_of_a_credential(
    tmp_path: Path, environment: str, variable: str
) -> None:
    body = f'environments: {{"{environment}": {{secrets: {{S: {{env: "{variable}"}}}}}}}}\n'

    with pytest.raises(ConfigError, match="belongs to envsync or to GitHub"):
        environments(tmp_path, HEAD + body)


# --- files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../outside", "secret-file-outside"),
        ("deep/../../outside", "secret-file-outside"),
        ("link", "secret-file-outside"),
        ("linked/outside", "secret-file-outside"),
        ("link-to-link", "secret-file-outside"),
        ("environ", "secret-file-outside"),
        ("/proc/self/environ", "secret-file-outside"),
        ("/dev/zero", "secret-file-outside"),
        ("zero", "secret-file-outside"),
        ("fifo", "secret-file-unreadable"),
        ("fifo-link", "secret-file-unreadable"),
        ("deep", "secret-file-unreadable"),
    ],
)
def test_no_file_outside_the_folder_and_nothing_but_a_file(tmp_path: Path, path: str, code: str) -> None:
    root = tmp_path / "root"
    (root / "deep").mkdir(parents=True)
    (tmp_path / "outside").write_text(VALUE)
    (root / "link").symlink_to("../outside")
    (root / "linked").symlink_to(tmp_path)
    (root / "link-to-link").symlink_to("link")
    (root / "environ").symlink_to("/proc/self/environ")
    (root / "zero").symlink_to("/dev/zero")
    os.mkfifo(root / "fifo")
    (root / "fifo-link").symlink_to("fifo")

    assert refusal(FromFile(path, str(root))) == code


@pytest.mark.parametrize("path", ["../outside", "/proc/self/environ", "deep/../../outside"])
def test_a_path_that_leaves_the_folder_is_refused_in_the_file_already(tmp_path: Path, path: str) -> None:
    body = f"environments: {{qa: {{secrets: {{S: {{file: {path}}}}}}}}}\n"

    assert codes(tmp_path, HEAD + body) == ["unconfined-path"]


# --- nothing -----------------------------------------------------------------------------------------------


def test_an_empty_value_is_an_error_whatever_its_source(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"\n", b"\r\n")):
        (tmp_path / str(number)).write_bytes(content)
        assert refusal(FromFile(str(number), str(tmp_path))) == "secret-is-empty"
        assert refusal(FromCommand(("cat", str(number)), str(tmp_path)), dict(os.environ)) == "secret-is-empty"
    assert refusal(FromEnvironment("EMPTY"), {"EMPTY": ""}) == "secret-is-empty"
    assert refusal(FromCommand(("true",), str(tmp_path)), dict(os.environ)) == "secret-is-empty"


# --- once --------------------------------------------------------------------------------------------------


def runs(shell: Shell) -> int:
    return len((shell.folder / "runs").read_text())


def test_a_command_runs_once_whoever_wants_its_value(shell: Shell) -> None:
    """Six secrets, in two environments of two repositories, compared and then written in one run."""
    shell.write(FILE)
    program(shell, f"printf x >>runs; echo {VALUE}")

    shell.ok("apply", "--yes", "--allow-commands")
    assert runs(shell) == 1
    assert (shell.folder / "written").read_text().splitlines() == [VALUE] * 6

    assert "6 in sync" in shell.ok("plan", "--allow-commands")
    assert runs(shell) == 2
    program(shell, f"printf x >>runs; echo {VALUE}-new")
    shell.ok("apply", "--yes", "--allow-commands", "--allow-destroying")
    assert runs(shell) == 3
    assert (shell.folder / "written").read_text().splitlines()[6:] == [f"{VALUE}-new"] * 6


def test_a_command_that_fails_runs_once_too(shell: Shell) -> None:
    shell.write(FILE)
    program(shell, "printf x >>runs; exit 3")

    ran = shell.run("apply", "--yes", "--allow-commands")

    assert (ran.code, runs(shell)) == (3, 1)
    assert ran.out.count("status 3") >= 2
    assert not (shell.folder / "written").exists()


def test_a_plan_and_an_apply_without_leave_run_no_command(shell: Shell) -> None:
    shell.write(FILE)
    program(shell, "printf x >>runs; echo value")

    shell.ok("plan")
    assert "--allow-commands" in shell.run("apply", "--yes").out
    assert not (shell.folder / "runs").exists()


# --- time --------------------------------------------------------------------------------------------------


def is_alive(pid: int) -> bool:
    """A child that nobody has waited for yet is dead all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        os.sched_yield()
    return not is_alive(pid)


@pytest.mark.parametrize("parent", ["wait", "exit 0", "trap '' TERM INT HUP; wait"])
def test_the_time_limit_ends_children_and_grandchildren(tmp_path: Path, parent: str) -> None:
    """Also those that outlive their parent, and hold its output open."""
    script = f"sh -c 'sleep 600 & echo $! >grandchild; wait' & echo $! >child; {parent}"
    began = time.monotonic()

    assert refusal(FromCommand(("sh", "-c", script), str(tmp_path)), dict(os.environ), 1.0) == (
        "secret-command-failed"
    )

    assert time.monotonic() - began < 20
    for name in ("child", "grandchild"):
        assert ends(int((tmp_path / name).read_text())), name


def test_a_command_that_writes_too_much_is_ended_with_its_children(tmp_path: Path) -> None:
    script = "sleep 600 & echo $! >child; cat /dev/zero"

    assert refusal(FromCommand(("sh", "-c", script), str(tmp_path)), dict(os.environ)) == "secret-too-long"
    assert ends(int((tmp_path / "child").read_text()))


def test_a_command_that_closes_its_output_and_stays_is_ended(tmp_path: Path) -> None:
    script = "import os, time; open('child', 'w').write(str(os.getpid())); os.close(1); time.sleep(600)"

    assert refusal(FromCommand((sys.executable, "-c", script), str(tmp_path)), {}, 1.0) == "secret-command-failed"
    assert ends(int((tmp_path / "child").read_text()))
