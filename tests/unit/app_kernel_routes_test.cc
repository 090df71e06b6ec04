#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "app_kernel_routes_scene.h"

namespace proctor {
namespace {

using fakes::KernelRoutesScene;
using nlohmann::json;
using test::FakeKernel;
using Clock = std::chrono::steady_clock;

/// Runs what it is given by its words: "hang" begins and never ends by itself.
void Play(FakeKernel& kernel, const KernelMessage& request) {
  if (request.type == "complete_request") {
    return kernel.Reply(request, R"({"status": "ok", "matches": ["print"], "cursor_start": 0,
                                     "cursor_end": 3})");
  }
  if (request.type != "execute_request") return;
  const auto says = [&](const char* word) {
    return request.content.find(word) != std::string::npos;
  };
  kernel.Busy(request);
  kernel.Running(request, 1);
  if (says("name?")) return kernel.AskForLine(request, "name? ");
  kernel.Stream(request, "one");
  if (says("hang")) return;
  kernel.Publish(request, "display_data", R"({"data": {"text/plain": "two"}, "metadata": {}})");
  kernel.ReplyOk(request);
  kernel.Idle(request);
}

TEST_CASE("code is run and waited for: its outputs in order, and how it ended") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const json said =
      scene.Post("/api/kernels/" + id + "/execute", json{{"code", "1"}, {"wait_ms", 30000}});
  CHECK(said["status"] == 202);
  CHECK(said["kernel"] == id);
  CHECK(said["result"]["end"] == "ok");
  REQUIRE(said["chunks"].size() == 2);
  CHECK(said["chunks"][0] == json{{"kind", "stream"}, {"name", "stdout"}, {"text", "one"}});
  CHECK(said["chunks"][1]["data"]["text/plain"] == "two");
  CHECK(said["next"] == 2);
  const std::string request = std::to_string(said["request"].get<int>());
  const json later = scene.Get("/api/kernels/" + id + "/requests/" + request + "?since=1");
  CHECK(later["chunks"].size() == 1);
  CHECK(later["result"] == said["result"]);
}

TEST_CASE("a request is streamed: each chunk as it comes, and the result last") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const json said = scene.Post("/api/kernels/" + id + "/execute", json{{"code", "x"}});
  std::string received;
  scene.Client().Get(
      ("/api/kernels/" + id + "/requests/" + std::to_string(said["request"].get<int>())).c_str(),
      {{"Accept", "text/event-stream"}}, [&](const char* data, size_t size) {
        received.append(data, size);
        return true;
      });
  const size_t first = received.find("event: output\ndata: {\"kind\":\"stream\"");
  const size_t second = received.find("event: output\ndata: {\"kind\":\"display\"");
  const size_t end = received.find("event: end\ndata: {\"request\":");
  CHECK(first < second);
  CHECK(second < end);
  CHECK(end != std::string::npos);
  CHECK(received.ends_with("}\n\n"));
}

TEST_CASE("a stream of a request that there is not says so, and ends") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const auto answer = scene.Client().Get(("/api/kernels/" + id + "/requests/77").c_str(),
                                         {{"Accept", "text/event-stream"}});
  REQUIRE(answer);
  CHECK(answer->body.starts_with("event: error\ndata: {\"error\""));
}

TEST_CASE("a wait for the first output ends with it, though the request goes on") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const json said = scene.Post("/api/kernels/" + id + "/execute",
                               json{{"code", "hang"}, {"wait_ms", 30000}, {"until", "output"}});
  CHECK(said["chunks"].size() == 1);
  CHECK(said["result"].is_null());
  const json shown = scene.Get("/api/kernels/" + id);
  CHECK(shown["state"] == "busy");
  CHECK(shown["request"]["code"] == "hang");
  CHECK(shown["attached"] == true);
}

TEST_CASE("half a million characters pass, each written as an escape") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  std::string code = "hang ";
  for (int i = 0; i < 500'000; ++i) code += "\U0001F600";
  const json body = {{"code", code}};
  const std::string escaped = body.dump(-1, ' ', /*ensure_ascii=*/true);
  CHECK(escaped.size() > 6'000'000);
  CHECK(scene.Post("/api/kernels/" + id + "/execute", escaped)["status"] == 202);
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  const json shown = scene.Get("/api/kernels/" + id + "?wait_ms=0");
  CHECK(shown["request"]["code"].get<std::string>().size() == code.size());
}

TEST_CASE("twenty who wait keep nobody else waiting, and all hear of the end") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const json said = scene.Post("/api/kernels/" + id + "/execute", json{{"code", "hang"}});
  const std::string path = "/api/kernels/" + id + "/requests/" +
                           std::to_string(said["request"].get<int>()) + "?until=end&wait_ms=30000";
  constexpr int kWaiting = 20;
  std::atomic<int> heard = 0;
  std::vector<std::jthread> waiting;
  for (int i = 0; i < kWaiting; ++i) {
    waiting.emplace_back([&] {
      const auto answer = scene.Client().Get(path.c_str());
      if (answer && json::parse(answer->body)["result"].is_object()) ++heard;
    });
  }
  for (int i = 0; i < 20; ++i) {
    const auto begun = Clock::now();
    CHECK(scene.Get("/api/gui_health").contains("healthy"));
    CHECK(scene.Get("/api/kernels")["kernels"].size() == 1);
    CHECK(Clock::now() - begun < std::chrono::seconds(10));
  }
  CHECK(heard == 0);
  CHECK(scene.Post("/api/kernels/" + id + "/shutdown")["status"] == 202);  // it is let go of
  waiting.clear();
  CHECK(heard == kWaiting);
}

