"""Promise 3: no secret turns up anywhere. Every command at every verbosity, and every kind of failure, in one go.

Looked through is all that envsync prints, writes, asks GitHub and starts processes with, for any eight characters
in a row of any secret in any form that `support.canaries` knows. Commands note who started them, with what.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.app_keys import private_pem, public_pem
from support.canaries import PART, Finder, forms
from support.loopback import Reply, Seen, serving
from support.shell import COMMAND

from envsync.github.links import ISSUES, PERMISSIONS
from envsync.sandbox import FULL_TOKEN, Fault, Options, Sandbox
from envsync.sandbox.state import SERVICE_LOGIN, WORKFLOW_LOGIN, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envsync.sandbox import Exchange

TOKEN = "ghp_Yf28EMB4UVkZ6hUuHzvGjMt1fbZS"
KEY = "XQPW9d8OmVQypyuA6sZWDbaW3Th1p5ZFG6mRN_7AI8k"
PREVIOUS = "gNPB28P2xoLZpAHt9iFC7mbEALVYG5xOZoFrNh-q3SM"
BY_ENV = 'dv5EJpE6Q/iGnId3o+9q5k1"0L5HT1 8BCu9é'
BY_FILE = "IxB1Uj9M9/i3dXbGM\\Gc94X9l+xVI&aHt9iF"
BY_COMMAND = "aoCexrariz0hH%0QE3G4BtM=nBS0H'mM6q4Z6"
INLINE = "K9tDAqrPJqpx2kGS1JTPW9HmmCH7j"
APP_KEY = "\n".join(private_pem().splitlines()[12:16])  # what stands before is the public key as well
REPORT_TOKEN = "ghs_vR3mZ8qLw5Nc1Xt6Jp9Ks2Hd7Fb4"
NOTIFY_PASSWORD = "uG6yB1nM8kV3cX5zQ0wE"
LOST = (
    "w8zobKQNf5r9pgUZkhFS8x3jCKTf"  # in what fails: a source that is too long, a command that says it, a bad key
)

CANARIES = {
    "the token": TOKEN.encode(),
    "the record key": KEY.encode(),
    "the record key, decoded": base64.urlsafe_b64decode(KEY + "="),
    "the previous key": PREVIOUS.encode(),
    "the previous key, decoded": base64.urlsafe_b64decode(PREVIOUS + "="),
    "a secret by env": BY_ENV.encode(),
    "a secret by file": BY_FILE.encode(),
    "a secret by command": BY_COMMAND.encode(),
    "a secret in the file": INLINE.encode(),
    "what fails": LOST.encode(),
    "the App's key": APP_KEY.encode(),
    "the report token": REPORT_TOKEN.encode(),
    "the password in a notification's URL": NOTIFY_PASSWORD.encode(),
}
FINDER = Finder.of(CANARIES)

FILE = """\
version: 1
name: payments
repositories: [acme/payments]
environments:
  production:
    wait_timer: 5
    deployment_branch_policy: {branches: [main]}
    variables: {LEVEL: "1"}
    secrets:
      BY_ENV: {env: BY_ENV}
      BY_FILE: {file: by-file}
      BY_COMMAND: {command: [./give, by-command]}
