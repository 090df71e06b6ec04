#pragma once
// What a failed IM_ASSERT throws. Thrown from inside ImGui, caught by the guard.

#include <exception>
#include <string>
#include <vector>

namespace proctor::hooks {

struct AssertFailure : std::exception {
  std::string message;     ///< the assert's own text, else the expression
  std::string expression;  ///< as written in the source
  std::string file;
  int line = 0;
  std::vector<void*> backtrace;  ///< of the throw, innermost first; see Symbolise()

  const char* what() const noexcept override { return message.c_str(); }
};

}  // namespace proctor::hooks
