# The commands of the README. Each finds and installs what is missing first. CARGO_TARGET_DIR is
# honoured; the default is target/. The first build compiles RocksDB, which takes 18 minutes on two
# cores; library, tools and tests share one profile, so it happens once.

.PHONY: all setup build demo test bench bench-table bench-compare install

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
	cargo bench --bench codec --bench parse --bench term --bench store --bench results

# The table of docs/performance.md, in under ten minutes on a quiet machine.
bench-table: setup
	@cargo bench --bench table

# Loads the same files with Oxigraph and compares. The first build compiles Oxigraph's RocksDB too.
COMPARE_TARGET = $(or $(COMPARE_TARGET_DIR),bench-compare/target)
COMPARE_DATA = $(COMPARE_TARGET)/data
COMPARE_STATEMENTS = 5000000
COMPARE_ROUNDS = 3

bench-compare: setup
	cargo build --release --example load --example generate
	CARGO_TARGET_DIR=$(COMPARE_TARGET) cargo build --release --locked --manifest-path bench-compare/Cargo.toml
	mkdir -p $(COMPARE_DATA)
	for shape in lubm bsbm; do \
		test -e $(COMPARE_DATA)/$$shape.nt || \
		$(TARGET)/release/examples/generate $$shape 1 $(COMPARE_STATEMENTS) > $(COMPARE_DATA)/$$shape.nt; \
	done
	$(COMPARE_TARGET)/release/runner $(TARGET)/release/examples/load $(COMPARE_TARGET)/release/oxigraph-load \
		$(COMPARE_DATA) $(COMPARE_ROUNDS) $(COMPARE_DATA)/lubm.nt $(COMPARE_DATA)/bsbm.nt

# PREFIX (default /usr/local) and DESTDIR as usual.
install: setup
	sh scripts/install.sh
