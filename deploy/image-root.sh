#!/usr/bin/env bash
# Lays out the image's file system in a folder: bash deploy/image-root.sh FOLDER
#
# Node.js (the one that runs npm's scripts here) with the shared libraries that it names, the program, and the CNI plugin that agents
# install: no shell, no package manager, nothing to write to. Wants `npm run build` and `npm run build:cni`. deploy/Dockerfile makes an
# image of it, and so do the tests, without Docker.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=${1:?say the folder: bash deploy/image-root.sh FOLDER}
node=$(npm exec -- node -p process.execPath)
for file in autopool.mjs autopool-cni; do
  [ -e "dist/$file" ] || { echo "dist/$file is not there; npm run build and npm run build:cni make it" >&2; exit 1; }
done

mkdir -p "$root"/{bin,etc,autopool,tmp}
cp "$node" "$root/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  # As it is named, not as it is linked to: that is where the loader looks.
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
cp dist/autopool.mjs dist/autopool-cni LICENSE "$root/autopool/"
echo 'root:x:0:0:root:/:/sbin/nologin
autopool:x:65532:65532:autopool:/:/sbin/nologin' >"$root/etc/passwd"
echo 'root:x:0:
autopool:x:65532:' >"$root/etc/group"
chmod 755 "$root"/{,bin,etc,autopool} "$root"/bin/node "$root"/autopool/autopool-cni
chmod 1777 "$root/tmp"
