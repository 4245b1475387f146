#!/bin/sh
# Installs the header, the shared and the static library, the pkg-config file and the command line tool.
#
#   PREFIX   where it will live (default /usr/local)
#   DESTDIR  put in front of every path that is written, for packaging (default empty)
#   LIBDIR   default PREFIX/lib;  INCLUDEDIR  default PREFIX/include;  BINDIR  default PREFIX/bin
#
# CARGO_TARGET_DIR is honoured. Packagers who want
# cargo-c find its metadata in Cargo.toml; the files are the same.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
bindir=${BINDIR:-$prefix/bin}
destdir=${DESTDIR:-}

case "$prefix" in
/*) ;;
*) echo "install: PREFIX must be an absolute path, not $prefix" >&2; exit 1 ;;
esac

cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
header=include/triplestore.h

abi=$(sed -n 's/^#define TS_ABI_VERSION //p' "$header")
[ -n "$abi" ] || { echo "install: $header has no TS_ABI_VERSION" >&2; exit 1; }

echo "install: building" >&2
# shellcheck disable=SC2086
cargo build --release --lib --bins ${CARGO_FLAGS:-}
# rustc names what a program that links the static library must link beside.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! cargo rustc --release --lib --crate-type staticlib ${CARGO_FLAGS:-} -- \
    --print native-static-libs 2>"$log"; then
    cat "$log" >&2
    exit 1
fi
private=$(sed -n 's/.*native-static-libs: //p' "$log" | tail -n 1)
if [ -z "$private" ]; then
    cat "$log" >&2
    echo "install: rustc did not name the libraries for static linking" >&2
    exit 1
fi

lib=$destdir$libdir
include=$destdir$includedir
bin=$destdir$bindir
mkdir -p "$lib/pkgconfig" "$include" "$bin"
install -m 755 "$target/release/triplestore" "$bin/triplestore"
install -m 644 "$header" "$include/triplestore.h"
install -m 755 "$target/release/libtriplestore.so" "$lib/libtriplestore.so.$version"
ln -sf "libtriplestore.so.$version" "$lib/libtriplestore.so.$abi"
ln -sf "libtriplestore.so.$abi" "$lib/libtriplestore.so"
install -m 644 "$target/release/libtriplestore.a" "$lib/libtriplestore.a"
cat >"$lib/pkgconfig/triplestore.pc" <<PC
prefix=$prefix
libdir=$libdir
includedir=$includedir

Name: triplestore
Description: Embeddable RDF database with SPARQL
Version: $version
Libs: -L\${libdir} -ltriplestore
Libs.private: $private
Cflags: -I\${includedir}
PC
chmod 644 "$lib/pkgconfig/triplestore.pc"
echo "installed triplestore $version in $destdir$prefix"
if [ -z "$destdir" ] && [ "$(id -u)" -eq 0 ] && command -v ldconfig >/dev/null 2>&1; then ldconfig; fi
