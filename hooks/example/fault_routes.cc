#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "hooks/example/demo.h"
#include "hooks/example/routes.h"
#include "hooks/example/window.h"
#include "hooks/hooks.h"

namespace proctor::demo {
namespace {

using hooks::Access;
using hooks::ErrorAnswer;
using hooks::Hooks;
using hooks::HttpAnswer;
using hooks::HttpRequest;
using Json = nlohmann::json;

constexpr int kExitCode = 3;

/// Sets one off. Throws BadRequest.
using Fault = std::function<HttpAnswer(const Json& body)>;

/// A non-negative integer member.
int Number(const Json& body, const char* key, int otherwise) {
  const auto member = body.find(key);
  if (member == body.end()) return otherwise;
  if (member->is_number_unsigned() && member->get<uint64_t>() <= 1'000'000'000) {
    return member->get<int>();
  }
  throw BadRequest{std::string("\"") + key + "\" is not a number of 0 or more",
                   "send an integer up to 1000000000"};
}

/// Arms the fault on the frame thread; answers when it has gone off with its frame.
HttpAnswer InFrame(Hooks& hooks, const char* name, std::function<void()> arm) {
  if (!hooks.RunOnFrame(std::move(arm))) return FrameLoopHangs();
  return Answer(200, {{"fault", name}});
}

/// For what the program does not survive: answers first, then ends it in the frame loop.
HttpAnswer Deadly(Hooks& hooks, const char* name, std::function<void()> end) {
  HttpAnswer answer = Answer(202, {{"fault", name}});
  answer.after = [&hooks, end = std::move(end)] { (void)hooks.RunOnFrame(end); };
  return answer;
}

HttpAnswer Hang(Hooks& hooks, Demo& demo, const Json& body) {
  const std::chrono::milliseconds length(Number(body, "ms", 0));
  HttpAnswer answer = InFrame(hooks, "hang", [&demo, length] { demo.faults.hang = length; });
  Window::Wake();  // into the frame that hangs
  return answer;
}

HttpAnswer ShutPool(Hooks& hooks, Demo& demo) {
  demo.pool().Shut();  // here, because it waits for its threads
  return InFrame(hooks, "shut_pool", [&hooks] { hooks.SetIoPoolAlive(false); });
}

HttpAnswer FloodStdout(const Json& body) {
  const int mebibytes = Number(body, "mb", 64);
  if (!Flood(mebibytes)) return ErrorAnswer(500, "stdout cannot be written", "leave it open");
  return Answer(200, {{"fault", "flood"}, {"mb", mebibytes}});
}

HttpAnswer Grandchild() {
  const int pid = LeaveGrandchild();
  if (pid == 0) return ErrorAnswer(500, "no process could be started", "see the system's limits");
  return Answer(200, {{"fault", "grandchild"}, {"pid", pid}});
}

std::map<std::string, Fault> AllFaults(Hooks& hooks, Demo& demo) {
  return {
      {"missing_end",
       [&](const Json&) {
         return InFrame(hooks, "missing_end", [&demo] { demo.faults.missing_end = true; });
       }},
      {"imgui_assert",
       [&](const Json&) {
         return InFrame(hooks, "imgui_assert", [&demo] { demo.faults.imgui_assert = true; });
       }},
      {"throw_in_modal",
       [&](const Json&) {
         return InFrame(hooks, "throw_in_modal", [&demo] {
           demo.faults.throw_in_modal = true;
           demo.modal_open = true;
         });
       }},
      {"throw_in_panel",
       [&](const Json& body) {
         const int times = Number(body, "times", 1);
         return InFrame(hooks, "throw_in_panel",
                        [&demo, times] { demo.faults.throws_in_panel = times; });
       }},
      {"shut_pool", [&](const Json&) { return ShutPool(hooks, demo); }},
      {"hang", [&](const Json& body) { return Hang(hooks, demo, body); }},
      {"exit", [&](const Json&) { return Deadly(hooks, "exit", [] { std::_Exit(kExitCode); }); }},
      {"abort", [&](const Json&) { return Deadly(hooks, "abort", [] { std::abort(); }); }},
      {"segv", [&](const Json&) { return Deadly(hooks, "segv", Segfault); }},
      {"stack_overflow",
       [&](const Json&) { return Deadly(hooks, "stack_overflow", OverflowTheStack); }},
      {"flood", [](const Json& body) { return FloodStdout(body); }},
      {"grandchild", [](const Json&) { return Grandchild(); }},
  };
}

HttpAnswer SetOff(const std::map<std::string, Fault>& faults, const HttpRequest& request) {
  const auto fault = faults.find(request.matches.at(0));
  if (fault != faults.end()) {
    try {
      return fault->second(BodyOf(request));
    } catch (const BadRequest& bad) {
      return ErrorAnswer(400, bad.error, bad.hint);
    }
  }
  std::string names;
  for (const auto& [name, ignored] : faults) names += (names.empty() ? "" : ", ") + name;
  return ErrorAnswer(404, "no fault \"" + request.matches.at(0) + "\"", "one of " + names);
}

}  // namespace

void AddFaultRoutes(Hooks& hooks, Demo& demo, FaultMode mode) {
  if (mode == FaultMode::Off) {
    hooks.AddRoute("POST", "/api/fault/{name}", Access::Token, [](const HttpRequest&) {
      return ErrorAnswer(404, "faults are off", "start the program with --faults");
    });
    return;
  }
  hooks.AddRoute("POST", "/api/fault/{name}", Access::Token,
                 [faults = AllFaults(hooks, demo)](const HttpRequest& request) {
                   return SetOff(faults, request);
                 });
}

}  // namespace proctor::demo
