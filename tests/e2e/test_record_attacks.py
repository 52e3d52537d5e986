"""What somebody can do to a record, and what that gets them: the table in docs/explanation/record.md."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

import pytest
from support.recorded import KEY, OTHER_KEY, RECORD, REPOSITORY, Recorded, by_name, recorded, told
from support.shell import CANARY, ROOT

from envsync.plan.record import Made, Place, Record, RecordedSecret, Sort
from envsync.secrets.record_keys import RecordKeys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.recorded import Json

    from envsync.plan.record import Seal
    from envsync.sandbox import Exchange

PRODUCTION = (
    "environments:",
    "  production:",
    "    required_reviewers: [ann]",
    "    wait_timer: 10",
    '    variables: {LEVEL: "1"}',
    "    secrets: {TOKEN: {env: TOKEN}}",
)
STAGING = ("  staging: {}",)
VARIABLE = f"production/variables/{RECORD}"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Recorded]:
    """`production` and `staging`, made by envsync, and a minute later."""
    with recorded(tmp_path) as lab:
        lab.shell.environ["TOKEN"] = CANARY
        lab.file(*PRODUCTION, *STAGING)
        lab.apply()
        assert lab.settled()
        lab.clock.advance(60)
        yield lab


def state(lab: Recorded, environment: str = "production", **environ: str) -> str:
    found: str = by_name(lab.plan(environ=environ), "records")[environment]["state"]
    return found


def secret_state(plan: Json) -> str:
    found: str = by_name(plan, "secrets")["TOKEN"]["state"]
    return found


def seal_with(lab: Recorded, key: str) -> Seal:
    """Whoever has the key can do all that envsync can."""
    keys = RecordKeys.from_environ({"ENVSYNC_RECORD_KEY": key})
    assert keys is not None
    repository = lab.sandbox.state.repositories[REPOSITORY]
    return keys.seal(Place(lab.sandbox.url, repository.id, lab.there("production").id))


def opens_nothing(lab: Recorded) -> None:
    """A record that was tampered with is not believed, nothing goes because of it, and apply writes it anew."""
    plan = lab.plan()
    assert by_name(plan, "records")["production"] | {"reason": ""} == {
        "repository": REPOSITORY,
        "environment": "production",
        "state": "tampered",
        "next": "write",
        "owner": None,
        "reason": "",
    }
    assert plan["changes"] == []
    assert secret_state(plan) == "unverifiable"
    assert "In sync" not in lab.shell.ok("plan")

    lab.file("environments:", "  production: {required_reviewers: [ann], wait_timer: 10}", *STAGING)
    gone = lab.plan()
    assert gone["changes"] == []  # what it said of who created what is not believed either
    assert {each["name"] for each in gone["unmanaged"]} == {"LEVEL", "TOKEN"}

    lab.file(*PRODUCTION, *STAGING)
    lab.apply()
    assert lab.written() == [f"PATCH {VARIABLE}"]
    assert lab.settled()
    assert (state(lab), lab.record()["made"]) == ("verified", "adopted")


# --- a writer of variables, without the key ----------------------------------------------------------------


def test_deleting_a_record_hides_who_did_it_but_not_what_was_done(lab: Recorded) -> None:
    lab.call("PUT", "production", {"wait_timer": 0, "reviewers": []})
    lab.put_secret("TOKEN", "of an attacker")
    lab.call("DELETE", VARIABLE)

    plan = lab.plan()

    assert told(plan) == {"production": ("update", "tightens", "unknown")}
    assert {field["name"] for field in plan["changes"][0]["fields"]} == {"required_reviewers", "wait_timer"}
    assert secret_state(plan) == "unverifiable"
    assert "In sync" not in lab.shell.ok("plan")


def test_deleting_a_record_makes_nothing_go(lab: Recorded) -> None:
    lab.call("DELETE", VARIABLE)
    lab.file("environments: {staging: {}}")

    plan = lab.plan()

    assert plan["changes"] == []
    assert [(each["kind"], each["environment"]) for each in plan["unmanaged"]] == [("environment", "production")]


def test_deleting_another_files_record_lets_pruning_plan_but_not_do(lab: Recorded) -> None:
    lab.file("prune: true", "environments: {elsewhere: {}}", name="shop", path="shop.yaml")
    lab.call("DELETE", VARIABLE)

    assert told(lab.plan("-f", "shop.yaml"))["production"] == ("delete", "destroys", "unknown")
    assert "--allow-destroying=production" in lab.apply("-f", "shop.yaml", code=1).err
    assert lab.environments() == {"production", "staging"}


def test_a_record_that_is_put_back_is_tampered_with(lab: Recorded) -> None:
    old = lab.text()
    lab.shell.environ["TOKEN"] = "another value"
    lab.apply()
    lab.clock.advance(60)
    lab.put_record(old)

    opens_nothing(lab)


def test_even_the_present_record_cannot_be_written_again(lab: Recorded) -> None:
    lab.put_record(lab.text())

    opens_nothing(lab)


def test_a_record_of_another_environment_is_tampered_with(lab: Recorded) -> None:
    lab.clock.advance(-60)  # so that its time is right
    lab.put_record(lab.text("staging"))

    opens_nothing(lab)


def test_a_record_of_another_repository_is_tampered_with(lab: Recorded) -> None:
    web = lab.shell.folder / "web.yaml"
    web.write_text("\n".join(["version: 1", "name: payments", "repositories: [acme/web]", *PRODUCTION]))
    lab.apply("-f", "web.yaml")
    lab.put_record(lab.text(repository="acme/web"))

    opens_nothing(lab)


def test_a_record_of_another_server_is_tampered_with(lab: Recorded) -> None:
    assert state(lab, GITHUB_API_URL=lab.sandbox.url.replace("127.0.0.1", "localhost")) == "tampered"


def test_a_record_of_a_former_environment_of_that_name_is_tampered_with(lab: Recorded) -> None:
    old = lab.text()
    lab.call("DELETE", "production")
    lab.call("PUT", "production")
    lab.clock.advance(-60)
    lab.put_record(old)

    assert state(lab) == "tampered"
    assert "In sync" not in lab.shell.ok("plan")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"made":"created"', '"made":"adopted"'),
        ('"required_reviewers":["ann"]', '"required_reviewers":["bob"]'),
        ('"wait_timer":10', '"wait_timer":0'),
        ('"LEVEL":"c', '"LEVEL":"a'),
        ('"never_touch":', '"ignore":["wait_timer"],"never_touch":'),
        ('"time":1', '"time":2'),
        ('"mac":"', '"mac":"A'),
        ("{", "{ "),
    ],
)
def test_an_edited_record_is_tampered_with(lab: Recorded, before: str, after: str) -> None:
    text = lab.text()
    assert before in text
    lab.clock.advance(-60)
    edited = text.replace(before, after, 1)
    lab.put_record(edited)

    opens_nothing(lab)


@pytest.mark.parametrize("text", ["nonsense", "{}", "[" * 40_000, '{"version":1}', '{"version":1,"version":1}'])
def test_what_is_no_record_at_all_is_tampered_with(lab: Recorded, text: str) -> None:
    lab.put_record(text)

    opens_nothing(lab)


def test_a_record_signed_with_an_attackers_key_under_envsyncs_key_id_is_tampered_with(lab: Recorded) -> None:
    lab.clock.advance(-60)
    forged = seal_with(lab, OTHER_KEY).sign(Record("payments", lab.record()["time"], Made.CREATED))
    lab.put_record(forged.replace(json.loads(forged)["key"], lab.record()["key"]))

    opens_nothing(lab)


def test_a_record_signed_with_an_attackers_key_proves_nothing_and_blocks(lab: Recorded) -> None:
    lab.put_record(seal_with(lab, OTHER_KEY).sign(Record("payments", 1_772_366_520, Made.CREATED)))
    lab.call("PUT", "production", {"wait_timer": 0, "reviewers": []})

    plan = lab.plan()

    assert by_name(plan, "records")["production"]["state"] == "unverified"
    assert told(plan) == {"production": ("update", "tightens", "unknown")}
    assert secret_state(plan) == "unverifiable"
    assert "error[record-not-verified]" in lab.apply(code=1).err
    assert lab.written() == []
    lab.apply("--take-over")
    assert lab.settled()


def test_a_planted_foreign_record_blocks_and_opens_nothing(lab: Recorded) -> None:
    edited = lab.text().replace('"owner":"payments"', '"owner":"mallory"')
    lab.clock.advance(-60)
    lab.put_record(edited)
    assert (
        by_name(lab.plan(), "records")["production"]["state"] == "tampered"
    )  # its key is at hand, and did not sign

    lab.put_record(seal_with(lab, OTHER_KEY).sign(Record("mallory", lab.record()["time"], Made.CREATED)))
    plan = lab.plan(code=1)

    assert plan["changes"] == []
    assert by_name(plan, "records")["production"]["owner"] == "mallory"
    lab.apply(code=1)
    assert lab.written() == []
    lab.apply("--take-over")
    assert lab.settled()


def test_a_record_of_a_newer_format_blocks_and_is_never_overwritten(lab: Recorded) -> None:
    newer = '{"version":2,"what":"a later envsync wrote"}'
    lab.put_record(newer)
    lab.file(*(line.replace("wait_timer: 10", "wait_timer: 20") for line in PRODUCTION), *STAGING)

    for arguments in ([], ["--take-over"]):
        (unread,) = lab.plan(*arguments, code=1)["unread"]
        assert "its record has format 2, and this envsync knows format 1 only" in unread["reason"]
        lab.apply(*arguments, code=1)
        assert (lab.written(), lab.text()) == ([], newer)
    lab.file("prune: true", "environments: {staging: {}}")
    assert told(lab.plan()) == {}

    lab.file(*PRODUCTION, *STAGING)
    lab.call("DELETE", VARIABLE)  # what nobody needs can be deleted on GitHub
    lab.apply()
    assert lab.settled()


def test_a_blocked_environment_does_not_block_the_others(lab: Recorded) -> None:
    lab.put_record('{"version":2}')
    lab.file(*PRODUCTION, "  staging: {wait_timer: 5}")

    lab.apply(code=3)

    assert "PUT staging" in lab.written()
    assert not [each for each in lab.written() if "production" in each]


# --- within seconds ----------------------------------------------------------------------------------------


def test_an_intent_put_back_within_ten_seconds_has_secrets_written_once_more(lab: Recorded) -> None:
    lab.file(*(line.replace("wait_timer: 10", "wait_timer: 20") for line in PRODUCTION), *STAGING)
    lab.shell.environ["TOKEN"] = "another value"
    texts: list[str] = []

    def look(exchange: Exchange) -> None:
        if exchange.method == "PATCH" and exchange.path.endswith(VARIABLE):
            assert isinstance(exchange.request, dict)
            texts.append(str(exchange.request["value"]))

    lab.meddle = look
    lab.apply()
    intent, _ = texts
    lab.clock.advance(10)
    lab.put_record(intent)

    plan = lab.plan()

    assert told(plan) == {"TOKEN": ("update", "neutral", "interrupted")}
    assert by_name(plan, "records")["production"] | {"reason": ""} == by_name(plan, "records")["production"] | {
        "state": "verified",
        "next": "write",
        "reason": "",
    }
    assert "In sync" not in lab.shell.ok("plan")
    lab.apply()
    assert lab.settled()

    lab.clock.advance(1)
    lab.put_record(intent)  # now it is too late
    assert state(lab) == "tampered"


def applied_while_somebody_writes(lab: Recorded, *, seconds: int) -> Json:
    """What is planned after an apply during which somebody wrote the secret so long after envsync did."""

    def meddle(exchange: Exchange) -> None:
        if exchange.method == "PUT" and exchange.path.endswith("/secrets/TOKEN"):
            lab.clock.advance(seconds)
            overwrite(lab)

    lab.shell.environ["TOKEN"] = "another value"
    lab.meddle = meddle
    lab.apply()
    lab.meddle = lambda _exchange: None
    assert "PUT production/secrets/TOKEN" in lab.written()
    return lab.plan()


def test_a_secret_that_somebody_writes_while_envsync_writes_others_is_told_next_time(lab: Recorded) -> None:
    plan = applied_while_somebody_writes(lab, seconds=6)

    assert secret_state(plan) == "touched_outside"
    assert told(plan) == {"TOKEN": ("update", "destroys", "outside")}


def test_a_secret_written_within_five_seconds_of_envsyncs_write_and_before_its_look_passes(lab: Recorded) -> None:
    """A limit, not a defence: the clocks of GitHub's servers differ, and envsync allows for that."""
    assert secret_state(applied_while_somebody_writes(lab, seconds=5)) == "in_sync"


