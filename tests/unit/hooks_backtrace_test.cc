#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "hooks/backtrace.h"

namespace proctor::hooks {

/// Not in an unnamed namespace: only exported functions have a name at run time.
__attribute__((noinline)) std::vector<void*> CaptureFromHere() {
  std::vector<void*> addresses = CaptureBacktrace();
  asm volatile("" ::: "memory");  // keeps the call above from being the last, a jump
  return addresses;
}

TEST_CASE("a backtrace begins with its caller, demangled, and names the module") {
  const auto lines = Symbolise(CaptureFromHere());
  REQUIRE(lines.size() > 2);
  // The thread sanitizer's own wrapper of backtrace() stands before the caller.
  const std::string& caller =
      lines[0].find("CaptureBacktrace") != std::string::npos ? lines[1] : lines[0];
  CHECK(caller.find("proctor::hooks::CaptureFromHere") == 0);
  CHECK(caller.find("hooks_tests + 0x") != std::string::npos);
}

TEST_CASE("an address of no module is told as a number") {
  CHECK(Symbolise({reinterpret_cast<void*>(0x10)}) == std::vector<std::string>{"0x10"});
}

}  // namespace proctor::hooks
