#include "hooks/hooks.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "hooks/access.h"
#include "hooks/board.h"
#include "hooks/board_routes.h"
#include "hooks/chronicle.h"
#include "hooks/crash_note.h"
#include "hooks/discovery.h"
#include "hooks/frame_gate.h"
#include "hooks/guard.h"
#include "hooks/gui_health.h"
#include "hooks/health_format.h"
#include "hooks/request_log.h"
#include "hooks/server.h"
#include "hooks/trace_routes.h"
#include "hooks/ui/camera.h"
#include "hooks/ui/stage.h"
#include "hooks/ui/ui_routes.h"
#include "hooks/waker.h"

namespace proctor::hooks {
namespace {

using std::chrono::milliseconds;

/// How long a health answer waits for a sleeping loop to show that it is not hung.
constexpr milliseconds kProofOfLife{250};
/// Frames that a health request sees to: its asker then sees the counter advance,
/// even if the first of them had begun before the request.
constexpr int kFramesPerRequest = 2;
/// Frames from work that ran until ImGui has settled: a window that opens is first
/// measured and then placed.
constexpr int kFramesToSettle = 4;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int GenerationFromEnvironment() {
  const std::string text = FromEnvironment("PROCTOR_GENERATION");
  int generation = 0;
  std::from_chars(text.data(), text.data() + text.size(), generation);
  return generation;
}

/// By a person or a script; or by Proctor, which gives its subjects their token.
bool IsAskedFor() {
  return FromEnvironment("PROCTOR_HOOKS") == "1" || !FromEnvironment("PROCTOR_HOOKS_TOKEN").empty();
}

std::string TokenFor(const Options& options) {
  if (!options.token.empty()) return options.token;
  std::string token = FromEnvironment("PROCTOR_HOOKS_TOKEN");
  return token.empty() ? RandomToken() : token;
}

struct Check {
  std::string name;
  CheckOn where;
  std::function<CheckAnswer()> run;
};

CheckResult ResultOf(const Check& check) {
  try {
    CheckAnswer answer = check.run();
    return {.ok = answer.ok, .detail = std::move(answer.detail)};
  } catch (const std::exception& error) {
    return {.ok = false, .detail = std::string("the check threw: ") + error.what()};
  } catch (...) {
    return {.ok = false, .detail = "the check threw what is no std::exception"};
  }
}

}  // namespace

struct Hooks::Impl {
  Impl(Options given, std::unique_ptr<Server> listening, std::string the_token)
      : options(std::move(given)),
        token(std::move(the_token)),
        health({.app = options.app,
                .version = options.version,
                .generation = options.generation.value_or(GenerationFromEnvironment()),
                .hang_after = options.hang_after,
                .on_record =
                    [this](const ErrorRecord& record) {
                      chronicle.OnError(record);
                      NoteHealth();
                    }}),
        chronicle(options.hang_after),
        waker(options.wake),
        stage([this] { waker.Wake(); }, [this] { return health.frame(); }),
        camera([this] { waker.Wake(); }, options.capture),
        server(std::move(listening)),
        url(server->port() == 0 ? "" : "http://127.0.0.1:" + std::to_string(server->port())) {}

  void AddRoutes();
  void AddUi();
  void AddBoard();
  void AddTrace();
  void AddDescription();
  void WriteDiscovery();
  /// A health snapshot as fresh as a loop that may be hung allows.
  HealthSnapshot Examine();
  void RunChecks(CheckOn where);
  std::optional<std::string> AskCheck(const std::string& name);
  void RequestShutdown();
  /// Tells the trace of the health's state, where it is a new one.
  void NoteHealth() { chronicle.OnHealth(health.Take()); }
  /// What keeps the frame loop from its work, for a person.
  std::string LoopCondition();

