#include "hooks/board.h"

#include <algorithm>
#include <cstdio>
#include <exception>

#include "hooks/ui/nearest.h"

namespace proctor::hooks {
namespace {

using How = PartOutcome::How;

constexpr size_t kMostNearest = 3;

/// `work` with its throw put into words.
PartOutcome Caught(const std::function<PartOutcome()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return {.how = How::Threw, .text = error.what()};
  } catch (...) {
    return {.how = How::Threw, .text = "it threw what is no std::exception"};
  }
}

}  // namespace

void Board::Put(Parts& parts, Part part) {
  auto added = std::make_shared<const Part>(std::move(part));
  const std::lock_guard lock(mutex_);
  const auto same = [&](const PartPtr& present) { return present->name == added->name; };
  const auto present = std::find_if(parts.begin(), parts.end(), same);
  if (present == parts.end()) {
    parts.push_back(std::move(added));
  } else {
    *present = std::move(added);
  }
}

void Board::AddAction(std::string name, RunOn where, ActionFn run, std::string description) {
  Put(actions_, {.name = std::move(name),
                 .description = std::move(description),
                 .where = where,
                 .run = std::move(run)});
}

void Board::AddState(std::string name, RunOn where, StateFn read) {
  Put(states_, {.name = std::move(name), .where = where, .read = std::move(read)});
}

void Board::OnShutdown(RunOn where, std::function<void()> handler) {
  const std::lock_guard lock(mutex_);
  shutdown_handlers_.emplace_back(where, std::move(handler));
}

std::vector<Board::ActionInfo> Board::Actions() const {
  const std::lock_guard lock(mutex_);
  std::vector<ActionInfo> all;
  for (const PartPtr& part : actions_) all.push_back({part->name, part->description, part->where});
  return all;
}

Board::PartPtr Board::Find(const Parts& parts, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const PartPtr& part) { return part->name == name; });
  return found == parts.end() ? nullptr : *found;
}

PartOutcome Board::Unknown(const Parts& parts, std::string_view kind,
                           const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string_view> known;
  for (const PartPtr& part : parts) known.push_back(part->name);
  return {.how = How::Unknown,
          .text = "there is no " + std::string(kind) + " '" + name + "'",
          .nearest = ui::Nearest(name, known, kMostNearest)};
}

PartOutcome Board::Call(const PartPtr& part, const std::string& arguments, Timeout timeout) const {
  // Owns all that it touches: after a timeout the frame thread may still be in it.
  const auto call = [part, arguments]() -> PartOutcome {
    if (part->read) return {.text = part->read()};
    ActionAnswer answer = part->run(arguments);
    if (!answer.error.empty()) return {.how = How::Refused, .text = std::move(answer.error)};
    return {.text = std::move(answer.json)};
  };
  if (part->where == RunOn::ServerThread) return Caught(call);
  const auto outcome = std::make_shared<PartOutcome>();
  const bool ran = run_on_frame_([outcome, call] { *outcome = Caught(call); }, timeout);
  if (ran) return *outcome;
  return {.how = How::NotInTime,
          .text = "'" + part->name + "' runs on the frame thread, which did not get to it within " +
                  std::to_string(timeout.count()) + " ms"};
}

PartOutcome Board::Run(const std::string& name, const std::string& arguments,
                       Timeout timeout) const {
  const PartPtr part = Find(actions_, name);
  return part ? Call(part, arguments, timeout) : Unknown(actions_, "action", name);
}

PartOutcome Board::Read(const std::string& name, Timeout timeout) const {
  const PartPtr part = Find(states_, name);
  return part ? Call(part, "", timeout) : Unknown(states_, "state", name);
}

std::vector<std::pair<std::string, PartOutcome>> Board::ReadAll(Timeout timeout) const {
  const auto of_frame = std::make_shared<Parts>();
  Parts of_server;
  {
    const std::lock_guard lock(mutex_);
    for (const PartPtr& part : states_) {
      (part->where == RunOn::FrameThread ? *of_frame : of_server).push_back(part);
    }
  }
  std::vector<std::pair<std::string, PartOutcome>> all;
  for (const PartPtr& part : of_server) all.emplace_back(part->name, Call(part, "", timeout));
  if (of_frame->empty()) return all;
  const auto read = std::make_shared<std::vector<PartOutcome>>();
  const bool ran = run_on_frame_(
      [of_frame, read] {
        for (const PartPtr& part : *of_frame) {
          read->push_back(Caught([&]() -> PartOutcome { return {.text = part->read()}; }));
        }
      },
      timeout);
  const PartOutcome late{.how = How::NotInTime,
                         .text = "the frame thread did not get to it within " +
                                 std::to_string(timeout.count()) + " ms"};
  for (size_t i = 0; i < of_frame->size(); ++i) {
    all.emplace_back((*of_frame)[i]->name, ran ? (*read)[i] : late);
  }
  return all;
}

void Board::RunShutdownHandlers(RunOn where) {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [kind, handler] : shutdown_handlers_) {
      if (kind == where) due.push_back(std::move(handler));
    }
    std::erase_if(shutdown_handlers_, [&](const auto& one) { return one.first == where; });
  }
  for (const auto& handler : due) {
    const PartOutcome outcome = Caught([&]() -> PartOutcome {
      handler();
      return {};
    });
    if (outcome.how == How::Done) continue;
    std::fprintf(stderr, "hooks: a shutdown handler threw: %s\n", outcome.text.c_str());
  }
}

}  // namespace proctor::hooks
