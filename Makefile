# The front door: each target works on a fresh Debian 12, as root or with sudo.
#   make demo   a real PostgreSQL backed up, destroyed, restored and compared
#   make test   builds with sanitizers and runs all tests
#   make package  the Debian package of this machine's release, build/package/tsbackup_*.deb
#   make test-system  service, sidecar and package for real: boots machines, runs containers; as root;
#               one of them: SYSTEM=systemd, docker or package
#   make lint   formatting and static analysis
#   make fuzz   libFuzzer on everything that parses, 60 s each; FUZZ_SECONDS=600 for longer
#   make bench  speed against pg_basebackup, tar and pgBackRest, BENCH="--runs 3 --only gzip";
#               all options: BENCH=--help
#   make bench-micro  the hot pieces one by one
JOBS ?= 2
UNITS := $(addprefix unit_,$(notdir $(wildcard tests/unit/*)))
SYSTEM ?= $(patsubst tests/system/%_test.sh,%,$(wildcard tests/system/*_test.sh))
SOURCES = $(shell find core config daemon tests -name '*.[ch]pp')

.PHONY: demo package test test-threads test-system lint fuzz bench bench-micro clean prepare

prepare:
	.ci/install-packages
	.ci/make-pg17-root
	.ci/make-prometheus

demo: prepare
	cmake --preset release
	cmake --build build/release -j $(JOBS) --target tsbackupd tsbackupctl
	tests/demo/demo.sh build/release/daemon

package:
	.ci/install-packages
	cmake --preset release
	cmake --build build/release -j $(JOBS) --target tsbackupd tsbackupctl pages changelog
	rm -rf build/package
	cpack --config build/release/CPackConfig.cmake -B $(CURDIR)/build/package

test: prepare
	cmake --preset asan
	cmake --build build/asan -j $(JOBS)
	ctest --test-dir build/asan -j $(JOBS) --output-on-failure --no-tests=error

test-threads: prepare
	cmake --preset tsan
	cmake --build build/tsan -j $(JOBS) --target $(UNITS)
	ctest --test-dir build/tsan -j $(JOBS) -R '^unit_' --output-on-failure --no-tests=error

test-system: prepare
	for t in $(SYSTEM); do tests/system/$${t}_test.sh || exit 1; done

# Files of a module are looked at together: a third of the time. clang's analyzer takes such files for
# one source, not for headers, where the path has "UnifiedSource" in it.
lint:
	.ci/install-packages
	clang-format --dry-run -Werror $(SOURCES)
	cmake --preset lint
	run-clang-tidy -quiet -j $(JOBS) -p build/lint/UnifiedSource '^$(CURDIR)/(build/lint/UnifiedSource/)?(core|config|daemon)/'

bench: prepare
	.ci/install-packages libbenchmark-dev
	cmake --preset release
	cmake --build build/release -j $(JOBS) --target tsb_bench
	build/release/tests/bench/tsb_bench $(BENCH)

bench-micro: prepare
	.ci/install-packages libbenchmark-dev
	cmake --preset release
	cmake --build build/release -j $(JOBS) --target tsb_micro
	build/release/tests/bench/tsb_micro $(BENCH)

fuzz:
	.ci/install-packages
	JOBS=$(JOBS) tests/fuzz/run

clean:
	rm -rf build
