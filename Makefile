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

# The kernels, under criterion. One of them: cargo bench --bench NAME -- PART-OF-A-NAME
bench: setup
	cargo bench --bench codec --bench parse --bench term --bench store --bench operators --bench results --bench capi

# The table of docs/performance.md, in under ten minutes on a quiet machine.
bench-table: setup
	@cargo bench --bench table

# Measures other engines and this library with the same data and queries: bench-compare/README.md. At this size it takes
# less than 15 minutes, beside the first build, which compiles Oxigraph's RocksDB too; LUBM=10 BSBM=10000 is a larger one,
# and MEMORY_LIMIT=220 (MB) adds a run of BSBM with no more memory for each engine.
COMPARE_TARGET = $(or $(COMPARE_TARGET_DIR),bench-compare/target)
LUBM = 1
BSBM = 1000
ROUNDS = 7
MEMORY_LIMIT =

bench-compare: setup
	cargo build --release --bin triplestore
	LUBM=$(LUBM) BSBM=$(BSBM) ROUNDS=$(ROUNDS) MEMORY_LIMIT=$(MEMORY_LIMIT) \
		sh bench-compare/run.sh $(TARGET)/release/triplestore $(COMPARE_TARGET)

# PREFIX (default /usr/local) and DESTDIR as usual.
install: setup
	sh scripts/install.sh
