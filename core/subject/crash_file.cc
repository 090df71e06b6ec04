#include "core/subject/crash_file.h"

#include <cxxabi.h>

#include <cstdlib>
#include <fstream>
#include <memory>

namespace proctor {
namespace {

constexpr size_t kMostBytes = 64 << 10;

std::string Demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

}  // namespace

std::string DemangledLine(std::string_view line) {
  const size_t begin = line.find("(_Z");
  const size_t end = begin == std::string_view::npos ? begin : line.find_first_of("+)", begin);
  if (end == std::string_view::npos) return std::string(line);
  const std::string name(line.substr(begin + 1, end - begin - 1));
  return std::string(line.substr(0, begin + 1)) + Demangled(name) + std::string(line.substr(end));
}

std::string ReadCrashFile(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string note;
  for (std::string line; note.size() < kMostBytes && std::getline(in, line);) {
    note += (note.empty() ? "" : "\n") + DemangledLine(line);
  }
  return note;
}

}  // namespace proctor
