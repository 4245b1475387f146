#!/bin/sh
# Installs into a temporary directory and uses what is there as a packager's program would:
# compiled and linked through pkg-config, shared and static.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

check() {
    name=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        echo "test $name ... ok"
        passed=$((passed + 1))
    else
        echo "test $name ... FAILED"
        cat "$scratch/log"
        failed=$((failed + 1))
    fi
}

install_once() { PREFIX="$scratch/prefix" sh "$root/scripts/install.sh"; }

installs_these_files_and_no_others() {
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
    (cd "$scratch/prefix" && find . ! -type d | LC_ALL=C sort) >"$scratch/found"
    printf '%s\n' ./bin/triplestore ./include/triplestore.h ./lib/libtriplestore.a ./lib/libtriplestore.so \
        ./lib/libtriplestore.so.0 "./lib/libtriplestore.so.$version" \
        ./lib/pkgconfig/triplestore.pc >"$scratch/expected"
    diff "$scratch/expected" "$scratch/found"
}

destdir_is_in_front_of_paths_and_not_in_files() {
    DESTDIR="$scratch/stage" PREFIX=/opt/ts sh "$root/scripts/install.sh"
    test -e "$scratch/stage/opt/ts/lib/libtriplestore.so"
    grep -qx 'prefix=/opt/ts' "$scratch/stage/opt/ts/lib/pkgconfig/triplestore.pc"
    ! grep -q "$scratch" "$scratch/stage/opt/ts/lib/pkgconfig/triplestore.pc"
}

soname_carries_the_abi_version() {
    readelf -dW "$scratch/prefix/lib/libtriplestore.so" | grep -q 'SONAME.*\[libtriplestore.so.0\]'
}

the_tool_runs() {
    "$scratch/prefix/bin/triplestore" --version | grep -q "^triplestore "
}

export PKG_CONFIG_PATH="$scratch/prefix/lib/pkgconfig"

shared_program_runs() {
    # shellcheck disable=SC2046
    cc -std=c99 "$root"/tests/c/*.c -pthread -o "$scratch/shared" $(pkg-config --cflags --libs triplestore)
    LD_LIBRARY_PATH="$scratch/prefix/lib" "$scratch/shared" "$scratch/store-shared" | grep '^passed'
}

static_program_runs_without_the_shared_library() {
    # shellcheck disable=SC2046
    cc -std=c99 "$root"/tests/c/*.c -pthread -o "$scratch/static" $(pkg-config --cflags triplestore) \
        "$scratch/prefix/lib/libtriplestore.a" \
        $(pkg-config --static --libs-only-l triplestore | sed 's/-ltriplestore//')
    "$scratch/static" "$scratch/store-static" | grep '^passed'
}

check install_succeeds install_once
check install_writes_these_files_and_no_others installs_these_files_and_no_others
check install_puts_destdir_in_front_of_paths_and_not_in_files destdir_is_in_front_of_paths_and_not_in_files
check install_gives_a_soname_with_the_abi_version soname_carries_the_abi_version
check install_brings_the_command_line_tool the_tool_runs
check install_lets_a_program_link_the_shared_library shared_program_runs
check install_lets_a_program_link_the_static_library static_program_runs_without_the_shared_library
echo "test result: install. $passed passed; $failed failed; 0 ignored"
[ "$failed" -eq 0 ]
