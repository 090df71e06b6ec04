#include "core/report/whole_file.h"

#include <doctest/doctest.h>

#include "temporary_folder.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

Result<void, std::string> WriteHello(const fs::path& path) {
  return WriteWhole(path, [](const Put& put) {
    put("hel");
    put("lo");
  });
}

size_t FilesIn(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a file is written, and written over, and nothing is left beside it") {
  TemporaryFolder folder;
  WriteText(folder / "out", "a longer text from before");
  CHECK(WriteHello(folder / "out").has_value());
  CHECK(ReadText(folder / "out") == "hello");
  CHECK(FilesIn(folder.path()) == 1);
}

TEST_CASE("the old file stands until the new one is whole") {
  TemporaryFolder folder;
  WriteText(folder / "out", "old");
  std::string meanwhile;
  const auto written = WriteWhole(folder / "out", [&](const Put& put) {
    put("new");
    meanwhile = ReadText(folder / "out");
  });
  CHECK(written.has_value());
  CHECK(meanwhile == "old");
  CHECK(ReadText(folder / "out") == "new");
}

TEST_CASE("a link stays a link") {
  TemporaryFolder folder;
  WriteText(folder / "real", "old");
  fs::create_symlink(folder / "real", folder / "link");
  CHECK(WriteHello(folder / "link").has_value());
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(ReadText(folder / "real") == "hello");
}

TEST_CASE("what is no regular file is written and not replaced") {
  CHECK(WriteHello("/dev/null").has_value());
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(WriteHello("/dev/full").error() == "cannot write /dev/full: No space left on device");
}

TEST_CASE("a file that cannot be written is named, with the reason") {
  TemporaryFolder folder;
  const std::string folder_name = folder.path().string();
  CHECK(WriteHello(folder / "none/out").error() == "cannot write " + folder_name +
                                                       "/none/out: there is no directory " +
                                                       folder_name + "/none");
  CHECK(WriteHello(folder.path()).error() == "cannot write " + folder_name + ": Is a directory");
  WriteText(folder / "file", "");
  CHECK(WriteHello(folder / "file/out").error() ==
        "cannot write " + folder_name + "/file/out: Not a directory");
}

}  // namespace proctor
