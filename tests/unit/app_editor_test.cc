#include <doctest/doctest.h>

#include <map>
#include <ostream>

#include "app/editor.h"

namespace proctor {
namespace {

using Command = std::vector<std::string>;

Command For(std::map<std::string, std::string> environment, int line = 12) {
  return EditorCommand(
      [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? "" : found->second;
      },
      "/src/test a.py", line);
}

TEST_CASE("each editor gets the line in its own form") {
  CHECK(For({{"EDITOR", "code"}}) == Command{"code", "--goto", "/src/test a.py:12"});
  CHECK(For({{"EDITOR", "/usr/bin/subl -n"}}) ==
        Command{"/usr/bin/subl", "-n", "/src/test a.py:12"});
  CHECK(For({{"EDITOR", "kate"}}) == Command{"kate", "--line", "12", "/src/test a.py"});
  CHECK(For({{"EDITOR", "gedit"}}) == Command{"gedit", "+12", "/src/test a.py"});
}

TEST_CASE("an editor of the terminal gets a terminal") {
  CHECK(For({{"EDITOR", "vim"}}) ==
        Command{"x-terminal-emulator", "-e", "vim", "+12", "/src/test a.py"});
  CHECK(For({{"EDITOR", "emacs -nw"}, {"TERMINAL", "kitty"}}) ==
        Command{"kitty", "-e", "emacs", "-nw", "+12", "/src/test a.py"});
  CHECK(For({{"EDITOR", "emacs"}}) == Command{"emacs", "+12", "/src/test a.py"});
}

TEST_CASE("Proctor's own variable comes before VISUAL, and that before EDITOR") {
  CHECK(For({{"EDITOR", "a"}, {"VISUAL", "b"}})[0] == "b");
  CHECK(For({{"EDITOR", "a"}, {"VISUAL", "b"}, {"PROCTOR_EDITOR", "c"}})[0] == "c");
  CHECK(For({{"VISUAL", "  "}, {"EDITOR", "a"}})[0] == "a");
}

TEST_CASE("without an editor the desktop decides, and without a line none is named") {
  CHECK(For({}) == Command{"xdg-open", "/src/test a.py"});
  CHECK(For({{"EDITOR", "code"}}, 0) == Command{"code", "/src/test a.py"});
}

TEST_CASE("quotes in the variable hold words together") {
  CHECK(For({{"EDITOR", "'/opt/my editor/ed1' --new ''"}}, 0) ==
        Command{"/opt/my editor/ed1", "--new", "", "/src/test a.py"});
}

TEST_CASE("a file that is gone is said, and nothing is started") {
  CHECK(OpenInEditor("/nowhere/at/all.py", 1) == "there is no file /nowhere/at/all.py");
}

}  // namespace
}  // namespace proctor