"""
GIVE = (
    '#!/bin/sh\ncat /proc/$PPID/cmdline /proc/$$/cmdline >"arguments.$$"\ncat "$VAULT/$1" >&2\ncat "$VAULT/$1"\n'
)
VERBOSITIES = ((), ("-q",), ("-v",))
OUTPUTS = ("text", "json", "markdown")
ALL = ("--yes", "--allow-commands", "--rotate-secrets", "--allow-weakening", "--allow-destroying")


@dataclass
class Place:
    """A folder to work in, a home, a folder for temporary files, and a vault that is not looked through."""

    root: Path
    said: list[tuple[str, bytes]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)  # each secret that GitHub got
    given: dict[Path, bytes] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        for name in ("work", "home", "tmp", "vault", "bin"):
            (self.root / name).mkdir(parents=True)
        self.give("by-file", BY_FILE + "\n")
        self.give("give", GIVE, mode=0o700)
        self.give("environments.yaml", FILE)
        (self.root / "vault/by-command").write_text(BY_COMMAND + "\n")
        (self.root / "vault/lost").write_text(LOST)
        self.environ = {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root / "home/cache"),
            "TMPDIR": str(self.root / "tmp"),
            "VAULT": str(self.root / "vault"),
            "GH_TOKEN": TOKEN,
            "ENVSYNC_RECORD_KEY": KEY,
            "BY_ENV": BY_ENV,
            "GITHUB_API_URL": "http://127.0.0.1:9",
        }

    def give(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.root / "work" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        self.given[path] = path.read_bytes()

    def run(
        self,
        *arguments: str,
        program: tuple[str, ...] = (str(COMMAND),),
        shows_arguments: bool = False,
        **environ: str,
    ) -> str:
        """What it said; remembered, with the command line that it really had. `shows_arguments`: on purpose."""
        with subprocess.Popen(
            [*program, *arguments],
            cwd=self.root / "work",
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            self.process = process
            if not shows_arguments:
                self.note(f"arguments of {arguments}", command_line(process.pid))
            out, err = process.communicate(timeout=120)
        self.note(f"output of {arguments}", out)
        self.note(f"errors of {arguments}", err)
        assert b"Traceback" not in out + err, arguments
        self.codes.append(process.returncode)
        return (out + err).decode()

    def note(self, what: str, text: bytes) -> None:
        self.said.append((what, text))

    def observe(self, exchange: Exchange) -> None:
        told = f"{exchange.path} {exchange.query} {exchange.request_headers}", exchange.request, exchange.response
        self.note(f"{exchange.method} {exchange.path}", repr(told).encode())

    @contextmanager
    def github(self, *faults: str, observe: Callable[[Exchange], None] | None = None) -> Iterator[Sandbox]:
        """Whose state is looked through at its end, records and all."""

        def wrote(_repository: str, _environment: str, name: str, value: bytes) -> None:
            self.written.append((name, value.decode()))

        with Sandbox(
            self.root / "state",
            faults=[Fault.parse(each) for each in faults],
            observe=observe or self.observe,
            options=Options(on_secret=wrote),
        ) as sandbox:
            sandbox.seed(repositories=[("acme", "payments")])
            permissions = sandbox.state.tokens[FULL_TOKEN].permissions
            sandbox.state.tokens[TOKEN] = Token(TOKEN, SERVICE_LOGIN, permissions)
            reports = {"metadata": "read", "issues": "write", "pull_requests": "write"}
            sandbox.state.tokens[REPORT_TOKEN] = Token(REPORT_TOKEN, WORKFLOW_LOGIN, reports)
            self.environ["GITHUB_API_URL"] = sandbox.url
            try:
                yield sandbox
                self.note("sandbox", repr(sandbox.state.repositories).encode())
            finally:
                for token in (TOKEN, REPORT_TOKEN):
                    sandbox.state.tokens.pop(token, None)  # the test's own doing

    def leaks(self) -> set[str]:
        found = {f"{what}: {leak}" for what, text in self.said for leak in FINDER.find(text)}
        for path in self.root.rglob("*"):
            shown = str(path.relative_to(self.root))
            found |= {f"the name {shown}: {leak}" for leak in FINDER.find(shown.encode())}
            if path.is_file() and not shown.startswith("vault/"):
                content = path.read_bytes()
                if content != self.given.get(path):
                    found |= {f"{shown}: {leak}" for leak in FINDER.find(content)}
        return found


def command_line(pid: int) -> bytes:
    """Of a child that was just started: the kernel tells of it a little later than of the start itself."""
    while not (found := Path(f"/proc/{pid}/cmdline").read_bytes()):
        assert os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None, "it has ended already"
    return found


# --- what is done ------------------------------------------------------------------------------------------


def every_command(place: Place, verbosity: tuple[str, ...]) -> None:
    with place.github() as sandbox:
        for output in OUTPUTS:
            place.run("validate", "-o", output, *verbosity)
            place.run("plan", "-o", output, *verbosity)
        place.run("plan", "--out", "plan.json", "-o", "json", *verbosity)
        place.run("apply", "plan.json", "--allow-commands", *verbosity)
        for output in OUTPUTS:
            place.run("apply", "-o", output, *ALL, *verbosity)
            place.run("plan", "-o", output, "--allow-commands", *verbosity)
        assert "3 in sync" in place.run("plan", "--allow-commands", *verbosity)
        assert "ENVSYNC_RECORD" in sandbox.state.environment("acme/payments", "production").variables
    assert len(place.written) == 12
    assert set(place.written) == {("BY_ENV", BY_ENV), ("BY_FILE", BY_FILE), ("BY_COMMAND", BY_COMMAND)}
    place.run("apply", "--sandbox", *ALL, *verbosity)
    place.run("plan", "--sandbox", "--allow-commands", *verbosity)
    assert set(place.codes) == {0}
    assert list((place.root / "work").glob("arguments.*"))
    assert (place.root / "work/.envsync/sandbox/repositories/acme/payments.json").exists()


def served(place: Place, verbosity: tuple[str, ...]) -> None:
    """The server of its own, and who talks to it."""
    with subprocess.Popen(
        [COMMAND, "sandbox", "--port", "0", *verbosity],
        cwd=place.root / "work",
        env=place.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        url = process.stdout.readline().decode().strip().partition("=")[2]
        assert "3 applied" not in place.run("plan", *verbosity, GITHUB_API_URL=url, GH_TOKEN=FULL_TOKEN)
        place.run("apply", *ALL, *verbosity, GITHUB_API_URL=url, GH_TOKEN=FULL_TOKEN)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    place.note("the server", out + err)
    assert (process.returncode, place.codes) == (0, [0, 0])


def as_an_app(place: Place, sandbox: Sandbox) -> None:
    app, _ = sandbox.install_app(
        "envsync", public_key=public_pem(), owner="acme", permissions={**PERMISSIONS["writing"], **ISSUES}
    )
    place.environ |= {
        "GH_TOKEN": "",
        "ENVSYNC_APP_ID": str(app),
        "ENVSYNC_APP_PRIVATE_KEY": private_pem(),
        "ENVSYNC_REPORT_TOKEN": REPORT_TOKEN,
    }


def in_actions(place: Place) -> None:
    place.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/payments",
        "GITHUB_STEP_SUMMARY": str(place.root / "tmp/summary"),
        "GITHUB_OUTPUT": str(place.root / "tmp/output"),
    }


def hook(address: str) -> str:
    return f"{address.replace('http:', 'json:')}/hook?-x=y".replace("//", f"//ops:{NOTIFY_PASSWORD}@")


def told(place: Place, verbosity: tuple[str, ...]) -> None:
    """Drift, to an issue and to a webhook; a plan, to a pull request; as an App, in a workflow."""
    in_actions(place)
    with place.github() as sandbox, serving() as receiver:
        receiver.on("POST /hook", Reply({}, 200))
        as_an_app(place, sandbox)
        place.environ["ENVSYNC_NOTIFY_URLS"] = hook(receiver.address)
        number = sandbox.open_pull_request("acme/payments", "a change")
        place.run("plan", "--comment", f"acme/payments#{number}", *verbosity)
        place.run("apply", *ALL, *verbosity)
        assert set(place.codes) == {0}

        sandbox.state.environment("acme/payments", "production").protection.wait_timer = 1
        one, another, third = (OUTPUTS[VERBOSITIES.index(verbosity) - number] for number in range(3))
        place.run("drift", "--report", "issue", "--pending", "-o", one, *verbosity)
        place.run("credentials", "--organization", "acme", "--report", "-o", one, *verbosity)
        (issue,) = (each for each in sandbox.state.repository("acme/payments").issues.values() if each.labels)
        assert (issue.author, len(receiver.seen)) == (WORKFLOW_LOGIN, 1)
        assert receiver.seen[0].headers["authorization"].startswith("Basic ")
        place.note("the notification", repr(receiver.seen[0].body).encode())

        receiver.on("POST /hook", Reply({"message": "no"}, 500))
        sandbox.state.environment("acme/payments", "production").protection.wait_timer = 2
        assert "not-notified" in place.run("drift", "-o", another, *verbosity)
        url = place.environ.pop("ENVSYNC_NOTIFY_URLS")
        place.run("drift", "--report", "issue", "--notify", url, "-o", third, *verbosity, shows_arguments=True)
    assert place.codes[2:] == [2, 0, 2, 2]
    for what, said in place.said:
        assert b"ghs_" not in said or what.endswith("/access_tokens"), what


def told_wrongly(place: Place, verbosity: tuple[str, ...]) -> None:
    """Keys that are damaged, of no App or of another one, tokens that may not report, URLs that lead nowhere."""
    in_actions(place)
    with place.github() as sandbox:
        as_an_app(place, sandbox)
        key = place.environ["ENVSYNC_APP_PRIVATE_KEY"]
        damaged = "\n".join(key.splitlines()[:-4])
        for wrong in (
            {"ENVSYNC_APP_PRIVATE_KEY": damaged},
            {"ENVSYNC_APP_PRIVATE_KEY": key.replace("RSA PRIVATE", "PUBLIC")},
            {"ENVSYNC_APP_PRIVATE_KEY": APP_KEY, "ENVSYNC_APP_ID": "1"},
            {"ENVSYNC_APP_PRIVATE_KEY": "", "ENVSYNC_APP_PRIVATE_KEY_FILE": APP_KEY.splitlines()[0]},
            {"ENVSYNC_APP_ID": APP_KEY.splitlines()[0]},
            {"ENVSYNC_APP_ID": "999999"},
        ):
            place.run("drift", *verbosity, shows_arguments=False, program=(str(COMMAND),), **wrong)
        assert set(place.codes) == {4}
        place.run("drift", "--report", "issue", *verbosity, ENVSYNC_REPORT_TOKEN=f"{REPORT_TOKEN} {LOST}")
        sandbox.state.tokens[REPORT_TOKEN].permissions = {"metadata": "read"}
        place.run("drift", "--report", "issue", *verbosity)
        for url in (
            f"jsn://ops:{NOTIFY_PASSWORD}@127.0.0.1:9/",
            f"{NOTIFY_PASSWORD}://x",
            f"mailto://ops:{NOTIFY_PASSWORD}@127.0.0.1:9?smtp=127.0.0.1&mode=insecure&from=a@b.example",
            f"json://ops:{NOTIFY_PASSWORD}@127.0.0.1:9/{NOTIFY_PASSWORD}",
        ):
            place.run("drift", *verbosity, ENVSYNC_NOTIFY_URLS=url)
    assert all(place.codes)


def helped(place: Place, _verbosity: tuple[str, ...]) -> None:
    for command in ((), *((each,) for each in ("validate", "plan", "apply", "drift", "credentials", "sandbox"))):
        place.run(*command, "--help")
    place.run(_ENVSYNC_COMPLETE="bash_source")
    said = place.run(_ENVSYNC_COMPLETE="bash_complete", COMP_WORDS="envsync plan --", COMP_CWORD="2")
    assert "allow-commands" in said


def broken_files(place: Place, verbosity: tuple[str, ...]) -> None:
    """A value stands in the file itself, where a source belongs, and the file is broken all the same."""
    good = "{command: [./give, by-command]}"
    for number, bad in enumerate(
        (
            INLINE,
            f'"{INLINE}',
            f"{{env: {INLINE}, file: {INLINE}}}",
            f"{{value: {INLINE}}} # {INLINE}",
            f"|\n        {INLINE}\n       {INLINE}\n\t{INLINE}",
            f"[{INLINE}",
            f"&{INLINE} *{INLINE}",
            f"{{command: {INLINE}, {INLINE}}}\n      {INLINE}: {INLINE}\n      {INLINE}",
        )
    ):
        place.give("environments.yaml", FILE.replace(good, bad).replace("wait_timer", "wait_tmer"))
        output = OUTPUTS[number % 3]
        place.run("validate", "-o", output, *verbosity)
        command = ("plan",) if number % 2 else ("apply", "--yes")
        place.run(*command, "-o", output, *verbosity)
    assert set(place.codes) == {1}


def broken_sources(place: Place, verbosity: tuple[str, ...]) -> None:
    """Missing, empty, too long, and a command that fails and says what it knows."""
    place.give("too-long", LOST * 2000)
    place.give("fail", f"{GIVE}exit 3\n", mode=0o700)
    place.give(
        "environments.yaml",
        FILE.replace("BY_ENV: {env: BY_ENV}", "BY_ENV: {env: NOT_SET}\n      EMPTY: {env: EMPTY}")
        .replace("by-file", "too-long")
        .replace("[./give, by-command]", "[./fail, lost]"),
    )
    with place.github():
        place.run("plan", *verbosity, EMPTY="")
        said = place.run("apply", *ALL, *verbosity, EMPTY="")
        place.run("apply", "-o", "json", *ALL, *verbosity, EMPTY="")
    assert "status 3" in said
    assert "48 KB" in said
    assert not place.written


def faults(place: Place, verbosity: tuple[str, ...]) -> None:
    """Of the server's, of the network's."""
    for number, fault in enumerate(
        (
            "422:PUT:*/secrets/*",
            "500:PUT:*/secrets/BY_ENV:1",
            "lost:PUT:*/secrets/*:1",
            "truncate:GET:*/public-key:1",
            "reset:PUT:*/secrets/BY_FILE:1",
            "403+0:PUT:*/secrets/BY_ENV:1",
            "422:PATCH:*/variables/*",
        )
    ):
        with place.github(fault):
            place.run("apply", "-o", OUTPUTS[number % 3], *ALL, *verbosity)
    assert any(place.codes)
    place.environ["GITHUB_API_URL"] = "http://127.0.0.1:9"
    place.run("apply", *ALL, *verbosity)
    assert place.codes[-1] == 1


def echoes(place: Place, verbosity: tuple[str, ...]) -> None:
    """A server that says what it was told, credentials included."""

    def reply(status: int) -> Callable[[Seen], Reply]:
        def answering(seen: Seen) -> Reply:
            return Reply({"message": f"you said {dict(seen.headers)} {seen.body}"}, status)

        return answering

    with serving() as server:
        place.environ["GITHUB_API_URL"] = server.address
        for status in (403, 422):
            server.on("GET /repos/acme/payments", reply(status))
            said = place.run("plan", *verbosity)
            assert "you said" in said
        assert TOKEN in server.seen[0].headers["authorization"]


def no_permission(place: Place, verbosity: tuple[str, ...]) -> None:
    with place.github() as sandbox:
        sandbox.state.tokens[TOKEN].permissions = {"metadata": "read", "actions": "read", "environments": "read"}
        place.run("plan", *verbosity)
        place.run("apply", *ALL, *verbosity)
        del sandbox.state.tokens[TOKEN]
        place.run("apply", *ALL, *verbosity)
        assert place.codes[-1] == 4
        place.run("plan", *verbosity, GH_TOKEN=f"{LOST} {LOST}")
        place.run("plan", *verbosity, ENVSYNC_RECORD_KEY=f"{LOST}!")
        place.run("plan", *verbosity, ENVSYNC_RECORD_KEY=LOST)
        place.run("plan", *verbosity, ENVSYNC_RECORD_KEY="", ENVSYNC_RECORD_KEY_PREVIOUS=LOST)
        assert place.codes[-4:] == [4, 1, 1, 1]


def token_of_ghs(place: Place, verbosity: tuple[str, ...]) -> None:
    gh = place.root / "bin/gh"
    gh.write_text('#!/bin/sh\ncat /proc/$PPID/cmdline /proc/$$/cmdline >arguments.gh\necho "$THE_TOKEN"\n')
    gh.chmod(0o700)
    with place.github():
        place.run("plan", *verbosity, GH_TOKEN="", THE_TOKEN=TOKEN)
    assert place.codes == [0]
    assert (place.root / "work/arguments.gh").exists()


def doubtful_records(place: Place, verbosity: tuple[str, ...]) -> None:
    """Signed with a previous key, with a lost one, with none at hand; another file's; edited."""
    with place.github() as sandbox:
        place.run("apply", *ALL, ENVSYNC_RECORD_KEY=PREVIOUS)
        place.run("plan", "--allow-commands", *verbosity)
        place.run("plan", *verbosity, ENVSYNC_RECORD_KEY="")
        place.run("apply", *ALL, *verbosity, ENVSYNC_RECORD_KEY_PREVIOUS=PREVIOUS)
        assert not any(place.codes)
        place.give("environments.yaml", FILE.replace("name: payments", "name: other"))
        assert "payments" in place.run("apply", *ALL, *verbosity)
        place.give("environments.yaml", FILE)
        record = sandbox.state.environment("acme/payments", "production").variables["ENVSYNC_RECORD"]
        record.value = record.value.replace('"wait_timer":5', '"wait_timer":6')
        assert "somebody edited it" in place.run("plan", "--allow-commands", *verbosity)
        place.run("apply", *ALL, *verbosity)


