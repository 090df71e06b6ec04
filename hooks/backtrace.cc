#include "hooks/backtrace.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace proctor::hooks {
namespace {

constexpr int kMaxFrames = 48;

std::string Demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

std::string Hex(const void* address, const void* base) {
  std::array<char, 24> text;
  const auto offset = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(base);
  std::snprintf(text.data(), text.size(), "0x%zx", static_cast<size_t>(offset));
  return text.data();
}

std::string SymboliseOne(void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return Hex(address, nullptr);
  std::string_view module = info.dli_fname;
  module.remove_prefix(module.rfind('/') + 1);
  const std::string place = std::string(module) + " + " + Hex(address, info.dli_fbase);
  if (info.dli_sname == nullptr) return place;
  return Demangled(info.dli_sname) + " + " + Hex(address, info.dli_saddr) + " (" + place + ")";
}

/// dladdr() looks through the whole symbol table of a program, for every address anew.
class Known {
 public:
  std::string Symbol(void* address) {
    const std::lock_guard lock(mutex_);
    const auto known = symbols_.find(address);
    if (known != symbols_.end()) return known->second;
    std::string symbol = SymboliseOne(address);
    if (symbols_.size() < kMost) symbols_.emplace(address, symbol);
    return symbol;
  }

 private:
  static constexpr size_t kMost = 4096;
  std::mutex mutex_;
  std::unordered_map<void*, std::string> symbols_;
};

}  // namespace

std::vector<void*> CaptureBacktrace() {
  std::array<void*, kMaxFrames> frames;
  const int count = backtrace(frames.data(), kMaxFrames);
  if (count < 1) return {};
  // Parentheses: in braces the two iterators, being void**, would be the elements.
  return std::vector<void*>(frames.begin() + 1, frames.begin() + count);
}

std::vector<std::string> Symbolise(const std::vector<void*>& addresses) {
  static Known known;
  std::vector<std::string> lines;
  lines.reserve(addresses.size());
  for (void* address : addresses) lines.push_back(known.Symbol(address));
  return lines;
}

}  // namespace proctor::hooks
