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
#   previous      which version served before, and nothing where none did. Look before you change anything.
#                   output previous 41
#   version       which version shall serve.
#                   output version 42
#   moved         true: traffic moves. Say so just before it does, since a job can be cut off at any time. Without it
#                 nothing is rolled back, so leave it out where nothing moves because this version serves already.
#                   output moved true
#
# It exits with 0, or with 1 where it failed. After `moved`, a failure here, or one of check.sh, is followed by
# roll-back.sh, with `version` and `previous` as FROM and TO. A version is any name of yours, on one line. Keep what it
# names: one that is gone cannot be gone back to.
set -euo pipefail

output() { # NAME VALUE: an output of this step. VALUE may be anybody's: it cannot hold the line that ends it.
  local end
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >> "$GITHUB_OUTPUT"
}

# An example: a server that keeps each package, and in the file `history` which versions served. The last one does.
#
#   version=${DIGEST:0:12}
#   previous=$(ssh "$SERVER" 'touch history && tail -n 1 history')
#   output previous "$previous"
#   output version "$version"
#   if [ "$version" = "$previous" ]; then
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
