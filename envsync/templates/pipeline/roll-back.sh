#!/usr/bin/env bash
# Rolls back: moves traffic to a version that was good. To be filled in, see the end.
#
# It gets, as environment variables:
#
#   ENVIRONMENT   staging or production
#   FROM          the version to get away from; empty: whatever serves. Where it does not serve, somebody else has moved
#                 traffic since: leave it alone, and exit with 0.
#   TO            the version to go back to; empty: the newest before it that passed its check. A person may have typed
#                 it, and then it may be any.
#   SERVED        what served before the deployment; empty: nothing, or this is a rollback by hand
#   REASON        why, in the words of a person; not set where this runs by itself
#   …             what else it needs. Declare it in environments.yaml, as variables and secrets of the environment, and
#                 name it under `env` of the jobs in .github/workflows/deploy.yml and rollback.yml. For a rollback by
#                 hand the environments are staging-rollback and production-rollback.
#
# It leaves behind, as outputs:
#
#   from          which version served until now.
#                   output from 42
#                 Say it only with `done`.
#   version       which version serves now.
#                   output version 41
#   done          true: traffic was moved.
#                   output done true
#   reason        why it was not, on one line.
#                   output reason "there is no version before 42 that passed its check"
#                 Where the deployment had moved nothing yet, and SERVED serves, begin it with `nothing was moved`:
#                 all is as it was, and nobody has to come.
#                   output reason "nothing was moved: $SERVED serves as before"
#   instructions  what exactly a person has to do where this fails, line by line: commands to copy, at 2 a.m. It is shown
#                 only where this exits with 1, so say it first.
#                   output instructions "$(printf '%s\n' 'Log in to the server:' '  ssh server.example')"
#
# Each is one line, and is cut after 500 characters; `instructions` after 8,000 in all.
#
# It exits with 0, or with 1 where a person has to do it. It runs by itself only where deploy.sh has said `moved`. After
# that check.sh looks whether it helped. Forget that what was gone back from was good.
set -euo pipefail

output() { # NAME VALUE: an output of this step. Whoever's VALUE is, it is cut, and cannot hold the line that ends it.
  local end value=${2:0:500}
  value=${value//[$'\r\n']/ }
  [ "$1" != instructions ] || value=${2:0:8000}
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$value" "$end" >> "$GITHUB_OUTPUT"
}

# An example: the server of deploy.sh.
#
#   output instructions "$(printf '%s\n' \
#     "See which versions there are; the last one serves:" \
#     "  ssh $SERVER cat history" \
#     "See which passed their check; the last one is the newest:" \
#     "  ssh $SERVER cat good" \
#     "Let another one serve, and forget that the bad one was good:" \
#     "  ssh $SERVER 'echo VERSION >> history; sed -i /^BAD\$/d good'")"
#   serves=$(ssh "$SERVER" 'tail -n 1 history')
#   if [ -n "$FROM" ] && [ "$serves" != "$FROM" ]; then
#     output version "$serves"
#     if [ "$serves" = "$SERVED" ]; then
#       output reason "nothing was moved: ${serves:-nothing} serves as before"
#     else
#       output reason "$serves serves, and not $FROM"
#     fi
#     exit 0
#   fi
#   to=${TO:-$(ssh "$SERVER" "sed '/^$serves\$/,\$d' good | tail -n 1")}
#   if [ -z "$to" ]; then
#     output reason "there is no version before $serves that passed its check"
#     exit 1
#   fi
#   if ! [[ $to =~ ^[0-9a-f]{12}$ ]] || ! ssh "$SERVER" "test -e $to.zip"; then
#     output reason "there is no such version: $to"
#     exit 1
#   fi
#   if [ "$to" = "$serves" ]; then
#     output version "$serves"
#     output reason "$serves serves already"
#     exit 0
#   fi
#   ssh "$SERVER" "echo $to >> history"
#   output from "$serves"
#   output version "$to"
#   output done true
#   echo "Moved back to $to"
#   if ! ssh "$SERVER" "sed -i '/^$serves\$/d' good"; then
#     echo "::warning title=Roll back::$serves is still noted as good"
#   fi

# Put yours in the place of all that follows.
echo "::error title=Roll back::Nothing was moved: fill in .github/pipeline/roll-back.sh, which says what it has to do"
exit 1
