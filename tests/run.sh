#!/usr/bin/env bash
# Runs every test. On Debian it installs the real parts that they need first.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
# Each program, and the package that it is in.
while read -r program package; do
    command -v "$program" >/dev/null || missing+=("$package")
done <<'EOF'
docker-registry docker-registry
skopeo skopeo
htpasswd apache2-utils
openssl openssl
chromium chromium
podman podman
runc runc
iptables iptables
script bsdutils
zsh zsh
fish fish
EOF
if ((${#missing[@]})); then
    command -v apt-get >/dev/null || { echo "please install: ${missing[*]}" >&2; exit 1; }
    as_root=()
    ((EUID == 0)) || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    # Recommended by podman and not installed with it.
    [[ " ${missing[*]} " != *" podman "* ]] || missing+=(netavark)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# The library alone, without the program: what embedders build.
cargo check --locked --lib --no-default-features

# Every transcript that the suite writes is kept, and searched for secrets afterwards.
TEST_TRANSCRIPTS=$(mktemp -d)
log=$(mktemp)
export TEST_TRANSCRIPTS
trap 'rm -rf "$TEST_TRANSCRIPTS" "$log"' EXIT
searches=transcripts_of_the_suite_are_valid_and_without_secrets

# Many tests wait, for a time-out or another program: more of them run at once than there are
# processors. The programs run one after another.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-8}
run() {
    cargo test --locked --no-fail-fast -- --include-ignored --skip "$searches"
    local suite=$?
    cargo test --locked --test all_transcripts -- --ignored --exact "$searches" && ((suite == 0))
}
if run 2>&1 | tee "$log"; then exit; fi

# The failed tests, each with its program, and the programs as cargo names them.
echo
echo "failed:"
awk '
    $1 == "Running" || $1 == "Doc-tests" { program = ($1 == "Running" ? $2 : $1) }
    /^test .* \.\.\. FAILED$/ { sub(/^test /, ""); sub(/ \.\.\. FAILED$/, ""); print "    " program ": " $0 }
    /^error: .*(failed|could not compile)/ { print "    " $0 }
' "$log"
exit 1
