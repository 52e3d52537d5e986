"""A pipeline's shell scripts: what build.sh makes of a checkout, and the other three as a team fills them in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from support.loopback import Loopback, Reply, Seen, serving
from support.shell import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPTS = ROOT / "envsync/templates/pipeline"
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

HANDLER = """\
from greeting import GREETING


def handler(event: object, context: object) -> dict[str, str]:
    return {"says": GREETING}
"""
TEST = """\
import unittest

from handler import handler


class Test(unittest.TestCase):
    def test_it_greets(self) -> None:
        self.assertEqual(handler({}, None), {"says": "hello"})
"""
SCANNER = """\
import sys
from pathlib import Path

assert Path(sys.argv[-1]).is_dir() and sys.argv[-2] == "--path"
names = sorted(each.stem for each in Path(sys.argv[-1]).glob("*.dist-info"))
print("scanned", *names)
sys.exit("greeting-0.1" in names)
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def run(script: Path, *arguments: str, cwd: Path, **environ: str) -> Ran:
    given = {"PATH": PATH, "HOME": str(cwd.parent), **environ}
    done = subprocess.run(
        ["bash", script, *arguments], cwd=cwd, env=given, capture_output=True, text=True, timeout=120, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


# --- build.sh ------------------------------------------------------------------------------------------------


@dataclass
class Checkout:
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def build(self) -> Ran:
        return run(SCRIPTS / "build.sh", "package.zip", cwd=self.folder, **self.environ)

    @property
    def package(self) -> Path:
        return self.folder / "package.zip"

    @property
    def names(self) -> list[str]:
        with zipfile.ZipFile(self.package) as archive:
            assert archive.testzip() is None
            return archive.namelist()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "checkout").mkdir()
    return Checkout(tmp_path / "checkout")


def wheel(folder: Path, name: str, version: str, module: str, text: str) -> None:
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(module, text)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")


@pytest.fixture
def with_a_library(checkout: Checkout, tmp_path: Path) -> Checkout:
    """pip finds a library in two versions, and a scanner that knows something of the older one."""
    index = tmp_path / "index"
    index.mkdir()
    for version in ("0.1", "0.2"):
        wheel(index, "greeting", version, "greeting.py", 'GREETING = "hello"\n')
    wheel(index, "pip_audit", "2.10.1", "pip_audit/__main__.py", SCANNER)
    checkout.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
    checkout.write("src/handler.py", HANDLER)
    checkout.write("tests/test_handler.py", TEST)
    return checkout


def test_it_installs_tests_and_scans_what_it_packages(with_a_library: Checkout) -> None:
    with_a_library.write("requirements.txt", "greeting==0.2\n")

    ran = with_a_library.build()

    assert ran.code == 0, ran
    assert "Ran 1 test" in ran.err
    assert "scanned greeting-0.2\n" in ran.out  # and neither itself nor a pip
    assert [each for each in with_a_library.names if ".dist-info/" not in each] == ["greeting.py", "handler.py"]
    assert sorted(each.name for each in with_a_library.folder.iterdir()) == [
        "package.zip",
        "requirements.txt",
        "src",
        "tests",
    ]
    assert [each.name for each in (with_a_library.folder / "src").iterdir()] == ["handler.py"]


def test_what_the_scan_finds_fails_the_build(with_a_library: Checkout) -> None:
    with_a_library.write("requirements.txt", "greeting==0.1\n")
    with_a_library.package.write_text("of an earlier run")

    ran = with_a_library.build()

    assert ran.code == 1
    assert re.fullmatch(r"Packaged [0-9]+ files, [0-9,]+ bytes\nscanned greeting-0.1\n", ran.out)
    assert not with_a_library.package.exists()


def test_a_test_that_fails_fails_the_build(checkout: Checkout) -> None:
    checkout.write("src/handler.py", HANDLER.replace("from greeting import GREETING", 'GREETING = "bye"'))
    checkout.write("tests/test_handler.py", TEST)

    ran = checkout.build()

    assert ran.code == 1
    assert "Packaged 1 file" in ran.out
    assert "{'says': 'bye'} != {'says': 'hello'}" in ran.err
    assert not checkout.package.exists()


