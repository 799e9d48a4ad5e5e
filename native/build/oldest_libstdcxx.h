// Included before every source. Asks for symbols by the version they had first, where a newer libstdc++ to
// link with would bind to a younger one: the addon then loads beside any libstdc++ since GCC 11.
#pragma once

#include <cstddef>

#if defined(__linux__) && defined(__GLIBCXX__) && (defined(__x86_64__) || defined(__aarch64__))
// GCC 12 gave condition_variable::wait a second version, GLIBCXX_3.4.30, in which a cancelled thread may
// unwind. The engine cancels no thread.
__asm__(
    ".symver _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE,"
    "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");
#endif
