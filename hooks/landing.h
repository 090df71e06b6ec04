#pragma once
// Where an error lands that cannot be thrown to the guard. A destructor lets nothing out:
// a failed assert in a scope object's End() would end the program. The guard prepares a
// landing instead, and the error jumps there; the destructors in between do not run.

#include <csetjmp>
#include <exception>
#include <string>

namespace proctor::hooks {

/// Catches, on its thread and while it lives, what would end in std::terminate() for an
/// exception. Use:
///   Landing landing;
///   try {
///     if (setjmp(landing.place()) != 0) landing.Rethrow();
///     …
///   } catch (…) …
class Landing {
 public:
  Landing();
  ~Landing();
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  std::jmp_buf& place() { return place_; }
  /// Throws, now that it can be caught, what has landed here.
  [[noreturn]] void Rethrow();

  /// Jumps to this thread's innermost landing; returns only where there is none.
  static void Land(std::exception_ptr error);

 private:
  Landing* const outer_;
  std::jmp_buf place_;
  std::exception_ptr error_;
  void* caught_before_;           ///< the C++ runtime's state at the start,
  unsigned int uncaught_before_;  ///< which the jump has to bring back
};

}  // namespace proctor::hooks
