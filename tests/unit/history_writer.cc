#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "core/history/journal.h"

// Writes a batch that never ends and says on stdout, a line each, up to where it was
// acknowledged; ends when the journal fails, with the reason as the last line.
// history_writer DIR BATCH [BYTES]: no file may grow beyond so many bytes.

namespace {

void Say(const std::string& line) {
  if (::write(STDOUT_FILENO, (line + "\n").c_str(), line.size() + 1) < 0) ::_exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace proctor;
  if (argc < 3) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  if (argc > 3) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{std::strtoul(argv[3], nullptr, 10), RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  }
  auto journal = Journal::Open({.state_dir = argv[1],
                                .on_committed = [](uint64_t seq) { Say(std::to_string(seq)); },
                                .on_failed =
                                    [](const std::string& reason) {
                                      Say(reason);
                                      ::_exit(0);
                                    }});
  if (!journal) {
    Say(journal.error().message);
    return 1;
  }
  (*journal)->BeginBatch({.id = argv[2], .title = "endless"});
  for (uint64_t seq = 1;; ++seq) {
    (*journal)->Append({.seq = seq, .event = TestFinished{.worker = {1}, .test = "a.py::test_x"}});
    if (seq % 64 == 0) (*journal)->Flush();  // many small groups, as in life
  }
}
