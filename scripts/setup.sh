#!/bin/sh
# Finds what is missing to build and test triplestore, and installs it where it can: on Debian and
# its relatives as root. Elsewhere it prints the command and stops. Rust is never installed: it
# prints the line for it and stops. Running it again when nothing is missing takes no time.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

have() { command -v "$1" >/dev/null 2>&1; }

# RocksDB's bindings are made with libclang.
have_libclang() {
    if [ -n "${LIBCLANG_PATH:-}" ]; then return 0; fi
    if have ldconfig || [ -x /sbin/ldconfig ]; then
        PATH="$PATH:/sbin" ldconfig -p 2>/dev/null | grep -q 'libclang[-.0-9]*\.so' && return 0
    fi
    ls /usr/lib/llvm-*/lib/libclang*.so* >/dev/null 2>&1
}

# Header files of the C library, without which compilers are of no use.
have_libc_headers() { [ -e /usr/include/stdio.h ]; }

check_rust() {
    required=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    if ! have cargo || ! have rustc; then
        echo "setup: Rust $required or newer is needed. Install it with" >&2
        echo "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2
        exit 1
    fi
    found=$(cd "$root" && rustc --version | cut -d ' ' -f 2 | cut -d - -f 1)
    oldest=$(printf '%s\n%s\n' "$required" "$found" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)
    if [ "$oldest" != "$required" ] && [ "$found" != "$required" ]; then
        echo "setup: rustc is $found, $required or newer is needed. Update it with" >&2
        echo "    rustup update stable" >&2
        exit 1
    fi
}

# Debian packages for what is missing: needed ones first, then those that only some tests use.
missing=''
optional=''
need() { missing="$missing $1"; }
want() { optional="$optional $1"; }

check_rust
have cc || need gcc
have c++ || need g++
have make || need make
have pkg-config || need pkg-config
have git || need git
have nm && have readelf || need binutils
have_libc_headers || need libc6-dev
have_libclang || need libclang-dev
have clang || want clang
have valgrind || want valgrind
have chromium || have chromium-browser || have google-chrome || want chromium
# The ontology of the demo is in a Python package.
python3 -m pip --version >/dev/null 2>&1 || want python3-pip
# Bindings bring needs of their own, once they are there.
if [ -d "$root/bindings/elixir" ]; then
    have elixir || need elixir
    [ -e /usr/lib/erlang/usr/include/erl_nif.h ] || need erlang-dev
fi
if [ -d "$root/bindings/java" ]; then
    have javac || need default-jdk-headless
fi
if [ -d "$root/bindings/go" ]; then
    have go || need golang-go
fi

if [ -z "$missing" ] && [ -z "$optional" ]; then exit 0; fi

install="apt-get install -y --no-install-recommends"
if have apt-get && [ "$(id -u)" -eq 0 ]; then
    echo "setup: installing$missing$optional"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || echo "setup: the package lists could not be updated; trying with the old ones" >&2
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086
        $install $missing || { echo "setup: could not install$missing" >&2; exit 1; }
    fi
    for package in $optional; do
        $install "$package" || echo "setup: $package is not there; what uses it is skipped" >&2
    done
    exit 0
fi

if have apt-get; then
    command="sudo apt-get update && sudo $install"
else
    command="install the packages your system has for these Debian ones:"
fi
if [ -n "$optional" ]; then
    echo "setup: some tests or parts of the demo are skipped without$optional; to have them:" >&2
    echo "    $command$optional" >&2
fi
if [ -n "$missing" ]; then
    echo "setup: missing$missing; run" >&2
    echo "    $command$missing" >&2
    exit 1
fi
