#!/bin/sh
# What the README promises: builds the library, installs it into a folder of the build directory, compiles the example
# programs against what was installed, changes a model of a building, and asks questions of it and a published ontology.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
demo=$target/demo
mkdir -p "$demo"

PREFIX=$demo/usr sh scripts/install.sh
export PKG_CONFIG_PATH="$demo/usr/lib/pkgconfig"
export LD_LIBRARY_PATH="$demo/usr/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

compile() {
    # shellcheck disable=SC2046
    cc -std=c99 -O2 -Wall -Wextra "examples/c/$1.c" $(pkg-config --cflags --libs triplestore) -o "$demo/$1"
}

echo
echo "== examples/c/quickstart.c"
compile quickstart
"$demo/quickstart"

# The Brick ontology of buildings, 50,000 triples, is in a Python package under a free licence.
ontology=$demo/Brick.ttl
fetch_ontology() {
    [ -s "$ontology" ] && return 0
    rm -rf "$demo/package"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$demo/package" brickschema >"$demo/fetch.log" 2>&1 || return 1
    python3 - "$demo/package" "$ontology" <<'PY'
import pathlib, sys, zipfile

package, ontology = map(pathlib.Path, sys.argv[1:])
wheel = zipfile.ZipFile(next(package.glob("*.whl")))
ontology.write_bytes(wheel.read("brickschema/ontologies/1.4/Brick.ttl"))
PY
}

echo
echo "== examples/c/building.c"
if fetch_ontology; then
    set -- "$ontology"
else
    echo "the Brick ontology could not be fetched (python3 -m pip download brickschema; see"
    echo "$demo/fetch.log): going on with the model alone, names of classes will be missing"
    set --
fi
compile building
rm -rf "$demo/store"
"$demo/building" "$demo/store" examples/data/changes/*.ru examples/data/questions/*.rq -- "$@" examples/data/harbour-house.ttl
