// How a proctor.toml says what is wrong with it.
#include <doctest/doctest.h>

#include <filesystem>

#include "core/config/config.h"
#include "core/config/suggest.h"

using namespace proctor;

namespace {

struct Row {
  const char* text;
  std::string error;  ///< whole, as a user sees it
};

// Keys and values, each in a file of its own.
const Row kRows[] = {
    {"[subject.ready]\n\ntiemout = '1s'\n[subject]\ncommand=['x']",
     "p.toml:3: unknown key 'tiemout' in [subject.ready]; did you mean 'timeout'?"},
    {"[subjct]\n", "p.toml:1: unknown key 'subjct'; did you mean 'subject'?"},
    {"[batch]\nparallel = 3\n", "p.toml:2: unknown key 'parallel' in [batch]; known are lanes"},
    {"[[suite]]\nruner = 'pytest'\n",
     "p.toml:2: unknown key 'runer' in [[suite]]; did you mean 'runner'?"},
    {"[[suite]]\nrunner = 'nose'\n",
     "p.toml:2: 'runner' in [[suite]] cannot be \"nose\"; it is one of pytest, notebook, gtest, "
     "doctest, catch2, ctest, command"},
    {"[[suite]]\ntimeout = 120\n",
     "p.toml:2: 'timeout' in [[suite]] wants a duration in quotes, such as \"250ms\", \"15s\" or "
     "\"2m\", and not the number 120"},
    {"[[suite]]\ntimeout = '120'\n",
     "p.toml:2: 'timeout' in [[suite]] wants a duration in quotes, such as \"250ms\", \"15s\" or "
     "\"2m\", and not the text \"120\""},
    {"[[suite]]\ntimeout = '0s'\n",
     "p.toml:2: 'timeout' in [[suite]] wants a duration of more than nothing, and not the text "
     "\"0s\""},
    {"[[suite]]\npaths = 'tests'\n",
     "p.toml:2: 'paths' in [[suite]] wants a list of texts, such as [\"tests\"], and not the text "
     "\"tests\""},
    {"[[suite]]\npaths = []\n",
     "p.toml:2: 'paths' in [[suite]] is empty; name what to run, such as [\"tests\"]"},
    {"[[suite]]\nname = 'a'\n[[suite]]\nname = 'a'\n", "p.toml:4: there is a suite 'a' already"},
    {"[suite]\nname = 'a'\n",
     "p.toml:1: 'suite' wants to be a list of tables, each opened by [[suite]], and not a table"},
    {"suite = [1]\n",
     "p.toml:1: 'suite' wants to be a list of tables, each opened by [[suite]], and not the "
     "number 1"},
    {"[[suite]]\nenv = { A = 1 }\n",
     "p.toml:2: 'env' in [[suite]] wants a table of texts, such as { MODE = \"test\" }, and not "
     "the number 1"},
    {"[[suite]]\nenv = { 'A=B' = '' }\n",
     "p.toml:2: 'A=B' cannot be the name of an environment variable"},
    {"[batch]\nlanes = 0\n",
     "p.toml:2: 'lanes' in [batch] wants a whole number of at least 1, and not the number 0"},
    {"[batch]\nlanes = 1.5\n",
     "p.toml:2: 'lanes' in [batch] wants a whole number of at least 1, and not the number 1.5"},
    {"[batch]\nlanes = 99999999999\n",
     "p.toml:2: 'lanes' in [batch] wants a whole number of at least 1, and not the number "
     "99999999999"},
    {"batch = true\n", "p.toml:1: 'batch' wants a table, and not true"},
    {"[subject]\nname = 2026-01-01\ncommand = ['x']\n",
     "p.toml:2: 'name' in [subject] wants text in quotes, and not a date or time"},
    {"[subject]\nname = 'x'\n",
     "p.toml:1: [subject] needs a command, such as command = [\"./demo\", \"--port\", "
     "\"{port}\"]; it is run without a shell"},
    {"[subject]\ncommand = './demo --port {port}'\n",
     "p.toml:2: 'command' in [subject] wants a list of texts, such as [\"./demo\", \"--port\", "
     "\"{port}\"]; it is run without a shell, and not the text \"./demo --port {port}\""},
    {"[subject]\nkind = 'kernel'\n",
     "p.toml:1: [subject] of kind \"kernel\" needs its name, such as kernel = \"python3\""},
    {"[subject]\nkind = 'kernel'\nkernel = 'python3'\n[subject.health]\nurl = 'http://x'\n",
     "p.toml:5: a kernel has no address: leave out 'url' in [subject.health]; it is asked by its "
     "own protocol"},
    {"[subject]\nkind = 'kernel'\nkernel = 'python3'\nport = 7\n",
     "p.toml:4: a kernel has no 'port': leave it out; its kernelspec says how it is started"},
    {"[subject]\nkind = 'kernel'\nkernel = 'python3'\nsandbox = { stt = 'a' }\n",
     "p.toml:4: unknown key 'stt' in 'sandbox' in [subject]; did you mean 'srt'?"},
    {"[[suite]]\nrunner = 'notebook'\ncompare = 'txt'\n",
     "p.toml:3: 'compare' in [[suite]] cannot be \"txt\"; it is one of none, text, all"},
    {"[subject]\ncommand = [\n  'x',\n  '--port',\n  '{prot}'\n]\n",
     "p.toml:5: there is no {prot} to put in; did you mean 'port'? (a literal brace is written "
     "{{)"},
    {"[subject]\ncommand = ['{home}']\n",
     "p.toml:2: there is no {home} to put in; known are port, workspace, generation, lane (a "
     "literal brace is written {{)"},
    {"[subject]\ncommand = ['x']\nenv = { A = '{x}' }\n",
     "p.toml:3: there is no {x} to put in; known are port, workspace, generation, lane (a "
     "literal brace is written {{)"},
    {"[subject]\ncommand = ['x']\nport = 70000\n",
     "p.toml:3: 'port' in [subject] wants a whole number from 0 to 65535, and not the number "
     "70000"},
    {"[subject]\ncommand = ['x']\ndisplay = 'none'\n",
     "p.toml:3: 'display' in [subject] cannot be \"none\"; it is one of auto, virtual, inherit"},
    {"[subject]\ncommand = ['x']\ndisplay = false\n",
     "p.toml:3: 'display' in [subject] wants text in quotes, and not false"},
    {"[subject]\ncommand = ['x']\n[subject.ready]\nurl = 'localhost:{port}'\n",
     "p.toml:4: 'url' in [subject.ready] has to begin with http://, as in "
     "http://127.0.0.1:{port}/api/gui_health"},
    {"[subject]\ncommand = ['x']\n[subject.health]\nhealthy = 'ok'\n",
     "p.toml:4: 'healthy' in [subject.health] is a JSON pointer and has to begin with /, as in "
     "/ok"},
    {"[subject]\ncommand = ['x']\n[subject.restart]\nwhen = 'always'\n",
     "p.toml:4: 'when' in [subject.restart] cannot be \"always\"; it is one of never, unhealthy, "
     "file, class, test"},
    {"[subject]\ncommand = ['x']\n[subject.restart]\nbudget = '5 per 30s'\n",
     "p.toml:4: 'budget' in [subject.restart] cannot be \"5 per 30s\"; it is a number of restarts "
     "in a time, such as \"5 in 30s\""},
    {"[subject]\ncommand = ['x']\n[subject.restart]\nbudget = '-1 in 30s'\n",
     "p.toml:4: 'budget' in [subject.restart] cannot be \"-1 in 30s\"; it is a number of restarts "
     "in a time, such as \"5 in 30s\""},
};

std::string ErrorOf(std::string_view text) {
  const auto config = ParseConfig(text, "p.toml");
  return config ? "no error" : config.error().Text();
}

}  // namespace

