#!/usr/bin/env bash
# Sets a machine up to build, test and run callwright: a C compiler, Rust, and the two local speech engines.
#
#   scripts/setup.sh            what `make demo` and `make test` need
#   scripts/setup.sh --tools    also what only `make test-all` needs
#   scripts/setup.sh --check    changes nothing; says what is missing
#
# It says what it will install, and why, before it does so; skips what is there; and says nothing where all is there. On Debian
# and Ubuntu it installs by itself, as root or with sudo. Elsewhere it says what to install. It exits with 1 only when something
# that is needed is missing at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

tools=no
install=yes
for argument in "$@"; do
    case $argument in
        --tools) tools=yes ;;
        --check) install=no ;;
        --help | -h) usage; exit 0 ;;
        *) echo "setup: unknown argument: $argument" >&2; usage >&2; exit 2 ;;
    esac
done

PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
toolchain=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)

say() { printf 'setup: %s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is missing ---------------------------------------------------------------------------------------------------

# Shared libraries that the dynamic loader knows. `ldconfig` is not on every user's path.
libraries=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true)
has_library() {
    [[ $libraries == *"$1"* ]] || compgen -G "/usr/lib/$1*" >/dev/null || compgen -G "/usr/lib64/$1*" >/dev/null \
        || compgen -G "/usr/local/lib/$1*" >/dev/null
}

packages=() # Debian's names
reasons=()  # what each is for, for people
need() {
    packages+=("$1")
    reasons+=("$2")
}

look() {
    packages=()
    reasons=()
    has make || need make "runs the commands of the Makefile"
    has cc || need gcc "compiles the C parts of two libraries (SQLite and ring)"
    # Without the C library's headers a compiler compiles nothing.
    [[ -e /usr/include/stdio.h ]] || has xcrun || need libc6-dev "headers for the same"
    [[ -e /etc/ssl/certs/ca-certificates.crt || -e /etc/pki/tls/certs/ca-bundle.crt || -e /etc/ssl/cert.pem ]] \
        || need ca-certificates "TLS certificates, to download and to reach a carrier"
    has_library libflite.so.1 || need libflite1 "the demo's voices (speech synthesis on this machine)"
    has_library libpocketsphinx.so.3 || need libpocketsphinx3 "the demo's ears (speech recognition on this machine)"
    [[ -e /usr/share/pocketsphinx/model/en-us/en-us/mdef ]] \
        || need pocketsphinx-en-us "the English sounds that the recogniser knows"
    if [[ $tools == yes ]]; then
        has shellcheck || need shellcheck "checks the shell scripts"
        python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv "runs the vendors' own SDKs against the simulators"
    fi
    rust=here
    if ! has cargo; then
        rust=missing
    elif ! RUSTUP_AUTO_INSTALL=0 cargo --version >/dev/null 2>&1; then
        # rustup is here and the pinned toolchain is not. It would be installed by itself, but without a word.
        rust=toolchain
    elif ! has rustup && [[ $(rustc --version) != "rustc $toolchain "* ]]; then
        rust=other
    fi
    if [[ $rust == missing || $rust == other ]] && ! has curl && ! has rustup; then
        need curl "downloads Rust's installer"
    fi
}

look
if [[ ${#packages[@]} -eq 0 && $rust == here ]]; then
    exit 0
fi

# --- say so ------------------------------------------------------------------------------------------------------------

report() {
    local at
    for at in "${!packages[@]}"; do
        printf '  %-20s %s\n' "${packages[$at]}" "${reasons[$at]}"
    done
    case $rust in
        missing) printf '  %-20s %s\n' "Rust $toolchain" "the language; by rustup, into ${CARGO_HOME:-$HOME/.cargo}" ;;
        other) printf '  %-20s %s\n' "Rust $toolchain" "this machine has $(rustc --version | cut -d' ' -f2); by rustup, beside it" ;;
        toolchain) printf '  %-20s %s\n' "Rust $toolchain" "the version that rust-toolchain.toml pins; by rustup" ;;
        here) ;;
    esac
}

if [[ $install == no ]]; then
    say "missing on this machine:"
    report
    exit 1
fi

apt=no
if has apt-get && has dpkg; then
    apt=yes
fi
if [[ $apt == no && ${#packages[@]} -gt 0 ]]; then
    say "this is neither Debian nor Ubuntu. Please install these (the names are Debian's), then run the command again:"
    report
    exit 1
fi

as_root=()
if [[ ${#packages[@]} -gt 0 && $(id -u) -ne 0 ]]; then
    if ! has sudo; then
        say "packages are missing, and this is neither root nor is there sudo. As root, run:"
        echo "  apt-get install --yes --no-install-recommends ${packages[*]}"
        exit 1
    fi
    as_root=(sudo)
fi

say "this will be installed:"
report

# --- install -----------------------------------------------------------------------------------------------------------

if [[ ${#packages[@]} -gt 0 ]]; then
    apt_get() {
        ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@"
    }
    apt_get update
    apt_get install --yes --no-install-recommends "${packages[@]}" </dev/null
fi

# Rust comes from the project's own installer; distributions ship other versions than the one that is pinned.
no_rust() {
    say "$1. Install Rust $toolchain by rustup (https://rustup.rs), then run the command again."
    exit 1
}
if [[ $rust == missing || $rust == other ]] && ! has rustup; then
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 https://sh.rustup.rs \
        | sh -s -- -y --quiet --no-modify-path --profile minimal --default-toolchain none \
        || no_rust "Rust's installer could not be downloaded or did not run"
    hash -r
fi
if [[ $rust != here ]]; then
    rustup toolchain install "$toolchain" --no-self-update --profile minimal --component clippy --component rustfmt \
        || no_rust "rustup could not install the toolchain"
fi

# --- look again --------------------------------------------------------------------------------------------------------

libraries=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true)
look
if [[ ${#packages[@]} -gt 0 || $rust != here ]]; then
    say "still missing after the installation:"
    report
    exit 1
fi
say "done."
