"""This project's action and workflows as another repository has them: copies that it reviews as its own.

A workflow there could as well name the action by this project's repository and a commit. But then what runs with
the keys to its environments is fetched from where nobody there has looked.
"""

from __future__ import annotations

import re

ACTION = ".github/actions/envsync"
_ON_PURPOSE = "# zizmor: ignore[self-repository]"
_USES = re.compile(r"\buses: \./$", re.MULTILINE)
_PATHS = re.compile(r"^( +paths: \[.*)\]$", re.MULTILINE)
_VERSION = re.compile(r"(?<=^  version:\n)(    description: .*\n    default: )\"\"$", re.MULTILINE)


def vendored_workflow(text: str) -> str:
    """With the action where the copy is. A change of that starts the workflow as well.

    `./` is the folder that was checked out, for a pull request that of the branch which was reviewed, and so is
    the action that runs. zizmor advises another spelling, which does not say that.
    """
    head = "# The action is used from what was checked out: ./ on purpose, so that what runs was reviewed.\n"
    return head + _PATHS.sub(rf'\1, "{ACTION}/**"]', _USES.sub(f"uses: ./{ACTION} {_ON_PURPOSE}", text))


def vendored_action(text: str, version: str) -> str:
    """One that installs `version` of envsync from the package index, unless the step says otherwise."""
    head = f"""\
# A copy of envsync's own action, as `envsync init` of envsync {version} wrote it. It installs that version, and
# of what that needs, what requirements.txt beside it pins by hash. `envsync init --force` of another version
# writes it anew.
"""
    return head + _VERSION.sub(rf'\g<1>"{version}"', text)
