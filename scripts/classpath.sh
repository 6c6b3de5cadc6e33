# Sourced after toolchain.sh, with $root set: builds when nothing is built, then sets classpath, runtime_options, aot_options.

target="$root/node/target"
if ! compgen -G "$target/lib/*.jar" >/dev/null; then
  say "building Holdfast (once) ..."
  require_maven
  (cd "$root" && "$MVN" -q -B -ntp package -DskipTests >&2)
fi

# Sorted, so that the class path is the same text each time: the ahead-of-time cache is tied to it.
classpath="$(ls "$target"/node-*.jar | grep -v -e '-tests' | head -n 1)"
while read -r jar; do classpath="$classpath:$jar"; done < <(ls "$target"/lib/*.jar | LC_ALL=C sort)

# Native libraries (zstd, BoringSSL, system calls) and what Hazelcast looks into to be quiet.
runtime_options=(
  --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow
  --add-modules=java.se
  --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED
  --add-opens=java.base/java.lang=ALL-UNNAMED
  --add-opens=java.base/sun.nio.ch=ALL-UNNAMED
  --add-opens=java.management/sun.management=ALL-UNNAMED
  --add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED
)

# JDK 25's ahead-of-time cache cuts the start to about a third. It is made once per build, and ignored where it does not fit.
aot_options=()
if [ -f "$target/holdfast.aot" ]; then aot_options=(-XX:AOTCache="$target/holdfast.aot"); fi
