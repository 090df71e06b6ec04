#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/client.h"

namespace proctor::test {

using namespace std::chrono_literals;

constexpr auto kLong = 120s;  ///< only a hang is longer

/// What was told of one request, or of a question; waited for by event.
class Told {
 public:
  ExecuteCallbacks Callbacks() {
    return {[s = shared_](const OutputChunk& chunk) {
              std::lock_guard lock(s->mutex);
              s->outputs.push_back(chunk);
              s->changed.notify_all();
            },
            [s = shared_](const ExecuteResult& result) {
              std::lock_guard lock(s->mutex);
              s->result = result;
              ++s->ends;
              s->changed.notify_all();
            }};
  }
  KernelClient::Answer Answer() {
    return [s = shared_](const Result<std::string, std::string>& answer) {
      std::lock_guard lock(s->mutex);
      s->answer = answer ? *answer : "refused: " + answer.error();
      s->changed.notify_all();
    };
  }
  KernelClient::Ready Ready() {
    return [s = shared_](const Result<KernelInfo, std::string>& answer) {
      std::lock_guard lock(s->mutex);
      s->answer = answer ? answer->session : "refused: " + answer.error();
      s->changed.notify_all();
    };
  }

  /// How it ended; a test fails where it does not.
  ExecuteResult End() const {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, kLong, [&] { return shared_->result.has_value(); });
    REQUIRE(shared_->result);
    return *shared_->result;
  }
  std::string TheAnswer() const {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, kLong, [&] { return shared_->answer.has_value(); });
    REQUIRE(shared_->answer);
    return *shared_->answer;
  }
  bool AwaitOutput(const std::function<bool(const std::vector<OutputChunk>&)>& condition) const {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_for(lock, kLong, [&] { return condition(shared_->outputs); });
  }
  bool AwaitOutputs(size_t count) const {
    return AwaitOutput([&](const auto& outputs) { return outputs.size() >= count; });
  }
  std::vector<OutputChunk> Outputs() const {
    std::lock_guard lock(shared_->mutex);
    return shared_->outputs;
  }
  std::string Text() const {
    std::string text;
    for (const OutputChunk& chunk : Outputs()) {
      if (chunk.kind == ChunkKind::Stream) text += chunk.text;
    }
    return text;
  }
  bool Answered() const {
    std::lock_guard lock(shared_->mutex);
    return shared_->answer.has_value();
  }
  int ends() const {
    std::lock_guard lock(shared_->mutex);
    return shared_->ends;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<OutputChunk> outputs;
    std::optional<ExecuteResult> result;
    std::optional<std::string> answer;
    int ends = 0;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

inline std::unique_ptr<KernelClient> Connected(KernelClientOptions options) {
  auto client = KernelClient::Connect(std::move(options));
  REQUIRE(client);
  return std::move(*client);
}

/// Executes, and waits for its end.
inline Told Ran(KernelClient& client, RequestId id, ExecuteRequest request) {
  Told told;
  client.Execute(id, std::move(request), told.Callbacks());
  (void)told.End();
  return told;
}

}  // namespace proctor::test