def test_tests_that_nobody_finds_are_none(checkout: Checkout) -> None:
    checkout.write("src/handler.py", "")
    as_pytest_has_them = "def test_it_greets() -> None:\n    assert False\n"
    checkout.write("tests/test_handler.py", as_pytest_has_them)

    ran = checkout.build()

    assert (ran.code, checkout.package.exists()) == (1, False)
    assert ran.out.splitlines()[-1].startswith("::error title=Build::No test was found in the folder tests")


def test_it_says_what_it_leaves_out_because_it_is_not_there(checkout: Checkout) -> None:
    checkout.write("src/handler.py", "")

    ran = checkout.build()

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "::warning title=Build::Nothing was installed or scanned: there is no requirements.txt\n"
        f"Packaged 1 file, {checkout.package.stat().st_size} bytes\n"
        "::warning title=Build::Nothing was tested: there is no folder tests\n"
    )


NOSY = """\
import os
import unittest
from pathlib import Path

import handler
from tests.words import HELLO


class Test(unittest.TestCase):
    def test_it_is_the_package_that_is_tested(self) -> None:
        packaged = Path(handler.__file__).parent
        self.assertEqual(handler.GREETING, HELLO)
        self.assertTrue(os.access(packaged / "run", os.X_OK))
        for place in (packaged, "src", packaged.parent / "content"):
            Path(place, "handler.py").write_text("left behind")
"""


def test_tests_see_the_package_and_change_nothing_in_it(checkout: Checkout) -> None:
    checkout.write("src/handler.py", 'GREETING = "hello"\n')
    checkout.write("src/run", "", 0o755)
    checkout.write("handler.py", "raise ImportError('this is not what is packaged')\n")
    checkout.write("tests/words.py", 'HELLO = "hello"\n')
    checkout.write("tests/test_handler.py", NOSY)

    ran = checkout.build()

    assert ran.code == 0, ran
    with zipfile.ZipFile(checkout.package) as archive:
        assert archive.read("handler.py") == b'GREETING = "hello"\n'


def test_a_package_that_tests_have_reached_is_none(checkout: Checkout) -> None:
    checkout.write("src/handler.py", "")
    change = 'Path(handler.__file__).parents[1].joinpath("package.zip").write_text("x")'
    checkout.write("src/greeting.py", "GREETING = 'hello'\n")
    checkout.write("src/handler.py", HANDLER)
    checkout.write("tests/test_handler.py", f"from pathlib import Path\nimport handler\n{change}\n{TEST}")

    ran = checkout.build()

    assert (ran.code, ran.out.splitlines()[-1]) == (1, "::error title=Build::The tests have changed the package")
    assert not checkout.package.exists()


def test_the_same_content_is_the_same_bytes(checkout: Checkout, tmp_path: Path) -> None:
    """Whenever it is built, and however the files came there."""
    files = {"b.py": 0o644, "a/z.py": 0o600, "a/run": 0o755, "ä.txt": 0o644}
    for name, mode in files.items():
        checkout.write(f"src/{name}", name, mode)
    other = Checkout(tmp_path / "other")
    for name, mode in reversed(files.items()):
        other.write(f"src/{name}", name, mode | 0o020)
        os.utime(other.folder / "src" / name, (1, 1))
    other.write("src/__pycache__/b.cpython-310.pyc", "left over")

    assert (checkout.build().code, other.build().code) == (0, 0)

    assert checkout.package.read_bytes() == other.package.read_bytes()
    with zipfile.ZipFile(checkout.package) as archive:
        assert [(each.filename, each.external_attr >> 16) for each in archive.infolist()] == [
            ("a/run", 0o100755),
            ("a/z.py", 0o100644),
            ("b.py", 0o100644),
            ("ä.txt", 0o100644),
        ]
    before = checkout.package.read_bytes()
    checkout.write("src/b.py", "other")
    assert checkout.build().code == 0
    assert checkout.package.read_bytes() != before


