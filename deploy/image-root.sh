#!/usr/bin/env bash
# Lays out the image's two layers, what changes least first: bash deploy/image-root.sh FOLDER makes FOLDER/node and FOLDER/autopool.
#
# Node.js (the one that runs npm's scripts here) with the shared libraries that it names, then the program and the CNI plugin that agents
# install: no shell, no package manager, nothing to write to. Wants `npm run build` and `npm run build:cni`. deploy/Dockerfile makes an
# image of it, and `npm run build:image` does without Docker.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:?say the folder: bash deploy/image-root.sh FOLDER}
node=$(npm exec -- node -p process.execPath)
for file in dist/autopool.mjs dist/autopool-cni; do
  [ -e "$file" ] || { echo "$file is not there; npm run build and npm run build:cni make it" >&2; exit 1; }
done

root=$folder/node
install -D -m 755 "$node" "$root/usr/local/bin/node"
strip "$root/usr/local/bin/node" 2>/dev/null || true
# As libraries are named, not as they are linked to: that is where the loader looks.
ldd "$node" | grep -oE '/[^ ]+' | while read -r library; do
  install -D -m 755 "$(readlink -f "$library")" "$root$library"
done
mkdir -p "$root/etc" "$root/tmp"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"

root=$folder/autopool/opt/autopool
install -D -m 644 dist/autopool.mjs "$root/autopool.mjs"
install -D -m 755 dist/autopool-cni "$root/autopool-cni"
install -D -m 644 LICENSE "$root/LICENSE"
