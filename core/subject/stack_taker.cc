#include "core/subject/stack_taker.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>

#include "core/base/overloaded.h"
#include "core/base/utf8.h"
#include "core/process/output_reader.h"
#include "core/process/stacks_linux.h"

namespace proctor {
namespace {

/// For how long a tool may take to let go of the process once it was asked to.
constexpr std::chrono::milliseconds kLetGo{500};
constexpr size_t kMostOutput = 1 << 20;  ///< bytes kept of one tool
constexpr const char* kNoTool =
    "neither gdb nor eu-stack is on PATH; 'sudo apt install gdb' provides one.\n";

}  // namespace

/// One process whose stacks are taken; one tool of it runs at a time, since only one
/// debugger can hold a process.
struct StackTaker::Taking {
  StackTaker* owner;
  OnTaken on_taken;
  std::string text;
  std::deque<SpawnSpec> tools;  ///< still to be run
  std::string tool;             ///< the name of the one that runs
  ChildId child;                ///< 0: none runs
  bool exited = false;
  bool ended = false;  ///< its output is
  bool late = false;   ///< the limit is over
  std::string output;
  std::unique_ptr<OutputReader> reader;
  uv_timer_t* timer = nullptr;  ///< freed by libuv's close callback
};

StackTaker::StackTaker(uv_loop_s* loop, TetherClient* tether, Environment environment,
                       std::chrono::milliseconds limit)
    : loop_(loop), tether_(tether), environment_(std::move(environment)), limit_(limit) {}

StackTaker::~StackTaker() {
  for (const auto& taking : takings_) {
    if (taking->child) tether_->EndTree(taking->child);
    uv_close(reinterpret_cast<uv_handle_t*>(taking->timer),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
}

void StackTaker::Take(int pid, OnTaken on_taken) {
  std::string text = ThreadsOf(pid);
  std::vector<SpawnSpec> tools;
  if (auto spec = PythonStackDumpSpec(pid, environment_)) tools.push_back(*spec);
  const std::optional<SpawnSpec> native = StackDumpSpec(pid, environment_);
  if (native) tools.push_back(*native);
  if (!native) text += std::string("\nThe program's own stacks were not taken: ") + kNoTool;
  Begin(std::move(text), std::move(tools), std::move(on_taken));
}

void StackTaker::TakeFromCore(const std::filesystem::path& core,
                              const std::filesystem::path& program, OnTaken on_taken) {
  const std::optional<SpawnSpec> tool = CoreStackSpec(core, program, environment_);
  if (tool) return Begin("", {*tool}, std::move(on_taken));
  Begin(std::string("The stacks in the core were not read: ") + kNoTool, {}, std::move(on_taken));
}

void StackTaker::Begin(std::string text, std::vector<SpawnSpec> tools, OnTaken on_taken) {
  takings_.push_back(std::make_unique<Taking>());
  Taking& taking = *takings_.back();
  taking.owner = this;
  taking.on_taken = std::move(on_taken);
  taking.text = std::move(text);
  taking.tools.assign(std::make_move_iterator(tools.begin()), std::make_move_iterator(tools.end()));
  taking.timer = new uv_timer_t;
  uv_timer_init(loop_, taking.timer);
  taking.timer->data = &taking;
  const bool any = !taking.tools.empty();
  uv_timer_start(taking.timer, &StackTaker::Ring, any ? static_cast<uint64_t>(limit_.count()) : 0,
                 static_cast<uint64_t>(kLetGo.count()));
  if (any) Next(taking);
}

void StackTaker::Ring(uv_timer_s* timer) {
  auto* taking = static_cast<Taking*>(timer->data);
  taking->owner->OnTimer(*taking);
}

/// Starts the next tool; the timer tells what was taken where there is none left.
void StackTaker::Next(Taking& taking) {
  if (taking.late && !taking.tools.empty()) {
    taking.text += fmt::format("\n{} was not run: the time was over\n", taking.tools[0].argv[0]);
  }
  if (taking.late || taking.tools.empty()) {
    uv_timer_start(taking.timer, &StackTaker::Ring, 0, 0);
    return;
  }
  SpawnSpec spec = std::move(taking.tools.front());
  taking.tools.pop_front();
  StartTool(taking, std::move(spec));
}

void StackTaker::StartTool(Taking& taking, SpawnSpec spec) {
  taking.tool = spec.argv[0];
  taking.exited = taking.ended = false;
  taking.output.clear();
  auto pipe = MakePipe();
  if (!pipe) {
    taking.text += fmt::format("\n{} could not be started: {}\n", taking.tool, pipe.error());
    return Next(taking);
  }
  spec.fds = {{1, pipe->second.get()}, {2, pipe->second.get()}};
  taking.child = tether_->Spawn(spec);
  taking.reader = std::make_unique<OutputReader>(
      loop_, std::move(pipe->first),
      OutputReader::Callbacks{[&taking](std::string_view chunk) {
                                const size_t room = kMostOutput - taking.output.size();
                                taking.output += chunk.substr(0, room);
                              },
                              [this, &taking] {
                                taking.ended = true;
                                if (taking.exited) OnToolDone(taking);
                              }});
}

void StackTaker::OnToolDone(Taking& taking) {
  taking.child = {};
  Conclude(taking);
  Next(taking);
}

/// Adds what the tool wrote to the text.
void StackTaker::Conclude(Taking& taking) {
  const std::string stacks = Utf8Safe(TidyStacks(taking.output));
  taking.text += fmt::format("\n{}:\n{}", taking.tool, stacks.empty() ? "(nothing)\n" : stacks);
  if (taking.late) {
    taking.text +=
        fmt::format("({} was ended after {} ms; what it had not written yet is missing)\n",
                    taking.tool, limit_.count());
  }
}

/// Comes when the limit is over, then when the tool has not let go, or at once when
/// all is done.
void StackTaker::OnTimer(Taking& taking) {
  if (!taking.child) return Tell(taking);
  if (!taking.late) {
    // gdb takes its breakpoints out of the program and detaches, if it can still be asked.
    taking.late = true;
    return tether_->Signal(taking.child, SIGTERM, Target::Process);
  }
  tether_->EndTree(taking.child);
  Conclude(taking);
  Tell(taking);
}

void StackTaker::Tell(Taking& taking) {
  uv_close(reinterpret_cast<uv_handle_t*>(taking.timer),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  const OnTaken on_taken = std::move(taking.on_taken);
  std::string text = std::move(taking.text);
  takings_.remove_if([&](const auto& each) { return each.get() == &taking; });
  on_taken(std::move(text));  // which may destroy this
}

bool StackTaker::OnTether(const TetherEvent& event) {
  return std::visit(overloaded{[&](const ChildSpawned& e) { return Find(e.child) != nullptr; },
                               [&](const ChildNotSpawned& e) {
                                 Taking* taking = Find(e.child);
                                 if (!taking) return false;
                                 taking->output += e.reason + "\n";
                                 OnToolDone(*taking);
                                 return true;
                               },
                               [&](const ChildExited& e) {
                                 Taking* taking = Find(e.child);
                                 if (!taking) return false;
                                 taking->exited = true;
                                 if (taking->ended) OnToolDone(*taking);
                                 return true;
                               },
                               [](const TreeEnded&) { return false; },
                               [&](const TetherLost&) {
                                 for (const auto& taking : takings_) {
                                   if (taking->child) OnToolDone(*taking);
                                 }
                                 return false;
                               }},
                    event);
}

StackTaker::Taking* StackTaker::Find(ChildId child) {
  const auto found = std::find_if(takings_.begin(), takings_.end(),
                                  [&](const auto& each) { return each->child == child; });
  return found == takings_.end() ? nullptr : found->get();
}

}  // namespace proctor
