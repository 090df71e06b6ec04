// Where the kernel has put the core of a process.

#include "core/process/core_linux.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "temporary_folder.h"

using namespace proctor;

TEST_CASE("a core's pattern has what is known of the process, and leaves open what is not") {
  CHECK(CorePattern("core", false, 12) == "core");
  CHECK(CorePattern("core", true, 12) == "core.12");
  CHECK(CorePattern("core.%p", true, 12) == "core.12");
  CHECK(CorePattern("/var/crash/%e.%p.%t", false, 12) == "/var/crash/*.12.*");
  CHECK(CorePattern("100%%-%p", false, 12) == "100%-12");
  CHECK(CorePattern("[a]*?", false, 12) == R"(\[a]\*\?)");
  CHECK(CorePattern("core%", false, 12) == "core");
}

TEST_CASE("what goes into a pipe is nowhere") {
  CHECK(CorePattern("|/usr/lib/systemd/systemd-coredump %P", false, 12) == "");
  CHECK(CorePattern("", false, 12) == "");
}

TEST_CASE("the program of a live process is its file, and of none it is empty") {
  CHECK(ProgramOf(getpid()).filename() == "process_tests");
  CHECK(ProgramOf(0).empty());
}

TEST_CASE("in a directory without a core none is found") {
  const TemporaryFolder dir;
  CHECK(FindCore(12, dir.path()).empty());
  CHECK(FindCore(12, dir.path() / "missing").empty());
}
