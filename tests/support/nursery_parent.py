"""The process of `support.nursery` from which the others are forked: it runs no command itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

COMMANDS = ("actions", "apply", "credentials", "drift", "guard", "plan", "serve", "telling", "validate")
OTHERS = (
    "render.annotations",
    "render.diagnostics",
    "render.drift",
    "render.drift_markdown",
    "render.markdown",
    "render.markdown_diagnostics",
    "render.notification",
    "render.results",
    "render.text",
    "sandbox",
    "sandbox.server",
)


def prepare() -> None:
    for module in (*(f"cli.{name}" for name in COMMANDS), *OTHERS):
        import_module(f"envsync.{module}")


def become(order: dict[str, Any]) -> int:
    """In the child: what an interpreter that was started for it would have found."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environ"])
    modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (file, mode) in enumerate(zip(order["files"], modes, strict=True)):
        opened = os.open(file, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    streams = [open(number, mode, encoding="utf-8", errors="surrogateescape") for number, mode in enumerate("rww")]  # noqa: PTH123, SIM115
    sys.stdin, sys.stdout, sys.stderr = streams
    sys.argv = ["envsync", *order["arguments"]]
    try:
        import_module("envsync.cli").main(order["arguments"])
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - as an interpreter would
        traceback.print_exc()
        return 1
    return 0


def serve() -> None:
    prepare()
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os.close(answers)
            code = 1
            try:
                code = become(json.loads(line))
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        os.write(answers, f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    sys.path = [each for each in sys.path if each != str(Path(__file__).parent)]
    serve()
