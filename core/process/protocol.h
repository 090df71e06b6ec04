#pragma once

#include <cstddef>
#include <cstdint>

/// What travels between Proctor, the tether and the nests: one message a packet
/// of a SOCK_SEQPACKET socket, in the machine's own byte order, for both ends are
/// of one build. A Spawn request brings its descriptors along: first a memfd with
/// the encoded SpawnSpec (spawn_wire.h), then those that the child is to have.
namespace proctor::tether {

constexpr uint32_t kVersion = 3;         ///< of this file
constexpr int kSocket = 3;               ///< where the tether finds its socket
constexpr size_t kMaxMessage = 32768;    ///< a report with its text
constexpr size_t kMaxDescriptors = 240;  ///< of one Spawn; the kernel's limit is 253
constexpr size_t kMaxLeaked = 64;        ///< named in one report
constexpr size_t kMaxCommand = 256;      ///< bytes of a command line in a report

/// A Ping is answered by the tether itself, with a Pong: it is there, and at work.
enum class RequestKind : uint32_t { Spawn = 1, Signal, EndTree, SetPriority, Ping };

struct Request {
  RequestKind kind;
  int32_t signal = 0;  ///< Signal
  uint64_t child = 0;
  int32_t target = 0;    ///< Signal: a proctor::Target
  int32_t priority = 0;  ///< SetPriority: a proctor::Priority
};

enum class ReportKind : uint32_t { Hello = 1, Spawned, NotSpawned, Exited, TreeEnded, Pong };

/// Followed by text: NotSpawned and Exited have the reason, TreeEnded a line
/// "PID COMMAND" for each leaked process.
struct Report {
  ReportKind kind;
  uint32_t version = kVersion;  ///< Hello
  uint64_t child = 0;
  int32_t pid = 0;     ///< Spawned
  int32_t status = 0;  ///< Exited: as waitpid() tells it
};

}  // namespace proctor::tether
