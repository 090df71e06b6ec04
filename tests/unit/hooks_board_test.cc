#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hooks/board.h"
#include "hooks/board_routes.h"
#include "hooks/hooks.h"
#include "hooks/routes.h"

namespace proctor::hooks {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

/// A board, its routes, and a frame thread that is this one, or hangs.
struct Scene {
  bool hangs = false;
  int frames = 0;
  std::vector<ActionRan> ran;
  Board board{[this](std::function<void()> work, Board::Timeout) {
    if (hangs) return false;
    ++frames;
    work();
    return true;
  }};
  RouteTable routes;

  Scene() {
    const auto add = [this](const char* method, const char* pattern, Handler handler) {
      routes.Add({.method = method, .pattern = pattern, .handler = std::move(handler)});
    };
    AddBoardRoutes({.add = add,
                    .loop_condition = [] { return "hung, frame 7 has been running for 3.0 s"; },
                    .on_ran = [this](const ActionRan& one) { ran.push_back(one); }},
                   board);
  }
  HttpAnswer Ask(const std::string& method, const std::string& path, std::string body = "",
                 std::map<std::string, std::string> params = {}) {
    Found found = routes.Find(method, path);
    REQUIRE(found.route);
    return found.route->handler({.method = method,
                                 .path = path,
                                 .params = std::move(params),
                                 .matches = found.matches,
                                 .body = std::move(body)});
  }
};

Json Body(const HttpAnswer& answer) {
  return Json::parse(answer.body);
}

}  // namespace

TEST_CASE("an action gets its body and answers a value, and is listed with its description") {
  Scene scene;
  scene.board.AddAction(
      "doc/open", RunOn::FrameThread,
      [](const std::string& text) { return ActionAnswer{.json = text + ""}; }, "Opens a document");
  const HttpAnswer answer = scene.Ask("POST", "/api/actions/doc/open", R"({"path": "a.txt"})");
  CHECK(answer.status == 200);
  CHECK(Body(answer)["result"]["path"] == "a.txt");
  CHECK(scene.frames == 1);
  const Json listed = Body(scene.Ask("GET", "/api/actions"))["actions"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["description"] == "Opens a document");
  CHECK(listed[0]["runs_on"] == "frame_thread");
  REQUIRE(scene.ran.size() == 1);
  CHECK(scene.ran[0].error.empty());
}

TEST_CASE("an action of the server thread does not need the frame loop") {
  Scene scene;
  scene.hangs = true;
  scene.board.AddAction(
      "ping", RunOn::ServerThread, [](const std::string&) { return ActionAnswer{.json = "1"}; },
      "");
  CHECK(Body(scene.Ask("POST", "/api/actions/ping"))["result"] == 1);
  CHECK(scene.frames == 0);
}

TEST_CASE("an action that throws is answered 500 with its words, one that refuses 422") {
  Scene scene;
  scene.board.AddAction(
      "throw", RunOn::FrameThread,
      [](const std::string&) -> ActionAnswer { throw std::runtime_error("the disk is full"); }, "");
  scene.board.AddAction(
      "refuse", RunOn::FrameThread,
      [](const std::string&) { return ActionAnswer{.error = "no project"}; }, "");
  scene.board.AddAction(
      "babble", RunOn::ServerThread,
      [](const std::string&) { return ActionAnswer{.json = "{no json"}; }, "");
  const HttpAnswer thrown = scene.Ask("POST", "/api/actions/throw");
  CHECK(thrown.status == 500);
  CHECK(Body(thrown)["error"] == "the disk is full");
  const HttpAnswer refused = scene.Ask("POST", "/api/actions/refuse");
  CHECK(refused.status == 422);
  CHECK(Body(refused)["error"] == "no project");
  const HttpAnswer babbled = scene.Ask("POST", "/api/actions/babble");
  CHECK(babbled.status == 500);
  CHECK(babbled.body.find("no JSON: {no json") != std::string::npos);
  REQUIRE(scene.ran.size() == 3);
  CHECK(scene.ran[0].error == "the disk is full");
}

TEST_CASE("an unknown action is answered 404 with the three nearest names") {
  Scene scene;
  for (const char* name : {"counter/add", "counter/clear", "project/select", "quit"}) {
    scene.board.AddAction(
        name, RunOn::FrameThread, [](const std::string&) { return ActionAnswer{}; }, "");
  }
  const HttpAnswer answer = scene.Ask("POST", "/api/actions/counter/ad");
  CHECK(answer.status == 404);
  CHECK(Body(answer)["nearest"].size() == 3);
  CHECK(Body(answer)["nearest"][0] == "counter/add");
  CHECK(scene.frames == 0);
}

