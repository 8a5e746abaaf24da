# shellcheck shell=sh disable=SC2154
# Sourced by `just`, the scripts and `.ci/run`, with $root set: what they all agree on. Sets variables only.

# Tools that this project installs for itself; outside the checkout, so that every checkout shares them and none is asked twice.
GATED_TOOLS=${GATED_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gated-deployment/tools}
export GATED_TOOLS
case :$PATH: in
*:"$GATED_TOOLS/bin":*) ;;
*) PATH=$PATH:$GATED_TOOLS/bin ;;
esac
export PATH

if ! command -v cargo >/dev/null; then
    # A shell that was open while rustup was installed does not know the folder yet.
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    else
        echo "Rust is missing: install it as https://rustup.rs says, then run this again." >&2
        exit 1
    fi
fi

# rust-toolchain.toml makes rustup fetch what it names, on first use. Where that fails (no network) rustup refuses to run at all,
# even with a good compiler installed: then go on with what is there.
if [ -z "${RUSTUP_AUTO_INSTALL:-}" ] && ! (cd "$root" && rustc --version >/dev/null); then
    echo "rustup could not fetch what rust-toolchain.toml names: going on with what is installed." >&2
    export RUSTUP_AUTO_INSTALL=0
fi
