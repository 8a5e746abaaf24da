# The commands of this repository. On a machine without `just`, `./just` is the same.
# Everything native is built in one profile into one target folder, so that the dependencies are compiled once.

tools := env("GATED_TOOLS", env("XDG_CACHE_HOME", env("HOME") / ".cache") / "gated-deployment" / "tools")
target := env("CARGO_TARGET_DIR", justfile_directory() / "target")
export PATH := env("PATH") + ":" + tools / "bin"

[private]
default:
    @just --justfile "{{ justfile() }}" --list --unsorted

# show it: the whole story against a registry that runs in the demo itself
demo *arguments: build
    dist/gatectl demo {{ arguments }}

# everything that must hold: format, lints, unit tests, cases, end to end
test: fmt-check build lint unit-tests e2e-tests playground-tests

# dist/policy.wasm and dist/gatectl
build: module gatectl

# the optimised, annotated module, dist/policy.wasm
module:
    scripts/build-module

# The names that Kubewarden's policies use, as far as a recipe's name may go: it has no dots.
alias policy-wasm := module
alias annotated-policy-wasm := module

# the command line, dist/gatectl
gatectl: compiler
    cargo build --release -p gatectl
    mkdir -p dist
    cp "{{ target }}/release/gatectl" dist/gatectl.new
    mv dist/gatectl.new dist/gatectl

# the module of the page, dist/playground
playground:
    scripts/build-playground

# the page itself, with that module in it, dist/playground.html
playground-page: playground
    scripts/build-page

# the page in Chromium, by node's own test runner, without a network
playground-tests: playground-page
    [ -x /usr/bin/chromium ] || [ -x /usr/bin/google-chrome ] || scripts/debian-packages chromium
    cd playground && npm test

# format the sources
fmt:
    cargo fmt --all

fmt-check:
    cargo fmt --all --check

# clippy, for this machine and, where their standard libraries are installed, for the modules' targets
lint: compiler
    cargo clippy --release --workspace --all-targets -- -D warnings
    if [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1/lib" ]; then \
        CARGO_TARGET_DIR="{{ target }}/module" cargo clippy --profile module --target wasm32-wasip1 -p policy -- -D warnings; \
    fi
    if [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; then \
        CARGO_TARGET_DIR="{{ target }}/playground" cargo clippy --profile playground --target wasm32-unknown-unknown -p playground -- -D warnings; \
    fi

# what needs no module
unit-tests *arguments: compiler
    cargo test --release --workspace --exclude host-tests {{ arguments }}

# cases, laws, limits and registries, against the built modules
e2e-tests *arguments: build playground
    # What runs the module of the page outside of one.
    command -v node >/dev/null || scripts/debian-packages nodejs
    scripts/tool docker-registry
    # A second opinion on the templates; without it the tests say so.
    scripts/tool opa-python || true
    command -v curl >/dev/null || scripts/debian-packages curl
    cargo test --release -p gatectl --test with_module
    # One run shows all that is wrong.
    cargo test --release --no-fail-fast -p host-tests {{ arguments }}

# e2e.bats under Kubewarden's own kwctl, where that is installed
kwctl-tests: module
    scripts/debian-packages bats jq
    bats e2e.bats

# record tests/e2e anew, after the policy's look-ups have changed
record: build
    cargo run --release -p host-tests --bin record

# carry metadata.yml, questions-ui.yml, CHANGELOG.md and the code into the files that repeat them
derived: gatectl
    scripts/derived
    cargo run --quiet --release -p host-tests --bin reference

# whether the module's bytes depend on the checkout's path: builds it there once more, from nothing
reproducible: build
    scripts/reproducible

# whether this checkout may be released under a tag: publisher, version, changelog
release-check tag:
    scripts/release-check "{{ tag }}"

# push the module to a registry in memory, pull it back, compare, load
release-dry-run: build
    dist/gatectl module push --dry-run dist/policy.wasm registry.example/gated-deployment:v0

# measure, and write BENCHMARKS.md
bench *arguments: build
    cargo run --release -p host-tests --bin bench -- {{ arguments }}

# measure `gatectl serve` as Gatekeeper uses it, and write the section about it in BENCHMARKS.md
bench-provider: build
    scripts/tool docker-registry
    cargo run --release -p host-tests --bin sweep

# measure `gatectl simulate` on a whole cluster, and write the section about it in BENCHMARKS.md
bench-simulate: build
    scripts/tool docker-registry
    cargo run --release -p host-tests --bin sweep -- simulate

# the book, dist/book/index.html; with the playground in it, where that is built
book:
    scripts/tool mdbook
    mdbook build
    if [ -f dist/playground.html ]; then cp dist/playground.html dist/book/playground.html; fi

# licences, bans and sources of the dependencies
deny:
    scripts/tool cargo-deny
    cargo deny --all-features check licenses bans sources

# known vulnerabilities of the dependencies; fetches the advisory database, so it needs the network
deny-advisories:
    scripts/tool cargo-deny
    cargo deny --all-features check advisories

# line coverage of policy by everything that runs natively; fails below 95 %
coverage *arguments: build
    scripts/coverage {{ arguments }}

# feed one reader of foreign bytes with what libFuzzer thinks of; needs a nightly Rust (targets: fuzz/fuzz_targets)
fuzz target *seconds: compiler
    scripts/fuzz {{ target }} {{ seconds }}

# write the fuzzer's seeds anew, from the cases
fuzz-seeds: compiler
    cargo run --release -p fuzz --features seeds --bin seeds

# remove what was built, the caches outside the checkout excepted
clean:
    cargo clean
    rm -rf dist

[private]
compiler:
    @command -v cc >/dev/null || scripts/debian-packages gcc libc6-dev
