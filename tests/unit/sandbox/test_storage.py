"""State in a folder."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.sandbox_http import PRODUCTION, REPOSITORY, world

from envsync.errors import Diagnostic, EnvsyncError
from envsync.sandbox import Sandbox, reset
from envsync.sandbox.shared_state import SharedValue
from envsync.sandbox.state import Secret, Token, Variable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.sandbox_http import World


ACTIONS = ("actions_secrets", "actions_variables")
FOR_DOCTOR = {"contents", "deployments", "secrets", "actions_variables", "organization_administration"}


def content(directory: Path, owner: str = "acme", name: str = "payments") -> dict[str, object]:
    text = (directory / "repositories" / owner / f"{name}.json").read_text()
    found: dict[str, object] = json.loads(text)["repository"]
    return found


def fill(github: World) -> None:
    """What no endpoint writes."""
    state, day = github.sandbox.state, "2026-03-01T00:00:00Z"
    repository, owner = state.repository("acme/payments"), state.accounts["acme"]
    repository.actions_secrets["A"] = Secret("A", day, day)
    repository.actions_variables["B"] = Variable("B", "ü", day, day)
    owner.actions_secrets["C"] = SharedValue("C", day, day)
    owner.actions_variables["D"] = SharedValue("D", day, day, "1", ["acme/payments"])
    state.tokens["ghp_x"] = Token("ghp_x", "alice", {}, scopes=["repo"])


def failure(act: Callable[[], object]) -> Diagnostic:
    with pytest.raises(EnvsyncError) as caught:
        act()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.hint
    return diagnostic


def serve(directory: Path) -> None:
    with Sandbox(directory):
        pass


def test_everything_is_there_again(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        github.put(wait_timer=5, reviewers=[github.user("alice"), github.team("acme/devops")])
        github.call("POST", f"{PRODUCTION}/variables", {"name": "A", "value": "ä"})
        github.put_secret("B", b"x")
        github.sandbox.deploy("acme/payments", "production", "success")
        github.sandbox.seed(files={("acme", "payments"): {".github/workflows/ü.yml": "on: push\n"}})
        fill(github)
        before = github.sandbox.state
    with Sandbox(tmp_path) as again:
        assert again.state.repositories == before.repositories
        assert (again.state.accounts, again.state.teams) == (before.accounts, before.teams)
        assert (again.state.apps, again.state.tokens) == (before.apps, before.tokens)


def test_installations_are_and_their_tokens_are_not(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        app, installation = sandbox.install_app(
            "robot", public_key="", owner="acme", permissions={"actions": "read"}
        )
        sandbox.state.issued["ghs_x"] = Token("ghs_x", "robot[bot]", {}, installation=installation)
        before = sandbox.state
    assert "ghs_x" not in (tmp_path / "accounts.json").read_text()
    with Sandbox(tmp_path) as again:
        assert (again.state.apps, again.state.installations) == (before.apps, before.installations)
        assert again.state.apps["robot"].id == app
        assert again.state.issued == {}


class TestOlderState:
    """From before there were issues: its tokens get what they may do since."""

    @staticmethod
    def age(directory: Path) -> dict[str, Any]:
        """Takes away what envsync wrote only later, and gives what is left."""
        with world(directory=directory):
            pass
        file = directory / "repositories" / "acme" / "payments.json"
        whole = json.loads(file.read_text())
        for name in ("has_issues", "labels", "issues", "files", "deployments", *ACTIONS):
            del whole["repository"][name]
        head: dict[str, Any] = json.loads((directory / "accounts.json").read_text())
        del head["installations"], head["edition"]
        del head["accounts"]["github-actions[bot]"]
        TestOlderState.take_what_doctor_needs(head, whole)
        file.write_text(json.dumps(whole))
        for app in head["apps"].values():
            del app["owner"], app["name"], app["public_key"], app["permissions"]
        for token in head["tokens"].values():
            del token["expires_at"], token["installation"], token["account"], token["scopes"]
            token["login"] = "sandbox"
            for permission in ("issues", "pull_requests", "contents"):
                token["permissions"].pop(permission, None)
        return head

    def test_it_is_brought_up_to_date(self, tmp_path: Path) -> None:
        (tmp_path / "accounts.json").write_text(json.dumps(self.age(tmp_path)))
        with Sandbox() as fresh, Sandbox(tmp_path) as again:
            assert again.state.tokens == fresh.state.tokens
            assert again.state.accounts["github-actions[bot]"].type == "Bot"
            assert again.state.apps["change-gate"].offers_rule
            assert again.state.repository("acme/payments").has_issues

    @staticmethod
    def take_what_doctor_needs(head: dict[str, Any], repository: dict[str, Any]) -> None:
        """The second edition brought it."""
        for account in head["accounts"].values():
            for name in ACTIONS:
                del account[name]
        del head["accounts"]["sandbox-colleague"], repository["repository"]["users"]["sandbox-colleague"]
        for team in head["teams"].values():
            team["members"] = []
        for permission in FOR_DOCTOR:
            del head["tokens"]["sandbox"]["permissions"][permission]

    def test_what_doctor_asks_for_came_later(self, tmp_path: Path) -> None:
        with world(directory=tmp_path) as github:
            github.sandbox.seed(teams=[("acme", "leads")])
        file = tmp_path / "repositories" / "acme" / "payments.json"
        head, whole = json.loads((tmp_path / "accounts.json").read_text()), json.loads(file.read_text())
        self.take_what_doctor_needs(head, whole)
        head["edition"] = 1
        head["teams"]["acme/leads"]["members"] = ["alice"]
        del head["tokens"]["sandbox"]["permissions"]["issues"]
        head["tokens"]["sandbox-reader"]["permissions"] = {"metadata": "read"}
        (tmp_path / "accounts.json").write_text(json.dumps(head))
        file.write_text(json.dumps(whole))
        with Sandbox(tmp_path) as again:
            state = again.state
            assert state.teams["acme/devops"].members == ["sandbox", "sandbox-colleague"]
            assert state.teams["acme/leads"].members == ["alice"]
            assert "sandbox-colleague" in state.accounts
            assert "sandbox-colleague" in state.repository("acme/payments").users
            assert state.tokens["sandbox"].permissions.keys() >= FOR_DOCTOR
            assert "issues" not in state.tokens["sandbox"].permissions
            assert state.tokens["sandbox-reader"].permissions == {"metadata": "read"}
            state.teams["acme/devops"].members.clear()
            del state.tokens["sandbox"].permissions["contents"]
        with Sandbox(tmp_path) as again:
            assert again.state.teams["acme/devops"].members == []
            assert "contents" not in again.state.tokens["sandbox"].permissions

    def test_what_was_set_by_hand_stays(self, tmp_path: Path) -> None:
        head = self.age(tmp_path)
        head["tokens"]["sandbox"]["permissions"]["environments"] = "read"
        del head["tokens"]["sandbox-reader"], head["tokens"]["sandbox-workflow"]
        (tmp_path / "accounts.json").write_text(json.dumps(head))
        with Sandbox(tmp_path) as again:
            permissions = again.state.tokens["sandbox"].permissions
            assert (permissions["environments"], permissions["issues"]) == ("read", "write")
            assert "sandbox-reader" not in again.state.tokens
            del permissions["issues"]
        with Sandbox(tmp_path) as again:
            assert "issues" not in again.state.tokens["sandbox"].permissions


def test_each_repository_is_a_file_to_look_into_written_after_each_change(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        github.call("POST", f"{PRODUCTION}/variables", {"name": "A", "value": "1"})
        environments = content(tmp_path)["environments"]
        assert isinstance(environments, dict)
        assert environments["production"]["variables"]["A"]["value"] == "1"
        github.call("DELETE", PRODUCTION)
        assert content(tmp_path)["environments"] == {}
        assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
            ".gitignore",
            "accounts.json",
            "lock",
            "payments.json",
        }


def test_reading_writes_nothing(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        file = tmp_path / "repositories" / "acme" / "payments.json"
        before = file.stat()
        github.call("GET", PRODUCTION)
        github.put(wait_timer=-1)
        github.sandbox.seed(users=["alice"], repositories=[("acme", "payments")])
        after = file.stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_id_is_never_used_twice(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        first = github.call("PUT", f"{REPOSITORY}/environments/x").json["id"]
        github.call("DELETE", f"{REPOSITORY}/environments/x")
    with world(directory=tmp_path) as github:
        assert github.call("PUT", f"{REPOSITORY}/environments/x").json["id"] > first


def test_ids_go_on_beyond_those_set_aside(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        reserved = json.loads((tmp_path / "accounts.json").read_text())["last_id"]
        github.sandbox.state.last_id = reserved
        number = github.call("PUT", f"{REPOSITORY}/environments/x").json["id"]
        assert number == reserved + 1
        assert json.loads((tmp_path / "accounts.json").read_text())["last_id"] > number


def test_a_test_may_change_the_state_and_save_it(tmp_path: Path) -> None:
    with world(directory=tmp_path) as github:
        github.sandbox.state.rename("acme/payments", "billing")
        github.sandbox.state.repository("acme/billing").archived = True
        github.sandbox.save()
        assert content(tmp_path, name="billing")["archived"] is True
        assert not (tmp_path / "repositories" / "acme" / "payments.json").exists()


def test_git_does_not_see_it(tmp_path: Path) -> None:
    serve(tmp_path / "deep" / "down")
    assert (tmp_path / "deep" / "down" / ".gitignore").read_text() == "*\n"


def test_only_its_owner_can_read_what_keys_are_derived_from(tmp_path: Path) -> None:
    serve(tmp_path)
    assert (tmp_path / "accounts.json").stat().st_mode & 0o077 == 0


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(directory=tmp_path) as github:
        before = (tmp_path / "repositories" / "acme" / "payments.json").read_text()
        github.sandbox.state.repository("acme/payments").archived = True

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("pathlib.Path.replace", full)
            diagnostic = failure(github.sandbox.save)
        assert diagnostic.code == "sandbox-state-unusable"
        assert "No space left on device" in diagnostic.message
        folder = tmp_path / "repositories" / "acme"
        assert [path.name for path in folder.iterdir()] == ["payments.json"]
        assert (folder / "payments.json").read_text() == before


def test_a_request_whose_change_cannot_be_kept_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def act(github: World) -> int:
        with monkeypatch.context() as patch:
            patch.setattr("pathlib.Path.replace", full)
            return github.put(wait_timer=5).status

    with pytest.raises(EnvsyncError, match="No space left on device"), world(directory=tmp_path) as github:
        assert act(github) == 500


class TestLock:
    def test_a_second_one_is_told_of_the_first(self, tmp_path: Path) -> None:
        with Sandbox(tmp_path) as first:
            diagnostic = failure(lambda: serve(tmp_path))
            assert diagnostic.code == "sandbox-in-use"
            assert diagnostic.hint is not None
            assert f"--api-url {first.url}" in diagnostic.hint
            assert failure(lambda: reset(tmp_path)).code == "sandbox-in-use"
        serve(tmp_path)

    def test_so_is_another_process(self, tmp_path: Path) -> None:
        script = """
