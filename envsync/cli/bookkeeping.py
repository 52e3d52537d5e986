"""What a run knows besides files and GitHub: keys, what the records say, and what comparing sources gave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envsync.errors import SecretSourceError
from envsync.model import LiveRepository, Unread
from envsync.plan.ledger import Compared, Ledger, spot
from envsync.plan.record import Place, Sort
from envsync.plan.secret_states import questions
from envsync.secrets.records import open_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envsync.cli.options import Options
    from envsync.config.configuration import Owners
    from envsync.model import DesiredRepository, DesiredSecret, LiveVariable, SecretValue
    from envsync.plan.ledger import Spot
    from envsync.plan.record import Recorded
    from envsync.secrets.record_keys import RecordKeys

    Live = Mapping[str, LiveRepository | Unread]
    Read = Callable[[DesiredSecret], SecretValue]


@dataclass(frozen=True, slots=True)
class Books:
    """How this run keeps its books: `keys` None: it cannot, and proves nothing."""

    server: str  # records are bound to it
    keys: RecordKeys | None
    read: Read

    def ledger(
        self,
        options: Options,
        desired: Sequence[DesiredRepository],
        owners: Mapping[str, Owners],
        live: Live,
    ) -> Ledger:
        found = Ledger(
            server=self.server,
            seal=None if self.keys is None else self.keys.seal,
            owners={
                (key, environment): owner
                for key, each in owners.items()
                for environment, owner in each.environments.items()
            },
            recorded=dict(self._recorded(desired, owners, live)),
            take_over=options.take_over,
            rotate=options.rotate,
        )
        return replace(found, compared=self._compared(options, desired, live, found))

    def _recorded(
        self, desired: Sequence[DesiredRepository], owners: Mapping[str, Owners], live: Live
    ) -> Iterator[tuple[Spot, Recorded]]:
        for repository in desired:
            there = live[repository.name.key]
            if isinstance(there, LiveRepository):
                names = owners[repository.name.key].repository
                for name, (environment, variable) in _records(there).items():
                    place = Place(self.server, there.id or 0, environment)
                    yield spot(repository.name, name), open_record(variable, place, self.keys, names)

    def _compared(
        self, options: Options, desired: Sequence[DesiredRepository], live: Live, ledger: Ledger
    ) -> Mapping[Spot, Mapping[str, Compared]]:
        found: dict[Spot, dict[str, Compared]] = {}
        for question in questions(desired, live, ledger):
            answers = found.setdefault(question.at, {})
            if options.no_secrets:
                answers[question.secret.name] = Compared(None, "its source was not read, as asked")
                continue
            try:
                value = self.read(question.secret).reveal()
            except SecretSourceError as error:
                answers[question.secret.name] = Compared(None, str(error))
                continue
            seal, name = question.verified.seal, question.secret.name
            same = seal.matches(Sort.SECRET, name, value, question.mark)
            why = "the key that was used when it was written is not at hand" if same is None else ""
            mark = seal.renew(Sort.SECRET, name, value, question.mark) if same else None
            answers[name] = Compared(same, why, mark)
        return found


def _records(live: LiveRepository) -> dict[str, tuple[int, LiveVariable | None]]:
    """The ids and records of environments, by name, where it is known whether they have one."""
    full = {
        name: (each.id, each.record)
        for name, each in live.environments.items()
        if not isinstance(each.variables, Unread)
    }
    others = {
        name: (each.id, each.record) for name, each in live.others.items() if not isinstance(each.record, Unread)
    }
    return {**others, **full}
