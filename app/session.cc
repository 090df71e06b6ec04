#include "app/session.h"

#include <fmt/format.h>

#include "app/routes.h"
#include "core/history/history.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

/// The hook server answers what the journal holds of the present batch.
std::string EventsSince(const Latest<const State>& states, uint64_t since, int limit) {
  const auto snapshot = states.Read();
  if (!snapshot.value || snapshot.value->batch.id.empty()) return "[]";
  const auto history = History::Open(DefaultStateDir());
  if (!history) return "[]";
  const auto rows =
      history->ReadEvents(snapshot.value->batch.id, since, static_cast<size_t>(limit));
  std::string array = "[";
  if (rows) {
    for (const EventRow& row : *rows) array += (array.size() > 1 ? "," : "") + row.line;
  }
  return array + "]";
}

}  // namespace

/// In order of construction; the hooks end before the engine that they post to.
struct Session::Parts {
  Selection selection;  ///< the command line's
  std::unique_ptr<Engine> engine;

  void Post(Event event) {
    auto* const asked = std::get_if<BatchRequested>(&event);
    if (asked && asked->selection == Selection{}) asked->selection = selection;
    engine->Post(std::move(event));
  }

  std::unique_ptr<hooks::Hooks> hooks;
};

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() {
  parts_->hooks.reset();
  parts_->engine.reset();
}

Engine& Session::engine() {
  return *parts_->engine;
}
void Session::Post(Event event) {
  parts_->Post(std::move(event));
}
hooks::Hooks& Session::hooks() {
  return *parts_->hooks;
}

Result<std::unique_ptr<Session>, Trouble> Session::Start(const RunCommand& command,
                                                         const Target& target,
                                                         std::function<void()> wake) {
  Result<Places, Trouble> places = FindPlaces();
  if (!places) return Failure{places.error()};
  auto parts = std::make_unique<Parts>();
  parts->selection = target.selection;
  auto hooks = hooks::Hooks::Start({.app = "proctor",
                                    .version = PROCTOR_VERSION,
                                    .port = command.port,
                                    .token = "",
                                    .generation = 0,
                                    .wake = wake,
                                    .discovery = hooks::Discovery::Off});
  if (!hooks) return Failure{Trouble{ExitCode::Usage, hooks.error()}};
  parts->hooks = std::move(*hooks);
  auto engine = Engine::Start({.config = target.config,
                               .tether = places->tether,
                               .python_path = places->python_path,
                               .bin_dir = places->bin_dir,
                               .state_dir = DefaultStateDir(),
                               .events_file = command.events,
                               .resume = target.resume,
                               .child_env = {{"PROCTOR_URL", parts->hooks->url()},
                                             {"PROCTOR_TOKEN", parts->hooks->token()},
                                             {"PROCTOR_BIN_DIR", places->bin_dir.string()}},
                               .reload = ReloadOf(command, target),
                               .on_publish = wake});
  if (!engine) return Failure{Trouble{ExitCode::Internal, engine.error()}};
  parts->engine = std::move(*engine);
  AddRoutes(
      {.hooks = *parts->hooks,
       .states = parts->engine->states(),
       .post = [p = parts.get()](Event event) { p->Post(std::move(event)); },
       .events = [e = parts->engine.get()](
                     uint64_t since, int limit) { return EventsSince(e->states(), since, limit); },
       .batches = DefaultStateDir() / "batches",
       .kernels = &parts->engine->kernels()});
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

}  // namespace proctor
