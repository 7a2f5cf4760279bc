#!/usr/bin/env bash
# What node.sh runs inside a node: node-inside.sh boot N is its first process, which stays;
# start|stop|kill N NAME is about one of its programs.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/node-config.sh
. "$here/node-config.sh"

action=$1 number=$2 name=node$2 disk=$state/nodes/node$2
shift 2
service=10.96.0.1
outside=$run/api.sock run=/run/cluster logs=$logs/$name
export PATH=$bin:$PATH

# The host's files are the node's too; what it writes to /etc, /opt and /var is its own, and /run is
# empty after each boot.
mount_all() {
  local place cgroups=$disk/cgroups file
  mount -t proc proc /proc
  # A sysfs of this network namespace, with the machine's cgroups in it.
  mkdir -p "$cgroups"
  mount --rbind /sys/fs/cgroup "$cgroups"
  mount -t sysfs sysfs /sys
  mount --rbind "$cgroups" /sys/fs/cgroup
  umount -l "$cgroups"
  for place in etc opt var; do
    mount -t overlay overlay \
      -o "lowerdir=/$place,upperdir=$disk/$place,workdir=$disk/work/$place" "/$place"
  done
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/{netns,lock,cluster}
  # Images are overlays themselves, and there is none on top of another.
  mount --bind "$disk/containerd" /var/lib/containerd
  # The kubelet sets some settings of the whole kernel; here they are plain files.
  for file in "$disk/sysctl/"*; do
    place=${file##*/}
    mount --bind "$file" "/proc/sys/${place//.//}"
  done
  mount --make-rshared /
}

configure_network() {
  local cable
  for cable in eth0 eth1 eth2; do
    until ip link show "$cable" >/dev/null 2>&1; do sleep 0.05; done
    ip link set "$cable" up
  done
  ip link set lo up
  ip address add "$(address_of "$number")/24" dev eth0
  # The Service `kubernetes`, which pods are told to ask: see relay-service.
  ip address add "$service/32" dev lo
  # Who has an address of this node's own segment, for pods that need none of a pool, leaves by the node: see cni/system.json.
  ip route add 10.244.0.0/16 via 172.30.0.1
  # Pods get at their segment by eth1, the parent of macvlans, or by the bridge that eth2 is in.
  ip link add cni0 type bridge mcast_snooping 0
  ip link set eth2 master cni0
  ip link set cni0 up
}

listens() { (: <"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; }

start() { # name [command...]
  local program=$1
  shift
  case $program in
    relay-api)
      launch relay-api forward "tcp:127.0.0.1:$port" "unix:$outside"
      await 10 relay-api 'open port' listens "$port"
      ;;
    relay-service) # by way of the other relay, so that without that one nothing of the node gets through
      launch relay-service forward "tcp:$service:443" "tcp:127.0.0.1:$port"
      await 10 relay-service 'open port' listens 443 "$service"
      ;;
    containerd)
      launch containerd --config "$disk/config/containerd.toml" --log-level warn
      await 60 containerd answer ctr version
      ;;
    kubelet)
      launch kubelet --config "$disk/config/kubelet.yaml" --kubeconfig "$disk/kubeconfig" \
        --hostname-override "$name" --node-ip "$(address_of "$number")"
      await 60 kubelet 'open port' listens 10248
      ;;
    *)
      [ $# -gt 0 ] || fail "node$number has no program '$program' that it could start by itself"
      spawn "$program" "$@"
      ;;
  esac
}

boot() {
  local archive
  hostname "$name"
  mount_all
  configure_network
  start relay-api
  start relay-service
  start containerd
  for archive in "$state/images/"*.tar; do
    ctr --namespace k8s.io images import --local "$archive" >>"$logs/images.log" 2>&1 ||
      fail "$archive cannot be imported; see $logs/images.log"
  done
  start kubelet
  # Whatever ends from here on is reaped by the shell that waits.
  while :; do sleep 3600; done
}

case $action in
  boot) boot ;;
  start) start "$@" ;;
  stop) halt "$1" ;;
  kill) halt "$1" KILL ;;
esac
