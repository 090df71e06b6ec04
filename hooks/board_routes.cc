#include "hooks/board_routes.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;
using How = PartOutcome::How;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTimeout{5000};
constexpr int64_t kLongestMs = 600'000;

HttpAnswer Answer(int status, const Json& body) {
  return {.status = status, .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

/// Nothing where the query's timeout_ms is no number.
std::optional<milliseconds> TimeoutOf(const HttpRequest& request) {
  const std::string text = request.param("timeout_ms");
  if (text.empty()) return kTimeout;
  int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || ms < 0) return std::nullopt;
  return milliseconds(std::min(ms, kLongestMs));
}

HttpAnswer BadTimeout(const HttpRequest& request) {
  return ErrorAnswer(400, "timeout_ms is no number: '" + request.param("timeout_ms") + "'",
                     "milliseconds, as in ?timeout_ms=2000");
}

/// A part's text as JSON; the outcome becomes one that threw where it is none.
Json ValueOf(PartOutcome& outcome) {
  Json value = Json::parse(outcome.text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_discarded()) return value;
  outcome = {.how = How::Threw, .text = "it answered what is no JSON: " + outcome.text};
  return nullptr;
}

HttpAnswer Refused(const PartOutcome& outcome, const std::string& who, const char* list,
                   const BoardRoutes& routes) {
  switch (outcome.how) {
    case How::Unknown:
      return Answer(404,
                    {{"error", outcome.text},
                     {"hint", std::string(list) + " lists them; the nearest are in the answer"},
                     {"nearest", outcome.nearest}});
    case How::NotInTime:
      return ErrorAnswer(504, outcome.text + ": " + routes.loop_condition(),
                         "see GET /api/gui_health, or give it a longer timeout_ms");
    case How::Refused:
      return ErrorAnswer(422, outcome.text, "these are the words of " + who);
    case How::Threw:
    case How::Done:
      break;
  }
  return ErrorAnswer(500, outcome.text, "this is a fault of " + who + " in the program");
}

HttpAnswer OnActions(const Board& board) {
  Json actions = Json::array();
  for (const Board::ActionInfo& action : board.Actions()) {
    const bool frame = action.where == RunOn::FrameThread;
    actions.push_back({{"name", action.name},
                       {"description", action.description},
                       {"runs_on", frame ? "frame_thread" : "server_thread"}});
  }
  return Answer(200, {{"actions", std::move(actions)}});
}

HttpAnswer OnAction(const BoardRoutes& routes, const Board& board, const HttpRequest& request) {
  const auto timeout = TimeoutOf(request);
  if (!timeout) return BadTimeout(request);
  const std::string& name = request.matches.front();
  if (!request.body.empty() && !Json::accept(request.body)) {
    return ErrorAnswer(400, "the body is no JSON", "send the action's arguments as an object");
  }
  const auto begun = steady_clock::now();
  PartOutcome outcome = board.Run(name, request.body, *timeout);
  const Json result = outcome.how == How::Done ? ValueOf(outcome) : Json(nullptr);
  const bool done = outcome.how == How::Done;
  routes.on_ran({.name = name, .begun = begun, .error = done ? "" : outcome.text});
  if (!done) return Refused(outcome, "the action '" + name + "'", "GET /api/actions", routes);
  const std::chrono::duration<double, std::milli> took = steady_clock::now() - begun;
  return Answer(200, {{"action", name}, {"result", result}, {"took_ms", took.count()}});
}

HttpAnswer OnState(const BoardRoutes& routes, const Board& board, const HttpRequest& request) {
  const auto timeout = TimeoutOf(request);
  if (!timeout) return BadTimeout(request);
  const std::string& name = request.matches.front();
  PartOutcome outcome = board.Read(name, *timeout);
  const Json value = outcome.how == How::Done ? ValueOf(outcome) : Json(nullptr);
  if (outcome.how == How::Done) return Answer(200, {{"name", name}, {"value", value}});
  return Refused(outcome, "the state '" + name + "'", "GET /api/state", routes);
}

HttpAnswer OnAllState(const BoardRoutes& routes, const Board& board, const HttpRequest& request) {
  const auto timeout = TimeoutOf(request);
  if (!timeout) return BadTimeout(request);
  Json state = Json::object();
  Json errors = Json::object();
  bool late = false;
  for (auto& [name, outcome] : board.ReadAll(*timeout)) {
    const Json value = outcome.how == How::Done ? ValueOf(outcome) : Json(nullptr);
    if (outcome.how == How::Done) {
      state[name] = value;
    } else {
      errors[name] = outcome.text;
    }
    late = late || outcome.how == How::NotInTime;
  }
  Json body = {{"state", std::move(state)}, {"errors", std::move(errors)}};
  if (!late) return Answer(200, body);
  body["error"] = "the frame thread did not get to it: " + routes.loop_condition();
  body["hint"] = "what the frame thread does not read is under 'state'";
  return Answer(504, body);
}

}  // namespace

void AddBoardRoutes(const BoardRoutes& routes, Board& board) {
  routes.add("GET", "/api/actions", [&board](const HttpRequest&) { return OnActions(board); });
  routes.add("POST", "/api/actions/{name*}", [routes, &board](const HttpRequest& request) {
    return OnAction(routes, board, request);
  });
  routes.add("GET", "/api/state", [routes, &board](const HttpRequest& request) {
    return OnAllState(routes, board, request);
  });
  routes.add("GET", "/api/state/{name*}", [routes, &board](const HttpRequest& request) {
    return OnState(routes, board, request);
  });
}

}  // namespace proctor::hooks
