#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/process/tether_client.h"

struct uv_loop_s;
struct uv_timer_s;

namespace proctor {

/// Takes the stacks of live processes: at once what /proc tells of each thread, then
/// what py-spy and gdb or eu-stack print, started through the tether one after the
/// other. Lives on the loop. The client outlives it, and its events are passed on.
class StackTaker {
 public:
  /// The text for people: /proc's part first, each tool's part after it, or why there
  /// is none. Comes once, from the loop, and never from within Take().
  using OnTaken = std::function<void(std::string text)>;

  /// `limit` is for all tools of one process together. A tool that is not done by then
  /// is asked to let go of the process, soon after ended, and what it wrote is kept.
  StackTaker(uv_loop_s* loop, TetherClient* tether, Environment environment,
             std::chrono::milliseconds limit = std::chrono::seconds(5));
  /// What is still being taken is not told any more; its tools are ended.
  ~StackTaker();
  StackTaker(const StackTaker&) = delete;
  StackTaker& operator=(const StackTaker&) = delete;

  void Take(int pid, OnTaken on_taken);
  /// The stacks in a core of that program, by gdb or eu-stack.
  void TakeFromCore(const std::filesystem::path& core, const std::filesystem::path& program,
                    OnTaken on_taken);

  /// True: the event was about a tool of ours. A lost tether is everybody's.
  bool OnTether(const TetherEvent& event);

 private:
  struct Taking;

  void Begin(std::string text, std::vector<SpawnSpec> tools, OnTaken on_taken);
  static void Ring(uv_timer_s* timer);
  void Next(Taking& taking);
  void StartTool(Taking& taking, SpawnSpec spec);
  void OnToolDone(Taking& taking);
  void OnTimer(Taking& taking);
  void Conclude(Taking& taking);
  void Tell(Taking& taking);
  Taking* Find(ChildId child);

  uv_loop_s* loop_;
  TetherClient* tether_;
  const Environment environment_;
  const std::chrono::milliseconds limit_;
  std::list<std::unique_ptr<Taking>> takings_;
};

}  // namespace proctor