def broken_plans(place: Place, verbosity: tuple[str, ...]) -> None:
    with place.github():
        place.run("plan", "--out", "plan.json")
        plan = (place.root / "work/plan.json").read_text()
        for text in (INLINE, f'{{"format_version": "{INLINE}"}}', plan.replace('"BY_ENV"', "[1]"), plan[:-9]):
            place.give("plan.json", text)
            place.run("apply", "plan.json", *ALL[1:], *verbosity)
    assert place.codes == [0, 1, 1, 1, 1]


def cut_off(place: Place, verbosity: tuple[str, ...]) -> None:
    """Ctrl-C while a secret is written, and the run after it."""

    def interrupt(exchange: Exchange) -> None:
        place.observe(exchange)
        if exchange.method == "PUT" and "/secrets/" in exchange.path and not place.codes:
            assert place.process
            place.process.send_signal(signal.SIGINT)

    with place.github(observe=interrupt):
        place.run("apply", *ALL, *verbosity)
        place.run("plan", *verbosity)
        place.run("apply", *ALL, *verbosity)
    assert place.codes == [130, 0, 0]


def bugs(place: Place, verbosity: tuple[str, ...]) -> None:
    """An exception that nobody expected, whose text holds the value, from a cause that holds it too."""
    script = """
import sys
from envsync.cli import main
from envsync.secrets.sources import Sources
read = Sources.read
def broken(self, secret):
    try:
        raise KeyError(read(self, secret).reveal())
    except KeyError as error:
        raise RuntimeError(str(error)) from error
Sources.read = broken
main(sys.argv[1:])
"""
    with place.github():
        said = place.run("apply", *ALL, *verbosity, program=(sys.executable, "-c", script))
    assert "error[internal]: RuntimeError" in said
    assert place.codes == [1]


