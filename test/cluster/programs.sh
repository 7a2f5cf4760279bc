# shellcheck shell=bash
# The programs of the control plane, each as it is started. To be sourced after lib.sh.
# shellcheck disable=SC2154 # its variables are set there

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
  # waits a whole minute for them. Kubelets, and the pods of Services that webhooks are, are behind the
  # proxy of node.sh, where there are nodes; with aggregator routing Services need no kube-proxy. As on
  # some clusters, who writes an owner reference that blocks a deletion must be allowed to.
  cat >"$state/egress.yaml" <<YAML
apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport: {uds: {udsName: $run/fabric.sock}}
YAML
  launch kube-apiserver --bind-address 127.0.0.1 --secure-port "$port" \
    --advertise-address 192.0.2.1 --etcd-servers "http://127.0.0.1:$etcd_port" \
    --anonymous-auth=false --authorization-mode Node,RBAC --allow-privileged=true \
    --enable-admission-plugins OwnerReferencesPermissionEnforcement \
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
    --shutdown-watch-termination-grace-period 1s \
    --egress-selector-config-file "$state/egress.yaml" --enable-aggregator-routing=true \
    --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
    --kubelet-certificate-authority "$pki/ca.crt" --kubelet-preferred-address-types InternalIP
  await 120 kube-apiserver /readyz kubectl get --raw /readyz
}

start_kcm() {
  local config=$state/kcm.kubeconfig
  # Where nodes are cut off for a test, the default of 50 s until one is missed is long.
  launch kube-controller-manager --bind-address 127.0.0.1 --secure-port "$kcm_port" \
    --kubeconfig "$config" --authentication-kubeconfig "$config" \
    --authorization-kubeconfig "$config" --client-ca-file "$pki/ca.crt" --leader-elect=false \
    --use-service-account-credentials=true --root-ca-file "$pki/ca.crt" \
    --service-account-private-key-file "$pki/sa.key" \
    --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
    ${nodes:+--node-monitor-grace-period=20s --node-monitor-period=2s} \
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
  # would depend on this process, and the daemon on an image of its own.
  WEBHOOK_HOST=localhost WEBHOOK_PORT=$kruise_webhook_port WEBHOOK_CERT_DIR=$state/kruise-certs \
    launch kruise-manager --kubeconfig "$kubeconfig" --enable-leader-election=false \
    --metrics-addr 0 --enable-pprof=false --protection-log-path "$logs" \
    --health-probe-addr "127.0.0.1:$kruise_health_port" \
    --feature-gates PodWebhook=false,KruiseDaemon=false \
    ${bench:+--rest-config-qps=1000 --rest-config-burst=2000}
  await 60 kruise-manager 'webhook that answers' \
    kubectl create --dry-run=server -f "$here/kruise/probe.yaml"
}
