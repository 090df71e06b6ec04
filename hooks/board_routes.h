#pragma once
// The routes of the board.
//
//   GET  /api/actions         {"actions": [{name, description, runs_on}]}
//   POST /api/actions/{name}  the body is the action's; {"action", "result", "took_ms"}
//   GET  /api/state           {"state": {name: value}, "errors": {name: why not}}
//   GET  /api/state/{name}    {"name", "value"}
//
// All but the first take timeout_ms in the query (5000; at most 600000). Refusals: 404 with
// the nearest names, 422 the action's own, 500 it threw, 504 the frame loop did not get to it.

#include <chrono>
#include <functional>
#include <string>

#include "hooks/board.h"
#include "hooks/http.h"

namespace proctor::hooks {

/// An action as it went, for whoever keeps a trace.
struct ActionRan {
  std::string name;
  std::chrono::steady_clock::time_point begun;
  std::string error;  ///< "" where it was done
};

struct BoardRoutes {
  std::function<void(const char* method, const char* pattern, Handler handler)> add;
  /// Why the frame loop may not have got to something, for a person.
  std::function<std::string()> loop_condition;
  std::function<void(const ActionRan&)> on_ran;
};

/// `board` has to outlive the routes.
void AddBoardRoutes(const BoardRoutes& routes, Board& board);

}  // namespace proctor::hooks
