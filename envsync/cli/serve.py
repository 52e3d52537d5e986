"""`envsync sandbox`: the embedded GitHub, until somebody stops it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from envsync.cli.embedded import populate, sandbox_folder
from envsync.cli.output import note, result
from envsync.config import load
from envsync.errors import ExitCode
from envsync.sandbox import FULL_TOKEN, Fault, Sandbox
from envsync.sandbox import reset as forget

if TYPE_CHECKING:
    from envsync.cli.options import Options


def serve(options: Options, *, port: int, latency: float, faults: tuple[str, ...], reset: bool) -> int:
    parsed = [Fault.parse(fault) for fault in faults]
    files = [Path(file) for file in options.files]
    configuration = load(files) if any(file.exists() for file in files) else None
    folder = sandbox_folder()
    if reset:
        forget(folder)
    with Sandbox(folder, port=port, latency=latency, faults=parsed) as sandbox:
        if configuration is None:
            note(options, f"{options.files[0]} is not there, so the sandbox knows no repository of yours")
        else:
            populate(sandbox, configuration)

        def ready() -> None:
            result(f"export GITHUB_API_URL={sandbox.url}\nexport GH_TOKEN={FULL_TOKEN}\n")
            note(options, f"serving {folder}: paste the lines above into another terminal; Ctrl-C stops")

        sandbox.serve_forever(ready)
    return ExitCode.OK
