#!/usr/bin/env bash
# The nodes of the running test cluster, each a real kubelet and containerd in namespaces of its own:
#   node.sh check                      says what this machine lacks for them
#   node.sh up N...                    boots nodes and waits until they are Ready
#   node.sh down N...|all              a power cut; what is on the node's disk stays
#   node.sh wipe N...                  a power cut for good: the disk and the Node object go too
#   node.sh exec N COMMAND...          runs a command inside a node
#   node.sh start N NAME [COMMAND...]  a program of the node, with a log and a pid file: relay-api,
#   node.sh stop|kill N NAME             containerd, kubelet; any other NAME needs a COMMAND to start
#   node.sh fabric COMMAND...          runs a command in the network that the nodes are plugged into
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/certificates.sh
. "$here/certificates.sh"
# shellcheck source=SCRIPTDIR/node-config.sh
. "$here/node-config.sh"

usage() { sed -n '2,/^set/{s/^# //p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

# --- what a node needs of this machine --------------------------------------------------------

preflight() {
  local message
  [ "$(id -u)" = 0 ] || fail 'nodes need root: namespaces, mounts and cgroups of their own'
  require ip nsenter setpriv unshare openssl runc busybox
  [ -x "$plugins/macvlan" ] ||
    fail "needs the standard CNI plugins in $plugins (on Debian: apt-get install containernetworking-plugins)"
  [ -d /sys/fs/cgroup/memory ] || [ -e /sys/fs/cgroup/cgroup.controllers ] ||
    fail 'nodes need cgroups: neither version is mounted at /sys/fs/cgroup'
  message=$(unshare --net sh -ec 'ip link add veth0 type veth peer name veth1
    ip link add bridge0 type bridge; ip link add macvlan0 link veth0 type macvlan mode bridge' 2>&1) ||
    fail "nodes need a kernel with network namespaces, veth, bridge and macvlan: $message"
  rm -rf "$state/overlay"
  mkdir -p "$state/overlay/"{upper,work,merged}
  message=$(cd "$state/overlay" && unshare --mount mount -t overlay overlay \
    -o lowerdir=/etc,upperdir=upper,workdir=work merged 2>&1) ||
    fail "nodes need overlayfs, and $state on a file system that can carry one: $message"
  rm -rf "$state/overlay"
}

# --- the fabric: two switches in a network namespace without a way out ------------------------
# `nodes` has the nodes' own addresses, `pods` is the segment of the pods, on all nodes one and the
# same. The process that holds the namespace is the proxy by which the API server calls kubelets.

in_fabric() { nsenter --target "$(pid_of fabric)" --net -- "$@"; }

fabric_up() {
  launch relay-host forward "unix:$run/api.sock" "tcp:127.0.0.1:$port"
  spawn fabric unshare --net "$bin/relay" proxy "unix:$run/fabric.sock"
  in_fabric ip link show pods >/dev/null 2>&1 && return
  # Without multicast snooping, which would need somebody to ask who listens, IPv6 works at once.
  in_fabric sh -ec "ip link set lo up
    ip link add nodes type bridge mcast_snooping 0
    ip address add 172.30.0.1/24 dev nodes
    ip link set nodes up
    ip link add pods type bridge mcast_snooping 0
    ip link set pods up
    # Between nodes, to the addresses of pods that the nodes themselves give.
    echo 1 >/proc/sys/net/ipv4/ip_forward"
}

# plug NUMBER PROCESS: eth0 for the node itself, eth1 and eth2 for its pods.
plug() {
  local cable switch
  for cable in 0 1 2; do
    if [ "$cable" = 0 ]; then switch=nodes; else switch=pods; fi
    in_fabric ip link add "node$1-$cable" type veth peer name "eth$cable" netns "$2"
    in_fabric ip link set "node$1-$cable" master "$switch" up
  done
  in_fabric ip route replace "$(system_pods_of "$1")" via "$(address_of "$1")"
}

unplug() { # number
  local cable
  pid_of fabric >/dev/null || return 0
  for cable in 0 1 2; do in_fabric ip link delete "node$1-$cable" 2>/dev/null || true; done
}

# --- cgroups ----------------------------------------------------------------------------------

make_cgroups() { # number
  local root folder file
  for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
    # Version 2 needs nothing more than the folder, and the runtime makes that itself.
    [ -e "$root/tasks" ] || continue
    folder=$root/$(cgroup_of "$1")
    mkdir -p "$folder"
    # Version 1 wants these filled in before it takes a process.
    for file in cpuset.cpus cpuset.mems; do
      if [ -e "$root/$file" ]; then cat "$root/$file" >"$folder/$file"; fi
    done
  done
}

remove_cgroups() { # number
  local folder name
  name=$(cgroup_of "$1")
  for folder in "/sys/fs/cgroup/$name" /sys/fs/cgroup/*/"$name"; do
    [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
}

# --- nodes ------------------------------------------------------------------------------------

first_process() { # number: of all in the node; it is there once the namespaces are
  local holder child
  holder=$(pid_of "node$1") || return 1
  read -r child _ < <(cat "/proc/$holder/task/$holder/children"; echo)
  [ -n "$child" ] || return 1
  printf '%s' "$child"
}

boot() { # number
  local name=node$1 child=
  mkdir -p "$logs/$name"
  write_node_files "$1"
  remove_cgroups "$1"
  make_cgroups "$1"
  spawn "$name" unshare --mount --pid --fork --kill-child=KILL --net --uts --ipc \
    "$here/node-inside.sh" boot "$1"
  for _ in $(seq 1 100); do
    child=$(first_process "$1") && break
    sleep 0.02
  done
  [ -n "$child" ] || died "$name"
  unplug "$1"
  plug "$1" "$child"
}

# Ready by the word of this boot's kubelet: an earlier one's stands for a while after a power cut.
is_ready() { # name since
  local status when
  read -r status when < <(kubectl get node "$1" --output \
    'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{"\n"}')
  [ "$status" = True ] && [[ ! $when < $2 ]]
}

up() { # number...
  local began=$SECONDS since number booted=()
  pid_of kube-apiserver >/dev/null || fail 'no control plane runs; run up.sh first'
  preflight
  link_programs kubelet containerd relay by-namespace
  [ -s "$state/images/base.tar" ] || { mkdir -p "$state/images"; "$here/images.sh" "$state/images/base.tar"; }
  fabric_up
  since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  for number in "$@"; do
    if pid_of "node$number" >/dev/null; then continue; fi
    boot "$number"
    booted+=("node$number")
  done
  for name in "${booted[@]}"; do await 120 "$name" 'condition Ready' is_ready "$name" "$since"; done
  if [ ${#booted[@]} -eq 0 ]; then
    say 'the nodes run already'
  else
    say "${booted[*]} Ready in $((SECONDS - began)) s"
  fi
}

down() { # number
  local child
  if child=$(first_process "$1"); then
    halt "node$1" KILL # and the kernel ends all that is in its pid namespace
    for _ in $(seq 1 200); do
      started_at "$child" >/dev/null || break
      sleep 0.05
    done
    if started_at "$child" >/dev/null; then fail "node$1 does not end"; fi
  fi
  rm -f "$run/node$1.pid"
  unplug "$1"
  remove_cgroups "$1"
}

down_all() {
  local file number
  for file in "$run"/node*.pid; do
    number=${file##*/node}
    [ ! -e "$file" ] || down "${number%.pid}"
  done
  halt fabric KILL
  halt relay-host KILL
}

wipe() { # number
  down "$1"
  rm -rf "$state/nodes/node$1"
  kubectl delete node "node$1" --ignore-not-found >&2
}

enter=(--mount --pid --net --uts --ipc)
surroundings=(env "PATH=$bin:${here%/test/cluster}/node_modules/.bin:$PATH")

# A command that is signalled or killed goes with this script: nsenter, between the two, passes
# nothing on, and what it starts is in another pid namespace.
run_inside() { # process command...
  local target=$1 between code=0
  shift
  # shellcheck disable=SC2016 # expanded inside
  setpriv --pdeathsig KILL nsenter --target "$target" "${enter[@]}" -- setpriv --pdeathsig KILL \
    "${surroundings[@]}" bash -c 'cd "$0" && exec "$@"' "$PWD" "$@" <&0 &
  between=$!
  # shellcheck disable=SC2064 # the process as it is known now
  trap "xargs --no-run-if-empty kill -TERM </proc/$between/task/$between/children" TERM INT HUP
  while kill -0 "$between" 2>/dev/null; do
    code=0
    wait "$between" 2>/dev/null || code=$? # without the shell's own word on how it ended
  done
  return "$code"
}

action=${1:-}
[ $# -gt 0 ] || usage
shift
[ -s "$state/settings" ] || fail "no cluster in $state; run up.sh first"
require flock
case $action in
  up | down | wipe | start | stop | kill) [ -n "${AUTOPOOL_CLUSTER_LOCKED:-}" ] || lock ;;
esac

if [[ $action != @(check|fabric) ]] && [ "$action $*" != 'down all' ]; then
  numbers=("$@")
  case $action in exec | start | stop | kill) numbers=("${1:-}") ;; esac
  [ ${#numbers[@]} -gt 0 ] || usage
  for number in "${numbers[@]}"; do
    [[ $number =~ ^[1-9][0-9]?$ ]] || fail "a node is a number from 1 to 99, not '$number'"
  done
fi

case $action in
  check) preflight ;;
  up) up "$@" ;;
  down) if [ "$1" = all ]; then down_all; else for number in "$@"; do down "$number"; done; fi ;;
  wipe) for number in "$@"; do wipe "$number"; done ;;
  exec | start | stop | kill)
    number=$1
    shift
    [ $# -gt 0 ] || usage
    process=$(first_process "$number") || fail "node$number does not run"
    if [ "$action" = exec ]; then
      run_inside "$process" "$@"
    else
      run_inside "$process" "$here/node-inside.sh" "$action" "$number" "$@"
    fi
    ;;
  fabric) pid_of fabric >/dev/null || fail 'no node has been started yet'; in_fabric "$@" ;;
  *) usage ;;
esac
