# shellcheck shell=bash
# The files of a node of the test cluster. To be sourced after lib.sh, and after certificates.sh
# where files are to be written.
# shellcheck disable=SC2154 # its variables are set there

plugins=/usr/lib/cni

address_of() { echo "172.30.0.$((100 + $1))"; } # number

system_pods_of() { echo "10.244.$1.0/24"; } # number

# Clusters have nodes of the same names, and cgroups are one tree for all of them.
cgroup_of() { printf 'autopool-%s-node%s' "$(printf %s "$state" | sha256sum | cut -c 1-8)" "$1"; }

write_node_files() { # number
  local name=node$1 disk=$state/nodes/node$1 file
  mkdir -p "$disk"/{etc/cni/net.d,opt/cni/bin,var,work/{etc,opt,var},config,sysctl,containerd} \
    "$disk/var/lib/"{containerd,kubelet,cni} "$disk/var/log/"{pods,containers}
  write_node_certificates "$name" "$(address_of "$1")"
  for file in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
    cat "/proc/sys/$file" >"$disk/sysctl/${file//\//.}"
  done
  ln -sfn "$plugins/"* "$bin/by-namespace" "$disk/opt/cni/bin/"
  pod_network "$1" >"$disk/etc/cni/net.d/10-pods.conflist"
  containerd_config >"$disk/config/containerd.toml"
  kubelet_config "$1" >"$disk/config/kubelet.yaml"
}

pod_network() { # number
  local list others addresses
  list=$(cat "$here/cni/10-pods.conflist")
  others=$(cat "$here/cni/$cni.json")
  addresses=$(cat "$here/cni/ipam-$ipam.json")
  list=${list/'"@others@"'/"${others/'"@ipam@"'/"$addresses"}"}
  list=${list/'"@system@"'/"$(cat "$here/cni/system.json")"}
  list=${list//@pods@/"$(system_pods_of "$1")"}
  printf '%s\n' "${list//@node@/$1}"
}

containerd_config() {
  cat <<TOML
version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
disabled_plugins = [
  'io.containerd.internal.v1.tracing', 'io.containerd.nri.v1.nri',
  'io.containerd.snapshotter.v1.btrfs', 'io.containerd.snapshotter.v1.zfs',
  'io.containerd.snapshotter.v1.devmapper',
]
[grpc]
  address = '/run/containerd/containerd.sock'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.k8s.io/pause:3.10'
[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  # Where a process may not lower its score, runc would die of trying to.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/opt/cni/bin']
    conf_dir = '/etc/cni/net.d'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = '$(command -v runc)'
      SystemdCgroup = false
TOML
}

# A full disk or much used memory of the host is no reason to evict here, and leases are short so
# that a lost node is noticed soon. Images are never to be pulled: there is no registry, and after
# one failed attempt this kubelet would ask for it even for an image it has, but for NeverVerify.
kubelet_config() { # number
  cat <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $(address_of "$1")
readOnlyPort: 0
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $pki/node$1-server.crt
tlsPrivateKeyFile: $pki/node$1-server.key
cgroupDriver: cgroupfs
cgroupRoot: /$(cgroup_of "$1")
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
evictionHard: {memory.available: 100Mi}
imageGCHighThresholdPercent: 100
imagePullCredentialsVerificationPolicy: NeverVerify
makeIPTablesUtilChains: false
volumePluginDir: /var/lib/kubelet/volume-plugins
resolvConf: ""
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
nodeStatusUpdateFrequency: 5s
nodeLeaseDurationSeconds: 10
YAML
}
