#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/latest.h"
#include "core/base/result.h"
#include "core/model/event.h"
#include "core/model/state.h"

namespace proctor {

class KernelHost;

/// What the engine is started with.
struct EngineOptions {
  std::shared_ptr<const Config> config;
  std::filesystem::path tether;       ///< the tether's program
  std::filesystem::path python_path;  ///< the folder that holds the package `proctor`
  std::filesystem::path bin_dir;      ///< put before the PATH of all that is started
  std::filesystem::path state_dir;    ///< journal and logs; see DefaultStateDir()
  std::filesystem::path events_file;  ///< every journalled event, a JSON line each; empty: none
  /// A batch that is to go on, as its journal tells it; null: none. Its own config counts:
  /// `config` is to be the same. It begins with the engine.
  std::shared_ptr<const State> resume;
  /// Environment of every child on top of Proctor's own: PROCTOR_URL, PROCTOR_TOKEN.
  std::vector<std::pair<std::string, std::string>> child_env;
  /// Asked before each batch but the resumed one, on the loop thread: the config where it is
  /// another by now, null where it is not; or why it cannot be used. Empty: it never changes.
  std::function<Result<std::shared_ptr<const Config>, std::string>()> reload;
  /// Runs on the loop thread after each publication; must not block.
  std::function<void()> on_publish;
};

/// $XDG_STATE_HOME/proctor, else ~/.local/state/proctor.
std::filesystem::path DefaultStateDir();

/// The loop: takes events, updates the state, performs effects, publishes. It owns
/// a thread, the tether, and all that the tether starts. Post and read from any
/// thread; destroying it ends everything that it started.
class Engine {
 public:
  /// Errors: a sentence. The tether or the journal cannot be had.
  static Result<std::unique_ptr<Engine>, std::string> Start(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void Post(Event event);
  const Latest<const State>& states() const;
  /// The kernels that it runs; its any-thread methods.
  KernelHost& kernels();

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor
