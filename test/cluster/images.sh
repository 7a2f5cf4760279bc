#!/usr/bin/env bash
# Makes the images of the test cluster's pods, without a registry: images.sh FILE writes an OCI
# archive with busybox and pause, both made of Debian's static busybox.
set -euo pipefail
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=SCRIPTDIR/../../.ci/oci.sh
. "$here/../../.ci/oci.sh"

require busybox
target=${1:?images.sh FILE}
work=$target.work
rm -rf "$work"
mkdir -p "$work/root/"{bin,dev,etc,proc,sys,tmp}
chmod 1777 "$work/root/tmp"
program=$(command -v busybox)
if ldd "$program" >/dev/null 2>&1; then fail "$program is not static; install busybox-static"; fi
cp "$program" "$work/root/bin/busybox"
# Its applets but those that would only mislead inside a container.
while read -r applet; do
  [ "$applet" = busybox ] || ln -s busybox "$work/root/bin/$applet"
done < <("$program" --list)
echo 'root:x:0:0:root:/:/bin/sh' >"$work/root/etc/passwd"
layer "$work/root"

image docker.io/library/busybox:latest '{"Env":["PATH=/bin"],"Cmd":["sh"]}'
image registry.k8s.io/pause:3.10 '{"Env":["PATH=/bin"],"Cmd":["/bin/sleep","infinity"]}'
archive "$target"