TEST_CASE("a server that closes waits for nobody who waits for a kernel") {
  FakeKernel kernel(Play);
  KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  std::atomic<bool> answered = false;
  std::jthread waiting([&, client = std::make_shared<httplib::Client>(scene.Client())] {
    const std::string body = R"({"code": "hang", "wait_ms": 30000})";
    const auto answer =
        client->Post(("/api/kernels/" + id + "/execute").c_str(), body, "application/json");
    answered = answer && json::parse(answer->body)["result"].is_null();
  });
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  const auto begun = Clock::now();
  scene.hooks.reset();
  CHECK(Clock::now() - begun < std::chrono::seconds(15));
  waiting.join();
  CHECK(answered);
}

TEST_CASE("the kernel's own answer to a completion is passed on") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const json said = scene.Post("/api/kernels/" + id + "/complete", json{{"code", "pri"}});
  CHECK(said["status"] == 200);
  CHECK(said["matches"] == json::array({"print"}));
  CHECK(scene.Post("/api/kernels/" + id + "/complete",
                   json{{"code", "é"}, {"cursor", 2}})["status"] == 400);
}

TEST_CASE("an inspection that does not come in time is told so") {
  FakeKernel kernel(Play);  // it does not know inspect_request
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const json said =
      scene.Post("/api/kernels/" + id + "/inspect", json{{"code", "x"}, {"timeout_s", 0.05}});
  CHECK(said["status"] == 504);
  CHECK(said.contains("hint"));
}

TEST_CASE("a line is taken only where the kernel waits for one") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  CHECK(scene.Post("/api/kernels/" + id + "/stdin", json{{"text", "Ada"}})["status"] == 409);
  const json said = scene.Post(
      "/api/kernels/" + id + "/execute",
      json{{"code", "name?"}, {"allow_stdin", true}, {"wait_ms", 30000}, {"until", "output"}});
  REQUIRE(said["chunks"].size() == 1);
  CHECK(said["chunks"][0] == json{{"kind", "input"}, {"text", "name? "}, {"password", true}});
  CHECK(scene.Get("/api/kernels/" + id)["awaits_input"]["prompt"] == "name? ");
  CHECK(scene.Post("/api/kernels/" + id + "/stdin", json{{"text", "Ada"}})["status"] == 202);
  CHECK(kernel.AwaitCount("input_reply", 1));
}

TEST_CASE("a loop is started, stepped, settled and stopped; what is dropped is told") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string id = scene.Attach(kernel);
  const std::string of = "/api/kernels/" + id;
  CHECK(scene.Post(of + "/loop/step")["status"] == 409);
  CHECK(scene.Post(of + "/loop/start")["status"] == 202);
  const json first = scene.Post(of + "/execute", json{{"code", "a"}})["request"];
  const json second = scene.Post(of + "/execute", json{{"code", "b"}})["request"];
  CHECK(scene.Get(of)["queued"] == json::array({first, second}));
  CHECK(scene.Post(of + "/loop/step")["request"] == first);
  CHECK(scene.Post(of + "/loop/settle", json{{"limit_s", 30}})["settled"] == true);
  const json third = scene.Post(of + "/execute", json{{"code", "c"}})["request"];
  CHECK(scene.Post(of + "/loop/stop")["dropped"] == json::array({third}));
  const json dropped = scene.Get(of + "/requests/" + third.dump() + "?until=end&wait_ms=30000");
  CHECK(dropped["result"]["cancelled"] == true);
  CHECK(scene.Get(of)["driven"] == false);
}

TEST_CASE("hooks tell what each phase was given, after a number") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string of = "/api/kernels/" + scene.Attach(kernel);
  scene.Post(of + "/execute", json{{"code", "a"}, {"wait_ms", 30000}});
  const json said = scene.Get(of + "/hooks");
  std::vector<std::string> phases;
  for (const json& call : said["calls"]) phases.push_back(call["phase"]);
  CHECK(phases ==
        std::vector<std::string>{"preparation", "pre_execution", "post_execution", "on_finish"});
  CHECK(said["calls"][3]["result"]["end"] == "ok");
  CHECK(said["calls"][3]["outputs"].size() == 2);
  CHECK(said["next"] == 4);
  CHECK(scene.Get(of + "/hooks?since=3")["calls"].size() == 1);
}

