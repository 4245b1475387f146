#!/bin/sh
# Builds the other engines, measures them and this library, and writes the record, a page and tables:
#     run.sh TRIPLESTORE DIRECTORY
# TRIPLESTORE is the command line tool; everything that is made goes below DIRECTORY. From the environment: LUBM
# (universities, 1), BSBM (products, 1000), ROUNDS (7), MEMORY_LIMIT (in MB; if it is set, BSBM is also loaded, once, and
# queried with no more memory for each engine, page cache included). An engine whose tools are not there is named
# and left out. Ends with 1 if an answer was wrong or an engine died, after all is written.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$2"
triplestore=$(CDPATH='' cd -- "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
made=$(CDPATH='' cd -- "$2" && pwd)
lubm=${LUBM:-1}
bsbm=${BSBM:-1000}
rounds=${ROUNDS:-7}
memory_limit=${MEMORY_LIMIT:-}

have() { command -v "$1" >/dev/null 2>&1; }
without() { echo "bench-compare: going on without $1" >&2; }

# The arguments of the run grow with each engine that is there. The first one is what others are compared with, and
# `reasonable` comes before other engines that reason, since the first of them makes the closed data.
set -- --engine triplestore
# Where nothing is compiled at run time a process is warm at once, and each round of a query can have one of its own.
fresh="--fresh triplestore"

cargo_build() {
    CARGO_TARGET_DIR=$made cargo build --release --locked --manifest-path "$here/Cargo.toml" --package "engine-$1"
}
for engine in reasonable oxigraph; do
    if cargo_build $engine; then
        set -- "$@" --engine "$engine='$made/release/engine-$engine'" --native $engine
        fresh="$fresh --fresh $engine"
    else
        without "$engine, which cannot be built"
    fi
done

maven_build() {
    mvn --quiet --batch-mode --file "$here/java/pom.xml" -Dcompare.directory="$made/java" package
}
if ! have java || ! have javac || ! have mvn; then
    without "Jena and RDF4J, which need a JDK (17 or newer) and Maven"
elif maven_build; then
    classes="$made/java/classes:$made/java/lib/*"
    for engine in jena rdf4j rdf4j-lmdb; do
        set -- "$@" --engine "$engine='$here/java/engine' '$classes' $engine"
    done
else
    without "Jena and RDF4J, which cannot be built"
fi

name=compare-lubm-$lubm-bsbm-$bsbm
status=0
records=
# measure PART ARGUMENT...
measure() {
    record=$made/$name-$1.json
    shift
    ended=0
    "$triplestore" bench run "$@" --rounds "$rounds" --data "$made/data" --out "$record" || ended=$?
    # 1 says that an answer was wrong; anything else leaves no record.
    [ "$ended" -le 1 ] || exit "$ended"
    [ "$ended" -eq 0 ] || status=$ended
    records="$records $(basename "$record")"
}

# Without maplib, which answers half of these queries wrongly. A mix takes some engines seconds.
measure bi "$@" --workload "bsbm-bi:$bsbm" --checked-mixes 1 --mixes 1 --mix-duration 0.4 --warm-up 0.3 --warm-up-mixes 1
# Data that are larger than memory are nothing for engines in memory, of which maplib is the other one.
if [ -n "$memory_limit" ]; then
    measure limited "$@" --workload "bsbm:$bsbm" --mixes 1 --warm-up-mixes 1 --memory-limit "$memory_limit"
fi

# Installed again only when the requirement is another one.
python_build() {
    cmp -s "$here/maplib/requirements.txt" "$made/maplib/installed" && return
    python3 -m venv --clear "$made/maplib" &&
        "$made/maplib/bin/python" -m pip install --quiet --requirement "$here/maplib/requirements.txt" &&
        cp "$here/maplib/requirements.txt" "$made/maplib/installed"
}
if ! have python3; then
    without "maplib, which needs Python 3"
elif python_build; then
    set -- "$@" --engine "maplib='$made/maplib/bin/python' '$here/maplib/engine.py'"
    fresh="$fresh --fresh maplib"
else
    without "maplib, which cannot be installed"
fi

instructions=
if have valgrind; then
    instructions=--instructions
else
    without "counts of instructions, which need valgrind"
fi
# Compilers at run time are given a while, and a round has enough executions of what is short.
short="--duration 0.08 --warm-up 0.2 --iterations 1000 $fresh"
measure queries "$@" --workload "lubm-closed:$lubm" $short --prepared both $instructions
# What a JVM makes of short queries differs from process to process by when its compiler comes to them; less so if it compiles
# before it goes on, which takes part of the warm-up and none of the rounds after it.
given=${JAVA_TOOL_OPTIONS:-}
export JAVA_TOOL_OPTIONS="$given -Xbatch -XX:+UseSerialGC"
measure explore "$@" --workload "bsbm:$bsbm" --mixes 7 --warm-up 0.4 --warm-up-mixes 5 --prepared both $instructions
JAVA_TOOL_OPTIONS=$given
# A JVM says that it found one, also an empty one.
[ -n "$given" ] || unset JAVA_TOOL_OPTIONS
# Last, since the others load once: of a figure that several records have, the last one's is shown.
measure loads "$@" --workload "lubm-load:$lubm" --workload "bsbm-load:$bsbm" --workload "lubm-analytics:$lubm" \
    --workload "lubm-updates:$lubm" --workload "lubm-reason:$lubm" $short

cd "$made"
# Names without spaces, each a word.
set -- $records
"$triplestore" bench report "$@" --html "$name.html" --markdown "$name.md"
cat "$name.md"
echo "bench-compare: $*, $name.html and $name.md in $made" >&2
exit "$status"