def test_without_anything_to_package_it_says_what_to_do(checkout: Checkout) -> None:
    assert checkout.build() == Ran(
        1,
        "::error title=Build::There is no folder src: "
        "put the code there, or say in .github/pipeline/build.sh what to package\n",
        "",
    )
    (checkout.folder / "src").mkdir()
    assert checkout.build().out.endswith(
        "\n::error title=Build::There is nothing in the folder src: put the code there\n"
    )
    usage = "::error title=Build::usage: bash .github/pipeline/build.sh PACKAGE.zip\n"
    assert run(SCRIPTS / "build.sh", cwd=checkout.folder) == Ran(1, usage, "")


# --- deploy.sh, check.sh, roll-back.sh -----------------------------------------------------------------------

GENERIC = ("deploy.sh", "check.sh", "roll-back.sh")


@pytest.mark.parametrize("name", GENERIC)
def test_as_written_a_script_fails_and_says_that_it_has_to_be_filled_in(name: str, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"

    ran = run(SCRIPTS / name, cwd=tmp_path, GITHUB_OUTPUT=str(outputs), VERSION="", FROM="", TO="", REASON="")

    assert (ran.code, ran.err) == (1, "")
    assert re.fullmatch(
        rf"::error title=[A-Z][a-z ]+::[^\n]+: fill in \.github/pipeline/{name}, [^\n]+\n", ran.out
    )
    assert not outputs.exists()


def filled_in(name: str) -> str:
    """The script with its own example in the place that it names."""
    text = (SCRIPTS / name).read_text()
    top, _, rest = text.partition("\n# An example: ")
    example = re.findall(r"^#   (.*)\n", rest, re.MULTILINE)
    assert "\n# Put yours in the place of all that follows.\n" in rest
    return "\n".join([top, *example, ""])


STAND_INS = {
    "ssh": 'shift; cd "$MACHINE"; exec bash -c "$*"',
    "scp": 'exec cp "$1" "$MACHINE/${2#*:}"',
}


@dataclass
class Service:
    """A machine that keeps packages, and a service on it that says which one it runs."""

    folder: Path
    web: Loopback
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""

    @property
    def machine(self) -> Path:
        return self.folder / "machine"

    @property
    def history(self) -> list[str]:
        return (self.machine / "history").read_text().split()

    @property
    def good(self) -> list[str]:
        return (self.machine / "good").read_text().split()

    def run(self, name: str, **environ: str) -> int:
        """A step of a job: its outputs are those of this run alone."""
        output = self.folder / "output"
        output.write_text("")
        ran = run(
            self.folder / "scripts" / name,
            cwd=self.folder,
            ENVIRONMENT="staging",
            SERVER="server.example",
            SERVICE_URL=self.web.address,
            MACHINE=str(self.machine),
            GITHUB_OUTPUT=str(output),
            **{**environ, "PATH": f"{self.folder / 'bin'}:{PATH}"},
        )
        self.outputs, self.log = outputs_of(output.read_text()), ran.out + ran.err
        return ran.code

    def deploy(self, digest: str) -> int:
        (self.folder / "package.zip").write_text(digest)
        return self.run("deploy.sh", PACKAGE="package.zip", DIGEST=digest)

    def release(self, digest: str) -> None:
        """One that is healthy."""
        assert self.deploy(digest) == 0
        assert self.run("check.sh", VERSION=digest[:12]) == 0

    def roll_back(self, version: str = "", to: str = "", served: str = "") -> int:
        return self.run("roll-back.sh", FROM=version, TO=to, SERVED=served)


def outputs_of(text: str) -> dict[str, str]:
    """As a runner reads them."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, end = line.partition("<<")
        value = []
        while (each := next(lines)) != end:
            value.append(each)
        found[name] = "\n".join(value)
    return found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    scripts: Mapping[str, str] = {f"scripts/{name}": filled_in(name) for name in GENERIC}
    stand_ins = {f"bin/{name}": f"#!/usr/bin/env bash\n{does}\n" for name, does in STAND_INS.items()}
    for name, text in {**scripts, **stand_ins}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "machine").mkdir()
    with serving() as web:
        service = Service(tmp_path, web)

        def version(_seen: Seen) -> Reply:
            return Reply(f"{service.history[-1]}\n".encode())

        web.on("GET /version", version)
        yield service


OLD, GOOD, BAD = "a" * 64, "b" * 64, "c" * 64
A, B, C = OLD[:12], GOOD[:12], BAD[:12]


def without_instructions(outputs: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in outputs.items() if name != "instructions"}


def test_filled_in_they_deploy_check_and_roll_back(service: Service) -> None:
    assert service.deploy(OLD) == 0
    assert service.outputs == {"served": "", "previous": "", "version": A, "moved": "true"}
    assert service.run("check.sh", VERSION=A) == 0
    assert service.outputs == {}

    assert service.deploy(BAD) == 0
    assert service.outputs == {"served": A, "previous": A, "version": C, "moved": "true"}
    assert (service.machine / f"{C}.zip").read_text() == BAD

    service.web.on("GET /version", Reply(b"no", 404))
    assert service.run("check.sh", VERSION=C) == 1
    assert re.fullmatch("it does not answer: curl: .* 404", service.outputs["reason"])

    assert service.roll_back(C, A, served=A) == 0
    assert without_instructions(service.outputs) == {"from": C, "version": A, "done": "true"}
    assert (service.history[-1], service.good) == (A, [A])
    service.web.on("GET /version", Reply(f"{A}\n".encode()))
    assert service.run("check.sh", VERSION=A) == 0


def test_only_what_passed_its_check_is_gone_back_to_by_itself(service: Service) -> None:
    service.release(OLD)
    service.deploy(GOOD)  # whatever came of its check

    service.deploy(BAD)

    assert (service.outputs["served"], service.outputs["previous"]) == (B, A)
    assert service.roll_back(C, A, served=B) == 0
    assert (service.history[-1], service.good) == (A, [A])


def test_what_serves_when_versions_are_first_noted_as_good_is_one(service: Service) -> None:
    (service.machine / "history").write_text(f"{A}\n{B}\n")

    service.deploy(BAD)

    assert (service.outputs["previous"], service.good) == (B, [B])


def test_a_version_that_serves_already_is_not_moved_to_again(service: Service) -> None:
    service.release(OLD)
    service.release(GOOD)

    assert service.deploy(GOOD) == 0

    assert service.outputs == {"served": B, "previous": A, "version": B}
    assert service.history == [A, B]
    assert service.roll_back(to=B) == 0
    assert without_instructions(service.outputs) == {"version": B, "reason": f"{B} serves already"}


def test_one_that_cannot_be_noted_is_healthy_all_the_same(service: Service) -> None:
    service.deploy(OLD)
    (service.folder / "bin/ssh").write_text("#!/usr/bin/env bash\nexit 255\n")

    assert service.run("check.sh", VERSION=A) == 0

    assert service.log == (
        "Healthy\n::warning title=Check::It was not noted as good: a rollback will not go back to it by itself\n"
    )


def test_a_check_sees_that_another_version_serves(service: Service) -> None:
    service.deploy(OLD)

    assert service.run("check.sh", VERSION=B) == 1
    assert service.outputs == {"reason": f"it says that it is version {A}, not {B}"}
    assert service.run("check.sh", VERSION="") == 0


def test_by_hand_they_go_to_the_good_one_before_or_to_any_that_there_is(service: Service) -> None:
    service.release(OLD)
    service.deploy(GOOD)
    service.release(BAD)

    assert service.roll_back() == 0
    assert (service.outputs["from"], service.outputs["version"]) == (C, A)
    assert (service.history[-1], service.good) == (A, [A])
    assert service.roll_back(to=B) == 0
    assert (service.outputs["from"], service.outputs["version"]) == (A, B)
    assert (service.history[-1], service.good) == (B, [])


def test_a_rollback_leaves_alone_what_somebody_else_has_moved(service: Service) -> None:
    for digest in (OLD, GOOD, BAD):
        service.deploy(digest)

    assert service.roll_back(B, A, served=A) == 0

    assert without_instructions(service.outputs) == {"version": C, "reason": f"{C} serves, and not {B}"}
    assert service.history == [A, B, C]


def test_a_rollback_of_what_was_never_moved_says_that_all_is_as_before(service: Service) -> None:
    service.deploy(OLD)

    assert service.roll_back(B, "", served=A) == 0

    assert without_instructions(service.outputs) == {
        "version": A,
        "reason": f"nothing was moved: {A} serves as before",
    }


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("", f"there is no version before {A} that passed its check"),
        (B, f"there is no such version: {B}"),
        ("x; touch ../owned", "there is no such version: x; touch ../owned"),
        (f"{B}\ndone<<x\ntrue\nx", f"there is no such version: {B} done<<x true x"),
        ("9" * 100_000, f"there is no such version: {'9' * 474}"),
    ],
)
def test_a_rollback_to_what_is_not_there_tells_a_person_what_to_do(service: Service, to: str, reason: str) -> None:
    service.release(OLD)

    assert service.roll_back(to=to) == 1

    assert without_instructions(service.outputs) == {"reason": reason}
    assert service.outputs["instructions"] == dedent(
        """\
        See which versions there are; the last one serves:
          ssh server.example cat history
        See which passed their check; the last one is the newest:
          ssh server.example cat good
        Let another one serve, and forget that the bad one was good:
          ssh server.example 'echo VERSION >> history; sed -i /^BAD$/d good'"""
    )
    assert not (service.folder / "owned").exists()
    assert service.history == [A]


def test_it_goes_back_to_what_served_if_that_was_good_and_says_if_it_was_not(service: Service) -> None:
    service.release(OLD)
    service.release(BAD)
    # A person went back, and left the list as it was.
    (service.machine / "history").write_text(f"{A}\n{C}\n{A}\n")

    service.deploy(GOOD)

    assert (service.outputs["served"], service.outputs["previous"]) == (A, A)
    assert "served_good" not in service.outputs
    (service.machine / "good").write_text(f"{C}\n")
    (service.machine / "history").write_text(f"{A}\n")
    service.deploy(GOOD)
    assert (service.outputs["served_good"], service.outputs["previous"]) == ("false", C)


def test_no_length_of_anything_keeps_a_rollback_from_running(service: Service) -> None:
    """A system starts no program with 128 KiB in one variable."""
    long = "x" * 200_000
    service.release(OLD)
    (service.machine / "good").write_text(f"{long}\n")
    service.deploy(BAD)
    deployed = service.outputs
    assert deployed["previous"] == "x" * 500

    service.web.on("GET /version", Reply(long.encode()))
    assert service.run("check.sh", VERSION=C) == 1
    assert service.outputs["reason"] == f"it says that it is version {long}"[:500]

    given = {"FROM": deployed["version"], "TO": deployed["previous"], "SERVED": deployed["served"]}
    assert service.run("roll-back.sh", **given, REASON=service.outputs["reason"]) == 1
    assert service.outputs["reason"] == f"there is no such version: {long}"[:500]
    assert service.roll_back(C, A, served=A) == 0
    assert service.outputs["done"] == "true"


@pytest.mark.parametrize("name", GENERIC)
def test_every_output_is_cut_where_the_contract_says(service: Service, name: str) -> None:
    contract, end, _ = filled_in(name).partition("\n}\n")
    says = 'long=$(cat long)\noutput reason "$long"\noutput instructions "$long"\n'
    (service.folder / "scripts" / name).write_text(contract + end + says)
    (service.folder / "long").write_text("ab\n" * 70_000)

    assert service.run(name) == 0

    assert service.outputs == {"reason": ("ab " * 167)[:500], "instructions": ("ab\n" * 2667)[:8000]}


def test_a_server_that_is_away_leaves_instructions(service: Service) -> None:
    service.release(OLD)
    (service.folder / "bin/ssh").write_text("#!/usr/bin/env bash\necho unreachable >&2\nexit 255\n")

    assert service.roll_back(A) != 0
    assert "ssh server.example cat history" in service.outputs["instructions"]
    assert service.deploy(GOOD) != 0
    assert "moved" not in service.outputs
