from __future__ import annotations

import os
import pickle
import sys
import time
from typing import TYPE_CHECKING

import pytest

from envsync.errors import SecretSourceError
from envsync.model import (
    MAX_VALUE_BYTES,
    DesiredSecret,
    External,
    FromCommand,
    FromEnvironment,
    FromFile,
    SecretValue,
)
from envsync.secrets.sources import Sources

if TYPE_CHECKING:
    from pathlib import Path

    from envsync.model import SecretSource

CANARY = "hunter2-canary"


def read(source: SecretSource, *, environ: dict[str, str] | None = None, seconds: float = 30.0) -> bytes:
    sources = Sources(environ or {}, allow_commands=True, command_seconds=seconds)
    return sources.read(DesiredSecret("TOKEN", source)).reveal()


def refusal(source: SecretSource, *, environ: dict[str, str] | None = None, seconds: float = 30.0) -> str:
    with pytest.raises(SecretSourceError) as caught:
        read(source, environ=environ, seconds=seconds)
    (diagnostic,) = caught.value.diagnostics
    assert CANARY not in f"{diagnostic}{caught.value!r}"
    return diagnostic.code


def python(script: str, root: Path) -> FromCommand:
    return FromCommand((sys.executable, "-c", script), str(root))


def test_a_variable_of_the_environment_is_taken_as_it_is() -> None:
    assert read(FromEnvironment("X"), environ={"X": " a\n"}) == b" a\n"


def test_bytes_that_are_no_text_survive() -> None:
    assert read(FromEnvironment("X"), environ={"X": os.fsdecode(b"\xff\x00")}) == b"\xff\x00"


@pytest.mark.parametrize(
    ("content", "value"),
    [(b"a\n", b"a"), (b"a\n\n", b"a\n"), (b"a\r\n", b"a"), (b"a\r", b"a\r"), (b"a", b"a"), (b"\xff", b"\xff")],
)
def test_one_trailing_newline_of_a_file_is_dropped(tmp_path: Path, content: bytes, value: bytes) -> None:
    (tmp_path / "token").write_bytes(content)

    assert read(FromFile("token", str(tmp_path))) == value


def test_a_command_runs_without_a_shell_in_the_folder_of_the_file(tmp_path: Path) -> None:
    assert read(python("import os; print(os.getcwd(), '$HOME')", tmp_path)) == f"{tmp_path} $HOME".encode()


def test_a_command_sees_no_credential_of_envsyncs_or_githubs(tmp_path: Path) -> None:
    kept = {"PATH": os.environ["PATH"], "OP_SESSION": "kept", "GITHUB_REPOSITORY": "acme/payments"}
    taken = dict.fromkeys(
        (
            "ENVSYNC_RECORD_KEY",
            "ENVSYNC_APP_PRIVATE_KEY",
            "GH_TOKEN",
            "GH_ENTERPRISE_TOKEN",
            "GITHUB_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "RUNNER_TRACKING_ID",
        ),
        CANARY,
    )

    seen = read(python("import os; print(sorted(os.environ))", tmp_path), environ=kept | taken).decode()

    assert "OP_SESSION" in seen
    assert "GITHUB_REPOSITORY" in seen
    assert not [name for name in taken if name in seen]


def test_commands_run_only_where_they_are_allowed(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    secret = DesiredSecret("TOKEN", python(f"open({str(marker)!r}, 'w')", tmp_path))

    with pytest.raises(SecretSourceError) as caught:
        Sources({}).read(secret)

    assert caught.value.diagnostics[0].code == "commands-not-allowed"
    assert not marker.exists()


def test_a_command_that_fails_is_named_and_its_output_is_not(tmp_path: Path) -> None:
    script = f"import sys; print({CANARY!r}); print({CANARY!r}, file=sys.stderr); sys.exit(3)"
    with pytest.raises(SecretSourceError) as caught:
        read(python(script, tmp_path))

    assert "status 3" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
    )
    began = time.monotonic()

    assert refusal(python(script, tmp_path), seconds=0.5) == "secret-command-failed"
    assert time.monotonic() - began < 20


def test_a_command_that_never_stops_writing_is_stopped(tmp_path: Path) -> None:
    script = "import sys\nwhile True: sys.stdout.write('x' * 65536)"

    assert refusal(python(script, tmp_path)) == "secret-too-long"


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    assert refusal(FromCommand(("no-such-command",), str(tmp_path))) == "secret-command-failed"
    assert refusal(FromCommand(("nul\0",), str(tmp_path))) == "secret-command-failed"