def test_a_secret_written_in_the_very_second_of_envsyncs_write_passes(lab: Recorded) -> None:
    """A limit, not a defence: GitHub's dates are whole seconds."""
    lab.shell.environ["TOKEN"] = "another value"
    lab.apply()
    overwrite(lab)
    assert secret_state(lab.plan()) == "in_sync"

    lab.clock.advance(1)
    overwrite(lab)
    assert secret_state(lab.plan()) == "touched_outside"


def overwrite(lab: Recorded) -> None:
    """Somebody else's write, in the midst of envsync's: only its date shows."""
    lab.there("production").secrets["TOKEN"].updated_at = lab.clock().strftime("%Y-%m-%dT%H:%M:%SZ")


# --- who has more than the variables -----------------------------------------------------------------------


def test_who_deletes_a_secret_and_sets_it_again_has_written_it(lab: Recorded) -> None:
    lab.call("DELETE", "production/secrets/TOKEN")
    lab.put_secret("TOKEN", "of an attacker")

    assert told(lab.plan()) == {"TOKEN": ("update", "destroys", "outside")}


def test_what_an_admin_weakens_is_told_and_tightened_again(lab: Recorded) -> None:
    lab.call("PUT", "production", {"wait_timer": 0, "reviewers": []})

    assert told(lab.plan()) == {"production": ("update", "tightens", "outside")}
    lab.apply()
    assert lab.there("production").protection.wait_timer == 10
    assert lab.settled()


