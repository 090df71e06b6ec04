#pragma once
// The discovery file: how a tool on this machine finds a running program's hooks.

#include <string>

#include "hooks/expected.h"

namespace proctor::hooks {

/// A 0600 file <pid>.json in a 0700 directory that belongs to this user.
/// Removed with the object.
class DiscoveryFile {
 public:
  struct Content {
    std::string url;
    std::string token;
    std::string app;
  };
  /// Errors: no directory that is this user's alone could be had; not writable.
  static Expected<DiscoveryFile> Write(const Content& content);

  DiscoveryFile() = default;
  ~DiscoveryFile();
  DiscoveryFile(DiscoveryFile&& other) noexcept;
  DiscoveryFile& operator=(DiscoveryFile&& other) noexcept;

  const std::string& path() const { return path_; }

 private:
  explicit DiscoveryFile(std::string path) : path_(std::move(path)) {}

  std::string path_;  ///< "" where there is none
};

}  // namespace proctor::hooks