@pytest.mark.parametrize(
    "variable",
    ["ENVSYNC_RECORD_KEY", "GH_TOKEN", "GITHUB_TOKEN", "github_token", "ACTIONS_RUNTIME_TOKEN", "RUNNER_TEMP"],
)
def test_credentials_are_no_source(variable: str) -> None:
    assert refusal(FromEnvironment(variable), environ={variable: CANARY}) == "secret-source-refused"


def test_an_unset_and_an_empty_variable_are_told_apart() -> None:
    assert refusal(FromEnvironment("X")) == "secret-source-missing"
    assert refusal(FromEnvironment("X"), environ={"X": ""}) == "secret-is-empty"


def test_nothing_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\n")

    assert refusal(FromFile("token", str(tmp_path))) == "secret-is-empty"
    assert refusal(python("", tmp_path)) == "secret-is-empty"


def test_the_limit_of_github_is_held(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"x" * MAX_VALUE_BYTES + b"\r\n")
    assert len(read(FromFile("token", str(tmp_path)))) == MAX_VALUE_BYTES

    (tmp_path / "token").write_bytes(b"x" * (MAX_VALUE_BYTES + 1))
    assert refusal(FromFile("token", str(tmp_path))) == "secret-too-long"
    assert refusal(FromEnvironment("X"), environ={"X": CANARY * 10_000}) == "secret-too-long"


def test_a_file_stays_in_the_folder_of_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(CANARY)
    inside = tmp_path / "inside"
    (inside / "deep").mkdir(parents=True)
    (inside / "token").write_text("ok")
    (inside / "link-out").symlink_to(tmp_path / "outside")
    (inside / "link-in").symlink_to(inside / "token")

    assert read(FromFile("deep/../token", str(inside))) == b"ok"
    assert read(FromFile("link-in", str(inside))) == b"ok"
    for path in ("../outside", "link-out", str(tmp_path / "outside"), "/proc/self/environ", "deep/../../outside"):
        assert refusal(FromFile(path, str(inside))) == "secret-file-outside"


@pytest.mark.parametrize("folder", [".git", ".envsync"])
def test_where_credentials_are_kept_is_no_source(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "config").write_text(CANARY)
    (tmp_path / "link").symlink_to(tmp_path / folder / "config")

    for path in (f"{folder}/config", "link"):
        assert refusal(FromFile(path, str(tmp_path))) == "secret-source-refused"


def test_what_is_missing_is_known_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CANARY)
    sources = Sources({"X": CANARY, "Z": ""})
    good: tuple[SecretSource, ...] = (FromEnvironment("X"), FromFile("token", str(tmp_path)), External())
    bad: dict[str, SecretSource] = {
        "secret-source-missing": FromEnvironment("Y"),
        "secret-is-empty": FromEnvironment("Z"),
        "secret-file-unreadable": FromFile("other", str(tmp_path)),
        "commands-not-allowed": FromCommand(("no-such-command",), str(tmp_path)),
    }

    for source in good:
        sources.check(DesiredSecret("TOKEN", source))
    for code, source in bad.items():
        with pytest.raises(SecretSourceError) as caught:
            sources.check(DesiredSecret("TOKEN", source))
        assert caught.value.diagnostics[0].code == code


def test_what_is_no_readable_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")

    for path in ("missing", "folder", "loop", "pipe", "nul\0"):
        assert refusal(FromFile(path, str(tmp_path))) == "secret-file-unreadable"


def test_an_external_secret_has_no_source() -> None:
    assert refusal(External()) == "secret-is-external"


def test_a_value_shows_itself_to_nobody_who_does_not_ask() -> None:
    value = SecretValue(CANARY.encode())

    assert CANARY not in f"{value} {value!r} {[value]}"
    assert len(value) == len(CANARY)
    with pytest.raises(TypeError):
        pickle.dumps(value)


@pytest.mark.parametrize(("size", "code"), [(0, "secret-is-empty"), (MAX_VALUE_BYTES + 3, "secret-too-long")])
def test_a_check_tells_what_the_size_of_a_file_tells(tmp_path: Path, size: int, code: str) -> None:
    (tmp_path / "token").write_bytes(b"x" * size)

    with pytest.raises(SecretSourceError) as error:
        Sources({}).check(DesiredSecret("A", FromFile("token", str(tmp_path))))

    assert error.value.diagnostics[0].code == code
