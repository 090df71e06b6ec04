#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#if defined(__SANITIZE_ADDRESS__)
// Where a throw is already under way, an assert can only jump to the guard: what was thrown
// and the destructors in between are lost. That costs some hundred bytes, and is known.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:__cxa_allocate_exception\nleak:OnAssertFailed\n";
}
#endif