TEST_CASE("frame-thread work that a hanging loop does not get to is answered 504 with the reason") {
  Scene scene;
  scene.hangs = true;
  scene.board.AddAction(
      "act", RunOn::FrameThread, [](const std::string&) { return ActionAnswer{}; }, "");
  scene.board.AddState("slow", RunOn::FrameThread, [] { return "1"; });
  scene.board.AddState("quick", RunOn::ServerThread, [] { return "2"; });
  const HttpAnswer act = scene.Ask("POST", "/api/actions/act", "", {{"timeout_ms", "20"}});
  CHECK(act.status == 504);
  CHECK(act.body.find("within 20 ms: hung, frame 7") != std::string::npos);
  CHECK(scene.Ask("GET", "/api/state/slow").status == 504);
  const HttpAnswer all = scene.Ask("GET", "/api/state");
  CHECK(all.status == 504);
  CHECK(Body(all)["state"] == Json{{"quick", 2}});
  CHECK(Body(all)["errors"].contains("slow"));
}

TEST_CASE("all state is read out of one frame, and one that throws does not hide the others") {
  Scene scene;
  scene.board.AddState("a", RunOn::FrameThread, [] { return "[1]"; });
  scene.board.AddState("b", RunOn::FrameThread,
                       []() -> std::string { throw std::runtime_error("no document"); });
  scene.board.AddState("c", RunOn::ServerThread, [] { return "null"; });
  const HttpAnswer all = scene.Ask("GET", "/api/state");
  CHECK(all.status == 200);
  CHECK(Body(all)["state"] == Json{{"a", {1}}, {"c", nullptr}});
  CHECK(Body(all)["errors"] == Json{{"b", "no document"}});
  CHECK(scene.frames == 1);
  CHECK(Body(scene.Ask("GET", "/api/state/a"))["value"] == Json{1});
  CHECK(scene.Ask("GET", "/api/state/b").status == 500);
  CHECK(scene.Ask("GET", "/api/state/z").status == 404);
}

TEST_CASE("bad arguments are refused before the action runs") {
  Scene scene;
  bool ran = false;
  scene.board.AddAction(
      "act", RunOn::ServerThread,
      [&](const std::string&) {
        ran = true;
        return ActionAnswer{};
      },
      "");
  CHECK(scene.Ask("POST", "/api/actions/act", "{nonsense").status == 400);
  CHECK(scene.Ask("POST", "/api/actions/act", "", {{"timeout_ms", "soon"}}).status == 400);
  CHECK_FALSE(ran);
}

TEST_CASE("a part added again replaces the first, and a part may add parts while it runs") {
  Scene scene;
  scene.board.AddState("x", RunOn::ServerThread, [] { return "1"; });
  scene.board.AddState("x", RunOn::ServerThread, [&] {
    scene.board.AddState("y", RunOn::ServerThread, [] { return "3"; });
    return "2";
  });
  CHECK(Body(scene.Ask("GET", "/api/state/x"))["value"] == 2);
  CHECK(Body(scene.Ask("GET", "/api/state/y"))["value"] == 3);
}

TEST_CASE("shutdown handlers run once, each where it asked to, also where no frame follows") {
  const auto frame_thread = std::this_thread::get_id();
  std::atomic<int> on_server = 0;
  int on_frame = 0;
  {
    auto started =
        Hooks::Start({.app = "test", .discovery = Discovery::Off, .crash_note = CrashNote::Off});
    REQUIRE(started);
    const std::unique_ptr<Hooks> hooks = std::move(*started);
    hooks->OnShutdown(RunOn::ServerThread, [&] { ++on_server; });
    hooks->OnShutdown(RunOn::FrameThread, [&] {
      CHECK(std::this_thread::get_id() == frame_thread);
      ++on_frame;
      throw std::runtime_error("a handler may throw");
    });
    hooks->Frame([] {});
    CHECK(on_frame == 0);
    std::thread([&] { hooks->RequestShutdown(); }).join();
    CHECK(on_server == 1);
    hooks->Frame([] {});
    CHECK(on_frame == 1);
    hooks->OnShutdown(RunOn::FrameThread, [&] { ++on_frame; });
  }
  CHECK(on_frame == 2);
  CHECK(on_server == 1);
}

TEST_CASE("an action that throws on the frame thread leaves the health as it was") {
  auto started =
      Hooks::Start({.app = "test", .discovery = Discovery::Off, .crash_note = CrashNote::Off});
  REQUIRE(started);
  const std::unique_ptr<Hooks> hooks = std::move(*started);
  hooks->Frame([] {});
  std::atomic<bool> done = false;
  std::thread asker([&] {
    CHECK_THROWS_AS((void)hooks->RunOnFrame([] { throw std::runtime_error("no"); }),
                    std::runtime_error);
    done = true;
  });
  while (!done) hooks->Frame([] {});
  asker.join();
  CHECK(Json::parse(hooks->HealthJson())["state"] == "healthy");
}

}  // namespace proctor::hooks
