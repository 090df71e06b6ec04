#pragma once
// What hooks.h declares where the hooks are compiled out (PROCTOR_HOOKS_OFF): the same class,
// which draws what it is given and does nothing else. Nothing listens, nothing is guarded.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/expected.h"
#include "hooks/options.h"

namespace proctor::hooks {

class Hooks {
 public:
  static Expected<std::unique_ptr<Hooks>> Start(const Options&) {
    return std::make_unique<Hooks>();
  }

  int port() const { return 0; }
  const std::string& url() const { return empty_; }
  const std::string& token() const { return empty_; }
  void Announce() {}
  const std::string& discovery_file() const { return empty_; }

  void Frame(const std::function<void()>& draw) { draw(); }
  void BeginFrame() {}
  void EndFrame() {}
  void Guard(std::string_view, const std::function<void()>& draw) { draw(); }
  void Panel(std::string_view, const std::function<void()>& draw) { draw(); }
  [[nodiscard]] bool RunOnFrame(const std::function<void()>&, std::chrono::milliseconds = {}) {
    return false;
  }

  void SetDegraded(std::string_view) {}
  void SetIoPoolAlive(bool) {}
  void AddCheck(std::string_view, CheckOn, const std::function<CheckAnswer()>&) {}
  std::string HealthJson() { return "{}"; }
  void ResetHealth() {}

  void AddAction(std::string_view, RunOn, const ActionFn&, std::string_view = "") {}
  void AddState(std::string_view, RunOn, const StateFn&) {}
  void OnShutdown(RunOn, const std::function<void()>&) {}
  void Log(LogLevel, std::string_view) {}
  std::string TraceJson() { return "{}"; }

  void AddRoute(std::string_view, std::string_view, Access, const Handler&,
                BodySize = BodySize::Usual) {}
  void Describe(const std::vector<RouteInfo>&) {}
  void AddStream(std::string_view, Access, const StreamHandler&) {}

  bool ShutdownRequested() const { return asked_; }
  void RequestShutdown() { asked_ = true; }
  bool Stopping() const { return asked_; }

 private:
  std::string empty_;
  bool asked_ = false;
};

}  // namespace proctor::hooks
