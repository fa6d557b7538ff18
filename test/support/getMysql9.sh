#!/bin/sh
# Puts MySQL 9.x (Debian sid's server and client, with sid's own libraries and loader) into a cache folder and prints the
# path of its bin/ directory, which holds mysqld, mysql, mysqlbinlog and mysqldump. Nothing of the host system is changed.
# Needs: root, debootstrap, a reachable Debian mirror. Idempotent; a finished cache answers at once.
set -eu
cache=${VTREWIND_CACHE:-$HOME/.cache/vtrewind}/mysql-9
if [ -f "$cache/complete" ]; then echo "$cache/bin"; exit 0; fi
command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
# The mirror the machine itself uses.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
  sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' | grep -v security | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --download-only --variant=minbase --include=mysql-server-core,mysql-client-core sid "$work/root" "$mirror" >"$work/log" 2>&1 ||
  { tail -n 5 "$work/log" >&2; exit 1; }
rm -rf "$cache"; mkdir -p "$cache/root" "$cache/bin"
for deb in "$work"/root/var/cache/apt/archives/mysql-*.deb "$work"/root/var/cache/apt/archives/lib*.deb "$work"/root/var/cache/apt/archives/zlib1g*.deb; do
  dpkg-deb -x "$deb" "$cache/root"
done
rm -rf "$cache/root/usr/share/doc" "$cache/root/usr/share/man" "$cache/root/usr/share/locale"
libs=$(find "$cache/root" -type d -name x86_64-linux-gnu -path '*/lib/*' | tr '\n' ':')$cache/root/usr/lib/mysql/private
loader=$(find "$cache/root" -name 'ld-linux-*.so.*' | head -n 1)
find "$cache/root" -path '*/plugin/*.so' | head -n 1 | xargs dirname > "$cache/plugin-dir"
for program in mysqld mysql mysqlbinlog mysqldump mysqladmin; do
  file=$(find "$cache/root/usr" -type f -name "$program" | head -n 1)
  [ -n "$file" ] || continue
  extra=
  if [ "$program" = mysqld ]; then
    extra=" --lc-messages-dir=$cache/root/usr/share/mysql --character-sets-dir=$cache/root/usr/share/mysql/charsets --plugin-dir=$(cat "$cache/plugin-dir") --secure-file-priv=NULL"
  fi
  printf '#!/bin/sh\nexec %s --library-path %s %s "$@"%s\n' "$loader" "$libs" "$file" "$extra" > "$cache/bin/$program"
  chmod +x "$cache/bin/$program"
done
"$cache/bin/mysqld" --version >/dev/null
touch "$cache/complete"
echo "$cache/bin"
