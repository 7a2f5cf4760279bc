#!/usr/bin/env bash
# Builds the programs of the test cluster from Go modules: build.sh [etcd] [kubernetes] [kruise]
# [kubelet] [containerd] [relay] [by-namespace] [helm], all of them without an argument. Of the last five
# four are what nodes need; helm is for the tests of the chart.
# What is built already is left alone. Prints one line per argument: it, and the folder that has bin/.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${AUTOPOOL_CLUSTER_CACHE:-$HOME/.cache/autopool-cluster}

say() { printf 'build: %s\n' "$*" >&2; }

# A folder is named after everything that decides what is in it, so a changed version never
# finds an old binary, and two checkouts share what they have in common.
folder() {
  local module=${1/kubelet/kubernetes} hash # the kubelet is a program of that module
  hash=$({ cat "$here/go/$module/"*; declare -f compile "build_$module"; } | sha256sum)
  printf '%s/%s-%s' "$cache" "$module" "${hash:0:12}"
}

require_go() {
  command -v go >/dev/null && return
  cat >&2 <<'MESSAGE'
build: the test cluster is built from source and there is no `go` on the PATH. Install Go 1.26 or
newer (a first build takes some ten minutes on two cores, later ones nothing). Or leave the cluster
alone: KUBECONFIG_TEST=/path/to/kubeconfig makes the tests use any other cluster, one made by kind
for instance.
MESSAGE
  exit 3
}

# compile MODULE BINARY PACKAGE [LDFLAGS [TAGS]]
compile() {
  local target unfinished began
  target=$(folder "$1")/bin/$2
  unfinished=${target%/bin/*}/$2.unfinished
  [ -x "$target" ] && return
  require_go
  mkdir -p "${target%/*}"
  say "$2 …"
  began=$SECONDS
  # -buildvcs=false: the state of this repository is not part of the program.
  (cd "$here/go/$1" &&
    CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false \
      -tags "${5:-}" -ldflags "-s -w ${4:-}" -o "$unfinished" "$3")
  mv "$unfinished" "$target"
  say "$2: $((SECONDS - began)) s"
}

version_of() { awk -v module="$1" '$1 == "require" && $2 == module { print $3 }' "$2"; }

build_etcd() { compile etcd etcd .; }

build_kubernetes() { # [program...]
  local version minor at=k8s.io/component-base/version name
  [ $# -gt 0 ] || set -- kube-apiserver kube-controller-manager kube-scheduler kubectl
  version=$(version_of k8s.io/kubernetes "$here/go/kubernetes/go.mod")
  minor=${version#v1.}
  minor=${minor%%.*}
  # Without a version of its own kube-apiserver refuses to start: it cannot emulate v0.0.
  for name in "$@"; do
    compile kubernetes "$name" "k8s.io/kubernetes/cmd/$name" \
      "-X $at.gitVersion=$version -X $at.gitMajor=1 -X $at.gitMinor=$minor"
  done
}

build_kubelet() { build_kubernetes kubelet; }

build_containerd() {
  local root=github.com/containerd/containerd/v2/cmd name
  # Both snapshotters want C libraries; the nodes use overlayfs.
  for name in containerd containerd-shim-runc-v2 ctr; do
    compile containerd "$name" "$root/$name" '' no_btrfs,no_devmapper
  done
}

build_relay() { compile relay relay .; }

build_by-namespace() { compile by-namespace by-namespace .; }

build_helm() { compile helm helm helm.sh/helm/v4/cmd/helm; }

build_kruise() {
  local root source
  compile kruise kruise-manager github.com/openkruise/kruise
  # The manifests lie beside the binary, so that a cached build needs no `go` to be started.
  root=$(folder kruise)
  [ -d "$root/config" ] && return
  require_go
  source=$(cd "$here/go/kruise" &&
    go mod download github.com/openkruise/kruise >&2 &&
    GOFLAGS=-mod=readonly go list -m -f '{{.Dir}}' github.com/openkruise/kruise)
  rm -rf "$root/config.new"
  cp -r --no-preserve=mode "$source/config" "$root/config.new"
  mv "$root/config.new" "$root/config"
}

mkdir -p "$cache"
[ $# -gt 0 ] || set -- etcd kubernetes kruise kubelet containerd relay by-namespace helm
# One build at a time: a second caller waits, then finds everything there.
exec 8>"$cache/lock"
flock -n 8 || { say 'another build is running; waiting for it'; flock 8; }
for module in "$@"; do
  case $module in
    etcd | kubernetes | kruise | kubelet | containerd | relay | by-namespace | helm) "build_$module" ;;
    *) say "unknown module $module: etcd, kubernetes, kruise, kubelet, containerd, relay, by-namespace or helm"; exit 2 ;;
  esac
  printf '%s %s\n' "$module" "$(folder "$module")"
done
