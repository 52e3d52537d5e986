#!/usr/bin/env bash
# Checks whether what serves is healthy, after a deployment and after a rollback by hand. To be filled in, see the end.
#
# It gets, as environment variables:
#
#   ENVIRONMENT   staging or production
#   VERSION       which version has to serve, as deploy.sh or roll-back.sh named it; empty: whatever serves
#   …             what else it needs. Declare it in environments.yaml, as variables and secrets of the environment, and
#                 name it under `env` of the jobs in .github/workflows/deploy.yml and rollback.yml.
#
# It leaves behind, as an output, where something is not healthy:
#
#   reason        why, on one line: it is the first thing that people read in the report.
#                   output reason "it answers with status 503"
#
# It exits with 0 where all is healthy, and with 1 where not: a deployment is rolled back then. It has five minutes, in
# which it may ask several times: what has just been started needs a while.
set -euo pipefail

output() { # NAME VALUE: an output of this step. VALUE may be anybody's: it cannot hold the line that ends it.
  local end
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >> "$GITHUB_OUTPUT"
}

# An example: a service that says at /version which one it is.
#
#   if ! serves=$(curl --silent --show-error --fail --max-time 10 --retry 5 --retry-connrefused \
#     "$SERVICE_URL/version" 2>&1); then
#     output reason "it does not answer: ${serves##*$'\n'}"
#     exit 1
#   fi
#   if [ -n "$VERSION" ] && [ "$serves" != "$VERSION" ]; then
#     output reason "it says that it is version $serves, not $VERSION"
#     exit 1
#   fi
#   echo "Healthy"

# Put yours in the place of all that follows.
echo "::error title=Check::Nothing was checked: fill in .github/pipeline/check.sh, which says what it has to do"
exit 1