def test_a_stolen_key_can_lie_about_a_secret_but_still_needs_grants(lab: Recorded) -> None:
    lab.put_secret("TOKEN", "of an attacker")
    seal, now = seal_with(lab, KEY), int(lab.clock().timestamp())
    lie = RecordedSecret(Made.CREATED, seal.mark(Sort.SECRET, "TOKEN", CANARY.encode()), now)
    lab.put_record(seal.sign(Record("payments", now, Made.CREATED, secrets={"TOKEN": lie})))
    assert secret_state(lab.plan()) == "in_sync"  # a limit: who has the key is envsync

    lab.file("environments: {staging: {}}")
    assert told(lab.plan()) == {"production": ("delete", "destroys", "config")}
    assert "--allow-destroying=production" in lab.apply(code=1).err
    assert "production" in lab.environments()


def test_a_record_does_not_show_values_to_who_can_read_it(lab: Recorded) -> None:
    mark = lab.record()["secrets"]["TOKEN"].split()[0][1:]
    guess = seal_with(lab, OTHER_KEY).mark(Sort.SECRET, "TOKEN", CANARY.encode())

    assert CANARY not in lab.text()
    assert guess != mark  # without the key, knowing the value does not tell that it is the right one
    assert seal_with(lab, KEY).mark(Sort.SECRET, "TOKEN", CANARY.encode()) == mark
    assert seal_with(lab, KEY).mark(Sort.VARIABLE, "TOKEN", CANARY.encode()) != mark


