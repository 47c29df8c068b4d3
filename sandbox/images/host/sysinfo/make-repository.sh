#!/bin/sh
# Makes a local apt repository with fdts-sysinfo 1.0 and 1.1 in the folder given.
set -eu
repository=$1
mkdir -p "$repository"
for version in 1.0 1.1; do
  tree=$(mktemp -d)
  chmod 755 "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/etc" "$tree/usr/bin"
  interval=60
  [ "$version" = 1.0 ] || interval=30
  printf '# how often fdts-sysinfo looks, in seconds\ninterval = %s\n' "$interval" > "$tree/etc/fdts-sysinfo.conf"
  printf '#!/bin/sh\necho "fdts-sysinfo %s on $(hostname)"\n' "$version" > "$tree/usr/bin/fdts-sysinfo"
  chmod 755 "$tree/usr/bin/fdts-sysinfo"
  echo /etc/fdts-sysinfo.conf > "$tree/DEBIAN/conffiles"
  cat > "$tree/DEBIAN/control" <<END
Package: fdts-sysinfo
Version: $version
Architecture: all
Maintainer: FDTS Sandbox <ops@fdts.example>
Priority: optional
Section: admin
Description: shows what runs on this host
 The one package of the sandbox's own repository.
END
  file="fdts-sysinfo_${version}_all.deb"
  dpkg-deb --build --root-owner-group "$tree" "$repository/$file"
  rm -rf "$tree"
  {
    dpkg-deb --field "$repository/$file"
    echo "Filename: ./$file"
    echo "Size: $(stat -c %s "$repository/$file")"
    echo "SHA256: $(sha256sum "$repository/$file" | cut -d' ' -f1)"
    echo
  } >> "$repository/Packages"
done
