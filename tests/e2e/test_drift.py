"""Drift as a user sees it: what counts, what does not, in which words, and with which exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.recorded import NO_MORE, RECORD, REPOSITORY, WRITES, recorded
from support.schemas import check
from support.shell import CANARY, COMMAND

from envsync.sandbox import READER_TOKEN, WORKFLOW_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.recorded import Environ, Json, Recorded
    from support.shell import Ran

    from envsync.sandbox import Exchange

PRODUCTION = (
    "environments:",
    "  production:",
    "    required_reviewers: [ann]",
    "    wait_timer: 10",
    "    deployment_branch_policy: {branches: [main]}",
    "    deployment_protection_rules: [gate]",
    '    variables: {LEVEL: "1"}',
    "    secrets: {TOKEN: {env: TOKEN}, LOST: {env: TOKEN}}",
)
NO_KEY = {"ENVSYNC_RECORD_KEY": ""}
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}
TODAY = datetime.now(UTC).date()
SOON, LATELY = (TODAY + timedelta(days=days) for days in (2, -2))  # whatever midnight does to a test


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    with recorded(tmp_path_factory.mktemp("drift")) as lab:
        lab.sandbox.seed(apps=["gate"])
        lab.shell.environ["TOKEN"] = CANARY
        lab.file(*PRODUCTION)
        lab.apply()
        lab.clock.advance(3600)
        yield lab


@pytest.fixture
def applied(lab: Recorded) -> Iterator[Recorded]:
    """`production`, made by envsync an hour ago; GitHub goes back to that after each test."""
    state, now = lab.sandbox.state, lab.clock.now
    before = deepcopy((state.repositories, state.tokens))
    lab.file(*PRODUCTION)
    yield lab
    state.repositories, state.tokens = before
    lab.clock.now = now


def ran(lab: Recorded, *arguments: str, environ: Environ = NO_MORE) -> Ran:
    """No drift check may write."""
    lab.exchanges.clear()
    done = lab.shell.run("drift", *arguments, stdin="", timeout=120, **environ)
    assert [each.path for each in lab.exchanges if each.method in WRITES] == []
    return done


def drift(lab: Recorded, *arguments: str, code: int = 2, environ: Environ = NO_MORE) -> Json:
    done = ran(lab, "-o", "json", *arguments, environ=environ)
    assert done.code == code, done
    found: Json = check("drift", done.out)
    return found


def named(difference: Json) -> str:
    """As in `production LEVEL`; settings by their field."""
    fields = [each["name"] for each in difference["fields"]]
    own = difference["name"] or (fields[0] if difference["kind"] == "settings" else "")
    return f"{difference['environment']} {own}".strip()


def told(found: Json) -> dict[str, tuple[str, str, str]]:
    """Of each difference that counts: deed, origin and risk."""
    return {named(each): (each["deed"], each["origin"], each["risk"]) for each in found["differences"]}


def warned(found: Json) -> list[str]:
    return [each["code"] for each in found["warnings"]]


def touched(lab: Recorded) -> None:
    """All that somebody can do to what envsync made."""
    (rule,) = lab.call("GET", "production/deployment_protection_rules").json["custom_deployment_protection_rules"]
    lab.call("DELETE", f"production/deployment_protection_rules/{rule['id']}")
    lab.call("PUT", "production", {"wait_timer": 0, "deployment_branch_policy": CUSTOM})
    lab.call("POST", "production/deployment-branch-policies", {"name": "mallory/*"})
    lab.call("PATCH", "production/variables/LEVEL", {"value": "3"})
    lab.put_secret("TOKEN", "of another tool")
    lab.call("DELETE", "production/secrets/LOST")


def appeared(lab: Recorded) -> None:
    """Environments that no file declares: open, behind an App, waiting for somebody, and the one for Pages."""
    for environment in ("prodution", "behind-an-app", "timed", "github-pages"):
        lab.call("PUT", environment, {"wait_timer": 5} if environment == "timed" else None)
    gate = lab.sandbox.state.apps["gate"].id
    lab.call("POST", "behind-an-app/deployment_protection_rules", {"integration_id": gate})


# --- what counts -------------------------------------------------------------------------------------------


def test_what_is_as_it_was_applied_is_no_drift(applied: Recorded) -> None:
    done = ran(applied)

    assert (done.code, done.out) == (0, "No drift.\n")


def test_all_that_was_changed_outside_is_told_with_its_date(applied: Recorded) -> None:
    touched(applied)
    appeared(applied)

    found = drift(applied)

    outside = ("outside", "weakens")
    assert told(found) == {
        "production wait_timer": ("changed", *outside),
        "production mallory/*": ("added", *outside),
        "production gate": ("removed", *outside),
        "prodution": ("appeared", *outside),
        "production LEVEL": ("changed", "outside", "neutral"),
        "production TOKEN": ("changed", "outside", "neutral"),
        "production LOST": ("removed", "outside", "neutral"),
    }
    assert [each["risk"] for each in found["differences"]] == ["weakens"] * 4 + ["neutral"] * 3
    assert (found["summary"]["weakens"], found["summary"]["pending"]) == (4, None)
    assert {each["environment"] for each in found["unmanaged"]} == {"behind-an-app", "timed"}
    assert {named(each): each["since"] for each in found["differences"] if each["since"]} == dict.fromkeys(
        ("prodution", "production LEVEL", "production TOKEN"), "2026-03-01T13:01:00Z"
    )
    assert {each["after"] for each in found["differences"] if each["environment"] == "production"} == {
        "2026-03-01T12:01:00Z"
    }
    timer, level = found["differences"][0]["fields"], found["differences"][4]["fields"]
    assert timer == [{"name": "wait_timer", "declared": 10, "live": 0}]
    assert level == [{"name": "value", "declared": "1", "live": "3"}]


def test_it_reads_as_text_and_as_markdown(applied: Recorded) -> None:
    touched(applied)
    appeared(applied)

    text, markdown = ran(applied), ran(applied, "-o", "markdown")

    assert (text.code, markdown.code) == (2, 2)
    assert text.out.index("What weakens the protection:") < text.out.index("Environments that appeared")
    assert text.out.index("Environments that appeared") < text.out.index("What differs as well:")
    assert "! wait_timer: deployments wait 0 minutes instead of 10" in text.out
    assert "added outside envsync, after the last apply on 2026-03-01 12:01:00 UTC" in text.out
    assert "~ secret TOKEN: somebody else wrote it on 2026-03-01 13:01:00 UTC" in text.out
    assert "7 differences in acme/payments, 4 weaken the protection.\n`envsync apply` puts it back" in text.out
    assert markdown.out.startswith(
        "### envsync drift: 7 differences in `acme/payments`, 4 weaken the protection\n"
    )
    assert "| `acme/payments` `production` | branch pattern `mallory/*` | not there | there |" in markdown.out
    assert "| `acme/payments` `prodution` | the environment itself |" in markdown.out
    assert "github-pages" not in text.out + markdown.out


def test_an_environment_that_was_deleted_counts_although_its_record_went_with_it(applied: Recorded) -> None:
    applied.call("DELETE", "production")

    found = drift(applied)

    assert told(found) == {"production": ("removed", "unknown", "weakens")}
    assert "wait_timer" in {each["name"] for each in found["differences"][0]["fields"]}
    assert "whoever names it in a workflow gets it with no protection" in ran(applied).out


def test_a_record_that_somebody_wrote_is_told_and_proves_nothing(applied: Recorded) -> None:
    applied.put_record(applied.text().replace('"payments"', '"paymentz"'))
    applied.call("PATCH", "production/variables/LEVEL", {"value": "3"})

    found = drift(applied)

    assert told(found) == {
        f"production {RECORD}": ("doubtful", "outside", "neutral"),
        "production LEVEL": ("changed", "unknown", "neutral"),
    }
    assert "Records that cannot be trusted:" in ran(applied).out


def test_both_the_file_and_github_changed_is_a_conflict(applied: Recorded) -> None:
    applied.file(*PRODUCTION[:3], "    wait_timer: 20", *PRODUCTION[4:])
    applied.call("PUT", "production", {"wait_timer": 0, "deployment_branch_policy": CUSTOM})

    found = drift(applied)

    assert told(found) == {"production wait_timer": ("changed", "conflict", "weakens")}
    assert found["summary"]["conflict"] == 1
    assert "and the file changed too" in ran(applied).out


def test_what_another_file_made_did_not_appear(applied: Recorded) -> None:
    """It is open, and its record says whose it is; what only claims to be another file's counts."""
    applied.file("environments: {shop: {}, forged: {}}", name="shop", path="shop.yaml")
    applied.apply("-f", "shop.yaml")
    applied.clock.advance(60)
    applied.put_record(applied.text("shop"), "forged")

    assert told(drift(applied)).keys() == {"forged"}


