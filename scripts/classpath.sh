# Sourced after toolchain.sh, with $root set: builds when nothing is built, then sets target, node_jar (which names its
# libraries itself), jvm_options and aot_options.
# HOLDFAST_AOT=none leaves the ahead-of-time cache out; else it is made when it is missing or older than the build.

target="$root/node/target"
if ! compgen -G "$target/lib/*.jar" >/dev/null; then
  say "building Holdfast (once) ..."
  require_maven
  (cd "$root" && "$MVN" -q -B -ntp package -DskipTests >&2)
fi

for jar in "$target"/node-*.jar; do
  case $jar in *-tests.jar) ;; *) node_jar=$jar ;; esac
done

# The node must fit an edge box with 1 GiB: heap and direct buffers are bounded, the collector is the one with the least
# overhead. Hazelcast and Netty use what the JVM otherwise warns about.
jvm_options=(
  -Xmx"${HOLDFAST_HEAP:-512m}"
  -XX:MaxDirectMemorySize=256m
  -XX:+UseSerialGC
  --sun-misc-unsafe-memory-access=allow
)

# Whether there is an ahead-of-time cache of this very build.
aot_fits() { [ -f "$target/holdfast.aot" ] && [ "$target/holdfast.aot" -nt "$node_jar" ]; }

aot_options=()
if [ "${HOLDFAST_AOT:-}" != none ]; then
  aot_fits || "$root/scripts/aot-cache"
  if aot_fits; then aot_options=(-XX:AOTCache="$target/holdfast.aot"); fi
fi
