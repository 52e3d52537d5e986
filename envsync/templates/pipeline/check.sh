#!/usr/bin/env bash
# Checks whether what serves is healthy, after a deployment and after each rollback. To be filled in, see the end.
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
#                 It is cut after 500 characters.
#   checked       false: it could not look at all, as where a setting is missing. The report then calls it not checked,
#                 in place of not healthy.
#                   output checked false
#
# Where VERSION is given, and serves, and is healthy: this is the moment to note it as good. A rollback goes back to
# what is noted, and to nothing else by itself.
#
# It exits with 0 where all is healthy, and with 1 where not: a deployment is rolled back then. It has five minutes, in
# which it may ask several times: what has just been started needs a while.
set -euo pipefail

output() { # NAME VALUE: an output of this step. Whoever's VALUE is, it is cut, and cannot hold the line that ends it.
  local end value=${2:0:500}
  value=${value//[$'\r\n']/ }
  [ "$1" != instructions ] || value=${2:0:8000}
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$value" "$end" >> "$GITHUB_OUTPUT"
}

# An example: a service that says at /version which one it is, on the server of deploy.sh.
#
#   errors=$(mktemp) # of an attempt that was followed by a better one, too
#   if ! serves=$(curl --silent --show-error --fail --max-time 10 --retry 5 --retry-connrefused \
#     "$SERVICE_URL/version" 2> "$errors"); then
#     output reason "it does not answer: $(tail -n 1 "$errors")"
#     exit 1
#   fi
#   if [ -n "$VERSION" ] && [ "$serves" != "$VERSION" ]; then
#     output reason "it says that it is version $serves, not $VERSION"
#     exit 1
#   fi
#   echo "Healthy"
#   note="touch good && { grep -vx $VERSION good; echo $VERSION; } > noted && mv noted good"
#   if [ -n "$VERSION" ] && ! ssh "$SERVER" "$note"; then
#     echo "::warning title=Check::It was not noted as good: a rollback will not go back to it by itself"
#   fi

# Put yours in the place of all that follows.
echo "::error title=Check::Nothing was checked: fill in .github/pipeline/check.sh, which says what it has to do"
exit 1