FAILURES = (
    helped,
    broken_files,
    broken_sources,
    faults,
    echoes,
    no_permission,
    token_of_ghs,
    doubtful_records,
    broken_plans,
    cut_off,
    bugs,
    told_wrongly,
)


def test_no_secret_turns_up_anywhere(tmp_path: Path) -> None:
    """Each failure once, mostly as talkatively as can be; each command at each verbosity."""
    todo: list[tuple[Callable[[Place, tuple[str, ...]], None], tuple[str, ...]]]
    todo = [(scene, each) for scene in (every_command, served, told) for each in VERBOSITIES]
    todo += [(scene, ("-v",)) for scene in FAILURES]
    places = [Place(tmp_path / str(number)) for number in range(len(todo))]
    errors: list[str] = []
    lock = threading.Lock()

    def play(number: int) -> set[str]:
        scene, verbosity = todo[number]
        try:
            scene(places[number], verbosity)
        except AssertionError as error:
            with lock:
                errors.append(f"{scene.__name__} {verbosity}: {error!r}")
        return {f"{scene.__name__} {verbosity}: {leak}" for leak in places[number].leaks()}

    with ThreadPoolExecutor(4) as pool:
        leaks = set[str]().union(*pool.map(play, range(len(todo))))

    assert not leaks
    assert not errors


