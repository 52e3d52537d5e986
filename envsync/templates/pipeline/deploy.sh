#!/usr/bin/env bash
# Deploys: puts the package where it runs, and moves traffic to it. To be filled in, see the end.
#
# It gets, as environment variables:
#
#   ENVIRONMENT   staging or production
#   PACKAGE       the path of the package that build.sh made
#   DIGEST        its SHA-256, hex; the package was held against it just before
#   …             what else it needs: addresses and keys. Declare them in environments.yaml, as variables and secrets of
#                 the environment, and name them under `env` of the job in .github/workflows/deploy.yml.
#
# It leaves behind, as outputs:
#
#   served        which version served before, good or not; nothing where none did. Look before you change anything.
#                   output served 41
#   served_good   false: what served is not on the list of good versions (it never passed its check, or was gone back
#                 from), so that a person is needed even where nothing moves.
#                   output served_good false
#   previous      the version to go back to: what served, if that passed its check, else the newest one that did, as
#                 check.sh notes it. Nothing where there is none.
#                   output previous 40
#   version       which version shall serve.
#                   output version 42
#   moved         true: traffic moves. Say so just before it does, since a job can be cut off at any time. Without it
#                 nothing is rolled back, so leave it out where nothing moves because this version serves already.
#                   output moved true
#   reason        why it failed.
#                   output reason "there is no room on the server"
#
# Each is one line of 500 characters at most, and is cut there: what is longer can keep the next step from starting.
#
# It exits with 0, or with 1 where it failed. After `moved`, a failure here, or one of check.sh, is followed by
# roll-back.sh, with `version`, `previous` and `served` as FROM, TO and SERVED. A version is any name of yours. Keep
# what it names: one that is gone cannot be gone back to.
set -euo pipefail

output() { # NAME VALUE: an output of this step. Whoever's VALUE is, it is cut, and cannot hold the line that ends it.
  local end value=${2:0:500}
  value=${value//[$'\r\n']/ }
  [ "$1" != instructions ] || value=${2:0:8000}
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$value" "$end" >> "$GITHUB_OUTPUT"
}

# An example: a server that keeps each package; in the file `history` which versions served, of which the last one
# does; and in the file `good` which passed their check. What serves when that file is begun counts as good.
#
#   version=${DIGEST:0:12}
#   served=$(ssh "$SERVER" 'touch history; [ -e good ] || tail -n 1 history > good; tail -n 1 history')
#   previous=$(ssh "$SERVER" "grep -vx $version good | grep -x '$served' || grep -vx $version good | tail -n 1")
#   output served "$served"
#   if [ -n "$served" ] && ! ssh "$SERVER" "grep -qx '$served' good"; then
#     output served_good false
#   fi
#   output previous "$previous"
#   output version "$version"
#   if [ "$version" = "$served" ]; then
#     echo "Nothing to do: $version serves already"
#     exit 0
#   fi
#   scp "$PACKAGE" "$SERVER:$version.zip"
#   output moved true
#   ssh "$SERVER" "echo $version >> history"
#   echo "Moved to $version"

# Put yours in the place of all that follows.
echo "::error title=Deploy::Nothing was deployed: fill in .github/pipeline/deploy.sh, which says what it has to do"
exit 1