  Options options;
  std::string token;
  GuiHealth health;
  Chronicle chronicle;
  hooks::Guard guard{health};
  FrameGate gate;
  Waker waker;
  ui::Stage stage;
  ui::Camera camera;
  Board board{[this](std::function<void()> work, milliseconds timeout) {
    return gate.Run(std::move(work), timeout, [this] { waker.Wake(); });
  }};
  std::unique_ptr<Server> server;
  std::string url;
  DiscoveryFile discovery;
  std::atomic<bool> shutdown = false;
  std::atomic<int> frames_wanted = 0;          ///< frames still owed to whoever asked
  std::atomic<uint64_t> hung_at = UINT64_MAX;  ///< the frame after which a hang was proven
  std::mutex described_mutex;
  std::vector<RouteInfo> described = HooksRoutes();
  std::mutex checks_mutex;
  std::vector<std::shared_ptr<const Check>> checks;
};

HealthSnapshot Hooks::Impl::Examine() {
  RunChecks(CheckOn::ServerThread);
  frames_wanted = kFramesPerRequest;
  HealthSnapshot taken = health.Take();
  waker.Wake();
  chronicle.OnHealth(taken);
  if (taken.state != HealthState::Hung || !waker.CanWake()) return taken;
  // An idle loop may have slept for longer than a hang takes. Awake, it ends a frame
  // at once; where it does not, the hang is proven and need not be proven again.
  if (hung_at == taken.frame) return taken;
  gate.WaitForFrame(kProofOfLife, nullptr);
  HealthSnapshot again = health.Take();
  if (again.state == HealthState::Hung) hung_at = again.frame;
  chronicle.OnHealth(again);
  return again;
}

std::optional<std::string> Hooks::Impl::AskCheck(const std::string& name) {
  RunChecks(CheckOn::ServerThread);
  frames_wanted = kFramesPerRequest;  // those of the frame thread answer with the next frame
  const auto checks_now = health.Take().checks;
  const auto found = checks_now.find(name);
  if (found != checks_now.end()) {
    const CheckResult& result = found->second;
    return result.ok ? "" : result.detail.empty() ? "it says no" : result.detail;
  }
  const std::lock_guard lock(checks_mutex);
  const bool known = std::any_of(checks.begin(), checks.end(),
                                 [&](const auto& check) { return check->name == name; });
  return known ? std::optional<std::string>("it was not asked yet") : std::nullopt;
}

void Hooks::Impl::RunChecks(CheckOn where) {
  std::vector<std::shared_ptr<const Check>> due;
  {
    const std::lock_guard lock(checks_mutex);
    for (const auto& check : checks) {
      if (check->where == where) due.push_back(check);
    }
  }
  for (const auto& check : due) health.SetCheck(check->name, ResultOf(*check));
}

void Hooks::Impl::RequestShutdown() {
  shutdown = true;
  if (options.on_shutdown) options.on_shutdown();
  board.RunShutdownHandlers(RunOn::ServerThread);
  waker.Wake();
}

std::string Hooks::Impl::LoopCondition() {
  const HealthSnapshot taken = health.Take();
  const std::string state(ToString(taken.state));
  return taken.degraded_reason ? state + ", " + *taken.degraded_reason : "it is " + state;
}

void Hooks::Impl::AddRoutes() {
  server->AddRoute("GET", "/api/gui_health", Access::Open,
                   [this](const HttpRequest&) { return HttpAnswer{.body = ToJson(Examine())}; });
  server->AddRoute("POST", "/api/gui_health/reset", Access::Token, [this](const HttpRequest&) {
    health.Reset();
    return HttpAnswer{.body = ToJson(Examine())};
  });
  server->AddRoute("GET", "/api/guard", Access::Token, [this](const HttpRequest&) {
    return HttpAnswer{.body = GuardJson(health.Take().guard)};
  });
  server->AddRoute("GET", "/livez", Access::Open, [](const HttpRequest&) {
    return HttpAnswer{.content_type = "text/plain", .body = "alive\n"};
  });
  server->AddRoute("GET", "/readyz", Access::Open, [this](const HttpRequest&) {
    const HealthSnapshot taken = Examine();
    return HttpAnswer{.status = taken.healthy() ? 200 : 503,
                      .content_type = "text/plain",
                      .body = std::string(ToString(taken.state)) + "\n"};
  });
  server->AddRoute("GET", "/metrics", Access::Open, [this](const HttpRequest&) {
    return HttpAnswer{.content_type = "text/plain; version=0.0.4", .body = ToMetrics(Examine())};
  });
  server->AddRoute("POST", "/api/shutdown", Access::Token, [this](const HttpRequest&) {
    // After the answer, so that the program does not end under it.
    return HttpAnswer{.status = 202, .body = R"({"shutting_down": true})", .after = [this] {
                        RequestShutdown();
                      }};
  });
}

void Hooks::Impl::AddUi() {
  const auto add = [this](const char* method, const char* pattern, Handler handler) {
    server->AddRoute(method, pattern, Access::Token, std::move(handler));
  };
  ui::AddUiRoutes(add, {.stage = stage,
                        .camera = camera,
                        .on_played = [this](const ui::Played& played) { chronicle.OnUi(played); },
                        .ask_check = [this](const std::string& name) { return AskCheck(name); }});
}

void Hooks::Impl::AddTrace() {
  server->OnAnswered([this](const AnsweredRequest& request) {
    chronicle.OnRequest(request);
    LogRequest(request);
  });
  AddTraceRoutes({.add =
                      [this](const char* method, const char* pattern, Handler handler) {
                        server->AddRoute(method, pattern, Access::Token, std::move(handler));
                      },
                  .app = options.app,
                  .version = options.version,
                  .before = [this] { NoteHealth(); }},
                 chronicle.trace());
}

void Hooks::Impl::AddBoard() {
  AddBoardRoutes({.add =
                      [this](const char* method, const char* pattern, Handler handler) {
                        server->AddRoute(method, pattern, Access::Token, std::move(handler));
                      },
                  .loop_condition = [this] { return LoopCondition(); },
                  .on_ran = [this](const ActionRan& ran) { chronicle.OnAction(ran); }},
                 board);
}

void Hooks::Impl::AddDescription() {
  server->AddRoute("GET", "/api/openapi.json", Access::Token, [this](const HttpRequest&) {
    const std::lock_guard lock(described_mutex);
    return HttpAnswer{.body =
                          OpenApiJson(options.app, options.version, described, server->Routes())};
  });
}

void Hooks::Impl::WriteDiscovery() {
  if (url.empty()) return;  // there is nothing to be discovered
  auto written = DiscoveryFile::Write({.url = url, .token = token, .app = options.app});
  if (!written) {
    std::fprintf(stderr, "hooks: no discovery file: %s\n", written.error().c_str());
    return;
  }
  discovery = std::move(*written);
}

Expected<std::unique_ptr<Hooks>> Hooks::Start(Options options) {
  std::string token = TokenFor(options);
  if (token.empty()) return Failure{"the system gives no random numbers for a token"};
  const bool asked = options.listen == Listen::Always || IsAskedFor();
  auto server = asked ? Server::Listen(options.port, token)
                      : Expected<std::unique_ptr<Server>>(Server::Silent());
  if (!server) return Failure{server.error()};
  try {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(*server), std::move(token));
    impl->gate.Expect();
    impl->AddRoutes();
    impl->AddUi();
    impl->AddBoard();
    impl->AddTrace();
    impl->AddDescription();
    if (impl->options.discovery == Discovery::Write) impl->WriteDiscovery();
    if (impl->options.crash_note == CrashNote::Write) InstallCrashNote(impl->discovery.path());
    impl->server->Serve();
    return std::unique_ptr<Hooks>(new Hooks(std::move(impl)));
  } catch (const std::system_error& error) {
    return Failure{std::string("cannot start the hooks' threads: ") + error.what()};
  }
}

