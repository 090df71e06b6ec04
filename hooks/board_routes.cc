#include "hooks/board_routes.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "hooks/json_text.h"

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;
using How = PartOutcome::How;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTimeout{5000};
constexpr int64_t kLongestMs = 600'000;
constexpr int kMostDepth = 256;

/// Accepts JSON that is not nested deeper than anybody writes it: what reads it further on
/// mostly calls itself for each level, and the stack is not endless.
class Shallow : public nlohmann::json_sax<Json> {
 public:
  static bool Accepts(const std::string& text) {
    Shallow shallow;
    return Json::sax_parse(text, &shallow);
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(size_t) override { return ++depth_ <= kMostDepth; }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(size_t) override { return ++depth_ <= kMostDepth; }
  bool end_array() override { return depth_-- > 0; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
};

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

/// Whether a part's text is JSON, which then goes into the answer as it is; the outcome becomes
/// one that threw where it is none.
bool IsValue(PartOutcome& outcome) {
  if (outcome.how != How::Done) return false;
  if (Shallow::Accepts(outcome.text)) return true;
  constexpr size_t kMostShown = 200;
  outcome = {.how = How::Threw,
             .text = "it answered what is no JSON: " + outcome.text.substr(0, kMostShown) +
                     " (nor is what is nested deeper than " + std::to_string(kMostDepth) + ")"};
  return false;
}

/// As ObjectText writes keys as they are.
std::string EscapedKey(const std::string& name) {
  const std::string quoted = Quoted(name);
  return quoted.substr(1, quoted.size() - 2);
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
  if (!request.body.empty() && !Shallow::Accepts(request.body)) {
    return ErrorAnswer(
        400, "the body is no JSON, or is nested deeper than " + std::to_string(kMostDepth),
        "send the action's arguments as an object");
  }
  const auto begun = steady_clock::now();
  PartOutcome outcome = board.Run(name, request.body, *timeout);
  const bool done = IsValue(outcome);
  routes.on_ran({.name = name, .begun = begun, .error = done ? "" : outcome.text});
  if (!done) return Refused(outcome, "the action '" + name + "'", "GET /api/actions", routes);
  const std::chrono::duration<double, std::milli> took = steady_clock::now() - begun;
  ObjectText body;
  body.Add("action", name).Raw("result", outcome.text).Add("took_ms", took.count());
  return {.body = body.Done()};
}

HttpAnswer OnState(const BoardRoutes& routes, const Board& board, const HttpRequest& request) {
  const auto timeout = TimeoutOf(request);
  if (!timeout) return BadTimeout(request);
  const std::string& name = request.matches.front();
  PartOutcome outcome = board.Read(name, *timeout);
  if (IsValue(outcome)) {
    return {.body = ObjectText().Add("name", name).Raw("value", outcome.text).Done()};
  }
  return Refused(outcome, "the state '" + name + "'", "GET /api/state", routes);
}

HttpAnswer OnAllState(const BoardRoutes& routes, const Board& board, const HttpRequest& request) {
  const auto timeout = TimeoutOf(request);
  if (!timeout) return BadTimeout(request);
  ObjectText state;
  ObjectText errors;
  bool late = false;
  for (auto& [name, outcome] : board.ReadAll(*timeout)) {
    const std::string key = EscapedKey(name);
    if (IsValue(outcome)) {
      state.Raw(key, outcome.text);
    } else {
      errors.Add(key, outcome.text);
    }
    late = late || outcome.how == How::NotInTime;
  }
  ObjectText body;
  body.Raw("state", state.Done()).Raw("errors", errors.Done());
  if (!late) return {.body = body.Done()};
  body.Add("error", "the frame thread did not get to it: " + routes.loop_condition());
  body.Add("hint", "what the frame thread does not read is under 'state'");
  return {.status = 504, .body = body.Done()};
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
