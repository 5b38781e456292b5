#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what a build and the checks lack ("bench": what the benchmarks
# lack) with the system's package manager. Nothing is missing: nothing is done,
# no network is touched.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(dirname "$0")

# What is needed, as a test, and the packages that have it: - where there is
# none. cmd: one of these commands; hdr: a header; file: a file, by a pattern;
# python: a module, for the python3 that the checks will find.
table() {
  case $1 in
  build) cat <<'END'
# test                          apt               dnf               apk               pacman
cmd:cc,gcc,clang                gcc               gcc               gcc               gcc
hdr:stdlib.h                    libc6-dev         glibc-devel       musl-dev          glibc
hdr:linux/errqueue.h            linux-libc-dev    kernel-headers    linux-headers     linux-api-headers
cmd:autoconf                    autoconf          autoconf          autoconf          autoconf
hdr:ev.h                        libev-dev         libev-devel       libev-dev         libev
hdr:sys/capability.h            libcap-dev        libcap-devel      libcap-dev        libcap
hdr:ares.h                      libc-ares-dev     c-ares-devel      c-ares-dev        c-ares
hdr:maxminddb.h                 libmaxminddb-dev  libmaxminddb-devel libmaxminddb-dev libmaxminddb
hdr:criterion/criterion.h       libcriterion-dev  criterion-devel   criterion-dev     criterion
cmd:bash                        bash              bash              bash              bash
python:jsonschema               python3-jsonschema python3-jsonschema py3-jsonschema  python-jsonschema
cmd:jq                          jq                jq                jq                jq
cmd:ip                          iproute2          iproute           iproute2          iproute2
cmd:ping                        iputils-ping      iputils           iputils           iputils
cmd:fping                       fping             fping             fping             fping
cmd:traceroute                  traceroute        traceroute        traceroute        traceroute
cmd:tracepath                   iputils-tracepath iputils           iputils-tracepath iputils
cmd:tcpdump                     tcpdump           tcpdump           tcpdump           tcpdump
cmd:strace                      strace            strace            strace            strace
cmd:nft                         nftables          nftables          nftables          nftables
cmd:setcap                      libcap2-bin       libcap            libcap-setcap     libcap
cmd:unshare                     util-linux        util-linux        util-linux        util-linux
cmd:chrt                        util-linux        util-linux        util-linux        util-linux
cmd:ps                          procps            procps-ng         procps            procps-ng
cmd:mandoc                      mandoc            mandoc            mandoc            mandoc
cmd:cppcheck                    cppcheck          cppcheck          cppcheck          cppcheck
cmd:shellcheck                  shellcheck        ShellCheck        shellcheck        shellcheck
cmd:clang                       clang             clang             clang             clang
cmd:clang-tidy,clang-tidy-14    clang-tidy        clang-tools-extra clang-extra-tools clang
cmd:clang-format,clang-format-14 clang-format     clang-tools-extra clang-extra-tools clang
file:libclang_rt.asan           libclang-rt-dev   compiler-rt       compiler-rt       compiler-rt
END
    ;;
  bench) cat <<'END'
cmd:fping                       fping             fping             fping             fping
cmd:tcpdump                     tcpdump           tcpdump           tcpdump           tcpdump
cmd:nmap                        nmap              nmap              nmap              nmap
cmd:nping                       nmap              nmap              nmap-nping        nmap
cmd:hping3                      hping3            hping3            hping3            -
cmd:masscan                     masscan           masscan           masscan           masscan
cmd:zmap                        zmap              zmap              -                 zmap
cmd:traceroute                  traceroute        traceroute        traceroute        traceroute
cmd:tracepath                   iputils-tracepath iputils           iputils-tracepath iputils
cmd:mtr                         mtr-tiny          mtr               mtr               mtr
cmd:scamper                     scamper           -                 -                 -
END
    ;;
  *) echo "usage: deps.sh [build|bench]" >&2; exit 2 ;;
  esac
}

has_command() {
  for name in $(echo "$1" | tr , ' '); do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}

has_header() {
  for dir in /usr/local/include /usr/include /usr/include/*-linux-*; do
    [ ! -f "$dir/$1" ] || return 0
  done
  return 1
}

# Where LLVM keeps the libraries of its sanitizers, on one system and another.
has_runtime() {
  for file in /usr/lib/llvm*/lib/clang/*/lib/*/"$1"* \
    /usr/lib*/clang/*/lib/*/"$1"*; do
    [ ! -e "$file" ] || return 0
  done
  return 1
}

has() {
  case $1 in
  cmd:*) has_command "${1#cmd:}" ;;
  hdr:*) has_header "${1#hdr:}" ;;
  file:*) has_runtime "${1#file:}" ;;
  python:*) sh "$here/find-python.sh" >/dev/null ;;
  esac
}

# Sets `missing` (tests that fail) and `packages` (what to install for them).
look() {
  missing=
  packages=
  while read -r test apt dnf apk pacman; do
    case $test in '#'*) continue ;; esac
    has "$test" && continue
    missing="$missing $test"
    case $manager in
    apt-get) package=$apt ;;
    dnf) package=$dnf ;;
    apk) package=$apk ;;
    pacman) package=$pacman ;;
    *) package=- ;;
    esac
    case " $packages " in
    *" $package "* | *' - '*) ;;
    *) [ "$package" = - ] || packages="$packages $package" ;;
    esac
  done <<END
$(table "$what")
END
}

# The commands to run, one a line, as root.
commands() {
  case $manager in
  apt-get)
    echo "apt-get update"
    echo "env DEBIAN_FRONTEND=noninteractive apt-get install -y" \
      "--no-install-recommends$packages"
    ;;
  dnf) echo "dnf install -y$packages" ;;
  apk) echo "apk add$packages" ;;
  pacman) echo "pacman -Sy --needed --noconfirm$packages" ;;
  esac
}

what=${1:-build}
manager=
for name in apt-get dnf apk pacman; do
  if command -v "$name" >/dev/null; then
    manager=$name
    break
  fi
done

look
if [ -z "$missing" ]; then
  echo 'deps: nothing is missing'
  exit 0
fi
echo "deps: missing:$missing"
if [ -z "$packages" ]; then
  echo 'deps: no package of this system is known to have it' >&2
  exit 1
fi

if [ "$(id -u)" -eq 0 ]; then
  sudo=
elif command -v sudo >/dev/null; then
  sudo='sudo '
else
  echo 'deps: not root, and there is no sudo. As root, run:' >&2
  commands | sed 's/^/    /' >&2
  exit 1
fi

# Word by word on purpose: each line is a command of plain words.
commands | while read -r command; do
  echo "+ $sudo$command"
  # shellcheck disable=SC2086
  $sudo$command </dev/null
done

look
if [ -n "$missing" ]; then
  echo "deps: still missing:$missing" >&2
  exit 1
fi
# What configure found before no longer tells the truth.
if [ -x ./config.status ]; then
  ./config.status --recheck
  ./config.status
fi
