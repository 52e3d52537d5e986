"""An envsync that keeps records, on a GitHub of dataclasses: reads, plans, applies, with real keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envsync.apply import Interpreter, Signing
from envsync.cli.bookkeeping import Books
from envsync.cli.options import Options
from envsync.config.configuration import Owners
from envsync.model import SecretValue
from envsync.plan.diff import diff
from envsync.plan.record import Place, Verified
from envsync.plan.result import Came, RecordOutcome, Result
from envsync.plan.schedule import schedule
from envsync.secrets.record_keys import KEY, RecordKeys
from envsync.secrets.records import open_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.world import World

    from envsync.apply import Target
    from envsync.model import DesiredRepository, DesiredSecret, LiveRepository, LiveVariable
    from envsync.plan.changes import Plan
    from envsync.plan.ledger import Ledger
    from envsync.plan.record import Record

OWNER = "payments"
SERVER = "https://api.github.example"


def _keys() -> RecordKeys:
    keys = RecordKeys.from_environ({KEY: "5e" * 32})
    assert keys is not None
    return keys


@dataclass
class Bookkeeper:
    world: World
    keys: RecordKeys | None = field(default_factory=_keys)
    owner: str = OWNER
    values: dict[str, bytes] = field(default_factory=dict)  # what the sources of secrets give; else their names
    options: Options = field(
        default_factory=lambda: Options((), named=False, color="never", quiet=True, verbose=False)
    )

    def read(self, secret: DesiredSecret) -> SecretValue:
        return SecretValue(self.values.get(secret.name, secret.name.encode()))

    def live(self, desired: DesiredRepository) -> LiveRepository:
        return self.world.live([each.name for each in desired.environments])

    def ledger(self, desired: DesiredRepository, live: LiveRepository) -> Ledger:
        environments = {each.name.casefold(): self.owner for each in desired.environments}
        owners = {desired.name.key: Owners((self.owner,), environments)}
        books = Books(SERVER, self.keys, self.read)
        return books.ledger(self.options, [desired], owners, {desired.name.key: live})

    def plan(self, desired: DesiredRepository) -> Plan:
        live = self.live(desired)
        return diff([desired], {desired.name.key: live}, ledger=self.ledger(desired, live))

    def apply(
        self,
        desired: DesiredRepository,
        *,
        stopped: Callable[[], bool] = lambda: False,
        target: Target | None = None,
        planned: Callable[[], None] = lambda: None,
    ) -> Came:
        """`planned` is called between the plan and the first step."""
        live = self.live(desired)
        ledger, there = self.ledger(desired, live), {desired.name.key: live}
        steps = schedule(diff([desired], there, ledger=ledger), [desired], there, ledger)
        planned()
        signing = None if ledger.seal is None else Signing(SERVER, ledger.seal)
        interpreter = Interpreter(
            target or self.world, self.read, not self.options.no_secrets, signing=signing, stopped=stopped
        )
        came = list(interpreter.apply(steps))
        return Came(
            tuple(each for each in came if isinstance(each, Result)),
            tuple(each for each in came if isinstance(each, RecordOutcome)),
        )

    def record(self, environment: str) -> Record | None:
        """What the record of an environment says, where it is a genuine one."""
        there = self.world.environments[environment.casefold()]
        return self.opened(there.record, there.id)

    def opened(self, variable: LiveVariable | None, environment_id: int) -> Record | None:
        place = Place(SERVER, self.world.id, environment_id)
        found = open_record(variable, place, self.keys, (self.owner,))
        return found.record if isinstance(found, Verified) else None
