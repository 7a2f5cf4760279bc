# shellcheck shell=bash
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
bench=
# shellcheck source=/dev/null
if [ -s "$state/settings" ]; then . "$state/settings"; fi
etcd_port=$((port + 1)) etcd_peer_port=$((port + 2)) kcm_port=$((port + 3))
scheduler_port=$((port + 4)) kruise_webhook_port=$((port + 5)) kruise_health_port=$((port + 6))

save_settings() { printf 'port=%s\nbench=%s\n' "$port" "$bench" >"$state/settings"; }

require() { # tool...
  local tool
  [ -d /proc/self ] || fail 'runs on Linux only; set KUBECONFIG_TEST to use another cluster'
  for tool in "$@"; do
    command -v "$tool" >/dev/null ||
      fail "needs $tool (on Debian: apt-get install ${tool/flock/util-linux})"
  done
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
      *) pid_of kube-apiserver >/dev/null && continue ;;
    esac
    ln -sfn "$folder/bin/"* "$bin/"
  done <<<"$built"
}

# --- processes -------------------------------------------------------------------------------
# A pid file holds the pid and the moment the kernel started it, which together name one process
# for ever; a pid alone may be somebody else's by the time it is read.

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
  [ "$(basename "$(readlink "/proc/$pid/exe")" ' (deleted)')" = "$1" ] || return 1
  printf '%s' "$pid"
}

launch() { # name arguments...
  local name=$1 pid
  shift
  pid_of "$name" >/dev/null && return
  rm -f "$run/$name.pid"
  setsid nohup "$bin/$name" "$@" >>"$logs/$name.log" 2>&1 </dev/null 9>&- &
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

# --- the programs, each as it is started ------------------------------------------------------

programs='etcd kube-apiserver kube-controller-manager kube-scheduler kruise-manager'

start() { # name: starts it and waits until it serves
  case $1 in
    etcd) start_etcd ;;
    kube-apiserver) start_apiserver ;;
    kube-controller-manager) start_kcm ;;
    kube-scheduler) start_scheduler ;;
    kruise-manager) start_kruise ;;
    *) fail "unknown program $1: one of $programs" ;;
  esac
}

start_etcd() {
  local client=http://127.0.0.1:$etcd_port peer=http://127.0.0.1:$etcd_peer_port
  # Nothing here has to survive a power cut, and fsync is what makes etcd slow.
  launch etcd --name test --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "test=$peer" --quota-backend-bytes 4294967296
}

start_apiserver() {
  # The address it advertises is only written into an Endpoints object, where a loopback address
  # is not allowed; 192.0.2.1 is one that is nobody's. Without a grace period for watches a stop
  # waits a whole minute for them.
  launch kube-apiserver --bind-address 127.0.0.1 --secure-port "$port" \
    --advertise-address 192.0.2.1 --etcd-servers "http://127.0.0.1:$etcd_port" \
    --anonymous-auth=false --authorization-mode Node,RBAC --allow-privileged=true \
    --service-cluster-ip-range 10.96.0.0/16 --client-ca-file "$pki/ca.crt" \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$pki/sa.pub" --service-account-signing-key-file "$pki/sa.key" \
    --requestheader-client-ca-file "$pki/front-proxy-ca.crt" \
    --requestheader-allowed-names front-proxy-client \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra- \
    --proxy-client-cert-file "$pki/front-proxy-client.crt" \
    --proxy-client-key-file "$pki/front-proxy-client.key" --shutdown-delay-duration 0 \
    --shutdown-watch-termination-grace-period 1s
  await 120 kube-apiserver /readyz kubectl get --raw /readyz
}

start_kcm() {
  local config=$state/kcm.kubeconfig
  launch kube-controller-manager --bind-address 127.0.0.1 --secure-port "$kcm_port" \
    --kubeconfig "$config" --authentication-kubeconfig "$config" \
    --authorization-kubeconfig "$config" --client-ca-file "$pki/ca.crt" --leader-elect=false \
    --use-service-account-credentials=true --root-ca-file "$pki/ca.crt" \
    --service-account-private-key-file "$pki/sa.key" \
    --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
    ${bench:+--kube-api-qps=1000 --kube-api-burst=2000 --concurrent-deployment-syncs=20} \
    ${bench:+--concurrent-replicaset-syncs=20 --concurrent-gc-syncs=40}
  # Usable means that the default service account is there: no pod can be created without it.
  await 60 kube-controller-manager 'default service account' \
    kubectl get serviceaccount default --namespace default
}

start_scheduler() {
  local config=$state/scheduler.kubeconfig
  launch kube-scheduler --bind-address 127.0.0.1 --secure-port "$scheduler_port" \
    --kubeconfig "$config" --authentication-kubeconfig "$config" \
    --authorization-kubeconfig "$config" --leader-elect=false
}

start_kruise() {
  # WEBHOOK_HOST makes Kruise write itself a certificate and point its webhook configurations
  # at https://localhost:PORT. It must be a name: its own health check asks `localhost`.
  # Its pod webhook and its node daemon are left out: every pod of the cluster, Kruise's or not,
  # would depend on this process, and there are no nodes.
  WEBHOOK_HOST=localhost WEBHOOK_PORT=$kruise_webhook_port WEBHOOK_CERT_DIR=$state/kruise-certs \
    launch kruise-manager --kubeconfig "$kubeconfig" --enable-leader-election=false \
    --metrics-addr 0 --enable-pprof=false --protection-log-path "$logs" \
    --health-probe-addr "127.0.0.1:$kruise_health_port" \
    --feature-gates PodWebhook=false,KruiseDaemon=false \
    ${bench:+--rest-config-qps=1000 --rest-config-burst=2000}
  await 60 kruise-manager 'webhook that answers' \
    kubectl create --dry-run=server -f "$here/kruise/probe.yaml"
}
