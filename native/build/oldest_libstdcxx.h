// Included before every source. Binds symbols to their first version, where a newer libstdc++ would bind a
// later one: the addon then loads with any libstdc++ since GCC 11.
#pragma once

#include <cstddef>

#if defined(__linux__) && defined(__GLIBCXX__) && (defined(__x86_64__) || defined(__aarch64__))
// GCC 12 gave condition_variable::wait a second version, GLIBCXX_3.4.30, in which a cancelled thread may
// unwind. The engine cancels no thread.
__asm__(
    ".symver _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE,"
    "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");
#endif
