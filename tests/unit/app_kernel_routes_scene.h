#pragma once

#include <doctest/doctest.h>
#include <httplib.h>
#include <uv.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "app/kernel_routes.h"
#include "core/kernel/host.h"
#include "hooks/hooks.h"
#include "tests/fakes/fake_kernel.h"
#include "tests/unit/temporary_folder.h"

namespace proctor::fakes {

/// The kernels' routes over a real host, and scripted kernels that are attached to it.
class KernelRoutesScene {
 public:
  using json = nlohmann::json;

  KernelRoutesScene() {
    uv_loop_init(&loop_);
    host_ = std::make_unique<KernelHost>(
        KernelHost::World{&loop_, nullptr, {}, folder_.path() / "kernels"});
    thread_ = std::thread([this] { uv_run(&loop_, UV_RUN_DEFAULT); });
    auto started = hooks::Hooks::Start(
        {.discovery = hooks::Discovery::Off, .crash_note = hooks::CrashNote::Off});
    REQUIRE(started);
    hooks = std::move(*started);
    AddKernelRoutes(*hooks, *host_);
  }
  ~KernelRoutesScene() {
    hooks.reset();
    host_->RunOnLoop([this] { host_->Stop(); });  // the loop's last handle goes with it
    thread_.join();
    host_.reset();
    uv_loop_close(&loop_);
  }
  KernelRoutesScene(const KernelRoutesScene&) = delete;
  KernelRoutesScene& operator=(const KernelRoutesScene&) = delete;

  httplib::Client Client() const {
    httplib::Client client("127.0.0.1", hooks->port());
    client.set_default_headers({{"Authorization", "Bearer " + hooks->token()}});
    client.set_read_timeout(120);
    return client;
  }
  /// The answer's body, with its status beside it.
  json Get(const std::string& path) const { return Told(Client().Get(path.c_str())); }
  json Post(const std::string& path, const std::string& body = "") const {
    return Told(Client().Post(path.c_str(), body, "application/json"));
  }
  json Post(const std::string& path, const json& body) const { return Post(path, body.dump()); }

  /// Attaches it, and waits until it is ready; its id.
  std::string Attach(const test::FakeKernel& kernel, bool read_only = false) const {
    const auto file = folder_.path() / "connection.json";
    REQUIRE(WriteConnectionFile(file, kernel.connection()));
    const json said = Post("/api/kernels/attach",
                           json{{"connection_file", file.string()}, {"read_only", read_only}});
    REQUIRE(said["status"] == 202);
    const std::string id = said["id"];
    if (!read_only) {
      CHECK(Get("/api/kernels/" + id + "?until=ready&wait_ms=30000")["state"] == "idle");
    }
    return id;
  }

  std::unique_ptr<hooks::Hooks> hooks;

 private:
  static json Told(const httplib::Result& answer) {
    REQUIRE(answer);
    json body = json::parse(answer->body);
    body["status"] = answer->status;
    return body;
  }

  TemporaryFolder folder_;
  uv_loop_t loop_{};
  std::unique_ptr<KernelHost> host_;
  std::thread thread_;
};

}  // namespace proctor::fakes
