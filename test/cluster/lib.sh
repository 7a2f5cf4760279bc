# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are used where it is sourced
# What the scripts of the test cluster share: its settings, its certificates and its processes.
# To be sourced.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${AUTOPOOL_CLUSTER_STATE:-${TMPDIR:-/tmp}/autopool-cluster}
pki=$state/pki logs=$state/log run=$state/run bin=$state/bin
kubeconfig=$state/admin.kubeconfig

say() { printf 'cluster: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Its settings are read as a script, so they have to be our own.
if [ -e "$state" ] && [ ! -O "$state" ]; then fail "$state belongs to somebody else"; fi

# The settings are decided when a state folder is first used and kept in it, so that a later call
# needs to name only the folder.
port=${AUTOPOOL_CLUSTER_PORT:-26443}
bench='' nodes='' cni=macvlan ipam=spiderpool
# shellcheck source=/dev/null
if [ -s "$state/settings" ]; then . "$state/settings"; fi
etcd_port=$((port + 1)) etcd_peer_port=$((port + 2)) kcm_port=$((port + 3))
scheduler_port=$((port + 4)) kruise_webhook_port=$((port + 5)) kruise_health_port=$((port + 6))

save_settings() {
  printf 'port=%s\nbench=%s\nnodes=%s\ncni=%s\nipam=%s\n' \
    "$port" "$bench" "$nodes" "$cni" "$ipam" >"$state/settings"
}

require() { # tool...
  local tool
  [ -d /proc/self ] || fail 'runs on Linux only; set KUBECONFIG_TEST to use another cluster'
  for tool in "$@"; do
    command -v "$tool" >/dev/null ||
      fail "needs $tool (on Debian: apt-get install $(package_of "$tool"))"
  done
}

package_of() { # tool
  case $1 in
    flock | nsenter | setpriv | unshare) echo util-linux ;;
    ip) echo iproute2 ;;
    busybox) echo busybox-static ;;
    *) echo "$1" ;;
  esac
}

# One caller at a time per state folder. The processes must not inherit the lock: see launch.
lock() {
  mkdir -p "$state"
  exec 9>"$state/lock"
  flock 9
}

# A cache of discovery of its own: the one in the home folder outlives a wiped cluster.
kubectl() { "$bin/kubectl" --kubeconfig "$kubeconfig" --cache-dir "$state/kubectl-cache" "$@"; }

# link_programs MODULE...: builds what is missing; $bin gets a stable path to each program.
link_programs() {
  local built module folder
  built=$("$here/build.sh" "$@")
  mkdir -p "$bin"
  # A cluster that runs keeps the programs it was started with.
  while read -r module folder; do
    case $module in
      kruise)
        pid_of kruise-manager >/dev/null && continue
        ln -sfn "$folder/config" "$bin/kruise-config"
        ;;
      kubelet) # lies among the programs of the control plane
        ln -sfn "$folder/bin/kubelet" "$bin/"
        continue
        ;;
      containerd | relay | by-namespace) ;;
      *) pid_of kube-apiserver >/dev/null && continue ;;
    esac
    ln -sfn "$folder/bin/"* "$bin/"
  done <<<"$built"
}

# --- processes -------------------------------------------------------------------------------
# A pid file holds the pid and the moment the kernel started it, which together name one process
# for ever; a pid alone may be somebody else's by the time it is read. Most processes are called
# what their program is called.

program_of() { # name
  case $1 in
    fabric | relay-*) echo relay ;;
    node*) echo unshare ;;
    agent) echo node ;;
    *) echo "$1" ;;
  esac
}

started_at() { # pid: nothing where it is gone or only a zombie
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The second field, the name, may contain blanks: count from the bracket that ends it.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  case $1 in Z | X) return 1 ;; esac
  printf '%s' "${20}"
}

pid_of() { # name: its pid, if the process we started is still that program
  local pid moment
  read -r pid moment 2>/dev/null <"$run/$1.pid" || return 1
  [ "$(started_at "$pid")" = "$moment" ] || return 1
  [ "$(basename "$(readlink "/proc/$pid/exe")" ' (deleted)')" = "$(program_of "$1")" ] || return 1
  printf '%s' "$pid"
}

launch() { # name arguments...
  local name=$1
  shift
  spawn "$name" "$bin/$(program_of "$name")" "$@"
}

spawn() { # name command...: a command that becomes the program that goes by this name
  local name=$1 pid
  shift
  pid_of "$name" >/dev/null && return
  rm -f "$run/$name.pid"
  setsid nohup "$@" >>"$logs/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$run/$name.pid"
  # Until the shell's child has become the program, pid_of does not know it.
  for _ in $(seq 1 100); do
    pid_of "$name" >/dev/null && return
    sleep 0.02
  done
  died "$name"
}

died() {
  tail -n 20 "$logs/$1.log" >&2
  fail "$1 ended; its log is $logs/$1.log"
}

halt() { # name [signal]
  local pid
  if pid=$(pid_of "$1"); then
    kill -s "${2:-TERM}" "$pid"
    gone_within 30 "$pid" || kill -s KILL "$pid"
    gone_within 10 "$pid" || fail "$1 does not end"
  fi
  rm -f "$run/$1.pid"
}

# A process that is not reaped yet has let go of its ports when its first thread is the last one.
gone_within() { # seconds pid
  local deadline=$((SECONDS + $1)) threads
  while [ "$SECONDS" -lt "$deadline" ]; do
    if ! started_at "$2" >/dev/null; then
      threads=("/proc/$2/task/"*)
      [ ${#threads[@]} -gt 1 ] || return 0
    fi
    sleep 0.05
  done
  return 1
}

await() { # seconds process what command...: until the command succeeds or the process is gone
  local deadline=$((SECONDS + $1)) process=$2 what=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    pid_of "$process" >/dev/null || died "$process"
    [ "$SECONDS" -lt "$deadline" ] || fail "$process: no $what in time; see $logs/$process.log"
    sleep 0.1
  done
}
