# shellcheck shell=bash
# The certificates and kubeconfigs of the test cluster. To be sourced after lib.sh.
# shellcheck disable=SC2154 # its variables are set there

authority() { # file name
  [ -s "$pki/$1.crt" ] && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj "/CN=$2" -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign \
    -keyout "$pki/$1.key" -out "$pki/$1.crt" 2>/dev/null
}

certificate() { # file authority subject usage [names]
  local file=$pki/$1
  [ -s "$file.crt" ] && return
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" \
    -keyout "$file.key" -out "$file.csr" 2>/dev/null
  {
    echo 'basicConstraints=critical,CA:FALSE'
    echo 'keyUsage=critical,digitalSignature'
    echo "extendedKeyUsage=$4"
    [ -z "${5:-}" ] || echo "subjectAltName=$5"
  } >"$file.ext"
  openssl x509 -req -in "$file.csr" -CA "$pki/$2.crt" -CAkey "$pki/$2.key" \
    -set_serial "0x$(openssl rand -hex 15)" -days 3650 -extfile "$file.ext" \
    -out "$file.crt" 2>/dev/null
  rm -f "$file.csr" "$file.ext"
}

write_kubeconfig() { # certificate file
  cat >"$2.new" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: autopool-test
  cluster:
    server: https://127.0.0.1:$port
    certificate-authority-data: $(base64 -w0 "$pki/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 "$pki/$1.crt")
    client-key-data: $(base64 -w0 "$pki/$1.key")
contexts:
- name: autopool-test
  context: {cluster: autopool-test, user: $1}
current-context: autopool-test
YAML
  mv "$2.new" "$2"
}

# write_node_certificates NAME ADDRESS: what its kubelet shows to the API server, and to who asks it.
write_node_certificates() (
  umask 077
  certificate "$1-client" ca "/O=system:nodes/CN=system:node:$1" clientAuth
  certificate "$1-server" ca "/CN=$1" serverAuth "DNS:$1,IP:$2"
  # The API server has the same address inside a node: a relay carries it there.
  write_kubeconfig "$1-client" "$state/nodes/$1/kubeconfig"
)

write_certificates() ( # in a subshell, for the umask: the keys are nobody else's
  service=kubernetes.default
  umask 077
  mkdir -p "$pki"
  authority ca kubernetes-ca
  authority front-proxy-ca front-proxy-ca
  certificate apiserver ca /CN=kube-apiserver serverAuth "DNS:localhost,DNS:kubernetes,\
DNS:$service,DNS:$service.svc,DNS:$service.svc.cluster.local,IP:127.0.0.1,IP:10.96.0.1"
  certificate front-proxy-client front-proxy-ca /CN=front-proxy-client clientAuth
  certificate admin ca /O=system:masters/CN=admin clientAuth
  certificate kcm ca /CN=system:kube-controller-manager clientAuth
  certificate scheduler ca /CN=system:kube-scheduler clientAuth
  if [ ! -s "$pki/sa.pub" ]; then
    openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
    openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
  fi
  write_kubeconfig admin "$kubeconfig"
  write_kubeconfig kcm "$state/kcm.kubeconfig"
  write_kubeconfig scheduler "$state/scheduler.kubeconfig"
)
