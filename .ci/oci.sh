# shellcheck shell=bash
# shellcheck disable=SC2154 # $work is set where it is sourced
# Writes OCI image archives with nothing but tar and sha256sum: no registry, no daemon. To be sourced; wants $work, a folder of its
# own, which `archive` empties. The same files give the same bytes.
#
#   layer FOLDER            adds a layer, that all images of the archive have, once
#   image NAME CONFIG       adds an image; CONFIG is the JSON of an image's `config`
#   archive FILE            writes the archive

oci_type=application/vnd.oci.image
oci_layers=() oci_diffs=() oci_manifests=()

pack() { # folder: as a tar that depends on nothing but what is in it
  tar --create --directory "$1" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 .
}

blob() { # file type: moves it to where an image refers to it; prints its descriptor, without the last bracket
  local hash size
  hash=$(sha256sum <"$1" | cut -d' ' -f1)
  size=$(stat -c %s "$1")
  mkdir -p "$work/image/blobs/sha256"
  mv "$1" "$work/image/blobs/sha256/$hash"
  printf '{"mediaType":"%s.%s","digest":"sha256:%s","size":%d' "$oci_type" "$2" "$hash" "$size"
}

joined() { (IFS=,; echo "$*"); }

layer() { # folder
  local descriptor
  mkdir -p "$work"
  pack "$1" >"$work/layer"
  descriptor="$(blob "$work/layer" layer.v1.tar)}"
  oci_layers+=("$descriptor")
  # Not compressed, so what it is called by is the hash of what is in it.
  [[ $descriptor =~ sha256:[0-9a-f]+ ]]
  oci_diffs+=("\"${BASH_REMATCH[0]}\"")
}

image() { # name config
  local config
  printf '{"architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" "$2" "$(joined "${oci_diffs[@]}")" >"$work/config"
  config="$(blob "$work/config" config.v1+json)}"
  printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":%s,"layers":[%s]}' \
    "$oci_type" "$config" "$(joined "${oci_layers[@]}")" >"$work/manifest"
  oci_manifests+=("$(blob "$work/manifest" manifest.v1+json),\"annotations\":{\"io.containerd.image.name\":\"$1\"}}")
}

archive() { # file
  echo '{"imageLayoutVersion":"1.0.0"}' >"$work/image/oci-layout"
  printf '{"schemaVersion":2,"mediaType":"%s.index.v1+json","manifests":[%s]}' \
    "$oci_type" "$(joined "${oci_manifests[@]}")" >"$work/image/index.json"
  pack "$work/image" >"$1.new"
  mv "$1.new" "$1"
  rm -rf "$work"
}
