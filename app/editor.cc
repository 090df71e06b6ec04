#include "app/editor.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

extern char** environ;

namespace proctor {
namespace {

using std::string;
using std::vector;

vector<string> Words(const string& command) {
  vector<string> words;
  string word;
  char quote = 0;
  bool begun = false;
  for (const char c : command) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      begun = true;
    } else if (c == ' ' || c == '\t') {
      if (begun || !word.empty()) words.push_back(std::exchange(word, {}));
      begun = false;
    } else {
      word += c;
    }
  }
  if (begun || !word.empty()) words.push_back(word);
  return words;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool NeedsTerminal(std::string_view name, const vector<string>& words) {
  if (name == "emacs" || name == "emacsclient") {
    return std::any_of(words.begin(), words.end(),
                       [](const string& w) { return w == "-nw" || w == "-t" || w == "-tty"; });
  }
  return IsOneOf(name, {"vi", "vim", "nvim", "nano", "pico", "micro", "hx", "helix", "kak", "joe",
                        "ne", "mcedit", "ed", "editor", "sensible-editor"});
}

/// The arguments that name file and line, in the form that the editor takes.
vector<string> Place(std::string_view name, const string& file, int line) {
  if (line <= 0) return {file};
  const string place = fmt::format("{}:{}", file, line);
  if (IsOneOf(name, {"code", "codium", "code-insiders", "cursor", "windsurf"})) {
    return {"--goto", place};
  }
  if (IsOneOf(name, {"subl", "sublime_text", "zed", "zeditor", "hx", "helix", "lapce", "micro"})) {
    return {place};
  }
  if (IsOneOf(name, {"kate", "kwrite", "pycharm", "idea", "clion", "charm", "mousepad"})) {
    return {"--line", std::to_string(line), file};
  }
  return {fmt::format("+{}", line), file};
}

/// Starts a program that outlives Proctor and is no child of a batch; a thread waits
/// for it, so that it leaves no zombie.
string StartDetached(const vector<string>& command) {
  vector<char*> argv;
  for (const string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;  // Proctor blocks signals that an editor wants to hear
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return fmt::format("cannot start {}: {}. Set $PROCTOR_EDITOR or $EDITOR to an editor.",
                       command[0], strerror(error));
  }
  std::thread([pid] {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }).detach();
  return {};
}

string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

vector<string> EditorCommand(const Environment& environment, const std::filesystem::path& file,
                             int line) {
  for (const char* variable : {"PROCTOR_EDITOR", "VISUAL", "EDITOR"}) {
    vector<string> words = Words(environment(variable));
    if (words.empty()) continue;
    const string name = std::filesystem::path(words[0]).filename().string();
    if (NeedsTerminal(name, words)) {
      const string terminal = environment("TERMINAL");
      words.insert(words.begin(), {terminal.empty() ? "x-terminal-emulator" : terminal, "-e"});
    }
    for (string& argument : Place(name, file.string(), line)) words.push_back(std::move(argument));
    return words;
  }
  return {"xdg-open", file.string()};
}

string OpenInEditor(const std::filesystem::path& file, int line) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return fmt::format("there is no file {}", file.string());
  }
  return StartDetached(EditorCommand(FromEnvironment, file, line));
}

string OpenOnDesktop(const string& target) {
  return StartDetached({"xdg-open", target});
}

}  // namespace proctor
