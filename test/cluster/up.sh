#!/usr/bin/env bash
# Starts a real Kubernetes control plane on 127.0.0.1, and nodes if wanted:
# up.sh [--kruise] [--bench] [--nodes N [--cni macvlan|bridge] [--ipam spiderpool|host-local]].
# Running it again does nothing where everything runs already.
# Prints on stdout only the line to be evaluated: export KUBECONFIG_TEST=... AUTOPOOL_CLUSTER_STATE=...
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/programs.sh
. "$here/programs.sh"
# shellcheck source=SCRIPTDIR/certificates.sh
. "$here/certificates.sh"

with_kruise='' nodes_before=$nodes
while [ $# -gt 0 ]; do
  case $1 in
    --kruise) with_kruise=yes ;;
    --bench) bench=yes ;;
    --nodes | --cni | --ipam)
      [ $# -ge 2 ] || { say "$1 needs a value"; exit 2; }
      declare "${1#--}=$2"
      shift
      ;;
    *) say "unknown option $1: --kruise, --bench, --nodes, --cni or --ipam"; exit 2 ;;
  esac
  shift
done
[[ -z $nodes || $nodes =~ ^[1-9][0-9]?$ ]] || fail "--nodes takes a number from 1 to 99, not '$nodes'"
for file in "$cni.json" "ipam-$ipam.json"; do
  [ -e "$here/cni/$file" ] || fail "there is no test/cluster/cni/$file"
done

require flock openssl
lock
# A state folder that has had Kruise needs it: its webhooks answer for CloneSets.
if [ -e "$state/kruise.yaml" ]; then with_kruise=yes; fi
mkdir -p "$logs" "$run"
save_settings
# Before a build of ten minutes that might be for nothing.
if [ -n "$nodes" ]; then "$here/node.sh" check; fi
link_programs etcd kubernetes ${with_kruise:+kruise}

began=$SECONDS
# kubectl of whoever uses this cluster caches discovery by address for hours; what it knows of
# the cluster that had this address before is wrong now.
[ -s "$pki/ca.crt" ] || rm -rf "$HOME/.kube/cache/discovery/127.0.0.1_$port"
write_certificates
# With nodes it is to miss them sooner.
if [ -z "$nodes_before" ] && [ -n "$nodes" ]; then halt kube-controller-manager; fi
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do start "$name"; done
say "control plane ready in $((SECONDS - began)) s"

# The lock is this script's: the others must not wait for it.
if [ -n "$with_kruise" ]; then AUTOPOOL_CLUSTER_LOCKED=yes "$here/kruise.sh" up; fi
if [ -n "$nodes" ]; then
  # shellcheck disable=SC2046 # one word per node
  AUTOPOOL_CLUSTER_LOCKED=yes "$here/node.sh" up $(seq "$nodes")
fi
echo "export KUBECONFIG_TEST=$kubeconfig AUTOPOOL_CLUSTER_STATE=$state"
