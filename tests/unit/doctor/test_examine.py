from __future__ import annotations

from dataclasses import replace

from support.checkups import DECLARED, HEALTHY, NOW, PAYMENTS, Pages

from envsync.doctor.case import Case, Failure, Purpose
from envsync.doctor.examine import examine
from envsync.errors import Diagnostic, Severity
from envsync.model import DesiredRepository, RepositoryName, Unread
from envsync.plan.changes import Address, RecordNext, RecordState, RecordStatus
from envsync.plan.checkup import Check, Status, Topic
from envsync.plan.facts import Facts

NO_CREDENTIAL = Diagnostic("no-credential", "there is no token for github.com", "set GH_TOKEN")
BILLING = RepositoryName("acme", "billing")


def before_asking(*failures: Failure, links: Pages | None = None, desired: bool = True) -> tuple[Check, ...]:
    declared = (DesiredRepository(PAYMENTS, DECLARED),) if desired else ()
    return examine(None, Case(Purpose.PLAN, declared, NOW, links, failures=failures)).checks


def test_a_healthy_set_up_has_neither_warnings_nor_failures() -> None:
    assert HEALTHY.findings() == []


def test_what_shows_only_when_it_is_done_is_all_that_a_healthy_set_up_leaves_open() -> None:
    assert [each.code for each in HEALTHY.checks() if each.status is Status.NOTE] == ["permission-writing"]


def test_a_healthy_set_up_is_looked_at_in_every_way() -> None:
    assert {each.topic for each in HEALTHY.checks()} == set(Topic)


def test_lines_are_sorted_by_topic_and_then_by_repository() -> None:
    second = replace(HEALTHY.desired, name=BILLING)
    facts = Facts(
        HEALTHY.server, HEALTHY.credential, {PAYMENTS.key: HEALTHY.repository, BILLING.key: Unread("gone", None)}
    )
    case = replace(HEALTHY.case, desired=(HEALTHY.desired, second))
    found = [(list(Topic).index(each.topic), each.repository or "") for each in examine(facts, case).checks]

    assert found == sorted(found)
    assert {repository for _, repository in found} == {"", "acme/billing", "acme/payments"}


def test_what_is_said_of_one_repository_names_it() -> None:
    general = {Topic.CREDENTIAL, Topic.SERVER, Topic.FILES}

    assert {each.repository for each in HEALTHY.checks() if each.topic in general} == {None}
    assert {each.repository for each in HEALTHY.checks() if each.topic is Topic.ENVIRONMENTS} == {"acme/payments"}


def test_a_checkup_fails_where_a_line_does() -> None:
    assert examine(None, Case(Purpose.PLAN, (), NOW, failures=(Failure(Topic.CREDENTIAL, NO_CREDENTIAL),))).failed
    assert not examine(None, Case(Purpose.PLAN, (), NOW)).failed


def test_environments_are_the_same_in_any_case() -> None:
    shouted = tuple(replace(each, name=each.name.upper()) for each in DECLARED)
    shouting = replace(HEALTHY, desired=replace(HEALTHY.desired, environments=shouted))
    foreign = RecordStatus(
        Address("acme/payments", "Staging"),
        RecordState.FOREIGN,
        RecordNext.KEEP,
        "it belongs to the file called x",
    )

    assert shouting.findings() == []
    assert [each.code for each in shouting.checks()] == [each.code for each in HEALTHY.checks()]
    assert [code for _, code, _ in replace(shouting, records=(foreign,)).findings()] == ["records"]


# --- before anybody could be asked -------------------------------------------------------------------------


def test_where_there_is_no_credential_there_is_the_page_for_one() -> None:
    failed, files, _, key = before_asking(Failure(Topic.CREDENTIAL, NO_CREDENTIAL), links=Pages())

    assert failed == Check(
        Topic.CREDENTIAL,
        "no-credential",
        Status.FAIL,
        None,
        "there is no token for github.com",
        "set GH_TOKEN",
        "page:new-token:acme",
    )
    assert (files.said, files.status) == ("they declare 5 environments in 1 repository", Status.PASS)
    assert (key.code, key.status) == ("record-key", Status.PASS)


NOT_LOOKED_AT = (
    "not looked at: repositories, permissions, reviewers, Apps, records, environments, workflows and the checklist"
)


def test_what_could_not_be_looked_at_is_a_note() -> None:
    nothing = before_asking(Failure(Topic.CREDENTIAL, NO_CREDENTIAL), links=Pages())
    no_repository = examine(Facts(HEALTHY.server, HEALTHY.credential, {}), HEALTHY.case).checks
    facts = Facts(HEALTHY.server, HEALTHY.credential, {PAYMENTS.key: HEALTHY.repository})
    no_server = examine(facts, replace(HEALTHY.case, links=None)).checks

    for checks in (nothing, no_repository, no_server):
        (note,) = (each for each in checks if each.code == "not-looked-at")
        assert (note.topic, note.status, note.said) == (Topic.REPOSITORY, Status.NOTE, NOT_LOOKED_AT)
    assert "not-looked-at" not in {each.code for each in HEALTHY.checks()}


def test_a_warning_of_the_files_that_is_a_note_stays_one() -> None:
    note = Failure(Topic.FILES, Diagnostic("odd", "it was not looked at", severity=Severity.NOTE))
    found = next(each for each in before_asking(note) if each.code == "odd")

    assert (found.status, found.next_step) == (Status.NOTE, None)


def test_the_page_takes_a_server_and_an_owner() -> None:
    nowhere = before_asking(Failure(Topic.CREDENTIAL, NO_CREDENTIAL))
    nobodys = before_asking(Failure(Topic.CREDENTIAL, NO_CREDENTIAL), links=Pages(), desired=False)

    assert (nowhere[0].link, nobodys[0].link) == (None, None)


def test_a_server_that_does_not_answer() -> None:
    down = Diagnostic("unreachable", "GitHub does not answer")
    (failed, *_) = before_asking(Failure(Topic.SERVER, down), links=Pages())

    assert (failed.topic, failed.status, failed.said) == (Topic.SERVER, Status.FAIL, "GitHub does not answer")
    assert (failed.next_step, failed.link) == ("put it right, and run it again", None)


def test_files_that_are_wrong_declare_nothing() -> None:
    wrong = Failure(Topic.FILES, Diagnostic("unknown-key", "there is no key `enviroments`"))

    assert [each.code for each in before_asking(wrong)] == ["unknown-key", "not-looked-at", "record-key"]


def test_files_with_a_warning_still_declare_what_they_do() -> None:
    odd = Failure(Topic.FILES, Diagnostic("odd", "it is odd", severity=Severity.WARNING))
    files, warning, *_ = before_asking(odd)

    assert (files.status, warning.status, warning.code) == (Status.PASS, Status.WARN, "odd")


def test_several_repositories_are_counted_as_such() -> None:
    two = (HEALTHY.desired, replace(HEALTHY.desired, name=BILLING))
    (files, *_) = examine(None, Case(Purpose.PLAN, two, NOW)).checks

    assert files.said == "they declare 10 environments in 2 repositories"
