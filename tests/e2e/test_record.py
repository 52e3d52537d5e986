"""The record at work: what it lets envsync say and do, and what is so without it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from support.recorded import KEY, OTHER_KEY, RECORD, WRITES, Recorded, by_name, recorded, told
from support.shell import CANARY, COMMAND, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.recorded import Json

    from envsync.sandbox import Exchange

PRODUCTION = (
    "environments:",
    "  production:",
    "    required_reviewers: [ann]",
    "    wait_timer: 10",
    '    variables: {LEVEL: "1"}',
    "    secrets: {TOKEN: {env: TOKEN}, PASSWORD: {env: TOKEN}}",
)
NO_KEY = {"ENVSYNC_RECORD_KEY": ""}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Recorded]:
    with recorded(tmp_path) as lab:
        lab.shell.environ["TOKEN"] = CANARY
        yield lab


@pytest.fixture
def applied(lab: Recorded) -> Recorded:
    """`production`, made by envsync."""
    lab.file(*PRODUCTION)
    lab.apply()
    assert lab.settled()
    lab.clock.advance(60)
    return lab


def states(plan: Json) -> dict[str, str]:
    return {name: each["state"] for name, each in by_name(plan, "secrets").items()}


def record_of(plan: Json, environment: str = "production") -> tuple[str, str]:
    found = by_name(plan, "records")[environment]
    return found["state"], found["next"]


# --- secrets -----------------------------------------------------------------------------------------------


def test_a_changed_source_is_one_change_and_then_none(applied: Recorded) -> None:
    applied.file(*PRODUCTION[:-1], "    secrets: {TOKEN: {env: NEW}, PASSWORD: {env: TOKEN}}")
    applied.shell.environ["NEW"] = "another value"

    plan = applied.plan()

    assert told(plan) == {"TOKEN": ("update", "neutral", "config")}
    assert states(plan) == {"TOKEN": "source_changed", "PASSWORD": "in_sync"}
    applied.apply()
    assert [each for each in applied.written() if "secrets" in each] == ["PUT production/secrets/TOKEN"]
    assert applied.values["production", "TOKEN"] == "another value"
    assert applied.settled()


def test_a_secret_that_another_tool_rewrote_is_told_guarded_and_put_right(applied: Recorded) -> None:
    applied.put_secret("TOKEN", "of another tool")

    plan = applied.plan()

    assert told(plan) == {"TOKEN": ("update", "destroys", "outside")}
    assert states(plan) == {"TOKEN": "touched_outside", "PASSWORD": "in_sync"}
    assert "--allow-destroying=production" in applied.apply(code=1).err
    assert applied.written() == []
    applied.apply("--allow-destroying=production")
    assert applied.values["production", "TOKEN"] == CANARY
    assert applied.settled()


def test_without_secrets_the_rest_can_be_put_right_while_that_is_to_be_decided(applied: Recorded) -> None:
    applied.put_secret("TOKEN", "of another tool")
    applied.call("DELETE", "production/variables/LEVEL")

    applied.apply("--no-secrets")

    assert applied.values["production", "TOKEN"] != CANARY
    assert [each["name"] for each in applied.plan()["changes"]] == ["TOKEN"]


def test_both_the_source_and_github_changed_is_a_conflict(applied: Recorded) -> None:
    applied.put_secret("TOKEN", "of another tool")
    applied.put_secret("PASSWORD", "of another tool")

    assert told(applied.plan(TOKEN="another value")) == {
        "TOKEN": ("update", "destroys", "conflict"),
        "PASSWORD": ("update", "destroys", "conflict"),
    }


def test_a_secret_that_somebody_deleted_is_missing_and_comes_back(applied: Recorded) -> None:
    applied.call("DELETE", "production/secrets/TOKEN")

    plan = applied.plan()

    assert told(plan) == {"TOKEN": ("create", "neutral", "outside")}
    assert states(plan)["TOKEN"] == "missing"
    applied.apply()
    assert applied.settled()


def test_with_the_same_key_another_machine_has_nothing_to_do_either(applied: Recorded, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(applied.shell.folder / "environments.yaml", elsewhere)
    machine = Shell(elsewhere, dict(applied.shell.environ))  # its HOME is another one, too
    applied.exchanges.clear()

    out = machine.ok("apply", "--yes")

    assert "In sync: everything is as the files say." in out
    assert [each for each in applied.exchanges if each.method in WRITES] == []
    assert sorted(each.name for each in elsewhere.iterdir()) == ["environments.yaml"]


def test_nothing_of_a_record_is_kept_on_this_machine(applied: Recorded) -> None:
    assert sorted(each.name for each in applied.shell.folder.iterdir()) == ["environments.yaml"]


@pytest.mark.parametrize("key", ["", OTHER_KEY])
def test_without_the_key_nothing_claims_to_be_in_sync(applied: Recorded, key: str) -> None:
    plan = applied.plan(ENVSYNC_RECORD_KEY=key)
    said = applied.shell.run("plan", stdin="", timeout=60, ENVSYNC_RECORD_KEY=key).out

    assert plan["changes"] == []
    assert states(plan) == {"TOKEN": "unverifiable", "PASSWORD": "unverifiable"}
    assert record_of(plan) == ("unverified", "keep")
    assert "In sync" not in said
    assert "That is not to say in sync" in said


def test_without_a_key_no_record_is_written_or_asked_for(lab: Recorded) -> None:
    lab.file(*PRODUCTION)

    lab.apply(environ=NO_KEY)

    plan = lab.plan(environ=NO_KEY)
    assert not lab.has_record()
    assert plan["records"] == plan["changes"] == []
    assert states(plan) == {"TOKEN": "unverifiable", "PASSWORD": "unverifiable"}


# --- rotating secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (["--rotate-secrets"], ["PASSWORD", "TOKEN"]),
        (["--rotate-secrets", "T*"], ["TOKEN"]),
        (["--rotate-secrets=T*"], ["TOKEN"]),
        (["--rotate-secrets=tok*"], ["TOKEN"]),
        (["--rotate-secrets", "TOKEN", "--rotate-secrets", "PASSWORD"], ["PASSWORD", "TOKEN"]),
        (["--rotate-secrets", "-q"], ["PASSWORD", "TOKEN"]),
    ],
)
def test_secrets_that_envsync_wrote_are_rotated_without_a_grant(
    applied: Recorded, arguments: list[str], written: list[str]
) -> None:
    applied.apply(*arguments)

    assert [each for each in applied.written() if "secrets" in each] == [
        f"PUT production/secrets/{name}" for name in written
    ]
    assert applied.settled()


def test_a_rotation_can_stand_before_a_saved_plan(applied: Recorded) -> None:
    applied.plan("--rotate-secrets", "--out", "plan.json")

    applied.apply("--rotate-secrets", "plan.json")

    assert applied.written().count("PUT production/secrets/TOKEN") == 1


def test_a_rotation_of_no_secret_is_an_error(applied: Recorded) -> None:
    said = applied.apply("--rotate-secrets=NOTHING*", code=1).err

    assert "error[no-secret]: no secret of the files matches NOTHING*" in said
    assert applied.written() == []


def test_a_secret_that_envsync_did_not_write_is_rotated_with_a_grant_only(lab: Recorded) -> None:
    lab.call("PUT", "production")
    lab.put_secret("TOKEN", "set by hand")
    lab.file("environments:", "  production: {secrets: {TOKEN: {env: TOKEN}}}")
    lab.apply()
    assert lab.values["production", "TOKEN"] == "set by hand"

    assert "--allow-destroying=production" in lab.apply("--rotate-secrets", code=1).err
    lab.apply("--rotate-secrets", "--allow-destroying=production")

    assert states(lab.plan()) == {"TOKEN": "in_sync"}
    assert lab.settled()


# --- whose is it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prune", ["prune: false", "prune: true"])
@pytest.mark.parametrize("key", [KEY, ""])
def test_two_files_of_one_repository_leave_each_other_alone(lab: Recorded, prune: str, key: str) -> None:
    lab.file(prune, *PRODUCTION)
    lab.file(prune, *(line.replace("production", "staging") for line in PRODUCTION), name="shop", path="shop.yaml")
    files = {"production": "environments.yaml", "staging": "shop.yaml"}
    lab.apply()
    lab.apply("-f", "shop.yaml")

    for environment, file in files.items():
        plan = lab.plan("-f", file, ENVSYNC_RECORD_KEY=key)
        assert plan["changes"] == []
        assert {each["environment"] for each in plan["unmanaged"]} == set(files) - {environment}
        lab.apply("-f", file, "--allow-destroying", ENVSYNC_RECORD_KEY=key)
        assert lab.written() == []


def test_two_files_at_once_keep_their_own(lab: Recorded) -> None:
    lab.file(*PRODUCTION)
    lab.file("environments: {staging: {}}", name="shop", path="shop.yaml")

    lab.apply("-f", "environments.yaml", "-f", "shop.yaml")

    assert (lab.record()["owner"], lab.record("staging")["owner"]) == ("payments", "shop")
    assert lab.settled()


def test_what_another_file_owns_is_an_error_that_names_it(applied: Recorded) -> None:
    applied.file(*PRODUCTION, name="shop")

    plan = applied.plan(code=1)

    (unread,) = plan["unread"]
    assert "belongs to the file called payments" in unread["reason"]
    assert "--take-over" in unread["hint"]
    assert by_name(plan, "records")["production"]["owner"] == "payments"
    assert plan["changes"] == []
    before = applied.text()
    applied.apply(code=1)
    assert (applied.written(), applied.text()) == ([], before)


def test_taking_over_makes_it_adopted_and_keeps_what_is_known_of_secrets(applied: Recorded) -> None:
    applied.file(*PRODUCTION, name="shop")
    assert states(applied.plan("--take-over")) == {"TOKEN": "in_sync", "PASSWORD": "in_sync"}

    applied.apply("--take-over")

    assert applied.written() == ["PATCH production/variables/ENVSYNC_RECORD"]
    assert (applied.record()["owner"], applied.record()["made"]) == ("shop", "adopted")
    assert applied.settled()
    applied.file("environments: {staging: {}}", name="shop")
    assert told(applied.plan()) == {"staging": ("create", "neutral", "unknown")}


def test_environments_that_were_set_up_by_hand_are_taken_over_without_a_write(lab: Recorded) -> None:
    for environment in ("production", "staging"):
        lab.call("PUT", environment, {"wait_timer": 10})
        lab.call("POST", f"{environment}/variables", {"name": "LEVEL", "value": "1"})
        lab.put_secret("TOKEN", "set by hand", environment)
    lab.file(
        "defaults:",
        "  wait_timer: 10",
        '  variables: {LEVEL: "1"}',
        "  secrets: {TOKEN: {env: TOKEN}}",
        "environments: {production: {}, staging: {}}",
    )
    assert lab.plan()["changes"] == []

    lab.apply()

    writes = [each for each in lab.exchanges if each.method in WRITES]
    assert lab.written() == ["POST production/variables", "POST staging/variables"]
    assert {each.request["name"] for each in writes if isinstance(each.request, dict)} == {RECORD}
    assert lab.settled()
    for environment in ("production", "staging"):
        assert lab.record(environment)["made"] == "adopted"
        assert lab.record(environment)["variables"]["LEVEL"].startswith("a")
        assert lab.record(environment)["secrets"] == {"TOKEN": "a"}  # of a value it did not write it knows nothing
    assert set(lab.values.values()) == {"set by hand"}
    assert states(lab.plan()) == {"TOKEN": "unverifiable"}


def test_what_envsync_created_goes_with_the_file_and_what_it_adopted_stays(lab: Recorded) -> None:
    lab.call("PUT", "production")
    lab.call("POST", "production/variables", {"name": "THEIRS", "value": "1"})
    lab.put_secret("THEIRS", "set by hand")
    lab.file(
        "environments:",
        "  production:",
        '    variables: {OURS: "1", THEIRS: "1"}',
        "    secrets: {OURS: {env: TOKEN}, THEIRS: {env: TOKEN}}",
    )
    lab.apply()
    lab.file("environments: {production: {}}")

    plan = lab.plan()

    assert {(each["kind"], each["name"], each["action"], each["origin"]) for each in plan["changes"]} == {
        ("variable", "OURS", "delete", "config"),
        ("secret", "OURS", "delete", "config"),
    }
    assert {(each["kind"], each["name"]) for each in plan["unmanaged"]} == {
        ("variable", "THEIRS"),
        ("secret", "THEIRS"),
    }
    assert "--allow-destroying=production" in lab.apply(code=1).err
    lab.apply("--allow-destroying=production")
    assert (set(lab.there("production").variables), set(lab.there("production").secrets)) == (
        {"THEIRS", RECORD},
        {"THEIRS"},
    )


def test_an_environment_that_left_the_file_goes_if_created_and_is_let_go_if_adopted(lab: Recorded) -> None:
    lab.call("PUT", "adopted")
    lab.file("environments: {adopted: {}, created: {}, stays: {}}")
    lab.apply()
    lab.file("environments: {stays: {}}")

    plan = lab.plan()

    assert told(plan) == {"created": ("delete", "destroys", "config")}
    assert record_of(plan, "adopted") == ("verified", "remove")
    assert "--allow-destroying=created" in lab.apply(code=1).err
    assert lab.environments() == {"adopted", "created", "stays"}
    lab.apply("--allow-destroying=created")
    assert lab.environments() == {"adopted", "stays"}
    assert not lab.has_record("adopted")
    assert lab.settled()


# --- who changed it ----------------------------------------------------------------------------------------


def test_each_change_says_who_moved(applied: Recorded) -> None:
    applied.call(
        "PUT", "production", {"wait_timer": 0, "reviewers": [{"type": "User", "id": user(applied, "ann")}]}
    )
    applied.call("PATCH", "production/variables/LEVEL", {"value": "3"})
    assert {(each["kind"], each["origin"], each["risk"]) for each in applied.plan()["changes"]} == {
        ("settings", "outside", "tightens"),
        ("variable", "outside", "neutral"),
    }

    applied.file(
        *PRODUCTION[:2], "    can_admins_bypass: false", *PRODUCTION[2:3], "    wait_timer: 20", *PRODUCTION[4:]
    )

    found = {
        (each["kind"], each["origin"], *(field["name"] for field in each["fields"]))
        for each in applied.plan()["changes"]
    }
    assert found == {
        ("settings", "config", "can_admins_bypass"),
        ("settings", "conflict", "wait_timer"),
        ("variable", "outside", "value"),
    }
    applied.apply()
    assert applied.settled()


def user(lab: Recorded, login: str) -> int:
    return lab.sandbox.state.accounts[login].id


def test_newly_ignoring_what_protects_needs_a_grant(applied: Recorded) -> None:
    applied.file(*PRODUCTION[:3], "    ignore: [wait_timer]", *PRODUCTION[4:])

    plan = applied.plan()

    assert [(each["risk"], each["origin"]) for each in plan["changes"]] == [("weakens", "config")]
    assert "--allow-weakening=production:timer" in applied.apply(code=1).err
    assert applied.written() == []
    applied.apply("--allow-weakening=production:timer")
    assert applied.written() == ["PATCH production/variables/ENVSYNC_RECORD"]
    assert applied.settled()


def test_narrowing_a_run_to_a_name_that_left_never_touch_needs_the_grant_all_the_same(lab: Recorded) -> None:
    lab.call("PUT", "legacy", {"wait_timer": 30})
    lab.file("never_touch: [legacy]", *PRODUCTION)
    lab.apply()
    lab.file(*PRODUCTION, "  legacy: {wait_timer: 60}")

    assert "--allow-weakening=legacy" in lab.apply("--environment", "legacy", code=1).err


# --- how much fits -----------------------------------------------------------------------------------------


def crowded(variables: int, secrets: int = 100) -> tuple[str, ...]:
    return (
        "environments:",
        "  production:",
        "    variables:",
        *(f'      VARIABLE_OF_20_CH{number:03}: "{number}"' for number in range(variables)),
        "    secrets:",
        *(f"      SECRET_OF_20_CHAR{number:03}: {{env: TOKEN}}" for number in range(secrets)),
    )


def test_a_hundred_secrets_and_ninety_nine_variables_have_a_record(lab: Recorded) -> None:
    lab.file(*crowded(99))

    lab.apply()

    plan = lab.plan()
    assert lab.settled()
    assert record_of(plan) == ("verified", "keep")
    assert set(states(plan).values()) == {"in_sync"}
    assert "In sync: everything is as the files say." in lab.shell.ok("plan")
    assert len(lab.there("production").variables) == 100
    assert 8_000 < len(lab.text()) < 10_240


def test_a_hundred_secrets_and_a_hundred_variables_have_none_and_envsync_says_so(lab: Recorded) -> None:
    lab.file(*crowded(100))
    lab.apply()

    plan = lab.plan()

    assert plan["changes"] == []
    assert record_of(plan) == ("absent", "keep")
    assert "100 variables leave no room" in by_name(plan, "records")["production"]["reason"]
    assert set(states(plan).values()) == {"unverifiable"}
    said = lab.shell.ok("plan")
    assert "No record is kept:" in said
    assert "In sync" not in said
    assert not lab.has_record()


def test_the_hundredth_variable_takes_the_place_of_the_record(lab: Recorded) -> None:
    lab.file(*crowded(99, 1))
    lab.apply()
    lab.file(*crowded(100, 1))

    assert record_of(lab.plan()) == ("verified", "remove")
    lab.apply()

    assert lab.written() == ["DELETE production/variables/ENVSYNC_RECORD", "POST production/variables"]
    assert len(lab.there("production").variables) == 100
    assert lab.settled()

    lab.file(*crowded(99, 1), "    prune: true")  # and back
    lab.apply()
    assert lab.has_record()
    assert lab.settled()


# --- keys --------------------------------------------------------------------------------------------------


def test_a_key_is_rotated_with_the_previous_one_at_hand(applied: Recorded) -> None:
    both = {"ENVSYNC_RECORD_KEY": OTHER_KEY, "ENVSYNC_RECORD_KEY_PREVIOUS": KEY}
    former = applied.record()["key"]
    plan = applied.plan(environ=both)
    assert plan["changes"] == []
    assert record_of(plan) == ("verified", "write")
    assert states(plan) == {"TOKEN": "in_sync", "PASSWORD": "in_sync"}

    applied.apply(environ=both)

    assert applied.written() == ["PATCH production/variables/ENVSYNC_RECORD"]
    assert applied.record()["key"] != former
    assert applied.settled({"ENVSYNC_RECORD_KEY": OTHER_KEY})
    assert states(applied.plan(ENVSYNC_RECORD_KEY=OTHER_KEY)) == {"TOKEN": "in_sync", "PASSWORD": "in_sync"}
    assert record_of(applied.plan()) == ("unverified", "keep")  # the former one is good for nothing now


@pytest.mark.parametrize("key", ["", OTHER_KEY])
def test_a_record_that_cannot_be_verified_stops_an_apply_but_no_plan(applied: Recorded, key: str) -> None:
    applied.file(*PRODUCTION[:4], '    variables: {LEVEL: "2"}', PRODUCTION[5])
    environ = {"ENVSYNC_RECORD_KEY": key}
    assert told(applied.plan(environ=environ)) == {"LEVEL": ("update", "neutral", "unknown")}
    before = applied.text()

    said = applied.apply(code=1, environ=environ).err

    assert "error[record-not-verified]" in said
    assert "--take-over" in said
    assert (applied.written(), applied.text()) == ([], before)


def test_a_lost_key_is_got_over_by_taking_over(applied: Recorded) -> None:
    new = {"ENVSYNC_RECORD_KEY": OTHER_KEY}

    applied.apply("--take-over", environ=new)

    assert applied.written() == ["PATCH production/variables/ENVSYNC_RECORD"]
    assert applied.record()["made"] == "adopted"
    assert applied.settled(new)
    assert states(applied.plan(environ=new)) == {"TOKEN": "unverifiable", "PASSWORD": "unverifiable"}
    applied.apply("--rotate-secrets", "--allow-destroying=production", environ=new)
    assert states(applied.plan(environ=new)) == {"TOKEN": "in_sync", "PASSWORD": "in_sync"}


def test_taking_over_without_any_key_removes_the_record(applied: Recorded) -> None:
    applied.apply("--take-over", environ=NO_KEY)

    assert applied.written() == ["DELETE production/variables/ENVSYNC_RECORD"]


@pytest.mark.parametrize("key", ["short", "00" * 31, "not a key at all"])
def test_a_bad_key_is_an_error_before_github_is_asked(applied: Recorded, key: str) -> None:
    applied.exchanges.clear()

    ran = applied.shell.run("plan", stdin="", timeout=60, ENVSYNC_RECORD_KEY=key)

    assert ran.code == 1
    assert "error[record-key]" in ran.err
    assert "openssl rand -hex 32" in ran.err
    assert key not in ran.err
    assert applied.exchanges == []


# --- what knows no record ----------------------------------------------------------------------------------


def test_what_is_changed_with_settings_only_reads_as_changed_outside(applied: Recorded) -> None:
    applied.file(*PRODUCTION[:3], "    wait_timer: 20", *PRODUCTION[4:])
    before = applied.text()

    applied.apply("--settings-only")

    assert (applied.written(), applied.text()) == (["PUT production"], before)
    applied.file(*PRODUCTION)
    assert {each["origin"] for each in applied.plan()["changes"]} == {"outside"}


def test_an_environment_that_was_deleted_takes_its_record_along(applied: Recorded) -> None:
    applied.call("DELETE", "production")

    plan = applied.plan()

    assert {each["origin"] for each in plan["changes"]} == {"unknown"}
    assert record_of(plan) == ("absent", "write")
    applied.apply()
    assert applied.settled()


# --- an apply that is killed -------------------------------------------------------------------------------


def killed_after(lab: Recorded, request: str) -> None:
    """Apply, and kill it after GitHub has done `request` and before it hears of that."""
    known = threading.Event()
    victims: list[subprocess.Popen[bytes]] = []

    def kill(exchange: Exchange) -> None:
        if exchange.method in WRITES and lab.written()[-1] == request and victims_are_known():
            os.kill(victims[0].pid, signal.SIGKILL)

    def victims_are_known() -> bool:
        return known.wait(60)

    lab.clock.advance(60)
    lab.exchanges.clear()
    lab.meddle = kill
    with subprocess.Popen(
        [COMMAND, "apply", "--yes", "--allow-weakening"],
        cwd=lab.shell.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(lab.shell.folder), **lab.shell.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        victims.append(process)
        known.set()
        assert process.wait(60) == -signal.SIGKILL
    lab.meddle = lambda _exchange: None
    lab.clock.advance(60)


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ("PATCH production/variables/ENVSYNC_RECORD", {"production", "LEVEL", "TOKEN", "PASSWORD"}),
        ("PATCH production/variables/LEVEL", {"production", "TOKEN", "PASSWORD"}),
        ("PUT production/secrets/PASSWORD", {"production", "TOKEN", "PASSWORD"}),
        ("PUT production/secrets/TOKEN", {"production", "TOKEN", "PASSWORD"}),
        ("PUT production", {"TOKEN", "PASSWORD"}),
    ],
)
def test_what_a_killed_apply_left_is_interrupted_and_accuses_nobody(
    applied: Recorded, request_: str, left: set[str]
) -> None:
    applied.file(*PRODUCTION[:3], "    wait_timer: 5", '    variables: {LEVEL: "2"}', PRODUCTION[5])
    applied.shell.environ["TOKEN"] = "another value"

    killed_after(applied, request_)

    plan = applied.plan()
    assert told(plan).keys() == left
    assert {each["origin"] for each in plan["changes"]} == {"interrupted"}
    assert {each["risk"] for each in plan["changes"]} <= {"neutral", "weakens"}
    assert record_of(plan) == ("verified", "write")
    applied.apply("--allow-weakening=production:timer")
    assert applied.settled()
    assert {applied.values["production", name] for name in ("TOKEN", "PASSWORD")} == {"another value"}


def test_what_somebody_did_after_the_kill_is_still_told(applied: Recorded) -> None:
    applied.file(*PRODUCTION[:3], "    wait_timer: 5", '    variables: {LEVEL: "2"}', PRODUCTION[5])
    killed_after(applied, "PATCH production/variables/ENVSYNC_RECORD")

    applied.call("PATCH", "production/variables/LEVEL", {"value": "3"})
    applied.put_secret("TOKEN", "of another tool")

    assert {name: origin for name, (_, _, origin) in told(applied.plan()).items()} == {
        "production": "interrupted",
        "LEVEL": "outside",
        "TOKEN": "outside",
    }


def test_a_new_environment_whose_apply_was_killed_is_still_known_as_created(lab: Recorded) -> None:
    lab.file(*PRODUCTION)
    killed_after(lab, "PUT production/secrets/TOKEN")

    assert {each["origin"] for each in lab.plan()["changes"]} == {"interrupted"}
    lab.apply()

    assert lab.record()["made"] == "created"
    assert lab.record()["variables"]["LEVEL"].startswith("c")
    assert all(each.startswith("c") for each in lab.record()["secrets"].values())
    assert lab.settled()


def test_killed_before_its_first_record_a_new_environment_counts_as_adopted(lab: Recorded) -> None:
    lab.file(*PRODUCTION)
    killed_after(lab, "PUT production")
    assert {each["origin"] for each in lab.plan()["changes"]} == {"unknown"}

    lab.apply()

    assert lab.record()["made"] == "adopted"
    assert lab.settled()