import sys
from pathlib import Path
from envsync.sandbox import Sandbox
with Sandbox(Path(sys.argv[1])):
    print("served")
"""
        with Sandbox(tmp_path):
            command = [sys.executable, "-c", script, str(tmp_path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stdout == ""
        assert f"another process serves {tmp_path}" in done.stderr

    def test_a_file_system_without_locks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr("fcntl.flock", refuse)
        diagnostic = failure(lambda: serve(tmp_path))
        assert diagnostic.code == "sandbox-state-unusable"
        assert diagnostic.message == f"{tmp_path}: No locks available"

    def test_a_disk_without_room_for_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("envsync.sandbox.storage.Storage.announce", refuse)
            assert failure(lambda: serve(tmp_path)).code == "sandbox-state-unusable"
        assert "sandbox" not in [thread.name for thread in threading.enumerate()]
        serve(tmp_path)

    def test_one_that_has_not_said_where_it_is(self, tmp_path: Path) -> None:
        with Sandbox(tmp_path):
            (tmp_path / "lock").write_text("")
            diagnostic = failure(lambda: serve(tmp_path))
            assert diagnostic.hint is not None
            assert "wait until it has started" in diagnostic.hint

    def test_a_failed_start_lets_go(self, tmp_path: Path) -> None:
        serve(tmp_path)
        good = (tmp_path / "accounts.json").read_text()
        (tmp_path / "accounts.json").write_text("{")
        failure(lambda: serve(tmp_path))
        (tmp_path / "accounts.json").write_text(good)
        serve(tmp_path)


class TestDamage:
    @pytest.fixture(autouse=True)
    def something(self, tmp_path: Path) -> None:
        with world(directory=tmp_path):
            pass

    @pytest.mark.parametrize("name", ["accounts.json", "repositories/acme/payments.json"])
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"", "it is not JSON"),
            (b"\xff", "it is not UTF-8"),
            (b"{}", "format is missing"),
        ],
        ids=["empty", "bytes", "nothing"],
    )
    def test_a_damaged_file_is_named(self, tmp_path: Path, name: str, text: bytes, reason: str) -> None:
        (tmp_path / name).write_bytes(text)
        diagnostic = failure(lambda: serve(tmp_path))
        assert diagnostic.code == "sandbox-state-damaged"
        assert str(tmp_path / name) in diagnostic.message
        assert reason in diagnostic.message
        assert diagnostic.hint is not None
        assert "--reset" in diagnostic.hint

    @pytest.mark.parametrize(
        ("name", "key", "value", "reason"),
        [
            ("accounts.json", "format", 2, "it is of format 2, and this envsync knows 1"),
            ("accounts.json", "key_seed", "secret", "key_seed is no hexadecimal text of 64 digits"),
            ("accounts.json", "accounts", {}, "the owner acme is not in accounts.json"),
        ],
    )
    def test_so_is_what_does_not_fit(
        self, tmp_path: Path, name: str, key: str, value: object, reason: str
    ) -> None:
        good = json.loads((tmp_path / name).read_text())
        (tmp_path / name).write_text(json.dumps({**good, key: value}))
        diagnostic = failure(lambda: serve(tmp_path))
        assert diagnostic.message.endswith(reason)

    def test_a_file_under_another_name(self, tmp_path: Path) -> None:
        file = tmp_path / "repositories" / "acme" / "payments.json"
        (file.parent / "copy.json").write_text(file.read_text())
        assert failure(lambda: serve(tmp_path)).message.endswith("it holds acme/payments")

    def test_two_files_of_one_repository(self, tmp_path: Path) -> None:
        file = tmp_path / "repositories" / "acme" / "payments.json"
        twin = file.parent / "PAYMENTS.json"
        twin.write_text(file.read_text().replace('"name": "payments"', '"name": "PAYMENTS"'))
        assert "has another file already" in failure(lambda: serve(tmp_path)).message

    def test_repositories_without_accounts(self, tmp_path: Path) -> None:
        (tmp_path / "accounts.json").unlink()
        assert "it is missing, while there are repositories" in failure(lambda: serve(tmp_path)).message

    def test_a_reset_mends_it_and_takes_nothing_else(self, tmp_path: Path) -> None:
        (tmp_path / "accounts.json").write_text("{")
        (tmp_path / "repositories" / "acme" / "notes.txt").write_text("mine")
        reset(tmp_path)
        with Sandbox(tmp_path) as fresh:
            assert fresh.state.repositories == {}
        assert (tmp_path / "repositories" / "acme" / "notes.txt").read_text() == "mine"


def test_a_reset_leaves_no_empty_folders(tmp_path: Path) -> None:
    with world(directory=tmp_path):
        pass
    reset(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".gitignore", "lock"}
    reset(tmp_path)
    reset(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").mkdir()
    diagnostic = failure(lambda: serve(tmp_path))
    assert diagnostic.code == "sandbox-state-unusable"
    assert diagnostic.message == f"{tmp_path / 'accounts.json'}: Is a directory"


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    diagnostic = failure(lambda: serve(tmp_path / "file" / "sandbox"))
    assert diagnostic.code == "sandbox-state-unusable"
    assert str(tmp_path / "file") in diagnostic.message