def test_without_its_record_a_newly_ignored_field_needs_no_grant(lab: Recorded) -> None:
    """A limit: who may edit the file as well as delete the record."""
    lab.file(*PRODUCTION[:3], "    ignore: [wait_timer]", *PRODUCTION[4:], *STAGING)
    assert "--allow-weakening=production:timer" in lab.apply(code=1).err

    lab.call("DELETE", VARIABLE)

    lab.apply()
    assert (
        lab.there("production").protection.wait_timer == 10
    )  # it is not noticed any more, and not changed either


# --- the table ---------------------------------------------------------------------------------------------

PAGE = ROOT / "docs/explanation/record.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_each_test_that_the_table_names_exists() -> None:
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))

    assert len(named) > 15
    for file, function in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert function in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}, function


def test_each_row_of_the_table_names_a_test() -> None:
    rows = re.findall(r"^\| (?!attack |-)(.+) \|$", attacks(), re.MULTILINE)

    assert len(rows) > 12
    for row in rows:
        assert NAMED.search(row.rpartition(" | ")[2]), row


def test_each_attack_that_is_tried_here_is_in_the_table() -> None:
    table = {function for _, function in NAMED.findall(attacks())}
    tree = ast.parse((ROOT / "tests/e2e/test_record_attacks.py").read_text(encoding="utf-8"))
    tried = {
        each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    }

    assert {name for name in tried if not name.startswith("test_each_")} <= table


def attacks() -> str:
    _, _, after = PAGE.read_text(encoding="utf-8").partition("## Who can do what\n")
    assert after
    return after.partition("\n## ")[0]
