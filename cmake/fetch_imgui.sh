#!/usr/bin/env bash
# Puts the sources of Dear ImGui (>= 1.92.2) into DIR, from the source package of
# a newer Debian, through the mirror that this machine's apt is set up with.
# Nothing of the system's own apt state is touched; apt checks the signatures.
#   fetch_imgui.sh DIR
set -euo pipefail

dir=${1:?usage: fetch_imgui.sh DIR}
suite=forky

if [ -f "$dir/imgui.h" ]; then
  exit 0
fi

mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | sort -u | head -n 1)
if [ -z "$mirror" ]; then
  echo "fetch_imgui.sh: apt names no Debian mirror; run 'apt-get update' first, or configure with -DPROCTOR_IMGUI_DIR=DIR" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
options=(
  -o "Dir::Etc::SourceList=$work/sources.list"
  -o "Dir::Etc::SourceParts=/dev/null"
  -o "Dir::State::Lists=$work/lists"
  -o "Dir::Cache=$work/cache"
  -o "APT::Sandbox::User=$(id -un)"
)
cd "$work/source"
apt-get "${options[@]}" -qq update
apt-get "${options[@]}" -qq source --download-only imgui

tarball=$(ls imgui_*.orig.tar.* | head -n 1)
mkdir -p unpacked
tar -xf "$tarball" -C unpacked --strip-components=1
mkdir -p "$(dirname "$dir")"
rm -rf "$dir"
mv unpacked "$dir"
