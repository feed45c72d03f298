#!/bin/sh
# Makes a project of your own that uses bight: CMake, a service, handlers, tests, a systemd unit, a Dockerfile.
#
#   sh new_project.sh NAME DIR      NAME: lower-case letters, digits and underscores; DIR: a folder that is new or empty
#
# docs/services.md explains what is in it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

fail() { printf 'new_project: %s\n' "$*" >&2; exit 2; }

if [ $# -ne 2 ]; then
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
name=$1
folder=$2
case $name in
  [!a-z]* | *[!a-z0-9_]* | '') fail "'$name' is no name: it begins with a lower-case letter; letters, digits and underscores follow" ;;
  bight | settings | mailbox | routes | serve | main | test | new_service_*) fail "the name $name is taken" ;;
esac
if [ -e "$folder" ] && [ -n "$(ls -A "$folder" 2>/dev/null || echo file)" ]; then
  fail "$folder exists and is not an empty folder"
fi

upper=$(printf %s "$name" | tr '[:lower:]' '[:upper:]')
mkdir -p "$folder"
(cd "$here/apps/new_project" && find . -type f) | while IFS= read -r file; do
  target=$folder/$(printf %s "$file" | sed "s/new_service/$name/g; s|/gitignore\$|/.gitignore|")
  mkdir -p "$(dirname "$target")"
  sed "s/new_service/$name/g; s/NEW_SERVICE/$upper/g" "$here/apps/new_project/$file" >"$target"
done

cat <<END
$folder is ready. Next, if bight is not installed yet, in $here:

  sh cmake/install_deps.sh
  cmake --preset release && cmake --build --preset release && cmake --install build/release

and then:

  cd $folder
  cmake -B build -G Ninja && cmake --build build && ctest --test-dir build
  build/$name
END
