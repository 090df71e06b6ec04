#pragma once
// What a failed IM_ASSERT throws: from inside of ImGui, caught by the guard. Where no
// guard is around it (in NewFrame() or Render(), after a frame that left ImGui odd) it is
// reported and the program goes on, as it does where asserts are compiled out.

#include <exception>
#include <string>
#include <vector>

namespace proctor::hooks {

struct AssertFailure : std::exception {
  std::string message;     ///< the assert's own text, else the expression
  std::string expression;  ///< as written in the source
  std::string file;
  int line = 0;
  std::vector<void*> backtrace;           ///< of the throw, innermost first; see Symbolise()
  std::vector<std::string> window_stack;  ///< as WindowStack() said it at the throw

  const char* what() const noexcept override { return message.c_str(); }
};

/// The names of ImGui's windows that are begun, the outermost first, without the one that
/// ImGui itself has around everything.
std::vector<std::string> WindowStack();

/// While one of these lives, a failed assert on this thread throws.
class CatchingAsserts {
 public:
  CatchingAsserts();
  ~CatchingAsserts();
  CatchingAsserts(const CatchingAsserts&) = delete;
  CatchingAsserts& operator=(const CatchingAsserts&) = delete;
};

/// Who is told of the asserts on this thread that nobody catches. Null: they throw.
class AssertListener {
 public:
  virtual void OnUncaughtAssert(const AssertFailure& failure) = 0;

 protected:
  ~AssertListener() = default;
};
void ListenToAsserts(AssertListener* listener);
AssertListener* ListenerToAsserts();

}  // namespace proctor::hooks
