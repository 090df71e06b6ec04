// What our own kernel client costs without HTTP: kernel_bench CONNECTION-FILE [PID] attaches to a
// kernel that runs, does what each line of its stdin names (execute, lines, characters, messages,
// interrupt) and prints a JSON line for it. With the pid of its process group, interrupts go by
// signal. tests/bench/kernels.py drives it, turn by turn with the other clients; by hand:
// `echo execute execute lines | kernel_bench FILE`.

#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/kernel/client.h"

namespace proctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::minutes(2);  // only a hang is longer

const std::map<std::string, const char*> kCodes = {
    {"execute", "1+1"},
    {"lines", "for i in range(50000): print(i)"},
    {"characters", "print('a' * 500000)"},
    {"messages",
     "publish = get_ipython().display_pub.publish\n"
     "for i in range(10000): publish({'text/plain': str(i)})"},
    {"interrupt", "print('on', flush=True)\nwhile True: pass"},
};

/// What came of one request; filled by the client's thread.
class Run {
 public:
  ExecuteCallbacks Callbacks() {
    return {[this](const OutputChunk& chunk) {
              std::lock_guard lock(mutex_);
              chunks_.push_back(chunk);
              changed_.notify_all();
            },
            [this](const ExecuteResult& result) {
              std::lock_guard lock(mutex_);
              result_ = result;
              changed_.notify_all();
            }};
  }
  bool AwaitOutput() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return !chunks_.empty(); });
  }
  bool AwaitEnd() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return result_.has_value(); });
  }
  // ---- once it has ended ----
  const std::vector<OutputChunk>& chunks() const { return chunks_; }
  std::string end() const { return std::string(ToString(result_->end)); }
  size_t characters() const {
    size_t count = 0;
    for (const OutputChunk& chunk : chunks_) count += chunk.text.size();
    return count;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<OutputChunk> chunks_;
  std::optional<ExecuteResult> result_;
};

/// Does what the word says, and prints how long it took. False: it did not end.
bool Do(KernelClient& client, RequestId id, const std::string& word, const char* code) {
  Run run;
  auto begin = Clock::now();
  client.Execute(id, {.code = code}, run.Callbacks());
  if (word == "interrupt") {
    if (!run.AwaitOutput()) return false;
    begin = Clock::now();
    client.Interrupt(id);
  }
  if (!run.AwaitEnd()) return false;
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  std::printf(R"({"what":"%s","ms":%.3f,"end":"%s","chunks":%zu,"characters":%zu})"
              "\n",
              word.c_str(), ms, run.end().c_str(), run.chunks().size(), run.characters());
  std::fflush(stdout);
  return true;
}

int Fail(const std::string& why) {
  std::fprintf(stderr, "kernel_bench: %s\n", why.c_str());
  return 1;
}

int Main(const std::string& connection_file, int group) {
  auto connection = ReadConnectionFile(connection_file);
  if (!connection) return Fail(connection.error());
  KernelClientOptions options{.connection = *connection};
  if (group > 0) options.send_sigint = [group] { killpg(group, SIGINT); };
  auto client = KernelClient::Connect(std::move(options));
  if (!client) return Fail(client.error());
  RequestId id = 0;
  for (std::string word; std::cin >> word;) {
    const auto code = kCodes.find(word);
    if (code == kCodes.end()) return Fail("no such work: " + word);
    if (!Do(**client, ++id, word, code->second)) return Fail(word + " did not end");
  }
  return 0;
}

}  // namespace
}  // namespace proctor

int main(int argc, char** argv) {
  if (argc == 2 || argc == 3) return proctor::Main(argv[1], argc == 3 ? std::atoi(argv[2]) : 0);
  std::fputs("usage: kernel_bench CONNECTION-FILE [PID]\n", stderr);
  return 2;
}
