# Sourced by the other scripts: finds (or installs) a JDK of at least JDK_MIN and a Maven, sets JAVA_HOME, PATH and MVN,
# and says what it chose. Looks at JAVA_HOME, then `java` on the PATH, then the system's JVM directories.

JDK_MIN=25

# Makes a temporary directory named after $1 and prints it: in memory where there is room ($2 KiB), since a datastore has
# 65,536 directories, which cost minutes on some disks.
scratch_dir() {
  local memory=/dev/shm free_kib
  free_kib=$(df -Pk "$memory" 2>/dev/null | awk 'NR == 2 { print $4 }')
  if [ -n "${TMPDIR:-}" ] || [ "${free_kib:-0}" -lt "${2:-4000000}" ]; then memory=${TMPDIR:-/tmp}; fi
  mktemp -d "$memory/$1.XXXXXX"
}

say() { printf '%s\n' "$*" >&2; }

# Prints the major version of the JDK in $1, nothing when there is no compiler.
jdk_major() {
  [ -x "$1/bin/javac" ] || return 0
  # The file that comes with every JDK says it at once; starting a compiler to ask would cost more than most commands.
  if [ -f "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9][0-9]*\).*/\1/p' "$1/release"
  else
    "$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9][0-9]*\).*/\1/p'
  fi
}

jdk_candidates() {
  [ -n "${JAVA_HOME:-}" ] && echo "$JAVA_HOME"
  local java
  java=$(command -v java 2>/dev/null) && java=$(readlink -f "$java") && echo "${java%/bin/java}"
  local dir
  for dir in /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -d "$dir" ] && echo "$dir"
  done
  return 0
}

find_jdk() {
  local home major
  while read -r home; do
    major=$(jdk_major "$home")
    if [ -n "$major" ] && [ "$major" -ge "$JDK_MIN" ]; then
      echo "$home"
      return 0
    fi
  done < <(jdk_candidates)
  return 1
}

# Installs one of the packages named, with whichever package manager the system has.
install_first_of() {
  local sudo="" package
  [ "$(id -u)" = 0 ] || sudo=sudo
  for package in "$@"; do
    say "installing $package ..."
    if command -v apt-get >/dev/null; then
      $sudo apt-get -qq update >&2 && $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install "$package" >&2 && return 0
    elif command -v dnf >/dev/null; then
      $sudo dnf -q -y install "$package" >&2 && return 0
    elif command -v zypper >/dev/null; then
      $sudo zypper -q -n install "$package" >&2 && return 0
    elif command -v pacman >/dev/null; then
      $sudo pacman -Sy --noconfirm "$package" >&2 && return 0
    elif command -v brew >/dev/null; then
      brew install -q "$package" >&2 && return 0
    fi
  done
  return 1
}

require_jdk() {
  local home
  home=$(find_jdk) || {
    say "no JDK $JDK_MIN or newer found (looked at JAVA_HOME, the PATH and the system's JVM directories)"
    install_first_of "openjdk-$JDK_MIN-jdk-headless" "temurin-$JDK_MIN-jdk" "java-$JDK_MIN-openjdk-devel" jdk-openjdk openjdk || true
    home=$(find_jdk) || {
      say "error: Holdfast needs a JDK $JDK_MIN or newer and could not install one; install it and set JAVA_HOME"
      exit 1
    }
  }
  [ "${JAVA_HOME:-}" = "$home" ] || ${quiet:-false} || say "using the JDK in $home"
  export JAVA_HOME="$home" PATH="$home/bin:$PATH"
}

require_maven() {
  MVN=$(command -v mvn || true)
  if [ -z "$MVN" ]; then
    local dir
    for dir in /usr/share/maven /opt/maven /opt/apache-maven*; do
      [ -x "$dir/bin/mvn" ] && MVN="$dir/bin/mvn" && say "using the Maven in $dir" && return 0
    done
    say "no Maven found"
    install_first_of maven || {
      say "error: Holdfast needs Maven 3.8.6 or newer and could not install it; install it and put mvn on the PATH"
      exit 1
    }
    MVN=$(command -v mvn)
  fi
}

# Installs the program $1 from one of the packages named after it, unless it is there.
require_program() {
  command -v "$1" >/dev/null && return 0
  say "no $1 found"
  install_first_of "${@:2}" && command -v "$1" >/dev/null && return 0
  say "error: $1 could not be installed; install it and put it on the PATH"
  exit 1
}

# Installs the shared library $1 from one of the packages named after it, where it is missing and that is possible.
want_library() {
  { ldconfig -p 2>/dev/null || true; } | grep -qF "$1" && return 0
  say "no $1 found"
  install_first_of "${@:2}" || say "tests that need $1 are skipped"
}

# Sets python_tools to the bin directory of a virtual environment with these packages of PyPI, made when it is missing.
# $target must be set; what was built is forgotten with it.
require_python_tools() {
  require_program python3 python3 python
  local environment="$target/python-tools"
  python_tools="$environment/bin"
  [ "$(cat "$environment/packages" 2>/dev/null)" = "$*" ] && return 0
  say "installing $* into a virtual environment ..."
  rm -rf "$environment"
  python3 -m venv "$environment" >/dev/null 2>&1 || { install_first_of python3-venv && python3 -m venv "$environment" >&2; }
  "$python_tools/pip" install -q --disable-pip-version-check "$@" >&2
  printf '%s' "$*" >"$environment/packages"
}
