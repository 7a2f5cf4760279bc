#!/usr/bin/env bash
# One program of the running cluster: process.sh start|stop|kill|restart|pid NAME; or all of them:
# process.sh status.
# stop ends it in order, kill is a crash; start and restart return when it serves again.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/programs.sh
. "$here/programs.sh"

action=${1:-} name=${2:-}
[ -s "$state/settings" ] || fail "no cluster in $state; run up.sh first"
require flock
case " $programs " in
  *" $name "*) ;;
  *) [ "$action" = status ] || fail "unknown program '$name': one of $programs" ;;
esac

case $action in
  start) lock; start "$name" ;;
  stop) lock; halt "$name" ;;
  kill) lock; halt "$name" KILL ;;
  restart) lock; halt "$name"; start "$name" ;;
  pid) pid_of "$name" || fail "$name does not run"; echo ;;
  status)
    for name in $programs; do
      if pid=$(pid_of "$name"); then
        printf '%-24s pid %-8s %4d MiB\n' "$name" "$pid" \
          $(($(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status") / 1024))
      else
        printf '%-24s not running\n' "$name"
      fi
    done
    ;;
  *) say 'start, stop, kill, restart or pid NAME; or status'; exit 2 ;;
esac
