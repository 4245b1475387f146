# The commands of the README. Each finds and installs what is missing first. CARGO_TARGET_DIR is
# honoured; the default is target/. The first build compiles RocksDB, which takes 18 minutes on two
# cores; library, tools and tests share one profile, so it happens once.

.PHONY: all setup build demo test bench install

all: build

setup:
	@sh scripts/setup.sh

TARGET = $(or $(CARGO_TARGET_DIR),target)

# The link lets programs that were linked in the build directory start there.
build: setup
	cargo build --release
	ln -sf libtriplestore.so $(TARGET)/release/libtriplestore.so.0

# The main job on real input through the C ABI.
demo: setup
	@sh scripts/demo.sh

# Everything: unit and integration tests, documentation examples, C programs, the installed files.
test: setup
	cargo test --release --no-fail-fast
	sh tests/install.sh

bench: setup
	cargo bench

# PREFIX (default /usr/local) and DESTDIR as usual.
install: setup
	sh scripts/install.sh
