"""Each kind of thing in each state of file, GitHub and record, against a plain statement of who moved it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from support.life import (
    DEVELOP,
    KEYS,
    MAIN,
    OTHER_KEYS,
    RENEWED_KEYS,
    START,
    Life,
    Run,
    iso,
    keys_of,
    pattern_list,
    production,
    rule_list,
    variables,
)

from envsync.model import (
    RECORD_VARIABLE,
    DesiredEnvironment,
    Field,
    LiveEnvironment,
    LiveVariable,
    Pattern,
    RefPolicy,
    RefType,
    Settings,
    Unread,
    User,
)
from envsync.plan.changes import Origin, SettingsUpdate, view
from envsync.plan.origin import combine_origins, explained
from envsync.plan.record import Verified
from envsync.plan.strictness import Protection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envsync.plan.changes import Change, Plan

ANN, BOB, CAROL, MALLORY = map(User, ("ann", "bob", "carol", "mallory"))
TAG = Pattern(RefType.TAG, "v*")
GATED = Settings((ANN,), 30, prevent_self_review=True, can_admins_bypass=False)
FILE = production(
    settings=replace(GATED, deployment_branch_policy=RefPolicy.SELECTED),
    patterns=frozenset({MAIN}),
    protection_rules=frozenset({"gate"}),
    variables={"STAYS": "1"},
)
Value = Any


@dataclass(frozen=True)
class Kind:
    """One kind of thing; `ways`: applied last, and then being applied; `others`: what else it can be."""

    name: str
    ways: tuple[tuple[Value, Value], ...]
    others: tuple[Value, ...] = ()

    def values(self, way: tuple[Value, Value]) -> tuple[Value, ...]:
        return tuple(dict.fromkeys((*way, *self.others)))

    def file(self, value: Value) -> DesiredEnvironment:
        match self.name:
            case "branch" | "tag":
                pattern = DEVELOP if self.name == "branch" else TAG
                return replace(FILE, patterns=FILE.patterns | ({pattern} if value else set()))
            case "rule":
                return replace(FILE, protection_rules=FILE.protection_rules | ({"datadog"} if value else set()))
            case "variable":
                return replace(FILE, variables={**FILE.variables, **({} if value is None else {"REGION": value})})
            case _:
                return replace(FILE, settings=replace(FILE.settings, **{self.name: value}))

    def meddled(self, life: Life, value: Value) -> Life:
        live = life.live
        assert live is not None
        assert not isinstance(live.patterns, Unread)
        assert not isinstance(live.protection_rules, Unread)
        assert not isinstance(live.variables, Unread)
        match self.name:
            case "branch" | "tag":
                pattern = DEVELOP if self.name == "branch" else TAG
                others = {each.pattern for each in live.patterns} - {pattern}
                return life.meddle(patterns=pattern_list(others | ({pattern} if value else set())))
            case "rule":
                rules = {each.app for each in live.protection_rules} - {"datadog"}
                return life.meddle(protection_rules=rule_list(rules | ({"datadog"} if value else set())))
            case "variable":
                kept = {name: each for name, each in live.variables.items() if name != "REGION"}
                new = {} if value is None else variables(REGION=value)
                return life.meddle(variables=kept | new)
            case _:
                return life.meddle(settings=replace(live.settings, **{self.name: value}))

    def now(self, life: Life) -> Value:
        live = life.live
        assert live is not None
        assert not isinstance(live.patterns, Unread)
        assert not isinstance(live.protection_rules, Unread)
        assert not isinstance(live.variables, Unread)
        match self.name:
            case "branch" | "tag":
                return (DEVELOP if self.name == "branch" else TAG) in {each.pattern for each in live.patterns}
            case "rule":
                return "datadog" in {each.app for each in live.protection_rules}
            case "variable":
                there = live.variables.get("REGION")
                return None if there is None else there.value
            case _:
                return getattr(live.settings, self.name)

    def told(self, plan: Plan) -> Origin | None:
        """None: nothing is planned about it. Fails where anything is planned about the rest."""
        mine = [each for each in plan.changes if self.is_mine(each)]
        rest = [each for each in plan.changes if each not in mine]
        # the patterns go and come with the policy
        assert not rest or self.name == Field.DEPLOYMENT_BRANCH_POLICY, rest
        assert len(mine) <= 1
        return mine[0].verdict.origin if mine else None

    def is_mine(self, change: Change) -> bool:
        if isinstance(change, SettingsUpdate):
            return [each.name for each in change.fields] == [self.name]
        names = {"branch": "develop", "tag": "v*", "rule": "datadog", "variable": "REGION"}
        return view(change).name == names.get(self.name, "")


POLICIES = (RefPolicy.SELECTED, RefPolicy.PROTECTED), (RefPolicy.PROTECTED, RefPolicy.ALL)
EITHER = (True, False), (False, True)
KINDS = (
    Kind(
        Field.REQUIRED_REVIEWERS,
        (((ANN,), (ANN, BOB)), ((ANN, BOB), (BOB, CAROL)), ((ANN, BOB), (CAROL,))),
        ((MALLORY,), (ANN, MALLORY), (BOB,)),
    ),
    Kind(Field.WAIT_TIMER, ((30, 60), (60, 30)), (1, 90)),
    Kind(Field.PREVENT_SELF_REVIEW, EITHER),
    Kind(Field.CAN_ADMINS_BYPASS, EITHER),
    Kind(Field.DEPLOYMENT_BRANCH_POLICY, POLICIES, (RefPolicy.SELECTED, RefPolicy.PROTECTED, RefPolicy.ALL)),
    Kind("branch", EITHER),
    Kind("tag", EITHER),
    Kind("rule", EITHER),
    Kind("variable", (("eu", "us"), (None, "us"), ("eu", None)), ("asia", "xx", None)),
)
BY_NAME = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def same(one: Value, other: Value) -> bool:
    return set(one) == set(other) if isinstance(one, tuple) else one == other


def three_way(last: Value, want: Value, have: Value) -> Origin | None:
    """File moved: config. GitHub moved: outside. Both: conflict."""
    if same(want, have):
        return None
    if same(want, last):
        return Origin.OUTSIDE
    return Origin.CONFIG if same(have, last) else Origin.CONFLICT


def after_cut_off(way: tuple[Value, Value], want: Value, have: Value) -> Origin | None:
    """What the apply may have left behind itself accuses nobody."""
    before, after = way
    own = any(same(have, each) for each in way)
    between = isinstance(have, tuple) and not own and any(set(have) <= set(each) for each in way)
    if same(want, have):
        return None
    if not own and not between:
        return Origin.OUTSIDE if same(want, after) else Origin.CONFLICT
    if same(want, after) or between:
        return Origin.INTERRUPTED
    assert same(have, before) or same(have, after)
    return Origin.CONFIG


def unowned(kind: Kind, way: tuple[Value, Value], want: Value, have: Value) -> bool:
    """A variable that neither the record nor the intent has: it is listed, and nothing more."""
    return kind.name == "variable" and want is None and way[0] is None and have not in (None, way[1])


# --- the record is verified --------------------------------------------------------------------------------


@BY_NAME
def test_a_whole_apply_tells_file_and_github_apart(kind: Kind) -> None:
    count = 0
    for way in kind.ways:
        values = kind.values(way)
        whole = Life().apply(kind.file(way[0]))
        for want, have in product(values, values):
            found = kind.told(kind.meddled(whole, have).plan(kind.file(want)))
            expected = three_way(way[0], want, have)
            if kind.name == "variable" and way[0] is None and have is not None:
                # nobody has it on record: it may have been there for long, and listed
                expected = None if want in (None, have) else Origin.CONFIG
            assert found is expected, (way, want, have)
            count += found is not None
    assert count >= 4


@BY_NAME
@pytest.mark.parametrize("stop", ["before", "middle", "after"])
def test_what_a_cut_off_apply_left_behind_accuses_nobody(kind: Kind, stop: str) -> None:
    seen = set()
    for way in kind.ways:
        whole = Life().apply(kind.file(way[0]))
        cut = whole.cut_off(kind.file(way[1]), stop=stop, done=lambda _: stop != "before")
        assert cut.record.intent is not None
        for want in kind.values(way):
            found = kind.told(cut.plan(kind.file(want)))
            assert found is after_cut_off(way, want, kind.now(cut)), (way, want)
            assert found not in (Origin.OUTSIDE, Origin.CONFLICT)
            seen.add(found)
    assert len(seen) > 1


@BY_NAME
@pytest.mark.parametrize("stop", ["before", "middle", "after"])
def test_somebody_else_is_told_apart_from_a_cut_off_apply(kind: Kind, stop: str) -> None:
    seen = set()
    for way in kind.ways:
        values = kind.values(way)
        cut = Life().apply(kind.file(way[0])).cut_off(kind.file(way[1]), stop=stop, done=lambda _: True)
        for want, have in product(values, values):
            found = kind.told(kind.meddled(cut, have).plan(kind.file(want)))
            expected = None if unowned(kind, way, want, have) else after_cut_off(way, want, have)
            assert found is expected, (way, want, have)
            seen.add(found)
    assert Origin.INTERRUPTED in seen
    if kind.others and kind.name != "branch":
        assert {Origin.OUTSIDE, Origin.CONFLICT} <= seen or kind.name == Field.DEPLOYMENT_BRANCH_POLICY


@BY_NAME
def test_what_a_cut_off_apply_was_not_about_is_still_held_against_the_record(kind: Kind) -> None:
    """The apply that was cut off changed something else of the same sort."""
    way = kind.ways[0]
    other = KINDS[1] if kind is not KINDS[1] else KINDS[3]
    whole = Life().apply(kind.file(way[0]))
    both = kind.file(way[0])
    both = replace(both, settings=replace(both.settings, **{other.name: other.ways[0][1]}))
    cut = whole.cut_off(both)
    for want, have in product(kind.values(way), kind.values(way)):
        file = kind.file(want)
        file = replace(file, settings=replace(file.settings, **{other.name: other.ways[0][1]}))
        expected = three_way(way[0], want, have)
        if isinstance(have, tuple) and set(have) < set(way[0]) and expected:
            expected = Origin.INTERRUPTED  # GitHub drops reviewers that have no access
        assert kind.told(kind.meddled(cut, have).plan(file)) is expected, (want, have)


# --- any other record --------------------------------------------------------------------------------------


def in_each_state(whole: Life) -> Iterator[tuple[str, Life, Run]]:
    live = whole.live
    assert live is not None
    record = live.record
    assert record is not None
    edited = record.value.replace('"made":"created"', '"made":"adopted"')
    assert edited != record.value
    yield "verified", whole, Run()
    yield "renewed", whole, Run(RENEWED_KEYS)
    yield "foreign", whole, Run(owner="platform")
    yield "foreign, taken over", whole, Run(owner="platform", take_over=True)
    yield "foreign and not verified, taken over", whole, Run(OTHER_KEYS, owner="platform", take_over=True)
    yield "unverified", whole, Run(OTHER_KEYS)
    yield "unverified, taken over", whole, Run(OTHER_KEYS, take_over=True)
    yield "no key", whole, Run(None)
    yield "edited", whole.meddle(record=replace(record, value=edited)), Run()
    yield "put back", whole.meddle(record=replace(record, updated_at=iso(whole.time + 100))), Run()
    yield "absent", whole.meddle(record=None), Run()
    newer = LiveVariable(RECORD_VARIABLE, '{"version":2}', iso(START))
    yield "newer", whole.meddle(record=newer), Run()
    yield "newer, taken over", whole.meddle(record=newer), Run(take_over=True)


PROVES = {"verified", "renewed", "foreign, taken over"}
REFUSED = {"foreign", "newer", "newer, taken over"}


@BY_NAME
def test_only_a_verified_record_proves_who_moved(kind: Kind) -> None:
    for way in kind.ways:
        for cut in (False, True):
            whole = Life().apply(kind.file(way[0]))
            if cut:
                whole = whole.cut_off(kind.file(way[1]), done=lambda _: True)
            for state, life, run in in_each_state(whole):
                for want, have in product(kind.values(way), kind.values(way)):
                    plan = kind.meddled(life, have).plan(kind.file(want), run)
                    if state in REFUSED:
                        assert plan.changes == ()
                        assert [(each.part, each.failed) for each in plan.unread] == [("record", True)]
                        continue
                    told = kind.told(plan)
                    stray = kind.name == "variable" and want is None and have is not None
                    if state in PROVES:
                        assert told is not Origin.UNKNOWN, (state, way, want, have)
                        assert (told is None) == same(want, have) or stray
                    elif stray:
                        assert told is None, "nobody proves that a file created it"
                    else:
                        assert told is (None if same(want, have) else Origin.UNKNOWN), (state, way, want, have)


@BY_NAME
def test_a_former_key_proves_as_much_as_the_present_one(kind: Kind) -> None:
    for way in kind.ways:
        whole = Life().apply(kind.file(way[0]))
        for life in (whole, whole.cut_off(kind.file(way[1]), stop="middle")):
            for want, have in product(kind.values(way), kind.values(way)):
                meddled = kind.meddled(life, have)
                assert kind.told(meddled.plan(kind.file(want), Run(RENEWED_KEYS))) is kind.told(
                    meddled.plan(kind.file(want))
                )


# --- adopted, and never whole ------------------------------------------------------------------------------


BY_HAND = Life(
    LiveEnvironment(
        "production",
        9,
        replace(FILE.settings, wait_timer=5),
        patterns=pattern_list([MAIN]),
        protection_rules=rule_list(["gate"]),
        variables=variables(STAYS="1"),
    )
)


@pytest.mark.parametrize(("now", "origin"), [(5, Origin.UNKNOWN), (30, None), (7, Origin.CONFLICT)])
def test_a_first_apply_that_was_cut_off_explains_only_its_own_way(now: int, origin: Origin | None) -> None:
    cut = BY_HAND.cut_off(FILE)
    assert cut.record.protection is None
    assert cut.live is not None
    life = cut.meddle(settings=replace(cut.live.settings, wait_timer=now))

    plan = life.plan(replace(FILE, settings=replace(FILE.settings, wait_timer=30 if origin is None else 90)))

    assert [each.verdict.origin for each in plan.changes] == ([] if origin is None else [origin])


def test_a_record_with_no_protection_and_no_intent_of_it_proves_nothing_about_it() -> None:
    file = replace(FILE, variables={"STAYS": "2"}, settings=replace(FILE.settings, wait_timer=5))
    cut = BY_HAND.cut_off(file)
    assert cut.record.intent is not None
    assert cut.record.intent.protection is None

    wants = replace(file, settings=GATED, patterns=frozenset(), protection_rules=frozenset({"gate", "datadog"}))
    origins = {type(each).__name__: each.verdict.origin for each in cut.plan(wants).changes}
    pattern = cut.meddle(patterns=pattern_list([MAIN, DEVELOP])).plan(file)

    assert origins == {
        "SettingsUpdate": Origin.UNKNOWN,
        "PatternDelete": Origin.UNKNOWN,
        "RuleCreate": Origin.UNKNOWN,
        "VariableUpdate": Origin.INTERRUPTED,
    }
    assert {each.verdict.origin for each in pattern.changes} == {Origin.UNKNOWN, Origin.INTERRUPTED}


@pytest.mark.parametrize("field", list(Field)[:5])
def test_a_field_that_was_ignored_until_now_differs_because_of_the_file(field: Field) -> None:
    settings = Settings((BOB,), 7, deployment_branch_policy=RefPolicy.PROTECTED)
    life = Life().apply(FILE).apply(replace(FILE, ignore=frozenset({field})))
    assert life.live is not None
    life = life.meddle(settings=replace(life.live.settings, **{field: getattr(settings, field)}))

    (change,) = [each for each in life.plan(FILE).changes if isinstance(each, SettingsUpdate)]

    assert change.verdict.origin is Origin.CONFIG


def test_patterns_and_rules_that_were_ignored_until_now_differ_because_of_the_file() -> None:
    ignore = frozenset({Field.DEPLOYMENT_BRANCH_POLICY, Field.DEPLOYMENT_PROTECTION_RULES})
    life = Life().apply(FILE).apply(replace(FILE, ignore=ignore))
    life = life.meddle(patterns=pattern_list([MAIN, DEVELOP]), protection_rules=())

    assert [each.verdict.origin for each in life.plan(FILE).changes] == [Origin.CONFIG, Origin.CONFIG]


def test_each_origin_of_the_settings_is_a_change_of_its_own() -> None:
    life = Life().apply(FILE)
    assert life.live is not None
    life = life.meddle(settings=replace(life.live.settings, wait_timer=1, required_reviewers=(ANN, MALLORY)))
    wanted = replace(FILE.settings, wait_timer=60, can_admins_bypass=True)

    changes = life.plan(replace(FILE, settings=wanted)).changes

    assert [
        (each.verdict.origin, [field.name for field in each.fields])
        for each in changes
        if isinstance(each, SettingsUpdate)
    ] == [
        (Origin.CONFIG, ["can_admins_bypass"]),
        (Origin.OUTSIDE, ["required_reviewers"]),
        (Origin.CONFLICT, ["wait_timer"]),
    ]
    assert len(changes) == 3


def test_reviewers_in_another_case_or_order_are_no_news() -> None:
    two = replace(FILE, settings=replace(FILE.settings, required_reviewers=(ANN, BOB)))
    life = Life().apply(two)
    assert life.live is not None
    life = life.meddle(settings=replace(life.live.settings, required_reviewers=(User("BOB"), User("Ann"))))
    three = replace(FILE, settings=replace(FILE.settings, required_reviewers=(ANN, BOB, CAROL)))

    assert life.plan(two).changes == ()
    assert [each.verdict.origin for each in life.plan(three).changes] == [Origin.CONFIG]


@pytest.mark.parametrize(
    ("file", "there", "origin"),
    [
        ({DEVELOP}, {MAIN}, Origin.CONFIG),
        ({MAIN}, {DEVELOP}, Origin.OUTSIDE),
        ({Pattern(RefType.BRANCH, "new")}, {DEVELOP}, Origin.CONFLICT),
    ],
)
def test_a_pattern_that_takes_anothers_place_has_the_origin_of_both(
    file: set[Pattern], there: set[Pattern], origin: Origin
) -> None:
    life = Life().apply(FILE).meddle(patterns=pattern_list(there))

    (change,) = life.plan(replace(FILE, patterns=frozenset(file))).changes

    assert view(change).action == "update"
    assert change.verdict.origin is origin


@pytest.mark.parametrize(
    ("origins", "one"),
    [
        ((), Origin.UNKNOWN),
        *(((each,), each) for each in Origin),
        *(((each, Origin.UNKNOWN), Origin.UNKNOWN) for each in Origin),
        *(((each, Origin.CONFLICT), Origin.CONFLICT) for each in Origin if each is not Origin.UNKNOWN),
        ((Origin.CONFIG, Origin.OUTSIDE), Origin.CONFLICT),
        ((Origin.CONFIG, Origin.INTERRUPTED), Origin.CONFIG),
        ((Origin.OUTSIDE, Origin.INTERRUPTED), Origin.OUTSIDE),
        ((Origin.OUTSIDE, Origin.INTERRUPTED, Origin.CONFIG), Origin.CONFLICT),
    ],
)
def test_several_origins_make_one(origins: tuple[Origin, ...], one: Origin) -> None:
    assert combine_origins(origins) is one
    assert combine_origins(reversed(origins)) is one


# --- variables whose marks nobody can check ----------------------------------------------------------------


def test_a_mark_of_a_key_that_is_not_at_hand_proves_nothing() -> None:
    """A key that changed twice: the record was signed anew, and a variable that failed kept its older mark."""
    whole = Life().apply(replace(FILE, variables={"REGION": "eu"}))
    cut = whole.cut_off(replace(FILE, variables={"REGION": "us"}))
    for life in (whole, cut):
        old = life.verified()
        foreign_key = keys_of("c").seal(RENEWED_KEYS.seal(old.seal.place).place)  # type: ignore[attr-defined]
        unknown = Verified(KEYS.settle(old.record, OTHER_KEYS.present.id), foreign_key)
        marked = replace(
            unknown.record,
            variables={
                name: replace(each, mark=f"{each.mark}@{OTHER_KEYS.present.id}")
                for name, each in unknown.record.variables.items()
            },
            intent=unknown.record.intent
            and replace(
                unknown.record.intent,
                variables={
                    name: replace(
                        each,
                        before=f"{each.before}@{OTHER_KEYS.present.id}",
                        after=f"{each.after}@{OTHER_KEYS.present.id}",
                    )
                    for name, each in unknown.record.intent.variables.items()
                },
            ),
        )
        run = Run(recorded=replace(unknown, record=marked))

        (change,) = life.plan(replace(FILE, variables={"REGION": "asia"}), run).changes

        assert change.verdict.origin is Origin.UNKNOWN


# --- variables that no file has ----------------------------------------------------------------------------


PRUNING = replace(FILE, prune=True)


@pytest.mark.parametrize(
    ("before", "origin"),
    [
        (FILE, Origin.CONFIG),
        (PRUNING, Origin.OUTSIDE),
        (replace(PRUNING, ignore=frozenset({Field.VARIABLES, Field.SECRETS})), Origin.CONFIG),
    ],
)
def test_what_is_pruned_came_from_outside_only_where_it_was_pruned_before(
    before: DesiredEnvironment, origin: Origin
) -> None:
    life = Life().apply(before)
    life = life.meddle(variables=variables(STAYS="1", STRAY="x")).written_secret("STRAY_TOKEN", START)

    found = life.plan(PRUNING).changes

    assert [(view(each).name, each.verdict.origin) for each in found] == [
        ("STRAY", origin),
        ("STRAY_TOKEN", origin),
    ]


def test_what_could_not_be_pruned_was_not_brought_in_from_outside() -> None:
    life = Life().apply(FILE).meddle(variables=variables(STAYS="1", STRAY="x")).written_secret("TOKEN", START)

    failed = life.apply(PRUNING, fails=lambda each: view(each).action == "delete")

    assert [each.verdict.origin for each in failed.plan(PRUNING).changes] == [Origin.CONFIG, Origin.CONFIG]


def test_what_came_from_outside_did_so_even_if_pruning_it_failed() -> None:
    life = Life().apply(PRUNING).meddle(variables=variables(STAYS="1", STRAY="x"))

    failed = life.apply(PRUNING, fails=lambda each: view(each).action == "delete")

    assert [each.verdict.origin for each in failed.plan(PRUNING).changes] == [Origin.OUTSIDE]


def test_a_field_that_was_ignored_and_whose_change_failed_accuses_nobody() -> None:
    """The record still has the default in the place of what it did not hold."""
    ignoring = replace(FILE, ignore=frozenset({Field.WAIT_TIMER}))
    life = Life().apply(ignoring)
    assert life.live is not None
    life = life.meddle(settings=replace(life.live.settings, wait_timer=10))
    failed = life.apply(FILE, fails=lambda each: isinstance(each, SettingsUpdate))

    (change,) = failed.plan(replace(FILE, settings=replace(FILE.settings, wait_timer=20))).changes

    assert change.verdict.origin is Origin.CONFIG


def test_that_nobody_has_to_approve_any_more_is_no_work_of_an_apply_that_never_wanted_it() -> None:
    """Cancelling an apply, and then removing all reviewers, would hide it from everybody."""
    lead = Settings(required_reviewers=(User("lead"),))
    both = Settings(required_reviewers=(User("lead"), User("mallory")))
    stations = (Protection(both), Protection(lead))

    assert not explained(stations, Field.REQUIRED_REVIEWERS, frozenset())
    assert explained(stations, Field.REQUIRED_REVIEWERS, frozenset({"mallory"}))
    assert explained((Protection(), Protection(lead)), Field.REQUIRED_REVIEWERS, frozenset())
