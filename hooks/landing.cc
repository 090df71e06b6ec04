#include "hooks/landing.h"

#include <cxxabi.h>

#include <cstdlib>
#include <mutex>
#include <utility>

namespace proctor::hooks {
namespace {

/// What the Itanium C++ ABI says is behind __cxa_get_globals().
struct ExceptionGlobals {
  void* caught;
  unsigned int uncaught;
};
ExceptionGlobals& Globals() {
  return *reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

thread_local Landing* innermost = nullptr;
std::terminate_handler before_us = nullptr;

[[noreturn]] void OnTerminate() {
  // Without an exception somebody wants the end, and gets it.
  if (std::exception_ptr error = std::current_exception()) Landing::Land(std::move(error));
  if (before_us != nullptr) before_us();
  std::abort();
}

}  // namespace

Landing::Landing()
    : outer_(innermost), caught_before_(Globals().caught), uncaught_before_(Globals().uncaught) {
  static std::once_flag once;
  std::call_once(once, [] { before_us = std::set_terminate(OnTerminate); });
  innermost = this;
}

Landing::~Landing() {
  innermost = outer_;
}

void Landing::Land(std::exception_ptr error) {
  Landing* const landing = innermost;
  if (landing == nullptr) return;
  landing->error_ = std::move(error);
  std::longjmp(landing->place_, 1);
}

void Landing::Rethrow() {
  while (Globals().caught != caught_before_) abi::__cxa_end_catch();
  Globals().uncaught = uncaught_before_;
  std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace proctor::hooks
