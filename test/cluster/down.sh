#!/usr/bin/env bash
# Ends what up.sh started, and nothing else: down.sh [--wipe]. --wipe removes the state as well,
# so that the next up.sh makes a new, empty cluster.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case ${1:-} in
  '') signal=TERM ;;
  --wipe) signal=KILL ;; # nothing is to be kept, so nothing has to be closed in order
  *) say "unknown option $1: --wipe"; exit 2 ;;
esac

if [ ! -s "$state/settings" ]; then
  say "nothing in $state"
  exit
fi
require flock
lock
AUTOPOOL_CLUSTER_LOCKED=yes "$here/node.sh" down all
for name in kruise-manager kube-scheduler kube-controller-manager kube-apiserver etcd; do
  halt "$name" "$signal"
done
if [ "$signal" = KILL ]; then rm -rf "$state"; fi
say down