TEST_CASE("a kernel that is only watched is asked for nothing") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string of = "/api/kernels/" + scene.Attach(kernel, /*read_only=*/true);
  CHECK(scene.Get(of)["read_only"] == true);
  for (const char* route : {"/execute", "/complete", "/inspect"}) {
    const json said = scene.Post(of + route, json{{"code", "1"}});
    CHECK(said["status"] == 409);
    CHECK(said["error"].get<std::string>().find("read-only") != std::string::npos);
  }
  CHECK(scene.Post(of + "/interrupt")["status"] == 409);
  CHECK(scene.Post(of + "/restart")["status"] == 409);
  CHECK(kernel.Count("execute_request") == 0);
}

TEST_CASE("a kernel that there is not is refused, with those that there are") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  CHECK(scene.Get("/api/kernels/k9")["hint"] == "there are none; POST /api/kernels starts one");
  const std::string id = scene.Attach(kernel);
  for (const char* route : {"/execute", "/complete", "/inspect"}) {
    CHECK(scene.Post(std::string("/api/kernels/k9") + route, json{{"code", "1"}})["status"] == 404);
  }
  const json said = scene.Post("/api/kernels/k9/restart");
  CHECK(said["status"] == 404);
  CHECK(said["hint"] == "there are: " + id);
  CHECK(scene.Get("/api/kernels/" + id + "/requests/5")["status"] == 404);
  CHECK(scene.Get("/api/kernels/" + id + "/requests/x")["status"] == 404);
}

TEST_CASE("a body that a route does not take is refused with what it takes") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const std::string of = "/api/kernels/" + scene.Attach(kernel);
  for (const char* body : {"", "[]", "{", R"({"code": 1})", R"({"code": "a", "timeout_s": 0})",
                           R"({"code": "a", "timeout_s": "1"})", R"({"code": "a", "cod": 1})",
                           R"({"code": "a", "wait_ms": -1})", R"({"code": "a", "wait_ms": 1.5})",
                           R"({"code": "a", "until": "never"})", R"({"code": "a", "silent": 1})",
                           "{\"code\": \"\xff\"}"}) {
    INFO(body);
    const json said = scene.Post(of + "/execute", std::string(body));
    CHECK(said["status"] == 400);
    CHECK(said["hint"].get<std::string>().starts_with("send {\"code\""));
  }
  CHECK(scene.Post("/api/kernels", std::string(R"({"cwd": "here"})"))["status"] == 400);
  CHECK(scene.Post("/api/kernels", std::string(R"({"cwd": "/no/such/folder"})"))["status"] == 400);
  CHECK(scene.Post("/api/kernels", std::string(R"({"env": {"A": 1}})"))["status"] == 400);
  CHECK(scene.Post("/api/kernels", std::string(R"({"spares": 2})"))["status"] == 400);
  CHECK(scene.Post("/api/kernels/attach")["status"] == 400);
  CHECK(scene.Post("/api/kernels/attach",
                   std::string(R"({"connection_file": "/no/such"})"))["status"] == 400);
  CHECK(scene.Post(of + "/interrupt", std::string(R"({"request": 0})"))["status"] == 400);
  CHECK(scene.Post(of + "/stdin", std::string("{}"))["status"] == 400);
  CHECK(kernel.Count("execute_request") == 0);
}

TEST_CASE("a kernel that cannot be started is dead, with the reason, and is asked for nothing") {
  const KernelRoutesScene scene;
  const json said = scene.Post("/api/kernels", json{{"kernel", "no-such-kernel"}});
  CHECK(said["status"] == 202);
  const std::string of = "/api/kernels/" + said["id"].get<std::string>();
  const json shown = scene.Get(of + "?until=ready&wait_ms=30000");
  CHECK(shown["state"] == "dead");
  CHECK(shown["reason"].get<std::string>().find("no-such-kernel") != std::string::npos);
  CHECK(scene.Post(of + "/execute", json{{"code", "1"}})["status"] == 409);
}

TEST_CASE("a wait for news of the kernels ends when one comes") {
  FakeKernel kernel(Play);
  const KernelRoutesScene scene;
  const json before = scene.Get("/api/kernels");
  json after;
  std::jthread waiting(
      [&] { after = scene.Get("/api/kernels?wait_ms=30000&since=" + before["version"].dump()); });
  scene.Attach(kernel);
  waiting.join();
  CHECK(after["version"] > before["version"]);
  CHECK(after["kernels"].size() == 1);
}

TEST_CASE("the description names every route of kernels, and none that is not there") {
  const KernelRoutesScene scene;
  const json paths = scene.Get("/api/openapi.json")["paths"];
  int kernels = 0;
  for (const auto& [path, methods] : paths.items()) {
    if (!path.starts_with("/api/kernels")) continue;
    for (const auto& [method, operation] : methods.items()) {
      const std::string named = method + " " + path;
      INFO(named);
      CHECK_FALSE(operation.contains("x-undescribed"));
      CHECK_FALSE(operation.contains("x-absent"));
      ++kernels;
    }
  }
  CHECK(kernels == 18);
}

}  // namespace
}  // namespace proctor
