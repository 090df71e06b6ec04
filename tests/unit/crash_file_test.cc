#include <doctest/doctest.h>

#include <fstream>

#include "core/subject/crash_file.h"
#include "tests/unit/temporary_folder.h"

namespace proctor {

TEST_CASE("the names in a backtrace are those of the source") {
  CHECK(DemangledLine("demo(_ZN4demo4SaveEv+0x12) [0x55d0]") == "demo(demo::Save()+0x12) [0x55d0]");
  CHECK(DemangledLine("demo(_ZN4demo4SaveEv) [0x55d0]") == "demo(demo::Save()) [0x55d0]");
  CHECK(DemangledLine("libc.so.6(abort+0xd3) [0x7f]") == "libc.so.6(abort+0xd3) [0x7f]");
  CHECK(DemangledLine("demo(+0x12) [0x55d0]") == "demo(+0x12) [0x55d0]");
  CHECK(DemangledLine("demo(_Znonsense+0x1) [0x1]") == "demo(_Znonsense+0x1) [0x1]");
  CHECK(DemangledLine("demo(_Z") == "demo(_Z");
  CHECK(DemangledLine("") == "");
}

TEST_CASE("a note of a crash is read whole, and there may be none") {
  const TemporaryFolder folder;
  const auto file = folder / "subject-1.crash";
  CHECK(ReadCrashFile(file) == "");
  std::ofstream(file) << "SIGSEGV\nbacktrace:\ndemo(_ZN4demo4SaveEv+0x12) [0x55d0]\n";
  CHECK(ReadCrashFile(file) == "SIGSEGV\nbacktrace:\ndemo(demo::Save()+0x12) [0x55d0]");
}

}  // namespace proctor
