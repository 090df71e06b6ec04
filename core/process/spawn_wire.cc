#include "core/process/spawn_wire.h"

#include <cstdint>
#include <cstring>

namespace proctor::tether {
namespace {

class Writer {
 public:
  void Number(int64_t n) { bytes_.append(reinterpret_cast<const char*>(&n), sizeof n); }
  void Text(const std::string& s) {
    Number(static_cast<int64_t>(s.size()));
    bytes_ += s;
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Once something was missing, everything reads as 0 or empty and good() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  int64_t Number() {
    int64_t n = 0;
    if (bytes_.size() < sizeof n) {
      Fail();
      return 0;
    }
    std::memcpy(&n, bytes_.data(), sizeof n);
    bytes_.remove_prefix(sizeof n);
    return n;
  }
  /// A count of items that each take at least 8 bytes.
  size_t Count() {
    const uint64_t n = static_cast<uint64_t>(Number());
    if (n > bytes_.size() / sizeof(int64_t)) Fail();
    return good_ ? n : 0;
  }
  std::string Text() {
    const uint64_t n = static_cast<uint64_t>(Number());
    if (n > bytes_.size()) Fail();
    if (!good_) return {};
    std::string s(bytes_.substr(0, n));
    bytes_.remove_prefix(n);
    return s;
  }
  bool good() const { return good_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  void Fail() {
    good_ = false;
    bytes_ = {};
  }

  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace

std::string EncodeSpec(const SpawnSpec& spec) {
  Writer out;
  out.Number(static_cast<int64_t>(spec.argv.size()));
  for (const std::string& arg : spec.argv) out.Text(arg);
  out.Number(static_cast<int64_t>(spec.env.size()));
  for (const auto& [name, value] : spec.env) {
    out.Text(name);
    out.Text(value);
  }
  out.Text(spec.cwd);
  out.Number(static_cast<int64_t>(spec.fds.size()));
  for (const FdMapping& mapping : spec.fds) out.Number(mapping.child_fd);
  out.Number(spec.nice);
  out.Number(static_cast<int64_t>(spec.priority));
  out.Number(static_cast<int64_t>(spec.session));
  out.Number(static_cast<int64_t>(spec.leave_descendants));
  out.Number(spec.linger.count());
  return out.Take();
}

std::optional<SpawnSpec> DecodeSpec(std::string_view bytes) {
  Reader in(bytes);
  SpawnSpec spec;
  for (size_t n = in.Count(); n > 0; --n) spec.argv.push_back(in.Text());
  for (size_t n = in.Count(); n > 0; --n) {
    std::string name = in.Text();
    spec.env.emplace_back(std::move(name), in.Text());
  }
  spec.cwd = in.Text();
  for (size_t n = in.Count(); n > 0; --n) {
    spec.fds.push_back({.child_fd = static_cast<int>(in.Number()), .fd = -1});
  }
  spec.nice = static_cast<int>(in.Number());
  spec.priority = in.Number() == 0 ? Priority::Normal : Priority::Low;
  spec.session = in.Number() == 0 ? Session::New : Session::Shared;
  spec.leave_descendants = in.Number() == 0 ? LeaveDescendants::Yes : LeaveDescendants::No;
  spec.linger = std::chrono::milliseconds(in.Number());
  if (!in.good() || !in.at_end()) return std::nullopt;
  return spec;
}

}  // namespace proctor::tether
