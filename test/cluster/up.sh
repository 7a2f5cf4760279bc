#!/usr/bin/env bash
# Starts a real Kubernetes control plane on 127.0.0.1: up.sh [--kruise] [--bench].
# Running it again does nothing where everything runs already.
# Prints on stdout only the line to be evaluated: export KUBECONFIG_TEST=...
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/certificates.sh
. "$here/certificates.sh"

with_kruise=
for option in "$@"; do
  case $option in
    --kruise) with_kruise=yes ;;
    --bench) bench=yes ;;
    *) say "unknown option $option: --kruise or --bench"; exit 2 ;;
  esac
done

require flock openssl
lock
# A state folder that has had Kruise needs it: its webhooks answer for CloneSets.
if [ -e "$state/kruise.yaml" ]; then with_kruise=yes; fi
link_programs etcd kubernetes ${with_kruise:+kruise}

began=$SECONDS
mkdir -p "$logs" "$run"
save_settings
# kubectl of whoever uses this cluster caches discovery by address for hours; what it knows of
# the cluster that had this address before is wrong now.
[ -s "$pki/ca.crt" ] || rm -rf "$HOME/.kube/cache/discovery/127.0.0.1_$port"
write_certificates
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do start "$name"; done
say "control plane ready in $((SECONDS - began)) s"

# The lock is this script's: kruise.sh must not wait for it.
if [ -n "$with_kruise" ]; then AUTOPOOL_CLUSTER_LOCKED=yes "$here/kruise.sh" up; fi
echo "export KUBECONFIG_TEST=$kubeconfig"