# --- whether a leak would be found -------------------------------------------------------------------------


@pytest.mark.parametrize("canary", CANARIES)
def test_a_part_of_a_canary_is_found_in_every_form(canary: str) -> None:
    for form, text in forms(CANARIES[canary]):
        length = 2 * PART if form.startswith("hex") else PART
        for start in (0, 3, len(text) - length):
            assert FINDER.find(b"before " + text[start : start + length] + b" after"), form


def test_base64_of_something_that_holds_a_canary_is_found() -> None:
    for before in range(6):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            assert FINDER.find(encode(b"x" * before + BY_FILE.encode() + b"tail"))


def test_what_holds_no_canary_is_not_taken_for_one(tmp_path: Path) -> None:
    assert not FINDER.find(FILE.encode() + GIVE.encode())
    assert not FINDER.find(TOKEN[: PART - 1][4:].encode())
    assert not Place(tmp_path / "place").leaks()


@pytest.mark.parametrize(
    "where", ["work/new", "home/cache/x", "tmp/x", "state/x", f"work/{INLINE}", "work/by-file"]
)
def test_a_planted_leak_is_found_wherever_it_is(tmp_path: Path, where: str) -> None:
    place = Place(tmp_path / "place")
    path = place.root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" + base64.b64encode(BY_ENV.encode()))

    assert place.leaks()


def test_a_leak_in_output_errors_and_arguments_is_found(tmp_path: Path) -> None:
    script = "import sys; print(sys.argv[1][:0] + sys.argv[2]); sys.exit(sys.argv[2])"
    place = Place(tmp_path / "place")

    place.run("", INLINE[5:15], program=(sys.executable, "-c", script))

    assert {leak.split(" ")[0] for leak in place.leaks()} == {"arguments", "output", "errors"}
