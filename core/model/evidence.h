#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace proctor {

/// What was kept of the subject when a test failed.
enum class EvidenceKind { Screenshot, ItemTree, Trace, Health, Log };
struct Evidence {
  EvidenceKind kind = EvidenceKind::Screenshot;
  std::string file;  ///< absolute; empty: it could not be had
  std::string note;  ///< why not, or what is to be known of it; empty: nothing
  friend bool operator==(const Evidence&, const Evidence&) = default;
};
/// screenshot item_tree trace health log, as JSON and routes have them.
std::string_view ToString(EvidenceKind);
std::optional<EvidenceKind> EvidenceKindFrom(std::string_view word);

}  // namespace proctor
