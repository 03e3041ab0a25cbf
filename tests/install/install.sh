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
library=$(find "$prefix" -name 'libwadi.so.*.*.*') # of programs; libwadi-testing stands beside it
libdir=$(dirname "$library")
pc() { PKG_CONFIG_PATH="$libdir/pkgconfig" pkg-config --define-variable=prefix="$prefix" "$@" wadi; }
testing_pc() { PKG_CONFIG_PATH="$libdir/pkgconfig" pkg-config --define-variable=prefix="$prefix" "$@" wadi-testing; }
flags="$warnings"
[ "$sanitizers" = none ] || flags="$flags -fsanitize=$sanitizers"

no_other_symbols() { ! nm -g --defined-only "$libdir/libwadi.a" "$libdir/libwadi-testing.a" | awk 'NF == 3 {print $3}' | grep -v '^wadi_'; }
same_version() {
    [ "$library" = "$libdir/libwadi.so.$(pc --modversion)" ] &&
        [ "$(readlink "$libdir/libwadi.so")" = libwadi.so.0 ] &&
        [ "$(readlink "$libdir/libwadi.so.0")" = "$(basename "$library")" ]
}
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
[ "$sanitizers" = none ] && check "the static library defines nothing else either" no_other_symbols
check "SONAME and links" has_soname
check "one version everywhere" same_version
[ "$sanitizers" = none ] && check "at most 2 MiB when stripped" is_small
check "each header compiles by itself" headers_stand_alone
check "pkg-config knows the version" pc --exists --print-errors "wadi >= 0.1" 

check "a program against the shared library" \
    $cc -std=c17 $flags $(pc --cflags) "$here/user_program.c" -o "$work/shared" $(pc --libs)
check "it needs libwadi.so.0" sh -c "readelf -d '$work/shared' | grep -F 'libwadi.so.0'"
check "it runs" run "$work/shared"
check "a test of a program" $cc -std=c17 $flags $(testing_pc --cflags) "$here/user_test.c" -o "$work/test" $(testing_pc --libs)
check "it passes" run "$work/test"
check "a plugin" $cc -std=c17 $flags -fPIC -shared $(pc --cflags) "$here/user_plugin.c" -o "$work/plugin.so" $(pc --libs)
check "the program opens the plugin at run time" run "$work/shared" "$work/plugin.so"
if [ "$sanitizers" = none ]; then
    check "a static program" \
        $cc -std=c17 -static $flags $(pc --cflags) "$here/user_program.c" -o "$work/static" $(pc --static --libs)
    check "it runs by itself" "$work/static"
    check "a static test" \
        $cc -std=c17 -static $flags $(testing_pc --cflags) "$here/user_test.c" -o "$work/static_test" $(testing_pc --static --libs)
    check "it passes by itself" "$work/static_test"
    check "it runs without any symbols" sh -c "strip --strip-all '$work/static' && '$work/static'"
    check "a program that has libwadi inside and takes plugins" \
        $cc -std=c17 $flags -O2 -fPIE -pie -ffunction-sections -fdata-sections $(pc --cflags) "$here/user_program.c" \
        -o "$work/inside" -rdynamic -Wl,--gc-sections -Wl,--whole-archive "$libdir/libwadi.a" -Wl,--no-whole-archive \
        $(pc --static --libs | sed 's/-lwadi//')
    check "it needs no libwadi.so" sh -c "! readelf -d '$work/inside' | grep -F libwadi"
    check "a plugin that is not linked to libwadi" \
        $cc -std=c17 $flags -fPIC -shared $(pc --cflags) "$here/user_plugin.c" -o "$work/bare_plugin.so"
    check "the program opens it at run time" "$work/inside" "$work/bare_plugin.so"
fi
# The command, and the project that it makes.
mkdir "$work/pkgconfig" # with the prefix that the files were put under
for file in "$libdir"/pkgconfig/*.pc; do
    sed "s|^prefix=.*|prefix=$prefix|" "$file" >"$work/pkgconfig/$(basename "$file")"
done
new_project() {
    (cd "$work" && "$prefix/bin/wadi" new wordcount && cd wordcount &&
        PKG_CONFIG_PATH="$work/pkgconfig" CC="$cc" meson setup build -Dwerror=true &&
        LD_LIBRARY_PATH="$libdir" meson test -C build && ! grep -r "@NAME@" .)
}
check "wadi is installed" "$prefix/bin/wadi" version --verbose
if [ "$sanitizers" = none ]; then
    check "a new project builds and passes its test" new_project
    for file in man/man1/wadi.1 man/man5/wadi.conf.5 man/man3/libwadi.3 bash-completion/completions/wadi \
        zsh/site-functions/_wadi fish/vendor_completions.d/wadi.fish; do
        check "$file is installed" test -s "$prefix/share/$file"
    done
fi
finish
