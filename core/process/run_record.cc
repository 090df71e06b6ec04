#include "core/process/run_record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "core/process/proc_linux.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = 16 << 20;  // of a record: some 500,000 processes
constexpr std::string_view kHead = "proctor-run 1";

std::string Key(int pid) {
  const std::optional<ProcessInfo> info = ReadProcess(pid);
  if (!info) return {};
  return std::to_string(pid) + " " + std::to_string(info->start_ticks);
}

std::string SocketOf(int display) {
  return "/tmp/.X11-unix/X" + std::to_string(display);
}

std::string LinkText(const char* link) {
  char text[256];
  const ssize_t size = readlink(link, text, sizeof text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

/// The text of a regular file that nobody but this user can have written.
std::string ReadOwn(const fs::path& file) {
  const Fd fd(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0) return {};
  const bool own = S_ISREG(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 022) == 0;
  if (!own || static_cast<size_t>(info.st_size) > kMostBytes) return {};
  std::string text(static_cast<size_t>(info.st_size), '\0');
  const ssize_t size = pread(fd.get(), text.data(), text.size(), 0);
  text.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
  text.resize(text.rfind('\n') + 1);  // a line without its end was not written whole
  return text;
}

/// False for a line that is not as one is written.
bool ReadFact(const std::string& line, RunRecord& record) {
  std::istringstream in(line);
  std::string what;
  ProcessKey key;
  in >> what;
  if (what == "world") return static_cast<bool>(in >> record.world);
  if (what == "runtime") {
    in >> record.runtime_key.device >> record.runtime_key.inode;
    std::string path;
    std::getline(in >> std::ws, path);
    record.runtime_dir = path;
    return !path.empty();
  }
  if (what == "display") {
    RecordedDisplay display;
    in >> display.number >> display.xvfb.pid >> display.xvfb.start_ticks;
    if (!in) return false;
    FileKey socket;
    if (in >> socket.device >> socket.inode) display.socket = socket;
    record.displays.push_back(display);
    return true;
  }
  if (!(in >> key.pid >> key.start_ticks) || key.pid <= 1) return false;
  if (what == "proctor")
    record.proctor = key;
  else if (what == "tether")
    record.tether = key;
  else if (what == "child")
    record.children.push_back(key);
  else
    return false;
  return true;
}

std::optional<RunRecord> ReadRecord(const fs::path& file) {
  std::istringstream in(ReadOwn(file));
  std::string line;
  if (!std::getline(in, line) || line != kHead) return std::nullopt;
  RunRecord record;
  record.file = file;
  while (std::getline(in, line)) {
    if (!ReadFact(line, record)) return std::nullopt;
  }
  if (record.world.empty() || record.proctor.pid == 0) return std::nullopt;
  return record;
}

}  // namespace

std::optional<FileKey> KeyOf(const fs::path& file) {
  struct stat info = {};
  if (lstat(file.c_str(), &info) != 0) return std::nullopt;
  return FileKey{info.st_dev, info.st_ino};
}

std::string ThisWorld() {
  std::string boot = ReadProcFile("/proc/sys/kernel/random/boot_id", 64);
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  const std::string space = LinkText("/proc/self/ns/pid");
  return boot.empty() || space.empty() ? "" : boot + "/" + space;
}

std::vector<RunRecord> ReadRunRecords(const fs::path& directory) {
  std::vector<RunRecord> records;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".run") continue;
    if (auto record = ReadRecord(it->path())) records.push_back(std::move(*record));
  }
  return records;
}

Result<std::unique_ptr<RunRecorder>, std::string> RunRecorder::Begin(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  std::string name = (directory / (std::to_string(getpid()) + "-XXXXXX.run")).string();
  Fd fd(error ? -1 : mkostemps(name.data(), 4, O_CLOEXEC | O_APPEND));
  if (!fd) {
    return Failure{"what this Proctor starts cannot be written down in '" + directory.string() +
                   "': " + (error ? error.message() : std::strerror(errno)) +
                   "; if it is killed, proctor sweep will not know what it left"};
  }
  std::unique_ptr<RunRecorder> recorder(new RunRecorder(name, std::move(fd)));
  recorder->Add(std::string(kHead));
  recorder->Add("world " + ThisWorld());
  recorder->AddProcess("proctor", getpid());
  return recorder;
}

RunRecorder::~RunRecorder() {
  unlink(file_.c_str());
}

void RunRecorder::AddTether(int pid) {
  AddProcess("tether", pid);
}

void RunRecorder::AddChild(int pid) {
  AddProcess("child", pid);
}

void RunRecorder::AddDisplay(int number, int xvfb_pid) {
  const std::string key = Key(xvfb_pid);
  if (key.empty()) return;
  const std::optional<FileKey> socket = KeyOf(SocketOf(number));
  Add("display " + std::to_string(number) + " " + key +
      (socket ? " " + std::to_string(socket->device) + " " + std::to_string(socket->inode) : ""));
}

void RunRecorder::AddRuntimeDir(const fs::path& directory) {
  const std::optional<FileKey> key = KeyOf(directory);
  if (!key || directory.string().find('\n') != std::string::npos) return;
  Add("runtime " + std::to_string(key->device) + " " + std::to_string(key->inode) + " " +
      directory.string());
}

/// A process that has ended by now has left nothing that its number could prove.
void RunRecorder::AddProcess(const std::string& what, int pid) const {
  if (const std::string key = Key(pid); !key.empty()) Add(what + " " + key);
}

/// In one piece. A line of which only a part went (a full disk) spoils the record, so that
/// part is taken back.
void RunRecorder::Add(const std::string& line) const {
  const std::string text = line + "\n";
  const off_t before = lseek(fd_.get(), 0, SEEK_END);
  const ssize_t written = write(fd_.get(), text.data(), text.size());
  if (written < static_cast<ssize_t>(text.size()) && before >= 0) {
    if (ftruncate(fd_.get(), before) != 0) unlink(file_.c_str());
  }
}

}  // namespace proctor