TEST_CASE("a wrong key or value is told with its line and what would be right") {
  for (const Row& row : kRows) CHECK(ErrorOf(row.text) == row.error);
}

TEST_CASE("of several errors the first one in the file is told") {
  CHECK(ErrorOf("[batch]\nlanes = 0\nlnes = 1\n[subject]\n").starts_with("p.toml:2:"));
  CHECK(ErrorOf("[[suite]]\nx = 1\n[subject]\nname = 1\n").starts_with("p.toml:2:"));
}

TEST_CASE("what is not TOML is told with its line") {
  for (const char* text : {"\n\n[subject\n", "a = 1\n\na = 2\n", "\n\nx = \"\xff\"\n"}) {
    CAPTURE(text);
    CHECK(ErrorOf(text).starts_with("p.toml:3: this is not TOML: "));
  }
  CHECK(ErrorOf(std::string(5000, '[')).starts_with("p.toml:1: this is not TOML: "));
}

TEST_CASE("a file that cannot be read is told with what to do") {
  const std::string dir = std::filesystem::temp_directory_path();
  const auto message = [](const std::filesystem::path& file) {
    const auto config = LoadConfig(file);
    return config ? "no error" : config.error().Text();
  };
  CHECK(message("/no/such/proctor.toml") ==
        "/no/such/proctor.toml: there is no such file; write one, name another with --config, or "
        "give 'proctor run' a path of tests to run without a subject");
  CHECK(message(dir) == dir + ": this is a directory; name the proctor.toml in it");
  CHECK(message("/proc/self/mem") ==
        "/proc/self/mem: it cannot be read: Input/output error; look at its permissions");
  CHECK(message("/dev/zero") == "/dev/zero: it is far too large for a configuration");
}

TEST_CASE("edit distance counts letters put in, left out, changed and swapped") {
  CHECK(EditDistance("", "") == 0);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("port", "prot") == 1);
  CHECK(EditDistance("kitten", "sitting") == 3);
  CHECK(Suggest(std::string(100000, 'x'), {"port"}) == "known are port");
}
