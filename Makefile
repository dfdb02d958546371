# The front door: each target works on a fresh Debian 12, as root or with sudo.
#   make demo   a real PostgreSQL backed up, destroyed, restored and compared
#   make test   builds with sanitizers and runs all tests
#   make lint   formatting and static analysis
JOBS ?= 2
UNITS := $(addprefix unit_,$(notdir $(wildcard tests/unit/*)))
SOURCES = $(shell find core config daemon tests -name '*.[ch]pp')

.PHONY: demo test test-threads lint clean prepare

prepare:
	.ci/install-packages
	.ci/make-pg17-root

demo: prepare
	cmake --preset release
	cmake --build build/release -j $(JOBS) --target tsbackupd tsbackupctl
	tests/demo/demo.sh build/release/daemon

test: prepare
	cmake --preset asan
	cmake --build build/asan -j $(JOBS)
	ctest --test-dir build/asan -j $(JOBS) --output-on-failure --no-tests=error

test-threads: prepare
	cmake --preset tsan
	cmake --build build/tsan -j $(JOBS) --target $(UNITS)
	ctest --test-dir build/tsan -R '^unit_' --output-on-failure --no-tests=error

lint:
	.ci/install-packages
	cmake --preset asan
	clang-format --dry-run -Werror $(SOURCES)
	run-clang-tidy -quiet -j $(JOBS) -p build/asan '^$(CURDIR)/(core|config|daemon)/'

clean:
	rm -rf build
