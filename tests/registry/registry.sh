#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# registry.sh BUILD_DIR SANITIZERS COMPILER_ID COMPILER... -- CXX_COMPILER...: are functions found, by name,
# in every way of compiling and linking? Without a C++ compiler nothing follows the --.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cases.sh"
build=$1 sanitizers=$2 compiler_id=$3
shift 3
cc=
while [ "$1" != -- ]; do cc="$cc $1" && shift; done
shift
cxx=$*
flags="-I$here/../../include -Wall -Wextra -Wconversion -Wshadow -Wvla -pedantic -Werror"
if [ "$sanitizers" != none ]; then
    flags="$flags -fsanitize=$sanitizers"
    cxx= # their run-time for C++ is another
fi
needed=$(PKG_CONFIG_PATH="$build/meson-uninstalled" pkg-config --static --libs wadi | sed 's/[^ ]*libwadi[^ ]*//g; s/-lwadi//')
# A plugin uses what its host has of the library, so the host takes all of it.
whole="-Wl,--whole-archive $build/src/libwadi.a -Wl,--no-whole-archive -rdynamic $needed -ldl -lpthread"

shared="$build/src/libwadi.so -Wl,-rpath,$build/src"

build_and_run() { # FLAGS LINK PLUGIN
    object=
    if [ -n "$cxx" ]; then
        $cxx $flags $1 -std=c++17 -c "$here/declared_in_cxx.cpp" -o "$work/cxx.o" || return 1
        object="$work/cxx.o -DWITH_CXX"
    fi
    $cc $flags $1 -std=gnu17 "$here/main.c" $object $2 -o "$work/main" || return 1
    "$work/main" $3
}
# A library that the program is linked to: LINK is what both take of libwadi.
build_with_library() { # FLAGS LINK
    $cc $flags $1 -fPIC -shared "$here/library.c" -o "$work/liblibrary.so" || return 1
    $cc $flags $1 -DWITH_LIBRARY "$here/main.c" $2 -Wl,--no-as-needed "$work/liblibrary.so" -Wl,-rpath,"$work" -o "$work/main" &&
        "$work/main" "$plugin"
}
build_guest() { # FLAGS
    $cc $flags $1 -fPIC -shared "$here/guest.c" -o "$work/guest.so" $shared &&
        $cc $flags $1 "$here/host.c" -o "$work/host" -ldl && "$work/host" "$work/guest.so"
}
$cc $flags -O2 -fPIC -shared "$here/plugin.c" -o "$work/plugin.so" || exit 1
plugin=$work/plugin.so

check "$compiler_id -O0" build_and_run -O0 "$whole" "$plugin"
check "$compiler_id, shared libwadi" build_and_run -O2 "$shared" "$plugin"
check "$compiler_id, a function of a shared library" build_with_library -O2 "$shared"
check "$compiler_id, a function of a shared library, libwadi in the program" build_with_library -O2 "$whole"
check "$compiler_id, a guest in a host that knows nothing of Wadi" build_guest -O2
if [ "$sanitizers" = none ]; then
    linker=
    [ "$compiler_id" = clang ] && linker=-fuse-ld=lld
    sections="-ffunction-sections -fdata-sections"
    check "$compiler_id -O3" build_and_run -O3 "$whole" "$plugin"
    check "$compiler_id, shared libwadi, position-independent" build_and_run "-O2 -fPIE" "-pie $shared" "$plugin"
    check "$compiler_id, shared libwadi, at a fixed place" build_and_run "-O2 -fno-pie" "-no-pie $shared" "$plugin"
    check "$compiler_id, shared libwadi, link-time optimisation, sections collected" \
        build_and_run "-O2 -flto $sections" "$linker -Wl,--gc-sections $shared" "$plugin"
    check "$compiler_id, position-independent" build_and_run "-O2 -fPIE" "-pie $whole" "$plugin"
    check "$compiler_id, at a fixed place" build_and_run "-O2 -fno-pie" "-no-pie $whole" "$plugin"
    check "$compiler_id, sections collected" build_and_run "-O2 $sections" "-Wl,--gc-sections $whole" "$plugin"
    check "$compiler_id, link-time optimisation" build_and_run "-O2 -flto" "$linker $whole" "$plugin"
    check "$compiler_id, link-time optimisation, sections collected" \
        build_and_run "-O2 -flto $sections" "$linker -Wl,--gc-sections $whole" "$plugin"
    check "$compiler_id, static" build_and_run "-O2 -static" "$build/src/libwadi.a $needed -lpthread"
    check "$compiler_id, static, sections collected" \
        build_and_run "-O2 -static $sections" "-Wl,--gc-sections $build/src/libwadi.a $needed -lpthread"
fi
finish
