#!/usr/bin/env bash
# Tests, scans and packages: `bash .github/pipeline/build.sh PACKAGE.zip`, from the top of the repository.
#
# It is yours: `envsync init` keeps what you make of it, also with --force.
#
# It gets the path of the package, and a clean checkout; no secret. It has to
#   - exit with something else than 0 where a test fails, or a scan finds something: nothing is deployed then;
#   - leave the package at that path. Its SHA-256 is taken, and these very bytes go to staging and to production.
#
# As written it packages a Lambda function in Python: what lies in src/, and what requirements.txt names. For another
# language keep the two duties above, and replace what stands under "Install", "Package", "Scan" and "Test".
set -euo pipefail

fail() { # TEXT: shown at the top of the run
  echo "::error title=Build::$1"
  exit 1
}

[ $# = 1 ] || fail "usage: bash .github/pipeline/build.sh PACKAGE.zip"
out=$1
rm -f "$out" # of an earlier run: a build that fails leaves none
[ -d src ] || fail "There is no folder src: put the code there, or say in .github/pipeline/build.sh what to package"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
content=$work/content # what goes into the package
mkdir "$content"
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# --- Install. Pin versions, best with hashes (pip then demands one for each): else two builds of one commit differ.
# Libraries that are compiled have to be those of the function's runtime and processor, not of this machine:
#   --platform manylinux2014_x86_64 --only-binary :all: --python-version 3.12
if [ -f requirements.txt ]; then
  python3 -m pip install --quiet --no-compile --target "$content" --requirement requirements.txt
else
  echo "::warning title=Build::Nothing was installed or scanned: there is no requirements.txt"
fi
cp -RL src/. "$content"

# --- Package, so that the same content is the same bytes: sorted, with no times, with two modes. From here on the
# package stays as it is: what is scanned and tested is a copy, unpacked from it.
package=$work/package.zip copy=$work/copy
python3 - "$content" "$package" "$copy" << 'PYTHON'
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

content, package, copy = map(Path, sys.argv[1:])
files = [each for each in content.rglob("*") if each.is_file() and "__pycache__" not in each.parts]
if not files:
    print("::error title=Build::There is nothing in the folder src: put the code there")
    sys.exit(1)
with ZipFile(package, "w", ZIP_DEFLATED, compresslevel=9) as archive:
    for file in sorted(files, key=lambda each: each.relative_to(content).as_posix()):
        entry = ZipInfo(file.relative_to(content).as_posix(), (1980, 1, 1, 0, 0, 0))
        entry.create_system = 3  # Unix, which has modes
        entry.external_attr = (0o100755 if file.stat().st_mode & 0o100 else 0o100644) << 16
        entry.compress_type = ZIP_DEFLATED
        archive.writestr(entry, file.read_bytes(), compresslevel=9)
with ZipFile(package) as archive:
    for entry in archive.infolist():
        Path(archive.extract(entry, copy)).chmod(entry.external_attr >> 16 & 0o777)
print(f"Packaged {len(files)} file{'' if len(files) == 1 else 's'}, {package.stat().st_size:,} bytes")
PYTHON
digest=$(sha256sum "$package")

# --- Scan what is in the package for known vulnerabilities, with a tool in a virtual environment of its own. It lists
# as skipped what is not on PyPI, such as your own libraries.
if [ -f requirements.txt ]; then
  python3 -m venv --without-pip "$work/scanner" # pip-audit brings a pip with it
  python3 -m pip install --quiet --target "$work"/scanner/lib/python3*/site-packages pip-audit==2.10.1
  env -u VIRTUAL_ENV "$work/scanner/bin/python" -m pip_audit --progress-spinner off --path "$copy"
fi

# --- Test what is in the package. The copy goes before the checkout, which may have modules of the same name.
if [ -d tests ]; then
  PYTHONSAFEPATH=1 PYTHONPATH="$copy:$PWD" python3 - << 'PYTHON'
import sys
import unittest

tests = unittest.defaultTestLoader.discover("tests")
if not tests.countTestCases():
    print("::error title=Build::No test was found in the folder tests: unittest looks for test*.py, and runs TestCases")
    sys.exit(1)
sys.exit(not unittest.TextTestRunner().run(tests).wasSuccessful())
PYTHON
else
  echo "::warning title=Build::Nothing was tested: there is no folder tests"
fi
[ "$(sha256sum "$package")" = "$digest" ] || fail "The tests have changed the package"
mv "$work/package.zip" "$out"
