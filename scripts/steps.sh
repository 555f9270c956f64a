# shellcheck shell=bash
# What the scripts beside this file share: their start folder, how they speak, where tools are found.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf '!!! %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# A shell that has just run rustup's installer does not have its folder on PATH yet.
have cargo || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# True when "wasm-opt" on PATH is new enough for what today's rustc writes.
# Older ones fail on bulk-memory and reference types.
wasm_opt_is_current() {
  local version
  have wasm-opt || return 1
  version=$(wasm-opt --version 2>/dev/null | sed -n 's/^wasm-opt version \([0-9][0-9]*\).*/\1/p')
  [ -n "$version" ] && [ "$version" -ge 116 ]
}

# cargo-leptos takes wasm-opt from PATH; npm's binaryen stands in where the system has none.
wasm_opt_is_current || PATH="$PWD/end2end/node_modules/.bin:$PATH"
export PATH

# Node 20 is the oldest that runs Playwright and binaryen.
node_is_current() {
  have node && have npm && [ "$(node -p 'parseInt(process.versions.node, 10)')" -ge 20 ]
}

# install_node_packages FOLDER: the packages of its package-lock.json. The copy of the lock file is written last, so an
# interrupted installation is repeated and a finished one is not.
install_node_packages() {
  local folder=$1 stamp=$1/node_modules/.installed-lock.json
  cmp -s "$folder/package-lock.json" "$stamp" && return 0
  say "Installing the npm packages of $folder (about 10 seconds)"
  npm ci --prefix "$folder" --no-audit --no-fund >&2 && cp "$folder/package-lock.json" "$stamp"
}

# apt_install PACKAGE...: false where there is no apt-get or no right to use it.
apt_install() {
  have apt-get && [ "$(id -u)" = 0 ] || return 1
  export DEBIAN_FRONTEND=noninteractive
  # The package lists of a fresh container are empty: fetch them only when the first try fails.
  apt-get install -y -q --no-install-recommends "$@" >&2 ||
    { apt-get update -q >&2 && apt-get install -y -q --no-install-recommends "$@" >&2; }
}

# cargo_install CRATE VERSION [OPTION...]: a ready-made binary where cargo-binstall is there and finds
# one, else built from source. --locked first, but a lock file with a yanked entry must not end it.
cargo_install() {
  local crate=$1 version=$2
  shift 2
  if have cargo-binstall && cargo binstall --no-confirm "$crate@$version" >&2; then
    return 0
  fi
  cargo install "$crate" --version "$version" --locked --force "$@" >&2 ||
    cargo install "$crate" --version "$version" --force "$@" >&2
}
