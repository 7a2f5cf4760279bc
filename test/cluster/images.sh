#!/usr/bin/env bash
# Makes the images of the test cluster's pods, without a registry: images.sh FILE writes an OCI
# archive with busybox and pause, both made of Debian's static busybox.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

require busybox
target=${1:?images.sh FILE}
work=$target.work
type=application/vnd.oci.image
architecture=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
manifests=()

pack() { # folder: as a tar that depends on nothing but what is in it
  tar --create --directory "$1" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 .
}

blob() { # file type: moves it to where an image refers to it; prints its descriptor
  local hash size
  hash=$(sha256sum <"$1" | cut -d' ' -f1)
  size=$(stat -c %s "$1")
  mv "$1" "$work/image/blobs/sha256/$hash"
  printf '{"mediaType":"%s.%s","digest":"sha256:%s","size":%d' "$type" "$2" "$hash" "$size"
}

image() { # name command
  local layer=$layer config
  printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["%s"]},%s}' \
    "$architecture" "${2// /\",\"}" \
    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"$layer_digest\"]}" >"$work/config"
  config="$(blob "$work/config" config.v1+json)}"
  printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":%s,"layers":[%s]}' \
    "$type" "$config" "$layer" >"$work/manifest"
  manifests+=("$(blob "$work/manifest" manifest.v1+json),\"annotations\":{\"io.containerd.image.name\":\"$1\"}}")
}

rm -rf "$work"
mkdir -p "$work/root/"{bin,dev,etc,proc,sys,tmp} "$work/image/blobs/sha256"
chmod 1777 "$work/root/tmp"
program=$(command -v busybox)
if ldd "$program" >/dev/null 2>&1; then fail "$program is not static; install busybox-static"; fi
cp "$program" "$work/root/bin/busybox"
# Its applets but those that would only mislead inside a container.
while read -r applet; do
  [ "$applet" = busybox ] || ln -s busybox "$work/root/bin/$applet"
done < <("$program" --list)
echo 'root:x:0:0:root:/:/bin/sh' >"$work/root/etc/passwd"
pack "$work/root" >"$work/layer"
layer_digest=sha256:$(sha256sum <"$work/layer" | cut -d' ' -f1)
layer="$(blob "$work/layer" layer.v1.tar)}"

image docker.io/library/busybox:latest sh
image registry.k8s.io/pause:3.10 '/bin/sleep infinity'

echo '{"imageLayoutVersion":"1.0.0"}' >"$work/image/oci-layout"
printf '{"schemaVersion":2,"mediaType":"%s.index.v1+json","manifests":[%s]}' \
  "$type" "$(IFS=,; echo "${manifests[*]}")" >"$work/image/index.json"
pack "$work/image" >"$target.new"
mv "$target.new" "$target"
rm -rf "$work"
