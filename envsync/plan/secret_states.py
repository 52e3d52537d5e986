"""What is known of a secret whose value GitHub never shows: its state, in words why, and whether it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envsync.model import External, Field, LiveRepository
from envsync.plan.changes import Origin, SecretState
from envsync.plan.ledger import spot
from envsync.plan.moments import seconds, words
from envsync.plan.record import CLOCK_SKEW, INTENT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envsync.model import DesiredRepository, DesiredSecret, LiveSecret, Unread
    from envsync.plan.ledger import Compared, Ledger, Spot
    from envsync.plan.record import Record, RecordedSecret, Verified


@dataclass(frozen=True, slots=True)
class Finding:
    """`origin` None: nothing is to be written. `known`: that the value on GitHub is envsync's own."""

    state: SecretState
    reason: str
    origin: Origin | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A source that has to be held against the record, to tell in what state its secret is."""

    at: Spot
    secret: DesiredSecret
    verified: Verified
    mark: str


def questions(
    desired: Sequence[DesiredRepository], live: Mapping[str, LiveRepository | Unread], ledger: Ledger
) -> Iterator[Question]:
    """Only where the record can answer: every other source is left alone until its value is written."""
    for repository in desired:
        there = live[repository.name.key]
        for environment in repository.environments if isinstance(there, LiveRepository) else ():
            at = spot(repository.name, environment.name)
            verified = ledger.verified(at)
            if verified is None:
                continue
            for name, secret in sorted(environment.secrets.items()):
                last = verified.record.secrets.get(name)
                if last is not None and last.mark is not None and not isinstance(secret.source, External):
                    yield Question(at, secret, verified, last.mark)


def find_state(
    secret: DesiredSecret, live: LiveSecret | None, verified: Verified | None, compared: Compared | None
) -> Finding:
    if isinstance(secret.source, External):
        if live is None:
            return Finding(SecretState.MISSING, "it is external, and nobody has set it on GitHub")
        return Finding(SecretState.EXTERNAL, "its value is set elsewhere")
    record = None if verified is None else verified.record
    last = None if record is None else record.secrets.get(secret.name)
    intents = {} if record is None or record.intent is None else record.intent.secrets
    if live is None:
        if record is None:
            origin = Origin.UNKNOWN
        elif secret.name in intents:
            origin = Origin.INTERRUPTED
        else:
            origin = Origin.CONFIG if last is None else _outside(compared)
        return Finding(SecretState.MISSING, "not on GitHub", origin)
    if record is None:
        return Finding(SecretState.UNVERIFIABLE, "no record of envsync's vouches for its value")
    if may_be_own(live, record):
        reason = "an apply was cut off, which may have written it: it is written once more"
        return Finding(SecretState.SOURCE_CHANGED, reason, Origin.INTERRUPTED, known=True)
    return _since(last, live, compared, interrupted=secret.name in intents)


def _since(
    last: RecordedSecret | None, live: LiveSecret, compared: Compared | None, *, interrupted: bool
) -> Finding:
    """What happened to a secret since envsync wrote it, if it did."""
    if last is None or last.mark is None or last.updated_at is None:
        return Finding(
            SecretState.UNVERIFIABLE, "no record says that envsync wrote it, and GitHub does not show values"
        )
    moved = _moved(live, last.updated_at)
    if moved:
        reason = f"somebody else wrote it on {_when(live)}, after envsync did on {words(last.updated_at)}"
        return Finding(SecretState.TOUCHED_OUTSIDE, reason, _outside(compared))
    if moved is None:
        reason = "GitHub shows an older date than envsync's own write has: its answer may be out of date"
        return Finding(SecretState.UNVERIFIABLE, reason, known=True)
    if compared is None or compared.same is None:
        reason = "its source was not read" if compared is None else compared.reason
        return Finding(SecretState.UNVERIFIABLE, reason, known=True)
    if compared.same:
        return Finding(
            SecretState.IN_SYNC, "the source gives what envsync wrote, and nobody wrote it since", known=True
        )
    origin = Origin.INTERRUPTED if interrupted else Origin.CONFIG
    return Finding(
        SecretState.SOURCE_CHANGED, "the source gives another value than envsync last wrote", origin, known=True
    )


def may_be_own(live: LiveSecret, record: Record) -> bool:
    """Whether an apply that was cut off may have written a secret as it is now."""
    if record.intent is None or live.name not in record.intent.secrets:
        return False
    before = record.intent.secrets[live.name]
    return bool(_moved(live, before)) and not _moved(live, record.time + INTENT_SECONDS)


def _outside(compared: Compared | None) -> Origin:
    """What somebody did to a secret, whose source may have changed as well."""
    return Origin.CONFLICT if compared is not None and compared.same is False else Origin.OUTSIDE


def _moved(live: LiveSecret, since: int | None) -> bool | None:
    """Whether a secret was written after `since`; None: GitHub shows an earlier date, or none that can be read."""
    if since is None:
        return True
    try:
        shown = seconds(live.updated_at)
    except ValueError:
        return None
    return None if shown < since - CLOCK_SKEW else shown > since


def _when(live: LiveSecret) -> str:
    return words(seconds(live.updated_at))


def left_origin(live: LiveSecret, verified: Verified | None) -> Origin:
    """Why a secret that no file declares is there, and is to go."""
    if verified is None:
        return Origin.UNKNOWN
    record = verified.record
    if record.intent is not None and live.name in record.intent.secrets:
        return Origin.INTERRUPTED
    if (last := record.secrets.get(live.name)) is None:
        return Origin.OUTSIDE if record.prune and Field.SECRETS not in record.ignore else Origin.CONFIG
    touched = last.updated_at is not None and _moved(live, last.updated_at)
    return Origin.CONFLICT if touched else Origin.CONFIG
