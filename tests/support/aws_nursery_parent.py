"""The process of `support.aws_nursery`: it imports awscli, forks for each command, and runs none itself."""

from __future__ import annotations

import gc
import logging
import marshal
import os
import runpy
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from importlib import import_module
from pathlib import Path

REAL = sys.argv[-1]
SHIM = Path(__file__).with_name("aws_nursery_shim.py")
# What the tests call most, so that all that it loads is there. Nobody is asked: that port is closed.
CALLS = (
    "lambda get-alias --function-name x --name x --output json",
    "lambda invoke --function-name x --payload x /dev/null",
    "sts assume-role-with-web-identity --role-arn arn:aws:iam::123456789012:role/x --role-session-name x1 \
    --web-identity-token xxxx --output text --query Credentials.[AccessKeyId]",
)
NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_RETRY_MODE": "standard",
}


def prepare() -> None:
    clidriver = import_module("awscli.clidriver")
    session = import_module("botocore.session")
    # A loader keeps what it reads of the files that awscli comes with, and is shared.
    setattr(session, "create_loader", cache(session.create_loader))  # noqa: B010 - mypy knows no such attribute
    os.environ.update(NOWHERE)
    with Path(os.devnull).open("w") as null, redirect_stdout(null), redirect_stderr(null):
        for call in CALLS:
            clidriver.create_clidriver().main(call.split())
    logging.getLogger("awscli").handlers.clear()  # each call adds one
    # As `main` begins; what is asked of the environment is asked later, and each child asks once.
    driver = clidriver.create_clidriver()
    driver._get_command_table()
    setattr(clidriver, "create_clidriver", lambda: driver)  # noqa: B010 - as above
    gc.collect()
    gc.freeze()


def is_prepared_for(environ: dict[str, str]) -> bool:
    """Whether awscli, imported with that environment, would have found what it found here: nothing."""
    files = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    own = [Path(os.path.expanduser(f"~/.aws/{name}")) for name in ("models", "cli")]  # noqa: PTH111 - without HOME too
    return (
        all(environ.get(each) == os.devnull for each in files)
        and not {"AWS_DATA_PATH", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"} & environ.keys()
        and not any(each.exists() for each in own)
    )


def become(link: socket.socket) -> int:
    """In the child: what an interpreter that was started for the command would have found."""
    head, handed, _, _ = socket.recv_fds(link, 4, 3)
    with link.makefile("rb") as stream:
        arguments, folder, environ = marshal.loads(stream.read(int.from_bytes(head, "big")))
    link.close()
    for number, descriptor in enumerate(handed):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    data = os.environ["AWS_DATA_PATH"]  # awscli sets it as it is imported
    os.environ.clear()
    os.environb.update(environ)
    if not is_prepared_for(dict(os.environ)):
        os.execv(REAL, [REAL, *arguments])
    os.environ["AWS_DATA_PATH"] = data
    streams = [open(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")]  # noqa: SIM115
    sys.stdin, sys.stdout, sys.stderr = streams
    sys.argv = [REAL, *arguments]
    try:
        runpy.run_path(REAL, run_name="__main__")
    except SystemExit as left:
        if isinstance(left.code, str):
            sys.stderr.write(f"{left.code}\n")
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - as an interpreter would
        traceback.print_exc()
        return 1
    return 0


def serve(listener: socket.socket) -> None:
    """Until standard input is closed. A caller that is gone takes its command with it."""
    children: dict[int, socket.socket] = {}
    ended, wake = socket.socketpair()
    os.set_blocking(wake.fileno(), False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    while True:
        poll = select.poll()
        for each in (0, listener, ended):
            poll.register(each, select.POLLIN)
        for link in children.values():
            poll.register(link, 0)  # that it was hung up is told without being asked for
        ready = {descriptor for descriptor, _ in poll.poll()}
        if 0 in ready:
            return end_all(children)
        for child, link in children.items():
            if link.fileno() in ready:
                os.kill(child, signal.SIGKILL)
        if ended.fileno() in ready:
            ended.recv(1024)
            reap(children)
        if listener.fileno() in ready:
            link, _ = listener.accept()
            children[fork(link, [listener, ended, wake, *children.values()])] = link


def fork(link: socket.socket, others: list[socket.socket]) -> int:
    child = os.fork()
    if child:
        tell(link, child)
        return child
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for other in others:
            other.close()
        code = become(link)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def reap(children: dict[int, socket.socket]) -> None:
    for child in list(children):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            with children.pop(child) as link:
                tell(link, os.waitstatus_to_exitcode(status))


def tell(link: socket.socket, number: int) -> None:
    with suppress(OSError):  # it may be gone
        link.send(number.to_bytes(4, "big", signed=True))


def end_all(children: dict[int, socket.socket]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = tempfile.mkdtemp()
    try:
        python = Path(sys.executable).resolve()
        shim = Path(folder, "aws")
        shim.write_text(f"#!{python} -IS\n{SHIM.read_text(encoding='utf-8')}", encoding="utf-8")
        shim.chmod(0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/socket")
            listener.listen(16)
            os.write(1, f"{folder}\n".encode())  # who calls from now on, waits
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.environ["HOME"] = folder  # nothing of the user's is found
            prepare()
            serve(listener)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.path = [each for each in sys.path if each != str(Path(__file__).parent)]
    main()
