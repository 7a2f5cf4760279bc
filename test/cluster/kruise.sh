#!/usr/bin/env bash
# OpenKruise on the running test cluster: kruise.sh up|down. Its manager is a process beside the
# API server, as administrator; its manifests are those of its own Go module.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/programs.sh
. "$here/programs.sh"

installed=$state/kruise.yaml # what was applied

# Kustomize takes a base outside its own folder only by a relative path.
manifests() {
  local overlay=$state/kruise base
  mkdir -p "$overlay"
  base=$(realpath --relative-to "$(realpath "$overlay")" "$(realpath "$bin/kruise-config")/default")
  cp "$here/kruise/kustomization.yaml" "$overlay/"
  printf 'resources:\n- %s\n' "$base" >>"$overlay/kustomization.yaml"
  # Its manifests are in a kustomize dialect that is deprecated, and each use is warned about.
  kubectl kustomize "$overlay" 2>"$overlay/warnings" || { cat "$overlay/warnings" >&2; return 1; }
}

up() {
  local began=$SECONDS
  if pid_of kruise-manager >/dev/null; then
    say 'Kruise runs already'
    return
  fi
  link_programs kruise
  manifests >"$installed.new"
  # Only once: the manager has put its address into the webhooks since, and a second apply would
  # add the Service of the manifests to it, which makes them invalid.
  if [ ! -e "$installed" ]; then
    # Server-side: its CRDs are too large for the annotation of a client-side apply.
    kubectl apply --server-side --filename "$installed.new" >"$logs/kruise.log" 2>&1 ||
      { tail -n 20 "$logs/kruise.log" >&2; fail 'the manifests of Kruise were refused'; }
  elif ! cmp -s "$installed" "$installed.new"; then
    fail "$state has another Kruise; run kruise.sh down with its version, or down.sh --wipe"
  fi
  mv "$installed.new" "$installed"
  start kruise-manager
  say "Kruise ready in $((SECONDS - began)) s"
}

down() {
  local kinds
  [ -e "$installed" ] || { say 'Kruise is not installed'; return; }
  # Workloads first, with their pods: once their kind is gone, the garbage collector cannot tell
  # that an owner is. The manager last: it converts between versions of what is being deleted.
  kinds=$(kubectl api-resources --api-group apps.kruise.io --output name | paste -sd,)
  [ -z "$kinds" ] || kubectl delete "$kinds" --all --all-namespaces --cascade=foreground >&2
  kubectl delete --ignore-not-found --filename "$installed" >>"$logs/kruise.log" 2>&1
  halt kruise-manager
  rm -f "$installed"
  say 'Kruise is gone'
}

[ -s "$state/settings" ] || fail "no cluster in $state; run up.sh first"
require flock
[ -n "${AUTOPOOL_CLUSTER_LOCKED:-}" ] || lock
case ${1:-} in
  up | down) "$1" ;;
  *) say 'up or down'; exit 2 ;;
esac
