// Connection files: where a kernel listens, and with which key.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/kernel/connection.h"
#include "core/process/pipe.h"
#include "core/process/ports.h"
#include "temporary_folder.h"

using namespace proctor;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const json kWhole = {
    {"transport", "tcp"},      {"ip", "127.0.0.1"},  {"shell_port", 5001},
    {"iopub_port", 5002},      {"stdin_port", 5003}, {"control_port", 5004},
    {"hb_port", 5005},         {"key", "the key"},   {"signature_scheme", "hmac-sha256"},
    {"kernel_name", "python3"}};

/// What is wrong with a file that differs in one member; of null that is left out.
std::string ErrorWith(const char* member, const json& value) {
  json file = kWhole;
  file[member] = value;
  if (value.is_null()) file.erase(member);
  const auto parsed = ParseConnection(file.dump());
  return parsed ? std::string() : parsed.error();
}

unsigned ModeOf(const fs::path& file) {
  struct stat info = {};
  return stat(file.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

size_t FilesIn(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// A socket file, as a kernel leaves it.
void MakeSocket(const std::string& path) {
  const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a tcp connection has five different free ports and a key of its own") {
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    const auto connection = NewConnection(KernelTransport::Tcp, "", "python3");
    REQUIRE(connection);
    keys.insert(connection->key);
    CHECK(connection->key.size() == 32);
    const std::set<int> ports(connection->ports.begin(), connection->ports.end());
    CHECK(ports.size() == 5);
    for (const int port : ports) CHECK(port > 1023);
  }
  CHECK(keys.size() == 20);
}

TEST_CASE("each channel has its endpoint") {
  const auto tcp = ParseConnection(kWhole.dump());
  REQUIRE(tcp);
  CHECK(tcp->Endpoint(KernelChannel::Shell) == "tcp://127.0.0.1:5001");
  CHECK(tcp->Endpoint(KernelChannel::Iopub) == "tcp://127.0.0.1:5002");
  CHECK(tcp->Endpoint(KernelChannel::Stdin) == "tcp://127.0.0.1:5003");
  CHECK(tcp->Endpoint(KernelChannel::Control) == "tcp://127.0.0.1:5004");
  CHECK(tcp->Endpoint(KernelChannel::Heartbeat) == "tcp://127.0.0.1:5005");

  const auto ipc = NewConnection(KernelTransport::Ipc, "/run/x", "python3");
  REQUIRE(ipc);
  const std::string shell = ipc->Endpoint(KernelChannel::Shell);
  CHECK(shell.starts_with("ipc:///run/x/kernel-"));
  CHECK(shell.ends_with("-1"));
  CHECK(ipc->Endpoint(KernelChannel::Heartbeat).ends_with("-5"));
}

TEST_CASE("a kernel that listens on all addresses is reached on this machine's own") {
  for (const char* ip : {"*", "0.0.0.0"}) {
    json file = kWhole;
    file["ip"] = ip;
    const auto connection = ParseConnection(file.dump());
    REQUIRE(connection);
    CHECK(connection->Endpoint(KernelChannel::Shell) == "tcp://127.0.0.1:5001");
  }
}

TEST_CASE("ipc kernels may share a folder") {
  const auto one = NewConnection(KernelTransport::Ipc, "/run/x", "python3");
  const auto other = NewConnection(KernelTransport::Ipc, "/run/x", "python3");
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->ip != other->ip);
}

TEST_CASE("a folder of sockets given from here is named from the root") {
  const auto connection = NewConnection(KernelTransport::Ipc, "sockets", "python3");
  REQUIRE(connection);
  CHECK(connection->ip.starts_with(fs::current_path().string() + "/sockets/"));
}

TEST_CASE("a socket's path may have 107 bytes, and an error says so before a kernel starts") {
  const size_t name = std::string("/kernel-12345678-1").size();
  const std::string longest = "/" + std::string(107 - name - 1, 'x');
  CHECK(NewConnection(KernelTransport::Ipc, longest, "python3"));
  const auto refused = NewConnection(KernelTransport::Ipc, longest + "x", "python3");
  REQUIRE_FALSE(refused);
  CHECK(Contains(refused.error(), "have paths of 108 bytes, and the system takes 107 at most"));
  CHECK(Contains(refused.error(), "use a folder with a shorter path"));

  json file = kWhole;
  file["transport"] = "ipc";
  file["ip"] = std::string(200, 'x');
  const auto parsed = ParseConnection(file.dump());
  REQUIRE_FALSE(parsed);
  CHECK(Contains(parsed.error(), "the system takes 107"));
}

TEST_CASE("sockets cannot lie where a connection file could not say it") {
  const auto refused = NewConnection(KernelTransport::Ipc, "/run/\xff", "python3");
  REQUIRE_FALSE(refused);
  CHECK(Contains(refused.error(), "UTF-8"));
}

TEST_CASE("a connection file is its owner's alone, and is read as it was written") {
  const TemporaryFolder folder;
  const mode_t before = umask(0);
  const auto connection = NewConnection(KernelTransport::Ipc, folder.path(), "python3");
  REQUIRE(connection);
  const auto written = WriteConnectionFile(folder / "kernel.json", *connection);
  umask(before);
  REQUIRE(written);
  CHECK(ModeOf(folder / "kernel.json") == 0600);
  CHECK(FilesIn(folder.path()) == 1);

  const auto read = ReadConnectionFile(folder / "kernel.json");
  REQUIRE(read);
  CHECK(read->transport == KernelTransport::Ipc);
  CHECK(read->ip == connection->ip);
  CHECK(read->ports == connection->ports);
  CHECK(read->key == connection->key);
  CHECK(read->kernel_name == "python3");
  const json text = json::parse(ReadText(folder / "kernel.json"));
  CHECK(text["signature_scheme"] == "hmac-sha256");
}

TEST_CASE("a file that others could read is replaced, not written into") {
  const TemporaryFolder folder;
  const fs::path file = folder / "kernel.json";
  WriteText(file, "old");
  chmod(file.c_str(), 0666);
  const Fd old(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const auto connection = NewConnection(KernelTransport::Tcp, "", "python3");
  REQUIRE(connection);
  REQUIRE(WriteConnectionFile(file, *connection));
  CHECK(ModeOf(file) == 0600);
  char text[16] = {};
  CHECK(pread(old.get(), text, sizeof text, 0) == 3);  // whoever had it open sees no key
}

TEST_CASE("a link in the place of the file is replaced, and what it led to is left alone") {
  const TemporaryFolder folder;
  WriteText(folder / "other", "other");
  fs::create_symlink(folder / "other", folder / "kernel.json");
  const auto connection = NewConnection(KernelTransport::Tcp, "", "python3");
  REQUIRE(WriteConnectionFile(folder / "kernel.json", *connection));
  CHECK(ReadText(folder / "other") == "other");
  CHECK_FALSE(fs::is_symlink(folder / "kernel.json"));
}

TEST_CASE("a file that cannot be written leaves nothing, and the error names it") {
  const TemporaryFolder folder;
  const auto connection = NewConnection(KernelTransport::Tcp, "", "python3");
  const auto missing = WriteConnectionFile(folder / "no/kernel.json", *connection);
  REQUIRE_FALSE(missing);
  CHECK(Contains(missing.error(), "no/kernel.json' cannot be written: No such file"));
  fs::create_directories(folder / "taken/inner");
  const auto taken = WriteConnectionFile(folder / "taken", *connection);
  REQUIRE_FALSE(taken);
  CHECK(Contains(taken.error(), "taken' cannot be written"));
  CHECK(FilesIn(folder.path()) == 1);
}

TEST_CASE("what is wrong with a connection file is said") {
  for (const char* text : {"", "[]", "null", "{", "\xff"}) {
    const auto parsed = ParseConnection(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == "it is no JSON object");
  }
  for (const char* name : {"transport", "ip", "shell_port", "iopub_port", "stdin_port",
                           "control_port", "hb_port", "key"}) {
    CHECK(ErrorWith(name, nullptr) == std::string("it has no \"") + name + "\"");
  }
  for (const json& port : {json(0), json(-1), json(65536), json(1.5), json("5001"), json(true),
                           json(18446744073709551615U)}) {
    CAPTURE(port.dump());
    CHECK(ErrorWith("iopub_port", port) == "its \"iopub_port\" is no port number from 1 to 65535");
  }
  CHECK(ErrorWith("key", 7) == "its \"key\" is no text");
  CHECK(ErrorWith("ip", "") == "its \"ip\" is no address");
  CHECK(ErrorWith("ip", std::string("a\0b", 3)) == "its \"ip\" is no address");
  CHECK(Contains(ErrorWith("transport", "udp"), "'udp', and Proctor speaks tcp and ipc alone"));
  CHECK(Contains(ErrorWith("signature_scheme", "hmac-md5"), "'hmac-md5', and Proctor signs with"));
}

TEST_CASE("scheme and kernel's name may be missing, and the key may be empty") {
  CHECK(ErrorWith("signature_scheme", nullptr).empty());
  CHECK(ErrorWith("kernel_name", nullptr).empty());
  CHECK(ErrorWith("kernel_name", 5).empty());
  CHECK(ErrorWith("key", "").empty());
}

TEST_CASE("a path that is no file is refused at once, and named") {
  const TemporaryFolder folder;
  const auto error = [](const fs::path& file) {
    const auto read = ReadConnectionFile(file);
    return read ? std::string() : read.error();
  };
  CHECK(Contains(error(folder / "none.json"), "none.json' cannot be read: No such file"));
  CHECK(Contains(error(folder.path()), "no regular file"));
  CHECK(Contains(error("/dev/zero"), "no regular file"));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(Contains(error(folder / "pipe"), "no regular file"));
  WriteText(folder / "large.json", std::string((1 << 20) + 1, ' '));
  CHECK(Contains(error(folder / "large.json"), "larger than a mebibyte"));
  WriteText(folder / "bad.json", "{}");
  CHECK(Contains(error(folder / "bad.json"), "bad.json' is of no use: it has no \"transport\""));
}

TEST_CASE("socket files that a killed kernel left are removed, and nothing else is") {
  const TemporaryFolder folder;
  const auto connection = NewConnection(KernelTransport::Ipc, folder.path(), "python3");
  REQUIRE(connection);
  for (const int port : {1, 2, 3}) MakeSocket(connection->ip + "-" + std::to_string(port));
  WriteText(connection->ip + "-4", "somebody's file");
  MakeSocket((folder / "other").string());
  RemoveSocketFiles(*connection);
  CHECK(FilesIn(folder.path()) == 2);
  CHECK(fs::exists(connection->ip + "-4"));
  CHECK(fs::exists(folder / "other"));
  KernelConnection tcp = *connection;
  tcp.transport = KernelTransport::Tcp;
  MakeSocket(connection->ip + "-1");
  RemoveSocketFiles(tcp);
  CHECK(fs::exists(connection->ip + "-1"));
}
