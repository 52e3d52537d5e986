#!/usr/bin/env bash
# Rolls back: moves traffic to a version that served before. To be filled in, see the end.
#
# It gets, as environment variables:
#
#   ENVIRONMENT   staging or production
#   FROM          the version to get away from; empty: whatever serves. Where it does not serve, somebody else has moved
#                 traffic since: leave it alone, and exit with 0.
#   TO            the version to go back to; empty: the one before. A person may have typed it.
#   REASON        why, in the words of check.sh or of a person; may be empty
#   …             what else it needs. Declare it in environments.yaml, as variables and secrets of the environment, and
#                 name it under `env` of the jobs in .github/workflows/deploy.yml and rollback.yml. For a rollback by
#                 hand the environments are staging-rollback and production-rollback.
#
# It leaves behind, as outputs:
#
#   from          which version served until now.
#                   output from 42
#   version       which version serves now.
#                   output version 41
#   done          true: traffic was moved.
#                   output done true
#   reason        why it was not, on one line.
#                   output reason "there is no version before 42"
#   instructions  what exactly a person has to do where this fails, line by line: commands to copy, at 2 a.m. It is shown
#                 only where this exits with 1, so say it first.
#                   output instructions "$(printf '%s\n' 'Log in to the server:' '  ssh server.example')"
#
# It exits with 0, or with 1 where a person has to do it. It runs by itself only where deploy.sh has said `moved`. After
# a rollback by hand check.sh looks whether that helped.
set -euo pipefail

output() { # NAME VALUE: an output of this step. VALUE may be anybody's: it cannot hold the line that ends it.
  local end
  end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >> "$GITHUB_OUTPUT"
}

# An example: the server of deploy.sh. What was gone back from leaves its history.
#
#   output instructions "$(printf '%s\n' \
#     "See which versions there are; the last one serves:" \
#     "  ssh $SERVER cat history" \
#     "Let another one serve:" \
#     "  ssh $SERVER 'echo VERSION >> history'")"
#   serves=$(ssh "$SERVER" 'tail -n 1 history')
#   if [ -n "$FROM" ] && [ "$serves" != "$FROM" ]; then
#     output version "$serves"
#     output reason "$serves serves, and not $FROM"
#     exit 0
#   fi
#   output from "$serves"
#   to=${TO:-$(ssh "$SERVER" 'tail -n 2 history | head -n 1')}
#   if ! [[ $to =~ ^[0-9a-f]{12}$ ]] || ! ssh "$SERVER" "grep -qx $to history"; then
#     output reason "there is no such version: $to"
#     exit 1
#   fi
#   if [ "$to" = "$serves" ]; then
#     output reason "there is no version before $serves"
#     exit 1
#   fi
#   ssh "$SERVER" "sed -i '/^$to\$/q' history"
#   output version "$to"
#   output done true
#   echo "Moved back to $to"

# Put yours in the place of all that follows.
echo "::error title=Roll back::Nothing was moved: fill in .github/pipeline/roll-back.sh, which says what it has to do"
exit 1
