"""What is on GitHub -> the text of an `environments.yaml` that says the same. No I/O."""

from envsync.scaffold.document import Heading, Scaffold, is_wanted, scaffold
from envsync.scaffold.owner_name import claimed, is_owner_name, owner_name, recorded_owners

__all__ = [
    "Heading",
    "Scaffold",
    "claimed",
    "is_owner_name",
    "is_wanted",
    "owner_name",
    "recorded_owners",
    "scaffold",
]
