#include "core/needed_libraries.h"

#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

namespace kdtalker {
namespace {

constexpr std::size_t kMostEntries = 4096, kMostNames = std::size_t{1} << 24;

// Structs at places of a file. A read beyond its end gives nothing.
class ElfFile {
 public:
  explicit ElfFile(const std::string& file) : stream_(file, std::ios::binary) {}

  template <class T>
  std::optional<T> At(std::uint64_t place) {
    T value{};
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(place));
    if (!stream_.read(reinterpret_cast<char*>(&value), sizeof(value))) return std::nullopt;
    return value;
  }
  std::string Bytes(std::uint64_t place, std::uint64_t count) {
    std::string bytes(count, '\0');
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(place));
    if (!stream_.read(bytes.data(), static_cast<std::streamsize>(count))) bytes.clear();
    return bytes;
  }

 private:
  std::ifstream stream_;
};

std::optional<Elf64_Ehdr> HeaderOf(ElfFile& file) {
  const auto header = file.At<Elf64_Ehdr>(0);
  const bool is_elf = header && std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                      header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_shentsize == sizeof(Elf64_Shdr) &&
                      header->e_shnum <= kMostEntries;
  return is_elf ? header : std::nullopt;
}

Elf64_Shdr SectionAt(ElfFile& file, const Elf64_Ehdr& header, std::size_t number) {
  return file.At<Elf64_Shdr>(header.e_shoff + number * sizeof(Elf64_Shdr)).value_or(Elf64_Shdr{});
}

// The section of what the loader reads, and its names.
std::vector<std::string> NeededIn(ElfFile& file, const Elf64_Shdr& dynamic, const Elf64_Shdr& strings) {
  if (strings.sh_size > kMostNames) return {};
  const std::string names = file.Bytes(strings.sh_offset, strings.sh_size);
  std::vector<std::string> needed;
  for (std::size_t i = 0; i < dynamic.sh_size / sizeof(Elf64_Dyn) && i < kMostEntries; i++) {
    const auto entry = file.At<Elf64_Dyn>(dynamic.sh_offset + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) break;
    if (entry->d_tag == DT_NEEDED && entry->d_un.d_val < names.size())
      needed.emplace_back(names.c_str() + entry->d_un.d_val);
  }
  return needed;
}

}  // namespace

std::vector<std::string> LibrariesNeededBy(const std::string& path) {
  ElfFile file(path);
  const auto header = HeaderOf(file);
  if (!header) return {};
  for (std::size_t i = 0; i < header->e_shnum; i++) {
    const Elf64_Shdr section = SectionAt(file, *header, i);
    if (section.sh_type == SHT_DYNAMIC)
      return NeededIn(file, section, SectionAt(file, *header, section.sh_link));
  }
  return {};
}

std::string OpenByName(const std::string& name, const std::string& folder) {
  if (::dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) return "";
  if (::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) return "";
  const char* why = ::dlerror();
  return why == nullptr ? "unknown error" : why;
}

LibraryName PartsOf(const std::string& name) {
  const std::size_t at = name.rfind(".so.");
  if (at == std::string::npos) return {name.substr(0, name.rfind(".so")), -1};
  return {name.substr(0, at), std::atoi(name.c_str() + at + 4)};
}

}  // namespace kdtalker
