#!/bin/sh
# Makes this checkout ready to run: `bootstrap.sh demo` (installs, builds) or `bootstrap.sh test` (adds what the tests use).
# Idempotent: a second run takes seconds. It installs Debian packages only as root; otherwise it names them and stops.
set -eu
cd "$(dirname "$0")/../.."
purpose=${1:-demo}
say() { printf 'bootstrap: %s\n' "$*" >&2; }

# 1. Debian packages.
packages=
want() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || packages="$packages $2"; }
want mariadbd mariadb-server
want mariadb-backup mariadb-backup
want etcd etcd-server
if [ "$purpose" = test ]; then
  want debootstrap debootstrap
  want python3 python3
  python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || packages="$packages python3-venv"
fi
if [ -n "$packages" ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    say "missing on this machine:$packages (Debian's package names). Install them and run this again."; exit 1
  fi
  if [ "$(id -u)" != 0 ]; then
    say "missing on this machine:$packages"; say "run: sudo apt-get install$packages"; exit 1
  fi
  say "installing$packages"
  # The packages' own services are not wanted: vtrewind starts and owns its servers.
  policy=/usr/sbin/policy-rc.d; made_policy=
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' > $policy; chmod +x $policy; made_policy=1; fi
  apt_log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >"$apt_log" 2>&1; then
    tail -n 20 "$apt_log" >&2; rm -f "$apt_log"; [ -z "$made_policy" ] || rm -f $policy; exit 1
  fi
  rm -f "$apt_log"; [ -z "$made_policy" ] || rm -f $policy
fi

# 2. npm packages, when the lock file is not the one installed.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  say "installing npm packages"
  npm ci --no-fund --no-audit --loglevel=error >&2
  cp package-lock.json node_modules/.installed-lock.json
fi

# 3. Node 24, when the machine's own is older: into node_modules/.bin, which npm scripts use first.
PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v 'node_modules' | tr '\n' ':')
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 24 ] && [ ! -x node_modules/.bin/node ]; then
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) say "no Node 24 package for $(uname -m): install Node 24"; exit 1 ;; esac
  say "installing Node 24"
  npm install --no-save --no-package-lock --ignore-scripts --no-fund --no-audit --loglevel=error --prefix node_modules/.node24 "node-linux-$arch@24" >&2
  ln -s "../.node24/node_modules/node-linux-$arch/bin/node" node_modules/.bin/node
fi
PATH=$PWD/node_modules/.bin:$PATH; export PATH

# 4. Build, when a source is newer than the last build.
if [ ! -e dist/.built ] || [ -n "$(find src proto package.json tsconfig.json tsconfig.build.json -newer dist/.built -print -quit)" ]; then
  say "building"
  rm -rf dist
  npm run --silent build >&2
  touch dist/.built
fi

# 5. For tests: MySQL 9 as the second flavour, and PyMySQL. Where they can't be had the tests that need them say so and skip.
if [ "$purpose" = test ]; then
  sh test/support/getMysql9.sh >/dev/null || say "MySQL 9 can't be had here: its tests will be skipped"
  venv=${VTREWIND_CACHE:-$HOME/.cache/vtrewind}/python
  if [ ! -e "$venv/complete" ]; then
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet PyMySQL cryptography && touch "$venv/complete"; } >&2 || say "PyMySQL can't be had here: its tests will be skipped"
  fi
fi