def test_an_apply_that_was_cut_off_is_pending_and_accuses_nobody(applied: Recorded) -> None:
    applied.file(
        *PRODUCTION[:3], "    wait_timer: 20", *PRODUCTION[4:6], '    variables: {LEVEL: "2"}', PRODUCTION[7]
    )
    known, victims = threading.Event(), list[subprocess.Popen[bytes]]()

    def kill(exchange: Exchange) -> None:
        if exchange.method == "PUT" and known.wait(60):
            os.kill(victims[0].pid, signal.SIGKILL)

    applied.meddle = kill
    with subprocess.Popen(
        [COMMAND, "apply", "--yes"],
        cwd=applied.shell.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(applied.shell.folder), **applied.shell.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        victims.append(process)
        known.set()
        assert process.wait(60) == -signal.SIGKILL
    applied.meddle = lambda _exchange: None

    assert drift(applied, code=0)["differences"] == []
    found = drift(applied, "--pending")
    assert applied.there("production").protection.wait_timer == 20
    assert (found["differences"], [each["name"] for each in found["pending"]]) == ([], ["LEVEL"])
    assert found["pending"][0]["origin"] == "interrupted"


# --- what was merged ---------------------------------------------------------------------------------------


def test_what_the_file_changed_counts_only_where_it_is_asked_for(applied: Recorded) -> None:
    applied.file(
        *PRODUCTION[:3],
        "    wait_timer: 20",
        *PRODUCTION[4:6],
        '    variables: {LEVEL: "2"}',
        "    secrets: {TOKEN: {env: NEW}, LOST: {env: TOKEN}}",
    )
    environ = {"NEW": "another value"}

    assert drift(applied, code=0, environ=environ)["pending"] is None
    found = drift(applied, "--pending", environ=environ)

    assert found["differences"] == []
    assert {(each["name"], each["action"], each["origin"]) for each in found["pending"]} == {
        (None, "update", "config"),
        ("LEVEL", "update", "config"),
        ("TOKEN", "update", "config"),
    }
    assert found["summary"]["pending"] == 3
    said = ran(applied, "--pending", environ=environ).out
    assert "In the files, and not applied yet:" in said
    assert "3 changes not applied yet in acme/payments." in said


@pytest.mark.parametrize(("pending", "origin"), [([], "outside"), (["--pending"], "conflict")])
def test_no_command_runs_and_without_pending_no_source_is_read(
    applied: Recorded, pending: list[str], origin: str
) -> None:
    """That the source changed as well is known to whoever reads it, and to nobody else."""
    trace = applied.shell.folder / "trace"
    source = f"{{command: [touch, {trace}]}}"
    applied.file(*PRODUCTION[:7], f"    secrets: {{TOKEN: {{env: NEW}}, LOST: {source}}}")
    applied.put_secret("TOKEN", "of another tool")
    applied.put_secret("LOST", "of another tool")

    found = drift(applied, *pending, environ={"NEW": "another value"})

    assert {named(each): each["origin"] for each in found["differences"]} == {
        "production TOKEN": origin,
        "production LOST": "outside",
    }
    assert not trace.exists()


# --- exit codes --------------------------------------------------------------------------------------------


def test_what_could_not_be_read_goes_before_drift_and_hides_none_of_it(applied: Recorded) -> None:
    applied.call("PATCH", "production/variables/LEVEL", {"value": "3"})
    text = (applied.shell.folder / "environments.yaml").read_text()
    applied.shell.write(text.replace(f"[{REPOSITORY}]", f"[{REPOSITORY}, acme/nowhere]"))

    found = drift(applied, code=1)

    assert told(found).keys() == {"production LEVEL"}
    (unread,) = found["unread"]
    assert (unread["repository"], unread["failed"]) == ("acme/nowhere", True)
    assert drift(applied, "--repo", REPOSITORY)["unread"] == []
    assert drift(applied, "--repo", "acme/nowhere", code=4)["differences"] == []


def test_a_credential_that_opens_nothing_is_an_error(applied: Recorded) -> None:
    unknown = ran(applied, environ={"GH_TOKEN": "of-nobody"})

    assert (unknown.code, unknown.out) == (4, "")
    assert "error[not-authenticated]" in unknown.err


@pytest.mark.parametrize("arguments", [["--report-to", "acme/web"], ["--report", "mail"]])
def test_wrong_usage_is_a_failure_and_not_drift(applied: Recorded, arguments: list[str]) -> None:
    applied.call("PATCH", "production/variables/LEVEL", {"value": "3"})

    done = ran(applied, *arguments)

    assert (done.code, done.out) == (1, "")
    assert done.err


def test_a_run_about_some_environments_says_nothing_of_the_others(applied: Recorded) -> None:
    applied.file(*PRODUCTION, "  staging: {wait_timer: 5}")
    applied.apply()
    touched(applied)
    appeared(applied)

    assert drift(applied, "--environment", "stag*", code=0)["differences"] == []
    assert [each.path for each in applied.exchanges if "prodution" in each.path] == []
    assert {each.partition(" ")[0] for each in told(drift(applied, "--environment", "prod*"))} == {
        "production",
        "prodution",
    }


# --- with less than everything -----------------------------------------------------------------------------


def test_a_workflow_s_own_token_sees_rules_and_says_what_it_did_not_look_at(applied: Recorded) -> None:
    touched(applied)
    appeared(applied)
    workflow = {"GH_TOKEN": WORKFLOW_TOKEN}
    applied.sandbox.state.tokens[WORKFLOW_TOKEN].permissions = {"actions": "read", "metadata": "read"}

    found = drift(applied, "--settings-only", environ=workflow)

    assert told(found) == {
        "production wait_timer": ("changed", "unknown", "weakens"),
        "production mallory/*": ("added", "unknown", "weakens"),
        "production gate": ("removed", "unknown", "weakens"),
        "prodution": ("appeared", "outside", "weakens"),
    }
    unread = {(each["part"], each["failed"]) for each in found["unread"]}
    assert unread == {("variables", False), ("secrets", False)}
    whole = drift(applied, code=1, environ=workflow)
    assert {each["part"] for each in whole["unread"] if each["failed"]} >= {"variables", "secrets"}


def test_a_token_that_only_reads_is_enough(applied: Recorded) -> None:
    touched(applied)

    assert drift(applied, "--pending", environ={"GH_TOKEN": READER_TOKEN})["unread"] == []


def test_without_the_record_s_key_all_counts_and_the_check_is_not_whole(applied: Recorded) -> None:
    touched(applied)

    found = drift(applied, code=1, environ=NO_KEY)

    assert {each["origin"] for each in found["differences"]} == {"unknown"}
    assert {"production wait_timer", "production LEVEL", "production LOST"} <= told(found).keys()
    assert [(each["part"], each["failed"]) for each in found["unread"]] == [("record", True)]


def test_without_records_everything_is_unknown_and_counts(applied: Recorded) -> None:
    touched(applied)
    del applied.there("production").variables[RECORD]

    found, with_a_key = drift(applied, environ=NO_KEY), drift(applied)

    assert {each["origin"] for each in found["differences"]} == {"unknown"}
    assert {"production wait_timer", "production LEVEL", "production LOST"} <= told(found).keys()
    assert told(with_a_key).keys() - told(found).keys() == {f"production {RECORD}"}
    assert told(with_a_key)[f"production {RECORD}"] == ("removed", "unknown", "neutral")


def test_the_sandbox_can_be_asked_too(applied: Recorded) -> None:
    assert ran(applied, "--sandbox", "--settings-only").code == 2
    assert applied.exchanges == []


# --- what is expected for a while --------------------------------------------------------------------------


def expecting(lab: Recorded, *entries: str) -> None:
    lab.file("expected:", *(f"  - {{{each}}}" for each in entries), *PRODUCTION)


def test_what_is_expected_does_not_count_until_its_day(applied: Recorded) -> None:
    touched(applied)
    appeared(applied)
    expecting(
        applied,
        f"environment: production, differences: [wait_timer, variables], reason: incident 4711, until: {SOON}",
        f"environment: production, differences: [secrets.TOKEN], reason: too long ago, until: {LATELY}",
        f"environment: prodution, reason: a misspelt workflow, until: {SOON}",
        f"environment: staging, reason: nothing of it differs, until: {SOON}",
    )

    found = drift(applied)

    assert told(found).keys() == {"production mallory/*", "production gate", "production TOKEN", "production LOST"}
    assert {(named(each["difference"]), each["reason"], each["until"]) for each in found["expected"]} == {
        ("production wait_timer", "incident 4711", str(SOON)),
        ("production LEVEL", "incident 4711", str(SOON)),
        ("prodution", "a misspelt workflow", str(SOON)),
    }
    assert [(named(each["difference"]), each["until"]) for each in found["lapsed"]] == [
        ("production TOKEN", str(LATELY))
    ]
    (unused,) = [each for each in found["warnings"] if each["code"] == "expected-nothing"]
    assert f"staging is `expected` until {SOON} (nothing of it differs)" in unused["message"]
    said = ran(applied).out
    assert "Expected for a while, so not counted:" in said
    assert f"expected until {SOON}: incident 4711" in said
    assert f"was expected until {LATELY}: too long ago" in said
    assert "3 differences are expected, and not counted." in said


def test_where_all_is_expected_there_is_no_drift_and_apply_puts_it_back_all_the_same(applied: Recorded) -> None:
    touched(applied)
    expecting(applied, f"environment: prod*, reason: incident 4711, until: {SOON}")

    found = drift(applied, code=0)
    planned = applied.plan()

    assert (found["differences"], found["summary"]["expected"]) == ([], 6)
    (notice,) = [each for each in planned["warnings"] if each["code"] == "expected-difference"]
    assert "apply puts them back all the same" in notice["message"]
    assert "apply puts them back all the same" in " ".join(applied.shell.run("plan").out.split())
    assert len(planned["changes"]) == 6
    applied.apply("--allow-destroying")  # TOKEN is somebody else's by now
    assert "expected-nothing" in warned(drift(applied, code=0))


def test_a_tampered_record_is_never_expected(applied: Recorded) -> None:
    applied.put_record(applied.text().replace('"payments"', '"paymentz"'))
    expecting(applied, f"environment: production, reason: incident 4711, until: {SOON}")

    assert told(drift(applied)).keys() == {f"production {RECORD}"}
