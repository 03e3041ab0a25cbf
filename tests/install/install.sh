#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh BUILD_DIR SANITIZERS COMPILER...: installs into a temporary folder, looks at what is there, and
# builds a program against it that knows nothing of the source tree. SANITIZERS: as Meson has it, or none.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cases.sh"
build=$1 sanitizers=$2
shift 2
cc=$* prefix=$work/root/usr/local
warnings="-Wall -Wextra -Wconversion -Wshadow -Wvla -pedantic -Werror"

check "meson install" meson install -C "$build" --no-rebuild --quiet --destdir "$work/root"
library=$(find "$prefix" -name 'libwadi.so.*.*.*')
libdir=$(dirname "$library")
pc() { PKG_CONFIG_PATH="$libdir/pkgconfig" pkg-config --define-variable=prefix="$prefix" "$@" wadi; }
flags="$warnings"
[ "$sanitizers" = none ] || flags="$flags -fsanitize=$sanitizers"

only_own_symbols() { ! nm -D --defined-only "$library" | awk '{print $NF}' | grep -v '^wadi_'; }
has_soname() { readelf -d "$library" | grep -F 'Library soname: [libwadi.so.0]' && [ -e "$libdir/libwadi.so.0" ] && [ -e "$libdir/libwadi.so" ]; }
is_small() {
    strip -o "$work/stripped" "$library" && size=$(stat -c %s "$work/stripped") && echo "$size bytes" &&
        [ "$size" -le 2097152 ]
}
headers_stand_alone() {
    for header in "$prefix"/include/wadi/*.h; do
        echo "#include <wadi/$(basename "$header")>" >"$work/alone.c"
        $cc $flags $(pc --cflags) -c "$work/alone.c" -o /dev/null || return 1
    done
}
run() { env LD_LIBRARY_PATH="$libdir" "$@"; }

[ "$sanitizers" = none ] && check "only wadi_ symbols are visible" only_own_symbols
check "SONAME and links" has_soname
[ "$sanitizers" = none ] && check "at most 2 MiB when stripped" is_small
check "each header compiles by itself" headers_stand_alone
check "pkg-config knows the version" pc --exists --print-errors "wadi >= 0.1" 

check "a program against the shared library" \
    $cc -std=c17 $flags $(pc --cflags) "$here/user_program.c" -o "$work/shared" $(pc --libs)
check "it needs libwadi.so.0" sh -c "readelf -d '$work/shared' | grep -F 'libwadi.so.0'"
check "it runs" run "$work/shared"
if [ "$sanitizers" = none ]; then
    check "a static program" \
        $cc -std=c17 -static $flags $(pc --cflags) "$here/user_program.c" -o "$work/static" $(pc --static --libs)
    check "it runs by itself" "$work/static"
fi
finish
