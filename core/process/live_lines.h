#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace proctor {

/// Makes of a child's output what the live view shows: whole lines in valid UTF-8,
/// long ones cut, and of a flood only the end. All of it is in the OutputLog.
class LiveLines {
 public:
  /// The lines that `chunk` completes, each with its line end; empty if none.
  std::string Feed(std::string_view chunk);

  /// What stands there without a line end; for the end of output.
  std::string Rest();

 private:
  void AddTo(std::string& lines, std::string_view line) const;

  std::string line_;  ///< not ended yet, cut to the limit
};

}  // namespace proctor