Hooks::Hooks(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Hooks::~Hooks() {
  impl_->gate.Close();
  impl_->stage.Close();
  impl_->camera.Close();
  impl_->server->Stop();
  if (impl_->shutdown) impl_->board.RunShutdownHandlers(RunOn::FrameThread);
  if (impl_->options.crash_note == CrashNote::Write) RemoveCrashNote();
}

int Hooks::port() const {
  return impl_->server->port();
}
const std::string& Hooks::url() const {
  return impl_->url;
}
const std::string& Hooks::token() const {
  return impl_->token;
}
void Hooks::Announce() {
  impl_->WriteDiscovery();
  // A crash takes the file away too.
  if (impl_->options.crash_note == CrashNote::Write) InstallCrashNote(impl_->discovery.path());
}

const std::string& Hooks::discovery_file() const {
  return impl_->discovery.path();
}

void Hooks::Frame(const std::function<void()>& draw) {
  BeginFrame();
  Guard("frame", draw);
  EndFrame();
}

void Hooks::BeginFrame() {
  impl_->waker.OnFrame();
  impl_->chronicle.OnFrameBegin();
  impl_->health.BeginFrame();
  impl_->stage.Attach();
  impl_->camera.Attach();
  const FrameGate::Ran ran = impl_->gate.OnBegin();
  if (ran == FrameGate::Ran::Work) impl_->frames_wanted = kFramesToSettle;
}

void Hooks::EndFrame() {
  const bool asked = impl_->frames_wanted > 0;
  if (asked) impl_->RunChecks(CheckOn::FrameThread);
  impl_->health.EndFrame();
  const auto look = impl_->chronicle.OnFrameEnd(impl_->health.frame());
  if (look == Chronicle::Look::AtHealth) impl_->NoteHealth();
  impl_->gate.OnEnd();
  if (impl_->shutdown) impl_->board.RunShutdownHandlers(RunOn::FrameThread);
  if (asked && --impl_->frames_wanted > 0) impl_->waker.Wake();
}

void Hooks::Guard(std::string_view what, const std::function<void()>& draw) {
  impl_->guard.Run(what, draw);
}

void Hooks::Panel(std::string_view panel, const std::function<void()>& draw) {
  impl_->guard.RunPanel(panel, draw);
}

bool Hooks::RunOnFrame(std::function<void()> work, milliseconds timeout) {
  return impl_->gate.Run(std::move(work), timeout, [this] { impl_->waker.Wake(); });
}

void Hooks::SetDegraded(std::string_view reason) {
  impl_->health.SetDegraded(reason);
  impl_->NoteHealth();
}
void Hooks::SetIoPoolAlive(bool alive) {
  impl_->health.SetIoPoolAlive(alive);
  impl_->NoteHealth();
}

void Hooks::AddCheck(std::string name, CheckOn where, std::function<CheckAnswer()> check) {
  auto added = std::make_shared<const Check>(Check{std::move(name), where, std::move(check)});
  const std::lock_guard lock(impl_->checks_mutex);
  std::erase_if(impl_->checks, [&](const auto& present) { return present->name == added->name; });
  impl_->checks.push_back(std::move(added));
}

std::string Hooks::HealthJson() {
  return ToJson(impl_->Examine());
}
void Hooks::ResetHealth() {
  impl_->health.Reset();
  impl_->NoteHealth();
}

void Hooks::Log(LogLevel level, std::string_view text) {
  impl_->chronicle.OnLog(level, text);
}

void Hooks::AddAction(std::string name, RunOn where, ActionFn run, std::string description) {
  impl_->board.AddAction(std::move(name), where, std::move(run), std::move(description));
}

void Hooks::AddState(std::string name, RunOn where, StateFn read) {
  impl_->board.AddState(std::move(name), where, std::move(read));
}

void Hooks::OnShutdown(RunOn where, std::function<void()> handler) {
  impl_->board.OnShutdown(where, std::move(handler));
}

std::string Hooks::TraceJson() {
  impl_->NoteHealth();
  return ToChromeJson(impl_->options.app, impl_->options.version, impl_->chronicle.trace());
}

void Hooks::AddRoute(std::string method, std::string pattern, Access access, Handler handler,
                     BodySize body) {
  impl_->server->AddRoute(std::move(method), std::move(pattern), access, std::move(handler), body);
}

void Hooks::Describe(const std::vector<RouteInfo>& routes) {
  const std::lock_guard lock(impl_->described_mutex);
  impl_->described.insert(impl_->described.end(), routes.begin(), routes.end());
}

void Hooks::AddStream(std::string pattern, Access access, StreamHandler handler) {
  impl_->server->AddStream(std::move(pattern), access, std::move(handler));
}

bool Hooks::Stopping() const {
  return impl_->server->Stopping();
}
bool Hooks::ShutdownRequested() const {
  return impl_->shutdown;
}
void Hooks::RequestShutdown() {
  impl_->RequestShutdown();
}

}  // namespace proctor::hooks
