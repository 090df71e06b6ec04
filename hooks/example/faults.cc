#include "hooks/example/faults.h"

#include <fcntl.h>
#include <imgui.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "hooks/example/demo.h"

namespace proctor::demo {
namespace {

/// In the grandchild: only calls that are allowed between fork and exec.
[[noreturn]] void BecomeSleeper(int answer_fd) {
  const pid_t self = getpid();
  if (write(answer_fd, &self, sizeof self) != sizeof self) _exit(1);
  close_range(3, ~0U, 0);
  execlp("sleep", "sleep", "3600", static_cast<char*>(nullptr));
  _exit(1);
}

[[noreturn]] void BecomeMiddle(int answer_fd) {
  setsid();
  const pid_t grandchild = fork();
  if (grandchild == 0) BecomeSleeper(answer_fd);
  _exit(grandchild < 0 ? 1 : 0);
}

__attribute__((noinline)) int Recurse(volatile char* above) {
  volatile char here[4096];
  here[0] = above[0];
  if (here[0] != 0) return 0;  // never; the compiler need not know
  return Recurse(here) + here[1];
}

}  // namespace

void DrawFaults(Demo& demo) {
  demo.faults.hang_now = std::exchange(demo.faults.hang, std::nullopt);
  if (std::exchange(demo.faults.imgui_assert, false)) {
    ImGui::Begin("Projects");
    const size_t selected = demo.projects.size();
    IM_ASSERT(selected < demo.projects.size() && "The selected project does not exist");
    ImGui::End();
  }
  if (std::exchange(demo.faults.missing_end, false)) ImGui::Begin("Counter");
}

void MaybeThrowInModal(Demo& demo) {
  if (!std::exchange(demo.faults.throw_in_modal, false)) return;
  throw std::runtime_error("the modal failed to read its project");
}

void MaybeThrowInPanel(Demo& demo) {
  if (demo.faults.throws_in_panel == 0) return;
  --demo.faults.throws_in_panel;
  throw std::runtime_error("the counter cannot be read");
}

void MaybeHang(Demo& demo) {
  const auto hang = std::exchange(demo.faults.hang_now, std::nullopt);
  if (!hang) return;
  if (hang->count() > 0) {
    std::this_thread::sleep_for(*hang);
    return;
  }
  while (true) pause();
}

// Not for the undefined-behaviour sanitizer: it would end the program its own way.
__attribute__((no_sanitize("undefined"))) void Segfault() {
  volatile int* volatile nowhere = nullptr;  // volatile: else it becomes a trap, SIGILL
  *nowhere = 1;
  std::abort();
}

void OverflowTheStack() {
  volatile char first[1] = {0};
  Recurse(first);
  std::abort();
}

bool Flood(int mebibytes) {
  const std::string line = std::string(127, '#') + "\n";
  std::string block;
  while (block.size() < 64 * 1024) block += line;
  for (int i = 0; i < mebibytes * 16; ++i) {
    size_t written = 0;
    while (written < block.size()) {
      const ssize_t n = write(STDOUT_FILENO, block.data() + written, block.size() - written);
      if (n <= 0) return false;
      written += static_cast<size_t>(n);
    }
  }
  return true;
}

int LeaveGrandchild() {
  int answer[2];
  if (pipe2(answer, O_CLOEXEC) != 0) return 0;
  const pid_t middle = fork();
  if (middle == 0) BecomeMiddle(answer[1]);
  close(answer[1]);
  pid_t grandchild = 0;
  if (middle > 0) waitpid(middle, nullptr, 0);
  if (read(answer[0], &grandchild, sizeof grandchild) != sizeof grandchild) grandchild = 0;
  close(answer[0]);
  return grandchild;
}

}  // namespace proctor::demo
