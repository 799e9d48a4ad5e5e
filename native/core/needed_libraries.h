#pragma once

#include <string>
#include <vector>

namespace kdtalker {

// The names of the libraries that an ELF file says it needs, in its order; none if it is no such file.
std::vector<std::string> LibrariesNeededBy(const std::string& file);

// Opens a library by its name, in `folder` or where the loader looks; it stays open. Returns why not, or "".
std::string OpenByName(const std::string& name, const std::string& folder);

// "libcublas.so.13" is "libcublas" of version 13; a name without a number has -1.
struct LibraryName {
  std::string stem;
  int version;
};
LibraryName PartsOf(const std::string& name);

}  // namespace kdtalker
