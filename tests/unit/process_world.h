#pragma once

#include <unistd.h>
#include <uv.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/overloaded.h"
#include "core/process/output_reader.h"
#include "core/process/pipe.h"
#include "core/process/proc_linux.h"
#include "core/process/tether_client.h"
#include "core/process/workspace.h"

namespace proctor::test {

using namespace std::chrono_literals;

inline std::string Child(const std::string& name) {
  return std::string(PROCTOR_CHILDREN) + "/" + name;
}

/// A process by pid and start time, so that a reused pid is not taken for it.
class Witness {
 public:
  explicit Witness(int pid) : pid_(pid) {
    const std::optional<ProcessInfo> info = ReadProcess(pid);
    start_ = info ? info->start_ticks : 0;
  }
  bool WasSeen() const { return start_ != 0; }
  bool Lives() const {
    const std::optional<ProcessInfo> info = ReadProcess(pid_);
    return info && info->start_ticks == start_ && info->state != 'Z' && info->state != 'X';
  }
  int pid() const { return pid_; }

 private:
  int pid_;
  uint64_t start_ = 0;
};

/// Whether the condition came true in time. For what no event tells.
inline bool Within(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

inline bool AllDead(const std::vector<Witness>& witnesses) {
  for (const Witness& witness : witnesses) {
    if (witness.Lives()) return false;
  }
  return true;
}

/// What a child has written, and whether its output has ended.
struct Collected {
  std::string text;
  bool ended = false;
  std::unique_ptr<OutputReader> reader;

  std::vector<int> Numbers() const {
    std::istringstream in(text);
    std::vector<int> numbers;
    for (int number = 0; in >> number;) numbers.push_back(number);
    return numbers;
  }
  bool HasLine(const std::string& line) const {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
  }
};

/// A loop, a tether on it, and the log of all that the tether said.
class World {
 public:
  explicit World(const std::filesystem::path& program = PROCTOR_TETHER) {
    uv_loop_init(&loop_);
    auto started = TetherClient::Start(&loop_, program,
                                       [this](TetherEvent event) { events.push_back(event); });
    if (started) tether = std::move(*started);
  }
  ~World() {
    tether.reset();
    outputs_.clear();
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  /// Runs the loop until the condition holds. False: it did not within the limit.
  bool Until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 60s) {
    bool late = false;
    uv_timer_t timer;
    uv_timer_init(&loop_, &timer);
    timer.data = &late;
    uv_timer_start(
        &timer, [](uv_timer_t* t) { *static_cast<bool*>(t->data) = true; },
        static_cast<uint64_t>(limit.count()), 0);
    while (!condition() && !late) uv_run(&loop_, UV_RUN_ONCE);
    bool closed = false;
    timer.data = &closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&timer),
             [](uv_handle_t* t) { *static_cast<bool*>(t->data) = true; });
    while (!closed) uv_run(&loop_, UV_RUN_NOWAIT);
    return !late;
  }

  template <typename Event>
  const Event* Find(ChildId child) const {
    for (const TetherEvent& event : events) {
      const Event* found = std::get_if<Event>(&event);
      if (found != nullptr && found->child == child) return found;
    }
    return nullptr;
  }
  template <typename Event>
  const Event* Await(ChildId child) {
    Until([&] { return Find<Event>(child) != nullptr || Lost() != nullptr; });
    return Find<Event>(child);
  }
  const TetherLost* Lost() const {
    for (const TetherEvent& event : events) {
      if (const auto* lost = std::get_if<TetherLost>(&event)) return lost;
    }
    return nullptr;
  }

  /// Spawns with standard output collected.
  ChildId Spawn(SpawnSpec spec, Collected& output) {
    FdPair pipe = std::move(*MakePipe());
    Collect(std::move(pipe.first), output);
    spec.fds.push_back({.child_fd = 1, .fd = pipe.second.get()});
    return tether->Spawn(spec);
  }
  void Collect(Fd from, Collected& into) {
    into.reader = std::make_unique<OutputReader>(
        &loop_, std::move(from),
        OutputReader::Callbacks{.on_chunk = [&](std::string_view chunk) { into.text += chunk; },
                                .on_end = [&] { into.ended = true; }});
  }
  bool AwaitLine(const Collected& output) {
    return Until([&] { return output.text.find('\n') != std::string::npos; });
  }

  uv_loop_t* loop() { return &loop_; }

  std::vector<TetherEvent> events;
  std::unique_ptr<TetherClient> tether;

 private:
  uv_loop_t loop_;
  std::vector<std::unique_ptr<OutputReader>> outputs_;
};

/// A directory that is gone when the test is over.
class TempDir {
 public:
  TempDir() : path_(*MakeWorkspace(std::filesystem::temp_directory_path(), "proctor-test")) {}
  ~TempDir() { (void)RemoveTree(path_).has_value(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace proctor::test
